// A straight fader. The cap moves with the hand and never jumps to it: a slip of the mouse on a
// live mix must not be heard.

import type { ControlName, DeckId } from "../contract";
import type { Desk } from "./desk";
import { factsOf } from "./desk";
import { el } from "./dom";
import { slidable, type Slide } from "./slide";

export interface FaderLook {
  control: ControlName;
  deck?: DeckId;
  read: () => number;
  words: (value: number) => string;
  besides?: () => number | boolean;
  towards: Slide["towards"];
  className?: string;
  step?: () => number;
}

/** Where the cap stands on its way, 0 at the left or the top. */
export function capShare(value: number, towards: Slide["towards"]): number {
  return towards === "up" ? 1 - value : value;
}

export function fader(desk: Desk, look: FaderLook): HTMLElement {
  const cap = el("div", "cap");
  const ghost = el("div", "ghost");
  const way = el("div", "way", { "aria-hidden": "true" }, ghost, cap);
  const lies = look.towards === "right" ? "lying" : "standing";
  const made = el("div", `fader ${lies} ${look.className ?? ""}`, {}, way);
  if (factsOf(look.control).rest === 0.5) way.prepend(el("div", "middle"));
  slidable(desk, made, {
    control: look.control,
    ...(look.deck && { deck: look.deck }),
    read: look.read,
    words: look.words,
    ...(look.besides && { besides: look.besides }),
    towards: look.towards,
    travelPx: () => {
      const box = way.getBoundingClientRect();
      return Math.max(1, lies === "lying" ? box.width : box.height);
    },
    ...(look.step && { step: look.step }),
  });
  const put = (thing: HTMLElement, value: number) => {
    thing.style[lies === "lying" ? "left" : "top"] = `${(capShare(value, look.towards) * 100).toFixed(2)}%`;
  };
  desk.live.bind(look.read, (value) => put(cap, value));
  desk.live.bind(
    () => desk.pickUp(look.control, look.deck, look.read()),
    (hardware) => {
      ghost.hidden = hardware === null;
      if (hardware !== null) put(ghost, hardware);
    },
  );
  return made;
}
