// One channel of the mixer: gain, three-band isolator, one-knob filter, meter.

import { filterSetting, type FilterSetting } from "../units";

/** Where the isolator's bands meet. */
export const LOW_MID_HZ = 250;
export const MID_HIGH_HZ = 2500;
/** Knobs reach their value in about this time: fast enough for cuts, slow enough not to click. */
const SMOOTH_SEC = 0.004;
const METER_FALL_DB_SEC = 30;
const FLOOR = 1e-15; // keeps silence from running into slow denormal numbers

type Shape = "low" | "high" | "all";

/** Second-order Butterworth section, or the all-pass that a Linkwitz–Riley pair of it sums to. */
class Section {
  private readonly b0: number;
  private readonly b1: number;
  private readonly b2: number;
  private readonly a1: number;
  private readonly a2: number;
  private s1 = 0;
  private s2 = 0;

  constructor(shape: Shape, hz: number, sampleRate: number) {
    // bilinear transform of 1 / (s² + √2 s + 1), the frequency warped so that it stays where it is
    const k = Math.tan((Math.PI * hz) / sampleRate);
    const norm = 1 / (1 + Math.SQRT2 * k + k * k);
    this.a1 = 2 * (k * k - 1) * norm;
    this.a2 = (1 - Math.SQRT2 * k + k * k) * norm;
    if (shape === "low") {
      this.b0 = k * k * norm;
      this.b1 = 2 * this.b0;
      this.b2 = this.b0;
    } else if (shape === "high") {
      this.b0 = norm;
      this.b1 = -2 * norm;
      this.b2 = norm;
    } else {
      this.b0 = this.a2;
      this.b1 = this.a1;
      this.b2 = 1;
    }
  }

  step(x: number): number {
    const y = this.b0 * x + this.s1;
    this.s1 = this.b1 * x - this.a1 * y + this.s2 + FLOOR;
    this.s2 = this.b2 * x - this.a2 * y;
    return y;
  }
}

/** Splits at two frequencies with 24 dB an octave; the three bands sum to a flat magnitude. */
export class Isolator {
  low = 0;
  mid = 0;
  high = 0;
  private readonly low1: Section;
  private readonly low2: Section;
  private readonly lowPhase: Section;
  private readonly rest1: Section;
  private readonly rest2: Section;
  private readonly mid1: Section;
  private readonly mid2: Section;
  private readonly high1: Section;
  private readonly high2: Section;

  constructor(sampleRate: number) {
    const low = (hz: number): Section => new Section("low", hz, sampleRate);
    const high = (hz: number): Section => new Section("high", hz, sampleRate);
    this.low1 = low(LOW_MID_HZ);
    this.low2 = low(LOW_MID_HZ);
    // the upper split turns the phase of mid and high; low must be turned alike
    this.lowPhase = new Section("all", MID_HIGH_HZ, sampleRate);
    this.rest1 = high(LOW_MID_HZ);
    this.rest2 = high(LOW_MID_HZ);
    this.mid1 = low(MID_HIGH_HZ);
    this.mid2 = low(MID_HIGH_HZ);
    this.high1 = high(MID_HIGH_HZ);
    this.high2 = high(MID_HIGH_HZ);
  }

  split(x: number): void {
    this.low = this.lowPhase.step(this.low2.step(this.low1.step(x)));
    const rest = this.rest2.step(this.rest1.step(x));
    this.mid = this.mid2.step(this.mid1.step(rest));
    this.high = this.high2.step(this.high1.step(rest));
  }
}

/** State-variable filter (trapezoidal, so that its cut-off may move while it sounds). */
class Sweep {
  private ic1 = 0;
  private ic2 = 0;

  step(x: number, g: number, k: number, highPass: boolean): number {
    const h = 1 / (1 + g * (g + k));
    const v1 = h * (this.ic1 + g * (x - this.ic2));
    const v2 = this.ic2 + g * v1;
    this.ic1 = 2 * v1 - this.ic1 + FLOOR;
    this.ic2 = 2 * v2 - this.ic2;
    return highPass ? x - k * v1 - v2 : v2;
  }
}

export class Strip {
  /** Wanted gains, linear. */
  gain = 1;
  low = 1;
  mid = 1;
  high = 1;
  /** Peak after EQ and filter, dBFS, falling slowly. */
  meterDb = -60;
  private filter: FilterSetting = filterSetting(0.5);
  private nowGain = 1;
  private nowLow = 1;
  private nowMid = 1;
  private nowHigh = 1;
  private nowWet = 0;
  private nowHz = 20000;
  private highPass = false;
  private readonly sampleRate: number;
  private readonly smooth: number;
  private readonly split: [Isolator, Isolator];
  private readonly sweep: [Sweep, Sweep] = [new Sweep(), new Sweep()];

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
    this.smooth = 1 - Math.exp(-1 / (SMOOTH_SEC * sampleRate));
    this.split = [new Isolator(sampleRate), new Isolator(sampleRate)];
  }

  /** Position of the filter knob: 0.5 does nothing, below is low-pass, above high-pass. */
  setFilter(value: number): void {
    this.filter = filterSetting(value);
  }

  process(left: Float32Array, right: Float32Array, count: number): void {
    const { smooth, filter } = this;
    const [splitL, splitR] = this.split;
    const [sweepL, sweepR] = this.sweep;
    if (this.nowWet < 1e-4 && filter.wet > 0) {
      this.highPass = filter.highPass; // changes sides only while it isn't heard
      this.nowHz = filter.hz;
    }
    const wrongSide = filter.wet > 0 && this.highPass !== filter.highPass;
    const wantedWet = wrongSide ? 0 : filter.wet;
    const wantedHz = wrongSide ? this.nowHz : filter.hz;
    const k = filter.damping;
    let peak = 0;
    // the cut-off glides once a block: a tangent a sample would cost more than all the rest
    this.nowHz *= (wantedHz / this.nowHz) ** Math.min(1, count * smooth);
    const g = Math.tan((Math.PI * Math.min(this.nowHz, this.sampleRate * 0.45)) / this.sampleRate);
    const filtering = this.nowWet > 1e-4 || wantedWet > 0;
    for (let i = 0; i < count; i++) {
      this.nowGain += (this.gain - this.nowGain) * smooth;
      this.nowLow += (this.low - this.nowLow) * smooth;
      this.nowMid += (this.mid - this.nowMid) * smooth;
      this.nowHigh += (this.high - this.nowHigh) * smooth;
      splitL.split(left[i]! * this.nowGain);
      splitR.split(right[i]! * this.nowGain);
      let l = splitL.low * this.nowLow + splitL.mid * this.nowMid + splitL.high * this.nowHigh;
      let r = splitR.low * this.nowLow + splitR.mid * this.nowMid + splitR.high * this.nowHigh;
      if (filtering) {
        this.nowWet += (wantedWet - this.nowWet) * smooth;
        l += (sweepL.step(l, g, k, this.highPass) - l) * this.nowWet;
        r += (sweepR.step(r, g, k, this.highPass) - r) * this.nowWet;
      }
      left[i] = l;
      right[i] = r;
      peak = Math.max(peak, Math.abs(l), Math.abs(r));
    }
    const now = peak > 1e-3 ? 20 * Math.log10(peak) : -60;
    this.meterDb = Math.max(now, this.meterDb - (METER_FALL_DB_SEC * count) / this.sampleRate, -60);
  }
}
