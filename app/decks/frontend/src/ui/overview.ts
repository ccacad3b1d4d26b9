// The whole track in one line: the wave, its sections and cues, what was played, where it stands.
// A slider: click or drag to go there.

import type { DeckId, HotCue } from "../contract";
import type { Desk } from "./desk";
import { el } from "./dom";
import { CUE_COLOURS, readPalette } from "./palette";
import { keyed } from "./slide";
import { fetchPeaks, paintBands, type Peaks } from "./waveform/peaks";
import { clock } from "./words";

const STEP_BEATS = 4;
const RIBBON = 3; // CSS pixels at the foot

/** One number that changes with the hot cues, so that a frame compares numbers and not lists. */
export function cueSum(cues: readonly (HotCue | null)[]): number {
  return cues.reduce((sum, cue, slot) => sum * 31 + (cue ? cue.sec + slot + 1 : 0), 7) % 1e12;
}

export class Overview {
  readonly root: HTMLElement;
  private readonly picture = el("canvas");
  private readonly played = el("div", "played");
  private readonly head = el("div", "head");
  private peaks: Peaks | null = null;
  private width = 0;

  constructor(
    private readonly desk: Desk,
    private readonly id: DeckId,
  ) {
    const loading = el("div", "loading");
    const note = el("span", "overview-note");
    this.root = el("div", "overview", {}, this.picture, this.played, this.head, loading, note);
    this.announce();
    this.listen();
    const { live } = desk;
    const deck = () => desk.deck(id);
    live.bind(() => deck().track?.id ?? null, (track) => this.show(track));
    live.bind(() => deck().track, () => this.paint());
    live.bind(() => cueSum(deck().hotCues), () => this.paint());
    live.bind(
      () => Math.round(this.share() * this.width * 2) / 2,
      (x) => {
        this.head.style.transform = `translateX(${x}px)`;
        this.played.style.transform = `scaleX(${this.width ? x / this.width : 0})`;
      },
    );
    live.bind(
      () => (deck().track && deck().loadedShare < 1 ? Math.round(deck().loadedShare * 100) : 100),
      (share) => {
        loading.style.width = `${100 - share}%`;
      },
    );
    live.text(note, () =>
      deck().track && !deck().playable && !deck().problem ? `Loading ${Math.round(deck().loadedShare * 100)} %` : "",
    );
    new ResizeObserver(() => this.measure()).observe(this.root);
  }

  private share(): number {
    const { track, positionSec } = this.desk.deck(this.id);
    return track ? Math.min(1, Math.max(0, positionSec / track.duration_sec)) : 0;
  }

  private announce(): void {
    const { root, desk, id } = this;
    root.setAttribute("role", "slider");
    root.tabIndex = 0;
    root.dataset["control"] = "seek";
    root.setAttribute("aria-label", `Position, deck ${id.toUpperCase()}`);
    root.setAttribute("aria-valuemin", "0");
    root.setAttribute("aria-valuemax", "100");
    desk.live.bind(() => Math.round(this.share() * 100), (share) => root.setAttribute("aria-valuenow", String(share)));
    desk.live.bind(
      () => Math.floor(desk.deck(id).positionSec),
      (sec) => {
        const { track } = desk.deck(id);
        root.setAttribute("aria-valuetext", track ? `${clock(sec)} of ${clock(track.duration_sec)}` : "empty");
      },
    );
  }

  private listen(): void {
    const { root, desk, id } = this;
    let dragging = false;
    const go = (event: PointerEvent) => {
      const box = root.getBoundingClientRect();
      const value = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      desk.send({ control: "seek", deck: id, value }, "mouse");
    };
    root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !desk.deck(id).track) return;
      root.setPointerCapture(event.pointerId);
      dragging = true;
      go(event);
    });
    root.addEventListener("pointermove", (event) => dragging && go(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
      root.addEventListener(type, () => (dragging = false));
    }
    root.addEventListener("keydown", (event) => {
      const { track } = desk.deck(id);
      if (!track || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = ((60 / (track.bpm ?? 120)) * STEP_BEATS) / track.duration_sec;
      const value = keyed(event.key, this.share(), step, "right", 0);
      if (value === null || event.key === "Backspace" || event.key === "Delete") return;
      event.preventDefault();
      event.stopPropagation();
      desk.send({ control: "seek", deck: id, value }, "keyboard");
    });
  }

  private show(id: string | null): void {
    this.peaks = null;
    this.paint();
    if (id === null) return;
    fetchPeaks(id).then(
      (peaks) => {
        if (this.desk.deck(this.id).track?.id !== id) return;
        this.peaks = peaks;
        this.paint();
      },
      () => undefined, // sections and cues are there all the same
    );
  }

  private measure(): void {
    const box = this.root.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.width = this.root.clientWidth;
    this.picture.width = Math.round(box.width * ratio);
    this.picture.height = Math.round(box.height * ratio);
    this.paint();
  }

  private paint(): void {
    const pen = this.picture.getContext("2d");
    const { width, height } = this.picture;
    if (!pen || !this.width || !this.root.isConnected) return;
    pen.clearRect(0, 0, width, height);
    const deck = this.desk.deck(this.id);
    const { track } = deck;
    if (!track) return;
    const palette = readPalette(this.root);
    const unit = width / this.width;
    const x = (sec: number) => (sec / track.duration_sec) * width;
    const wave = Math.round(height - (RIBBON + 1) * unit);
    if (this.peaks) {
      const area = { width, height: wave, fromSec: 0, pxPerSec: width / track.duration_sec };
      paintBands(pen, this.peaks, area, [palette.low, palette.mid, palette.high]);
    }
    for (const section of track.sections) {
      pen.fillStyle = `hsl(214 12% ${22 + (section.energy ?? 5) * 5.5}%)`;
      pen.fillRect(x(section.start_sec), height - RIBBON * unit, x(section.end_sec) - x(section.start_sec) - unit, RIBBON * unit);
    }
    pen.fillStyle = palette.deck[this.id];
    for (const [sec, opens] of [[track.mix_in_sec, true], [track.mix_out_sec, false]] as const) {
      if (sec === null) continue;
      pen.fillRect(x(sec) - unit, 0, 2 * unit, wave);
      for (const y of [0, wave - 2 * unit]) pen.fillRect(opens ? x(sec) : x(sec) - 4 * unit, y, 4 * unit, 2 * unit);
    }
    deck.hotCues.forEach((cue, slot) => {
      if (!cue) return;
      pen.fillStyle = CUE_COLOURS[slot % CUE_COLOURS.length]!;
      pen.beginPath();
      pen.moveTo(x(cue.sec) - 4 * unit, 0);
      pen.lineTo(x(cue.sec) + 4 * unit, 0);
      pen.lineTo(x(cue.sec), 7 * unit);
      pen.fill();
    });
  }
}
