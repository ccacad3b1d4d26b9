// One deck's zoomed waveform: it scrolls under the play line, can be grabbed like the record
// itself, and shows the other deck's beats beneath on the same time scale.

import type { DeckId } from "../../contract";
import { across, type Desk } from "../desk";
import { cueSum } from "../overview";
import { el } from "../dom";
import type { Palette } from "../palette";
import { trackWords } from "../words";
import { Labels } from "./labels";
import * as marks from "./marks";
import { fetchPeaks, type Peaks } from "./peaks";
import { PLAY_LINE, pxPerTrackSec, type Scale, secAt } from "./scale";
import { type Budget, Tiles } from "./tiles";

/** A platter turns 33⅓ times a minute, in 720 ticks a turn. */
export const TICKS_PER_SEC = 400;
const GRAB_PX = 3; // less is a click
const PLAYED = 0.55; // covers so much of the played part, which leaves 45 %

export class Strip {
  readonly root: HTMLElement;
  private readonly picture = el("canvas");
  private readonly note = el("span");
  private readonly pen: CanvasRenderingContext2D | null;
  private readonly scale: Scale = { width: 0, pxPerSec: 1, rate: 1, now: 0 };
  private readonly otherScale: Scale = { width: 0, pxPerSec: 1, rate: 1, now: 0 };
  private unit = 1;
  private height = 0;
  private labels = new Labels(1);
  private tiles: Tiles | null = null;
  private drawn: unknown[] = [];
  private now: unknown[] = [];
  /** Tiles in sight are still to be painted. */
  private unfinished = false;

  constructor(
    private readonly desk: Desk,
    readonly id: DeckId,
    private readonly palette: () => Palette,
  ) {
    this.root = el("div", `strip deck-${id}`, { role: "img" }, this.picture, el("b", "badge", {}, id.toUpperCase()), el("div", "strip-note", {}, this.note));
    this.pen = this.picture.getContext("2d", { alpha: false });
    desk.live.bind(
      () => desk.deck(id).track?.id ?? null,
      (track) => this.show(track),
    );
    desk.live.bind(
      () => trackWords(desk.deck(id).track),
      (words) => this.root.setAttribute("aria-label", `Waveform of deck ${id.toUpperCase()}: ${words}`),
    );
    desk.live.text(this.note, () => this.words());
    desk.live.toggle(this.note, "bad", () => desk.deck(id).problem !== "");
    this.listen();
  }

  /** Takes the size of the box, in pixels of the device. */
  resize(width: number, height: number): void {
    if (width === this.scale.width && height === this.height) return;
    this.picture.width = width;
    this.picture.height = height;
    this.scale.width = this.otherScale.width = width;
    this.height = height;
    this.unit = height / marks.ROWS.height;
    this.labels = new Labels(this.unit);
  }

  /** Draws one frame, `shownSec` heard seconds wide. */
  draw(shownSec: number, budget: Budget): void {
    const { pen, scale, unit } = this;
    if (!pen || scale.width === 0) return;
    const palette = this.palette();
    const deck = this.desk.deck(this.id);
    if (!this.changed(shownSec) && !this.unfinished) return;
    this.unfinished = false;
    const colour = palette.deck[this.id];
    pen.fillStyle = palette.panel;
    pen.fillRect(0, 0, scale.width, this.height);
    if (!deck.track) return;
    this.follow(scale, this.id, shownSec);
    const top = Math.round(marks.ROWS.wave * unit);
    const bottom = Math.round(marks.ROWS.numbers * unit);
    const line = Math.round(scale.width * PLAY_LINE);

    this.unfinished = this.tiles?.draw(pen, scale, top, bottom - top, budget) === false;
    pen.fillStyle = palette.panel;
    pen.globalAlpha = PLAYED;
    pen.fillRect(0, top, line, bottom - top);
    pen.globalAlpha = 1;
    marks.bars(pen, deck.track, scale, unit, palette, this.labels);
    marks.loopRegion(pen, deck, scale, unit, colour);
    marks.mixPoints(pen, deck.track, scale, unit, colour);
    marks.sections(pen, deck.track, scale, unit, palette, this.labels);
    marks.phrases(pen, deck.track, scale, unit, palette);
    marks.cues(pen, deck, scale, unit, colour, palette, this.labels);

    const other = this.desk.deck(across(this.id));
    if (other.track) {
      this.follow(this.otherScale, across(this.id), shownSec);
      marks.otherBeats(pen, other.track, this.otherScale, unit, palette.deck[across(this.id)]);
    }
    pen.fillStyle = palette.ground;
    pen.fillRect(line - 2 * unit, top - 5 * unit, 4 * unit, this.height);
    pen.fillStyle = colour;
    pen.fillRect(line - unit, top - 5 * unit, 2 * unit, this.height);
  }

  /** Whether anything drawn differs from the last frame: decks that stand still cost nothing. */
  private changed(shownSec: number): boolean {
    const deck = this.desk.deck(this.id);
    const other = this.desk.deck(across(this.id));
    const { now, drawn } = this;
    now.length = 0;
    now.push(
      deck.track, deck.positionSec, deck.tempo, deck.cueSec, cueSum(deck.hotCues),
      deck.loop?.startSec, deck.loop?.endSec, deck.loop?.active,
      other.track, other.positionSec, other.tempo,
      shownSec, this.scale.width, this.height, this.tiles, this.palette(),
    );
    this.now = drawn;
    this.drawn = now;
    return now.some((value, at) => !Object.is(value, drawn[at]));
  }

  private follow(scale: Scale, id: DeckId, shownSec: number): void {
    const deck = this.desk.deck(id);
    scale.pxPerSec = scale.width / shownSec;
    scale.rate = deck.tempo;
    scale.now = deck.positionSec;
  }

  private show(id: string | null): void {
    this.tiles?.close();
    this.tiles = null;
    if (id === null) return;
    fetchPeaks(id).then(
      (peaks) => this.use(id, peaks),
      // the music plays all the same; beats and cues are drawn
      () => undefined,
    );
  }

  private use(id: string, peaks: Peaks): void {
    const { track } = this.desk.deck(this.id);
    if (track?.id === id) this.tiles = new Tiles(peaks, track.duration_sec, this.palette());
  }

  private words(): string {
    const deck = this.desk.deck(this.id);
    if (deck.problem) return `✕ ${deck.problem}`;
    if (!deck.track) return `Deck ${this.id.toUpperCase()} is empty: pick a track below, or drop a file`;
    if (!deck.playable) return `Loading ${Math.round(deck.loadedShare * 100)} %`;
    return "";
  }

  // -- the hand ---------------------------------------------------------------------------------------

  private listen(): void {
    const { root, desk, id } = this;
    let grabbed: { x: number; start: number; moved: boolean } | null = null;
    const ratio = () => this.scale.width / Math.max(1, root.getBoundingClientRect().width);
    const letGo = () => {
      if (grabbed?.moved) desk.send({ control: "jog_touch", deck: id, value: 0 }, "mouse");
      grabbed = null;
    };
    root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !desk.deck(id).track) return;
      root.setPointerCapture(event.pointerId);
      grabbed = { x: event.clientX, start: event.clientX, moved: false };
    });
    root.addEventListener("pointermove", (event) => {
      if (!grabbed) return;
      if (!grabbed.moved) {
        if (Math.abs(event.clientX - grabbed.start) < GRAB_PX) return;
        grabbed.moved = true;
        desk.send({ control: "jog_touch", deck: id, value: 1 }, "mouse");
      }
      const pixels = (event.clientX - grabbed.x) * ratio();
      grabbed.x = event.clientX;
      const value = (-pixels / pxPerTrackSec(this.scale)) * TICKS_PER_SEC;
      if (value !== 0) desk.send({ control: "jog_turn", deck: id, value }, "mouse");
    });
    root.addEventListener("pointerup", (event) => {
      if (grabbed && !grabbed.moved) this.clicked(event, ratio());
      letGo();
    });
    root.addEventListener("pointercancel", letGo);
    root.addEventListener("lostpointercapture", letGo);
  }

  /** A click on a flag jumps to its cue; elsewhere it moves a deck that stands still. */
  private clicked(event: PointerEvent, ratio: number): void {
    const deck = this.desk.deck(this.id);
    if (!deck.track) return;
    const box = this.root.getBoundingClientRect();
    const x = (event.clientX - box.left) * ratio;
    const y = (event.clientY - box.top) * ratio;
    const slot = marks.flagAt(deck, this.scale, this.unit, x, y);
    const sec = slot >= 0 ? deck.hotCues[slot]!.sec : deck.playing ? null : secAt(this.scale, x);
    if (sec === null) return;
    const value = Math.min(1, Math.max(0, sec / deck.track.duration_sec));
    this.desk.send({ control: "seek", deck: this.id, value }, "mouse");
  }
}
