// Keeps the following deck on the leading deck's beat: tempo at once, phase by a gentle pull.

import type { Deck } from "./deck";
import { wrap } from "./grid";

const BEATS_A_BAR = 4;
/** A phase error dies away in about this time … */
const PULL_SEC = 0.12;
/** … at no more than this share of the speed, which nobody hears as pitch. */
const PULL_MOST = 0.03;
/** Closer than this needs no jump. */
const NEAR_SEC = 0.002;
const SLOWEST = 0.5;
const FASTEST = 2;

/** How many beats the follower makes to one of the leader, so that its speed stays nearest to 1. */
export function beatRatio(leaderBps: number, followerBps: number): number {
  let best = 1;
  for (const ratio of [0.5, 2]) {
    const off = Math.abs(Math.log((leaderBps * ratio) / followerBps));
    if (off < Math.abs(Math.log((leaderBps * best) / followerBps))) best = ratio;
  }
  return best;
}

export class Sync {
  /** Which deck leads, 0 or 1. */
  leader = 0;
  readonly synced: [boolean, boolean] = [false, false];
  private readonly offset: [number, number] = [0, 0];
  private readonly seen: [number, number] = [0, 0];
  private readonly decks: readonly [Deck, Deck];

  constructor(decks: readonly [Deck, Deck]) {
    this.decks = decks;
    decks.forEach((deck, i) => (deck.align = (sec, bar) => this.align(i as 0 | 1, sec, bar)));
  }

  follows(i: 0 | 1): boolean {
    const other = this.decks[1 - i]!;
    return this.synced[i] && this.leader !== i && !!this.decks[i].grid && !!other.grid;
  }

  toggle(i: 0 | 1): void {
    if (this.synced[i] && this.leader !== i) {
      this.synced[i] = false;
      return;
    }
    const deck = this.decks[i];
    this.synced[i] = true;
    this.offset[i] = 0;
    if (this.decks[1 - i]!.playing || !deck.playing) this.leader = 1 - i;
    this.matchTempo(i);
    if (deck.playing && this.follows(i)) deck.place(deck.position);
  }

  release(i: 0 | 1): void {
    this.synced[i] = false;
  }

  lead(i: 0 | 1): void {
    this.leader = i;
  }

  /** How far deck i is after the other one, in its own beats; null without both grids. */
  phase(i: 0 | 1): number | null {
    const deck = this.decks[i];
    const other = this.decks[1 - i]!;
    if (!deck.grid || !other.grid) return null;
    return this.gap(i, deck.position, false);
  }

  /** Once a block, before any deck moves. */
  update(): void {
    const [a, b] = this.decks;
    // a deck that stopped leads nobody
    if (!this.decks[this.leader]!.playing && a.playing !== b.playing) this.leader = a.playing ? 0 : 1;
    for (const i of [0, 1] as const) {
      const deck = this.decks[i];
      deck.trim = 1;
      if (deck.jumps !== this.seen[i]) {
        this.seen[i] = deck.jumps;
        this.offset[i] = this.offset[1 - i] = 0;
      }
      if (!this.follows(i)) continue;
      this.matchTempo(i);
      const other = this.decks[1 - i]!;
      if (!deck.steady || !other.steady) continue;
      const gap = this.gap(i, deck.position, false);
      if (deck.platter.bend !== 0) {
        this.offset[i] = gap; // the hand is right: keep the distance it leaves
        continue;
      }
      const modulus = Math.min(1, this.ratio(i));
      const error = wrap(gap - this.offset[i], modulus) / deck.grid!.density(deck.position);
      const pull = error / deck.tempo / PULL_SEC;
      deck.trim = 1 - Math.min(PULL_MOST, Math.max(-PULL_MOST, pull));
    }
  }

  private ratio(i: 0 | 1): number {
    const deck = this.decks[i];
    const other = this.decks[1 - i]!;
    return beatRatio(
      other.grid!.density(other.position) * other.tempo,
      deck.grid!.density(deck.position),
    );
  }

  private matchTempo(i: 0 | 1): void {
    if (!this.follows(i)) return;
    const deck = this.decks[i];
    const other = this.decks[1 - i]!;
    const bend = other.steady ? 1 + other.platter.bend : 1;
    const beats = other.grid!.density(other.position) * other.tempo * bend * this.ratio(i);
    deck.tempo = Math.min(FASTEST, Math.max(SLOWEST, beats / deck.grid!.density(deck.position)));
  }

  /** Beats by which a place on deck i lies after the leader's place now. */
  private gap(i: 0 | 1, sec: number, bar: boolean): number {
    const deck = this.decks[i];
    const other = this.decks[1 - i]!;
    const ratio = this.ratio(i);
    const mine = deck.grid!.beatAt(sec);
    const theirs = other.grid!.beatAt(other.position);
    const modulus = Math.min(1, ratio) * (bar ? BEATS_A_BAR : 1);
    if (bar) return wrap(deck.grid!.barBeat(mine) - other.grid!.barBeat(theirs) * ratio, modulus);
    return wrap(mine - theirs * ratio, modulus);
  }

  private align(i: 0 | 1, sec: number, bar: boolean): number {
    const other = this.decks[1 - i]!;
    if (!this.follows(i) || !other.steady) return sec;
    const { grid } = this.decks[i];
    const gap = this.gap(i, sec, bar);
    if (Math.abs(gap) / grid!.density(sec) < NEAR_SEC) return sec;
    return grid!.secAt(grid!.beatAt(sec) - gap);
  }
}
