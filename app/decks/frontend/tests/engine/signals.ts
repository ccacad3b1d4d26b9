// Signals and a desk to play them on, without a browser.

import { Desk } from "../../src/engine/dsp/desk";
import { BLOCK } from "../../src/engine/dsp/deck";
import type { Stretcher } from "../../src/engine/dsp/keylock";
import { CHUNK_FRAMES, PcmStore } from "../../src/engine/dsp/pcm";
import type { ControlName } from "../../src/contract";
import type { FromProcessor } from "../../src/engine/messages";

export const RATE = 44100;

/** A store filled from a function of the second, the same on both channels. */
export function storeOf(seconds: number, voice: (sec: number) => number, rate = RATE): PcmStore {
  const frames = Math.round(seconds * rate);
  const store = new PcmStore(frames, rate, 1);
  fill(store, voice);
  return store;
}

export function fill(store: PcmStore, voice: (sec: number) => number): void {
  for (let index = 0; index * CHUNK_FRAMES < store.frames; index++) {
    const from = index * CHUNK_FRAMES;
    const data = new Int16Array(2 * Math.min(CHUNK_FRAMES, store.frames - from));
    for (let i = 0; i < data.length / 2; i++) {
      data[2 * i] = data[2 * i + 1] = Math.round(32767 * voice((from + i) / store.sampleRate));
    }
    store.put(index, data);
  }
}

/** A stretcher that never gets ready: the direct sound alone. */
export const noStretcher: Stretcher = {
  ready: false, inputLatencySec: 0, outputLatencySec: 0, historyFrames: 0, seek: () => {}, process: () => {},
};

export interface Record {
  desk: Desk;
  posted: FromProcessor[];
  load(deck: 0 | 1, voice: (sec: number) => number, options?: { seconds?: number; beats?: number[]; downbeats?: number[]; rate?: number }): void;
  press(deck: 0 | 1, control: ControlName, value?: number, index?: number): void;
  /** Renders and returns the left channel of the master; `each` sees every block's start. */
  play(seconds: number, each?: (sec: number) => void): Float32Array;
}

export function beatsOf(bpm: number, seconds: number, firstSec = 0): number[] {
  const beats: number[] = [];
  for (let i = 0; firstSec + (i * 60) / bpm < seconds; i++) beats.push(firstSec + (i * 60) / bpm);
  return beats;
}

export function deskOf(stretcher: () => Stretcher = () => noStretcher): Record {
  const posted: FromProcessor[] = [];
  const desk = new Desk(RATE, stretcher, (message) => posted.push(message));
  const block = (): Float32Array[] => [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  const [master, phones] = [block(), block()];
  let clock = 0;
  return {
    desk,
    posted,
    load(deck, voice, { seconds = 12, beats = [], downbeats = beats.filter((_, i) => i % 4 === 0), rate = RATE } = {}) {
      const store = storeOf(seconds, voice, rate);
      desk.receive({
        type: "load", deck, frames: store.frames, sampleRate: rate, scale: 1, startSec: 0, cueSec: 0,
        facts: { beats, downbeats, hotCues: [], cuesSeen: 0 },
      });
      fill(desk.decks[deck].store!, voice);
    },
    press(deck, control, value = 1, index = 0) {
      desk.receive({ type: "act", deck, control, value, index });
    },
    play(seconds, each) {
      const blocks = Math.round((seconds * RATE) / BLOCK);
      const out = new Float32Array(blocks * BLOCK);
      for (let b = 0; b < blocks; b++) {
        each?.(clock / RATE);
        desk.render(master, phones, undefined, BLOCK);
        out.set(master[0]!, b * BLOCK);
        clock += BLOCK;
      }
      return out;
    },
  };
}

export const rms = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0) / x.length);
export const peak = (x: ArrayLike<number>): number => Array.from(x).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
export const dB = (ratio: number): number => 20 * Math.log10(ratio);
export const sine = (hz: number, amplitude = 0.5) => (sec: number): number => amplitude * Math.sin(2 * Math.PI * hz * sec);

/** Largest deviation from "the next sample follows from the two before": a click stands out. */
export function roughness(x: Float32Array, hz: number, rate = RATE): number {
  const c = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let most = 0;
  for (let i = 2; i < x.length; i++) most = Math.max(most, Math.abs(x[i]! - c * x[i - 1]! + x[i - 2]!));
  return most;
}

/** Frequency of a tone, by its rising zero crossings. */
export function pitch(x: Float32Array, rate = RATE): number {
  let first = -1;
  let last = -1;
  let count = -1;
  for (let i = 1; i < x.length; i++) {
    if (!(x[i - 1]! < 0 && x[i]! >= 0)) continue;
    const at = i - x[i]! / (x[i]! - x[i - 1]!);
    if (first < 0) first = at;
    last = at;
    count++;
  }
  return (count * rate) / (last - first);
}
