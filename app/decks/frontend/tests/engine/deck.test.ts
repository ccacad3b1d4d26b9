import { beforeEach, describe, expect, it } from "vitest";
import { BEAT_LOOPS } from "../../src/contract";
import type { Deck } from "../../src/engine/dsp/deck";
import { TICK_SEC } from "../../src/engine/dsp/platter";
import { beatsOf, deskOf, pitch, RATE, rms, roughness, sine, type Record } from "./signals";

const HZ = 441; // 100 frames: loops of whole periods have no seam of their own
const BLOCK_SEC = 128 / RATE;
let desk: Record;
let deck: Deck;

beforeEach(() => {
  desk = deskOf();
  desk.load(0, sine(HZ), { beats: beatsOf(120, 12) });
  deck = desk.desk.decks[0];
});

/** The roughness that a sine of 16 bits at amplitude 0.5 has by itself, with room for faders. */
const SMOOTH = 2e-3;

describe("playing", () => {
  it("goes on by one second a second", () => {
    desk.press(0, "play");
    desk.play(2);
    expect(deck.position).toBeCloseTo(2, 2);
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.06 });
    const before = deck.position;
    desk.play(2);
    expect((deck.position - before) / 2).toBeCloseTo(1.06, 2);
  });

  it("sounds as recorded, and higher with the tempo where the key isn't locked", () => {
    desk.press(0, "play");
    desk.play(0.1);
    expect(pitch(desk.play(1))).toBeCloseTo(HZ, 1);
    desk.desk.receive({ type: "rate", deck: 0, rate: 1.1 });
    desk.play(0.1);
    expect(pitch(desk.play(1))).toBeCloseTo(HZ * 1.1, 1);
  });

  it("starts and stops without a click", () => {
    desk.play(0.05);
    desk.press(0, "play");
    const start = desk.play(0.4);
    desk.press(0, "play");
    const stop = desk.play(0.2);
    expect(roughness(start, HZ)).toBeLessThan(0.02);
    expect(roughness(stop, HZ)).toBeLessThan(0.02);
    expect(rms(start)).toBeGreaterThan(0.2);
    expect(rms(stop.subarray(RATE * 0.1))).toBeLessThan(1e-6);
    expect(deck.playing).toBe(false);
  });

  it("stops at the end and stays there", () => {
    desk.press(0, "seek", 0.99);
    desk.press(0, "play");
    desk.play(1);
    expect(deck.playing).toBe(false);
    expect(deck.position).toBe(12);
  });

  it("waits for sound that hasn't arrived, and goes on when it has", () => {
    const store = deck.store!;
    const read = store.has.bind(store);
    desk.press(0, "play");
    desk.play(0.5);
    store.has = () => false;
    desk.play(0.5);
    const held = deck.position;
    expect(held).toBeLessThan(0.52);
    expect(deck.playing).toBe(true);
    store.has = read;
    desk.play(0.5);
    expect(deck.position - held).toBeCloseTo(0.5, 2);
  });

  it("reads a recording of another sampling rate at its own pitch", () => {
    desk.load(0, sine(HZ), { rate: 48000 });
    desk.press(0, "play");
    desk.play(0.1);
    expect(pitch(desk.play(1))).toBeCloseTo(HZ, 1);
  });
});

describe("the cue button", () => {
  it("sets the point where the deck stands, on the beat with quantise", () => {
    desk.press(0, "seek", 3.1 / 12);
    desk.press(0, "cue");
    desk.press(0, "cue", 0);
    expect(deck.cueSec).toBeCloseTo(3, 9);
    expect(deck.position).toBeCloseTo(3, 9);
    desk.press(0, "quantise");
    desk.press(0, "seek", 3.1 / 12);
    desk.press(0, "cue");
    expect(deck.cueSec).toBeCloseTo(3.1, 9);
    expect(deck.playing).toBe(false);
  });

  it("plays while held on the point and returns", () => {
    desk.press(0, "cue");
    expect(deck.cueing).toBe(true);
    desk.play(0.5);
    expect(deck.position).toBeCloseTo(0.5, 2);
    desk.press(0, "cue", 0);
    desk.play(0.1);
    expect(deck.position).toBe(0);
    expect(deck.playing).toBe(false);
  });

  it("keeps playing when play is pressed meanwhile", () => {
    desk.press(0, "cue");
    desk.play(0.2);
    desk.press(0, "play");
    desk.press(0, "cue", 0);
    desk.play(0.2);
    expect(deck.playing).toBe(true);
    expect(deck.position).toBeCloseTo(0.4, 2);
  });

  it("while playing goes back to the point and stops, silently", () => {
    desk.press(0, "play");
    desk.play(1);
    desk.press(0, "cue");
    expect(roughness(desk.play(0.1), HZ)).toBeLessThan(0.02);
    expect(deck.position).toBe(deck.cueSec);
    expect(deck.playing).toBe(false);
  });
});

describe("loops", () => {
  it.each([4, 1, 0.25])("of %f beats come round to the sample and without a seam", (beats) => {
    desk.press(0, "play");
    desk.play(1.01);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, BEAT_LOOPS.indexOf(beats as 4));
    const heard = desk.play(3);
    expect(deck.loop!.end - deck.loop!.start).toBeCloseTo(beats / 2, 9);
    expect(deck.position).toBeGreaterThanOrEqual(deck.loop!.start);
    expect(deck.position).toBeLessThan(deck.loop!.end);
    // half a second holds 220.5 periods: the seam is a crossfade over a half period, never a step
    expect(roughness(heard, HZ)).toBeLessThan(0.01);
  });

  it("are seamless where the music is", () => {
    desk.load(0, sine(440), { beats: beatsOf(120, 12) });
    desk.press(0, "play");
    desk.play(1);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, 4);
    expect(roughness(desk.play(4), 440)).toBeLessThan(SMOOTH);
  });

  it("are set by hand, halved, doubled, left and taken up again", () => {
    desk.press(0, "play");
    desk.play(1);
    desk.press(0, "loop_in");
    desk.play(1.02);
    desk.press(0, "loop_out");
    expect(deck.loop).toEqual({ start: 1, end: 2 });
    expect(deck.looping).toBe(true);
    desk.press(0, "loop_halve");
    expect(deck.loop!.end).toBeCloseTo(1.5);
    desk.play(3);
    expect(deck.position).toBeLessThan(1.5);
    desk.press(0, "loop_double");
    desk.press(0, "loop_double");
    expect(deck.loop!.end).toBeCloseTo(3);
    desk.press(0, "reloop");
    desk.play(3);
    expect(deck.position).toBeGreaterThan(3);
    desk.press(0, "reloop");
    expect(deck.position).toBe(1);
    expect(deck.looping).toBe(true);
  });

  it("keep their start when the server sends the track's facts anew", () => {
    desk.press(0, "play");
    desk.play(1);
    desk.press(0, "loop_in");
    desk.desk.receive({ type: "facts", deck: 0, facts: { beats: beatsOf(120, 12), downbeats: [], hotCues: [], cuesSeen: 0 } });
    desk.play(1);
    desk.press(0, "loop_out");
    expect(deck.loop).toEqual({ start: 1, end: 2 });
  });

  it("move along with a beat jump", () => {
    desk.press(0, "play");
    desk.play(1.1);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, 4);
    const { start } = deck.loop!;
    desk.press(0, "beat_jump", 4);
    expect(deck.loop!.start).toBeCloseTo(start + 2, 9);
    desk.play(2);
    expect(deck.position).toBeLessThan(deck.loop!.end);
  });
});

describe("jumps", () => {
  it("by beats keep the place within the beat", () => {
    desk.press(0, "play");
    desk.play(1.13);
    const before = deck.position;
    desk.press(0, "beat_jump", 8);
    expect(deck.position - before).toBeCloseTo(4, 9);
    desk.press(0, "beat_jump", -1);
    expect(deck.position - before).toBeCloseTo(3.5, 9);
  });

  it("never click", () => {
    desk.press(0, "play");
    desk.play(0.3);
    const heard = desk.play(2, (sec) => {
      if (Math.round(sec / BLOCK_SEC) % 37 === 0) desk.press(0, "seek", (sec * 7.77) % 0.9);
    });
    expect(roughness(heard, HZ)).toBeLessThan(0.02);
  });

  it("to hot cues stay in time with quantise, and set them where there is none", () => {
    desk.press(0, "seek", 4.03 / 12);
    desk.press(0, "pad", 1, 2);
    desk.press(0, "pad", 0, 2);
    expect(desk.posted).toEqual([{ type: "cue", deck: 0, slot: 2, cue: { sec: 4, loop_end_sec: null }, change: 1 }]);
    desk.press(0, "seek", 0);
    desk.press(0, "play");
    desk.play(1.56); // 60 ms after a beat
    const late = deck.position - 1.5;
    desk.press(0, "pad", 1, 2);
    expect(deck.position).toBeCloseTo(4 + late, 6);
    desk.press(0, "pad_clear", 1, 2);
    expect(desk.posted.at(-1)).toEqual({ type: "cue", deck: 0, slot: 2, cue: null, change: 2 });
  });

  it("stay when facts arrive that were sent before the page heard of them", () => {
    const facts = (hotCues: ({ sec: number; loop_end_sec: null } | null)[], cuesSeen: number) =>
      desk.desk.receive({ type: "facts", deck: 0, facts: { beats: beatsOf(120, 12), downbeats: [], hotCues, cuesSeen } });
    const cues = () => desk.desk.pads[0].hotCues;
    desk.press(0, "pad", 1, 0);
    desk.press(0, "pad", 1, 2);
    facts([{ sec: 1, loop_end_sec: null }], 1);
    expect(cues()[0]).toEqual({ sec: 1, loop_end_sec: null });
    expect(cues()[2]).not.toBeNull();
    desk.press(0, "pad_clear", 1, 2);
    facts([null, null, { sec: 9, loop_end_sec: null }], 2);
    expect(cues()[2]).toBeNull();
    facts([null, null, { sec: 9, loop_end_sec: null }], 3);
    expect(cues()[2]).toEqual({ sec: 9, loop_end_sec: null });
  });

  it("to a hot cue start a resting deck", () => {
    desk.press(0, "pad", 1, 0);
    desk.press(0, "seek", 0.5);
    desk.press(0, "pad", 1, 0);
    expect(deck.playing).toBe(true);
    expect(deck.position).toBe(0);
  });
});

describe("slip", () => {
  it.each(["reverse", "jog_touch"] as const)("goes on where the music would have been after %s", (control) => {
    desk.press(0, "slip");
    desk.press(0, "play");
    desk.play(1);
    desk.press(0, control);
    desk.play(1);
    desk.press(0, control, 0);
    desk.play(1);
    expect(deck.position).toBeCloseTo(3, 1);
    expect(Math.abs(deck.position - 3)).toBeLessThan(0.06);
  });

  it("and after a loop", () => {
    desk.press(0, "slip");
    desk.press(0, "play");
    desk.play(1);
    desk.desk.receive({ type: "mode", deck: 0, mode: "beat_loop" });
    desk.press(0, "pad", 1, 2);
    desk.play(2);
    desk.press(0, "reloop");
    desk.play(1);
    expect(deck.position).toBeCloseTo(4, 1);
  });
});

describe("a hand on the platter", () => {
  it("moves the record by 1.8 s a turn", () => {
    desk.press(0, "seek", 0.5);
    desk.press(0, "jog_touch");
    const before = deck.position;
    for (let i = 0; i < 72; i++) {
      desk.press(0, "jog_turn", 10);
      desk.play(0.01);
    }
    desk.play(0.2);
    expect(deck.position - before).toBeCloseTo(720 * TICK_SEC, 3);
    expect(720 * TICK_SEC).toBeCloseTo(1.8, 9);
  });

  it("scratches without a break in the sound: speed and position are continuous", () => {
    desk.press(0, "play");
    desk.play(0.5);
    desk.press(0, "jog_touch");
    let last = deck.position;
    let lastSpeed = deck.platter.speed;
    let jerk = 0;
    const heard = desk.play(2, (sec) => {
      expect(Math.abs(deck.position - last)).toBeLessThan(0.05);
      jerk = Math.max(jerk, Math.abs(deck.platter.speed - lastSpeed));
      last = deck.position;
      lastSpeed = deck.platter.speed;
      if (Math.round(sec / BLOCK_SEC) % 4 === 0) desk.press(0, "jog_turn", Math.round(12 * Math.sin(sec * 20)));
    });
    expect(jerk).toBeLessThan(2);
    expect(Math.max(...heard.map((x, i) => Math.abs(x - (heard[i - 1] ?? x))))).toBeLessThan(0.25);
    expect(rms(heard)).toBeGreaterThan(0.1);
  });

  it("turns the record evenly though its messages come in bunches", () => {
    desk.press(0, "jog_touch");
    let blocks = 0;
    let slowest = Infinity;
    let fastest = 0;
    desk.play(1, (sec) => {
      if (blocks++ % 7 === 0) desk.press(0, "jog_turn", (7 * BLOCK_SEC) / TICK_SEC);
      if (sec < 0.3) return;
      slowest = Math.min(slowest, deck.platter.speed);
      fastest = Math.max(fastest, deck.platter.speed);
    });
    expect(fastest).toBeLessThan(1.1);
    expect(slowest).toBeGreaterThan(0.9);
  });

  it("turns the record as far as told though the hand is lifted at once, as by an arrow key", () => {
    desk.press(0, "seek", 0.5);
    const before = deck.position;
    desk.press(0, "jog_touch");
    desk.press(0, "jog_turn", 12);
    desk.press(0, "jog_touch", 0);
    desk.play(0.3);
    expect(deck.touched).toBe(false);
    expect(deck.position - before).toBeCloseTo(12 * TICK_SEC, 2);
  });

  it("holds the record still and silent", () => {
    desk.press(0, "play");
    desk.play(0.5);
    desk.press(0, "jog_touch");
    desk.play(0.3);
    const before = deck.position;
    expect(rms(desk.play(0.5))).toBeLessThan(1e-3);
    expect(deck.position).toBeCloseTo(before, 4);
    desk.press(0, "jog_touch", 0);
    desk.play(0.5);
    expect(deck.platter.speed).toBeCloseTo(1, 3);
  });

  it("bends the tempo when it only pushes the edge, and lets go again", () => {
    desk.press(0, "play");
    desk.play(0.5);
    desk.press(0, "jog_bend", 20);
    desk.play(0.01);
    expect(deck.platter.speed).toBeGreaterThan(1.005);
    desk.play(1);
    expect(deck.platter.speed).toBeCloseTo(1, 4);
  });

  it("is stopped by the brake, slower and slower", () => {
    desk.press(0, "play");
    desk.play(0.5);
    desk.press(0, "brake");
    let before = 1;
    desk.play(0.8, () => {
      expect(deck.platter.speed).toBeLessThanOrEqual(before + 1e-9);
      before = deck.platter.speed;
    });
    desk.play(0.4);
    expect(deck.playing).toBe(false);
    expect(deck.platter.speed).toBe(0);
  });
});
