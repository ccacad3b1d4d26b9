import { beforeAll, describe, expect, it } from "vitest";
import type { PitchShifter } from "../../src/engine/dsp/keylock";
import { deskOf, pitch, RATE, rms, sine } from "./signals";

let make: () => PitchShifter;

beforeAll(async () => {
  // what an audio thread has and Node hasn't
  Object.assign(globalThis, { sampleRate: RATE, currentTime: 0 });
  const { Stretch } = await import("../../src/engine/dsp/stretch");
  const waiting: { ready: boolean }[] = [];
  make = () => {
    const made = new Stretch();
    waiting.push(made);
    return made;
  };
});

async function ready(desk: ReturnType<typeof deskOf>, shifters: PitchShifter[]): Promise<void> {
  while (!shifters.every((one) => one.ready)) await new Promise((resolve) => setTimeout(resolve, 5));
  void desk;
}

async function lockedDesk(): Promise<ReturnType<typeof deskOf>> {
  const shifters: PitchShifter[] = [];
  const desk = deskOf(() => {
    const one = make();
    shifters.push(one);
    return one;
  });
  await ready(desk, shifters);
  return desk;
}

const cents = (hz: number, wanted: number): number => 1200 * Math.log2(hz / wanted);

describe("key lock", () => {
  it.each([0.84, 0.94, 1.03, 1.16])("keeps the pitch at a rate of %f", async (rate) => {
    const on = await lockedDesk();
    on.load(0, sine(440));
    on.desk.receive({ type: "rate", deck: 0, rate });
    on.press(0, "play");
    on.play(0.3);
    const heard = on.play(2);
    expect(Math.abs(cents(pitch(heard), 440))).toBeLessThan(5);
    expect(rms(heard)).toBeGreaterThan(0.2);
  });
});
