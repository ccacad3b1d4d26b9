// The whole face: two waveforms over deck A, mixer, deck B. One a page; it is carried from mount to
// mount, so that nothing is rebuilt while music plays.

import type { Engine, Wish } from "../contract";
import styles from "../styles";
import { BrowseList } from "./browse";
import { deckFace } from "./deck";
import { Desk } from "./desk";
import { el } from "./dom";
import { whileSeen } from "./frames";
import { keyboard } from "./keyboard";
import { mixerFace } from "./mixer";
import { noticeBar } from "./notice";
import { keyMap, Panel } from "./overlay";
import type { PickUp } from "./pickup";
import { Waves } from "./waveform/waves";

export interface FaceParts {
  /** The controller's panel, made when it is first opened. */
  midiPanel: () => HTMLElement;
  /** Its looks. */
  styles: string;
  /** Faders and knobs of controllers that wait to take over. */
  pickUps: () => readonly PickUp[];
}

export class Face {
  readonly root: HTMLElement;
  private readonly desk: Desk;
  private readonly waves: Waves;
  private readonly keys = new Panel("Keyboard", keyMap);
  private stop: (() => void) | null = null;

  constructor(
    engine: Engine,
    private readonly parts: FaceParts,
  ) {
    engine.tick();
    this.desk = new Desk(engine);
    this.waves = new Waves(this.desk);
    const midi = new Panel("MIDI controller", parts.midiPanel);
    const mixer = mixerFace(this.desk, { midi: () => midi.toggle(), keys: () => this.keys.toggle() });
    const list = new BrowseList(this.desk);
    this.root = el(
      "div",
      "segue-decks",
      {},
      el("style", "", {}, styles, parts.styles),
      el("div", "top", {}, this.waves.root, noticeBar(this.desk), list.root),
      el("div", "console", {}, deckFace(this.desk, "a", list), mixer, deckFace(this.desk, "b", list)),
      this.keys.root,
      midi.root,
    );
  }

  /** Shows the face in `parent`; where it is there already, nothing happens. */
  mount(parent: Node): void {
    if (this.root.parentNode === parent) return;
    this.unmount();
    parent.appendChild(this.root);
    this.waves.restyle();
    const stopFrames = whileSeen(this.root, () => this.frame());
    // on a page that hides the decks its keys must not move them
    const stopKeys = keyboard(this.desk, this.keys, () => this.root.checkVisibility());
    this.stop = () => {
      stopFrames();
      stopKeys();
    };
  }

  /** Takes the face off the page; the music goes on. */
  unmount(): void {
    this.stop?.();
    this.stop = null;
    this.root.remove();
  }

  wish(wish: Wish): void {
    this.desk.wish = wish;
  }

  private frame(): void {
    this.desk.engine.tick();
    this.desk.pickUps = this.parts.pickUps();
    this.desk.live.run();
    this.waves.draw();
  }
}
