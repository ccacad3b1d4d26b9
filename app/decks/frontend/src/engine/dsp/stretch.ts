// Signalsmith Stretch as a plain object: block in, block out `latency` later, pitch moved.

import { release, type StretchProcessor } from "./capture";
import "signalsmith-stretch";

const Registered = release();

/** The library's own defaults, with the work spread evenly over the blocks. */
const BLOCK_MS = 120;
const INTERVAL_MS = 30;

export class Stretch {
  private readonly inner: StretchProcessor;
  private configured = false;

  constructor() {
    this.inner = new Registered({ numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [2] });
  }

  /** False for the moments that its WebAssembly takes to start. */
  get ready(): boolean {
    if (!this.inner.wasmReady) return false;
    if (!this.configured) {
      Object.assign(this.inner.config, { blockMs: BLOCK_MS, intervalMs: INTERVAL_MS, splitComputation: true });
      this.inner.configure();
      this.inner.timeMap[0]!.active = true;
      this.configured = true;
    }
    return true;
  }

  /** Seconds by which what comes out is later than what went in. */
  get latencySec(): number {
    return this.inner.inputLatencySeconds + this.inner.outputLatencySeconds;
  }

  process(input: Float32Array[], output: Float32Array[], semitones: number): void {
    this.inner.timeMap[0]!.semitones = semitones;
    this.inner.process([input], [output], {});
  }
}
