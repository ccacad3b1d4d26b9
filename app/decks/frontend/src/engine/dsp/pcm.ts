// The sound of a track as 16-bit chunks that arrive one by one, and reading between its frames.

/** Frames in a chunk: three seconds, half a megabyte. */
export const CHUNK_FRAMES = 1 << 17;
const CHUNK_SHIFT = 17;
const CHUNK_MASK = CHUNK_FRAMES - 1;

/** Taps of the interpolator, half of them on each side. */
export const TAPS = 16;
const HALF = TAPS / 2;
const PHASES = 512;
/** Shape of the Kaiser window: side lobes at about −80 dB, flat to 0.85 of half the sampling rate. */
const KAISER_BETA = 7.5;

function besselI0(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

/** Windowed sinc for PHASES + 1 positions between two frames, TAPS numbers each, with unit sum. */
function sincTable(): Float32Array {
  const table = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase++) {
    const taps: number[] = [];
    for (let tap = 0; tap < TAPS; tap++) {
      const x = tap - (HALF - 1) - phase / PHASES;
      const inside = 1 - (x / HALF) ** 2;
      const window = inside > 0 ? besselI0(KAISER_BETA * Math.sqrt(inside)) / besselI0(KAISER_BETA) : 0;
      const sinc = Math.abs(x) < 1e-9 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      taps.push(sinc * window);
    }
    const sum = taps.reduce((a, b) => a + b, 0);
    taps.forEach((tap, i) => (table[phase * TAPS + i] = tap / sum));
  }
  return table;
}

const TABLE = sincTable();

export class PcmStore {
  readonly frames: number;
  /** Frames a second of the recording. */
  readonly sampleRate: number;
  /** What a full-scale integer stands for. */
  readonly scale: number;
  /** The frame read last, left and right. */
  left = 0;
  right = 0;
  private readonly chunks: (Int16Array | null)[];

  constructor(frames: number, sampleRate: number, scale: number) {
    this.frames = frames;
    this.sampleRate = sampleRate;
    this.scale = scale;
    this.chunks = new Array(Math.ceil(frames / CHUNK_FRAMES)).fill(null);
  }

  get durationSec(): number {
    return this.frames / this.sampleRate;
  }

  /** Takes a chunk of interleaved stereo in; it is kept, not copied. */
  put(index: number, interleaved: Int16Array): void {
    if (index >= 0 && index < this.chunks.length) this.chunks[index] = interleaved;
  }

  drop(index: number): void {
    if (index >= 0 && index < this.chunks.length) this.chunks[index] = null;
  }

  /** Whether the frames around a position are here; what lies outside the track is silence and always is. */
  has(frame: number): boolean {
    const first = Math.max(0, Math.floor(frame) - HALF + 1);
    const last = Math.min(this.frames - 1, Math.floor(frame) + HALF);
    if (first > last) return true;
    return this.chunks[first >> CHUNK_SHIFT] != null && this.chunks[last >> CHUNK_SHIFT] != null;
  }

  /** Reads at any position between frames into `left` and `right`; missing chunks sound as silence. */
  read(frame: number): void {
    const base = Math.floor(frame);
    const first = base - HALF + 1;
    if (first >= this.frames || first + TAPS <= 0) {
      this.left = this.right = 0;
      return;
    }
    const at = (frame - base) * PHASES;
    const phase = at | 0;
    const share = at - phase;
    const t = phase * TAPS;
    let left = 0;
    let right = 0;
    const chunk = first >= 0 ? this.chunks[first >> CHUNK_SHIFT] : null;
    const offset = (first & CHUNK_MASK) * 2;
    if (chunk && offset + 2 * TAPS <= chunk.length) {
      for (let i = 0, j = offset; i < TAPS; i++, j += 2) {
        const a = TABLE[t + i]!;
        const weight = a + share * (TABLE[t + TAPS + i]! - a);
        left += weight * chunk[j]!;
        right += weight * chunk[j + 1]!;
      }
    } else {
      for (let i = 0; i < TAPS; i++) {
        const index = first + i;
        if (index < 0 || index >= this.frames) continue;
        const other = this.chunks[index >> CHUNK_SHIFT];
        if (!other) continue;
        const a = TABLE[t + i]!;
        const weight = a + share * (TABLE[t + TAPS + i]! - a);
        const j = (index & CHUNK_MASK) * 2;
        left += weight * other[j]!;
        right += weight * other[j + 1]!;
      }
    }
    const unit = this.scale / 32768;
    this.left = left * unit;
    this.right = right * unit;
  }
}
