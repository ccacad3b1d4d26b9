// The one engine of a page. It outlives every drawing of the decks. A newer version of the scripts
// (another address) takes the place of an older one, but never while that one plays.

import type { Engine } from "../contract";
import { DeckEngine } from "./engine";

declare global {
  interface Window {
    __segueDecks?: { address: string; engine: DeckEngine };
  }
}

export { SAMPLE_NAMES } from "./dsp/samples";

export function engine(): Engine {
  const address = import.meta.url;
  const found = window.__segueDecks;
  if (found && (found.address === address || found.engine.busy)) return found.engine;
  void found?.engine.close();
  const made = new DeckEngine();
  window.__segueDecks = { address, engine: made };
  return made;
}
