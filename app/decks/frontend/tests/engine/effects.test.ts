import { describe, expect, it } from "vitest";
import { Effects } from "../../src/engine/dsp/effects";
import { makeSamples, SAMPLE_NAMES, Sampler } from "../../src/engine/dsp/samples";
import { peak, RATE, rms, sine } from "./signals";

const BEAT = { sec: 0.5, count: 0 };

function run(kind: number, voice: (sec: number) => number, seconds: number, beats = 1, on: (sec: number) => boolean = () => true): Float32Array {
  const effects = new Effects(RATE);
  Object.assign(effects, { kind, beats, level: 1 });
  const out = new Float32Array(Math.floor((seconds * RATE) / 128) * 128);
  const [left, right] = [new Float32Array(128), new Float32Array(128)];
  for (let at = 0; at < out.length; at += 128) {
    effects.on = on(at / RATE);
    for (let i = 0; i < 128; i++) left[i] = right[i] = voice((at + i) / RATE);
    effects.process(left, right, 128, { sec: BEAT.sec, count: at / RATE / BEAT.sec });
    out.set(left, at);
  }
  return out;
}

const click = (at: number) => (sec: number): number => (sec >= at && sec < at + 0.002 ? 0.8 : 0);
const around = (x: Float32Array, sec: number, width = 0.01): number => peak(x.subarray((sec - width) * RATE, (sec + width) * RATE));

describe("beat effects", () => {
  it.each([0, 1, 2, 3])("number %i leaves the sound alone while off", (kind) => {
    const heard = run(kind, sine(440), 0.5, 1, () => false);
    for (let i = 0; i < heard.length; i += 101) expect(heard[i]).toBeCloseTo(sine(440)(i / RATE), 6);
  });

  it.each([[1, 0.5], [0.5, 0.25], [2, 1]])("echoes %f beats later, weaker and weaker", (beats, sec) => {
    const heard = run(0, click(0.1), 2.5, beats);
    expect(around(heard, 0.1)).toBeCloseTo(0.8, 1);
    expect(around(heard, 0.1 + sec)).toBeCloseTo(0.8, 1);
    expect(around(heard, 0.1 + 2 * sec)).toBeCloseTo(0.48, 1);
    expect(around(heard, 0.1 + sec / 2)).toBe(0);
  });

  it("lets the echo ring out after it is switched off", () => {
    const heard = run(0, click(0.1), 1.5, 1, (sec) => sec < 0.3);
    expect(around(heard, 0.6)).toBeGreaterThan(0.5);
  });

  it("reverberates for seconds and dies away", () => {
    const heard = run(1, click(0.1), 6);
    const early = rms(heard.subarray(0.3 * RATE, 0.6 * RATE));
    expect(early).toBeGreaterThan(1e-4);
    expect(rms(heard.subarray(5.5 * RATE, 5.9 * RATE))).toBeLessThan(early / 30);
  });

  it("never runs away, however loud", () => {
    for (const kind of [0, 1, 2]) expect(peak(run(kind, sine(220, 1), 8))).toBeLessThan(6);
  });

  it("gates half of every beat", () => {
    const heard = run(3, () => 0.5, 2);
    expect(rms(heard.subarray(1.05 * RATE, 1.2 * RATE))).toBeCloseTo(0.5, 2);
    expect(rms(heard.subarray(1.3 * RATE, 1.45 * RATE))).toBeLessThan(0.01);
  });
});

describe("the sampler", () => {
  it("has a sound for each pad, that is heard once and ends", () => {
    const samples = makeSamples(RATE);
    expect(samples.length).toBe(SAMPLE_NAMES.length);
    for (const sample of samples) {
      expect(peak(sample)).toBeGreaterThan(0.1);
      expect(peak(sample)).toBeLessThan(1);
      expect(Math.abs(sample[sample.length - 1]!)).toBeLessThan(0.01);
    }
    const sampler = new Sampler(samples);
    const [left, right] = [new Float32Array(128), new Float32Array(128)];
    sampler.play(0);
    sampler.add(left, right, 128);
    expect(peak(left)).toBeGreaterThan(0);
    for (let i = 0; i < 400; i++) sampler.add(left, right, 128);
    left.fill(0);
    sampler.add(left, right, 128);
    expect(peak(left)).toBe(0);
  });
});
