// What the page and the audio thread say to each other.

import type { ControlName, HotCue, PadMode } from "../contract";

export const PROCESSOR = "segue-decks";

export type DeckIndex = 0 | 1;

export type ToProcessor =
  | { type: "load"; deck: DeckIndex; frames: number; sampleRate: number; scale: number; startSec: number; cueSec: number; facts: GridFacts }
  | { type: "unload"; deck: DeckIndex }
  | { type: "facts"; deck: DeckIndex; facts: GridFacts }
  | { type: "chunk"; deck: DeckIndex; index: number; data: Int16Array }
  | { type: "drop"; deck: DeckIndex; index: number }
  | { type: "act"; deck: DeckIndex; control: ControlName; value: number; index: number }
  | { type: "mode"; deck: DeckIndex; mode: PadMode }
  | { type: "rate"; deck: DeckIndex; rate: number }
  | { type: "arm"; deck: DeckIndex; fromSec: number; atSec: number }
  | { type: "strip"; deck: DeckIndex; gain: number; low: number; mid: number; high: number; filter: number; out: number; cue: boolean; fx: boolean }
  | { type: "main"; master: number; phonesMix: number; phonesLevel: number; previewToPhones: boolean }
  | { type: "fx"; kind: number; beats: number; on: boolean; level: number }
  | { type: "capture"; on: boolean; format: "float" | "int16" };

export interface GridFacts {
  beats: number[];
  downbeats: number[];
  hotCues: (HotCue | null)[];
  /** The newest change of a hot cue that the page knew of (`change` of a `cue` message). */
  cuesSeen: number;
}

export type FromProcessor =
  | { type: "state"; values: Float64Array }
  | { type: "cue"; deck: DeckIndex; slot: number; cue: HotCue | null; change: number }
  /** Interleaved frames of the master; `frame` counts from the audio context's start. */
  | { type: "captured"; format: "float" | "int16"; frame: number; data: Float32Array | Int16Array; last: boolean };

/** Places in the `state` message: a few for the mixer, then DECK_FIELDS for each deck. */
export const S = { frame: 0, limiterDb: 1, meterLeft: 2, meterRight: 3, decks: 4 } as const;

export const D = {
  position: 0,
  speed: 1,
  tempo: 2,
  flags: 3,
  cueSec: 4,
  loopStart: 5, // NaN where there is none
  loopEnd: 6,
  phase: 7, // NaN where unknown
  meterDb: 8,
  keyShift: 9,
  durationSec: 10, // 0 without a track: tells a state from before a load
  loads: 11,
} as const;
export const DECK_FIELDS = 12;
export const STATE_SIZE = S.decks + 2 * DECK_FIELDS;

export const FLAGS = {
  playing: 1,
  cueing: 2,
  synced: 4,
  leader: 8,
  looping: 16,
  slip: 32,
  quantise: 64,
  touched: 128,
  reverse: 256,
  waiting: 512,
  keylock: 1024,
} as const;
