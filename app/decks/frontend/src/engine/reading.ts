// Turns what the audio thread says into the state that faces draw.

import type { DeckState, Track } from "../contract";
import type { Grid } from "./dsp/grid";
import { camelot, heardShift, shiftKey } from "./keys";
import { D, FLAGS } from "./messages";

/** Reads one deck's part of a state message; `lagSec` is how long after it we look (below 0: before). */
export function readDeck(deck: DeckState, values: Float64Array, at: number, lagSec: number): void {
  const flags = values[at + D.flags]!;
  const speed = values[at + D.speed]!;
  deck.playing = (flags & FLAGS.playing) !== 0;
  deck.cueing = (flags & FLAGS.cueing) !== 0;
  deck.synced = (flags & FLAGS.synced) !== 0;
  deck.leader = (flags & FLAGS.leader) !== 0;
  deck.slip = (flags & FLAGS.slip) !== 0;
  deck.quantise = (flags & FLAGS.quantise) !== 0;
  deck.touched = (flags & FLAGS.touched) !== 0;
  deck.reverse = (flags & FLAGS.reverse) !== 0;
  deck.keylock = (flags & FLAGS.keylock) !== 0;
  deck.keyShift = values[at + D.keyShift]!;
  deck.tempo = values[at + D.tempo]!;
  deck.rate = speed;
  deck.cueSec = values[at + D.cueSec]!;
  deck.meterDb = values[at + D.meterDb]!;
  const phase = values[at + D.phase]!;
  deck.phaseBeats = Number.isNaN(phase) ? null : phase;

  const start = values[at + D.loopStart]!;
  const end = values[at + D.loopEnd]!;
  const active = (flags & FLAGS.looping) !== 0;
  if (Number.isNaN(start)) deck.loop = null;
  else if (deck.loop) {
    deck.loop.startSec = start;
    deck.loop.endSec = end;
    deck.loop.active = active;
  } else deck.loop = { startSec: start, endSec: end, active };

  const needle = values[at + D.position]!;
  let heard = needle + speed * lagSec;
  // inside a loop what is heard is inside it too
  if (active && !deck.touched && needle >= start && needle < end) {
    const length = end - start;
    heard = start + ((((heard - start) % length) + length) % length);
  }
  deck.positionSec = Math.min(values[at + D.durationSec]!, heard);
}

/** Tempo and key as they sound now. */
export function readMusic(deck: DeckState, track: Track, grid: Grid | null): void {
  const recorded = track.constant || !grid ? track.bpm : 60 * grid.density(deck.positionSec);
  deck.bpm = recorded === null ? null : recorded * deck.tempo;
  const shift = Math.round(heardShift(deck.keyShift, deck.keylock, deck.tempo));
  if (shift === 0) {
    deck.key = track.key;
    deck.camelot = track.camelot;
    return;
  }
  deck.key = shiftKey(track.key, shift);
  deck.camelot = camelot(deck.key);
}

