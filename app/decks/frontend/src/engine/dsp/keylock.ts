// Keeps the key while the tempo moves. The stretcher answers later than it is fed, so it is fed
// from where the deck will be by then; what comes out is in step with the direct sound.

import type { PcmStore } from "./pcm";

export interface Stretcher {
  readonly ready: boolean;
  /** What comes out was fed before by the first, in the music's own seconds, and the second, as heard. */
  readonly inputLatencySec: number;
  readonly outputLatencySec: number;
  /** How many frames of music `seek` wants. */
  readonly historyFrames: number;
  /** Puts it elsewhere: the music just before what will be fed next. */
  seek(input: Float32Array[], rate: number): void;
  process(input: Float32Array[], inputFrames: number, output: Float32Array[], outputFrames: number, semitones: number): void;
}

export interface LoopSpan {
  start: number;
  end: number;
}

/** Above this speed the stretcher isn't used, and at most so much is fed at once. */
export const KEYLOCK_FASTEST = 3;
/** Blocks fed for each one heard while the stretcher catches up after a jump. */
const PRIME_BLOCKS = 6;
/** How fast the read-ahead follows when the tempo, and so the distance, changes. */
const SLEW_SEC = 0.1;
const WET_SEC = 0.015;
const CUT_SEC = 0.005;
/** Over which the end of a loop runs on beneath its start. */
export const LOOP_FADE_SEC = 0.005;

type Phase = "off" | "leaving" | "priming" | "ready";

export class KeyLock {
  private readonly stretcher: Stretcher;
  private readonly rate: number;
  private readonly output: Float32Array[];
  private input: Float32Array[];
  private phase: Phase = "off";
  private wet = 0;
  /** How far ahead of the deck the next frame is read, in track seconds. */
  private lead = 0;
  /** Share of a frame that rounding left to the next block. */
  private rest = 0;
  private left = 0;
  private right = 0;

  constructor(stretcher: Stretcher, sampleRate: number, block: number) {
    this.stretcher = stretcher;
    this.rate = sampleRate;
    this.input = [0, 1].map(() => new Float32Array(2 * KEYLOCK_FASTEST * block));
    this.output = [0, 1].map(() => new Float32Array(block));
  }

  /** How far ahead of the deck the stretcher reads, in track seconds. */
  get leadSec(): number {
    return this.phase === "ready" ? this.lead : 0;
  }

  /** The deck jumped: what the stretcher holds is of no use any more. */
  cut(): void {
    if (this.phase !== "off") this.phase = "leaving";
  }

  /**
   * Replaces the direct sound of one block, share by share, by the stretched one.
   *
   * `heads` and `speeds` are the deck's position and speed at each frame, `shift` the key shift in
   * semitones, and `follow` says that the key follows the tempo after all.
   */
  process(
    store: PcmStore,
    heads: Float64Array,
    speeds: Float64Array,
    loop: LoopSpan | null,
    shift: number,
    follow: boolean,
    left: Float32Array,
    right: Float32Array,
    count: number,
    wanted: boolean,
  ): void {
    const on = wanted && this.stretcher.ready;
    if (!on && this.phase === "off") return;
    const speed = Math.min(KEYLOCK_FASTEST, Math.max(0.1, speeds[count - 1]!));
    if (!on) this.phase = "leaving";
    else if (this.phase === "off" || (this.phase === "leaving" && this.wet === 0)) this.begin(store, heads[0]!, loop, speed);

    const semitones = shift + (follow ? 12 * Math.log2(speed) : 0);
    const target = this.stretcher.inputLatencySec + speed * this.stretcher.outputLatencySec;
    const blockSec = (count * speed) / this.rate;
    if (this.phase === "priming") {
      for (let b = 0; b < PRIME_BLOCKS && this.lead < target + blockSec; b++) {
        this.feed(store, heads[0]!, loop, blockSec, count, semitones);
      }
      // what is fed now is already heard in the next block
      if (this.lead >= target + blockSec) this.phase = "ready";
      this.lead -= blockSec;
      return;
    }

    let made = 0;
    for (let i = 0; i < count; i++) made += speeds[i]!;
    made /= this.rate;
    const catching = (target - this.lead) * (1 - Math.exp(-count / (SLEW_SEC * this.rate)));
    this.feed(store, heads[0]!, loop, Math.max(0, made + catching), count, semitones);
    this.lead -= made;
    this.mix(left, right, count);
    if (this.phase === "leaving" && this.wet === 0 && !on) this.phase = "off";
  }

  private mix(left: Float32Array, right: Float32Array, count: number): void {
    const step = this.phase === "ready" ? 1 / (WET_SEC * this.rate) : -1 / (CUT_SEC * this.rate);
    const [wetL, wetR] = this.output as [Float32Array, Float32Array];
    for (let i = 0; i < count; i++) {
      this.wet = Math.min(1, Math.max(0, this.wet + step));
      if (this.wet === 1) {
        left[i] = wetL[i]!;
        right[i] = wetR[i]!;
      } else if (this.wet > 0) {
        const a = Math.cos((this.wet * Math.PI) / 2);
        const b = Math.sin((this.wet * Math.PI) / 2);
        left[i] = left[i]! * a + wetL[i]! * b;
        right[i] = right[i]! * a + wetR[i]! * b;
      }
    }
  }

  /** Gives the stretcher the music around the deck, as if it had been playing. */
  private begin(store: PcmStore, head: number, loop: LoopSpan | null, speed: number): void {
    const frames = this.stretcher.historyFrames;
    if (this.input[0]!.length < frames) this.input = [0, 1].map(() => new Float32Array(frames));
    this.lead = this.stretcher.inputLatencySec;
    this.rest = 0;
    const from = head + this.lead - frames / this.rate;
    for (let i = 0; i < frames; i++) this.read(store, from + i / this.rate, loop, i);
    this.stretcher.seek(this.input, speed);
    this.phase = "priming";
  }

  /** Feeds so many seconds of music from `lead` on, and takes one block of sound. */
  private feed(store: PcmStore, head: number, loop: LoopSpan | null, seconds: number, count: number, semitones: number): void {
    const wanted = seconds * this.rate + this.rest;
    const frames = Math.min(this.input[0]!.length, Math.round(wanted));
    this.rest = wanted - frames;
    for (let i = 0; i < frames; i++) this.read(store, head + this.lead + i / this.rate, loop, i);
    this.stretcher.process(this.input, frames, this.output, count, semitones);
    this.lead += frames / this.rate;
  }

  /** Puts the frame at `sec` into the input, folded into the loop that the deck will follow. */
  private read(store: PcmStore, sec: number, loop: LoopSpan | null, i: number): void {
    const rate = store.sampleRate;
    if (loop && sec >= loop.end) {
      const length = loop.end - loop.start;
      const into = (sec - loop.start) % length;
      store.read((loop.start + into) * rate);
      this.left = store.left;
      this.right = store.right;
      const fade = Math.min(LOOP_FADE_SEC, length / 2);
      if (into < fade) {
        const share = into / fade;
        store.read((loop.end + into) * rate);
        this.left = this.left * share + store.left * (1 - share);
        this.right = this.right * share + store.right * (1 - share);
      }
    } else {
      store.read(sec * rate);
      this.left = store.left;
      this.right = store.right;
    }
    this.input[0]![i] = this.left;
    this.input[1]![i] = this.right;
  }
}
