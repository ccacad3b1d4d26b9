// Where a controller's fader or knob stands while it waits to take over the one on the screen.

import type { ControlName, DeckId } from "../contract";

/** So near, the hardware takes over with its next move: nothing is left to show. */
const NEAR = 0.02;

export interface PickUp {
  control: ControlName;
  deck?: DeckId;
  /** Where the hardware stands, 0–1. */
  hardware: number;
}

/** Where the hardware of a control stands, or null where it is at one with the screen. */
export function elsewhere(all: readonly PickUp[], control: ControlName, deck: DeckId | undefined, screen: number): number | null {
  for (const one of all) {
    if (one.control === control && one.deck === deck && Math.abs(one.hardware - screen) > NEAR) return one.hardware;
  }
  return null;
}
