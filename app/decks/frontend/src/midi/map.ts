// A controller as data: which message is which control, and which lamp shows what.

import type { ControlName, DeckId, PadMode } from "../contract";

/** How signed steps are written in seven bits. */
export const ENCODINGS = ["around_64", "twos_complement", "sign_bit"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const ROW_KINDS = [
  "button", // 0 let go, anything else pressed
  "switch", // stands on or off; the control follows where it stands
  "7-bit", // a fader or knob
  "14-bit", // the same in two messages, coarse `number` and fine `lsb`
  "relative", // signed steps, by `encoding`
  "shift", // held, chooses the rows with `shift`
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** A `value` for a "choice": the one after, the one before. */
export const NEXT = -1;
export const PREVIOUS = -2;

/** One message that the hardware sends. */
export interface Row {
  /** As printed on the hardware. */
  label: string;
  status: number;
  number: number;
  lsb?: number;
  kind: RowKind;
  encoding?: Encoding;
  /** Sent with SHIFT held, or meant only then where the message is the same. */
  shift: boolean;
  /** null: known, but there is nothing here for it to move. */
  control: ControlName | null;
  deck?: DeckId;
  /** Which pad, 0–7. */
  index?: number;
  /** The pads' mode that the hardware is in when it sends this. */
  mode?: PadMode;
  /** What a press means for a control that takes a number; 1 unless given. */
  value?: number;
  /** Larger numbers are further left or down, or turned anticlockwise. */
  invert?: boolean;
}

/** One message that lights something on the hardware. */
export interface Lamp {
  status: number;
  number: number;
  /** The control whose state it shows; "level": the deck's meter; "loaded": sent at every load. */
  shows: ControlName | "level" | "loaded";
  deck?: DeckId;
  index?: number;
  /** Pads: the mode whose lamp this is. */
  mode?: PadMode;
}

export interface DeviceMap {
  name: string;
  /** Parts of the names by which the system announces the device. */
  devices: string[];
  rows: Row[];
  lamps: Lamp[];
  /** System exclusive bytes to send again and again, where the browser allows it. */
  query?: { bytes: number[]; everyMs: number };
}

export const messageKey = (status: number, number: number): number => status * 128 + number;

/** Two hexadecimal digits, as MIDI tables are written. */
export const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

/** The map whose device names fit best: the longest that is part of `name`. */
export function mapFor(name: string, maps: readonly DeviceMap[]): DeviceMap | null {
  let best: DeviceMap | null = null;
  let length = 0;
  for (const map of maps) {
    for (const part of map.devices) {
      if (part.length > length && name.toLowerCase().includes(part.toLowerCase())) {
        best = map;
        length = part.length;
      }
    }
  }
  return best;
}
