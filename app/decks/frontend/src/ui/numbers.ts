// The figures of a deck, the largest things on it: time, tempo, key, and how the beats lie.

import type { DeckId } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { camelotColour } from "./palette";
import { clockTenths, phaseWords, signed, tempoWords, UNSURE } from "./words";

export function numbers(desk: Desk, id: DeckId): HTMLElement {
  return el("div", "numbers", {}, time(desk, id), tempo(desk, id), key(desk, id), phase(desk, id));
}

function field(name: string, value: HTMLElement, words: HTMLElement): HTMLElement {
  return el("div", `number ${name}`, {}, value, words);
}

function time(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const past = el("span");
  const tenth = el("small");
  const value = el("div", "value", { title: "Time passed" }, past, tenth);
  const left = el("div", "words", { title: "Time left" });
  const tenths = () => Math.floor(deck().positionSec * 10 + 1e-6);
  const parts = () => clockTenths(tenths() / 10).split(".");
  desk.live.bind(
    () => (deck().track ? tenths() : -1),
    (now) => {
      const [whole, rest] = now < 0 ? ["–", ""] : parts();
      if (past.textContent !== whole) past.textContent = whole ?? "";
      tenth.textContent = rest ? `.${rest}` : "";
      const { track } = deck();
      left.textContent = track ? `−${clockTenths(track.duration_sec - now / 10)}` : "";
    },
  );
  // in the last half minute the DJ must look up
  desk.live.toggle(left, "ending", () => {
    const { track, positionSec, playing } = deck();
    return playing && track !== null && track.duration_sec - positionSec < 30;
  });
  return field("time", value, left);
}

function tempo(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const value = el("div", "value");
  const words = el("div", "words");
  desk.live.bind(
    () => Math.round((deck().bpm ?? deck().track?.bpm ?? 0) * 100),
    (hundredths) => {
      value.textContent = hundredths ? (hundredths / 100).toFixed(2) : "–";
    },
  );
  const say = () => {
    const { track } = deck();
    if (!track) words.textContent = "BPM";
    else if (!track.bpm) words.textContent = "BPM · no beat found";
    else words.textContent = `BPM ${tempoWords(deck().tempo)} · ${(track.grid_confidence ?? 1) >= UNSURE ? "sure" : "unsure"}`;
  };
  desk.live.bind(() => Math.round(deck().tempo * 1e4), say);
  desk.live.bind(() => deck().track, say);
  desk.live.toggle(words, "unsure", () => (deck().track?.grid_confidence ?? 1) < UNSURE);
  return field("tempo-number", value, words);
}

function key(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const chip = el("span", "camelot");
  const words = el("div", "words");
  desk.live.bind(
    () => deck().camelot ?? deck().track?.camelot ?? null,
    (camelot) => {
      chip.textContent = camelot ?? "–";
      chip.style.background = (camelot && camelotColour(camelot)) || "";
      chip.classList.toggle("none", !camelot);
    },
  );
  desk.live.text(words, () => {
    const { key: name, keyShift, track } = deck();
    return (name ?? track?.key ?? "Key") + (keyShift ? ` · ${signed(keyShift)}` : "");
  });
  return field("key-number", el("div", "value", {}, chip), words);
}

function phase(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  // as wide as the meter and moved as a whole: nothing is laid out anew
  const beat = el("i", "beat");
  const meter = el("div", "phase-meter", { "aria-hidden": "true" }, el("i", "centre"), beat);
  const words = el("div", "words");
  desk.live.bind(
    () => {
      const { phaseBeats } = deck();
      return phaseBeats === null ? null : Math.round(phaseBeats * 200) / 2;
    },
    (share) => {
      beat.hidden = share === null;
      if (share !== null) beat.style.transform = `translateX(${share}%)`;
    },
  );
  desk.live.bind(
    () => desk.heardApart(id),
    (ms) => {
      const { text, tone } = phaseWords(ms);
      words.textContent = text;
      for (const each of ["good", "unsure"] as const) {
        words.classList.toggle(each, tone === each);
        meter.classList.toggle(each, tone === each);
      }
    },
  );
  return field("phase", meter, words);
}
