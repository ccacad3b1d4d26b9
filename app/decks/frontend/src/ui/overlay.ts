// Panels over the decks: the map of keys, and the controller's.

import type { DeckId } from "../contract";
import { factsOf } from "./desk";
import { el } from "./dom";
import { KEYS, type KeyUse } from "./keys";

/** A panel that opens over the decks and gives the focus back. */
export class Panel {
  readonly root: HTMLElement;
  private back: Element | null = null;

  constructor(name: string, content: () => HTMLElement) {
    const close = el("button", "key close", { type: "button", "aria-label": "Close" }, "✕");
    const body = el("div", "panel-body");
    this.root = el("div", "panel", { role: "dialog", "aria-label": name, tabindex: -1 }, el("div", "panel-head", {}, el("b", "", {}, name), close), body);
    this.root.hidden = true;
    this.fill = () => {
      if (!body.firstChild) body.append(content());
    };
    close.addEventListener("click", () => this.close());
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  private readonly fill: () => void;

  get open(): boolean {
    return !this.root.hidden;
  }

  toggle(): void {
    if (this.open) {
      this.close();
      return;
    }
    this.fill();
    const home = this.root.getRootNode();
    this.back = home instanceof Document || home instanceof ShadowRoot ? home.activeElement : null;
    this.root.hidden = false;
    this.root.focus();
  }

  close(): void {
    this.root.hidden = true;
    if (this.back instanceof HTMLElement) this.back.focus();
  }
}

/** What a key does, in words. */
export function useWords(use: KeyUse): string {
  const { label } = factsOf(use.control);
  if (use.index !== undefined) return `${label} ${use.index + 1}`;
  switch (use.control) {
    case "tempo":
      return use.value < 0 ? "Slower" : "Faster";
    case "beat_jump":
      return `Jump ${Math.abs(use.value)} beats ${use.value < 0 ? "back" : "on"}`;
    case "crossfader":
      if (Math.abs(use.value) === 1) return `Crossfader to ${use.value < 0 ? "A" : "B"}`;
      return `Crossfader towards ${use.value < 0 ? "A" : "B"}`;
    case "load":
      return "Load";
    case "fx_beats":
      return use.value < 0 ? "Shorter effect" : "Longer effect";
    case "browse":
      return use.value < 0 ? "Browse up" : "Browse down";
    case "pad_mode":
    case "fx_select":
    case "tempo_range":
      return `Next ${label.toLowerCase()}`;
    default:
      return label;
  }
}

/** What is printed on the keys of the DJ's own keyboard, where the browser tells. */
async function ownCaps(caps: Map<string, HTMLElement>): Promise<void> {
  const { keyboard } = navigator as { keyboard?: { getLayoutMap(): Promise<ReadonlyMap<string, string>> } };
  const layout = await keyboard?.getLayoutMap();
  for (const [code, cap] of caps) cap.textContent = layout?.get(code)?.toUpperCase() ?? cap.textContent;
}

export function keyMap(): HTMLElement {
  const caps = new Map<string, HTMLElement>();
  const capOf = (code: string, cap: string) => {
    const made = el("kbd", "", {}, cap);
    caps.set(code, made);
    return made;
  };
  const part = (name: string, deck: DeckId | undefined) => {
    const rows = new Map<string, { cap: string; plain?: string; shifted?: string }>();
    for (const key of KEYS.filter((each) => each.use.deck === deck)) {
      const row = rows.get(key.code) ?? { cap: key.cap };
      row[key.shift ? "shifted" : "plain"] = useWords(key.use);
      rows.set(key.code, row);
    }
    return el(
      "div",
      `key-part ${deck ? `deck-${deck}` : ""}`,
      {},
      el("h3", "", {}, name),
      ...[...rows].map(([code, row]) => el("div", "key-row", {}, capOf(code, row.cap), el("span", "", {}, row.plain ?? ""), el("span", "shifted", {}, row.shifted ?? ""))),
    );
  };
  const parts = [part("Deck A", "a"), part("Mixer", undefined), part("Deck B", "b")];
  ownCaps(caps).catch(() => undefined); // the English ones stay
  const note = "Right-hand words: with Shift. Sliders: arrow keys, with Shift finer, Backspace for rest. ? shows and hides this map.";
  return el("div", "key-map", {}, ...parts, el("p", "key-note", {}, note));
}

