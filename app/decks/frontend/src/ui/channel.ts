// One channel of the mixer: trim, three bands with kills, filter, fader with its meter, headphone
// cue, effect.

import type { ControlName, DeckId, DeckState } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { fader } from "./fader";
import { icon } from "./icons";
import { knob } from "./knob";
import { meter } from "./meter";
import { controlButton } from "./press";
import { decibels, eqWords, filterWords, percent, trimWords } from "./words";

interface Band {
  control: ControlName;
  kill: ControlName;
  text: string;
  value: (deck: DeckState) => number;
  killed: (deck: DeckState) => boolean;
}

const BANDS: Band[] = [
  { control: "eq_high", kill: "kill_high", text: "HI", value: (deck) => deck.eqHigh, killed: (deck) => deck.killHigh },
  { control: "eq_mid", kill: "kill_mid", text: "MID", value: (deck) => deck.eqMid, killed: (deck) => deck.killMid },
  { control: "eq_low", kill: "kill_low", text: "LOW", value: (deck) => deck.eqLow, killed: (deck) => deck.killLow },
];

export function channel(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const letter = id.toUpperCase();
  const trim = knob(desk, {
    control: "trim",
    deck: id,
    read: () => deck().trim,
    words: (value) => `${trimWords(value)}, loudness matched by ${decibels(deck().autoGainDb)}`,
    besides: () => deck().autoGainDb,
    label: "TRIM",
  });
  const bands = BANDS.map((band) => {
    const kill = controlButton(desk, {
      control: band.kill,
      deck: id,
      text: band.text,
      className: "kill",
      hint: "Cuts the band altogether",
      lit: () => band.killed(deck()),
    });
    const made = knob(desk, {
      control: band.control,
      deck: id,
      read: () => band.value(deck()),
      words: (value) => (band.killed(deck()) ? "killed" : eqWords(value)),
      besides: () => band.killed(deck()),
      label: kill,
    });
    desk.live.toggle(made, "killed", () => band.killed(deck()));
    return made;
  });
  const filter = knob(desk, {
    control: "filter",
    deck: id,
    read: () => deck().filter,
    words: filterWords,
    label: "FILTER",
    className: "filter",
  });
  const level = fader(desk, {
    control: "fader",
    deck: id,
    read: () => deck().fader,
    words: percent,
    towards: "up",
    className: "channel-fader",
  });
  return el(
    "div",
    `channel deck-${id}`,
    { role: "group", "aria-label": `Channel ${letter}` },
    el("div", "knobs", {}, trim, ...bands, filter),
    el(
      "div",
      "levels",
      {},
      controlButton(desk, { control: "fx_deck", deck: id, text: "FX", lit: () => deck().fx }),
      el("div", "level-way", {}, level, meter(desk, () => deck().meterDb, "standing", `Level of deck ${letter}`)),
      controlButton(desk, { control: "pfl", deck: id, text: icon("phones"), className: "pfl", hint: "Heard on the headphones chosen in the middle", lit: () => deck().pfl }),
    ),
  );
}
