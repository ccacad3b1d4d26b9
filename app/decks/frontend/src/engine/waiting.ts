// What the audio thread shall hear as soon as there is one.

import type { ToProcessor } from "./messages";

/**
 * Puts a message by until the sound starts: records wait, the mixer's state is sent whole later, and
 * buttons are only kept while it is about to start.
 */
export function keepForLater(waiting: ToProcessor[], message: ToProcessor, starting: boolean): void {
  if (message.type === "load" || message.type === "unload") {
    // the record before it needs its memory no more
    const others = waiting.filter((one) => !("deck" in one) || one.deck !== message.deck);
    const before = waiting.filter((one) => (one.type === "load" || one.type === "unload") && one.deck === message.deck);
    // every change is counted there too
    const unloads = before.map((): ToProcessor => ({ type: "unload", deck: message.deck }));
    waiting.splice(0, waiting.length, ...others, ...unloads);
    waiting.push(message);
  } else if (["chunk", "facts", "drop", "arm"].includes(message.type) || (message.type === "act" && starting)) {
    waiting.push(message);
  }
}
