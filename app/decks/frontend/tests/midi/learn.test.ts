import { describe, expect, it } from "vitest";
import type { ControlName } from "../../src/contract";
import { Decoder } from "../../src/midi/decode";
import { encodingOf, instruction, Learner, recognise, SETTLE_MS, withoutRow, withRow, type Target } from "../../src/midi/learn";
import type { DeviceMap } from "../../src/midi/map";

const FADER: Target = { control: "fader", deck: "a" };
const PLAY: Target = { control: "play", deck: "b" };
const BROWSE: Target = { control: "browse" };
const BLANK: DeviceMap = { name: "x", devices: ["x"], rows: [], lamps: [] };

const controller = (number: number, ...values: number[]) => values.map((value) => ({ status: 0xb3, number, value }));
const note = (number: number, ...values: number[]) => values.map((value) => ({ status: 0x93, number, value }));
const sweep = (from: number, to: number, step: number) =>
  Array.from({ length: Math.floor(Math.abs(to - from) / step) + 1 }, (_, i) => from + Math.sign(to - from) * step * i);
const pair = (values: number[]) => values.flatMap((value) => [...controller(7, value >> 7), ...controller(39, value & 127)]);
const rowOf = (messages: Parameters<typeof recognise>[0], target: Target) => {
  const guess = recognise(messages, target);
  if ("problem" in guess) throw new Error(guess.problem);
  return guess.row;
};
const problem = (messages: Parameters<typeof recognise>[0], target: Target) => {
  const guess = recognise(messages, target);
  return "problem" in guess ? guess.problem : null;
};

describe("recognising", () => {
  it("takes a key for a button, also one that speaks as a controller, and lights it by its number", () => {
    expect(recognise(note(5, 127, 0), PLAY)).toEqual({
      row: { label: "Deck B · Play", shift: false, control: "play", deck: "b", status: 0x93, number: 5, kind: "button" },
      lamp: { status: 0x93, number: 5, shows: "play", deck: "b" },
    });
    expect(rowOf(controller(5, 127, 0), PLAY)).toMatchObject({ status: 0xb3, kind: "button" });
    expect(rowOf(note(9, 90), { control: "pad", deck: "a", index: 6 })).toMatchObject({ index: 6, kind: "button" });
    expect(rowOf(note(9, 90), { control: "tempo_range", deck: "a" })).toMatchObject({ value: -1 });
    expect(rowOf(note(9, 90), BROWSE)).toMatchObject({ kind: "button", value: 1 });
  });

  it("knows a fader of 7 bits, one of 14, and which way round it is", () => {
    expect(rowOf(controller(7, ...sweep(0, 127, 3)), FADER)).toEqual({ label: "Deck A · Channel fader", shift: false, ...FADER, status: 0xb3, number: 7, kind: "7-bit" });
    expect(rowOf(controller(7, ...sweep(127, 0, 3)), FADER)).toMatchObject({ kind: "7-bit", invert: true });
    expect(rowOf(pair(sweep(0, 16383, 301)), FADER)).toMatchObject({ kind: "14-bit", number: 7, lsb: 39 });
    expect(rowOf(pair(sweep(16383, 0, 301)), FADER)).toMatchObject({ kind: "14-bit", number: 7, lsb: 39, invert: true });
  });

  it.each([
    ["twos_complement", [1, 2, 1, 1, 127, 126], [127, 126, 127, 1]],
    ["around_64", [65, 66, 65, 63, 62], [63, 62, 63, 65]],
    ["sign_bit", [1, 2, 1, 65, 66], [65, 66, 65, 1]],
  ] as const)("tells an endless knob that writes %s, clockwise first", (encoding, clockwise, wrong) => {
    expect(rowOf(controller(3, ...clockwise), BROWSE)).toMatchObject({ kind: "relative", encoding });
    expect(rowOf(controller(3, ...clockwise), BROWSE)).not.toHaveProperty("invert");
    expect(rowOf(controller(3, ...wrong), BROWSE)).toMatchObject({ encoding, invert: true });
  });

  it("says what is wanted where the hardware does not fit the control", () => {
    expect(problem([], PLAY)).toContain("Nothing arrived");
    expect(problem(note(5, 127, 0), FADER)).toContain("fader or knob with two ends");
    expect(problem(controller(7, ...sweep(0, 127, 3)), PLAY)).toContain("can't be moved by a fader");
    expect(problem(controller(7, ...sweep(0, 127, 3)), BROWSE)).toContain("two ends");
    expect(problem(controller(7, 1, 1, 1, 127, 1), FADER)).toContain("two ends");
    expect(problem(controller(7, 60, 61), FADER)).toContain("too short");
  });

  it("is not confused by a finger on a neighbour", () => {
    expect(rowOf([...note(5, 127), ...controller(7, ...sweep(0, 127, 3)), ...controller(8, 64)], FADER)).toMatchObject({ number: 7, kind: "7-bit" });
  });

  it("reads no steps into values that spread too far", () => {
    expect([encodingOf([0, 1]), encodingOf(sweep(0, 127, 1)), encodingOf([65, 65])]).toEqual([null, null, "around_64"]);
  });

  it.each(["play", "fader", "jog_turn", "tempo_range"] as ControlName[])("tells the DJ what to do for %s", (control) => {
    expect(instruction({ control, deck: "a" })).toMatch(/^Deck A · .+: (move|turn|press) .+\.$/);
  });
});

describe("a learnt row", () => {
  it("replaces what the same hardware did before, and can be taken out again", () => {
    const learnt = recognise(note(5, 127), PLAY);
    const other = recognise(note(5, 127), { control: "cue", deck: "a" });
    if ("problem" in learnt || "problem" in other) throw new Error("not learnt");
    const twice = withRow(withRow(BLANK, learnt.row, learnt.lamp), other.row, other.lamp);
    expect(twice.rows.map(({ control }) => control)).toEqual(["cue"]);
    expect(twice.lamps.map(({ shows }) => shows)).toEqual(["cue"]);
    expect(new Decoder(twice).feed([0x93, 5, 127])?.action).toMatchObject({ control: "cue", deck: "a" });
    expect(withoutRow(twice, twice.rows[0]!)).toEqual(BLANK);
  });

  it("takes the fine half from whatever had its number", () => {
    const seven = rowOf(controller(39, ...sweep(0, 127, 3)), { control: "crossfader" });
    const fourteen = rowOf(pair(sweep(0, 16383, 301)), FADER);
    const map = withRow(withRow(BLANK, seven, null), fourteen, null);
    expect(map.rows).toEqual([fourteen]);
  });
});

describe("learner", () => {
  it("waits until the hardware has come to rest", () => {
    const learner = new Learner(FADER);
    expect(learner.result(1e6)).toBeNull();
    sweep(0, 127, 3).forEach((value, i) => learner.hear([0xb0, 1, value], 20 * i));
    const last = 20 * 42;
    expect(learner.result(last + SETTLE_MS - 1)).toBeNull();
    learner.hear([0xf8], last + SETTLE_MS - 1); // a clock ticks on for ever
    expect(learner.result(last + SETTLE_MS)).toMatchObject({ row: { kind: "7-bit" } });
  });
});
