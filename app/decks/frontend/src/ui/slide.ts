// What knobs and faders have in common: drag, wheel, arrow keys, a double click back to rest, and
// a slider's role with its value in words.

import type { ControlName, DeckId } from "../contract";
import type { Desk, Hand } from "./desk";
import { announced, factsOf } from "./desk";

/** Shift makes every movement this much finer. */
const FINE = 0.1;
const STEP = 0.02;
const PAGE_STEPS = 10;

export interface Slide {
  control: ControlName;
  deck?: DeckId;
  read: () => number;
  words: (value: number) => string;
  /** What else the words depend on. */
  besides?: () => number | boolean;
  /** Where the larger values lie. */
  towards: "up" | "down" | "right";
  /** How far a hand moves over the whole range, in CSS pixels of the screen. */
  travelPx: () => number;
  /** One notch of the wheel or one arrow key; 2 % unless told. */
  step?: () => number;
}

export function clamp(value: number, low = 0, high = 1): number {
  return Math.min(high, Math.max(low, value));
}

/** The value a key asks for, or null where the key means nothing to a slider. */
export function keyed(key: string, value: number, step: number, towards: Slide["towards"], rest: number): number | null {
  // an arrow moves the cap the way it points
  const up = towards === "down" ? -1 : 1;
  switch (key) {
    case "ArrowRight":
      return clamp(value + step);
    case "ArrowLeft":
      return clamp(value - step);
    case "ArrowUp":
      return clamp(value + up * step);
    case "ArrowDown":
      return clamp(value - up * step);
    case "PageUp":
      return clamp(value + up * step * PAGE_STEPS);
    case "PageDown":
      return clamp(value - up * step * PAGE_STEPS);
    case "Home":
      return 0;
    case "End":
      return 1;
    case "Backspace":
    case "Delete":
      return rest;
    default:
      return null;
  }
}

export function slidable(desk: Desk, element: HTMLElement, slide: Slide): void {
  const { control, deck, read } = slide;
  const rest = factsOf(control).rest ?? 0.5;
  const step = () => slide.step?.() ?? STEP;
  const send = (value: number, hand: Hand) => desk.send({ control, value, ...(deck && { deck }) }, hand);

  const name = announced(control, deck);
  element.setAttribute("role", "slider");
  element.tabIndex = 0;
  element.setAttribute("aria-label", name);
  element.setAttribute("aria-orientation", slide.towards === "right" ? "horizontal" : "vertical");
  element.setAttribute("aria-valuemin", "0");
  element.setAttribute("aria-valuemax", "100");
  element.dataset["control"] = control;
  const say = () => {
    const hardware = desk.pickUp(control, deck, read());
    const words = slide.words(read()) + (hardware === null ? "" : `; hardware at ${Math.round(hardware * 100)} %, bring it here to take over`);
    element.setAttribute("aria-valuenow", String(Math.round(read() * 100)));
    element.setAttribute("aria-valuetext", words);
    element.title = `${name}: ${words}`;
  };
  desk.live.bind(read, say);
  if (slide.besides) desk.live.bind(slide.besides, say);
  desk.live.bind(() => desk.pickUp(control, deck, read()), say);

  let grabbed: { x: number; y: number; value: number; travel: number } | null = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    grabbed = { x: event.clientX, y: event.clientY, value: read(), travel: slide.travelPx() };
  });
  element.addEventListener("pointermove", (event) => {
    if (!grabbed) return;
    const moved =
      slide.towards === "right"
        ? event.clientX - grabbed.x
        : (slide.towards === "down" ? 1 : -1) * (event.clientY - grabbed.y);
    // from here on, so that pressing Shift midway doesn't jump
    grabbed.x = event.clientX;
    grabbed.y = event.clientY;
    if (moved === 0) return;
    grabbed.value = clamp(grabbed.value + (moved / grabbed.travel) * (event.shiftKey ? FINE : 1));
    send(grabbed.value, "mouse");
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    element.addEventListener(type, () => (grabbed = null));
  }
  element.addEventListener("dblclick", () => send(rest, "mouse"));
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      // with Shift the browser turns the wheel sideways
      const turned = event.deltaY || event.deltaX;
      if (turned === 0) return;
      const up = slide.towards === "down" ? -1 : 1;
      send(clamp(read() - Math.sign(turned) * up * step() * (event.shiftKey ? FINE : 1)), "mouse");
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const value = keyed(event.key, read(), step() * (event.shiftKey ? FINE : 1), slide.towards, rest);
    if (value === null) return;
    event.preventDefault();
    event.stopPropagation();
    send(value, "keyboard");
  });
}
