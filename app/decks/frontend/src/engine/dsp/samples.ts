// Eight one-shot sounds for the sampler pads, made here so that nothing has to be fetched.

/** What each pad plays, in order, as announced. */
export const SAMPLE_NAMES = ["Kick", "Clap", "Hat", "Snare roll", "Horn", "Siren", "Riser", "Drop"] as const;

const TAU = 2 * Math.PI;

/** White noise that is the same every time. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Makes a sound from a function of time; `voice` is called once a sample, in order. */
function render(rate: number, seconds: number, voice: (t: number, dt: number) => number): Float32Array {
  const out = new Float32Array(Math.round(rate * seconds));
  const edge = Math.round(rate * 0.004);
  for (let i = 0; i < out.length; i++) {
    const fade = Math.min(1, (out.length - 1 - i) / edge);
    out[i] = 0.5 * fade * voice(i / rate, 1 / rate);
  }
  return out;
}

/** A sum of harmonics of a gliding tone. */
function tone(hz: (t: number) => number, harmonics: number): (t: number, dt: number) => number {
  let phase = 0;
  return (t, dt) => {
    phase += hz(t) * dt;
    let sum = 0;
    for (let k = 1; k <= harmonics; k++) sum += Math.sin(TAU * k * phase) / k;
    return sum;
  };
}

export function makeSamples(rate: number): Float32Array[] {
  const kick = tone((t) => 48 + 160 * Math.exp(-t * 32), 1);
  const clap = noise(11);
  const hat = noise(22);
  const roll = noise(33);
  const horn = tone(() => 311, 9);
  const hornFifth = tone(() => 466, 9);
  const siren = tone((t) => 760 + 320 * Math.sin(TAU * 2.2 * t), 3);
  const rise = noise(44);
  const drop = tone((t) => 40 + 900 * Math.exp(-t * 2.2), 2);
  let hatLast = 0;
  let riseLow = 0;
  return [
    render(rate, 0.45, (t, dt) => kick(t, dt) * Math.exp(-t * 7)),
    render(rate, 0.3, (t) => clap() * (Math.exp(-t * 18) + (t < 0.03 ? Math.exp(-(t % 0.01) * 300) : 0)) * 0.6),
    render(rate, 0.12, (t) => {
      const x = hat();
      const high = x - hatLast;
      hatLast = x;
      return high * Math.exp(-t * 45) * 0.6;
    }),
    render(rate, 1.0, (t) => roll() * Math.exp(-(t % 0.0625) * 30) * (0.2 + 0.6 * t)),
    render(rate, 0.9, (t, dt) => (horn(t, dt) + hornFifth(t, dt)) * 0.4 * Math.min(1, t * 60)),
    render(rate, 1.8, (t, dt) => siren(t, dt) * 0.5),
    render(rate, 2.0, (t) => {
      riseLow += (rise() - riseLow) * (0.01 + 0.35 * (t / 2) ** 2);
      return riseLow * (0.3 + 0.9 * (t / 2));
    }),
    render(rate, 1.6, (t, dt) => drop(t, dt) * Math.exp(-t * 1.5)),
  ];
}

/** Plays one sound at a time over a block. */
export class Sampler {
  private readonly samples: Float32Array[];
  private slot = -1;
  private at = 0;

  constructor(samples: Float32Array[]) {
    this.samples = samples;
  }

  play(slot: number): void {
    this.slot = slot;
    this.at = 0;
  }

  add(left: Float32Array, right: Float32Array, count: number): void {
    const sample = this.samples[this.slot];
    if (!sample) return;
    for (let i = 0; i < count && this.at < sample.length; i++, this.at++) {
      left[i]! += sample[this.at]!;
      right[i]! += sample[this.at]!;
    }
    if (this.at >= sample.length) this.slot = -1;
  }
}
