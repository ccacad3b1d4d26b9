import { describe, expect, it } from "vitest";
import { lowerBound, PLAY_LINE, pxPerTrackSec, type Scale, secAt, thinning, TILE_PX, tileLevel, tileRange, tileSec, xAt } from "../../src/ui/waveform/scale";

const scale: Scale = { width: 1264, pxPerSec: 158, rate: 1.04, now: 61.5 };

describe("time and pixels", () => {
  it("puts now at the play line and comes back from any pixel", () => {
    expect(xAt(scale, 61.5)).toBeCloseTo(1264 * PLAY_LINE);
    for (const x of [0, 333, 1264]) expect(xAt(scale, secAt(scale, x))).toBeCloseTo(x, 6);
  });

  it("draws beats that sound together above one another, whatever the tempos", () => {
    // deck A at 120 BPM as recorded, deck B at 125 slowed to 120: half a second heard between beats
    const a: Scale = { ...scale, rate: 1, now: 10 };
    const b: Scale = { ...scale, rate: 120 / 125, now: 33 };
    for (let beat = -4; beat < 12; beat += 1) {
      expect(xAt(b, 33 + (beat * 60) / 125)).toBeCloseTo(xAt(a, 10 + (beat * 60) / 120), 6);
    }
  });
});

describe("lists", () => {
  it("finds where a value belongs", () => {
    const list = [0.5, 1, 1.5, 2];
    expect([0, 0.5, 0.6, 2, 2.1].map((value) => lowerBound(list, value))).toEqual([0, 0, 1, 3, 4]);
    expect(lowerBound([], 1)).toBe(0);
  });

  it("thins lines until they keep their distance", () => {
    expect(thinning(10, 6)).toBe(1);
    expect(thinning(2, 6)).toBe(4);
    expect(thinning(0, 6)).toBe(1);
  });
});

describe("tiles", () => {
  it("are never stretched and never squeezed by more than half an octave", () => {
    for (let pixels = 5; pixels < 2000; pixels *= 1.13) {
      const level = tileLevel(pixels);
      expect(level).toBeGreaterThanOrEqual(pixels * (1 - 1e-6));
      expect(level / pixels).toBeLessThanOrEqual(Math.SQRT2 + 1e-6);
    }
    expect(tileLevel(128)).toBe(128);
  });

  it("cover what is in sight, within the track", () => {
    const level = tileLevel(pxPerTrackSec(scale));
    const from = secAt(scale, 0);
    const to = secAt(scale, scale.width);
    const range = tileRange(level, from, to, 180)!;
    expect(range.first * tileSec(level)).toBeLessThanOrEqual(from);
    expect((range.last + 1) * tileSec(level)).toBeGreaterThanOrEqual(to);
    expect((range.last - range.first) * TILE_PX).toBeLessThanOrEqual(scale.width * Math.SQRT2 + TILE_PX);
  });

  it("end with the track and begin with it", () => {
    expect(tileRange(128, -5, 3, 60)).toEqual({ first: 0, last: 0 });
    expect(tileRange(128, 58, 70, 60)).toEqual({ first: 14, last: 14 });
    expect(tileRange(128, -9, -1, 60)).toBeNull();
    expect(tileRange(128, 61, 70, 60)).toBeNull();
  });
});
