import { describe, expect, it } from "vitest";
import { Clock } from "../../src/engine/clock";
import { BLOCK } from "../../src/engine/dsp/deck";
import { CEILING } from "../../src/engine/dsp/limiter";
import type { ToProcessor } from "../../src/engine/messages";
import { deskOf, peak, RATE, rms, sine, type Record } from "./signals";

const STRIP = { type: "strip", deck: 0, gain: 1, low: 1, mid: 1, high: 1, filter: 0.5, out: 1, cue: false, fx: false } as const;
const MAIN = { type: "main", master: 1, phonesMix: 0, phonesLevel: 1, previewToPhones: false } as const;

/** Renders a while and returns what master and headphones end with. */
function listen(desk: Record, seconds = 0.5, preview?: Float32Array[]): { master: Float32Array; phones: Float32Array } {
  const block = (): Float32Array[] => [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  const [master, phones] = [block(), block()];
  const out = { master: [] as number[], phones: [] as number[] };
  for (let b = 0; b < (seconds * RATE) / BLOCK; b++) {
    desk.desk.render(master, phones, preview, BLOCK);
    out.master.push(...master[0]!);
    out.phones.push(...phones[0]!);
  }
  const tail = (x: number[]): Float32Array => Float32Array.from(x.slice(-RATE * 0.2));
  return { master: tail(out.master), phones: tail(out.phones) };
}

function playing(...messages: ToProcessor[]): Record {
  const desk = deskOf();
  desk.load(0, sine(440, 0.4));
  desk.load(1, sine(660, 0.2));
  for (const message of messages) desk.desk.receive(message);
  desk.press(0, "play");
  desk.press(1, "play");
  return desk;
}

const SINE = (amplitude: number): number => amplitude / Math.SQRT2;

describe("the mixer", () => {
  it("sums what the channels let through", () => {
    expect(rms(listen(playing({ ...STRIP, deck: 1, out: 0 })).master)).toBeCloseTo(SINE(0.4), 2);
    expect(rms(listen(playing({ ...STRIP, out: 0 })).master)).toBeCloseTo(SINE(0.2), 2);
    expect(rms(listen(playing({ ...STRIP, out: 0.5, gain: 0.5 }, { ...STRIP, deck: 1, out: 0 })).master)).toBeCloseTo(SINE(0.1), 2);
    expect(rms(listen(playing({ ...MAIN, master: 0.5 })).master)).toBeCloseTo(Math.hypot(SINE(0.2), SINE(0.1)), 2);
  });

  it("sends a cued channel to the headphones with its fader closed, and mixes the master in", () => {
    const cued = { ...STRIP, out: 0, cue: true };
    const alone = listen(playing(cued, MAIN));
    expect(rms(alone.phones)).toBeCloseTo(SINE(0.4), 2);
    expect(rms(alone.master)).toBeCloseTo(SINE(0.2), 2);
    expect(rms(listen(playing(cued, { ...MAIN, phonesMix: 1 })).phones)).toBeCloseTo(SINE(0.2), 2);
    expect(rms(listen(playing(cued, { ...MAIN, phonesLevel: 0 })).phones)).toBeLessThan(1e-6);
  });

  it("plays a rendered transition on the master, or in the headphones where there are some", () => {
    const tone = Float32Array.from({ length: BLOCK }, () => 0.25);
    const shut = [{ ...STRIP, out: 0 }, { ...STRIP, deck: 1, out: 0 }] as const;
    const open = listen(playing(...shut, MAIN), 0.5, [tone, tone]);
    expect([rms(open.master), rms(open.phones)]).toEqual([expect.closeTo(0.25, 3), expect.closeTo(0, 6)]);
    const quiet = listen(playing(...shut, { ...MAIN, previewToPhones: true }), 0.5, [tone, tone]);
    expect([rms(quiet.master), rms(quiet.phones)]).toEqual([expect.closeTo(0, 6), expect.closeTo(0.25, 3)]);
  });

  it("stays under the ceiling with everything turned up", () => {
    const loud = playing({ ...STRIP, gain: 8, low: 2, mid: 2, high: 2 }, { ...STRIP, deck: 1, gain: 8 }, { ...MAIN, master: 1.5 });
    expect(peak(listen(loud).master)).toBeLessThanOrEqual(CEILING + 1e-6);
    expect(loud.desk.describe(0)[1]).toBeGreaterThan(12); // and says how much it takes off
  });

  it("puts effects on the channels that ask for them, and on no other", () => {
    const fx = { type: "fx", kind: 3, beats: 1, on: true, level: 1 } as const;
    const gated = playing({ ...STRIP, fx: true }, { ...STRIP, deck: 1, out: 0 }, fx);
    const levels: number[] = [];
    for (let i = 0; i < 40; i++) levels.push(peak(listen(gated, 0.02).master));
    expect(Math.max(...levels)).toBeGreaterThan(0.35);
    const other = playing({ ...STRIP, deck: 1, out: 0 }, fx);
    expect(rms(listen(other).master)).toBeCloseTo(SINE(0.4), 2);
  });

  it("plays a one-shot from a pad through its channel", () => {
    const desk = deskOf();
    desk.load(0, () => 0);
    desk.desk.receive({ type: "mode", deck: 0, mode: "sampler" });
    desk.press(0, "pad", 1, 0);
    expect(peak(desk.play(0.3))).toBeGreaterThan(0.2);
    expect(desk.desk.decks[0].playing).toBe(false);
  });
});

describe("the clock of what is heard", () => {
  it("runs evenly although the audio clock moves in steps", () => {
    const clock = new Clock();
    const context = { currentTime: 0, baseLatency: 0.02, outputLatency: 0.03 } as AudioContext;
    let before = 0;
    for (let i = 0; i < 600; i++) {
      const wall = 10 + i / 60;
      Object.assign(context, { currentTime: Math.floor((i / 60) * 40) / 40 }); // steps of 25 ms
      const heard = clock.heard(context, wall);
      if (i > 120) expect(Math.abs(heard - before - 1 / 60)).toBeLessThan(0.0015);
      before = heard;
    }
    expect(Math.abs(before - (599 / 60 - 0.05))).toBeLessThan(0.02);
  });

  it("takes a leap over at once: the computer slept", () => {
    const clock = new Clock();
    const context = { currentTime: 5, baseLatency: 0, outputLatency: 0 } as AudioContext;
    clock.heard(context, 100);
    expect(clock.heard(context, 700)).toBeCloseTo(5, 9);
  });
});
