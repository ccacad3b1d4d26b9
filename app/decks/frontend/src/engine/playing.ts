// Watches a deck for what is worth telling: it plays, it was heard, its tempo came to rest.

import type { DeckId, DeckState, EngineEvent } from "../contract";

/** A track counts as played after this long. */
const HEARD_SEC = 30;
const REST_SEC = 1;
/** Longest step that counts as hearing; a sleeping computer hears nothing. */
const STEP_SEC = 0.5;
const TEMPO_STEP = 1e-4;

export class Playing {
  private readonly id: DeckId;
  private readonly deck: DeckState;
  private readonly emit: (event: EngineEvent) => void;
  private track = "";
  private playing = false;
  private heardSec = 0;
  private lastLook = 0;
  private tempo = 1;
  private pitch = "";
  private changedAt: number | null = null;

  constructor(id: DeckId, deck: DeckState, emit: (event: EngineEvent) => void) {
    this.id = id;
    this.deck = deck;
    this.emit = emit;
  }

  /** Looks at the deck; `now` in seconds of any clock that only goes forward. */
  look(now: number): void {
    const { deck, id } = this;
    const step = Math.min(STEP_SEC, now - this.lastLook);
    this.lastLook = now;
    const track = deck.track?.id ?? "";
    if (track !== this.track) {
      this.track = track;
      this.heardSec = 0;
      this.playing = false;
      this.changedAt = null;
      this.tempo = deck.tempo;
      this.pitch = this.pitchNow();
    }
    if (!track) return;
    if (deck.playing !== this.playing) {
      this.playing = deck.playing;
      this.emit({ type: "playing", deck: id, id: track, playing: deck.playing });
    }
    if (deck.playing) {
      const before = this.heardSec;
      this.heardSec += step;
      if (before < HEARD_SEC && this.heardSec >= HEARD_SEC) {
        this.emit({ type: "played", deck: id, id: track, sec: deck.positionSec });
      }
    }
    this.lookAtTempo(now, track);
  }

  private pitchNow(): string {
    return `${this.deck.keyShift} ${this.deck.keylock}`;
  }

  private lookAtTempo(now: number, track: string): void {
    const { deck } = this;
    const pitch = this.pitchNow();
    if (Math.abs(deck.tempo - this.tempo) > TEMPO_STEP || pitch !== this.pitch) {
      this.tempo = deck.tempo;
      this.pitch = pitch;
      this.changedAt = now;
    } else if (this.changedAt !== null && now - this.changedAt >= REST_SEC) {
      this.changedAt = null;
      const { bpm, keyShift, camelot } = deck;
      this.emit({ type: "tempo", deck: this.id, id: track, bpm, keyShift, camelot });
    }
  }
}
