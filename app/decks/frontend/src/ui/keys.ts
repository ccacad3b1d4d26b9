// The keyboard as data: deck A under the left hand, deck B under the right, the mixer in between.
// Keys are places (`event.code`), so that every layout finds them alike. Streamlit's own R and C and
// Escape stay free.

import type { ControlName, DeckId } from "../contract";

export interface KeyUse {
  control: ControlName;
  deck?: DeckId;
  /** Sent when pressed; keys of held controls send 0 when let go. */
  value: number;
  index?: number;
  /** Sends 0 when let go. */
  held: boolean;
  /** An absolute control is moved by `value` from where it stands. */
  step?: boolean;
}

export interface Key {
  code: string;
  /** What is printed on it on an English keyboard. */
  cap: string;
  shift: boolean;
  use: KeyUse;
}

type Row = [code: string, cap: string, plain: KeyUse | null, shifted?: KeyUse | null];

const hold = (control: ControlName, deck?: DeckId, index?: number): KeyUse => ({
  control,
  value: 1,
  held: true,
  ...(deck && { deck }),
  ...(index !== undefined && { index }),
});
const once = (control: ControlName, value: number, deck?: DeckId): KeyUse => ({
  control,
  value,
  held: false,
  ...(deck && { deck }),
});
const move = (control: ControlName, value: number, deck?: DeckId): KeyUse => ({ ...once(control, value, deck), step: true });

/** The keys of one deck, from the outer finger to the inner. */
function hand(deck: DeckId, at: Record<string, [code: string, cap: string]>): Row[] {
  const key = (place: string, plain: KeyUse, shifted?: KeyUse): Row => {
    const [code, cap] = at[place]!;
    return [code, cap, plain, shifted ?? null];
  };
  return [
    key("pad1", hold("pad", deck, 0), hold("pad", deck, 4)),
    key("pad2", hold("pad", deck, 1), hold("pad", deck, 5)),
    key("pad3", hold("pad", deck, 2), hold("pad", deck, 6)),
    key("pad4", hold("pad", deck, 3), hold("pad", deck, 7)),
    key("mode", once("pad_mode", -1, deck), hold("keylock", deck)),
    key("sync", hold("sync", deck), hold("tempo_master", deck)),
    key("slower", move("tempo", -0.005, deck), once("tempo_range", -1, deck)),
    key("faster", move("tempo", 0.005, deck), hold("slip", deck)),
    key("cue", hold("cue", deck), hold("to_start", deck)),
    key("play", hold("play", deck), hold("reverse", deck)),
    key("back", hold("nudge_back", deck), once("beat_jump", -4, deck)),
    key("on", hold("nudge_forward", deck), once("beat_jump", 4, deck)),
    key("pfl", hold("pfl", deck), hold("fx_deck", deck)),
    key("in", hold("loop_in", deck), hold("loop_halve", deck)),
    key("out", hold("loop_out", deck), hold("loop_double", deck)),
    key("reloop", hold("reloop", deck), hold("quantise", deck)),
    key("load", hold("load", deck), hold("brake", deck)),
  ];
}

const ROWS: Row[] = [
  ...hand("a", {
    pad1: ["Digit1", "1"],
    pad2: ["Digit2", "2"],
    pad3: ["Digit3", "3"],
    pad4: ["Digit4", "4"],
    mode: ["Digit5", "5"],
    sync: ["KeyQ", "Q"],
    slower: ["KeyW", "W"],
    faster: ["KeyE", "E"],
    cue: ["KeyA", "A"],
    play: ["KeyS", "S"],
    back: ["KeyD", "D"],
    on: ["KeyF", "F"],
    pfl: ["KeyG", "G"],
    in: ["KeyZ", "Z"],
    out: ["KeyX", "X"],
    reloop: ["KeyV", "V"],
    load: ["KeyB", "B"],
  }),
  ...hand("b", {
    pad1: ["Digit7", "7"],
    pad2: ["Digit8", "8"],
    pad3: ["Digit9", "9"],
    pad4: ["Digit0", "0"],
    mode: ["Digit6", "6"],
    sync: ["KeyP", "P"],
    slower: ["KeyI", "I"],
    faster: ["KeyO", "O"],
    cue: ["Semicolon", ";"],
    play: ["KeyL", "L"],
    back: ["KeyJ", "J"],
    on: ["KeyK", "K"],
    pfl: ["KeyH", "H"],
    in: ["KeyM", "M"],
    out: ["Comma", ","],
    reloop: ["Period", "."],
    load: ["KeyN", "N"],
  }),
  ["BracketLeft", "[", move("crossfader", -0.05), move("crossfader", -1)],
  ["BracketRight", "]", move("crossfader", 0.05), move("crossfader", 1)],
  ["KeyT", "T", hold("fx_on"), once("fx_select", -1)],
  ["KeyY", "Y", once("fx_beats", 1), once("fx_beats", -1)],
  ["Minus", "-", once("browse", -1), null],
  ["Equal", "=", once("browse", 1), null],
  ["Quote", "'", hold("automix"), hold("record")],
];

/** Every key there is. */
export const KEYS: Key[] = ROWS.flatMap(([code, cap, plain, shifted]) => [
  ...(plain ? [{ code, cap, shift: false, use: plain }] : []),
  ...(shifted ? [{ code, cap, shift: true, use: shifted }] : []),
]);

const FOUND = new Map(KEYS.map((key) => [`${key.code}/${key.shift}`, key]));

export function keyFor(code: string, shift: boolean): Key | null {
  return FOUND.get(`${code}/${shift}`) ?? null;
}
