import { describe, expect, it } from "vitest";
import { CEILING, Limiter } from "../../src/engine/dsp/limiter";
import { Isolator, Strip } from "../../src/engine/dsp/strip";
import { crossfaderGains, eqDb, filterSetting, fromDb, masterGain, trimDb, autoGainDb } from "../../src/engine/units";
import { dB, peak, RATE, rms, sine } from "./signals";

/** Level in dB that a strip leaves of a sine. */
function through(strip: Strip, hz: number): number {
  const tone = Float32Array.from({ length: RATE }, (_, i) => sine(hz)(i / RATE));
  const [left, right] = [new Float32Array(128), new Float32Array(128)];
  const out = new Float32Array(RATE);
  for (let at = 0; at + 128 <= RATE; at += 128) {
    left.set(tone.subarray(at, at + 128));
    right.set(left);
    strip.process(left, right, 128);
    out.set(left, at);
  }
  // whole periods of every frequency used here
  const [from, to] = [RATE * 0.5, RATE * 0.9];
  return dB(rms(out.subarray(from, to)) / rms(tone.subarray(from, to)));
}

const FREQUENCIES = [30, 60, 120, 250, 500, 1000, 2500, 5000, 10_000, 16_000];

describe("the EQ", () => {
  it.each(FREQUENCIES)("changes nothing at %f Hz with all knobs centred", (hz) => {
    expect(through(new Strip(RATE), hz)).toBeCloseTo(0, 2);
  });

  it("kills a band by 60 dB or more and leaves the others", () => {
    const strip = new Strip(RATE);
    strip.low = 0;
    expect(through(strip, 40)).toBeLessThan(-60);
    expect(Math.abs(through(strip, 2000))).toBeLessThan(0.3);
    const high = new Strip(RATE);
    high.high = 0;
    expect(through(high, 15_000)).toBeLessThan(-60);
    expect(Math.abs(through(high, 200))).toBeLessThan(0.3);
    const none = new Strip(RATE);
    none.low = none.mid = none.high = 0;
    expect(through(none, 700)).toBeLessThan(-100);
  });

  it("cuts and boosts by what the knob says", () => {
    const strip = new Strip(RATE);
    strip.low = fromDb(eqDb(0));
    strip.mid = fromDb(eqDb(1));
    expect(through(strip, 40)).toBeCloseTo(-26, 0);
    expect(through(strip, 800)).toBeCloseTo(6, 0);
    expect(through(strip, 15_000)).toBeCloseTo(0, 0);
  });

  it("splits into bands that meet at half the amplitude", () => {
    const split = new Isolator(RATE);
    const low: number[] = [];
    const mid: number[] = [];
    for (let i = 0; i < RATE; i++) {
      split.split(sine(250, 1)(i / RATE));
      low.push(split.low);
      mid.push(split.mid);
    }
    expect(dB(rms(low.slice(RATE / 2)) / Math.SQRT1_2)).toBeCloseTo(-6.02, 1);
    expect(dB(rms(mid.slice(RATE / 2)) / Math.SQRT1_2)).toBeCloseTo(-6.02, 1);
  });
});

describe("the filter", () => {
  it("does nothing in the centre and around it", () => {
    for (const value of [0.5, 0.505, 0.495]) {
      const strip = new Strip(RATE);
      strip.setFilter(value);
      for (const hz of [50, 1000, 12_000]) expect(Math.abs(through(strip, hz))).toBeLessThan(0.05);
    }
  });

  it("takes the highs below the centre and the lows above it", () => {
    const low = new Strip(RATE);
    low.setFilter(0.2);
    expect(through(low, 8000)).toBeLessThan(-30);
    expect(through(low, 60)).toBeGreaterThan(-1);
    const high = new Strip(RATE);
    high.setFilter(0.85);
    expect(through(high, 60)).toBeLessThan(-30);
    expect(through(high, 10_000)).toBeGreaterThan(-1);
  });

  it("closes further the further it is turned", () => {
    for (let i = 1; i < 10; i++) {
      expect(filterSetting(0.5 - i / 20).hz).toBeLessThan(filterSetting(0.5 - (i - 1) / 20).hz);
      expect(filterSetting(0.5 + i / 20).hz).toBeGreaterThan(filterSetting(0.51 + (i - 1) / 20).hz);
    }
  });

  it("can be swept fast without a click", () => {
    const strip = new Strip(RATE);
    const [left, right] = [new Float32Array(128), new Float32Array(128)];
    let before = 0;
    let steepest = 0;
    for (let block = 0; block < 400; block++) {
      strip.setFilter(block % 2 ? 0.1 : 0.9);
      for (let i = 0; i < 128; i++) left[i] = right[i] = sine(300)((block * 128 + i) / RATE);
      strip.process(left, right, 128);
      for (const x of left) {
        steepest = Math.max(steepest, Math.abs(x - before));
        before = x;
      }
    }
    expect(steepest).toBeLessThan(0.1); // the sine itself makes 0.02 a sample
  });
});

describe("the limiter", () => {
  const run = (voice: (i: number) => number, frames: number, block = 128): Float32Array => {
    const limiter = new Limiter(RATE);
    const out = new Float32Array(frames);
    const [left, right] = [new Float32Array(block), new Float32Array(block)];
    for (let at = 0; at + block <= frames; at += block) {
      for (let i = 0; i < block; i++) left[i] = right[i] = voice(at + i);
      limiter.process(left, right, block);
      out.set(left, at);
    }
    return out;
  };
  let state = 1;
  const random = (): number => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;

  it("never lets a sample over the ceiling, whatever comes", () => {
    expect(peak(run(() => 8 * (random() - 0.5) ** 3, 2 * RATE))).toBeLessThanOrEqual(CEILING + 1e-6);
    expect(peak(run((i) => (i % 5000 === 0 ? 20 : 0.3), RATE))).toBeLessThanOrEqual(CEILING + 1e-6);
    expect(peak(run((i) => 3 * Math.sin(i / 7), RATE))).toBeLessThanOrEqual(CEILING + 1e-6);
  });

  it("passes what is below the ceiling unchanged but later", () => {
    const limiter = new Limiter(RATE);
    const heard = run((i) => 0.85 * Math.sin(i / 9), RATE);
    for (let i = 1000; i < 40_000; i += 97) expect(heard[i]).toBeCloseTo(0.85 * Math.sin((i - limiter.delay) / 9), 5);
  });

  it("turns down smoothly and comes back", () => {
    const heard = run((i) => (i > 10_000 && i < 12_000 ? 2 : 0.5) * Math.sin((Math.PI * i) / 50), RATE);
    let steepest = 0;
    for (let i = 1; i < RATE - 128; i++) steepest = Math.max(steepest, Math.abs(heard[i]! - heard[i - 1]!));
    expect(steepest).toBeLessThan(0.15);
    expect(peak(heard.subarray(RATE - 5000, RATE - 200))).toBeGreaterThan(0.49);
  });
});

describe("what knobs mean", () => {
  it("rests at no change", () => {
    expect([trimDb(0.5), eqDb(0.5), masterGain(0.8)]).toEqual([0, 0, 1]);
    expect([trimDb(0), trimDb(1), eqDb(0), eqDb(1)]).toEqual([-12, 12, -26, 6]);
  });

  it("brings every loudness to the same, within bounds", () => {
    expect([autoGainDb(-14), autoGainDb(-8), autoGainDb(null), autoGainDb(-60)]).toEqual([0, -6, 0, 12]);
  });

  it("fades over as each curve says", () => {
    for (const curve of [0, 1, 2]) {
      expect(crossfaderGains(0, curve)[0]).toBe(1);
      expect(crossfaderGains(0, curve)[1]).toBeCloseTo(0, 9);
      expect(crossfaderGains(1, curve)[1]).toBe(1);
    }
    for (const x of [0.1, 0.5, 0.7]) {
      const [a, b] = crossfaderGains(x, 0);
      expect(a * a + b * b).toBeCloseTo(1, 9);
    }
    expect(crossfaderGains(0.5, 1)).toEqual([1, 1]);
    expect(crossfaderGains(0.1, 2)).toEqual([1, 1]);
  });
});
