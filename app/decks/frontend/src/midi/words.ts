// MIDI messages in hexadecimal and in words.

import { CONTROLS } from "../contract";
import type { Decoded } from "./decode";
import { hex, type Row } from "./map";
import { named } from "./states";

export const bytesInHex = (bytes: ArrayLike<number>): string => Array.from(bytes, hex).join(" ");

const KINDS: Record<number, string> = {
  0x8: "key let go",
  0x9: "key",
  0xa: "key pressure",
  0xb: "controller",
  0xc: "program",
  0xd: "pressure",
  0xe: "pitch wheel",
};

/** What a message is where no table knows it: "key 0B on channel 1: 127". */
export function plainWords(bytes: ArrayLike<number>): string {
  const status = bytes[0] ?? 0;
  if (status >= 0xf0) return status === 0xf0 ? "system exclusive" : "system";
  const kind = KINDS[status >> 4] ?? "message";
  return `${kind} ${hex(bytes[1] ?? 0)} on channel ${(status & 0x0f) + 1}: ${bytes[2] ?? 0}`;
}

/** "PLAY/PAUSE → Deck A · Play: pressed". */
export function words(bytes: ArrayLike<number>, decoded: Decoded | null): string {
  if (decoded === null) return `${plainWords(bytes)} · not in the map`;
  const { row } = decoded;
  if (row.kind === "shift") return `${row.label}: ${(bytes[2] ?? 0) > 0 ? "held" : "let go"}`;
  if (row.control === null) return `${row.label} · moves nothing here`;
  return `${row.label} → ${named(row.control, row.deck, row.index)}: ${valueWords(row, decoded, bytes)}`;
}

function valueWords(row: Row, decoded: Decoded, bytes: ArrayLike<number>): string {
  const value = decoded.action?.value;
  if (value === undefined) return row.kind === "14-bit" ? "coarse half" : "let go";
  const kind = row.control === null ? null : CONTROLS[row.control].kind;
  if (row.kind === "switch") return value > 0 ? "on" : "off";
  if (kind === "button") return value > 0 ? "pressed" : "let go";
  if (kind === "absolute") return value.toFixed(row.kind === "14-bit" ? 4 : 2);
  if (kind === "relative") return value > 0 ? `+${value}` : String(value);
  return (bytes[2] ?? 0) > 0 ? "pressed" : "let go";
}
