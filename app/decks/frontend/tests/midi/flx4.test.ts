import { describe, expect, it } from "vitest";
import { CONTROLS, PAD_MODES, type ControlName } from "../../src/contract";
import { Decoder } from "../../src/midi/decode";
import { checked, fromText, toText } from "../../src/midi/file";
import { FLX4 } from "../../src/midi/flx4";
import { messageKey } from "../../src/midi/map";

const bytes = (text: string): number[] => text.split(" ").map((byte) => parseInt(byte, 16));
const feed = (decoder: Decoder, text: string) => decoder.feed(bytes(text))?.action ?? null;

/** Deck A's message, deck B's, control, value. Written down from the controller's message list. */
const BUTTONS: [string, string, ControlName, number?][] = [
  ["90 0B", "91 0B", "play"],
  ["90 0E", "91 0E", "reverse"],
  ["90 0C", "91 0C", "cue"],
  ["90 48", "91 48", "to_start"],
  ["90 36", "91 36", "jog_touch"],
  ["90 67", "91 67", "jog_touch"],
  ["90 54", "91 54", "pfl"],
  ["90 68", "91 68", "tempo_master"],
  ["90 58", "91 58", "sync"],
  ["90 5C", "91 5C", "sync_off"],
  ["90 60", "91 60", "tempo_range", -1],
  ["90 10", "91 10", "loop_in"],
  ["90 11", "91 11", "loop_out"],
  ["90 4D", "91 4D", "reloop"],
  ["90 4C", "91 4C", "slip"],
  ["90 4E", "91 4E", "quantise"],
  ["90 50", "91 50", "keylock"],
  ["90 51", "91 51", "loop_halve"],
  ["90 53", "91 53", "loop_double"],
  ["90 3E", "91 3E", "beat_jump", -4],
  ["90 3D", "91 3D", "beat_jump", 4],
  ["96 46", "96 47", "load"],
  ["94 43", "95 43", "brake"],
  ["90 1B", "91 1B", "pad_mode", PAD_MODES.indexOf("hot_cue")],
  ["90 69", "91 69", "pad_mode", PAD_MODES.indexOf("keyboard")],
  ["90 20", "91 20", "pad_mode", PAD_MODES.indexOf("beat_jump")],
  ["90 6D", "91 6D", "pad_mode", PAD_MODES.indexOf("beat_loop")],
  ["90 22", "91 22", "pad_mode", PAD_MODES.indexOf("sampler")],
  ["90 6F", "91 6F", "pad_mode", PAD_MODES.indexOf("key_shift")],
];
const FADERS: [string, string, string, string, ControlName][] = [
  ["B0 00", "B0 20", "B1 00", "B1 20", "tempo"],
  ["B0 04", "B0 24", "B1 04", "B1 24", "trim"],
  ["B0 07", "B0 27", "B1 07", "B1 27", "eq_high"],
  ["B0 0B", "B0 2B", "B1 0B", "B1 2B", "eq_mid"],
  ["B0 0F", "B0 2F", "B1 0F", "B1 2F", "eq_low"],
  ["B0 13", "B0 33", "B1 13", "B1 33", "fader"],
  ["B6 17", "B6 37", "B6 18", "B6 38", "filter"],
];
const JOG: [string, string, ControlName][] = [
  ["B0 22", "B1 22", "jog_turn"],
  ["B0 23", "B1 23", "jog_bend"],
  ["B0 21", "B1 21", "jog_bend"],
  ["B0 29", "B1 29", "jog_search"],
];
const MIXER: [string, ControlName, number][] = [
  ["96 41 7F", "browse_press", 1],
  ["96 42 7F", "automix", 1],
  ["B6 40 01", "browse", 1],
  ["B6 40 7F", "browse", -1],
  ["B6 64 01", "browse", 10],
  ["94 63 7F", "fx_select", -1],
  ["94 4A 7F", "fx_beats", -1],
  ["94 4B 7F", "fx_beats", 1],
  ["94 47 7F", "fx_on", 1],
  ["95 47 7F", "fx_on", 1],
  ["B4 02 7F", "fx_level", 1],
  ["B6 1F 00", "crossfader", 0],
  ["B6 0C 7F", "phones_mix", 1],
];
const PADS: [string, number][] = [
  ["hot_cue", 0x00],
  ["beat_jump", 0x20],
  ["sampler", 0x30],
  ["keyboard", 0x40],
  ["beat_loop", 0x60],
  ["key_shift", 0x70],
];

describe("the FLX4's table", () => {
  it.each(BUTTONS)("%s and %s press %s", (a, b, control, value = 1) => {
    for (const [deck, message] of [["a", a], ["b", b]] as const) {
      const decoder = new Decoder(FLX4);
      expect(feed(decoder, `${message} 7F`)).toEqual({ control, deck, value, from: "midi" });
      const released = CONTROLS[control].kind === "button" ? { control, deck, value: 0, from: "midi" } : null;
      expect(feed(decoder, `${message} 00`)).toEqual(released);
    }
  });

  it.each(FADERS)("%s with %s moves deck A's, %s with %s deck B's %s", (a, aFine, b, bFine, control) => {
    for (const [deck, coarse, fine] of [["a", a, aFine], ["b", b, bFine]] as const) {
      const decoder = new Decoder(FLX4);
      feed(decoder, `${coarse} 40`);
      expect(feed(decoder, `${fine} 00`)).toEqual({ control, deck, value: 0.5, from: "midi" });
      feed(decoder, `${coarse} 7F`);
      expect(feed(decoder, `${fine} 7F`)).toMatchObject({ value: 1 });
      feed(decoder, `${coarse} 00`);
      expect(feed(decoder, `${fine} 00`)).toMatchObject({ value: 0 });
    }
  });

  it.each(JOG)("%s and %s turn %s around 40", (a, b, control) => {
    for (const [deck, message] of [["a", a], ["b", b]] as const) {
      const decoder = new Decoder(FLX4);
      expect(feed(decoder, `${message} 41`)).toEqual({ control, deck, value: 1, from: "midi" });
      expect(feed(decoder, `${message} 3B`)).toMatchObject({ value: -5 });
    }
  });

  it.each(MIXER)("%s is %s", (message, control, value) => {
    expect(feed(new Decoder(FLX4), message)).toEqual({ control, value, from: "midi" });
  });

  it.each(PADS)("pads in mode %s begin at %i, on both decks, plain and with SHIFT", (mode, base) => {
    const shifted = mode === "hot_cue" ? "pad_clear" : "pad";
    for (const [status, deck, control] of [["97", "a", "pad"], ["98", "a", shifted], ["99", "b", "pad"], ["9A", "b", shifted]] as const) {
      for (let index = 0; index < 8; index += 1) {
        const decoded = new Decoder(FLX4).feed([parseInt(status, 16), base + index, 127]);
        expect(decoded?.action).toEqual({ control, deck, index, value: 1, from: "midi" });
        expect(decoded?.row.mode).toBe(mode);
      }
    }
  });

  it("knows where the effect channel's switch stands", () => {
    for (const [message, deck] of [["94 10", "a"], ["95 11", "b"]] as const) {
      const decoder = new Decoder(FLX4);
      expect(decoder.feed(bytes(`${message} 7F`))?.row.kind).toBe("switch");
      expect(feed(decoder, `${message} 00`)).toEqual({ control: "fx_deck", deck, value: 0, from: "midi" });
    }
  });

  it("knows the pad effects, which move nothing, and both SHIFT keys", () => {
    for (const message of ["90 1E 7F", "91 1E 7F", "90 6B 7F", "91 6B 7F"]) {
      const decoded = new Decoder(FLX4).feed(bytes(message));
      expect(decoded?.row.label).toContain("PAD FX");
      expect(decoded?.action).toBeNull();
    }
    const decoder = new Decoder(FLX4);
    feed(decoder, "91 3F 7F");
    expect(decoder.shift).toBe(true);
    feed(decoder, "91 3F 00");
    expect(decoder.shift).toBe(false);
  });

  it("has each message once and each lamp once", () => {
    for (const list of [FLX4.rows, FLX4.lamps]) {
      const keys = list.map((one) => messageKey(one.status, one.number));
      expect(new Set(keys).size).toBe(keys.length);
    }
    const coarse = new Set(FLX4.rows.map((row) => messageKey(row.status, row.number)));
    expect(FLX4.rows.some((row) => row.lsb !== undefined && coarse.has(messageKey(row.status, row.lsb)))).toBe(false);
  });

  it("is a map like any other: written and read back it is the same", () => {
    expect(fromText(toText(FLX4))).toEqual(FLX4);
    expect(() => checked({})).toThrow("format");
  });
});
