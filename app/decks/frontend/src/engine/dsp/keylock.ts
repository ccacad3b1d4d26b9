// Keeps the key while the tempo moves. The stretcher answers `latency` later than it is fed, so it
// is fed from where the deck will be by then; what comes out is in step with the direct sound.

import type { PcmStore } from "./pcm";

export interface PitchShifter {
  readonly ready: boolean;
  readonly latencySec: number;
  process(input: Float32Array[], output: Float32Array[], semitones: number): void;
}

export interface LoopSpan {
  start: number;
  end: number;
}

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
  private readonly shifter: PitchShifter;
  private readonly dt: number;
  private readonly input: Float32Array[];
  private readonly output: Float32Array[];
  private phase: Phase = "off";
  private wet = 0;
  private lead = 0;
  private left = 0;
  private right = 0;

  constructor(shifter: PitchShifter, sampleRate: number, block: number) {
    this.shifter = shifter;
    this.dt = 1 / sampleRate;
    this.input = [new Float32Array(block), new Float32Array(block)];
    this.output = [new Float32Array(block), new Float32Array(block)];
  }

  /** Whether what is heard comes from the stretcher, wholly. */
  get engaged(): boolean {
    return this.wet === 1;
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
   * semitones and `follow` whether the tempo's own pitch is taken out.
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
    const on = wanted && this.shifter.ready;
    if (!on && this.phase === "off") return;
    if (!on) this.phase = "leaving";
    else if (this.phase === "off" || (this.phase === "leaving" && this.wet === 0)) this.begin(speeds[0]!);

    const { dt, input, output } = this;
    const latency = this.shifter.latencySec;
    const speed = speeds[0]!;
    if (this.phase === "priming") {
      const missing = (speed * latency - this.lead) / (count * dt * speed);
      const blocks = Math.min(PRIME_BLOCKS, Math.max(1, Math.ceil(missing) + 1));
      const pitch = shift - (follow ? 12 * Math.log2(speed) : 0);
      for (let b = 0; b < blocks; b++) {
        for (let i = 0; i < count; i++) this.feed(store, heads[0]! + this.lead + (b * count + i) * dt * speed, loop, i);
        this.shifter.process(input, output, pitch);
      }
      this.lead += (blocks - 1) * count * dt * speed;
      if (missing <= PRIME_BLOCKS - 1) this.phase = "ready";
      return;
    }

    const slew = 1 - Math.exp(-dt / SLEW_SEC);
    const leadBefore = this.lead;
    for (let i = 0; i < count; i++) {
      this.lead += (speeds[i]! * latency - this.lead) * slew;
      this.feed(store, heads[i]! + this.lead, loop, i);
    }
    const fed = Math.max(0.05, speeds[count - 1]! + (this.lead - leadBefore) / (count * dt));
    this.shifter.process(input, output, shift - (follow ? 12 * Math.log2(fed) : 0));

    const target = this.phase === "ready" ? 1 : 0;
    const step = target === 1 ? dt / WET_SEC : -dt / CUT_SEC;
    const [wetL, wetR] = [output[0]!, output[1]!];
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
    if (this.phase === "leaving" && this.wet === 0 && !on) this.phase = "off";
  }

  private begin(speed: number): void {
    this.phase = "priming";
    this.lead = -speed * this.shifter.latencySec;
  }

  /** Puts the frame at `sec` into the input block, folded into the loop that the deck will follow. */
  private feed(store: PcmStore, sec: number, loop: LoopSpan | null, i: number): void {
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
