// One deck, laid out as on the controller: title and overview, figures, platter and transport at the
// left, keys and pads in the middle, tempo at the right edge.

import type { DeckId } from "../contract";
import type { BrowseList } from "./browse";
import type { Desk } from "./desk";
import { el } from "./dom";
import { gridTools } from "./grid";
import { icon } from "./icons";
import { loops } from "./loops";
import { numbers } from "./numbers";
import { Overview } from "./overview";
import { pads } from "./pads";
import { platter } from "./platter";
import { controlButton } from "./press";
import { tempoColumn } from "./tempo";
import { TIGHT_MS } from "./words";

export function deckFace(desk: Desk, id: DeckId, list: BrowseList): HTMLElement {
  const grid = gridTools(desk, id);
  const root = el(
    "section",
    `deck deck-${id}`,
    { "aria-label": `Deck ${id.toUpperCase()}` },
    title(desk, id, list),
    el(
      "div",
      "overview-row",
      {},
      controlButton(desk, { control: "to_start", deck: id, text: icon("start"), className: "to-start" }),
      new Overview(desk, id).root,
      grid.button,
    ),
    el(
      "div",
      "deck-body",
      {},
      numbers(desk, id),
      el("div", "left", {}, platter(desk, id), transport(desk, id)),
      el("div", "hands", {}, switches(desk, id), loops(desk, id), el("div", "pad-place", {}, pads(desk, id), grid.panel)),
      tempoColumn(desk, id),
    ),
  );
  desk.live.toggle(root, "empty", () => desk.deck(id).track === null);
  desk.live.toggle(root, "broken", () => desk.deck(id).problem !== "");
  return root;
}

function title(desk: Desk, id: DeckId, list: BrowseList): HTMLElement {
  const deck = () => desk.deck(id);
  const art = el("img", "art", { alt: "" });
  const name = el("div", "title");
  const artist = el("div", "artist");
  desk.live.bind(
    () => (deck().track?.artwork ? deck().track!.id : null),
    (track) => {
      art.hidden = track === null;
      if (track === null) art.removeAttribute("src");
      else art.src = `/dj/art/${encodeURIComponent(track)}`;
    },
  );
  desk.live.bind(
    () => deck().track?.title ?? "No track",
    (text) => {
      name.textContent = text;
      name.title = text;
    },
  );
  desk.live.text(artist, () => {
    const { problem, track } = deck();
    if (problem) return `✕ ${problem}`;
    return track ? track.artist || "unknown artist" : "Pick one below, or drop a file";
  });
  const light = el("div", "light");
  const inSync = () => Math.abs(desk.heardApart(id) ?? Infinity) <= TIGHT_MS;
  desk.live.text(light, () => (inSync() ? "IN SYNC" : ""));
  desk.live.toggle(light, "good", inSync);
  return el(
    "div",
    "deck-title",
    {},
    el("div", "letter", { "aria-hidden": "true" }, art, el("b", "", {}, id.toUpperCase())),
    el("div", "names", {}, name, artist),
    light,
    loadButton(desk, id, list),
  );
}

/** LOAD takes the line of the list that the browse knob stands on. */
function loadButton(desk: Desk, id: DeckId, list: BrowseList): HTMLElement {
  const made = controlButton(desk, { control: "load", deck: id, text: "LOAD", className: "load", disabled: () => list.chosen === null });
  desk.live.bind(
    () => list.chosen?.title ?? "",
    (title) => {
      const words = title ? `Load “${title}” on deck ${id.toUpperCase()}` : `Load, deck ${id.toUpperCase()}: the list is empty`;
      made.setAttribute("aria-label", words);
      made.title = words;
    },
  );
  list.follow(made);
  return made;
}

function transport(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const empty = () => deck().track === null;
  const atCue = () => {
    const { track, playing, cueing, positionSec, cueSec } = deck();
    return cueing || (track !== null && !playing && Math.abs(positionSec - cueSec) < 0.02);
  };
  return el(
    "div",
    "transport",
    {},
    controlButton(desk, { control: "cue", deck: id, text: "CUE", className: "round cue", lit: atCue, disabled: empty }),
    controlButton(desk, { control: "play", deck: id, text: icon("play"), className: "round play", lit: () => deck().playing, disabled: () => !deck().playable }),
  );
}

function switches(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  return el(
    "div",
    "switches",
    {},
    controlButton(desk, { control: "keylock", deck: id, text: "KEY LOCK", lit: () => deck().keylock, hint: "Keeps the key at any tempo" }),
    controlButton(desk, { control: "slip", deck: id, text: "SLIP", lit: () => deck().slip, hint: "Goes on where it would have been" }),
    controlButton(desk, { control: "quantise", deck: id, text: "QUANT", lit: () => deck().quantise, hint: "Cues and loops fall on beats" }),
    controlButton(desk, { control: "reverse", deck: id, text: "REV", lit: () => deck().reverse, hint: "Backwards while held" }),
    controlButton(desk, { control: "brake", deck: id, text: "BRAKE", hint: "Stops like a record" }),
  );
}
