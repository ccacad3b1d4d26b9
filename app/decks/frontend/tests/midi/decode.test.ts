import { describe, expect, it } from "vitest";
import { Decoder, share, steps } from "../../src/midi/decode";
import type { DeviceMap, Row } from "../../src/midi/map";
import { bytesInHex, words } from "../../src/midi/words";

const row = (over: Partial<Row>): Row => ({ label: "thing", status: 0xb0, number: 1, kind: "7-bit", shift: false, control: "crossfader", ...over });
const mapOf = (...rows: Row[]): DeviceMap => ({ name: "test", devices: ["test"], rows, lamps: [] });
const values = (decoder: Decoder, ...messages: number[][]): (number | null)[] => messages.map((m) => decoder.feed(m)?.action?.value ?? null);

describe("decoder", () => {
  it("puts ends and middle exactly where they are", () => {
    expect([0, 64, 127].map((raw) => share(raw, 127))).toEqual([0, 0.5, 1]);
    expect([0, 8192, 16383].map((raw) => share(raw, 16383))).toEqual([0, 0.5, 1]);
    for (const top of [127, 16383]) {
      for (let raw = 1; raw <= top; raw += 1) expect(share(raw, top)).toBeGreaterThan(share(raw - 1, top));
    }
  });

  it("reads signed steps in each way of writing them", () => {
    expect([1, 5, 127, 120].map((raw) => steps(raw, "twos_complement"))).toEqual([1, 5, -1, -8]);
    expect([65, 70, 63, 32].map((raw) => steps(raw, "around_64"))).toEqual([1, 6, -1, -32]);
    expect([1, 5, 65, 70].map((raw) => steps(raw, "sign_bit"))).toEqual([1, 5, -1, -6]);
  });

  it("puts both halves of a fine fader together without a jump between them", () => {
    const decoder = new Decoder(mapOf(row({ kind: "14-bit", number: 0x1f, lsb: 0x3f })));
    expect(values(decoder, [0xb0, 0x3f, 5])).toEqual([null]); // fine half of no known place
    values(decoder, [0xb0, 0x1f, 0x3f], [0xb0, 0x3f, 0x7f]);
    // from 3F 7F to 40 00: the coarse half alone would stand at 40 7F for a moment
    expect(values(decoder, [0xb0, 0x1f, 0x40], [0xb0, 0x3f, 0x00])).toEqual([null, 0.5]);
  });

  it("moves in coarse steps where no fine half comes, or none any more", () => {
    const decoder = new Decoder(mapOf(row({ kind: "14-bit", number: 0x1f, lsb: 0x3f })));
    expect(values(decoder, [0xb0, 0x1f, 0], [0xb0, 0x1f, 127])).toEqual([0, 1]);
    values(decoder, [0xb0, 0x3f, 0]);
    expect(values(decoder, [0xb0, 0x1f, 10], [0xb0, 0x1f, 64], [0xb0, 0x1f, 127])).toEqual([null, 0.5, 1]);
  });

  it("takes note-off and velocity 0 for the same, and ignores clock and cut-off messages", () => {
    const decoder = new Decoder(mapOf(row({ status: 0x90, number: 5, kind: "button", control: "play", deck: "a" })));
    expect(values(decoder, [0x90, 5, 100], [0x80, 5, 64])).toEqual([1, 0]);
    expect([decoder.feed([0xf8]), decoder.feed([0x90, 5]), decoder.feed([])]).toEqual([null, null, null]);
  });

  it("chooses by SHIFT where the message is the same, and lets go what was pressed", () => {
    const same = { status: 0x90, number: 5, kind: "button", deck: "a" } as const;
    const decoder = new Decoder(
      mapOf(row({ ...same, control: "play" }), row({ ...same, control: "cue", shift: true }), row({ status: 0x90, number: 9, kind: "shift", control: null })),
    );
    const controls = (...messages: number[][]) => messages.map((m) => decoder.feed(m)?.action?.control ?? null);
    expect(controls([0x90, 5, 127], [0x90, 5, 0])).toEqual(["play", "play"]);
    // SHIFT goes while CUE is held: CUE must not stay held
    expect(controls([0x90, 9, 127], [0x90, 5, 127], [0x90, 9, 0], [0x90, 5, 0])).toEqual([null, "cue", null, "cue"]);
  });

  it("turns round what the hardware has the wrong way round", () => {
    const decoder = new Decoder(
      mapOf(row({ invert: true }), row({ number: 2, kind: "relative", encoding: "twos_complement", control: "browse", invert: true })),
    );
    expect(values(decoder, [0xb0, 1, 127], [0xb0, 2, 3])).toEqual([0, -3]);
  });

  it("says messages in hexadecimal and in words", () => {
    const decoder = new Decoder(mapOf(row({ label: "XF" }), row({ status: 0x90, number: 5, kind: "button", control: "pad", deck: "b", index: 2 })));
    const said = (...bytes: number[]) => `${bytesInHex(bytes)} | ${words(bytes, decoder.feed(bytes))}`;
    expect(said(0xb0, 1, 127)).toBe("B0 01 7F | XF → Crossfader: 1.00");
    expect(said(0x90, 5, 127)).toBe("90 05 7F | thing → Deck B · Pad 3: pressed");
    expect(said(0x91, 0x0b, 1)).toBe("91 0B 01 | key 0B on channel 2: 1 · not in the map");
    expect(said(0xf0, 1, 0xf7)).toContain("system exclusive");
  });
});
