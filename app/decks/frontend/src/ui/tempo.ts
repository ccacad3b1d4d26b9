// The right edge of a deck: beat sync, the tempo fader with its range, and a push either way.

import { type DeckId, TEMPO_RANGES } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { fader } from "./fader";
import { icon } from "./icons";
import { controlButton } from "./press";
import { tempoShare, tempoWords } from "./words";

/** One notch of the wheel, in per cent of the tempo. */
const STEP_PERCENT = 0.1;

export function tempoColumn(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  let switchingOff = false;
  const held = (down: boolean) => {
    if (down) switchingOff = deck().synced;
    return switchingOff ? "sync_off" : "sync";
  };
  const sync = controlButton(desk, {
    control: "sync",
    deck: id,
    text: "SYNC",
    className: "sync",
    hint: "Takes the other deck's tempo and beat",
    lit: () => deck().synced,
    // the one button switches both ways
    send: (down, hand) => desk.send({ control: held(down), deck: id, value: down ? 1 : 0 }, hand),
  });
  const leader = controlButton(desk, {
    control: "tempo_master",
    deck: id,
    text: "LEAD",
    className: "leader",
    hint: "The other deck follows this one's tempo",
    lit: () => deck().leader,
  });
  const slider = fader(desk, {
    control: "tempo",
    deck: id,
    read: () => tempoShare(deck()),
    words: () => tempoWords(deck().tempo),
    besides: () => deck().tempo,
    towards: "down",
    className: "tempo",
    step: () => STEP_PERCENT / (2 * deck().tempoRange),
  });
  const range = controlButton(desk, {
    control: "tempo_range",
    deck: id,
    text: "",
    className: "range",
    send: (down, hand) => down && desk.send({ control: "tempo_range", deck: id, value: -1 }, hand),
  });
  desk.live.bind(
    () => deck().tempoRange,
    (percent) => {
      range.textContent = `±${percent}`;
      range.setAttribute("aria-label", `Tempo range ±${percent} %, deck ${id.toUpperCase()}`);
      range.title = `Tempo range: ${TEMPO_RANGES.map((each) => `±${each}`).join(", ")} %`;
    },
  );
  return el(
    "div",
    "tempo-column",
    {},
    sync,
    leader,
    el("div", "tempo-way", {}, el("i", "slower", { "aria-hidden": "true" }, "−"), slider, el("i", "faster", { "aria-hidden": "true" }, "+")),
    range,
    el(
      "div",
      "nudges",
      {},
      controlButton(desk, { control: "nudge_back", deck: id, text: icon("back"), hint: "Slower while held" }),
      controlButton(desk, { control: "nudge_forward", deck: id, text: icon("on"), hint: "Faster while held" }),
    ),
  );
}
