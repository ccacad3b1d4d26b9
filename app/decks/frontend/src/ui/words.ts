// Values in words and figures, as shown and as announced.

import type { DeckState, HotCue, Loop, Track } from "../contract";
import { eqDb, filterSetting, masterGain, trimDb } from "../engine/units";

const MINUS = "−";
const FRACTIONS: Record<string, string> = { "0.125": "⅛", "0.25": "¼", "0.5": "½", "0.75": "¾" };

/** Below this a grid is said to be unsure, as everywhere in Segue. */
export const UNSURE = 0.5;

/** Beats closer than this are heard as one kick. */
export const TIGHT_MS = 10;

export function clock(sec: number): string {
  const whole = Math.max(0, Math.floor(sec + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Minutes, seconds and tenths: "3:07.4". */
export function clockTenths(sec: number): string {
  const tenths = Math.max(0, Math.floor(sec * 10 + 1e-6));
  return `${clock(tenths / 10)}.${tenths % 10}`;
}

export function signed(value: number, digits = 0): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? MINUS : "+") + text;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function trimWords(value: number): string {
  return decibels(trimDb(value));
}

export function eqWords(value: number): string {
  return decibels(eqDb(value));
}

export function masterWords(value: number): string {
  return value === 0 ? "silent" : decibels(20 * Math.log10(masterGain(value)));
}

export function filterWords(value: number): string {
  const { wet, hz, highPass } = filterSetting(value);
  if (wet === 0) return "off";
  const where = hz < 1000 ? `${Math.round(hz)} Hz` : `${(hz / 1000).toFixed(1)} kHz`;
  return `${highPass ? "high" : "low"}-pass at ${where}`;
}

export function crossfaderWords(value: number): string {
  const away = Math.round((value - 0.5) * 200);
  if (away === 0) return "middle";
  if (Math.abs(away) === 100) return `deck ${away < 0 ? "A" : "B"} alone`;
  return `${Math.abs(away)} % towards deck ${away < 0 ? "A" : "B"}`;
}

/** Where the tempo fader stands in its range: 1 fastest, 0 slowest. */
export function tempoShare(deck: Pick<DeckState, "tempo" | "tempoRange">): number {
  return Math.min(1, Math.max(0, 0.5 + ((deck.tempo - 1) * 50) / deck.tempoRange));
}

export function tempoWords(tempo: number): string {
  return `${signed((tempo - 1) * 100, 2)} %`;
}

/** "4", "½", "1/32": a number of beats in the least room. */
export function beatsShort(beats: number): string {
  const size = Math.abs(beats);
  if (size >= 1) return String(Math.round(size * 100) / 100);
  return FRACTIONS[String(size)] ?? `1/${Math.round(1 / size)}`;
}

/** The beats a loop lasts on its track's grid, or null without one. */
export function loopBeats(loop: Loop, track: Track | null): number | null {
  if (!track?.bpm) return null;
  const beats = ((loop.endSec - loop.startSec) * track.bpm) / 60;
  // the nearest power of two, unless the loop is a free one
  const power = 2 ** Math.round(Math.log2(beats));
  return Math.abs(beats / power - 1) < 0.04 ? power : Math.round(beats * 10) / 10;
}

export interface Phase {
  text: string;
  tone: "good" | "plain" | "unsure";
}

/** How many milliseconds after the other deck's beat this deck's is heard, or null without beats. */
export function phaseMs(phaseBeats: number | null, bpm: number | null): number | null {
  return phaseBeats === null || !bpm ? null : Math.round((phaseBeats * 60_000) / bpm);
}

/** How far apart the beats are, in the words of a DJ. */
export function phaseWords(ms: number | null): Phase {
  if (ms === null) return { text: "–", tone: "plain" };
  if (Math.abs(ms) <= TIGHT_MS) return { text: "in sync", tone: "good" };
  return { text: ms > 0 ? `${ms} ms late` : `${-ms} ms early`, tone: Math.abs(ms) < 40 ? "unsure" : "plain" };
}

export function cueWords(cue: HotCue | null): string {
  if (!cue) return "empty";
  return cue.loop_end_sec === null ? clockTenths(cue.sec) : `loop at ${clockTenths(cue.sec)}`;
}

export function decibels(db: number): string {
  return `${signed(db, 1)} dB`;
}

/** "A: Overpass Again – Amber Transit" for announcements. */
export function trackWords(track: Track | null): string {
  if (!track) return "empty";
  return track.artist ? `${track.title} by ${track.artist}` : track.title;
}
