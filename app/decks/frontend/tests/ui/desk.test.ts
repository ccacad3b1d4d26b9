import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/contract";
import { freshDeck } from "../../src/engine/fresh";
import { Desk } from "../../src/ui/desk";

describe("how far apart two decks are heard", () => {
  const a = { ...freshDeck(), playing: true, bpm: 120, phaseBeats: 0.01 };
  const b = { ...freshDeck(), bpm: 120, phaseBeats: -0.01 };
  const desk = new Desk({ state: { decks: { a, b } } } as unknown as Engine);

  it("is said only while both play: beats at rest are not in sync", () => {
    expect(desk.heardApart("a")).toBeNull();
    expect(desk.heardApart("b")).toBeNull();
    b.playing = true;
    expect(desk.heardApart("a")).toBe(5);
    expect(desk.heardApart("b")).toBe(-5);
  });

  it("is not said of music without beats", () => {
    expect(new Desk({ state: { decks: { a: { ...a, phaseBeats: null }, b } } } as unknown as Engine).heardApart("a")).toBeNull();
  });
});
