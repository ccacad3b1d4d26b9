// A deck's record: its facts and its sound, from the server to the audio thread.

import type { DeckState, DeckWish, EngineEvent, HotCue, Track } from "../contract";
import { Grid } from "./dsp/grid";
import { askEarly, Loader, sentence } from "./loader";
import type { DeckIndex, GridFacts, ToProcessor } from "./messages";
import { autoGainDb } from "./units";

const HERE = import.meta.url;
/** The server's /dj/ folder: the bundle lies at /dj/decks/{version}/decks.js. */
export const DJ = new URL("../../", HERE);
/** A hot cue set here outranks what the server says of it for so long. */
const CUE_FRESH_MS = 5000;
/** Further from the start than this, the first bar isn't where a DJ cues. */
const AUTO_CUE_SEC = 20;
const RETRY_MS = [250, 500, 1000, 2000, 4000];

const soundOf = (id: string): string => new URL(`pcm/${encodeURIComponent(id)}`, DJ).href;

export interface SlotHost {
  post(message: ToProcessor): void;
  emit(event: EngineEvent): void;
  /** Gain or anything else of the channel changed. */
  refresh(): void;
}

export class Slot {
  /** How many loads and unloads the audio thread was told of. */
  loads = 0;
  private wish: DeckWish | null = null;
  private loader: Loader | null = null;
  private ready: Promise<void> = Promise.resolve();
  private readonly fresh = new Map<number, number>();
  private cuesSeen = 0;
  private readonly index: DeckIndex;
  private readonly state: DeckState;
  private readonly host: SlotHost;
  /** Where the needle is, ahead of what is heard. */
  positionSec = 0;
  grid: Grid | null = null;

  constructor(index: DeckIndex, state: DeckState, host: SlotHost) {
    this.index = index;
    this.state = state;
    this.host = host;
  }

  get bytes(): number {
    return this.loader?.bytes ?? 0;
  }

  get track(): Track | null {
    return this.state.track;
  }

  load(wish: DeckWish, startShare?: number): Promise<void> {
    // what had a problem may be tried again, but not while it plays all the same
    if (this.wish?.id === wish.id && (!this.state.problem || this.state.playing)) {
      if (this.wish.rev === wish.rev) return this.ready;
      this.wish = wish;
      return this.refetch(wish);
    }
    this.wish = wish;
    this.ready = this.begin(wish, startShare);
    return this.ready;
  }

  /** Fetches nothing any more. */
  stop(): void {
    this.wish = null;
    this.loader?.stop();
    this.loader = null;
  }

  unload(): void {
    this.stop();
    this.loads++;
    this.host.post({ type: "unload", deck: this.index });
    this.clear();
    this.host.emit({ type: "unloaded", deck: this.index === 0 ? "a" : "b" });
  }

  /** A hot cue was set or cleared here. */
  cueChanged(slot: number, cue: HotCue | null, change: number): void {
    this.cuesSeen = change;
    this.fresh.set(slot, Date.now());
    this.state.hotCues[slot] = cue;
    if (this.track) this.host.emit({ type: "hot_cue", id: this.track.id, slot, cue });
  }

  private clear(): void {
    const { state } = this;
    state.track = null;
    state.loadedShare = 0;
    state.playable = state.playing = state.cueing = false;
    state.positionSec = state.rate = state.cueSec = this.positionSec = 0;
    state.loop = null;
    state.bpm = state.key = state.camelot = state.phaseBeats = null;
    state.hotCues = new Array<HotCue | null>(8).fill(null);
    state.problem = "";
    this.fresh.clear();
  }

  private async begin(wish: DeckWish, startShare?: number): Promise<void> {
    this.loader?.stop();
    this.loader = null;
    if (this.track) {
      this.loads++;
      this.host.post({ type: "unload", deck: this.index });
    }
    this.clear();
    const early = startShare === undefined ? askEarly(soundOf(wish.id)) : null;
    const track = await this.facts(wish);
    if (!track || this.wish?.id !== wish.id || track.problem) {
      void early?.then((answer) => answer?.body?.cancel());
      if (track?.problem && this.wish?.id === wish.id) this.fail(track.problem);
      return;
    }
    const { state } = this;
    this.takeFacts(track);
    const first = track.downbeats[0];
    const cueSec = first !== undefined && first < AUTO_CUE_SEC ? Math.max(0, first) : 0;
    const startSec = startShare === undefined ? cueSec : startShare * track.duration_sec;
    this.positionSec = state.positionSec = startSec;
    state.cueSec = cueSec;
    this.loads++;
    this.host.post({
      type: "load", deck: this.index, startSec, cueSec,
      frames: track.pcm.frames, sampleRate: track.pcm.sample_rate, scale: track.pcm.scale,
      facts: this.gridFacts(track),
    });
    this.host.refresh();
    await this.fetchSound(track, early);
    if (this.wish?.id === wish.id && state.playable) {
      this.host.emit({ type: "loaded", deck: this.index === 0 ? "a" : "b", id: track.id });
    }
  }

  /** Resolves when enough is here to play, or when it will never be. */
  private fetchSound(track: Track, early: Promise<Response | null> | null): Promise<void> {
    const { state } = this;
    return new Promise((resolve) => {
      const loader: Loader = new Loader(track, soundOf(track.id), {
        position: () => this.positionSec,
        marks: () => [...state.hotCues.flatMap((cue) => (cue ? [cue.sec] : [])), ...(state.loop ? [state.loop.startSec] : []), state.cueSec],
        chunk: (index, data) => this.host.post({ type: "chunk", deck: this.index, index, data }),
        drop: (index) => this.host.post({ type: "drop", deck: this.index, index }),
        progress: (share, playable) => {
          if (this.loader !== loader) return;
          state.loadedShare = share;
          state.playable = playable;
          if (playable) resolve();
        },
        failed: (why) => {
          if (this.loader === loader) this.fail(why);
          resolve();
        },
      }, early);
      this.loader = loader;
      void loader.run().then(resolve);
    });
  }

  /** New facts of the same record: grid, cues, names; the sound stays. */
  private async refetch(wish: DeckWish): Promise<void> {
    const track = await this.facts(wish);
    if (!track || this.wish !== wish || !this.track) return this.ready;
    this.takeFacts(track);
    this.host.post({ type: "facts", deck: this.index, facts: this.gridFacts(track) });
    this.host.refresh();
    return this.ready;
  }

  private takeFacts(track: Track): void {
    this.state.track = track;
    this.state.autoGainDb = autoGainDb(track.lufs);
    this.grid = Grid.from(track.beats, track.downbeats);
    const now = Date.now();
    const { hotCues } = this.state;
    for (let slot = 0; slot < hotCues.length; slot++) {
      if (now - (this.fresh.get(slot) ?? 0) > CUE_FRESH_MS) hotCues[slot] = track.hot_cues[slot] ?? null;
    }
  }

  private gridFacts(track: Track): GridFacts {
    return { beats: track.beats, downbeats: track.downbeats, hotCues: this.state.hotCues, cuesSeen: this.cuesSeen };
  }

  private async facts(wish: DeckWish): Promise<Track | null> {
    const url = new URL(`track/${encodeURIComponent(wish.id)}`, DJ);
    url.searchParams.set("rev", wish.rev);
    for (let attempt = 0; this.wish === wish; attempt++) {
      try {
        const answer = await fetch(url);
        if (answer.ok) return (await answer.json()) as Track;
        if (answer.status < 500) {
          this.fail(await sentence(answer, "This track isn't in the library any more."));
          return null;
        }
      } catch {
        // no server at the moment: it may be restarting
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
    }
    return null;
  }

  private fail(why: string): void {
    this.state.problem = why;
    this.host.emit({ type: "problem", sentence: why });
  }
}
