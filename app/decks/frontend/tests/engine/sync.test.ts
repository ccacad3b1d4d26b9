import { describe, expect, it } from "vitest";
import { beatRatio } from "../../src/engine/dsp/sync";
import { beatsOf, deskOf, peak, RATE, type Record } from "./signals";

const silent = (): number => 0;

function two(bpmA: number, bpmB: number, firstA = 0.31, firstB = 0.77): Record {
  const desk = deskOf();
  desk.load(0, silent, { seconds: 60, beats: beatsOf(bpmA, 60, firstA) });
  desk.load(1, silent, { seconds: 60, beats: beatsOf(bpmB, 60, firstB) });
  return desk;
}

/** How far b's nearest beat is from a's, in milliseconds heard. */
function errorMs(desk: Record): number {
  const gap = desk.desk.sync.phase(1)!;
  const deck = desk.desk.decks[1];
  return Math.abs((1000 * gap) / (deck.grid!.density(deck.position) * deck.tempo));
}

describe("sync", () => {
  it.each([[124, 128], [128, 124], [90, 174], [174, 88], [120, 120]])("brings %f and %f BPM together", (a, b) => {
    const desk = two(a, b);
    desk.press(0, "play");
    desk.play(2.345);
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(0.5);
    let worst = 0;
    desk.play(10, () => (worst = Math.max(worst, errorMs(desk))));
    expect(worst).toBeLessThan(1);
  });

  it("stays within 3 ms from half a second after any tempo change", () => {
    const desk = two(124, 128);
    desk.press(0, "play");
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(1);
    for (const rate of [1.06, 0.94, 1.0, 1.25, 0.8]) {
      desk.desk.receive({ type: "rate", deck: 0, rate });
      desk.play(0.5);
      let worst = 0;
      desk.play(2, () => (worst = Math.max(worst, errorMs(desk))));
      expect(worst).toBeLessThan(3);
    }
  });

  it("follows a live drummer, whose beats aren't even", () => {
    const beats = [0.3];
    let state = 7;
    for (let i = 0; i < 110; i++) {
      state = (state * 16807) % 2147483647;
      beats.push(beats[i]! + 60 / (118 + 4 * Math.sin(i / 12)) + 0.004 * (state / 2147483647 - 0.5));
    }
    const desk = two(120, 120);
    desk.load(0, silent, { seconds: 60, beats });
    desk.press(0, "play");
    desk.play(1);
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(2);
    let worst = 0;
    desk.play(20, () => (worst = Math.max(worst, errorMs(desk))));
    expect(worst).toBeLessThan(12); // its beats jump by up to 2 ms themselves, its tempo by 7 %
  });

  it("starts on the same beat of the bar", () => {
    for (const after of [2.0, 2.6, 3.3, 4.1]) {
      const desk = two(124, 128);
      desk.press(1, "sync");
      desk.press(0, "play");
      desk.play(after);
      desk.press(1, "play");
      desk.play(1);
      const [a, b] = desk.desk.decks;
      const barA = a.grid!.barBeat(a.grid!.beatAt(a.position));
      const barB = b.grid!.barBeat(b.grid!.beatAt(b.position));
      expect(Math.abs(((barB - barA + 6) % 4) - 2)).toBeLessThan(0.02);
    }
  });

  it("keeps its phase through a seek and through leaving a scratch", () => {
    const desk = two(124, 128);
    desk.press(0, "play");
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(2);
    desk.press(1, "seek", 0.4321);
    desk.play(0.5);
    expect(errorMs(desk)).toBeLessThan(1);
  });

  it("lets the hand have its way: a nudge moves the deck and stays", () => {
    const desk = two(124, 124);
    desk.press(0, "play");
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(1);
    desk.press(1, "nudge_forward");
    desk.play(0.4);
    desk.press(1, "nudge_forward", 0);
    desk.play(2);
    const moved = errorMs(desk);
    expect(moved).toBeGreaterThan(8);
    desk.play(2);
    expect(errorMs(desk)).toBeCloseTo(moved, 0);
  });

  it("pulls gently: the speed never changes by more than 3 % to catch up", () => {
    const desk = two(120, 120);
    desk.press(0, "play");
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(1);
    desk.press(0, "seek", 0.4123); // the leader jumps; its follower is left behind
    desk.play(3, () => expect(Math.abs(desk.desk.decks[1].platter.speed - 1)).toBeLessThan(0.0301));
  });

  it("hands the lead on when the leader stops", () => {
    const desk = two(124, 128);
    desk.press(0, "play");
    desk.press(1, "sync");
    desk.press(1, "play");
    desk.play(1);
    const { tempo } = desk.desk.decks[1];
    desk.press(0, "play");
    desk.play(1);
    expect(desk.desk.sync.leader).toBe(1);
    expect(desk.desk.decks[1].tempo).toBeCloseTo(tempo, 6);
  });

  it("counts beats double or half where that is nearer", () => {
    expect(beatRatio(2, 2)).toBe(1);
    expect(beatRatio(2.9, 1.5)).toBe(0.5);
    expect(beatRatio(1.5, 2.9)).toBe(2);
  });
});

describe("an armed start", () => {
  it("falls on the very sample", () => {
    const click = (at: number) => (sec: number): number => (Math.abs(sec - at) < 1.5 / RATE ? 0.9 : 0);
    for (const [from, at] of [[1, 2], [1.2345, 2.71828]] as const) {
      // what is at `from` on b must be heard together with what is at `at` on a
      const heard = [0, 1].map((which) => {
        const desk = deskOf();
        desk.load(0, which === 0 ? click(at + 0.1) : silent);
        desk.load(1, which === 1 ? click(from + 0.1) : silent);
        desk.press(0, "play");
        desk.desk.receive({ type: "arm", deck: 1, fromSec: from, atSec: at });
        const out = desk.play(4);
        let best = 0;
        let mass = 0;
        out.forEach((x, i) => ((best += i * x * x), (mass += x * x)));
        expect(peak(out)).toBeGreaterThan(0.3);
        return best / mass;
      });
      expect(Math.abs(heard[0]! - heard[1]!)).toBeLessThan(0.6);
    }
  });

  it("isn't started by anything but passing the mark, and can be taken back", () => {
    const desk = two(120, 120);
    desk.desk.receive({ type: "arm", deck: 1, fromSec: 0, atSec: 2 });
    desk.play(3);
    expect(desk.desk.decks[1].playing).toBe(false);
    desk.press(0, "play");
    desk.play(1);
    desk.desk.receive({ type: "arm", deck: 1, fromSec: 0, atSec: Infinity });
    desk.play(2);
    expect(desk.desk.decks[1].playing).toBe(false);
  });

  it("that comes too late by little starts further on", () => {
    const desk = two(120, 120);
    desk.press(0, "play");
    desk.play(3);
    desk.desk.receive({ type: "arm", deck: 1, fromSec: 10, atSec: 2.5 });
    desk.play(1);
    const [a, b] = desk.desk.decks;
    expect(b.position - 10).toBeCloseTo(a.position - 2.5, 2);
  });
});

