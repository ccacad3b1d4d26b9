// A track's peaks in three bands, as analysis/peaks.py writes them (version 1).

export interface Peaks {
  /** Columns a second. */
  rateHz: number;
  /** Amplitude of byte 255 against full scale: low, mid, high. */
  scales: [number, number, number];
  bands: [Uint8Array, Uint8Array, Uint8Array];
}

const HEADER_BYTES = 28;
/** How much of the half height a band takes at full scale: low, mid, high. */
const BAND_HEIGHTS = [1, 0.72, 0.5] as const;

export function readPeaks(buffer: ArrayBuffer): Peaks {
  if (buffer.byteLength < HEADER_BYTES) throw new Error("not a waveform file");
  const header = new DataView(buffer);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  const count = header.getUint32(12, true);
  if (magic !== "SGPK" || header.getUint16(4, true) !== 1 || buffer.byteLength < HEADER_BYTES + 3 * count) {
    throw new Error("not a waveform file");
  }
  const band = (at: number) => new Uint8Array(buffer, HEADER_BYTES + at * count, count);
  return {
    rateHz: header.getFloat32(8, true),
    scales: [header.getFloat32(16, true), header.getFloat32(20, true), header.getFloat32(24, true)],
    bands: [band(0), band(1), band(2)],
  };
}

/** What one byte of each band is in shares of the half height. Quiet bands are lifted by the square
 * root of their share, or hi-hats would not show. */
export function bandLifts(peaks: Peaks): [number, number, number] {
  const loudest = Math.max(...peaks.scales) || 1;
  const lift = (band: 0 | 1 | 2) => (Math.sqrt(peaks.scales[band] / loudest) * BAND_HEIGHTS[band]) / 255;
  return [lift(0), lift(1), lift(2)];
}

/** Highest peak of a band from one time to another, in columns; between columns where closer. */
export function peakBetween(band: Uint8Array, from: number, to: number): number {
  if (to - from < 1) {
    const at = (from + to) / 2 - 0.5;
    const left = Math.floor(at);
    const before = band[left] ?? 0;
    const after = band[left + 1] ?? 0;
    return before + (after - before) * (at - left);
  }
  const end = Math.min(band.length, Math.ceil(to));
  let peak = 0;
  for (let i = Math.max(0, Math.floor(from)); i < end; i += 1) {
    if (band[i]! > peak) peak = band[i]!;
  }
  return peak;
}

const asked = new Map<string, Promise<Peaks>>();

/** Fetches a track's peaks, once a page. */
export function fetchPeaks(id: string): Promise<Peaks> {
  const known = asked.get(id);
  if (known) return known;
  const fetching = fetch(`/dj/peaks/${encodeURIComponent(id)}`)
    .then((response) => {
      if (!response.ok) throw new Error(`peaks of ${id}: ${response.status}`);
      return response.arrayBuffer();
    })
    .then(readPeaks);
  asked.set(id, fetching);
  // a failure may pass: the next load asks again
  fetching.catch(() => asked.delete(id));
  return fetching;
}

/** Paints the three bands over one another, mirrored about the middle of the picture. */
export function paintBands(
  pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  peaks: Peaks,
  area: { width: number; height: number; fromSec: number; pxPerSec: number },
  colours: readonly [string, string, string],
): void {
  const middle = area.height / 2;
  const first = area.fromSec * peaks.rateHz;
  const each = peaks.rateHz / area.pxPerSec;
  const lifts = bandLifts(peaks);
  const heights = new Float32Array(area.width + 1);
  peaks.bands.forEach((band, number) => {
    const lift = lifts[number]! * middle;
    for (let x = 0; x <= area.width; x += 1) {
      const peak = peakBetween(band, first + (x - 0.5) * each, first + (x + 0.5) * each);
      // silence leaves a hairline of the low band and nothing of the others
      heights[x] = number === 0 ? Math.max(0.5, peak * lift) : peak * lift;
    }
    pen.beginPath();
    pen.moveTo(0, middle);
    for (let x = 0; x <= area.width; x += 1) pen.lineTo(x, middle - heights[x]!);
    for (let x = area.width; x >= 0; x -= 1) pen.lineTo(x, middle + heights[x]!);
    pen.closePath();
    pen.fillStyle = colours[number]!;
    pen.fill();
  });
}
