// What dispatching a control changes in the state, and what the audio thread must hear of it.

import {
  CROSSFADER_CURVES, DECKS, EFFECTS, EFFECT_BEATS, PAD_MODES, TEMPO_RANGES,
  type Action, type DeckId, type DeckState, type MixerState, type State,
} from "../contract";
import type { DeckIndex, ToProcessor } from "./messages";
import { clamp, crossfaderGains, eqDb, faderGain, fromDb, masterGain, trimDb } from "./units";

/** Controls that belong to the transport: handed on as they are. */
const TRANSPORT = new Set([
  "play", "cue", "to_start", "sync", "sync_off", "tempo_master", "keylock", "nudge_back", "nudge_forward",
  "jog_touch", "jog_turn", "jog_bend", "jog_search", "brake", "reverse", "seek", "beat_jump", "slip", "quantise",
  "loop_in", "loop_out", "reloop", "loop_halve", "loop_double", "pad", "pad_clear",
]);

export const isTransport = (action: Action): boolean => TRANSPORT.has(action.control);
export const indexOf = (deck: DeckId): DeckIndex => (deck === "a" ? 0 : 1);

/** The next of several choices for −1, else the one asked for. */
const choose = (value: number, now: number, count: number): number =>
  value < 0 ? (now + 1) % count : clamp(Math.round(value), 0, count - 1);

type Post = (message: ToProcessor) => void;

export function stripMessage(state: State, id: DeckId): ToProcessor {
  const deck = state.decks[id];
  const i = indexOf(id);
  return {
    type: "strip",
    deck: i,
    gain: fromDb(deck.autoGainDb + trimDb(deck.trim)),
    low: deck.killLow ? 0 : fromDb(eqDb(deck.eqLow)),
    mid: deck.killMid ? 0 : fromDb(eqDb(deck.eqMid)),
    high: deck.killHigh ? 0 : fromDb(eqDb(deck.eqHigh)),
    filter: deck.filter,
    out: faderGain(deck.fader) * crossfaderGains(state.mixer.crossfader, state.mixer.curve)[i],
    cue: deck.pfl,
    fx: deck.fx,
  };
}

export function mainMessage({ mixer, outputs }: State): ToProcessor {
  return {
    type: "main",
    master: masterGain(mixer.master),
    phonesMix: mixer.phonesMix,
    phonesLevel: mixer.phonesLevel ** 2,
    previewToPhones: outputs.phones !== "none",
  };
}

export function fxMessage({ mixer }: State): ToProcessor {
  return { type: "fx", kind: mixer.fxKind, beats: EFFECT_BEATS[mixer.fxBeats]!, on: mixer.fxOn, level: mixer.fxLevel };
}

/** Everything that the mixer holds, for an audio thread that has just begun. */
export function allMessages(state: State): ToProcessor[] {
  const modes = DECKS.map((id): ToProcessor => ({ type: "mode", deck: indexOf(id), mode: state.decks[id].padMode }));
  const rates = DECKS.map((id): ToProcessor => ({ type: "rate", deck: indexOf(id), rate: state.decks[id].tempo }));
  return [...DECKS.map((id) => stripMessage(state, id)), mainMessage(state), fxMessage(state), ...modes, ...rates];
}

/** Sets a tempo as a rate; a range too narrow for it grows. */
export function setRate(deck: DeckState, rate: number): number {
  const widest = TEMPO_RANGES[TEMPO_RANGES.length - 1]! / 100;
  deck.tempo = clamp(rate, 1 - widest, 1 + widest);
  const needed = Math.abs(deck.tempo - 1) * 100 - 1e-9;
  if (needed > deck.tempoRange) deck.tempoRange = TEMPO_RANGES.find((range) => range >= needed) ?? 25;
  return deck.tempo;
}

/** Applies a deck's control that this side owns; false where it isn't one. */
export function applyToDeck(state: State, id: DeckId, action: Action, post: Post): boolean {
  const deck = state.decks[id];
  const { value } = action;
  const pressed = value > 0;
  const share = clamp(value, 0, 1);
  switch (action.control) {
    case "trim": deck.trim = share; break;
    case "eq_high": deck.eqHigh = share; break;
    case "eq_mid": deck.eqMid = share; break;
    case "eq_low": deck.eqLow = share; break;
    case "kill_high": if (pressed) deck.killHigh = !deck.killHigh; break;
    case "kill_mid": if (pressed) deck.killMid = !deck.killMid; break;
    case "kill_low": if (pressed) deck.killLow = !deck.killLow; break;
    case "filter": deck.filter = share; break;
    case "fader": deck.fader = share; break;
    case "pfl": if (pressed) deck.pfl = !deck.pfl; break;
    case "fx_deck": if (pressed) deck.fx = !deck.fx; break;
    case "tempo":
      deck.tempo = 1 + ((share - 0.5) * 2 * deck.tempoRange) / 100;
      post({ type: "rate", deck: indexOf(id), rate: deck.tempo });
      return true;
    case "tempo_range": {
      deck.tempoRange = TEMPO_RANGES[choose(value, TEMPO_RANGES.indexOf(deck.tempoRange), TEMPO_RANGES.length)]!;
      const most = deck.tempoRange / 100;
      deck.tempo = clamp(deck.tempo, 1 - most, 1 + most);
      post({ type: "rate", deck: indexOf(id), rate: deck.tempo });
      return true;
    }
    case "pad_mode":
      deck.padMode = PAD_MODES[choose(value, PAD_MODES.indexOf(deck.padMode), PAD_MODES.length)]!;
      post({ type: "mode", deck: indexOf(id), mode: deck.padMode });
      return true;
    default: return false;
  }
  post(stripMessage(state, id));
  return true;
}

/** Applies a control of the mixer; false where it isn't one of these. */
export function applyToMixer(state: State, action: Action, post: Post): boolean {
  const mixer: MixerState = state.mixer;
  const { value } = action;
  const share = clamp(value, 0, 1);
  switch (action.control) {
    case "crossfader":
    case "crossfader_curve":
      if (action.control === "crossfader") mixer.crossfader = share;
      else mixer.curve = choose(value, mixer.curve, CROSSFADER_CURVES.length);
      for (const id of DECKS) post(stripMessage(state, id));
      return true;
    case "master": mixer.master = share; break;
    case "phones_mix": mixer.phonesMix = share; break;
    case "phones_level": mixer.phonesLevel = share; break;
    case "fx_select":
    case "fx_beats":
    case "fx_on":
    case "fx_level":
      if (action.control === "fx_select") mixer.fxKind = choose(value, mixer.fxKind, EFFECTS.length);
      else if (action.control === "fx_beats") mixer.fxBeats = clamp(mixer.fxBeats + Math.sign(value), 0, EFFECT_BEATS.length - 1);
      else if (action.control === "fx_level") mixer.fxLevel = share;
      else if (value > 0) mixer.fxOn = !mixer.fxOn;
      post(fxMessage(state));
      return true;
    default: return false;
  }
  post(mainMessage(state));
  return true;
}
