import { beforeAll, describe, expect, it } from "vitest";
import type { Stretcher } from "../../src/engine/dsp/keylock";
import { deskOf, peak, pitch, RATE, rms, roughness, sine, type Record } from "./signals";

let make: () => Stretcher;

beforeAll(async () => {
  // what an audio thread has and Node hasn't
  Object.assign(globalThis, { sampleRate: RATE, currentTime: 0 });
  const { Stretch } = await import("../../src/engine/dsp/stretch");
  make = () => new Stretch(RATE);
});

async function lockedDesk(): Promise<Record> {
  const stretchers: Stretcher[] = [];
  const desk = deskOf(() => {
    const one = make();
    stretchers.push(one);
    return one;
  });
  while (!stretchers.every((one) => one.ready)) await new Promise((resolve) => setTimeout(resolve, 5));
  return desk;
}

const cents = (hz: number, wanted: number): number => 1200 * Math.log2(hz / wanted);

describe("key lock", () => {
  it.each([[0.84, 440], [0.94, 110], [1.02, 110], [1.16, 277.18]])("keeps the pitch at a rate of %f, %f Hz", async (rate, hz) => {
    const on = await lockedDesk();
    on.load(0, sine(hz));
    on.desk.receive({ type: "rate", deck: 0, rate });
    on.press(0, "play");
    on.play(0.3);
    const heard = on.play(2);
    expect(Math.abs(cents(pitch(heard), hz))).toBeLessThan(1);
    expect(rms(heard)).toBeGreaterThan(0.2);
  });

  it.each([-4, -1, 2, 3])("moves the key by %f semitones and leaves the tempo", async (shift) => {
    const desk = await lockedDesk();
    desk.load(0, sine(440));
    desk.desk.decks[0].keyShift = shift;
    desk.press(0, "play");
    desk.play(0.3);
    const before = desk.desk.decks[0].position;
    expect(Math.abs(cents(pitch(desk.play(2)), 440 * 2 ** (shift / 12)))).toBeLessThan(5);
    expect(desk.desk.decks[0].position - before).toBeCloseTo(2, 2);
  });

  it("takes a tempo change without losing the key or the sound", async () => {
    const desk = await lockedDesk();
    desk.load(0, sine(440));
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.02 });
    desk.press(0, "play");
    desk.play(1);
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.06 });
    for (let i = 0; i < 8; i++) {
      const heard = desk.play(0.25);
      expect(Math.abs(cents(pitch(heard), 440))).toBeLessThan(12);
      expect(rms(heard)).toBeGreaterThan(0.2);
    }
  });

  /** Middle of the energy of short bursts, each a second apart in the track. */
  const burst = (sec: number): number => {
    const into = (((sec + 0.5) % 1) - 0.5) / 0.012;
    return 0.8 * Math.exp(-into * into) * Math.sin(2 * Math.PI * 900 * sec);
  };
  const middle = (heard: Float32Array, from: number, to: number): number => {
    let sum = 0;
    let mass = 0;
    for (let i = Math.round(from * RATE); i < to * RATE; i++) {
      const power = heard[i]! ** 2;
      sum += i * power;
      mass += power;
    }
    expect(mass).toBeGreaterThan(1);
    return sum / mass / RATE;
  };

  it.each([0.9, 1.0005, 1.1])("sounds at the same moment as without it, at a rate of %f", async (rate) => {
    const times: number[][] = [];
    for (const locked of [true, false]) {
      const desk = await lockedDesk();
      desk.load(0, burst);
      if (!locked) desk.press(0, "keylock");
      desk.desk.receive({ type: "rate", deck: 0, rate });
      desk.press(0, "play");
      const heard = desk.play(4.5 / rate);
      times.push([1, 2, 3, 4].map((sec) => middle(heard, (sec - 0.2) / rate, (sec + 0.2) / rate)));
    }
    times[0]!.forEach((time, i) => expect(Math.abs(time - times[1]![i]!)).toBeLessThan(0.002));
  });

  it("is back in time half a second after a large tempo change", async () => {
    const times: number[][] = [];
    for (const locked of [true, false]) {
      const desk = await lockedDesk();
      desk.load(0, burst);
      if (!locked) desk.press(0, "keylock");
      desk.desk.receive({ type: "rate", deck: 0, rate: 0.95 });
      desk.press(0, "play");
      desk.play(1.4 / 0.95);
      desk.desk.receive({ type: "rate", deck: 0, rate: 1.15 });
      const heard = desk.play(1.6);
      times.push([middle(heard, 0.4, 0.64), middle(heard, 1.2, 1.55)]);
    }
    times[0]!.forEach((time, i) => expect(Math.abs(time - times[1]![i]!)).toBeLessThan(0.002));
  });

  it("hands over and back without a click: start, jump, loop, scratch, rate 1", async () => {
    const desk = await lockedDesk();
    desk.load(0, sine(440), { beats: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4] });
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.04 });
    desk.press(0, "play");
    let worst = 0;
    const play = (seconds: number): void => {
      worst = Math.max(worst, roughness(desk.play(seconds), 440));
    };
    play(0.5);
    desk.press(0, "seek", 0.2);
    play(0.4);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, 1);
    play(1.2);
    desk.press(0, "reloop");
    play(0.3);
    desk.press(0, "jog_touch");
    play(0.2);
    desk.press(0, "jog_touch", 0);
    play(0.5);
    desk.desk.receive({ type: "rate", deck: 0, rate: 1 });
    play(0.4);
    desk.press(0, "play");
    play(0.2);
    expect(worst).toBeLessThan(0.03);
  });

  it("keeps sounding in a loop shorter than its own look-ahead", async () => {
    const desk = await lockedDesk();
    desk.load(0, sine(440), { beats: [0, 0.3, 0.6, 0.9, 1.2] });
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.05 });
    desk.press(0, "play");
    desk.play(0.4);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, 0); // a quarter beat: 75 ms
    desk.play(0.5);
    const heard = desk.play(1);
    for (let at = 0; at < 0.9; at += 0.1) expect(rms(heard.subarray(at * RATE, (at + 0.1) * RATE))).toBeGreaterThan(0.1);
    expect(peak(heard)).toBeLessThan(0.8);
  });
});
