// The Pioneer DDJ-FLX4, message by message. Channels: decks on 1 and 2, effects on 5 and 6, the mixer
// on 7, pads on 8 and 9 (10 and 11 for deck B: with SHIFT the higher of each pair).
//
// Buttons send 7F pressed and 00 let go. Faders and knobs send a coarse message and, 20 hex above it,
// a fine one. Lamps answer to the number of their button.

import { DECKS, PAD_MODES, type ControlName, type DeckId, type PadMode } from "../contract";
import { NEXT, PREVIOUS, type DeviceMap, type Lamp, type Row } from "./map";

const FINE = 0x20;
/** Beats that the shifted loop-call keys jump. */
const JUMP_BEATS = 4;

const NOTE = { a: 0x90, b: 0x91 } as const;
const TURN = { a: 0xb0, b: 0xb1 } as const;
const PADS = { a: 0x97, b: 0x99 } as const;
const EFFECT = { a: 0x94, b: 0x95 } as const;
const MIXER_NOTE = 0x96;
const MIXER_TURN = 0xb6;
const EFFECT_TURN = 0xb4;
const LOADED = 0x9f;

/** Number, label, control, with SHIFT, value of a press. */
type Key = [number: number, label: string, control: ControlName | null, shift?: boolean, value?: number];

const DECK_KEYS: readonly Key[] = [
  [0x0b, "PLAY/PAUSE", "play"],
  [0x0e, "SHIFT + PLAY/PAUSE", "reverse", true],
  [0x0c, "CUE", "cue"],
  [0x48, "SHIFT + CUE", "to_start", true],
  [0x36, "JOG touched", "jog_touch"],
  [0x67, "SHIFT + JOG touched", "jog_touch", true],
  [0x54, "CH CUE", "pfl"],
  [0x68, "SHIFT + CH CUE", "tempo_master", true],
  [0x58, "BEAT SYNC", "sync"],
  [0x5c, "BEAT SYNC held", "sync_off"],
  [0x60, "SHIFT + BEAT SYNC", "tempo_range", true, NEXT],
  [0x10, "LOOP IN", "loop_in"],
  [0x11, "LOOP OUT", "loop_out"],
  [0x4d, "RELOOP/EXIT", "reloop"],
  [0x4c, "SHIFT + LOOP IN", "slip", true],
  [0x4e, "SHIFT + LOOP OUT", "quantise", true],
  [0x50, "SHIFT + RELOOP/EXIT", "keylock", true],
  [0x51, "CUE/LOOP CALL left", "loop_halve"],
  [0x53, "CUE/LOOP CALL right", "loop_double"],
  [0x3e, "SHIFT + CUE/LOOP CALL left", "beat_jump", true, -JUMP_BEATS],
  [0x3d, "SHIFT + CUE/LOOP CALL right", "beat_jump", true, JUMP_BEATS],
];

const MODE_KEYS: readonly [number: number, label: string, mode: PadMode | null][] = [
  [0x1b, "HOT CUE", "hot_cue"],
  [0x69, "KEYBOARD", "keyboard"],
  [0x1e, "PAD FX 1", null],
  [0x6b, "PAD FX 2", null],
  [0x20, "BEAT JUMP", "beat_jump"],
  [0x6d, "BEAT LOOP", "beat_loop"],
  [0x22, "SAMPLER", "sampler"],
  [0x6f, "KEY SHIFT", "key_shift"],
];

/** First pad's number in each mode. */
const PAD_BASES: readonly [PadMode, number][] = [
  ["hot_cue", 0x00],
  ["beat_jump", 0x20],
  ["sampler", 0x30],
  ["keyboard", 0x40],
  ["beat_loop", 0x60],
  ["key_shift", 0x70],
];

/** Coarse number, label, control. */
const DECK_FADERS: readonly [number, string, ControlName][] = [
  [0x00, "TEMPO", "tempo"],
  [0x04, "TRIM", "trim"],
  [0x07, "HI", "eq_high"],
  [0x0b, "MID", "eq_mid"],
  [0x0f, "LOW", "eq_low"],
  [0x13, "CHANNEL FADER", "fader"],
];

const JOG: readonly [number, string, ControlName, boolean][] = [
  [0x22, "JOG turned, vinyl on", "jog_turn", false],
  [0x23, "JOG turned, vinyl off", "jog_bend", false],
  [0x21, "JOG side", "jog_bend", false],
  [0x29, "SHIFT + JOG turned", "jog_search", true],
];

const FILTERS = { a: 0x17, b: 0x18 } as const;
const CHANNEL_SELECT = { a: 0x10, b: 0x11 } as const;

function key(status: number, [number, label, control, shift = false, value]: Key, deck?: DeckId): Row {
  const row: Row = { label, status, number, kind: "button", shift, control };
  if (deck !== undefined) row.deck = deck;
  if (value !== undefined) row.value = value;
  return row;
}

function fader(status: number, number: number, label: string, control: ControlName, deck?: DeckId): Row {
  const row: Row = { label, status, number, lsb: number + FINE, kind: "14-bit", shift: false, control };
  return deck === undefined ? row : { ...row, deck };
}

function deckRows(deck: DeckId): Row[] {
  const note = NOTE[deck];
  const rows = DECK_KEYS.map((one) => key(note, one, deck));
  rows.push({ label: "SHIFT", status: note, number: 0x3f, kind: "shift", shift: false, control: null, deck });
  for (const [number, label, mode] of MODE_KEYS) {
    if (mode === null) rows.push(key(note, [number, label, null], deck)); // pad effects: none here
    else rows.push(key(note, [number, label, "pad_mode", false, PAD_MODES.indexOf(mode)], deck));
  }
  for (const [number, label, control] of DECK_FADERS) rows.push(fader(TURN[deck], number, label, control, deck));
  for (const [number, label, control, shift] of JOG) {
    rows.push({ label, status: TURN[deck], number, kind: "relative", encoding: "around_64", shift, control, deck });
  }
  for (const [mode, base] of PAD_BASES) {
    for (let index = 0; index < 8; index += 1) {
      const pad: Row = { label: `PAD ${index + 1}`, status: PADS[deck], number: base + index, kind: "button", shift: false, control: "pad", deck, index, mode };
      // only hot cues can be cleared; the other modes' pads do the same with SHIFT
      const control = mode === "hot_cue" ? "pad_clear" : "pad";
      rows.push(pad, { ...pad, label: `SHIFT + ${pad.label}`, status: pad.status + 1, shift: true, control });
    }
  }
  rows.push(
    { ...fader(MIXER_TURN, FILTERS[deck], "CFX", "filter", deck) },
    key(MIXER_NOTE, [deck === "a" ? 0x46 : 0x47, "LOAD", "load"], deck),
    key(EFFECT[deck], [0x47, "BEAT FX ON/OFF", "fx_on"]), // on the channel that is selected
    key(EFFECT[deck], [0x43, "SHIFT + BEAT FX ON/OFF", "brake", true], deck),
    { ...key(EFFECT[deck], [CHANNEL_SELECT[deck], "BEAT FX CH SELECT", "fx_deck"], deck), kind: "switch" },
  );
  return rows;
}

const MIXER_ROWS: readonly Row[] = [
  fader(MIXER_TURN, 0x1f, "CROSSFADER", "crossfader"),
  fader(MIXER_TURN, 0x0c, "HEADPHONES MIX", "phones_mix"),
  { label: "BROWSE turned", status: MIXER_TURN, number: 0x40, kind: "relative", encoding: "twos_complement", shift: false, control: "browse" },
  { label: "SHIFT + BROWSE turned", status: MIXER_TURN, number: 0x64, kind: "relative", encoding: "twos_complement", shift: true, control: "browse", value: 10 },
  key(MIXER_NOTE, [0x41, "BROWSE pressed", "browse_press"]),
  key(MIXER_NOTE, [0x42, "SHIFT + BROWSE pressed", "automix", true]),
  key(EFFECT.a, [0x63, "BEAT FX SELECT", "fx_select", false, NEXT]),
  key(EFFECT.a, [0x64, "SHIFT + BEAT FX SELECT", "fx_select", true, PREVIOUS]),
  key(EFFECT.a, [0x4a, "BEAT FX left", "fx_beats", false, -1]),
  key(EFFECT.a, [0x4b, "BEAT FX right", "fx_beats", false, 1]),
  { label: "BEAT FX LEVEL", status: EFFECT_TURN, number: 0x02, kind: "7-bit", shift: false, control: "fx_level" },
];

/** Keys whose lamp shows a state, by number; where SHIFT has a lamp of its own, that too. */
const DECK_LAMPS: readonly [number, ControlName][] = [
  [0x0b, "play"],
  [0x47, "play"], // the same key while SHIFT is held
  [0x0c, "cue"],
  [0x48, "cue"],
  [0x54, "pfl"],
  [0x68, "tempo_master"],
  [0x58, "sync"],
  [0x60, "sync"],
  [0x10, "loop_in"],
  [0x11, "loop_out"],
  [0x4d, "reloop"],
  [0x4c, "slip"],
  [0x4e, "quantise"],
  [0x50, "keylock"],
];

function deckLamps(deck: DeckId): Lamp[] {
  const lamps: Lamp[] = DECK_LAMPS.map(([number, shows]) => ({ status: NOTE[deck], number, shows, deck }));
  for (const [number, , mode] of MODE_KEYS) {
    if (mode !== null) lamps.push({ status: NOTE[deck], number, shows: "pad_mode", deck, index: PAD_MODES.indexOf(mode) });
  }
  for (const [mode, base] of PAD_BASES) {
    for (let index = 0; index < 8; index += 1) {
      const pad: Lamp = { status: PADS[deck], number: base + index, shows: "pad", deck, index, mode };
      lamps.push(pad, { ...pad, status: pad.status + 1 });
    }
  }
  lamps.push(
    { status: EFFECT[deck], number: 0x47, shows: "fx_on" },
    { status: TURN[deck], number: 0x02, shows: "level", deck },
    { status: LOADED, number: DECKS.indexOf(deck), shows: "loaded", deck },
  );
  return lamps;
}

export const FLX4: DeviceMap = {
  name: "Pioneer DDJ-FLX4",
  devices: ["DDJ-FLX4"],
  rows: [...DECKS.flatMap(deckRows), ...MIXER_ROWS],
  lamps: DECKS.flatMap(deckLamps),
  // asks where faders and knobs stand
  query: { bytes: [0xf0, 0x00, 0x40, 0x05, 0x00, 0x00, 0x04, 0x05, 0x00, 0x50, 0x02, 0xf7], everyMs: 200 },
};
