import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Peaks } from "../../src/ui/waveform/peaks";
import type { Scale } from "../../src/ui/waveform/scale";
import { Tiles } from "../../src/ui/waveform/tiles";

const peaks: Peaks = {
  rateHz: 150,
  scales: [1, 0.5, 0.2],
  bands: [new Uint8Array(15000), new Uint8Array(15000), new Uint8Array(15000)],
};
const palette = { low: "red", mid: "orange", high: "white" } as ConstructorParameters<typeof Tiles>[2];
let painted = 0;
let drawn = 0;

class Easel {
  constructor(public width: number, public height: number) {}
  getContext() {
    return { beginPath() {}, moveTo() {}, lineTo() {}, closePath() {}, fill() {} };
  }
  transferToImageBitmap() {
    painted += 1;
    return { close() {} };
  }
}

const pen = { drawImage: () => (drawn += 1) } as unknown as CanvasRenderingContext2D;
const scale = (now: number): Scale => ({ width: 1280, pxPerSec: 160, rate: 1, now });

beforeEach(() => {
  painted = drawn = 0;
  vi.stubGlobal("OffscreenCanvas", Easel);
});
afterEach(() => vi.unstubAllGlobals());

describe("the tiles of a waveform", () => {
  it("are painted one a frame after a jump, until all in sight are there", () => {
    const tiles = new Tiles(peaks, 100, palette);
    const frames: boolean[] = [];
    do {
      const before = painted;
      frames.push(tiles.draw(pen, scale(50), 0, 60, { tiles: 1 }));
      expect(painted - before).toBe(1);
    } while (!frames.at(-1) && frames.length < 20);
    expect(frames.length).toBe(4); // eight seconds in tiles of 2.8
    drawn = 0;
    expect(tiles.draw(pen, scale(50), 0, 60, { tiles: 1 })).toBe(true);
    expect(drawn).toBe(4);
  });

  it("come one ahead of what is in sight, and are painted once", () => {
    const tiles = new Tiles(peaks, 100, palette);
    tiles.draw(pen, scale(20), 0, 60, { tiles: 99 });
    const all = painted;
    expect(all).toBe(drawn + 1);
    tiles.draw(pen, scale(20.1), 0, 60, { tiles: 99 });
    expect(painted).toBe(all);
  });

  it("wait where another deck has used the frame up", () => {
    const tiles = new Tiles(peaks, 100, palette);
    expect(tiles.draw(pen, scale(20), 0, 60, { tiles: 0 })).toBe(false);
    expect(painted).toBe(0);
  });
});
