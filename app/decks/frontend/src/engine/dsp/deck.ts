// One deck's transport: where the needle is, sample by sample, and what is heard there.
// Times are track seconds. Nothing here allocates while sound is made.

import { Grid } from "./grid";
import { KEYLOCK_FASTEST, KeyLock, LOOP_FADE_SEC, type LoopSpan, type Stretcher } from "./keylock";
import type { PcmStore } from "./pcm";
import { Platter } from "./platter";

/** Largest block that is rendered at once. */
export const BLOCK = 128;
/** Fade-in of a start: short enough for a kick's attack; fade-out of a stop. */
const START_SEC = 0.0015;
const STOP_SEC = 0.006;
/** Below this speed a record's sound fades out: a resting needle hears nothing. */
const SLOWEST_HEARD = 0.04;
/** Key lock needs music that moves forwards at some speed. */
const KEYLOCK_SLOWEST = 0.3;
const UNSHIFTED = 1e-6;
/** Being this close to the cue point counts as standing on it. */
export const AT_CUE_SEC = 0.003;
/** Sound must be here this far ahead, else the deck waits for it. */
const READY_SEC = 0.03;

/** Puts a place on the beat of another deck; `bar` asks for the bar too. */
export type Align = (sec: number, bar: boolean) => number;

export class Deck {
  store: PcmStore | null = null;
  grid: Grid | null = null;
  readonly platter: Platter;
  position = 0;
  playing = false;
  /** The cue button is held and plays. */
  cueing = false;
  /** A hot cue is held in slip. */
  padHeld = false;
  tempo = 1;
  /** What keeps the deck in step: multiplies the tempo, about 1. */
  trim = 1;
  keylock = true;
  keyShift = 0;
  reverse = false;
  slip = false;
  quantise = true;
  cueSec = 0;
  loop: LoopSpan | null = null;
  looping = false;
  /** Set by the desk while this deck follows another. */
  align: Align | null = null;
  /** Sound that should be heard isn't here yet. */
  waiting = false;
  /** Counts jumps, so that the desk notices them. */
  jumps = 0;
  readonly heads = new Float64Array(BLOCK);
  private readonly speeds = new Float64Array(BLOCK);
  private readonly rate: number;
  private readonly lock: KeyLock;
  private readonly loopOrNull = (): LoopSpan | null => (this.looping ? this.loop : null);
  private gain = 0;
  private startIn = -1;
  private fadeLeft = 0;
  private fadeAt = 0;
  private fadeSpeed = 0;
  private fadeGain = 0;
  private slipping = false;
  private slipAt = 0;

  constructor(sampleRate: number, stretcher: Stretcher) {
    this.rate = sampleRate;
    this.platter = new Platter(sampleRate);
    this.lock = new KeyLock(stretcher, sampleRate, BLOCK);
  }

  get durationSec(): number {
    return this.store?.durationSec ?? 0;
  }

  /** The speed that the motor aims at, without bends: what sync and slip reckon with. */
  get motorSpeed(): number {
    return this.tempo * this.trim * (this.reverse ? -1 : 1);
  }

  get touched(): boolean {
    return this.platter.touched;
  }

  /** Plays by its motor alone, forwards: others may follow it, and it may follow others. */
  get steady(): boolean {
    return this.playing && !this.waiting && this.platter.free && !this.reverse;
  }

  load(store: PcmStore | null, grid: Grid | null): void {
    this.stopAt(0);
    this.store = store;
    this.grid = grid;
    this.cueSec = 0;
    this.loop = null;
    this.looping = this.slipping = this.reverse = false;
    this.keyShift = 0;
    this.gain = 0;
    this.fadeLeft = 0;
    this.lock.cut();
  }

  // -- moving ---------------------------------------------------------------------------------------

  /** Moves the needle; what was heard fades out beneath what comes. */
  jump(sec: number): void {
    const to = Math.min(sec, this.durationSec);
    if (this.gain > 0 && this.store) {
      this.fadeLeft = Math.round(LOOP_FADE_SEC * this.rate);
      this.fadeAt = this.position;
      this.fadeSpeed = this.platter.speed;
      this.fadeGain = this.gain;
    }
    this.position = to;
    this.lock.cut();
    this.jumps++;
  }

  /** A jump that stays on the beat of the deck that is followed. */
  place(sec: number): void {
    const to = this.align && this.playing ? this.align(sec, false) : sec;
    if (to !== this.position) this.jump(to);
  }

  /** Puts a time on its nearest beat where quantise is on and beats are known. */
  onGrid(sec: number): number {
    return this.quantise && this.grid ? Math.max(0, this.grid.nearestBeat(sec)) : sec;
  }

  /** Jumps to `target` and keeps the distance from the beat that the music has now. */
  jumpInTime(target: number): void {
    const { grid, position } = this;
    if (!this.quantise || !grid || !this.playing) return this.place(target);
    const beat = grid.beatAt(position);
    const off = beat - Math.round(beat);
    this.place(grid.secAt(grid.beatAt(target) + off));
  }

  /** Whole beats on or back, the place within the beat kept; an active loop goes along. */
  beatJump(beats: number): void {
    const { grid, loop } = this;
    const moved = (sec: number): number => (grid ? grid.secAt(grid.beatAt(sec) + beats) : sec + beats / 2);
    if (loop && this.looping) {
      const start = moved(loop.start);
      if (start < 0 || start >= this.durationSec) return;
      this.loop = { start, end: moved(loop.end) };
    }
    this.jump(Math.max(grid ? -1 : 0, moved(this.position)));
  }

  // -- play and cue -----------------------------------------------------------------------------------

  /** Starts; a deck that follows starts on the leader's beat, or with `bar` in its bar. */
  play(bar = false): void {
    if (!this.store || (this.position >= this.durationSec && !this.reverse)) return;
    const wasHeard = this.gain > 0;
    this.begin();
    if (!wasHeard && this.align) this.position = this.align(this.position, bar);
  }

  private begin(): void {
    this.playing = true;
    this.platter.steady = this.motorSpeed;
    if (!this.touched) this.platter.start();
  }

  pause(): void {
    this.playing = this.cueing = false;
    this.startIn = -1;
  }

  togglePlay(): void {
    if (this.cueing) {
      this.cueing = false; // keeps playing when the cue button is let go
      this.place(this.position);
    } else if (this.playing && !this.platter.braking) this.pause();
    else this.play(true);
  }

  /** Stops at once and stands at `sec`; the sound fades out where it was. */
  stopAt(sec: number): void {
    this.jump(sec);
    this.pause();
    this.platter.stop();
    this.gain = 0;
  }

  /** The CUE button as on a CDJ. */
  cue(down: boolean): void {
    if (!this.store) return;
    if (!down) {
      if (this.cueing) this.stopAt(this.cueSec);
    } else if (this.playing) {
      this.stopAt(this.cueSec);
    } else if (Math.abs(this.position - this.cueSec) < AT_CUE_SEC) {
      this.position = this.cueSec;
      this.begin(); // what is listened to is the point itself
      this.cueing = true;
    } else {
      this.cueSec = this.onGrid(this.position);
      this.stopAt(this.cueSec);
    }
  }

  /** Starts at `sec`, `frames` (with a fraction) into the next block. */
  startLater(sec: number, frames: number): void {
    if (!this.store) return;
    this.stopAt(sec);
    this.startIn = Math.ceil(frames);
    this.position = sec + ((this.startIn - frames) * this.motorSpeed) / this.rate;
  }

  // -- loops ------------------------------------------------------------------------------------------

  setLoop(span: LoopSpan, active: boolean): void {
    const end = Math.min(span.end, this.durationSec);
    if (!(end - span.start >= 2 * LOOP_FADE_SEC)) return;
    if (active) this.enterSlip();
    this.loop = { start: span.start, end };
    this.looping = active;
    if (active && this.position >= end) this.jump(this.foldInto(this.position));
    else if (this.position + this.lock.leadSec >= end) this.lock.cut();
  }

  exitLoop(): void {
    if (this.loop && this.position + this.lock.leadSec >= this.loop.end) this.lock.cut();
    this.looping = false;
  }

  private foldInto(sec: number): number {
    const { start, end } = this.loop!;
    const length = end - start;
    return start + ((((sec - start) % length) + length) % length);
  }

  // -- slip -------------------------------------------------------------------------------------------

  /** Notes where the music would be, before something leads away from it. */
  enterSlip(): void {
    if (!this.slip || this.slipping || !this.playing) return;
    this.slipping = true;
    this.slipAt = this.position;
  }

  private get astray(): boolean {
    return this.looping || this.platter.touched || this.reverse || this.padHeld || this.platter.braking;
  }

  // -- sound ------------------------------------------------------------------------------------------

  /** Makes the next `count` (at most BLOCK) frames. */
  render(left: Float32Array, right: Float32Array, count: number): void {
    const { store, platter, heads, speeds } = this;
    if (!store) {
      left.fill(0, 0, count);
      right.fill(0, 0, count);
      return;
    }
    const dt = 1 / this.rate;
    this.beginBlock(count * dt);
    const frameRate = store.sampleRate;
    const fadeFrames = Math.round(LOOP_FADE_SEC * this.rate);
    for (let i = 0; i < count; i++) {
      if (this.startIn >= 0 && this.startIn-- === 0) this.begin();
      const sounding = (this.playing && !this.waiting) || platter.touched;
      const target = sounding ? 1 : 0;
      if (this.gain < target) this.gain = Math.min(1, this.gain + dt / START_SEC);
      else if (this.gain > target) this.gain = Math.max(0, this.gain - dt / STOP_SEC);
      heads[i] = this.position;
      let l = 0;
      let r = 0;
      if (this.gain > 0) {
        const amp = this.gain * Math.min(1, Math.abs(platter.speed) / SLOWEST_HEARD);
        store.read(this.position * frameRate);
        l = store.left * amp;
        r = store.right * amp;
      }
      if (this.fadeLeft > 0) {
        const share = 0.5 - 0.5 * Math.cos((Math.PI * this.fadeLeft) / fadeFrames);
        const amp = this.fadeGain * share * Math.min(1, Math.abs(this.fadeSpeed) / SLOWEST_HEARD);
        store.read(this.fadeAt * frameRate);
        l = l * (1 - share) + store.left * amp;
        r = r * (1 - share) + store.right * amp;
        this.fadeAt += this.fadeSpeed * dt;
        this.fadeLeft--;
      }
      left[i] = l;
      right[i] = r;
      if (sounding || this.gain > 0) this.position += platter.step();
      speeds[i] = platter.speed;
      if (this.looping) this.turnLoop();
    }
    this.endBlock();
    const speed = platter.speed;
    const shifts = this.keyShift !== 0 || (this.keylock && Math.abs(speed - 1) > UNSHIFTED);
    const fits = speed > KEYLOCK_SLOWEST && speed < KEYLOCK_FASTEST;
    const wanted = shifts && fits && this.playing && platter.free && !this.waiting;
    this.lock.process(
      store, heads, speeds, this.loopOrNull(), this.keyShift, !this.keylock, left, right, count, wanted,
    );
  }

  private beginBlock(seconds: number): void {
    const { store, platter } = this;
    if (this.playing) platter.steady = this.motorSpeed;
    else if (!platter.free) platter.steady = 0;
    if (platter.tick(seconds)) {
      this.pause();
      platter.stop();
    }
    const frame = this.position * store!.sampleRate;
    const soon = (this.position + READY_SEC * Math.sign(platter.speed || 1)) * store!.sampleRate;
    this.waiting = this.playing && !(store!.has(frame) && store!.has(soon));
    if (this.slipping) {
      this.slipAt += this.tempo * this.trim * seconds;
      if (!this.astray) {
        this.slipping = false;
        if (this.playing) this.jump(this.slipAt);
      }
    }
  }

  private endBlock(): void {
    if (!this.playing && !this.platter.touched && this.gain === 0) this.platter.speed = 0;
    const ended = this.position >= this.durationSec && this.platter.speed > 0;
    const began = this.position <= 0 && this.platter.speed < 0;
    if (!ended && !began) return;
    if (this.playing && !this.platter.touched && !this.slipping) {
      this.pause();
      this.platter.stop();
      this.gain = 0; // beyond the ends there is silence anyway
    }
    this.position = ended ? this.durationSec : 0;
  }

  private turnLoop(): void {
    const { start, end } = this.loop!;
    const backwards = this.platter.speed < 0;
    if (this.platter.touched) return;
    const out = backwards ? this.position < start && this.position > start - 1 : this.position >= end;
    if (!out) return;
    this.fadeLeft = Math.round(Math.min(LOOP_FADE_SEC, (end - start) / 2) * this.rate);
    this.fadeAt = this.position;
    this.fadeSpeed = this.platter.speed;
    this.fadeGain = this.gain;
    this.position = this.foldInto(this.position);
  }
}
