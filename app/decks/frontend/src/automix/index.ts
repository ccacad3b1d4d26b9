// Automix on the engine of the page, with the browser's clock and Python's plans.

import type { AutomixWish, Engine } from "../contract";
import { Automix } from "./machine";
import { checkedStep } from "./step";

/** Curves move this often. A timer and not the frame: it goes on while the page is hidden, where
 * browsers hold frames back but let a page that is heard keep its timers. */
const STEP_MS = 25;

const players = new WeakMap<Engine, Automix>();

async function fetchStep(set: string, index: number) {
  const answer = await fetch(`/dj/automix/${encodeURIComponent(set)}/${index}`);
  if (!answer.ok) throw new Error(`no plan for step ${index}`);
  return checkedStep(await answer.json());
}

/** What the page wishes to be played; the player of an engine is made once. */
export function automix(engine: Engine): { wish(wish: AutomixWish | null): void } {
  let player = players.get(engine);
  if (player === undefined) {
    const made = (player = new Automix(engine, fetchStep));
    players.set(engine, made);
    setInterval(() => {
      if (!made.running) return;
      engine.tick();
      made.step(performance.now());
    }, STEP_MS);
  }
  const chosen = player;
  return {
    wish(wish) {
      // asked for on the page and not on the decks: the click there has allowed sound, if there was one
      const mayStart = engine.state.audio === "off" && globalThis.navigator?.userActivation?.hasBeenActive === true;
      if (wish !== null && mayStart) void engine.start().catch(() => undefined);
      chosen.wish(wish);
    },
  };
}
