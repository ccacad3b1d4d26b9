// Both zoomed waveforms, A above B, under one zoom.

import type { Desk } from "../desk";
import { el } from "../dom";
import { type Palette, readPalette } from "../palette";
import { ZOOM_AT_START, ZOOM_SEC } from "./scale";
import { Strip } from "./strip";
import { type Budget, PAINTED_A_FRAME } from "./tiles";

/** Share of the way to the wanted zoom that one frame goes. */
const GLIDE = 0.3;
const WHEEL_NOTCH = 60;

export class Waves {
  readonly root: HTMLElement;
  private readonly strips: Strip[];
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private colours: Palette | null = null;
  private notch: number = ZOOM_AT_START;
  private shownSec: number = ZOOM_SEC[ZOOM_AT_START];
  private turned = 0;
  private readonly budget: Budget = { tiles: 0 };
  private first = 0;

  constructor(desk: Desk) {
    this.strips = (["a", "b"] as const).map((id) => new Strip(desk, id, () => this.palette()));
    const shown = el("span", "zoom-sec");
    const button = (by: number, text: string, label: string) => {
      const made = el("button", "key", { type: "button", "aria-label": label, title: label }, text);
      made.addEventListener("click", () => this.zoom(by));
      return made;
    };
    const zoom = el("div", "zoom", {}, button(1, "−", "Show more of the waveforms"), shown, button(-1, "+", "Show the waveforms larger"));
    this.root = el("div", "waves", {}, ...this.strips.map((strip) => strip.root), zoom);
    desk.live.text(shown, () => `${ZOOM_SEC[this.notch]} s`);
    this.root.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.measure()).observe(this.root);
    window.addEventListener("resize", () => this.measure()); // also another screen's pixels
  }

  /** One frame. */
  draw(): void {
    const wanted = ZOOM_SEC[this.notch] ?? this.shownSec;
    const near = Math.abs(Math.log(wanted / this.shownSec)) < 0.01;
    this.shownSec = near || this.still.matches ? wanted : this.shownSec * (wanted / this.shownSec) ** GLIDE;
    this.budget.tiles = PAINTED_A_FRAME;
    // in turns, or one deck would wait until all of the other's tiles are there
    this.first = 1 - this.first;
    this.strips[this.first]?.draw(this.shownSec, this.budget);
    this.strips[1 - this.first]?.draw(this.shownSec, this.budget);
  }

  /** Forgets the page's colours, after a move to another place. */
  restyle(): void {
    this.colours = null;
    this.measure();
  }

  private palette(): Palette {
    this.colours ??= readPalette(this.root);
    return this.colours;
  }

  private measure(): void {
    const ratio = window.devicePixelRatio || 1;
    for (const strip of this.strips) {
      const box = strip.root.getBoundingClientRect();
      strip.resize(Math.round(strip.root.clientWidth * ratio), Math.round(box.height * ratio));
    }
  }

  private zoom(by: number): void {
    this.notch = Math.min(ZOOM_SEC.length - 1, Math.max(0, this.notch + by));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.turned += event.deltaY;
    if (Math.abs(this.turned) < WHEEL_NOTCH) return;
    this.zoom(Math.sign(this.turned));
    this.turned = 0;
  }
}
