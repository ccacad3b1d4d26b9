// What automix has in hand, and what the DJ takes it over with.

import type { AutomixStep, ControlName, DeckId } from "../contract";

/** Touched on one of its decks, the set is the DJ's: all that moves where or how fast a track plays. */
export const TRANSPORT: ReadonlySet<ControlName> = new Set([
  "play", "cue", "to_start", "sync", "sync_off", "tempo", "nudge_back", "nudge_forward", "jog_touch", "jog_turn", "jog_bend",
  "jog_search", "brake", "reverse", "seek", "beat_jump", "loop_in", "loop_out", "reloop", "loop_halve", "loop_double", "pad", "load",
]);

/** The track after this one. */
export interface Next {
  index: number;
  deck: DeckId;
  loading: "loading" | "ready" | "failed";
  /** null: not here yet; "none": there is none to be had. */
  plan: AutomixStep | "none" | null;
}

/** A transition, armed or under way. */
export interface Mix {
  plan: AutomixStep;
  in: DeckId;
  /** Whether the overlap has begun. */
  running: boolean;
  heardSec: number;
  lastMs: number;
  sent: Map<string, number>;
  /** Started by hand, since it did not start by itself. */
  helped: boolean;
}

/** The first track, until it is heard. */
export interface Opening {
  loading: "loading" | "ready" | "failed";
  /** From its beginning, or from where it stands. */
  fresh: boolean;
  pressed: boolean;
}

/** A tempo on its way. */
export interface Glide {
  deck: DeckId;
  from: number;
  to: number;
  startMs: number;
  sec: number;
}
