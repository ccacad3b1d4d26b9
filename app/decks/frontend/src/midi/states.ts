// Reads off `State` what a control is set to: for lamps, switches, soft take-over and the words of the
// monitor.

import {
  BEAT_LOOPS,
  CONTROLS,
  EFFECTS,
  KEY_SHIFTS,
  PAD_MODES,
  TEMPO_RANGES,
  CROSSFADER_CURVES,
  type Action,
  type ControlFacts,
  type ControlName,
  type DeckId,
  type DeckState,
  type PadMode,
  type State,
} from "../contract";

/** Half a blink, like a CDJ's waiting lamps. */
export const BLINK_MS = 400;
/** Within this the playhead counts as standing on the cue point. */
const ON_CUE_SEC = 0.005;
/** Within this share a loop counts as having a pad's length. */
const LOOP_LIKENESS = 0.03;

const blink = (nowMs: number): boolean => Math.floor(nowMs / BLINK_MS) % 2 === 0;

/** Where an absolute control stands, 0–1; null where there is nothing to compare with. */
export function standing(state: State, control: ControlName, deck?: DeckId): number | null {
  const mixer = state.mixer;
  switch (control) {
    case "crossfader":
      return mixer.crossfader;
    case "master":
      return mixer.master;
    case "phones_mix":
      return mixer.phonesMix;
    case "phones_level":
      return mixer.phonesLevel;
    case "fx_level":
      return mixer.fxLevel;
  }
  if (deck === undefined) return null;
  const one = state.decks[deck];
  switch (control) {
    case "tempo": // kept as a rate
      return 0.5 + ((one.tempo - 1) * 50) / one.tempoRange;
    case "trim":
      return one.trim;
    case "eq_high":
      return one.eqHigh;
    case "eq_mid":
      return one.eqMid;
    case "eq_low":
      return one.eqLow;
    case "filter":
      return one.filter;
    case "fader":
      return one.fader;
    case "seek":
      return one.track === null ? null : one.positionSec / one.track.duration_sec;
    default:
      return null;
  }
}

/** Which choice is made and among how many. */
export function choice(state: State, control: ControlName, deck?: DeckId): { at: number; of: number } | null {
  if (control === "fx_select") return { at: state.mixer.fxKind, of: EFFECTS.length };
  if (control === "crossfader_curve") return { at: state.mixer.curve, of: CROSSFADER_CURVES.length };
  if (deck === undefined) return null;
  const one = state.decks[deck];
  if (control === "pad_mode") return { at: PAD_MODES.indexOf(one.padMode), of: PAD_MODES.length };
  if (control === "tempo_range") return { at: TEMPO_RANGES.indexOf(one.tempoRange), of: TEMPO_RANGES.length };
  return null;
}

/** Whether a control's lamp is lit; waiting ones blink. */
export function lit(state: State, of: Pick<Action, "control" | "deck" | "index"> & { mode?: PadMode }, nowMs = 0): boolean {
  const { control, deck, index } = of;
  switch (control) {
    case "fx_on":
      return state.mixer.fxOn;
    case "record":
      return state.mixer.recordingSec !== null;
    case "automix":
      return state.automix !== null;
  }
  if (deck === undefined) return false;
  const one = state.decks[deck];
  switch (control) {
    case "play":
      return one.playing || (one.playable && !one.cueing && blink(nowMs));
    case "cue":
      return one.cueing || (one.playable && !one.playing && (onCue(one) || blink(nowMs)));
    case "sync":
      return one.synced;
    case "tempo_master":
      return one.leader;
    case "keylock":
      return one.keylock;
    case "slip":
      return one.slip;
    case "quantise":
      return one.quantise;
    case "reverse":
      return one.reverse;
    case "jog_touch":
      return one.touched;
    case "loop_in":
    case "loop_out":
      return one.loop?.active === true;
    case "reloop":
      return one.loop !== null && (one.loop.active || blink(nowMs));
    case "kill_high":
      return one.killHigh;
    case "kill_mid":
      return one.killMid;
    case "kill_low":
      return one.killLow;
    case "pfl":
      return one.pfl;
    case "fx_deck":
      return one.fx;
    case "load":
      return one.track !== null;
    case "pad_mode":
      return one.padMode === PAD_MODES[index ?? 0];
    case "pad":
      return padLit(one, of.mode ?? one.padMode, index ?? 0);
    default:
      return false;
  }
}

const onCue = (deck: DeckState): boolean => Math.abs(deck.positionSec - deck.cueSec) < ON_CUE_SEC;

/** Pads show what they hold (hot cues) or what is on now (loops, key); the others, that they work. */
function padLit(deck: DeckState, mode: PadMode, index: number): boolean {
  switch (mode) {
    case "hot_cue":
      return (deck.hotCues[index] ?? null) !== null;
    case "beat_loop": {
      const bpm = deck.track?.bpm ?? null;
      const wanted = BEAT_LOOPS[index];
      if (bpm === null || wanted === undefined || deck.loop?.active !== true) return false;
      const beats = ((deck.loop.endSec - deck.loop.startSec) * bpm) / 60;
      return Math.abs(beats / wanted - 1) < LOOP_LIKENESS;
    }
    case "key_shift":
      return deck.playable && deck.keyShift === KEY_SHIFTS[index];
    case "beat_jump":
    case "keyboard":
    case "sampler":
      return deck.playable;
  }
}

/** "Deck A · EQ low", "Crossfader", "Deck B · Pad 3". */
export function named(control: ControlName, deck?: DeckId, index?: number): string {
  const facts: ControlFacts = CONTROLS[control];
  const pad = index === undefined || facts.count === undefined ? "" : ` ${index + 1}`;
  return `${deck === undefined ? "" : `Deck ${deck.toUpperCase()} · `}${facts.label}${pad}`;
}
