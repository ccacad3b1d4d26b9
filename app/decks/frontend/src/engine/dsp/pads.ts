// Buttons of a deck that stand on its transport: loops by hand and by beats, hot cues, jumps.

import { BEAT_JUMPS, BEAT_LOOPS, KEY_SHIFTS, type ControlName, type HotCue, type PadMode } from "../../contract";
import type { Deck } from "./deck";
import { TICK_SEC } from "./platter";

/** Shortest and longest loop that halving and doubling lead to, in seconds. */
const LOOP_SHORTEST_SEC = 0.02;
const LOOP_LONGEST_SEC = 120;
const SEARCH_TIMES = 10;
/** Semitones of the keyboard pads over the cue: a major scale. */
const KEYBOARD = [0, 2, 4, 5, 7, 9, 11, 12] as const;
const SAME_LOOP_SEC = 0.002;

export class Pads {
  hotCues: (HotCue | null)[] = new Array<HotCue | null>(8).fill(null);
  mode: PadMode = "hot_cue";
  /** Tells of a hot cue that was set or cleared, the `change`-th that was. */
  onCue: (slot: number, cue: HotCue | null, change: number) => void = () => {};
  /** Plays a one-shot sound. */
  onSample: (slot: number) => void = () => {};
  private loopInSec: number | null = null;
  private heldAt: number | null = null;
  private changes = 0;
  /** The change that each hot cue is from; 0: from the page. */
  private readonly changedBy = new Array<number>(8).fill(0);
  private readonly deck: Deck;

  constructor(deck: Deck) {
    this.deck = deck;
  }

  /** Takes the page's hot cues, but for those changed here since the last change it had `seen`. */
  setCues(cues: (HotCue | null)[], seen: number): void {
    for (let slot = 0; slot < this.hotCues.length; slot++) {
      if (this.changedBy[slot]! <= seen) this.hotCues[slot] = cues[slot] ?? null;
    }
  }

  /** Another record: what was begun on the one before is forgotten. */
  reset(): void {
    this.changedBy.fill(0);
    this.loopInSec = null;
    this.heldAt = null;
    this.deck.padHeld = false;
  }

  /** Handles a control of the deck; says whether it was one of these. */
  act(control: ControlName, value: number, index: number): boolean {
    const { deck } = this;
    const pressed = value > 0;
    switch (control) {
      case "play": if (pressed) deck.togglePlay(); return true;
      case "cue": deck.cue(pressed); return true;
      case "to_start": if (pressed) deck.place(0); return true;
      case "keylock": if (pressed) deck.keylock = !deck.keylock; return true;
      case "nudge_back": deck.platter.nudge = pressed ? -1 : 0; return true;
      case "nudge_forward": deck.platter.nudge = pressed ? 1 : 0; return true;
      case "jog_touch":
        if (pressed) deck.enterSlip();
        deck.platter.touch(pressed);
        return true;
      case "jog_turn":
      case "jog_bend": this.turn(value); return true;
      case "jog_search": deck.place(Math.max(0, deck.position + value * TICK_SEC * SEARCH_TIMES)); return true;
      case "brake":
        if (!pressed || !deck.playing) return true;
        deck.enterSlip();
        deck.platter.braking = true;
        return true;
      case "reverse":
        if (pressed) deck.enterSlip();
        deck.reverse = pressed;
        return true;
      case "seek": deck.place(value * deck.durationSec); return true;
      case "beat_jump": deck.beatJump(value); return true;
      case "slip": if (pressed) deck.slip = !deck.slip; return true;
      case "quantise": if (pressed) deck.quantise = !deck.quantise; return true;
      case "loop_in": if (pressed) this.loopIn(); return true;
      case "loop_out": if (pressed) this.loopOut(); return true;
      case "reloop": if (pressed) this.reloop(); return true;
      case "loop_halve": if (pressed) this.scale(0.5); return true;
      case "loop_double": if (pressed) this.scale(2); return true;
      case "pad": this.pad(index, pressed); return true;
      case "pad_clear": if (pressed) this.clear(index); return true;
      default: return false;
    }
  }

  private turn(ticks: number): void {
    const { deck } = this;
    if (deck.playing || deck.touched) deck.platter.turn(ticks);
    else deck.jump(Math.max(0, deck.position + ticks * TICK_SEC)); // at rest the edge moves the needle
  }

  // -- loops ------------------------------------------------------------------------------------------

  private loopIn(): void {
    this.loopInSec = this.deck.onGrid(this.deck.position);
    if (this.deck.looping) this.deck.exitLoop();
  }

  private loopOut(): void {
    const start = this.loopInSec;
    if (start === null) return;
    const { grid, quantise } = this.deck;
    let end = this.deck.onGrid(this.deck.position);
    if (quantise && grid && end <= start) end = grid.secAt(grid.beatAt(start) + 1);
    this.deck.setLoop({ start, end }, true);
  }

  private reloop(): void {
    const { deck } = this;
    const { loop } = deck;
    if (deck.looping) return deck.exitLoop();
    if (!loop) return;
    const inside = deck.position >= loop.start && deck.position < loop.end;
    deck.setLoop(loop, true);
    if (!inside) deck.jump(loop.start);
  }

  private scale(factor: number): void {
    const { loop, looping } = this.deck;
    if (!loop) return;
    const { grid } = this.deck;
    const beats = grid ? (grid.beatAt(loop.end) - grid.beatAt(loop.start)) * factor : 0;
    const end = grid
      ? grid.secAt(grid.beatAt(loop.start) + beats)
      : loop.start + (loop.end - loop.start) * factor;
    const length = end - loop.start;
    if (length < LOOP_SHORTEST_SEC || length > LOOP_LONGEST_SEC) return;
    this.deck.setLoop({ start: loop.start, end }, looping);
  }

  private beatLoop(beats: number): void {
    const { deck } = this;
    const { grid, loop } = deck;
    const start = deck.onGrid(deck.position);
    const end = grid ? grid.secAt(grid.beatAt(start) + beats) : start + beats / 2;
    if (deck.looping && loop) {
      const length = loop.end - loop.start;
      if (Math.abs(length - (end - start)) < SAME_LOOP_SEC) return deck.exitLoop();
      // another length: the loop keeps its start
      const kept = grid ? grid.secAt(grid.beatAt(loop.start) + beats) : loop.start + beats / 2;
      return deck.setLoop({ start: loop.start, end: kept }, true);
    }
    deck.setLoop({ start, end }, true);
  }

  // -- pads -------------------------------------------------------------------------------------------

  private pad(index: number, pressed: boolean): void {
    const { deck } = this;
    if (!deck.store || index < 0 || index > 7) return;
    if (!pressed) {
      if (this.heldAt === index) this.letGo();
      return;
    }
    switch (this.mode) {
      case "hot_cue": return this.hotCue(index);
      case "beat_loop": return this.beatLoop(BEAT_LOOPS[index]!);
      case "beat_jump": return deck.beatJump(BEAT_JUMPS[index]!);
      case "key_shift": deck.keyShift = KEY_SHIFTS[index]!; return;
      case "sampler": return this.onSample(index);
      case "keyboard":
        deck.keyShift = KEYBOARD[index]!;
        deck.jump(this.hotCues[0]?.sec ?? deck.cueSec);
        if (!deck.playing) deck.play();
    }
  }

  private hotCue(slot: number): void {
    const { deck } = this;
    const cue = this.hotCues[slot];
    if (!cue) {
      const span = deck.looping ? deck.loop : null;
      this.setCue(slot, { sec: span ? span.start : deck.onGrid(deck.position), loop_end_sec: span?.end ?? null });
      return;
    }
    if (deck.playing && deck.slip) {
      deck.enterSlip();
      this.heldAt = slot;
      deck.padHeld = true;
    }
    if (deck.looping) deck.exitLoop();
    if (deck.playing) deck.jumpInTime(cue.sec);
    else {
      deck.jump(cue.sec);
      deck.play();
    }
    if (cue.loop_end_sec !== null) deck.setLoop({ start: cue.sec, end: cue.loop_end_sec }, true);
  }

  private letGo(): void {
    this.heldAt = null;
    this.deck.padHeld = false;
  }

  private clear(slot: number): void {
    if (this.hotCues[slot]) this.setCue(slot, null);
  }

  private setCue(slot: number, cue: HotCue | null): void {
    this.hotCues[slot] = cue;
    this.changedBy[slot] = ++this.changes;
    this.onCue(slot, cue, this.changes);
  }
}
