// Bytes in, action out. Keeps what the protocol makes it keep: coarse halves and held SHIFT keys.

import { CONTROLS, type Action, type ControlFacts } from "../contract";
import { messageKey, type DeviceMap, type Encoding, type Row } from "./map";

export interface Decoded {
  row: Row;
  /** null where nothing is to be moved: SHIFT itself, a key let go that only counts presses. */
  action: Action | null;
}

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const TOP_7 = 127;
const TOP_14 = 16383;

/** Share 0–1 of `raw` in 0…`top`; the middle step (64 of 127, 8192 of 16383) is exactly a half. */
export function share(raw: number, top: number): number {
  const middle = (top + 1) / 2;
  return raw <= middle ? raw / (2 * middle) : 0.5 + (raw - middle) / (2 * (top - middle));
}

export function steps(raw: number, encoding: Encoding): number {
  switch (encoding) {
    case "around_64":
      return raw - 64;
    case "twos_complement":
      return raw < 64 ? raw : raw - 128;
    case "sign_bit":
      return raw < 64 ? raw : -(raw - 64);
  }
}

/** A key let go may come as note-off or as note-on with velocity 0; the tables know only the second. */
export function normalised(bytes: ArrayLike<number>): [status: number, number: number, value: number] | null {
  const [status, number, value] = [bytes[0], bytes[1], bytes[2]];
  if (status === undefined || number === undefined || value === undefined) return null;
  if (status >= 0xf0) return null; // of the system: clock, exclusive
  if ((status & 0xf0) === NOTE_OFF) return [NOTE_ON | (status & 0x0f), number, 0];
  return [status, number, value];
}

export class Decoder {
  private readonly rows = new Map<number, Row[]>();
  private readonly fine = new Map<number, Row>();
  private readonly halves = new Map<Row, { coarse: number; sendsFine: boolean; waiting: boolean }>();
  private readonly heldShifts = new Set<Row>();
  /** What a key did when pressed, it undoes when let go, whatever SHIFT does in between. */
  private readonly down = new Map<number, Row>();

  constructor(map: DeviceMap) {
    for (const row of map.rows) {
      const at = messageKey(row.status, row.number);
      this.rows.set(at, [...(this.rows.get(at) ?? []), row]);
      if (row.kind === "14-bit" && row.lsb !== undefined) this.fine.set(messageKey(row.status, row.lsb), row);
    }
  }

  get shift(): boolean {
    return this.heldShifts.size > 0;
  }

  feed(bytes: ArrayLike<number>): Decoded | null {
    const message = normalised(bytes);
    if (message === null) return null;
    const [status, number, value] = message;
    const at = messageKey(status, number);
    const fine = this.fine.get(at);
    if (fine !== undefined) return this.fineHalf(fine, value);
    const row = this.pick(at, value);
    if (row === undefined) return null;
    switch (row.kind) {
      case "shift":
        if (value > 0) this.heldShifts.add(row);
        else this.heldShifts.delete(row);
        return { row, action: null };
      case "button":
        return { row, action: pressed(row, value > 0) };
      case "switch":
        return { row, action: action(row, value > 0 ? 1 : 0) };
      case "7-bit":
        return { row, action: action(row, placed(row, share(value, TOP_7))) };
      case "14-bit":
        return this.coarseHalf(row, value);
      case "relative": {
        const signed = steps(value, row.encoding ?? "twos_complement") * (row.value ?? 1);
        return { row, action: action(row, row.invert === true ? -signed : signed) };
      }
    }
  }

  private pick(at: number, value: number): Row | undefined {
    const rows = this.rows.get(at);
    if (rows === undefined) return undefined;
    const held = this.down.get(at);
    const row = value === 0 && held !== undefined ? held : (rows.find((one) => one.shift === this.shift) ?? rows[0]);
    if (row?.kind === "button") {
      if (value > 0) this.down.set(at, row);
      else this.down.delete(at);
    }
    return row;
  }

  /** Alone, the coarse half moves in 127 steps; with a fine one after it, it waits for that. */
  private coarseHalf(row: Row, coarse: number): Decoded {
    const before = this.halves.get(row);
    const wait = before?.sendsFine === true && !before.waiting; // two in a row: no fine ones any more
    this.halves.set(row, { coarse, sendsFine: wait, waiting: wait });
    return { row, action: wait ? null : action(row, placed(row, share(coarse, TOP_7))) };
  }

  private fineHalf(row: Row, fine: number): Decoded {
    const half = this.halves.get(row);
    if (half === undefined) return { row, action: null }; // of no known place yet
    half.sendsFine = true;
    half.waiting = false;
    return { row, action: action(row, placed(row, share(half.coarse * 128 + fine, TOP_14))) };
  }
}

const placed = (row: Row, value: number): number => (row.invert === true ? 1 - value : value);

function pressed(row: Row, down: boolean): Action | null {
  if (row.control === null) return null;
  const facts: ControlFacts = CONTROLS[row.control];
  if (facts.kind === "button") return action(row, down ? 1 : 0);
  return down ? action(row, row.value ?? 1) : null;
}

function action(row: Row, value: number): Action | null {
  if (row.control === null) return null;
  const made: Action = { control: row.control, value, from: "midi" };
  if (row.deck !== undefined) made.deck = row.deck;
  if (row.index !== undefined) made.index = row.index;
  return made;
}
