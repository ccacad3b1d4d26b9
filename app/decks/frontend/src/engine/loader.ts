// Brings a track's sound over, piece by piece, first what is about to be heard.

import type { Track } from "../contract";
import { CHUNK_FRAMES } from "./dsp/pcm";

const BYTES_A_FRAME = 4;
/** Tracks up to this length stay whole in memory, so that a restarted server is never missed. */
const WHOLE_SEC = 15 * 60;
/** Of longer ones: what is kept ahead and behind, and around each cue and loop. */
const AHEAD_SEC = 240;
const BEHIND_SEC = 60;
const AROUND_SEC = 6;
/** Comes before cues and loops: a decoder at work reaches them last. */
const FIRST_SEC = 60;
/** Enough to press Play. */
const PLAYABLE_SEC = 2;
const RETRY_MS = [250, 500, 1000, 2000, 4000];
/** How often a long track's window is looked at again. */
const LOOK_MS = 100;
/** A deck that can't be played yet goes before the rest of what another one still fetches, for so long. */
const FIRST_COME_MS = 5000;
const GIVE_WAY_MS = 20;
/** How often a request that waits is asked whether something else has become urgent. */
const URGENT_MS = 50;

export interface LoaderHost {
  /** Where the needle is, in seconds. */
  position(): number;
  /** Other places that may be jumped to: cues, loops. */
  marks(): number[];
  chunk(index: number, data: Int16Array): void;
  drop(index: number): void;
  /** Something arrived: share of what shall be here, and whether it can be played. */
  progress(share: number, playable: boolean): void;
  /** The server will never send it: one sentence. */
  failed(sentence: string): void;
}

/** Which chunks a track of so many frames needs around a place, nearest ahead first. */
export function wantedChunks(frames: number, rate: number, positionSec: number, marks: number[]): number[] {
  const count = Math.ceil(frames / CHUNK_FRAMES);
  const chunkAt = (sec: number): number => Math.min(count - 1, Math.max(0, Math.floor((sec * rate) / CHUNK_FRAMES)));
  const order = new Set<number>();
  const add = (from: number, to: number): void => {
    for (let i = from; i <= to; i++) order.add(i);
  };
  const here = chunkAt(positionSec);
  const whole = frames / rate <= WHOLE_SEC;
  add(here, chunkAt(positionSec + (whole ? FIRST_SEC : AHEAD_SEC)));
  for (const mark of marks) add(chunkAt(mark), chunkAt(mark + AROUND_SEC));
  if (whole) add(here, count - 1);
  const first = whole ? 0 : chunkAt(positionSec - BEHIND_SEC);
  for (let i = here - 1; i >= first; i--) order.add(i);
  return [...order];
}

/** Asks for the first piece while the track's facts are still on their way: decoding begins meanwhile. */
export function askEarly(url: string): Promise<Response | null> {
  const range = `bytes=0-${CHUNK_FRAMES * BYTES_A_FRAME - 1}`;
  return fetch(url, { headers: { Range: range } }).catch(() => null);
}

export class Loader {
  /** Loaders whose deck can't be played yet, and since when. */
  private static readonly pressing = new Map<Loader, number>();
  private readonly track: Track;
  private readonly url: string;
  private readonly host: LoaderHost;
  private readonly have = new Set<number>();
  private readonly stopper = new AbortController();
  private whole = false;
  private early: Promise<Response | null> | null;

  constructor(track: Track, url: string, host: LoaderHost, early: Promise<Response | null> | null = null) {
    this.track = track;
    this.url = url;
    this.host = host;
    this.early = early;
    Loader.pressing.set(this, Date.now());
  }

  get bytes(): number {
    return this.have.size * CHUNK_FRAMES * BYTES_A_FRAME;
  }

  stop(): void {
    Loader.pressing.delete(this);
    this.stopper.abort();
  }

  /** Runs until stopped, or until a track that is kept whole is here. */
  async run(): Promise<void> {
    while (!this.stopper.signal.aborted && !this.whole) {
      const next = this.plan();
      if (next === null) await this.pause(LOOK_MS);
      else if (this.givesWay()) await this.pause(GIVE_WAY_MS);
      else if (!(await this.fetch(next))) break;
    }
    Loader.pressing.delete(this);
  }

  /** Whether another deck waits to be played while this one can be. */
  private givesWay(): boolean {
    if (Loader.pressing.has(this)) return false;
    const now = Date.now();
    return [...Loader.pressing.values()].some((since) => now - since < FIRST_COME_MS);
  }

  private plan(): number | null {
    const { frames, sample_rate: rate } = this.track.pcm;
    const position = this.host.position();
    const wanted = wantedChunks(frames, rate, position, this.host.marks());
    if (frames / rate > WHOLE_SEC) {
      const keep = new Set(wanted);
      for (const index of this.have) {
        if (keep.has(index)) continue;
        this.have.delete(index);
        this.host.drop(index);
      }
    }
    const missing = wanted.find((index) => !this.have.has(index));
    this.whole = missing === undefined && frames / rate <= WHOLE_SEC;
    const playable = this.playable(position);
    if (playable) Loader.pressing.delete(this);
    this.host.progress(Math.min(1, this.have.size / wanted.length), playable);
    return missing ?? null;
  }

  private playable(position: number): boolean {
    const { frames, sample_rate: rate } = this.track.pcm;
    const last = Math.min(frames - 1, Math.max(0, (position + PLAYABLE_SEC) * rate));
    const first = Math.min(frames - 1, Math.max(0, position * rate));
    for (let i = Math.floor(first / CHUNK_FRAMES); i <= Math.floor(last / CHUNK_FRAMES); i++) {
      if (!this.have.has(i)) return false;
    }
    return true;
  }

  private async fetch(index: number): Promise<boolean> {
    const { frames } = this.track.pcm;
    const from = index * CHUNK_FRAMES;
    const length = Math.min(CHUNK_FRAMES, frames - from);
    const range = `bytes=${from * BYTES_A_FRAME}-${(from + length) * BYTES_A_FRAME - 1}`;
    for (let attempt = 0; !this.stopper.signal.aborted; attempt++) {
      const request = new AbortController();
      const stop = (): void => request.abort();
      this.stopper.signal.addEventListener("abort", stop, { once: true });
      // the server may still be decoding towards this piece while the DJ has gone elsewhere
      const urgent = setInterval(() => this.elsewhere(index) && stop(), URGENT_MS);
      try {
        const early = index === 0 ? await this.early : null;
        this.early = null;
        const answer = early ?? (await fetch(this.url, { headers: { Range: range }, signal: request.signal }));
        if (answer.status === 404 || answer.status === 410 || answer.status === 416) {
          this.host.failed(await sentence(answer, `“${this.track.title}” can't be read any more; is its file still there?`));
          return false;
        }
        if (answer.status !== 206) throw new Error(`status ${answer.status}`);
        const data = new Int16Array(await answer.arrayBuffer());
        if (data.length !== 2 * length) throw new Error("a piece of another length");
        if (this.stopper.signal.aborted) return false;
        this.have.add(index);
        this.host.chunk(index, data);
        return true;
      } catch {
        if (request.signal.aborted) return !this.stopper.signal.aborted;
        // the server is being restarted, or busy: what is here goes on playing meanwhile
        await this.pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!);
      } finally {
        clearInterval(urgent);
        this.stopper.signal.removeEventListener("abort", stop);
      }
    }
    return false;
  }

  /** Whether the needle stands on a piece that isn't here and isn't this one. */
  private elsewhere(index: number): boolean {
    const { frames, sample_rate: rate } = this.track.pcm;
    const here = Math.floor(Math.min(frames - 1, Math.max(0, this.host.position() * rate)) / CHUNK_FRAMES);
    return here !== index && !this.have.has(here);
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.stopper;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end);
    });
  }
}

/** The server's own sentence where it sent one short line. */
export async function sentence(answer: Response, otherwise: string): Promise<string> {
  const text = (await answer.text().catch(() => "")).trim();
  return text && text.length < 200 && !text.startsWith("<") ? text : otherwise;
}
