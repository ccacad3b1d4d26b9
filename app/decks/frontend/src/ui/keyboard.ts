// Listens to the keyboard for the whole page, except while somebody types.

import type { ControlName } from "../contract";
import type { Desk } from "./desk";
import { type Key, keyFor } from "./keys";
import { clamp } from "./slide";
import { tempoShare } from "./words";

const TYPING = "input, textarea, select, [contenteditable], [role=textbox], [role=combobox], [role=searchbox]";
/** Inputs in which letters mean nothing. */
const NOT_TYPING = "input[type=checkbox], input[type=radio], input[type=range], input[type=button]";

/** Whether a key pressed on this element is meant as text. */
export function isTyping(target: EventTarget | null | undefined): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest(TYPING) !== null && !target.matches(NOT_TYPING);
}

/** Starts listening while `awake`; `overlay` shows and hides the map. Returns how to stop. */
export function keyboard(
  desk: Desk,
  overlay: { toggle(): void; readonly open: boolean; close(): void },
  awake: () => boolean,
): () => void {
  const held = new Map<string, { key: Key; control: ControlName }>();
  const letGo = (code: string) => {
    const pressed = held.get(code);
    held.delete(code);
    if (pressed) act(desk, pressed.key, pressed.control, 0);
  };
  const down = (event: KeyboardEvent) => {
    if (!awake() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
    if (event.key === "?") {
      take(event);
      overlay.toggle();
      return;
    }
    if (overlay.open) {
      if (event.key !== "Escape") return;
      take(event);
      overlay.close();
      return;
    }
    const key = keyFor(event.code, event.shiftKey);
    if (!key) return;
    take(event);
    // a held key repeats only where each step is wanted
    if (event.repeat && !key.use.step) return;
    const control = controlOf(desk, key);
    if (key.use.held) {
      letGo(event.code);
      held.set(event.code, { key, control });
    }
    act(desk, key, control, key.use.value);
  };
  const up = (event: KeyboardEvent) => letGo(event.code);
  const leave = () => [...held.keys()].forEach(letGo);
  // before anybody else on the page: Streamlit has keys of its own
  window.addEventListener("keydown", down, { capture: true });
  window.addEventListener("keyup", up, { capture: true });
  window.addEventListener("blur", leave);
  return () => {
    leave();
    window.removeEventListener("keydown", down, { capture: true });
    window.removeEventListener("keyup", up, { capture: true });
    window.removeEventListener("blur", leave);
  };
}

function take(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

/** What a key moves now: beat sync is one key both ways, as its button. */
function controlOf(desk: Desk, key: Key): ControlName {
  const { control, deck } = key.use;
  return control === "sync" && deck && desk.deck(deck).synced ? "sync_off" : control;
}

function act(desk: Desk, key: Key, control: ControlName, value: number): void {
  const { deck, index, step } = key.use;
  const sent = step ? clamp(standing(desk, key) + value) : value;
  desk.send({ control, value: sent, ...(deck && { deck }), ...(index !== undefined && { index }) }, "keyboard");
}

/** Where a control stands that keys move in steps: a tempo or the crossfader. */
function standing(desk: Desk, key: Key): number {
  const { control, deck } = key.use;
  return control === "tempo" && deck ? tempoShare(desk.deck(deck)) : desk.mixer.crossfader;
}
