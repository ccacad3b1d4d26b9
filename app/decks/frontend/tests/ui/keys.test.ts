import { describe, expect, it } from "vitest";
import { CONTROLS } from "../../src/contract";
import { keyFor, KEYS } from "../../src/ui/keys";
import { useWords } from "../../src/ui/overlay";

describe("the map of keys", () => {
  it("gives every key one use", () => {
    const places = KEYS.map((key) => `${key.code} ${key.shift}`);
    expect(new Set(places).size).toBe(places.length);
    const caps = new Map(KEYS.map((key) => [key.cap, key.code]));
    expect(caps.size).toBe(new Set(KEYS.map((key) => key.code)).size);
  });

  it("leaves Streamlit's keys, the tab order and the sliders' keys alone", () => {
    const free = ["KeyR", "KeyC", "Escape", "Tab", "Enter", "Space", "Slash", "Backspace", "Delete"];
    for (const key of KEYS) {
      expect(free).not.toContain(key.code);
      expect(key.code).not.toMatch(/^Arrow|^Page|^Home$|^End$/);
    }
  });

  it("gives both decks the same controls", () => {
    const uses = (deck: "a" | "b") =>
      KEYS.filter((key) => key.use.deck === deck)
        .map((key) => JSON.stringify({ ...key.use, deck: null, shift: key.shift }))
        .sort();
    expect(uses("a")).toEqual(uses("b"));
  });

  it("names controls that exist, with the scope they have", () => {
    for (const { use } of KEYS) {
      expect(use.deck !== undefined).toBe(CONTROLS[use.control].scope === "deck");
      expect(use.held).toBe(CONTROLS[use.control].kind === "button");
      expect(useWords(use)).not.toBe("");
    }
  });

  it("finds a key by its place", () => {
    expect(keyFor("KeyS", false)?.use).toMatchObject({ control: "play", deck: "a" });
    expect(keyFor("KeyL", false)?.use).toMatchObject({ control: "play", deck: "b" });
    expect(keyFor("Digit2", true)?.use).toMatchObject({ control: "pad", deck: "a", index: 5 });
    expect(keyFor("KeyR", false)).toBeNull();
  });
});
