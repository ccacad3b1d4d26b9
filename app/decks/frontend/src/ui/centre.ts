// The middle of the mixer: master, headphones, effect, recording, automix.

import { EFFECT_BEATS, EFFECTS } from "../contract";
import type { Desk } from "./desk";
import { announced } from "./desk";
import { el } from "./dom";
import { icon } from "./icons";
import { knob } from "./knob";
import { meter } from "./meter";
import { controlButton } from "./press";
import { beatsShort, clock, masterWords, percent } from "./words";

export interface CentreHooks {
  /** Opens the controller's panel. */
  midi: () => void;
  /** Opens the map of keys. */
  keys: () => void;
}

export function centre(desk: Desk, hooks: CentreHooks): HTMLElement {
  return el("div", "centre", {}, master(desk), phones(desk), effect(desk), record(desk), automix(desk), more(hooks));
}

function master(desk: Desk): HTMLElement {
  const { live } = desk;
  const mixer = () => desk.mixer;
  const limiter = el("span", "limiter");
  live.text(limiter, () => (mixer().limiterDb > 0.3 ? `LIMIT −${mixer().limiterDb.toFixed(0)}` : ""));
  return el(
    "div",
    "master",
    { role: "group", "aria-label": "Master and headphones" },
    el(
      "div",
      "knob-row",
      {},
      knob(desk, { control: "master", read: () => mixer().master, words: masterWords, label: "MASTER" }),
      knob(desk, { control: "phones_mix", read: () => mixer().phonesMix, words: phonesMixWords, label: phonesLabel("MIX") }),
      knob(desk, { control: "phones_level", read: () => mixer().phonesLevel, words: percent, label: phonesLabel("LVL") }),
    ),
    el(
      "div",
      "master-meter",
      {},
      meter(desk, () => mixer().meterDb[0], "lying", "Master level, left"),
      meter(desk, () => mixer().meterDb[1], "lying", "Master level, right"),
      limiter,
    ),
  );
}

function phonesLabel(text: string): HTMLElement {
  return el("span", "knob-label", { "aria-hidden": "true" }, icon("phones"), text);
}

function phonesMixWords(value: number): string {
  if (value === 0) return "headphone cue alone";
  return value === 1 ? "master alone" : `${percent(value)} master`;
}

function phones(desk: Desk): HTMLElement {
  const choice = el("select", "phones", { "aria-label": "Headphone output", title: "Where headphones are plugged in" });
  const outputs = () => desk.engine.state.outputs;
  const list = () => {
    const found = outputs().devices.map(({ id, label }) => el("option", "", { value: id }, label));
    choice.replaceChildren(el("option", "", { value: "" }, "Phones: none"), ...found);
    choice.value = outputs().phonesDevice;
  };
  desk.live.bind(() => outputs().devices, list);
  desk.live.bind(() => outputs().devices.length, list); // it may also grow in place
  desk.live.bind(
    () => outputs().phonesDevice,
    (device) => {
      choice.value = device;
    },
  );
  choice.addEventListener("change", () => void desk.engine.setPhones(choice.value).catch(() => undefined));
  return choice;
}

function effect(desk: Desk): HTMLElement {
  const mixer = () => desk.mixer;
  const kind = el("select", "fx-kind", { "aria-label": announced("fx_select"), "data-control": "fx_select" });
  kind.append(...EFFECTS.map((name, number) => el("option", "", { value: number }, name)));
  kind.addEventListener("change", () => desk.send({ control: "fx_select", value: Number(kind.value) }, "mouse"));
  desk.live.bind(
    () => mixer().fxKind,
    (number) => {
      kind.value = String(number);
    },
  );
  const beats = () => EFFECT_BEATS[mixer().fxBeats] ?? 1;
  const length = el("output", "fx-beats", { "aria-label": announced("fx_beats") });
  desk.live.text(length, () => beatsShort(beats()));
  const step = (by: number, text: string) =>
    controlButton(desk, {
      control: "fx_beats",
      text,
      className: "step",
      label: by < 0 ? "Shorter effect" : "Longer effect",
      send: (down, hand) => down && desk.send({ control: "fx_beats", value: by }, hand),
    });
  return el(
    "div",
    "effect",
    { role: "group", "aria-label": "Effect" },
    el("div", "fx-choice", {}, kind, el("div", "fx-length", {}, step(-1, "−"), length, step(1, "+")), controlButton(desk, { control: "fx_on", text: "FX ON", className: "fx-on", lit: () => mixer().fxOn })),
    knob(desk, { control: "fx_level", read: () => mixer().fxLevel, words: percent, label: "DEPTH" }),
  );
}

function record(desk: Desk): HTMLElement {
  const made = controlButton(desk, { control: "record", text: "", className: "rec", lit: () => desk.mixer.recordingSec !== null });
  desk.live.text(made, () => {
    const { recordingSec } = desk.mixer;
    return recordingSec === null ? "● REC" : `■ ${clock(recordingSec)}`;
  });
  return made;
}

function automix(desk: Desk): HTMLElement {
  const on = () => desk.engine.state.automix !== null;
  const made = controlButton(desk, {
    control: "automix",
    text: "AUTOMIX",
    className: "automix",
    lit: on,
    hint: "Plays the planned set; touch any control to take over",
    disabled: () => !on() && !desk.wish?.automix,
  });
  const next = el("div", "automix-next");
  const words = () => {
    const { automix: state } = desk.engine.state;
    if (!state) return desk.wish?.automix ? `${desk.wish.automix.tracks.length} tracks planned` : "no set planned";
    const when = state.secToMix === null ? "" : ` · ${clock(state.secToMix)}`;
    return state.next ? `${state.step + 1}/${state.tracks}${when} · ${state.next}` : `${state.step + 1}/${state.tracks} · last track`;
  };
  desk.live.bind(words, (text) => {
    next.textContent = text;
    next.title = text;
  });
  return el("div", "automix-part", {}, made, next);
}

function more(hooks: CentreHooks): HTMLElement {
  const button = (text: string, label: string, act: () => void) => {
    const made = el("button", "key", { type: "button", title: label, "aria-label": label, "aria-haspopup": "dialog" }, text);
    made.addEventListener("click", act);
    return made;
  };
  return el("div", "more", {}, button("MIDI", "MIDI controller", hooks.midi), button("KEYS ?", "Map of the keyboard", hooks.keys));
}
