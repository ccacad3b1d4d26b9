// What stands on a waveform besides the music: beats, bars, phrases, sections, cues, loop, mix
// points. All positions are pixels of the device; `unit` is one CSS pixel of the smallest layout.

import type { DeckState, Track } from "../../contract";
import { CUE_COLOURS, type Palette } from "../palette";
import type { Labels } from "./labels";
import { lowerBound, pxPerTrackSec, type Scale, secAt, thinning, xAt } from "./scale";

export type Pen = CanvasRenderingContext2D;

/** Heights of a strip from its top, in units. */
export const ROWS = {
  ribbon: 14, // section names above
  wave: 19,
  numbers: 79, // the wave ends here; bar numbers
  other: 89, // beats of the other deck, down to the end
  height: 96,
} as const;

const MIN_BEAT_GAP = 12;
const MIN_BAR_GAP = 6;
/** Bars closer than this are hairlines too, or they would hide the music. */
const BRIGHT_BAR_GAP = 60;
const MIN_NUMBER_GAP = 30;
const FLAG = 12;

/** The visible part of an ascending list of seconds: [first, end) indices. */
function visible(list: number[], scale: Scale): [number, number] {
  return [lowerBound(list, secAt(scale, 0)), lowerBound(list, secAt(scale, scale.width))];
}

function gapPx(list: number[], scale: Scale): number {
  if (list.length < 2) return 0;
  return ((list[list.length - 1]! - list[0]!) / (list.length - 1)) * pxPerTrackSec(scale);
}

/** Beats as hairlines, downbeats brighter with the bar's number. */
export function bars(pen: Pen, track: Track, scale: Scale, unit: number, palette: Palette, labels: Labels): void {
  const top = ROWS.wave * unit;
  const bottom = ROWS.numbers * unit;
  const line = Math.max(1, Math.round(unit));
  if (gapPx(track.beats, scale) >= MIN_BEAT_GAP * unit) {
    pen.fillStyle = palette.text;
    pen.globalAlpha = 0.28;
    const [from, to] = visible(track.beats, scale);
    for (let i = from; i < to; i += 1) pen.fillRect(Math.round(xAt(scale, track.beats[i]!)), top, line, bottom - top);
    pen.globalAlpha = 1;
  }
  const gap = gapPx(track.downbeats, scale);
  if (gap === 0) return;
  const lines = thinning(gap, MIN_BAR_GAP * unit);
  const numbers = thinning(gap, MIN_NUMBER_GAP * unit);
  const [from, to] = visible(track.downbeats, scale);
  pen.fillStyle = palette.text;
  pen.globalAlpha = gap >= BRIGHT_BAR_GAP * unit ? 0.75 : 0.28;
  for (let bar = Math.ceil(from / lines) * lines; bar < to; bar += lines) {
    pen.fillRect(Math.round(xAt(scale, track.downbeats[bar]!)), top, line, bottom - top + 3 * unit);
  }
  pen.globalAlpha = 1;
  // one bar further left: its number may still reach into sight
  for (let bar = Math.max(0, Math.floor(from / numbers) - 1) * numbers; bar < to; bar += numbers) {
    labels.number(pen, bar + 1, xAt(scale, track.downbeats[bar]!) + 3 * unit, (ROWS.other - 1) * unit, palette.text2);
  }
}

/** The other deck's beats on this deck's time scale; its bars stand taller. */
export function otherBeats(pen: Pen, other: Track, scale: Scale, unit: number, colour: string): void {
  const top = ROWS.other * unit;
  const height = (ROWS.height - ROWS.other) * unit;
  const wide = Math.max(1, Math.round(1.5 * unit));
  pen.fillStyle = colour;
  if (gapPx(other.beats, scale) >= MIN_BEAT_GAP * unit) {
    const [from, to] = visible(other.beats, scale);
    for (let i = from; i < to; i += 1) {
      pen.fillRect(Math.round(xAt(scale, other.beats[i]!)), top + height / 2, wide, height / 2);
    }
  }
  const every = thinning(gapPx(other.downbeats, scale), MIN_BAR_GAP * unit);
  const [from, to] = visible(other.downbeats, scale);
  for (let bar = Math.ceil(from / every) * every; bar < to; bar += every) {
    pen.fillRect(Math.round(xAt(scale, other.downbeats[bar]!)) - wide / 2, top, 2 * wide, height);
  }
}

/** Sections as a ribbon in greys by energy, with their names; a name stays in sight while its section does. */
export function sections(pen: Pen, track: Track, scale: Scale, unit: number, palette: Palette, labels: Labels): void {
  const start = 22 * unit; // right of the deck's letter
  for (const section of track.sections) {
    const left = xAt(scale, section.start_sec);
    const right = xAt(scale, section.end_sec);
    if (right <= 0 || left >= scale.width) continue;
    const light = 22 + (section.energy ?? 5) * 5.5; // energy 1–10, dark to light
    pen.fillStyle = `hsl(214 12% ${light}%)`;
    pen.fillRect(Math.max(0, left), ROWS.ribbon * unit, Math.min(scale.width, right) - Math.max(0, left) - unit, 4 * unit);
    const at = Math.max(left + 2 * unit, start);
    if (at + labels.width(section.label, palette.text2) > right - 2 * unit) continue;
    labels.write(pen, section.label, at, (ROWS.ribbon - 3) * unit, palette.text2);
  }
}

/** A small flag where a phrase starts. */
export function phrases(pen: Pen, track: Track, scale: Scale, unit: number, palette: Palette): void {
  pen.fillStyle = palette.text;
  const [from, to] = visible(track.phrases, scale);
  const top = ROWS.wave * unit;
  pen.beginPath();
  for (let i = from; i < to; i += 1) {
    const x = Math.round(xAt(scale, track.phrases[i]!));
    pen.moveTo(x, top);
    pen.lineTo(x + 7 * unit, top + 3.5 * unit);
    pen.lineTo(x, top + 7 * unit);
  }
  pen.fill();
}

/** Brackets where the track is best mixed in and out. */
export function mixPoints(pen: Pen, track: Track, scale: Scale, unit: number, colour: string): void {
  pen.fillStyle = colour;
  const top = ROWS.wave * unit;
  const bottom = ROWS.numbers * unit;
  for (const [sec, opens] of [[track.mix_in_sec, true], [track.mix_out_sec, false]] as const) {
    if (sec === null) continue;
    const x = xAt(scale, sec);
    if (x < -10 * unit || x > scale.width + 10 * unit) continue;
    const arm = opens ? x : x - 6 * unit;
    pen.fillRect(x - unit, top, 2 * unit, bottom - top);
    pen.fillRect(arm, top, 7 * unit, 2 * unit);
    pen.fillRect(arm, bottom - 2 * unit, 7 * unit, 2 * unit);
  }
}

export function loopRegion(pen: Pen, deck: DeckState, scale: Scale, unit: number, colour: string): void {
  if (!deck.loop) return;
  const left = xAt(scale, deck.loop.startSec);
  const right = xAt(scale, deck.loop.endSec);
  if (right < 0 || left > scale.width) return;
  const top = ROWS.wave * unit;
  const height = (ROWS.numbers - ROWS.wave) * unit;
  pen.fillStyle = colour;
  pen.globalAlpha = deck.loop.active ? 0.28 : 0.1;
  pen.fillRect(left, top, right - left, height);
  pen.globalAlpha = deck.loop.active ? 1 : 0.5;
  pen.fillRect(left - unit, top, 2 * unit, height);
  pen.fillRect(right - unit, top, 2 * unit, height);
  pen.globalAlpha = 1;
}

/** Hot cues as flags with their letters, and the cue point as a wedge at the foot. */
export function cues(pen: Pen, deck: DeckState, scale: Scale, unit: number, colour: string, palette: Palette, labels: Labels): void {
  const top = ROWS.wave * unit;
  const bottom = ROWS.numbers * unit;
  const cueX = xAt(scale, deck.cueSec);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(cueX - 5 * unit, bottom);
  pen.lineTo(cueX + 5 * unit, bottom);
  pen.lineTo(cueX, bottom - 8 * unit);
  pen.fill();
  deck.hotCues.forEach((cue, slot) => {
    if (!cue) return;
    const x = Math.round(xAt(scale, cue.sec));
    if (x < -FLAG * unit || x > scale.width) return;
    pen.fillStyle = CUE_COLOURS[slot % CUE_COLOURS.length]!;
    pen.fillRect(x, top, Math.max(1, Math.round(unit)), bottom - top);
    pen.fillRect(x, top, FLAG * unit, FLAG * unit);
    labels.write(pen, "ABCDEFGH"[slot] ?? "", x + 2.6 * unit, top + 9.6 * unit, palette.ground);
  });
}

/** The hot cue whose flag is under a point, or −1. */
export function flagAt(deck: DeckState, scale: Scale, unit: number, x: number, y: number): number {
  if (y < ROWS.wave * unit || y > (ROWS.wave + FLAG + 4) * unit) return -1;
  return deck.hotCues.findIndex((cue) => {
    if (!cue) return false;
    const left = xAt(scale, cue.sec);
    return x >= left - 4 * unit && x <= left + (FLAG + 4) * unit;
  });
}
