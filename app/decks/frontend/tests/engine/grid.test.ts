import { describe, expect, it } from "vitest";
import { Grid, wrap } from "../../src/engine/dsp/grid";
import { beatsOf } from "./signals";

const steady = Grid.from(beatsOf(120, 60, 0.25), [0.25, 2.25, 4.25])!;
/** A drummer who gets faster: 100 to 140 BPM over two minutes. */
const drifting = (() => {
  const beats = [0.4];
  for (let i = 0; i < 200; i++) beats.push(beats[i]! + 60 / (100 + i / 5));
  return Grid.from(beats, beats.filter((_, i) => i % 4 === 2))!;
})();

describe("a beat grid", () => {
  it.each([steady, drifting])("goes from seconds to beats and back, beyond both ends too", (grid) => {
    for (let sec = -3; sec < 140; sec += 0.613) expect(grid.secAt(grid.beatAt(sec))).toBeCloseTo(sec, 9);
  });

  it("never stands still or goes back", () => {
    let before = -Infinity;
    for (let sec = -5; sec < 130; sec += 0.01) {
      const beat = drifting.beatAt(sec);
      expect(beat).toBeGreaterThan(before);
      before = beat;
    }
  });

  it("tells the tempo around a place", () => {
    expect(60 * steady.density(30)).toBeCloseTo(120, 6);
    expect(60 * drifting.density(0.5)).toBeCloseTo(101, 0);
    expect(60 * drifting.density(drifting.secAt(100))).toBeCloseTo(120, 0);
  });

  it("counts beats in the bar from its downbeats", () => {
    expect(steady.barBeat(0)).toBe(0);
    expect(steady.barBeat(7.5)).toBeCloseTo(3.5);
    expect(steady.barBeat(-1)).toBeCloseTo(3);
    expect(drifting.barBeat(2)).toBe(0);
    expect(drifting.barBeat(1)).toBe(3);
  });

  it("is none with fewer than two beats or beats out of order", () => {
    expect(Grid.from([1], [])).toBeNull();
    expect(Grid.from([1, 2, 2, 3], [])).toBeNull();
  });
});

it("wraps a difference to the nearest side", () => {
  expect(wrap(0.75, 1)).toBeCloseTo(-0.25);
  expect(wrap(-2.25, 4)).toBeCloseTo(1.75);
  expect(wrap(0.5, 1)).toBe(-0.5);
});
