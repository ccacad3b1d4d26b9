import { describe, expect, it } from "vitest";
import { bandLifts, peakBetween, readPeaks } from "../../src/ui/waveform/peaks";

function file(columns: number[][], scales = [0.8, 0.4, 0.2]): ArrayBuffer {
  const count = columns[0]!.length;
  const buffer = new ArrayBuffer(28 + 3 * count);
  const view = new DataView(buffer);
  [..."SGPK"].forEach((letter, at) => view.setUint8(at, letter.charCodeAt(0)));
  view.setUint16(4, 1, true);
  view.setUint16(6, 3, true);
  view.setFloat32(8, 150, true);
  view.setUint32(12, count, true);
  scales.forEach((scale, band) => view.setFloat32(16 + 4 * band, scale, true));
  columns.forEach((band, number) => new Uint8Array(buffer, 28 + number * count, count).set(band));
  return buffer;
}

describe("a waveform file", () => {
  it("is read band by band", () => {
    const peaks = readPeaks(file([[1, 2], [3, 4], [5, 255]]));
    expect(peaks.rateHz).toBe(150);
    expect(peaks.bands.map((band) => [...band])).toEqual([[1, 2], [3, 4], [5, 255]]);
    expect(peaks.scales[1]).toBeCloseTo(0.4);
  });

  it("is refused when it is something else or cut short", () => {
    const whole = file([[1, 2], [3, 4], [5, 6]]);
    expect(() => readPeaks(whole.slice(0, 31))).toThrow("not a waveform file");
    expect(() => readPeaks(whole.slice(0, 12))).toThrow("not a waveform file");
    new Uint8Array(whole)[0] = 0;
    expect(() => readPeaks(whole)).toThrow("not a waveform file");
  });
});

describe("a column of pixels", () => {
  const band = new Uint8Array([0, 10, 200, 40]);

  it("shows the highest of the peaks it stands for", () => {
    expect(peakBetween(band, 0, 4)).toBe(200);
    expect(peakBetween(band, -3, 2)).toBe(10);
    expect(peakBetween(band, 5, 9)).toBe(0);
  });

  it("lies between two peaks where the picture is larger than they are", () => {
    expect(peakBetween(band, 1.9, 2.1)).toBeCloseTo(105); // the edge between columns 1 and 2
    expect(peakBetween(band, 2.4, 2.6)).toBeCloseTo(200); // the middle of column 2
  });

  it("lifts quiet bands but never past the loudest", () => {
    const [low, mid, high] = bandLifts(readPeaks(file([[0], [0], [0]])));
    expect(low * 255).toBeCloseTo(1);
    expect(mid * 255).toBeCloseTo(0.72 * Math.SQRT1_2);
    expect(high * 255).toBeCloseTo(0.5 * 0.5);
  });
});
