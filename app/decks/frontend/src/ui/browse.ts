// The list that the browse knob moves through, shown while it is turned and while LOAD is pointed at.

import type { Wish } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { camelotColour } from "./palette";

type Row = Wish["browse"][number];

export const ROWS_SHOWN = 7;
const SHOWN_MS = 4000;

/** The first row to show so that `chosen` stands in the middle, as far as the list allows. */
export function firstShown(chosen: number, count: number): number {
  return Math.max(0, Math.min(chosen - Math.floor(ROWS_SHOWN / 2), count - ROWS_SHOWN));
}

export class BrowseList {
  readonly root = el("div", "browse", { role: "status", "aria-label": "Track list" });
  private timer = 0;
  private pointed = false;

  constructor(private readonly desk: Desk) {
    this.root.hidden = true;
    let moved = false;
    desk.live.bind(
      () => desk.mixer.browseIndex,
      () => {
        if (moved) this.glance();
        moved = true; // the first reading is no turn of the knob
      },
    );
    desk.engine.on((event) => {
      if (event.type === "load_request") this.hide();
    });
  }

  /** What LOAD takes now. */
  get chosen(): Row | null {
    return this.desk.wish?.browse[this.desk.mixer.browseIndex] ?? null;
  }

  /** Shows the list as long as a button is pointed at or holds the focus; the wheel turns the knob. */
  follow(button: HTMLElement): void {
    const point = (on: boolean) => {
      this.pointed = on;
      if (on) this.show();
      else this.hide();
    };
    button.addEventListener("pointerenter", () => point(true));
    button.addEventListener("pointerleave", () => point(false));
    button.addEventListener("focus", () => button.matches(":focus-visible") && point(true));
    button.addEventListener("blur", () => point(false));
    button.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const value = Math.sign(event.deltaY);
        if (value !== 0) this.desk.send({ control: "browse", value }, "mouse");
      },
      { passive: false },
    );
    button.addEventListener("keydown", (event) => {
      const value = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!value) return;
      event.preventDefault();
      event.stopPropagation();
      this.desk.send({ control: "browse", value }, "keyboard");
    });
  }

  private glance(): void {
    this.show();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.pointed) this.hide();
    }, SHOWN_MS);
  }

  private hide(): void {
    clearTimeout(this.timer);
    this.root.hidden = true;
  }

  private show(): void {
    const rows = this.desk.wish?.browse ?? [];
    const { browseIndex } = this.desk.mixer;
    const first = firstShown(browseIndex, rows.length);
    this.root.replaceChildren(...rows.slice(first, first + ROWS_SHOWN).map((row, at) => line(row, first + at === browseIndex)));
    this.root.hidden = rows.length === 0;
  }
}

function line(row: Row, chosen: boolean): HTMLElement {
  const key = el("span", "camelot", {}, row.camelot ?? "–");
  key.style.background = (row.camelot && camelotColour(row.camelot)) || "";
  // only the chosen row is announced
  return el(
    "div",
    chosen ? "row chosen" : "row",
    { "aria-hidden": !chosen && "true" },
    el("span", "", { "aria-hidden": "true" }, chosen ? "▸" : ""),
    el("b", "", {}, row.title),
    el("span", "", {}, row.artist),
    el("span", "bpm", {}, row.bpm?.toFixed(1) ?? "–"),
    key,
  );
}
