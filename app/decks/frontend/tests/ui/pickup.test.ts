import { describe, expect, it } from "vitest";
import { elsewhere, type PickUp } from "../../src/ui/pickup";

const all: PickUp[] = [
  { control: "fader", deck: "a", hardware: 0.2 },
  { control: "fader", deck: "b", hardware: 0.9 },
  { control: "crossfader", hardware: 0 },
];

describe("the mark of hardware that waits", () => {
  it("stands where the hardware of this very control stands", () => {
    expect(elsewhere(all, "fader", "a", 1)).toBe(0.2);
    expect(elsewhere(all, "fader", "b", 1)).toBe(0.9);
    expect(elsewhere(all, "crossfader", undefined, 0.5)).toBe(0);
    expect(elsewhere(all, "trim", "a", 0.5)).toBeNull();
    expect(elsewhere([], "fader", "a", 1)).toBeNull();
  });

  it("is gone where both stand in one place", () => {
    expect(elsewhere(all, "fader", "a", 0.21)).toBeNull();
  });
});
