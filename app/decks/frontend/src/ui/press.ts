// Buttons that know when they are held: 1 when pressed, 0 when let go, by mouse, finger, keyboard
// or a screen reader's click.

import type { ControlName, DeckId } from "../contract";
import type { Desk, Hand } from "./desk";
import { announced } from "./desk";
import { el } from "./dom";

/** Calls `press(true)` and `press(false)` in turn, however the element is pressed. */
export function pressable(
  element: HTMLElement,
  press: (down: boolean, hand: Hand, event: Event) => void,
): void {
  let held: Hand | null = null;
  const down = (hand: Hand, event: Event) => {
    if (held) return;
    held = hand;
    press(true, hand, event);
  };
  const up = (event: Event) => {
    if (!held) return;
    const hand = held;
    held = null;
    press(false, hand, event);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    down("mouse", event);
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) element.addEventListener(type, up);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (!event.repeat) down("keyboard", event);
  });
  element.addEventListener("keyup", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault(); // or Space clicks as well
    up(event);
  });
  element.addEventListener("click", (event) => {
    // a click without a pointer comes from assistive technology
    if (event.detail !== 0 || held) return;
    down("keyboard", event);
    up(event);
  });
}

export interface ButtonLook {
  control: ControlName;
  deck?: DeckId;
  index?: number;
  text: string | Element;
  className?: string;
  /** What it says on hovering, beyond its name. */
  hint?: string;
  /** Lit while this holds; the button is announced as pressed. */
  lit?: () => boolean;
  disabled?: () => boolean;
  /** What pressing sends, where it isn't 1 and 0. */
  send?: (down: boolean, hand: Hand, event: Event) => void;
  /** Its name, where the control's own says too little. */
  label?: string;
}

/** A button for one control. */
export function controlButton(desk: Desk, look: ButtonLook): HTMLButtonElement {
  const { control, deck, index } = look;
  const name = look.label ?? announced(control, deck, index);
  const made = el(
    "button",
    `key ${look.className ?? ""}`,
    { type: "button", "aria-label": name, title: look.hint ? `${name}. ${look.hint}` : name, "data-control": control },
    look.text,
  );
  const send =
    look.send ??
    ((down, hand) => {
      desk.send(
        { control, value: down ? 1 : 0, ...(deck && { deck }), ...(index !== undefined && { index }) },
        hand,
      );
    });
  pressable(made, (down, hand, event) => {
    if (!made.disabled) send(down, hand, event);
  });
  if (look.lit) {
    desk.live.bind(look.lit, (on) => {
      made.setAttribute("aria-pressed", String(on));
    });
  }
  if (look.disabled) {
    desk.live.bind(look.disabled, (off) => {
      made.disabled = off;
    });
  }
  return made;
}
