// A controller's map as a file: JSON with status and number in hexadecimal, checked row by row.

import { CONTROLS, DECKS, PAD_MODES, type ControlFacts, type ControlName, type DeckId, type PadMode } from "../contract";
import { ENCODINGS, ROW_KINDS, hex, type DeviceMap, type Lamp, type Row } from "./map";

export const FORMAT = "segue-controller";
export const VERSION = 1;
/** Rows beyond any controller's: something else than a map. */
const MOST_ROWS = 5_000;

/** What is wrong with a map, and where. */
export class MapError extends Error {
  override readonly name = "MapError";
  constructor(
    readonly where: string,
    readonly reason: string,
  ) {
    super(where === "" ? reason : `${where}: ${reason}`);
  }
}

export function toText(map: DeviceMap): string {
  const coded = <T extends { status: number; number: number }>(one: T) => ({
    ...one,
    status: hex(one.status),
    number: hex(one.number),
  });
  const rows = map.rows.map((row) => ({ ...coded(row), ...(row.lsb === undefined ? {} : { lsb: hex(row.lsb) }) }));
  const query = map.query === undefined ? {} : { query: { ...map.query, bytes: map.query.bytes.map(hex) } };
  const file = { format: FORMAT, version: VERSION, name: map.name, devices: map.devices, rows, lamps: map.lamps.map(coded), ...query };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** The map in a file's text. Throws MapError, which says where and what. */
export function fromText(text: string): DeviceMap {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new MapError("", "this is no JSON file");
  }
  return checked(file);
}

/** The map in a parsed file. Throws MapError. */
export function checked(file: unknown): DeviceMap {
  const one = new Reader(file, "");
  if (one.raw("format") !== FORMAT) throw new MapError("format", `a controller's map says "${FORMAT}" here`);
  if (one.raw("version") !== VERSION) throw new MapError("version", `only version ${VERSION} is known`);
  const map: DeviceMap = {
    name: one.text("name"),
    devices: one.list("devices").map((part, i) => {
      if (typeof part === "string" && part.trim() !== "") return part;
      throw new MapError(`devices[${i}]`, "part of a device's name is missing");
    }),
    rows: one.list("rows").map((row, i) => checkedRow(new Reader(row, `rows[${i}]`))),
    lamps: one.list("lamps").map((lamp, i) => checkedLamp(new Reader(lamp, `lamps[${i}]`))),
  };
  if (one.has("query")) {
    const query = new Reader(one.raw("query"), "query");
    map.query = {
      bytes: query.list("bytes").map((byte, i) => parsedHex(byte, `query.bytes[${i}]`, 0xff)),
      everyMs: query.whole("everyMs", 50, 60_000),
    };
    if (map.query.bytes[0] !== 0xf0 || map.query.bytes.at(-1) !== 0xf7) {
      throw new MapError("query.bytes", "a system exclusive message goes from F0 to F7");
    }
  }
  return map;
}

function checkedRow(one: Reader): Row {
  const kind = one.among("kind", ROW_KINDS);
  const row: Row = {
    label: one.text("label"),
    status: one.hexByte("status", 0xef),
    number: one.hexByte("number", 0x7f),
    kind,
    shift: one.has("shift") ? one.flag("shift") : false,
    control: one.raw("control") === null ? null : one.control(),
  };
  if (row.status < 0x90) throw new MapError(`${one.where}.status`, "stands between 90 and EF");
  if (one.has("lsb")) row.lsb = one.hexByte("lsb", 0x7f);
  if (one.has("encoding")) row.encoding = one.among("encoding", ENCODINGS);
  if (one.has("mode")) row.mode = one.among("mode", PAD_MODES);
  if (one.has("value")) row.value = one.whole("value", -1_000, 1_000);
  if (one.has("invert")) row.invert = one.flag("invert");
  Object.assign(row, one.place(row.control));
  if (kind === "14-bit" && row.lsb === undefined) throw new MapError(`${one.where}.lsb`, "a 14-bit row needs the fine message's number");
  if (kind === "relative" && row.encoding === undefined) throw new MapError(`${one.where}.encoding`, `one of ${ENCODINGS.join(", ")} is needed`);
  if (row.control !== null) {
    const reason = misfit(row, CONTROLS[row.control]);
    if (reason !== null) throw new MapError(`${one.where}.kind`, reason);
  }
  return row;
}

/** Why hardware of this kind cannot move that control, or null. */
export function misfit(row: Pick<Row, "kind">, facts: ControlFacts): string | null {
  const { kind } = row;
  if (kind === "shift") return "SHIFT moves no control: its control is null";
  const isFader = kind === "7-bit" || kind === "14-bit";
  if (facts.kind === "absolute") return isFader ? null : `"${facts.label}" wants a fader or knob with two ends`;
  if (isFader) return `"${facts.label}" can't be moved by a fader`;
  if (kind === "relative" && facts.kind !== "relative") return `"${facts.label}" can't be moved by an endless knob`;
  if (kind === "switch" && facts.kind !== "button") return `"${facts.label}" can't be moved by a switch`;
  return null;
}

function checkedLamp(one: Reader): Lamp {
  const shows = one.raw("shows");
  const special = shows === "level" || shows === "loaded";
  const control = special ? null : one.control("shows");
  const lamp: Lamp = {
    status: one.hexByte("status", 0xef),
    number: one.hexByte("number", 0x7f),
    shows: special ? shows : (control as ControlName),
  };
  if (lamp.status < 0x80) throw new MapError(`${one.where}.status`, "stands between 80 and EF");
  if (one.has("mode")) lamp.mode = one.among("mode", PAD_MODES) as PadMode;
  if (special) lamp.deck = one.among("deck", DECKS);
  else Object.assign(lamp, one.place(control));
  if (one.has("index")) lamp.index = one.whole("index", 0, 15);
  return lamp;
}

function parsedHex(value: unknown, where: string, most: number): number {
  const byte = typeof value === "string" && /^[0-9a-f]{1,2}$/i.test(value) ? parseInt(value, 16) : NaN;
  if (byte <= most) return byte;
  throw new MapError(where, `two hexadecimal digits up to ${hex(most)} are needed`);
}

/** One object of the file; every complaint says where it is. */
class Reader {
  private readonly object: Record<string, unknown>;

  constructor(
    value: unknown,
    readonly where: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MapError(where, "an object is needed");
    this.object = value as Record<string, unknown>;
  }

  private at = (key: string): string => (this.where === "" ? key : `${this.where}.${key}`);
  has = (key: string): boolean => Object.hasOwn(this.object, key);
  raw = (key: string): unknown => (this.has(key) ? this.object[key] : undefined);

  text(key: string): string {
    const value = this.raw(key);
    if (typeof value === "string" && value.trim() !== "") return value;
    throw new MapError(this.at(key), "a text is needed");
  }

  flag(key: string): boolean {
    const value = this.raw(key);
    if (typeof value === "boolean") return value;
    throw new MapError(this.at(key), "true or false is needed");
  }

  whole(key: string, least: number, most: number): number {
    const value = this.raw(key);
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new MapError(this.at(key), `a whole number from ${least} to ${most} is needed`);
  }

  list(key: string): unknown[] {
    const value = this.raw(key);
    if (!Array.isArray(value)) throw new MapError(this.at(key), "a list is needed");
    if (value.length > MOST_ROWS) throw new MapError(this.at(key), `more than ${MOST_ROWS} entries`);
    return value;
  }

  hexByte = (key: string, most: number): number => parsedHex(this.raw(key), this.at(key), most);

  among<T extends string>(key: string, names: readonly T[]): T {
    const value = this.raw(key);
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    throw new MapError(this.at(key), `one of ${names.join(", ")} is needed`);
  }

  control(key = "control"): ControlName {
    const value = this.raw(key);
    if (typeof value === "string" && Object.hasOwn(CONTROLS, value)) return value as ControlName;
    throw new MapError(this.at(key), `there is no control ${JSON.stringify(value) ?? "named here"}`);
  }

  /** Deck and index, as far as the control has them. */
  place(control: ControlName | null): { deck?: DeckId; index?: number } {
    const facts: ControlFacts | null = control === null ? null : CONTROLS[control];
    const place: { deck?: DeckId; index?: number } = {};
    if (facts?.scope === "deck" || (facts === null && this.has("deck"))) place.deck = this.among("deck", DECKS);
    if (facts?.count !== undefined) place.index = this.whole("index", 0, facts.count - 1);
    return place;
  }
}
