// A track's beats as a function of time and back, beyond both ends too.

/** Beats either way over which the local tempo is measured: a beat's own jitter doesn't bend the pitch. */
const TEMPO_BEATS = 8;
const BEATS_A_BAR = 4;

/** Puts `x` into [−modulus/2, modulus/2). */
export function wrap(x: number, modulus: number): number {
  return x - modulus * Math.floor(x / modulus + 0.5);
}

export class Grid {
  private readonly beats: Float64Array;
  private readonly bars: Int32Array;
  private hint = 0;

  /** Needs two beats or more, in rising order; `downbeats` are times of some of them. */
  constructor(beats: ArrayLike<number>, downbeats: ArrayLike<number>) {
    this.beats = Float64Array.from(beats);
    this.bars = Int32Array.from(downbeats, (sec) => Math.round(this.beatAt(sec)));
  }

  /** A grid, or null where the beats don't make one. */
  static from(beats: ArrayLike<number>, downbeats: ArrayLike<number>): Grid | null {
    if (beats.length < 2) return null;
    for (let i = 1; i < beats.length; i++) if (!(beats[i]! > beats[i - 1]!)) return null;
    return new Grid(beats, downbeats);
  }

  /** Index of the stretch between two beats that holds `sec`, the first or last one outside. */
  private stretch(sec: number): number {
    const { beats } = this;
    const last = beats.length - 2;
    let i = Math.min(this.hint, last);
    if (!(beats[i]! <= sec && sec < beats[i + 1]!)) {
      let low = 0;
      let high = last;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (beats[middle]! <= sec) low = middle;
        else high = middle - 1;
      }
      i = low;
    }
    return (this.hint = i);
  }

  /** Beats per second around `sec`. */
  density(sec: number): number {
    const i = this.stretch(sec);
    const from = Math.max(0, i - TEMPO_BEATS);
    const to = Math.min(this.beats.length - 1, i + 1 + TEMPO_BEATS);
    return (to - from) / (this.beats[to]! - this.beats[from]!);
  }

  /** The beat count at a time, with its fraction; below zero before the first beat. */
  beatAt(sec: number): number {
    const { beats } = this;
    const end = beats.length - 1;
    if (sec < beats[0]!) return (sec - beats[0]!) * this.density(beats[0]!);
    if (sec >= beats[end]!) return end + (sec - beats[end]!) * this.density(beats[end]!);
    const i = this.stretch(sec);
    return i + (sec - beats[i]!) / (beats[i + 1]! - beats[i]!);
  }

  /** The time of a beat count. */
  secAt(beat: number): number {
    const { beats } = this;
    const end = beats.length - 1;
    if (beat < 0) return beats[0]! + beat / this.density(beats[0]!);
    if (beat >= end) return beats[end]! + (beat - end) / this.density(beats[end]!);
    const i = Math.floor(beat);
    return beats[i]! + (beat - i) * (beats[i + 1]! - beats[i]!);
  }

  nearestBeat(sec: number): number {
    return this.secAt(Math.round(this.beatAt(sec)));
  }

  /** Beats since the last downbeat; where none is known, bars of four are counted on. */
  barBeat(beat: number): number {
    const { bars } = this;
    if (bars.length === 0) return beat - BEATS_A_BAR * Math.floor(beat / BEATS_A_BAR);
    let low = 0;
    let high = bars.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (bars[middle]! <= beat) low = middle;
      else high = middle - 1;
    }
    const since = beat - bars[low]!;
    return since - BEATS_A_BAR * Math.floor(since / BEATS_A_BAR);
  }
}
