// A set played live: each track is loaded in good time, started where the plan says, and led over.
//
// A state machine in given time: `step(nowMs)` is all that moves it, so that tests need no clock. The
// sound's timing is the engine's (`arm`); here only controls are moved and decisions made.

import { DECKS, type Action, type AutomixStep, type AutomixWish, type ControlName, type DeckId, type DeckState, type Engine } from "../contract";
import { standing } from "../midi/states";
import { TRANSPORT, type Glide, type Mix, type Next, type Opening } from "./parts";
import { along, finish, plainFade, READY_SEC, restOf } from "./step";

/** A deck is made ready and armed this long before it is to start. */
const ARM_SEC = 20;
/** A track that stopped this near to its end has ended. */
const END_SEC = 0.5;
/** A deck that was to start and is not heard after this is started by hand; after three times as long
 * the decks are left to the DJ. */
const START_SEC = 1;
/** Without a plan by then, the track fades into the next. */
const NO_PLAN_SEC = 25;
/** Rates are brought to where a plan wants them within this. */
const APPROACH_SEC = 8;
const SAME_RATE = 1e-4;
/** A curve's smaller moves are not sent. */
const STEP_SIZE = 0.0005;

/** What the incoming deck must have out of the way, at rest. */
const CHANNEL: readonly ControlName[] = ["eq_high", "eq_mid", "eq_low", "filter"];

export type FetchStep = (set: string, index: number) => Promise<AutomixStep>;

export class Automix {
  private set: AutomixWish | null = null;
  private active = false;
  /** The track that leads now; −1 where something else plays before the first. */
  private index = 0;
  private out: DeckId = "a";
  private next: Next | null = null;
  private mix: Mix | null = null;
  private glide: Glide | null = null;
  /** Until the first track runs. */
  private opening: Opening | null = null;
  /** Told to stop; its controls go to rest once it has, for its fader must not rise before. */
  private leaving: DeckId | null = null;
  /** Answers that belong to an earlier run are told by it. */
  private run = 0;

  constructor(
    private readonly engine: Engine,
    private readonly fetchStep: FetchStep,
  ) {
    engine.onAction((action) => this.heed(action));
  }

  get running(): boolean {
    return this.active;
  }

  /** The set to be played; null says nothing. */
  wish(wish: AutomixWish | null): void {
    if (wish === null || wish.tracks.length === 0) return;
    if (this.set?.id === wish.id && this.set.rev === wish.rev) return;
    if (this.active) this.release();
    this.set = wish;
    this.index = 0;
    this.begin(true);
  }

  /** Moves on to `nowMs`. */
  step(nowMs: number): void {
    if (!this.active || this.set === null) return;
    this.followGlide(nowMs);
    if (this.leaving !== null && !this.deck(this.leaving).playing) {
      this.rest(this.leaving);
      this.leaving = null;
    }
    if (this.opening !== null) this.open(this.opening);
    else if (this.mix?.running === true) this.lead(this.mix, nowMs);
    else this.approach(nowMs);
    if (this.active) this.show();
  }

  // -- beginning, ending, handing over -----------------------------------------------------------------

  /** Starts from what is playing now, else from the track where the set stands. */
  private begin(fresh: boolean): void {
    const set = this.set;
    if (set === null) return;
    this.run += 1;
    this.active = true;
    this.next = this.mix = this.glide = this.opening = this.leaving = null;
    const place = (deck: DeckId): number => set.tracks.findIndex(({ id }) => id === this.deck(deck).track?.id);
    const heard = DECKS.filter((deck) => this.deck(deck).playing).sort((one, other) => place(one) - place(other));
    const [first, last] = [heard[0], heard.at(-1)];
    if (first !== undefined && last !== undefined) {
      this.out = last;
      this.index = place(last);
      if (first !== last) this.resumeOverlap(first, last);
    } else {
      const there = DECKS.find((deck) => this.deck(deck).track?.id === set.tracks[this.index]?.id);
      this.out = there ?? "a";
      this.bring(fresh);
    }
    this.say("started");
    this.show();
  }

  /** Two tracks play: the later one leads, the other goes. */
  private resumeOverlap(leaving: DeckId, coming: DeckId): void {
    const at = (control: ControlName, side: "out" | "in") =>
      standing(this.engine.state, control, side === "out" ? leaving : coming) ?? restOf(control);
    this.out = leaving;
    this.index -= 1;
    const plan = finish(this.deck(leaving), this.deck(coming), at);
    this.mix = { plan, in: coming, running: true, heardSec: 0, lastMs: NaN, sent: new Map(), helped: false };
  }

  /** Loads the track where the set stands, to be started as soon as it can be heard. */
  private bring(fresh: boolean): void {
    const { run } = this;
    const opening: Opening = { loading: "loading", fresh, pressed: false };
    this.opening = opening;
    void this.load(this.out, this.index).then((loaded) => {
      if (run === this.run) opening.loading = loaded ? "ready" : "failed";
    });
  }

  private open(opening: Opening): void {
    if (opening.loading === "failed") return this.skipOpening();
    // before the first gesture in the page there is no sound to start
    if (opening.loading !== "ready" || this.engine.state.audio !== "running") return;
    if (this.deck(this.out).playing) {
      this.opening = null;
    } else if (!opening.pressed) {
      opening.pressed = true;
      this.rest(this.out);
      this.move({ control: "crossfader", value: restOf("crossfader") });
      if (opening.fresh) this.press("to_start", this.out);
      this.press("play", this.out);
    }
  }

  private skipOpening(): void {
    this.complain(this.index);
    this.index += 1;
    if (this.index < this.set!.tracks.length) this.bring(true);
    else this.end();
  }

  private end(): void {
    this.say("ended");
    this.stop();
    this.set = null; // the same set may be sent again
  }

  private stop(): void {
    this.run += 1;
    this.active = false;
    this.next = this.mix = this.glide = this.opening = this.leaving = null;
    this.engine.state.automix = null;
  }

  /** Lets go of everything; what sounds goes on. */
  private release(): void {
    if (this.mix !== null && !this.mix.running) this.engine.arm(this.mix.in, this.mix.plan.inStartSec, Infinity);
    this.say("taken_over");
    this.stop();
  }

  private heed(action: Action): void {
    if (action.from === "automix" || action.from === "test") return;
    if (action.control === "automix") {
      if (action.value <= 0) return;
      if (this.active) this.release();
      else this.begin(false);
    } else if (this.active && this.holds(action)) this.release();
  }

  /** Whether automix moves what this action moves. */
  private holds({ control, deck }: Action): boolean {
    if (deck !== undefined && TRANSPORT.has(control)) {
      return deck === this.out || deck === this.mix?.in || deck === this.next?.deck;
    }
    if (this.mix === null) return false;
    if (control === "crossfader") return this.mix.running;
    return this.mix.plan.curves.some((curve) => curve.control === control && this.side(curve.deck) === deck);
  }

  // -- towards the next transition ---------------------------------------------------------------------

  private approach(nowMs: number): void {
    const out = this.deck(this.out);
    const set = this.set!;
    const rate = out.tempo;
    const leftSec = ((out.track?.duration_sec ?? 0) - out.positionSec) / rate;
    if (!out.playing && leftSec > END_SEC) return this.release(); // stopped by what no action tells of
    if (this.next === null && this.index + 1 < set.tracks.length) this.prepare(this.index + 1);
    const next = this.next;
    if (next === null) {
      if (!out.playing) this.end();
      return;
    }
    if (next.plan === null && leftSec < NO_PLAN_SEC) next.plan = "none";
    if (next.loading === "failed") return this.skipNext(next);
    if (next.loading !== "ready" || next.plan === null) return;
    if (this.mix === null) this.ready(next, next.plan, out, nowMs);
    if (this.mix !== null && (out.positionSec >= this.mix.plan.outStartSec || !out.playing)) this.cross(this.mix, nowMs);
  }

  private prepare(index: number): void {
    const deck = other(this.out);
    const { run } = this;
    const next: Next = { index, deck, loading: "loading", plan: null };
    this.next = next;
    // a plan leads from one track to the one after it and fits no other pair
    if (this.index !== index - 1 || this.index < 0) next.plan = "none";
    else {
      this.fetchStep(this.set!.id, this.index).then(
        (plan) => void (next.plan ??= plan),
        () => void (next.plan ??= "none"),
      );
    }
    void this.load(deck, index).then((loaded) => {
      if (run === this.run) next.loading = loaded ? "ready" : "failed";
    });
  }

  private load(deck: DeckId, index: number): Promise<boolean> {
    const { id, rev } = this.set!.tracks[index]!;
    return this.engine.load(deck, { id, rev }, 0).then(
      () => this.deck(deck).track?.id === id && this.deck(deck).problem === "",
      () => false,
    );
  }

  private skipNext({ index }: Next): void {
    this.complain(index);
    this.next = null;
    if (index + 1 < this.set!.tracks.length) this.prepare(index + 1);
    else this.index = this.set!.tracks.length - 1; // nothing more comes: this one plays to its end
  }

  private complain(index: number): void {
    const title = this.set!.tracks[index]?.title ?? "A track";
    this.engine.emit({ type: "problem", sentence: `${title} can't be played; the set goes on with the track after it.` });
  }

  /** Sets the next deck up and arms it, once its time is near. */
  private ready(next: Next, planned: AutomixStep | "none", out: DeckState, nowMs: number): void {
    const rate = out.tempo; // not what it runs at just now: it may be waiting for its sound
    const track = this.deck(next.deck).track;
    const until = (plan: AutomixStep): number => (plan.outStartSec - out.positionSec) / rate;
    const missed = planned !== "none" && out.playing && until(planned) < READY_SEC;
    const plan = planned === "none" || missed ? plainFade(out, track, this.index < 0) : planned;
    next.plan = plan;
    if (this.glide === null && out.playing && Math.abs(out.tempo - plan.rateOut) > SAME_RATE) {
      // the DJ left it at another tempo than the plan reckons with
      this.glide = { deck: this.out, from: out.tempo, to: plan.rateOut, startMs: nowMs, sec: Math.min(APPROACH_SEC, until(plan)) };
    }
    if (out.playing && until(plan) > ARM_SEC) return;
    this.mix = { plan, in: next.deck, running: false, heardSec: 0, lastMs: nowMs, sent: new Map(), helped: false };
    this.rest(next.deck);
    for (const deck of [this.out, next.deck]) if (this.deck(deck).synced) this.press("sync_off", deck);
    this.engine.setRate(next.deck, plan.rateIn);
    this.curves(this.mix, 0, ["in"]);
    this.engine.arm(next.deck, plan.inStartSec, plan.outStartSec);
  }

  // -- the transition ----------------------------------------------------------------------------------

  private cross(mix: Mix, nowMs: number): void {
    mix.running = true;
    mix.lastMs = nowMs;
    if (this.glide?.deck === this.out) this.glide = null;
    this.engine.setRate(this.out, mix.plan.rateOut);
    this.lead(mix, nowMs);
  }

  private lead(mix: Mix, nowMs: number): void {
    const out = this.deck(this.out);
    const passed = Number.isNaN(mix.lastMs) ? 0 : (nowMs - mix.lastMs) / 1000;
    mix.lastMs = nowMs;
    // by the sound where it runs: a clock of its own would drift away from it
    const bySound = (out.positionSec - mix.plan.outStartSec) / mix.plan.rateOut;
    mix.heardSec = out.playing ? Math.max(mix.heardSec, bySound) : mix.heardSec + passed;
    const share = Math.min(1, mix.heardSec / mix.plan.lengthSec);
    this.curves(mix, share, ["out", "in"]);
    const coming = this.deck(mix.in);
    if (!coming.playing) this.help(mix, coming, out);
    else if (share >= 1) this.arrive(mix, nowMs);
  }

  /** The incoming track should be heard by now. */
  private help(mix: Mix, coming: DeckState, out: DeckState): void {
    if (!mix.helped && (mix.heardSec > START_SEC || !out.playing)) {
      mix.helped = true;
      this.engine.arm(mix.in, mix.plan.inStartSec, Infinity);
      const duration = coming.track?.duration_sec ?? 0;
      const place = mix.plan.inStartSec + mix.heardSec * mix.plan.rateIn;
      if (duration > 0) this.move({ control: "seek", deck: mix.in, value: place / duration });
      this.press("play", mix.in);
    }
    if (mix.heardSec > mix.plan.lengthSec + 3 * START_SEC) this.release();
  }

  private arrive(mix: Mix, nowMs: number): void {
    const left = this.out;
    if (this.deck(left).playing) this.press("play", left);
    this.leaving = left;
    this.rest(mix.in);
    const { rateIn, glideSec } = mix.plan;
    this.glide = Math.abs(rateIn - 1) > SAME_RATE ? { deck: mix.in, from: rateIn, to: 1, startMs: nowMs, sec: glideSec } : null;
    this.out = mix.in;
    this.index = this.next?.index ?? this.index + 1;
    this.mix = this.next = null;
    this.say("step");
  }

  private curves(mix: Mix, share: number, sides: readonly ("out" | "in")[]): void {
    for (const { deck: side, control, points } of mix.plan.curves) {
      if (!sides.includes(side)) continue;
      const value = along(points, share);
      const deck = this.side(side);
      const name = `${control} ${deck}`;
      const before = mix.sent.get(name);
      if (before !== undefined && (Math.abs(value - before) < STEP_SIZE || value === before) && share < 1) continue;
      mix.sent.set(name, value);
      this.move({ control, value, deck });
    }
  }

  private followGlide(nowMs: number): void {
    const glide = this.glide;
    if (glide === null) return;
    const share = glide.sec > 0 ? Math.min(1, (nowMs - glide.startMs) / 1000 / glide.sec) : 1;
    this.engine.setRate(glide.deck, glide.from + (glide.to - glide.from) * share);
    if (share >= 1) this.glide = null;
  }

  // -- small things ------------------------------------------------------------------------------------

  private deck = (deck: DeckId): DeckState => this.engine.state.decks[deck];
  private side = (side: "out" | "in"): DeckId => (side === "out" ? this.out : (this.mix?.in ?? other(this.out)));

  private move(action: Omit<Action, "from">): void {
    const { deck, ...rest } = action;
    this.engine.dispatch(deck === undefined || isGlobal(action.control) ? { ...rest, from: "automix" } : { ...action, from: "automix" });
  }

  private press(control: ControlName, deck: DeckId): void {
    this.move({ control, deck, value: 1 });
    this.move({ control, deck, value: 0 });
  }

  private rest(deck: DeckId): void {
    for (const control of [...CHANNEL, "fader" as const]) {
      if (standing(this.engine.state, control, deck) !== restOf(control)) this.move({ control, deck, value: restOf(control) });
    }
  }

  private say(state: "started" | "step" | "taken_over" | "ended"): void {
    this.engine.emit({ type: "automix", state, id: this.set?.id ?? "", step: Math.max(0, this.index) });
  }

  private show(): void {
    const set = this.set!;
    const out = this.deck(this.out);
    const plan = this.mix?.plan ?? (typeof this.next?.plan === "object" ? this.next.plan : null);
    const toMix = plan === null ? null : Math.max(0, (plan.outStartSec - out.positionSec) / out.tempo);
    const next = this.opening ? this.index : (this.next?.index ?? this.index + 1);
    this.engine.state.automix = {
      id: set.id,
      step: Math.max(0, this.index),
      tracks: set.tracks.length,
      next: set.tracks[next]?.title ?? "",
      secToMix: toMix,
    };
  }
}

const other = (deck: DeckId): DeckId => (deck === "a" ? "b" : "a");
const isGlobal = (control: ControlName): boolean => control === "crossfader";
