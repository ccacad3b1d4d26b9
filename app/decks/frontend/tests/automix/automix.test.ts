import { beforeEach, describe, expect, it } from "vitest";
import type { Action, AutomixStep, AutomixWish, ControlName, DeckId, DeckWish } from "../../src/contract";
import { Automix } from "../../src/automix/machine";
import { along, checkedStep } from "../../src/automix/step";
import { deckState, FakeEngine, track } from "../midi/fakes";

const FRAME_SEC = 0.025;
const LENGTH_SEC = 100; // of every track

/** A fake engine whose decks play in simulated time; what is armed starts on the sample. */
class Simulated extends FakeEngine {
  now = 0;
  readonly missing = new Set<string>();
  readonly rates: { at: number; deck: DeckId; rate: number }[] = [];
  private readonly tempos: Record<DeckId, number> = { a: 1, b: 1 };
  /** Frames until a pressed PLAY shows in the state, as on another thread. */
  lagFrames = 0;
  /** Waits for its sound to come over the network. */
  stalled: DeckId | null = null;
  private readonly late: { frames: number; act: () => void }[] = [];
  private readonly armed: Partial<Record<DeckId, { fromSec: number; atSec: number }>> = {};

  override async load(deck: DeckId, wish: DeckWish): Promise<void> {
    if (this.state.decks[deck].track?.id === wish.id) return;
    if (this.missing.has(wish.id)) throw new Error("the file vanished");
    Object.assign(this.state.decks[deck], deckState({ track: track(wish.id, { duration_sec: LENGTH_SEC }), playable: true, loadedShare: 1 }));
    this.tempos[deck] = 1;
  }
  override arm(deck: DeckId, fromSec: number, atSec: number): void {
    if (atSec === Infinity) delete this.armed[deck];
    else this.armed[deck] = { fromSec, atSec };
  }
  get isArmed(): boolean {
    return Object.keys(this.armed).length > 0;
  }
  override setRate(deck: DeckId, rate: number): void {
    this.tempos[deck] = this.state.decks[deck].tempo = rate;
    this.rates.push({ at: this.now, deck, rate });
  }
  override dispatch(action: Action): void {
    const wasPlaying = action.deck && this.state.decks[action.deck].playing;
    super.dispatch(action);
    if (action.control === "play" && action.deck && action.value === 1 && this.lagFrames > 0) {
      const deck = this.state.decks[action.deck];
      const goal = deck.playing;
      deck.playing = wasPlaying ?? false;
      this.late.push({ frames: this.lagFrames, act: () => (deck.playing = goal) });
    }
    const deck = action.deck && this.state.decks[action.deck];
    if (!deck) return;
    if (action.control === "seek") deck.positionSec = action.value * LENGTH_SEC;
    if (action.control === "to_start" && action.value === 1) deck.positionSec = 0;
  }
  advance(sec: number): void {
    this.now += sec;
    for (const one of this.late) if (one.frames-- === 0) one.act();
    for (const name of ["a", "b"] as const) {
      const deck = this.state.decks[name];
      deck.rate = deck.playing && this.stalled !== name ? this.tempos[name] : 0;
      deck.positionSec = Math.min(LENGTH_SEC, deck.positionSec + deck.rate * sec);
      if (deck.positionSec >= LENGTH_SEC) deck.playing = false;
    }
    for (const name of ["a", "b"] as const) {
      const deck = this.state.decks[name];
      const other = name === "a" ? "b" : "a";
      const plan = this.armed[other];
      if (plan === undefined || deck.positionSec < plan.atSec) continue;
      const coming = this.state.decks[other];
      coming.playing = true;
      coming.positionSec = plan.fromSec + ((deck.positionSec - plan.atSec) / this.tempos[name]) * this.tempos[other];
      delete this.armed[other];
    }
  }
}

const STEP: AutomixStep = {
  style: "blend", bars: 8, outStartSec: 60, inStartSec: 5, lengthSec: 16, rateOut: 1, rateIn: 1.02, beatMatched: true,
  curves: [
    { deck: "in", control: "fader", points: [[0, 0], [0.5, 1], [1, 1]] },
    { deck: "in", control: "eq_low", points: [[0, 0], [0.5, 0], [0.5, 0.5], [1, 0.5]] },
    { deck: "out", control: "eq_low", points: [[0, 0.5], [0.5, 0.5], [0.5, 0], [1, 0]] },
    { deck: "out", control: "fader", points: [[0, 1], [0.5, 1], [1, 0]] },
  ],
  glideSec: 10,
  reason: "",
};

const wish = (count: number, rev = "1"): AutomixWish => ({
  id: "set", rev, steps: count - 1,
  tracks: Array.from({ length: count }, (_, i) => ({ id: `t${i}`, rev: "1", title: `Track ${i}` })),
});

let engine: Simulated;
let player: Automix;
let plans: (index: number) => Promise<AutomixStep>;

/** Plays on; answers and loads arrive between frames. */
async function play(sec: number): Promise<void> {
  for (let t = 0; t < sec; t += FRAME_SEC) {
    engine.advance(FRAME_SEC);
    player.step(engine.now * 1000);
    await Promise.resolve();
  }
  await new Promise((resolve) => setTimeout(resolve));
}
const touch = (control: ControlName, deck?: DeckId, from: Action["from"] = "midi", value = 1): void =>
  engine.dispatch({ control, value, from, ...(deck === undefined ? {} : { deck }) });
const said = () => engine.events.filter((event) => event.type === "automix").map(({ state, step }) => `${state} ${step}`);
const { a, b } = { a: () => engine.state.decks.a, b: () => engine.state.decks.b };

beforeEach(() => {
  engine = new Simulated();
  plans = async () => structuredClone(STEP);
  player = new Automix(engine, (_set, index) => plans(index));
});

describe("automix", () => {
  it("plays a whole set: every track starts where the plan says and the last plays out", async () => {
    player.wish(wish(3));
    await play(59);
    expect([a().track?.id, a().playing, b().track?.id, b().playing]).toEqual(["t0", true, "t1", false]);
    expect(engine.state.automix).toMatchObject({ id: "set", step: 0, tracks: 3, next: "Track 1" });
    expect(engine.state.automix?.secToMix).toBeCloseTo(60 - a().positionSec, 6);
    await play(2);
    // t1 entered at 5 s when t0 was heard at 60 s, and runs 2 % faster
    expect(b().positionSec).toBeCloseTo(5 + (a().positionSec - 60) * 1.02, 6);
    await play(20);
    expect([a().playing, b().playing]).toEqual([false, true]);
    expect(said()).toEqual(["started 0", "step 1"]);
    await play(LENGTH_SEC * 2);
    expect(said()).toEqual(["started 0", "step 1", "step 2", "ended 2"]);
    expect([engine.state.automix, player.running, a().playing, b().playing]).toEqual([null, false, false, false]);
    expect(a().track?.id).toBe("t2");
  });

  it("moves the controls along the plan's curves and leaves all at rest", async () => {
    player.wish(wish(2));
    await play(50);
    expect([b().fader, b().eqLow]).toEqual([0, 0]); // ready before it is heard
    await play(14 + FRAME_SEC); // 4 s of 16
    const share = (a().positionSec - 60) / 16;
    expect(b().fader).toBeCloseTo(2 * share, 2);
    expect([a().eqLow, b().eqLow, a().fader]).toEqual([0.5, 0, 1]);
    await play(8);
    expect([a().eqLow, b().eqLow]).toEqual([0, 0.5]);
    expect(a().fader).toBeCloseTo(2 - (2 * (a().positionSec - 60)) / 16, 2);
    await play(6);
    expect([a(), b()].map(({ fader, eqLow, filter }) => [fader, eqLow, filter])).toEqual([[1, 0.5, 0.5], [1, 0.5, 0.5]]);
    expect(a().playing).toBe(false);
  });

  it("waits for what the audio thread has not yet said, and raises no fader before its deck is silent", async () => {
    engine.lagFrames = 8;
    player.wish(wish(3));
    await play(70);
    let loud = 0;
    for (let t = 0; t < 10; t += FRAME_SEC) {
      await play(FRAME_SEC);
      const share = (a().positionSec - 60) / 16;
      if (share >= 1 && a().playing && a().track?.id === "t0" && a().fader > 0) loud += 1;
    }
    expect(loud).toBe(0);
    expect(said()).toEqual(["started 0", "step 1"]);
    expect(engine.actions.filter(({ control, value }) => control === "play" && value === 1)).toHaveLength(2);
    expect([a().playing, a().fader, b().playing]).toEqual([false, 1, true]);
  });

  it("changes no tempo while a deck waits for its sound", async () => {
    player.wish(wish(2));
    await play(30);
    engine.stalled = "a";
    await play(5);
    expect(engine.state.automix?.secToMix).toBeCloseTo(60 - a().positionSec, 6);
    engine.stalled = null;
    await play(20);
    expect(engine.rates.filter(({ deck }) => deck === "a")).toEqual([]);
    await play(13);
    expect(b().positionSec).toBeCloseTo(5 + (a().positionSec - 60) * 1.02, 6);
  });

  it("brings the tempo back to the track's own afterwards, evenly", async () => {
    player.wish(wish(2));
    await play(76 + 5);
    const after = engine.rates.filter(({ deck, at }) => deck === "b" && at > 75.9).map(({ rate }) => rate);
    expect(after.length).toBeGreaterThan(150);
    expect(after.every((rate, i) => i === 0 || rate <= after[i - 1]!)).toBe(true);
    expect(b().rate).toBeCloseTo(1.01, 3); // half of the way after half of the time
    await play(6);
    expect(b().rate).toBe(1);
  });

  it.each([
    ["play", "a"], ["cue", "b"], ["seek", "a"], ["jog_touch", "a"], ["tempo", "a"], ["loop_in", "a"], ["load", "b"],
  ] as const)("hands over when %s is touched on deck %s; the sound goes on and nothing starts by itself", async (control, deck) => {
    player.wish(wish(2));
    await play(50);
    expect(engine.isArmed).toBe(true);
    const before = engine.actions.length;
    touch(control, deck, "keyboard", control === "seek" ? 0.3 : 1);
    expect([said().at(-1), engine.state.automix, engine.isArmed]).toEqual(["taken_over 0", null, false]);
    await play(40);
    expect(engine.actions.slice(before + 1)).toEqual([]);
    expect(b().playing).toBe(false);
  });

  it("hands over when a control that it moves is moved, and only then", async () => {
    player.wish(wish(2));
    await play(65);
    touch("pfl", "b");
    touch("eq_high", "b");
    touch("eq_low", "b", "automix");
    touch("master");
    expect(player.running).toBe(true);
    touch("eq_low", "b", "mouse", 0.2);
    expect([player.running, said().at(-1)]).toEqual([false, "taken_over 0"]);
    expect([a().playing, b().playing]).toEqual([true, true]);
    await play(5);
    expect(b().eqLow).toBe(0.2);
  });

  it("goes on from what is playing when the DJ gives it back", async () => {
    player.wish(wish(3));
    await play(40);
    touch("tempo", "a", "mouse", 0.7);
    engine.setRate("a", 1.04); // what the engine makes of it
    await play(5);
    touch("automix");
    expect(said()).toEqual(["started 0", "taken_over 0", "started 0"]);
    await play(10);
    expect(a().rate).toBeCloseTo(1, 4); // where the plan reckons with it
    expect(engine.rates.filter(({ deck, at }) => deck === "a" && at > 45).length).toBeGreaterThan(100);
    await play(40);
    expect([said().at(-1), b().playing, a().playing]).toEqual(["step 1", true, false]);
  });

  it("finishes a transition that the DJ interrupted, without a jump", async () => {
    player.wish(wish(3));
    await play(66);
    touch("fader", "b", "midi", 0.6);
    await play(1);
    touch("automix");
    expect(b().fader).toBe(0.6);
    await play(1);
    expect(b().fader).toBeGreaterThan(0.6);
    expect(b().fader).toBeLessThan(0.7);
    await play(9);
    expect([a().playing, b().playing, b().fader, b().eqLow, said().at(-1)]).toEqual([false, true, 1, 0.5, "step 1"]);
    await play(10);
    expect(b().rate).toBeCloseTo(1, 6);
    expect(engine.state.automix).toMatchObject({ step: 1, next: "Track 2" });
  });

  it("is switched off by its button too", async () => {
    player.wish(wish(2));
    await play(10);
    touch("automix");
    expect([player.running, a().playing]).toEqual([false, true]);
  });

  it("passes over a track that can't be played and says so", async () => {
    engine.missing.add("t1");
    player.wish(wish(3));
    await play(50);
    expect(b().track?.id).toBe("t2");
    expect(engine.events).toContainEqual({ type: "problem", sentence: "Track 1 can't be played; the set goes on with the track after it." });
    await play(60);
    expect([said().at(-1), b().playing, a().playing]).toEqual(["step 2", true, false]);
  });

  it("begins with the first track that can be played, and ends where none can", async () => {
    engine.missing.add("t0");
    player.wish(wish(2));
    await play(5);
    expect([a().track?.id, a().playing]).toEqual(["t1", true]);
    engine = new Simulated();
    player = new Automix(engine, (_set, index) => plans(index));
    for (const id of ["t0", "t1"]) engine.missing.add(id);
    player.wish(wish(2));
    await play(5);
    expect(said()).toEqual(["started 0", "ended 2"]);
  });

  it("fades without a plan, before the track ends, whether the answer is no or none", async () => {
    plans = async () => Promise.reject(new Error("404"));
    player.wish(wish(3));
    await play(97);
    expect([said().at(-1), b().playing, a().playing]).toEqual(["step 1", true, false]);
    plans = () => new Promise(() => undefined);
    await play(97);
    expect([said().at(-1), a().track?.id, a().playing]).toEqual(["step 2", "t2", true]);
  });

  it("still gets across when a track's end comes before the plan's point", async () => {
    plans = async () => ({ ...STEP, outStartSec: LENGTH_SEC + 50 });
    player.wish(wish(2));
    await play(LENGTH_SEC + 4);
    expect(b().playing).toBe(true);
    await play(20);
    expect(said().at(-1)).toBe("step 1");
  });

  it("starts on what the DJ plays already, in the set or not", async () => {
    await engine.load("b", { id: "t1", rev: "1" });
    touch("play", "b", "mouse");
    player.wish(wish(3));
    await play(2);
    expect(engine.state.automix).toMatchObject({ step: 1, next: "Track 2" });
    expect(a().track?.id).toBe("t2");

    engine = new Simulated();
    player = new Automix(engine, (_set, index) => plans(index));
    await engine.load("a", { id: "stranger", rev: "1" });
    touch("play", "a", "mouse");
    player.wish(wish(2));
    await play(12);
    expect([b().track?.id, b().playing, a().playing]).toEqual(["t0", true, false]);
    expect(said()).toEqual(["started 0", "step 0"]);
  });

  it("waits for sound before it starts, and takes the same wish once", async () => {
    engine.state.audio = "off";
    player.wish(wish(2));
    player.wish(wish(2));
    player.wish(null);
    await play(5);
    expect([a().track?.id, a().playing]).toEqual(["t0", false]);
    engine.state.audio = "running";
    await play(1);
    expect([a().playing, said()]).toEqual([true, ["started 0"]]);
    player.wish(wish(2, "2"));
    expect(said()).toEqual(["started 0", "taken_over 0", "started 0"]);
  });
});

describe("a step", () => {
  it("is followed point by point, with jumps where two share a place", () => {
    const points: [number, number][] = [[0.25, 0], [0.75, 1], [0.75, 0.5], [1, 0.5]];
    expect([0, 0.25, 0.5, 0.75, 0.9, 1].map((share) => along(points, share))).toEqual([0, 0, 0.5, 0.5, 0.5, 0.5]);
  });

  it.each([
    [null, "object"],
    [{ ...STEP, rateIn: "1" }, "rateIn"],
    [{ ...STEP, lengthSec: 0 }, "impossible"],
    [{ ...STEP, curves: [{ deck: "in", control: "play", points: [[0, 1]] }] }, "no curve can move play"],
    [{ ...STEP, curves: [{ deck: "a", control: "fader", points: [[0, 1]] }] }, "no deck a"],
    [{ ...STEP, curves: [{ deck: "in", control: "fader", points: [[0, null]] }] }, "no points"],
  ])("is refused where it makes no sense (%#)", (raw, word) => {
    expect(() => checkedStep(raw)).toThrow(word);
    expect(checkedStep(STEP)).toBe(STEP);
  });
});
