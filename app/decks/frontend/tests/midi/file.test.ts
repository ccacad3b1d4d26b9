import { describe, expect, it } from "vitest";
import { fromText, MapError, toText } from "../../src/midi/file";
import { FLX4 } from "../../src/midi/flx4";
import { mapFor, type DeviceMap } from "../../src/midi/map";

const ROW = { label: "Play", status: "90", number: "0B", kind: "button", control: "play", deck: "a" };
const LAMP = { status: "90", number: "0B", shows: "play", deck: "a" };
const FILE = { format: "segue-controller", version: 1, name: "Mine", devices: ["Mine"], rows: [ROW], lamps: [LAMP] };

const complaint = (file: unknown): string => {
  try {
    fromText(typeof file === "string" ? file : JSON.stringify(file));
  } catch (error) {
    expect(error).toBeInstanceOf(MapError);
    return (error as MapError).message;
  }
  return "";
};
const withRow = (change: object) => ({ ...FILE, rows: [ROW, { ...ROW, number: "0C", ...change }] });

describe("a map's file", () => {
  it("is read, with its defaults", () => {
    expect(fromText(JSON.stringify(FILE))).toEqual({
      name: "Mine",
      devices: ["Mine"],
      rows: [{ label: "Play", status: 0x90, number: 0x0b, kind: "button", shift: false, control: "play", deck: "a" }],
      lamps: [{ status: 0x90, number: 0x0b, shows: "play", deck: "a" }],
    });
  });

  it("comes back as it was written, in hexadecimal that a DJ can compare", () => {
    const text = toText(FLX4);
    expect(text).toContain('"status": "90"');
    expect(text).toContain('"number": "0B"');
    expect(fromText(text)).toEqual(FLX4);
  });

  it.each([
    ["{", "no JSON"],
    [[], "an object is needed"],
    [{ ...FILE, format: "other" }, "format: "],
    [{ ...FILE, version: 2 }, "version: only version 1"],
    [{ ...FILE, name: " " }, "name: a text"],
    [{ ...FILE, devices: [3] }, "devices[0]: "],
    [{ ...FILE, rows: {} }, "rows: a list"],
    [{ ...FILE, rows: Array(6000).fill(ROW) }, "more than 5000"],
    [withRow({ status: "7F" }), "rows[1].status: stands between"],
    [withRow({ status: 144 }), "rows[1].status: two hexadecimal digits"],
    [withRow({ number: "80" }), "rows[1].number: two hexadecimal digits up to 7F"],
    [withRow({ kind: "knob" }), "rows[1].kind: one of button, switch"],
    [withRow({ control: "plya" }), 'rows[1].control: there is no control "plya"'],
    [withRow({ control: "toString" }), "there is no control"],
    [withRow({ deck: "c" }), "rows[1].deck: one of a, b"],
    [withRow({ control: "pad", index: 8 }), "rows[1].index: a whole number from 0 to 7"],
    [withRow({ control: "fader" }), 'rows[1].kind: "Channel fader" wants a fader'],
    [withRow({ kind: "7-bit" }), "rows[1].kind: \"Play\" can't be moved by a fader"],
    [withRow({ kind: "relative", encoding: "around_64" }), "endless knob"],
    [withRow({ kind: "relative", control: "jog_turn" }), "rows[1].encoding: "],
    [withRow({ kind: "14-bit", control: "fader" }), "rows[1].lsb: "],
    [withRow({ kind: "switch", control: "beat_jump" }), "can't be moved by a switch"],
    [withRow({ kind: "shift" }), "SHIFT moves no control"],
    [withRow({ shift: "yes" }), "rows[1].shift: true or false"],
    [{ ...FILE, lamps: [{ ...LAMP, shows: "glow" }] }, "lamps[0].shows: there is no control"],
    [{ ...FILE, lamps: [{ ...LAMP, shows: "level", deck: null }] }, "lamps[0].deck: "],
    [{ ...FILE, query: { bytes: ["90", "00"], everyMs: 200 } }, "query.bytes: a system exclusive"],
    [{ ...FILE, query: { bytes: ["F0", "F7"], everyMs: 1 } }, "query.everyMs: "],
  ])("is refused by name and place (%#)", (file, expected) => {
    expect(complaint(file)).toContain(expected);
  });
});

describe("choosing a map", () => {
  it("takes the one whose name fits best, in any case, or none", () => {
    const other: DeviceMap = { name: "any DDJ", devices: ["DDJ"], rows: [], lamps: [] };
    expect(mapFor("Pioneer ddj-flx4 MIDI 1", [other, FLX4])).toBe(FLX4);
    expect(mapFor("DDJ-400", [other, FLX4])).toBe(other);
    expect(mapFor("Launchpad", [other, FLX4])).toBeNull();
  });
});
