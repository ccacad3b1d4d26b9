// A recording of the master as float samples, for tests and benchmarks.

import type { FromProcessor } from "./messages";

type Captured = Extract<FromProcessor, { type: "captured" }>;

export class Tap {
  private readonly pieces: Float32Array[] = [];
  private startFrame: number | null = null;
  private readonly ended: Promise<void>;
  private end: () => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  add(message: Captured): void {
    this.startFrame ??= message.frame;
    this.pieces.push(message.data as Float32Array);
    if (message.last) this.end();
  }

  /** Everything, once the last piece has come; `startedAt` on the audio context's clock. */
  async result(sampleRate: number): Promise<{ channels: Float32Array[]; startedAt: number }> {
    await this.ended;
    return { channels: separate(this.pieces), startedAt: (this.startFrame ?? 0) / sampleRate };
  }
}

function separate(pieces: Float32Array[]): Float32Array[] {
  const frames = pieces.reduce((sum, piece) => sum + piece.length / 2, 0);
  const channels = [new Float32Array(frames), new Float32Array(frames)];
  let at = 0;
  for (const piece of pieces) {
    for (let i = 0; i < piece.length; i += 2, at++) {
      channels[0]![at] = piece[i]!;
      channels[1]![at] = piece[i + 1]!;
    }
  }
  return channels;
}
