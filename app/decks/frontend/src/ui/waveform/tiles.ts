// The bands of one track, painted ahead in tiles and kept while they are near. A frame paints few
// of them: after a jump the picture comes within a few frames, and no frame is late for it.

import type { Palette } from "../palette";
import { paintBands, type Peaks } from "./peaks";
import { pxPerTrackSec, type Scale, TILE_PX, tileLevel, tileRange, tileSec, xAt, secAt } from "./scale";

/** Tiles kept for each deck: three screens' worth at any zoom. */
const KEPT = 24;
/** Tiles painted in one frame, both decks together. */
export const PAINTED_A_FRAME = 1;

interface Tile {
  picture: ImageBitmap;
  used: number;
}

/** What may still be painted in this frame; all that paints takes from one of these. */
export interface Budget {
  tiles: number;
}

/** Where tiles are painted: one for all, for making one asks the graphics process and waits. */
let easel: OffscreenCanvas | null = null;

export class Tiles {
  private readonly tiles = new Map<string, Tile>();
  private height = 0;
  private clock = 0;

  constructor(
    readonly peaks: Peaks,
    readonly durationSec: number,
    private readonly palette: Palette,
  ) {}

  /**
   * Draws what is in sight, `height` pixels high from `top` on, and paints the tile ahead.
   * Returns whether nothing in sight is still to be painted.
   */
  draw(pen: CanvasRenderingContext2D, scale: Scale, top: number, height: number, budget: Budget): boolean {
    if (height !== this.height) {
      this.close();
      this.height = height;
    }
    this.clock += 1;
    const level = tileLevel(pxPerTrackSec(scale));
    const range = tileRange(level, secAt(scale, 0), secAt(scale, scale.width), this.durationSec);
    if (!range) return true;
    let whole = true;
    const each = tileSec(level);
    for (let number = range.first; number <= range.last; number += 1) {
      const tile = this.tile(level, number, budget);
      if (!tile) whole = false;
      if (!tile) continue;
      // whole pixels, the end of one being the start of the next: no seams
      const left = Math.round(xAt(scale, number * each));
      const right = Math.round(xAt(scale, (number + 1) * each));
      pen.drawImage(tile.picture, left, top, right - left, height);
    }
    if ((range.last + 1) * each < this.durationSec) this.tile(level, range.last + 1, budget);
    this.forget();
    return whole;
  }

  /** Gives the pictures' memory back. */
  close(): void {
    for (const { picture } of this.tiles.values()) picture.close();
    this.tiles.clear();
  }

  /** A tile as far as it is painted already or may be painted now. */
  private tile(level: number, number: number, budget: Budget): Tile | null {
    const key = `${level}/${number}`;
    const known = this.tiles.get(key);
    if (known) {
      known.used = this.clock;
      return known;
    }
    if (budget.tiles <= 0) return null;
    budget.tiles -= 1;
    easel ??= new OffscreenCanvas(TILE_PX, this.height);
    if (easel.height !== this.height) easel.height = this.height;
    const pen = easel.getContext("2d");
    if (pen) {
      const area = { width: TILE_PX, height: this.height, fromSec: number * tileSec(level), pxPerSec: level };
      paintBands(pen, this.peaks, area, [this.palette.low, this.palette.mid, this.palette.high]);
    }
    // a bitmap never changes, so the browser keeps it where it is drawn from
    const made = { picture: easel.transferToImageBitmap(), used: this.clock };
    this.tiles.set(key, made);
    return made;
  }

  private forget(): void {
    if (this.tiles.size <= KEPT) return;
    let oldest: string | null = null;
    let used = Infinity;
    for (const [key, tile] of this.tiles) {
      if (tile.used < used && tile.used < this.clock) [oldest, used] = [key, tile.used];
    }
    if (oldest === null) return;
    this.tiles.get(oldest)?.picture.close();
    this.tiles.delete(oldest);
  }
}
