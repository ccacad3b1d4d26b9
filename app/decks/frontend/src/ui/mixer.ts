// The mixer between the decks, the crossfader at its foot.

import { CROSSFADER_CURVES } from "../contract";
import { centre, type CentreHooks } from "./centre";
import { channel } from "./channel";
import type { Desk } from "./desk";
import { announced } from "./desk";
import { el, svg } from "./dom";
import { fader } from "./fader";
import { controlButton } from "./press";
import { crossfaderWords } from "./words";

/** The way the gain of one deck falls, for the picture on the button. */
const CURVE_PATHS = ["M1 3 C9 3 15 7 17 13", "M1 3 L17 13", "M1 3 L13 3 L17 13"] as const;

export function mixerFace(desk: Desk, hooks: CentreHooks): HTMLElement {
  const slide = fader(desk, {
    control: "crossfader",
    read: () => desk.mixer.crossfader,
    words: crossfaderWords,
    towards: "right",
    className: "crossfader",
  });
  return el(
    "section",
    "mixer",
    { "aria-label": "Mixer" },
    el("div", "strips", {}, channel(desk, "a"), centre(desk, hooks), channel(desk, "b")),
    el("div", "cross-row", {}, el("b", "deck-a", { "aria-hidden": "true" }, "A"), slide, el("b", "deck-b", { "aria-hidden": "true" }, "B"), curve(desk)),
  );
}

function curve(desk: Desk): HTMLElement {
  const line = svg("path", { fill: "none" });
  const made = controlButton(desk, {
    control: "crossfader_curve",
    text: "",
    className: "curve",
    send: (down, hand) => down && desk.send({ control: "crossfader_curve", value: -1 }, hand),
  });
  made.append(svg("svg", { viewBox: "0 0 18 16", "aria-hidden": "true" }, line));
  desk.live.bind(
    () => desk.mixer.curve,
    (number) => {
      const name = `${announced("crossfader_curve")}: ${CROSSFADER_CURVES[number] ?? "smooth"}`;
      line.setAttribute("d", CURVE_PATHS[number] ?? CURVE_PATHS[0]);
      made.setAttribute("aria-label", name);
      made.title = name;
    },
  );
  return made;
}
