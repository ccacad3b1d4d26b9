// What every part of the face works with: the engine, the wish of the page, and one way to act.

import type { Action, ControlFacts, ControlName, DeckId, DeckState, Engine, MixerState, Wish } from "../contract";
import { CONTROLS } from "../contract";
import { Live } from "./live";
import { elsewhere, type PickUp } from "./pickup";
import { phaseMs } from "./words";

export type Hand = "mouse" | "keyboard";

export class Desk {
  readonly live = new Live();
  /** What Python last said should be; the browse list and the planned set are shown from it. */
  wish: Wish | null = null;
  /** Controllers' faders and knobs that wait to take over. */
  pickUps: readonly PickUp[] = [];

  constructor(readonly engine: Engine) {}

  deck(id: DeckId): DeckState {
    return this.engine.state.decks[id];
  }

  get mixer(): MixerState {
    return this.engine.state.mixer;
  }

  /** Milliseconds by which a deck's beats are heard after the other's; null unless both play. */
  heardApart(id: DeckId): number | null {
    const { playing, phaseBeats, bpm } = this.deck(id);
    return playing && this.deck(across(id)).playing ? phaseMs(phaseBeats, bpm) : null;
  }

  /** Where the hardware of a control that stands at `screen` waits, or null. */
  pickUp(control: ControlName, deck: DeckId | undefined, screen: number): number | null {
    return elsewhere(this.pickUps, control, deck, screen);
  }

  /** Moves a control. The first touch also wakes the sound, which browsers keep still until then. */
  send(action: Omit<Action, "from">, from: Hand): void {
    const { audio } = this.engine.state;
    // a refusal shows as state.audio and state.notice
    if (audio === "off" || audio === "suspended") void this.engine.start().catch(() => undefined);
    this.engine.dispatch({ ...action, from });
  }
}

/** The facts of a control, whichever it is. */
export function factsOf(control: ControlName): ControlFacts {
  return CONTROLS[control];
}

/** How a control is announced: "Cue, deck A", "Pad 3, deck B", "Crossfader". */
export function announced(control: ControlName, deck?: DeckId, index?: number): string {
  const name = factsOf(control).label + (index === undefined ? "" : ` ${index + 1}`);
  return deck ? `${name}, deck ${deck.toUpperCase()}` : name;
}

/** The other deck. */
export function across(deck: DeckId): DeckId {
  return deck === "a" ? "b" : "a";
}
