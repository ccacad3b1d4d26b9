// Beat effects over the decks that are sent to them. Each keeps its tail when it is switched off.

export const FX_BLOCK = 128;
const ECHO_MOST_SEC = 4;
const ECHO_FEEDBACK = 0.6;
const REVERB_FEEDBACK = 0.86;
const REVERB_DAMPING = 0.35;
/** Lengths of the reverb's lines: mutually prime at 44.1 kHz, 25–50 ms. */
const REVERB_LINES = [1117, 1277, 1423, 1559, 1697, 1847, 2003, 2161] as const;
const FLANGER_MOST_SEC = 0.006;
const FLANGER_LEAST_SEC = 0.0006;
const FLANGER_FEEDBACK = 0.45;
const GATE_OPEN = 0.5;
const GATE_EDGE_SEC = 0.003;
const SWITCH_SEC = 0.01;

export interface Beat {
  /** Seconds of one beat as heard. */
  sec: number;
  /** Beat count now, with its fraction. */
  count: number;
}

class Line {
  private readonly data: Float32Array;
  private at = 0;

  constructor(size: number) {
    this.data = new Float32Array(Math.max(2, size));
  }

  write(x: number): void {
    this.data[this.at] = x;
    this.at = (this.at + 1) % this.data.length;
  }

  /** What was written `frames` (1 or more, with a fraction) ago. */
  read(frames: number): number {
    const { data } = this;
    const whole = Math.floor(frames);
    const share = frames - whole;
    const a = data[(this.at - whole + 2 * data.length) % data.length]!;
    const b = data[(this.at - whole - 1 + 2 * data.length) % data.length]!;
    return a + share * (b - a);
  }
}

export class Effects {
  /** Index into EFFECTS. */
  kind = 0;
  /** Length in beats. */
  beats = 1;
  level = 0.5;
  on = false;
  private readonly rate: number;
  private readonly echo: [Line, Line];
  private readonly flanger: [Line, Line];
  private readonly reverb: Line[];
  private readonly damped = new Float64Array(REVERB_LINES.length);
  private readonly taps = new Float64Array(REVERB_LINES.length);
  private readonly sizes: number[];
  private sent = 0;
  private echoFrames = 0;
  private turn = 0;
  private gate = 1;
  /** Frames since anything was heard of the effect. */
  private quiet = Infinity;

  constructor(sampleRate: number) {
    this.rate = sampleRate;
    const echo = Math.round(ECHO_MOST_SEC * sampleRate) + 2;
    const flanger = Math.round(FLANGER_MOST_SEC * sampleRate) + 4;
    this.echo = [new Line(echo), new Line(echo)];
    this.flanger = [new Line(flanger), new Line(flanger)];
    this.sizes = REVERB_LINES.map((size) => Math.round((size * sampleRate) / 44100));
    this.reverb = this.sizes.map((size) => new Line(size + 2));
  }

  /** Changes both channels in place. */
  process(left: Float32Array, right: Float32Array, count: number, beat: Beat): void {
    const step = 1 / (SWITCH_SEC * this.rate);
    const wanted = Math.max(FX_BLOCK, Math.min(ECHO_MOST_SEC, beat.sec * this.beats) * this.rate);
    if (this.echoFrames === 0) this.echoFrames = wanted;
    let loudest = 0;
    const gateAt = (beat.count / this.beats) % 1;
    const gateStep = 1 / (beat.sec * this.beats * this.rate);
    for (let i = 0; i < count; i++) {
      this.sent += Math.min(step, Math.max(-step, (this.on ? 1 : 0) - this.sent));
      if (this.sent === 0 && this.quiet > ECHO_MOST_SEC * this.rate) continue;
      this.echoFrames += (wanted - this.echoFrames) * 0.0005;
      const l = left[i]!;
      const r = right[i]!;
      switch (this.kind) {
        case 0: this.stepEcho(left, right, i, l, r); break;
        case 1: this.stepReverb(left, right, i, l, r); break;
        case 2: this.stepFlanger(left, right, i, l, r, beat); break;
        default: this.stepGate(left, right, i, l, r, (gateAt + i * gateStep + 1) % 1);
      }
      loudest = Math.max(loudest, Math.abs(left[i]! - l), Math.abs(right[i]! - r));
    }
    this.quiet = this.sent === 0 && loudest < 1e-5 ? this.quiet + count : 0;
  }

  private stepEcho(left: Float32Array, right: Float32Array, i: number, l: number, r: number): void {
    const [lineL, lineR] = this.echo;
    const wetL = lineL.read(this.echoFrames);
    const wetR = lineR.read(this.echoFrames);
    lineL.write(l * this.sent + wetL * ECHO_FEEDBACK);
    lineR.write(r * this.sent + wetR * ECHO_FEEDBACK);
    left[i] = l + wetL * this.level;
    right[i] = r + wetR * this.level;
  }

  /** Eight delay lines that feed one another by a Householder matrix: keeps energy, mixes all. */
  private stepReverb(left: Float32Array, right: Float32Array, i: number, l: number, r: number): void {
    const { taps, damped, reverb } = this;
    let sum = 0;
    for (let k = 0; k < 8; k++) {
      const tap = reverb[k]!.read(this.sizes[k]!);
      damped[k]! += (tap - damped[k]!) * (1 - REVERB_DAMPING);
      sum += taps[k] = damped[k]! * REVERB_FEEDBACK;
    }
    const shared = sum / 4;
    let wetL = 0;
    let wetR = 0;
    for (let k = 0; k < 8; k++) {
      reverb[k]!.write(taps[k]! - shared + (k % 2 ? r : l) * this.sent * 0.35);
      if (k % 2) wetR += taps[k]!;
      else wetL += taps[k]!;
    }
    left[i] = l + wetL * this.level;
    right[i] = r + wetR * this.level;
  }

  private stepFlanger(left: Float32Array, right: Float32Array, i: number, l: number, r: number, beat: Beat): void {
    const [lineL, lineR] = this.flanger;
    this.turn = (this.turn + 1 / (beat.sec * this.beats * 4 * this.rate)) % 1;
    const sweep = 0.5 - 0.5 * Math.cos(2 * Math.PI * this.turn);
    const frames = (FLANGER_LEAST_SEC + sweep * (FLANGER_MOST_SEC - FLANGER_LEAST_SEC)) * this.rate;
    const wetL = lineL.read(frames);
    const wetR = lineR.read(frames);
    lineL.write(l * this.sent + wetL * FLANGER_FEEDBACK);
    lineR.write(r * this.sent + wetR * FLANGER_FEEDBACK);
    left[i] = l + wetL * this.level;
    right[i] = r + wetR * this.level;
  }

  private stepGate(left: Float32Array, right: Float32Array, i: number, l: number, r: number, at: number): void {
    const edge = 1 / (GATE_EDGE_SEC * this.rate);
    const open = at < GATE_OPEN ? 1 : 0;
    this.gate += Math.min(edge, Math.max(-edge, open - this.gate));
    const gain = 1 - this.level * this.sent * (1 - this.gate);
    left[i] = l * gain;
    right[i] = r * gain;
  }
}
