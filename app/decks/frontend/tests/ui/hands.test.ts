import { describe, expect, it } from "vitest";
import { firstShown } from "../../src/ui/browse";
import { capShare } from "../../src/ui/fader";
import { knobAngle } from "../../src/ui/knob";
import { meterShare } from "../../src/ui/meter";
import { cueSum } from "../../src/ui/overview";
import { camelotColour } from "../../src/ui/palette";
import { platterAngle, TURN_SEC, turnedTicks } from "../../src/ui/platter";
import { keyed } from "../../src/ui/slide";

describe("sliders under the keys", () => {
  it("move the cap the way the arrow points", () => {
    expect(keyed("ArrowUp", 0.5, 0.02, "up", 0.5)).toBeCloseTo(0.52);
    expect(keyed("ArrowUp", 0.5, 0.02, "down", 0.5)).toBeCloseTo(0.48);
    expect(keyed("ArrowRight", 0.5, 0.02, "right", 0.5)).toBeCloseTo(0.52);
    expect(capShare(0.52, "up")).toBeLessThan(capShare(0.5, "up"));
    expect(capShare(0.48, "down")).toBeLessThan(capShare(0.5, "down"));
  });

  it("stay within their way and find their rest", () => {
    expect(keyed("PageUp", 0.95, 0.02, "up", 0.5)).toBe(1);
    expect(keyed("Home", 0.7, 0.02, "up", 0.5)).toBe(0);
    expect(keyed("Backspace", 0.7, 0.02, "up", 0.8)).toBe(0.8);
    expect(keyed("q", 0.7, 0.02, "up", 0.8)).toBeNull();
  });
});

describe("the platter", () => {
  it("turns once in 1.8 seconds", () => {
    expect(TURN_SEC).toBeCloseTo(1.8);
    expect(platterAngle(0.45)).toBeCloseTo(90);
    expect(platterAngle(18.45)).toBeCloseTo(90);
  });

  it("counts ticks the short way round", () => {
    expect(turnedTicks(0, Math.PI / 2)).toBeCloseTo(180);
    expect(turnedTicks(Math.PI - 0.1, -Math.PI + 0.1)).toBeCloseTo((0.2 / (2 * Math.PI)) * 720);
    expect(turnedTicks(0.1, -0.1)).toBeCloseTo((-0.2 / (2 * Math.PI)) * 720);
  });
});

describe("pictures of values", () => {
  it("turn knobs over three quarters of a circle", () => {
    expect([0, 0.5, 1].map(knobAngle)).toEqual([-135, 0, 135]);
  });

  it("fill meters from −36 to +3 dB", () => {
    expect(meterShare(-60)).toBe(0);
    expect(meterShare(3)).toBe(1);
    expect(meterShare(-9)).toBeCloseTo(27 / 39);
  });

  it("colour keys as the rest of Segue does", () => {
    expect(camelotColour("8A")).toBe("hsl(45 62% 58%)");
    expect(camelotColour("12B")).toBe("hsl(285 62% 70%)");
    expect(camelotColour("13A")).toBeUndefined();
  });

  it("notice any change of the hot cues", () => {
    const cue = (sec: number) => ({ sec, loop_end_sec: null });
    const sums = [[null, null], [cue(0), null], [null, cue(0)], [cue(1), null], [cue(1), cue(2)], [cue(2), cue(1)]].map(cueSum);
    expect(new Set(sums).size).toBe(sums.length);
  });
});

describe("the list under the browse knob", () => {
  it("keeps the chosen row in the middle, and its ends at the ends", () => {
    expect([0, 3, 4, 10, 18, 19].map((chosen) => firstShown(chosen, 20))).toEqual([0, 0, 1, 7, 13, 13]);
    expect(firstShown(1, 3)).toBe(0);
  });
});
