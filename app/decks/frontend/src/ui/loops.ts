// Loop keys, with the length in the middle.

import type { DeckId } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { controlButton } from "./press";
import { beatsShort, loopBeats } from "./words";

export function loops(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const active = () => deck().loop?.active === true;
  const length = el("output", "loop-length", { "aria-label": `Loop length, deck ${id.toUpperCase()}` });
  desk.live.text(length, () => {
    const { loop, track } = deck();
    if (!loop) return "–";
    const beats = loopBeats(loop, track);
    return beats === null ? `${(loop.endSec - loop.startSec).toFixed(1)} s` : beatsShort(beats);
  });
  desk.live.toggle(length, "on", active);
  const none = () => deck().loop === null;
  return el(
    "div",
    "loops",
    { role: "group", "aria-label": `Loop, deck ${id.toUpperCase()}` },
    controlButton(desk, { control: "loop_in", deck: id, text: "IN" }),
    controlButton(desk, { control: "loop_out", deck: id, text: "OUT" }),
    controlButton(desk, { control: "loop_halve", deck: id, text: "÷2", disabled: none }),
    length,
    controlButton(desk, { control: "loop_double", deck: id, text: "×2", disabled: none }),
    controlButton(desk, { control: "reloop", deck: id, text: "RELOOP", className: "wide", lit: active }),
  );
}
