// Correcting a beat grid by ear, behind a small button: what is set here goes to the notebook.

import type { DeckId } from "../contract";
import type { Desk } from "./desk";
import { announced } from "./desk";
import { el } from "./dom";
import { controlButton } from "./press";
import { UNSURE } from "./words";

const SHIFTS_MS = [-10, -1, 1, 10] as const;

/** The button and the panel it opens over the pads. */
export function gridTools(desk: Desk, id: DeckId): { button: HTMLButtonElement; panel: HTMLElement } {
  const none = () => !desk.deck(id).track?.bpm;
  const shift = (ms: number) =>
    controlButton(desk, {
      control: "grid_shift",
      deck: id,
      text: `${ms < 0 ? "−" : "+"}${Math.abs(ms)} ms`,
      label: `${announced("grid_shift", id)} by ${Math.abs(ms)} ms ${ms < 0 ? "earlier" : "later"}`,
      disabled: none,
      send: (down, hand) => down && desk.send({ control: "grid_shift", deck: id, value: ms }, hand),
    });
  const panel = el(
    "div",
    "grid-panel",
    { role: "group", "aria-label": `Beat grid, deck ${id.toUpperCase()}`, id: `grid-${id}` },
    controlButton(desk, { control: "bar_one", deck: id, text: "Bar 1 here", className: "wide", disabled: none }),
    ...SHIFTS_MS.map(shift),
    controlButton(desk, { control: "grid_halve", deck: id, text: "÷2", disabled: none }),
    controlButton(desk, { control: "grid_double", deck: id, text: "×2", disabled: none }),
  );
  panel.hidden = true;
  const button = el(
    "button",
    "key grid-button",
    { type: "button", "aria-expanded": "false", "aria-controls": `grid-${id}`, "aria-label": `Correct the beat grid, deck ${id.toUpperCase()}`, title: "Correct the beat grid" },
    "GRID",
  );
  // a grid that is unsure is one press away from right
  desk.live.toggle(button, "unsure", () => (desk.deck(id).track?.grid_confidence ?? 1) < UNSURE);
  const open = (on: boolean) => {
    panel.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };
  button.addEventListener("click", () => open(panel.hidden !== false));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open(false);
    button.focus();
  });
  return { button, panel };
}
