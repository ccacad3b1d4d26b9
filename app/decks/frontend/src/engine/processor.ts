// The audio thread's entry: both decks and the mixer in one AudioWorkletProcessor.
// Input 0: a rendered transition to listen to. Outputs: master, headphones.

import { Desk } from "./dsp/desk";
import { BLOCK } from "./dsp/deck";
import { Stretch } from "./dsp/stretch";
import { PROCESSOR, type FromProcessor, type ToProcessor } from "./messages";

declare const sampleRate: number;
declare const currentFrame: number;
declare const registerProcessor: (name: string, processor: unknown) => void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** How often the page hears how things stand. */
const STATE_SEC = 0.01;
/** How much of a recording is sent at once. */
const CAPTURE_SEC = 0.5;

class Decks extends AudioWorkletProcessor {
  private readonly desk = new Desk(sampleRate, () => new Stretch(sampleRate), (message) => this.post(message));
  private readonly captures = { float: new Capture("float"), int16: new Capture("int16") };
  private nextState = 0;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<ToProcessor>) => {
      const message = event.data;
      if (message.type === "capture") {
        const last = this.captures[message.format].set(message.on);
        if (last) this.post(last, [last.data.buffer as ArrayBuffer]);
      } else this.desk.receive(message);
    };
  }

  private post(message: FromProcessor, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [master, phones] = outputs as [Float32Array[], Float32Array[]];
    const preview = inputs[0]?.length ? inputs[0] : undefined;
    const count = master[0]!.length;
    if (count > BLOCK) return true; // no browser renders more at once
    this.desk.render(master, phones, preview, count);
    const end = currentFrame + count;
    for (const capture of [this.captures.float, this.captures.int16]) {
      const full = capture.add(master, count, currentFrame);
      if (full) this.post(full, [full.data.buffer as ArrayBuffer]);
    }
    if (end >= this.nextState) {
      this.nextState = end + STATE_SEC * sampleRate;
      this.post({ type: "state", values: this.desk.describe(end) });
    }
    return true;
  }
}

type Captured = Extract<FromProcessor, { type: "captured" }>;

/** Gathers the master while it is on, and gives it away piece by piece. */
class Capture {
  private readonly format: "float" | "int16";
  private data: Float32Array | Int16Array | null = null;
  private filled = 0;
  private start = 0;

  constructor(format: "float" | "int16") {
    this.format = format;
  }

  private fresh(): Float32Array | Int16Array {
    const size = 2 * Math.ceil(CAPTURE_SEC * sampleRate);
    return this.format === "float" ? new Float32Array(size) : new Int16Array(size);
  }

  /** Switches on or off; switching off returns what is left. */
  set(on: boolean): Captured | null {
    if (on) {
      this.data ??= this.fresh();
      return null;
    }
    const piece = this.data ? this.give(true) : null;
    this.data = null;
    return piece;
  }

  add(master: Float32Array[], count: number, frame: number): Captured | null {
    const { data } = this;
    if (!data) return null;
    if (this.filled === 0) this.start = frame;
    const left = master[0]!;
    const right = master[1] ?? left;
    const unit = this.format === "float" ? 1 : 32767;
    for (let i = 0; i < count; i++) {
      data[this.filled++] = left[i]! * unit;
      data[this.filled++] = right[i]! * unit;
    }
    if (this.filled + 2 * BLOCK <= data.length) return null;
    const piece = this.give(false);
    this.data = this.fresh();
    return piece;
  }

  private give(last: boolean): Captured {
    const data = this.data!.slice(0, this.filled);
    this.filled = 0;
    return { type: "captured", format: this.format, frame: this.start, data, last };
  }
}

registerProcessor(PROCESSOR, Decks);
