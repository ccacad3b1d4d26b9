// A limiter that looks ahead: no sample leaves it above the ceiling, and nothing is clipped.

/** −1 dBFS. */
export const CEILING = 10 ** (-1 / 20);
const LOOK_AHEAD_SEC = 0.005;
const RELEASE_SEC = 0.12;

/**
 * The gain each frame needs is held for the look-ahead's length (a running minimum), let go slowly,
 * then averaged over the same length while the sound is delayed by it. Every average that meets a
 * frame is made of gains no larger than that frame needs, so the ceiling holds exactly.
 */
export class Limiter {
  readonly delay: number;
  /** What is taken off now, in dB, 0 or more. */
  reductionDb = 0;
  private readonly size: number;
  private readonly left: Float32Array;
  private readonly right: Float32Array;
  private readonly gains: Float64Array;
  private readonly queueGain: Float64Array;
  private readonly queueAt: Float64Array;
  private readonly release: number;
  private head = 0;
  private tail = 0;
  private frame = 0;
  private held = 1;
  private sum: number;

  constructor(sampleRate: number) {
    this.size = Math.max(1, Math.round(LOOK_AHEAD_SEC * sampleRate));
    this.delay = this.size - 1;
    this.left = new Float32Array(this.size);
    this.right = new Float32Array(this.size);
    this.gains = new Float64Array(this.size).fill(1);
    this.queueGain = new Float64Array(this.size + 1);
    this.queueAt = new Float64Array(this.size + 1);
    this.release = 1 - Math.exp(-1 / (RELEASE_SEC * sampleRate));
    this.sum = this.size;
  }

  /** Limits both channels in place. */
  process(left: Float32Array, right: Float32Array, count: number): void {
    const { size, queueGain, queueAt, gains } = this;
    const ring = size + 1;
    let lowest = 1;
    for (let i = 0; i < count; i++) {
      const l = left[i]!;
      const r = right[i]!;
      const peak = Math.max(Math.abs(l), Math.abs(r));
      const needed = peak > CEILING ? CEILING / peak : 1;
      // a queue of rising gains: its head is the smallest of the last `size` frames
      while (this.head !== this.tail && queueGain[(this.tail + ring - 1) % ring]! >= needed) {
        this.tail = (this.tail + ring - 1) % ring;
      }
      queueGain[this.tail] = needed;
      queueAt[this.tail] = this.frame;
      this.tail = (this.tail + 1) % ring;
      if (queueAt[this.head]! <= this.frame - size) this.head = (this.head + 1) % ring;
      this.held = Math.min(queueGain[this.head]!, this.held + (1 - this.held) * this.release);

      const slot = this.frame % size;
      this.sum += this.held - gains[slot]!;
      gains[slot] = this.held;
      this.left[slot] = l;
      this.right[slot] = r;
      const oldest = (slot + 1) % size;
      const gain = Math.min(1, this.sum / size);
      left[i] = this.left[oldest]! * gain;
      right[i] = this.right[oldest]! * gain;
      if (gain < lowest) lowest = gain;
      this.frame++;
    }
    // the running sum gathers rounding errors; once a block they are thrown away
    let sum = 0;
    for (let i = 0; i < size; i++) sum += gains[i]!;
    this.sum = sum;
    this.reductionDb = -20 * Math.log10(lowest);
  }
}

/** By how much the limiter delays what goes through it. */
export const CEILING_DELAY_SEC = LOOK_AHEAD_SEC;
