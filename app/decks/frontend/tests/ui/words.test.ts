import { describe, expect, it } from "vitest";
import type { DeckState, Track } from "../../src/contract";
import { announced } from "../../src/ui/desk";
import { noticeOf } from "../../src/ui/notice";
import { padFace } from "../../src/ui/pads";
import { beatsShort, clock, clockTenths, crossfaderWords, eqWords, filterWords, loopBeats, phaseMs, phaseWords, signed, tempoShare, tempoWords, trimWords } from "../../src/ui/words";

describe("figures", () => {
  it("reads time without rounding up", () => {
    expect(clock(59.999)).toBe("0:59");
    expect(clock(-3)).toBe("0:00");
    expect(clockTenths(187.45)).toBe("3:07.4");
    expect(clockTenths(59.99)).toBe("0:59.9");
  });

  it("signs numbers with a true minus and zero with nothing", () => {
    expect(signed(-1.84, 1)).toBe("−1.8");
    expect(signed(1.84, 1)).toBe("+1.8");
    expect(signed(-0.04, 1)).toBe("0.0");
  });

  it("says the tempo fader in per cent of its range", () => {
    expect(tempoShare({ tempo: 1.08, tempoRange: 16 })).toBeCloseTo(0.75);
    expect(tempoShare({ tempo: 0.8, tempoRange: 6 })).toBe(0); // synced beyond its range
    expect(tempoWords(0.982)).toBe("−1.80 %");
  });

  it("writes beats in the least room", () => {
    expect([0.25, 0.5, 1, 32, 0.03125].map(beatsShort)).toEqual(["¼", "½", "1", "32", "1/32"]);
  });
});

describe("words", () => {
  it("says what knobs do in their own units", () => {
    expect(eqWords(0.5)).toBe("0.0 dB");
    expect(eqWords(0)).toBe("−26.0 dB");
    expect(trimWords(1)).toBe("+12.0 dB");
    expect(filterWords(0.5)).toBe("off");
    expect(filterWords(0.2)).toMatch(/^low-pass at \d+ Hz$/);
    expect(filterWords(0.9)).toMatch(/^high-pass at [\d.]+ kHz$/);
    expect(crossfaderWords(0)).toBe("deck A alone");
    expect(crossfaderWords(0.75)).toBe("50 % towards deck B");
  });

  it("announces controls with their deck", () => {
    expect(announced("cue", "a")).toBe("Cue, deck A");
    expect(announced("pad", "b", 2)).toBe("Pad 3, deck B");
    expect(announced("crossfader")).toBe("Crossfader");
  });

  it("calls beats in sync only when they are heard as one", () => {
    expect(phaseMs(0.01, 120)).toBe(5);
    expect(phaseMs(null, 120)).toBeNull();
    expect(phaseWords(5)).toEqual({ text: "in sync", tone: "good" });
    expect(phaseWords(25).text).toBe("25 ms late");
    expect(phaseWords(-125)).toEqual({ text: "125 ms early", tone: "plain" });
    expect(phaseWords(null).tone).toBe("plain");
  });

  it("measures a loop on its own track's grid", () => {
    const track = { bpm: 120 } as Track;
    expect(loopBeats({ startSec: 10, endSec: 12, active: true }, track)).toBe(4);
    expect(loopBeats({ startSec: 10, endSec: 11.4, active: true }, track)).toBe(2.8);
    expect(loopBeats({ startSec: 10, endSec: 12, active: true }, null)).toBeNull();
  });
});

describe("pads", () => {
  const deck = (more: Partial<DeckState>) =>
    ({ padMode: "hot_cue", hotCues: [{ sec: 61, loop_end_sec: null }], loop: null, track: { bpm: 120 }, keyShift: 0, ...more }) as DeckState;

  it("show the cue they hold, or that they are empty", () => {
    expect(padFace(deck({}), 0)).toMatchObject({ text: "A", small: "1:01", filled: true, words: "hot cue A, 1:01.0" });
    expect(padFace(deck({}), 1)).toMatchObject({ text: "B", small: "", filled: false, words: "hot cue B, empty" });
  });

  it("light up for what is at work", () => {
    const looping = deck({ padMode: "beat_loop", loop: { startSec: 0, endSec: 2, active: true } });
    expect([0, 1, 2, 3, 4, 5, 6, 7].filter((index) => padFace(looping, index).on)).toEqual([4]);
    const shifted = deck({ padMode: "key_shift", keyShift: -1 });
    expect([0, 1, 2, 3, 4, 5, 6, 7].filter((index) => padFace(shifted, index).on)).toEqual([4]);
  });
});

describe("the notice", () => {
  it("offers one way on from every trouble, and is silent without", () => {
    expect(noticeOf({ audio: "running", notice: "" })).toBeNull();
    expect(noticeOf({ audio: "off", notice: "" })).toMatchObject({ button: "Start audio", act: "start" });
    expect(noticeOf({ audio: "elsewhere", notice: "" })).toMatchObject({ button: "Take over", act: "claim" });
    expect(noticeOf({ audio: "broken", notice: "No output." })).toMatchObject({ sentence: "No output.", act: "start" });
  });
});
