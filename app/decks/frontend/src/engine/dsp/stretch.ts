// Signalsmith Stretch as a plain object: so many frames in, so many out, the pitch kept or moved.

import { release, type StretchProcessor } from "./capture";
import type { Stretcher } from "./keylock";
import "signalsmith-stretch";

const Registered = release();

/** The library's own defaults, with the work spread evenly over the blocks. */
const BLOCK_MS = 120;
const INTERVAL_MS = 30;
/** Above this overtones are moved by the same distance, not the same ratio: the library's default. */
const TONALITY_HZ = 8000;

export class Stretch implements Stretcher {
  private readonly inner: StretchProcessor;
  private readonly sampleRate: number;
  private configured = false;
  private readonly views = new Map<number, Float32Array>();

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
    this.inner = new Registered({ numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [2] });
  }

  /** False for the moments that its WebAssembly takes to start. */
  get ready(): boolean {
    if (!this.inner.wasmReady) return false;
    if (!this.configured) {
      Object.assign(this.inner.config, { blockMs: BLOCK_MS, intervalMs: INTERVAL_MS, splitComputation: true });
      this.inner.configure();
      this.configured = true;
    }
    return true;
  }

  get inputLatencySec(): number {
    return this.inner.inputLatencySeconds;
  }

  get outputLatencySec(): number {
    return this.inner.outputLatencySeconds;
  }

  get historyFrames(): number {
    return this.inner.bufferLength;
  }

  seek(input: Float32Array[], rate: number): void {
    this.write(input, this.historyFrames);
    this.inner.wasmModule._seek(this.historyFrames, rate);
  }

  process(input: Float32Array[], inputFrames: number, output: Float32Array[], outputFrames: number, semitones: number): void {
    const { wasmModule } = this.inner;
    wasmModule._setTransposeSemitones(semitones, TONALITY_HZ / this.sampleRate);
    this.write(input, inputFrames);
    wasmModule._process(inputFrames, outputFrames);
    for (let c = 0; c < output.length; c++) {
      const made = this.view(this.inner.buffersOut[c]!);
      const channel = output[c]!;
      for (let i = 0; i < outputFrames; i++) channel[i] = made[i]!;
    }
  }

  private write(input: Float32Array[], frames: number): void {
    for (let c = 0; c < input.length; c++) {
      const fed = this.view(this.inner.buffersIn[c]!);
      const channel = input[c]!;
      for (let i = 0; i < frames; i++) fed[i] = channel[i]!;
    }
  }

  /** A buffer of the library, kept from block to block: rubbish on the audio thread costs it time. */
  private view(at: number): Float32Array {
    const { wasmModule } = this.inner;
    // memory that grows is another buffer
    const memory = (wasmModule.exports ? wasmModule.exports.memory.buffer : wasmModule.HEAP8!.buffer) as ArrayBuffer;
    let view = this.views.get(at);
    if (view?.buffer !== memory) this.views.set(at, (view = new Float32Array(memory, at, this.historyFrames)));
    return view!;
  }
}
