// What a control's 0–1 means in sound. Automix curves are written in these units.

import { CROSSFADER_CURVES } from "../contract";

export const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
export const fromDb = (db: number): number => 10 ** (db / 20);

const TRIM_DB = 12;
const EQ_CUT_DB = 26;
const EQ_BOOST_DB = 6;
/** Loudness that automatic gain brings every track to. */
export const TARGET_LUFS = -14;
const AUTO_GAIN_DB = 12;
const MASTER_UNITY = 0.8;

/** Trim: 0.5 is 0 dB, twelve either way. */
export const trimDb = (value: number): number => (clamp(value, 0, 1) - 0.5) * 2 * TRIM_DB;

/** EQ: 0.5 is 0 dB, 0 is −26 dB, 1 is +6 dB, straight in dB on each side. */
export const eqDb = (value: number): number => {
  const x = (clamp(value, 0, 1) - 0.5) * 2;
  return x < 0 ? x * EQ_CUT_DB : x * EQ_BOOST_DB;
};

/** Faders: the value is the amplitude. */
export const faderGain = (value: number): number => clamp(value, 0, 1);

/** Master: 0.8 is 0 dB, 1 is +3.9 dB. */
export const masterGain = (value: number): number => (clamp(value, 0, 1) / MASTER_UNITY) ** 2;

/** What brings a track to the common loudness, in dB; nothing where its loudness is unknown. */
export const autoGainDb = (lufs: number | null): number =>
  lufs === null ? 0 : clamp(TARGET_LUFS - lufs, -AUTO_GAIN_DB, AUTO_GAIN_DB);

/** Gains of both decks at a crossfader position, 0 = all A. */
export function crossfaderGains(value: number, curve: number): [number, number] {
  const x = clamp(value, 0, 1);
  switch (CROSSFADER_CURVES[curve]) {
    case "linear": // both full in the middle
      return [Math.min(1, 2 - 2 * x), Math.min(1, 2 * x)];
    case "sharp": // full almost everywhere: for cuts
      return [clamp((1 - x) * 25, 0, 1), clamp(x * 25, 0, 1)];
    default: // the same power everywhere
      return [Math.cos((x * Math.PI) / 2), Math.sin((x * Math.PI) / 2)];
  }
}

export interface FilterSetting {
  /** How much of the filtered sound replaces the plain one. */
  wet: number;
  hz: number;
  highPass: boolean;
  /** 1 / resonance. */
  damping: number;
}

/** The one-knob filter: nothing in the centre, low-pass to 60 Hz below, high-pass to 8 kHz above. */
export function filterSetting(value: number): FilterSetting {
  const x = (clamp(value, 0, 1) - 0.5) * 2;
  const depth = Math.abs(x);
  const highPass = x > 0;
  const hz = highPass ? 20 * (8000 / 20) ** depth : 20000 * (60 / 20000) ** depth;
  return { wet: clamp((depth - 0.02) / 0.04, 0, 1), hz, highPass, damping: 1 / (0.8 + 0.8 * depth) };
}
