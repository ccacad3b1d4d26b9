import { describe, expect, it } from "vitest";
import { TakeOver } from "../../src/midi/takeover";

const move = (takeOver: TakeOver, hardware: number, software: number | null, nowMs = 0) =>
  takeOver.move("eq_low", "a", hardware, software, nowMs);

describe("soft take-over", () => {
  it("moves at once what stands in the same place or cannot be compared", () => {
    expect(move(new TakeOver(), 0.51, 0.5)).toBe(true);
    expect(move(new TakeOver(), 0.9, null)).toBe(true);
  });

  it("waits, picks up when it passes from either side, and follows from then on", () => {
    for (const [from, to] of [[0, 1], [1, 0]] as const) {
      const takeOver = new TakeOver();
      expect(move(takeOver, from, 0.5)).toBe(false);
      expect(takeOver.waiting()).toMatchObject([{ control: "eq_low", deck: "a", hardware: from }]);
      expect(move(takeOver, to, 0.5)).toBe(true); // however fast it passes
      expect(takeOver.waiting()).toEqual([]);
      expect(move(takeOver, 0.2, to)).toBe(true);
    }
  });

  it("keeps hold while the state lags behind a quick movement", () => {
    const takeOver = new TakeOver();
    expect(move(takeOver, 0.5, 0.5)).toBe(true);
    for (const place of [0.55, 0.6, 0.65, 0.7]) expect(move(takeOver, place, 0.5)).toBe(true);
    expect(move(takeOver, 0.8, 0.6)).toBe(true); // shows one of the places on the way
    expect(move(takeOver, 0.9, 0.5)).toBe(true); // or where it was at first
    expect(move(takeOver, 0.95, 0.9)).toBe(true);
  });

  it("lets go when the screen's control is moved, until it is passed again", () => {
    const takeOver = new TakeOver();
    move(takeOver, 0.5, 0.5);
    move(takeOver, 0.1, 0.5);
    move(takeOver, 0.5, 0.1);
    expect(move(takeOver, 0.55, 0.1, 300)).toBe(false); // though the hardware was there a while ago
    expect(move(takeOver, 0.3, 0.1, 310)).toBe(false);
    expect(move(takeOver, 0.05, 0.1, 320)).toBe(true);
  });

  it("takes no report of an unmoved fader for a movement", () => {
    const takeOver = new TakeOver();
    expect(move(takeOver, 0.5, 0.5)).toBe(true);
    expect(move(takeOver, 0.5, 0.5)).toBe(false);
    expect(move(takeOver, 0.51, 0.5)).toBe(true);
  });

  it("keeps the same control of two decks apart", () => {
    const takeOver = new TakeOver();
    takeOver.move("eq_low", "a", 0, 0.5, 0);
    expect(takeOver.move("eq_low", "b", 1, 0.5, 0)).toBe(false);
    expect(takeOver.waiting()).toHaveLength(2);
  });
});
