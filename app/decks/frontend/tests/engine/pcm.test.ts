import { describe, expect, it } from "vitest";
import { CHUNK_FRAMES, PcmStore } from "../../src/engine/dsp/pcm";
import { dB, RATE, sine, storeOf } from "./signals";

describe("reading between frames", () => {
  it("gives the frames themselves back, on whole positions", () => {
    const store = storeOf(1, sine(997));
    for (const frame of [8, 100, 5000, 40000]) {
      store.read(frame);
      expect(store.left).toBeCloseTo(Math.round(32767 * sine(997)(frame / RATE)) / 32768, 6);
    }
  });

  it.each([[100, -75], [1000, -75], [10_000, -70], [16_000, -45]])("follows a sine of %f Hz to %f dB", (hz, wantedDb) => {
    const store = storeOf(1, sine(hz, 0.9));
    let worst = 0;
    for (let frame = 1000; frame < 4000; frame += 0.737) {
      store.read(frame);
      worst = Math.max(worst, Math.abs(store.left - sine(hz, 0.9)(frame / RATE)));
    }
    expect(dB(worst / 0.9)).toBeLessThan(wantedDb);
  });

  it("goes over the border between chunks without a seam", () => {
    const store = storeOf(4, sine(1000));
    for (let frame = CHUNK_FRAMES - 20; frame < CHUNK_FRAMES + 20; frame += 0.31) {
      store.read(frame);
      expect(store.left).toBeCloseTo(sine(1000)(frame / RATE), 3);
    }
  });

  it("is silent outside the track and where nothing has arrived", () => {
    const store = storeOf(1, () => 0.5);
    for (const frame of [-1000, -16, RATE + 16, 1e9]) {
      store.read(frame);
      expect(store.left).toBe(0);
    }
    const empty = new PcmStore(10 * CHUNK_FRAMES, RATE, 1);
    empty.read(500);
    expect(empty.left).toBe(0);
    expect(empty.has(500)).toBe(false);
    expect(empty.has(-500)).toBe(true);
  });

  it("knows what is here, chunk by chunk", () => {
    const store = new PcmStore(3 * CHUNK_FRAMES, RATE, 1);
    store.put(1, new Int16Array(2 * CHUNK_FRAMES));
    expect(store.has(1.5 * CHUNK_FRAMES)).toBe(true);
    expect(store.has(2 * CHUNK_FRAMES - 2)).toBe(false); // its taps reach into the next chunk
    store.drop(1);
    expect(store.has(1.5 * CHUNK_FRAMES)).toBe(false);
  });

  it("restores what was scaled down to fit 16 bits", () => {
    const store = new PcmStore(100, RATE, 2.5);
    store.put(0, new Int16Array(200).fill(16384));
    store.read(50);
    expect(store.right).toBeCloseTo(1.25, 6);
  });
});
