// Time to pixels and back, for a picture that scrolls under a fixed play line.
//
// Both decks share one time scale, the seconds *heard*: a deck that plays 4 % faster is drawn 4 %
// narrower, so that beats which sound together stand above one another.

/** Where the play line stands, as a share of the width: more of what comes than of what was. */
export const PLAY_LINE = 0.38;

/** How many seconds fit into the width, from two beats to half a track. */
export const ZOOM_SEC = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96] as const;
export const ZOOM_AT_START = 4;

export interface Scale {
  /** Width in pixels of the device. */
  width: number;
  /** Pixels a second heard. */
  pxPerSec: number;
  /** Track seconds a second heard, at the tempo as set (no bend, no scratch). */
  rate: number;
  /** Track second at the play line. */
  now: number;
}

export function pxPerTrackSec(scale: Scale): number {
  return scale.pxPerSec / scale.rate;
}

export function xAt(scale: Scale, sec: number): number {
  return scale.width * PLAY_LINE + (sec - scale.now) * pxPerTrackSec(scale);
}

export function secAt(scale: Scale, x: number): number {
  return scale.now + (x - scale.width * PLAY_LINE) / pxPerTrackSec(scale);
}

/** First index whose value is not below `value`, in an ascending list. */
export function lowerBound(list: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// -- tiles -------------------------------------------------------------------------------------------

export const TILE_PX = 512;

/** Pixels a second a tile is painted with: the next half octave up, so it is only ever narrowed. */
export function tileLevel(pixels: number): number {
  return 2 ** (Math.ceil(Math.log2(pixels) * 2 - 1e-6) / 2);
}

/** Track seconds one tile covers. */
export function tileSec(level: number): number {
  return TILE_PX / level;
}

/** The numbers of the first and last tile that show a stretch of a track, or null where none does. */
export function tileRange(
  level: number,
  fromSec: number,
  toSec: number,
  durationSec: number,
): { first: number; last: number } | null {
  const each = tileSec(level);
  const first = Math.max(0, Math.floor(fromSec / each));
  const last = Math.min(Math.ceil(durationSec / each), Math.ceil(toSec / each)) - 1;
  return last < first ? null : { first, last };
}

/** Every how many-th line is drawn so that lines keep their distance: 1, 2, 4 … */
export function thinning(gapPx: number, atLeastPx: number): number {
  let every = 1;
  while (gapPx > 0 && gapPx * every < atLeastPx) every *= 2;
  return every;
}
