// Soft take-over: a fader that was moved on screen does not jump to where the hardware's happens to
// stand. The hardware takes it over when it passes the place, and only then moves it.

import type { ControlName, DeckId } from "../contract";

/** So near, hardware and screen count as being in the same place. */
const NEAR = 0.02;
/** What the engine makes of a value may differ by this much (ranges, rounding). */
const SAME = 0.004;
/** The engine's state may show for so long where a control stood before it was moved. */
const ON_THE_WAY_MS = 250;

export interface Waiting {
  control: ControlName;
  deck?: DeckId;
  /** Where the hardware stands, 0–1; the screen's control stands elsewhere. */
  hardware: number;
}

interface Fader extends Waiting {
  holds: boolean;
  /** Where the hardware last put the screen's control. */
  put: number;
  /** Where hardware and screen stood lately. */
  recent: { value: number; atMs: number }[];
}

export class TakeOver {
  private readonly faders = new Map<string, Fader>();

  /** Whether the hardware, now at `hardware`, may move the control that stands at `software`. */
  move(control: ControlName, deck: DeckId | undefined, hardware: number, software: number | null, nowMs: number): boolean {
    if (software === null) return true;
    const name = `${control} ${deck ?? ""}`;
    let fader = this.faders.get(name);
    const before = fader?.hardware ?? null;
    if (fader === undefined) {
      fader = { control, hardware, holds: false, put: NaN, recent: [] };
      if (deck !== undefined) fader.deck = deck;
      this.faders.set(name, fader);
    }
    fader.hardware = hardware;
    if (before === hardware) return false; // a device telling where it stands has not been moved
    fader.recent = fader.recent.filter(({ atMs }) => nowMs - atMs < ON_THE_WAY_MS);
    if (fader.holds && !movedElsewhere(fader, software)) return this.hold(fader, software, nowMs);
    const passed = before !== null && (before - software) * (hardware - software) <= 0;
    if (passed || Math.abs(hardware - software) <= NEAR) return this.hold(fader, software, nowMs);
    fader.holds = false;
    fader.recent = [];
    return false;
  }

  /** Faders that stand elsewhere than on screen and wait to be brought there. */
  waiting(): Waiting[] {
    return [...this.faders.values()].filter((fader) => !fader.holds);
  }

  private hold(fader: Fader, software: number, nowMs: number): boolean {
    fader.holds = true;
    fader.put = fader.hardware;
    // what the engine's other thread knew a moment ago may be shown once more
    for (const value of [software, fader.hardware]) fader.recent.push({ value, atMs: nowMs });
    return true;
  }
}

function movedElsewhere(fader: Fader, software: number): boolean {
  const same = (value: number): boolean => Math.abs(value - software) < SAME;
  return !same(fader.put) && !fader.recent.some(({ value }) => same(value));
}
