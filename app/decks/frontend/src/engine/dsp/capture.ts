// signalsmith-stretch registers an AudioWorkletProcessor of its own when it is loaded on the audio
// thread. The decks run it inside theirs instead, where it can be fed faster than real time, keeps
// step with the transport to the sample and is tested without a browser. So while the library loads
// (this module comes before it), registering hands its class over to us.

/** What the library's compiled part offers; buffers are places in its memory. */
export interface StretchModule {
  HEAP8?: Int8Array;
  exports?: { memory: WebAssembly.Memory };
  _process(inputFrames: number, outputFrames: number): void;
  _seek(inputFrames: number, rate: number): void;
  _setTransposeSemitones(semitones: number, tonality: number): void;
}

export interface StretchProcessor {
  wasmReady: boolean;
  wasmModule: StretchModule;
  /** One for each channel, of `bufferLength` frames. */
  buffersIn: number[];
  buffersOut: number[];
  bufferLength: number;
  inputLatencySeconds: number;
  outputLatencySeconds: number;
  config: { blockMs?: number; intervalMs?: number; splitComputation?: boolean };
  configure(): void;
}

type Registered = new (options: object) => StretchProcessor;

interface Scope {
  AudioWorkletProcessor?: unknown;
  registerProcessor?: unknown;
}

/** What the library's class takes for its base: a port that nobody listens to. */
class Base {
  readonly port = { onmessage: null, postMessage(): void {} };
}

const scope = globalThis as Scope;
const before = { base: scope.AudioWorkletProcessor, register: scope.registerProcessor };
let registered: Registered | null = null;

scope.AudioWorkletProcessor = Base;
scope.registerProcessor = (_name: string, processor: Registered): void => {
  registered = processor;
};

/** Puts the thread's own functions back and returns the library's class. */
export function release(): Registered {
  scope.AudioWorkletProcessor = before.base;
  scope.registerProcessor = before.register;
  if (!registered) throw new Error("signalsmith-stretch registered no processor");
  return registered;
}
