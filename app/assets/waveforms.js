// Both decks' waveforms across the page: three bands, beats, bars, sections, mix points, the
// planned overlap, and the play line. A click sets the play position; the wheel zooms in to the
// beats, dragging moves along, a double click shows the whole track again.

import { engine, follow, trackView } from "./engine.js";

// Lengths are CSS pixels from the top of a strip, whose height the style sheet says.
const RIBBON_TOP = 14; // section names above, their ribbon here
const RIBBON_HEIGHT = 4;
const WAVE_TOP = RIBBON_TOP + RIBBON_HEIGHT + 3;
const NUMBERS = 13; // bar numbers beneath the wave
const MIN_LINE_GAP = 5; // closer lines than this (CSS px) turn to fog
const MIN_NUMBER_GAP = 34; // a bar number needs this much room
const CLOSEST_SEC = 4; // no closer zoom than two bars at 120 BPM
const ZOOM_STEP = 0.0016; // per pixel of wheel: a notch of 100 px is 17 %
const DRAG_PX = 4; // less is a click
const BAND_HEIGHTS = [1, 0.72, 0.5]; // share of the half height a band at full scale takes

// One drawing kept with its element, so that a new `data` redraws instead of mounting again.
const strips = new WeakMap();
const drawn = new Set();

export default function waveforms({ data, parentElement }) {
  let view = strips.get(parentElement);
  if (!view) {
    view = new Waveforms(parentElement);
    strips.set(parentElement, view);
  }
  view.update(data);
  return () => {
    view.close();
    strips.delete(parentElement);
  };
}

class Waveforms {
  constructor(parent) {
    this.root = document.createElement("div");
    this.root.className = "waves";
    parent.append(this.root);
    this.decks = ["a", "b"].map((name) => new Strip(this.root, name));
    this.observer = new ResizeObserver(() => this.decks.forEach((strip) => strip.repaint()));
    this.observer.observe(this.root);
    this.stop = follow(
      this.decks.map((strip) => strip.channel),
      () => this.decks.forEach((strip) => strip.overlay()),
    );
  }

  update(data) {
    for (const strip of this.decks) strip.show(data[strip.name] ?? null, data.overlap?.[strip.name], data.seek);
  }

  close() {
    this.stop();
    this.observer.disconnect();
    this.root.remove();
  }
}

class Strip {
  constructor(root, name) {
    this.name = name;
    this.channel = engine.channel(name);
    this.track = null;
    this.view = null;
    this.box = document.createElement("div");
    this.box.className = `strip deck-${name}`;
    this.picture = document.createElement("canvas");
    this.front = document.createElement("canvas");
    this.badge = document.createElement("span");
    this.badge.className = "badge";
    this.badge.textContent = name.toUpperCase();
    this.note = document.createElement("span");
    this.note.className = "note";
    this.box.append(this.picture, this.front, this.badge, this.note);
    this.box.setAttribute("role", "img");
    this.from = 0; // what is shown, in seconds of the track
    this.to = 1;
    this.listen();
    root.append(this.box);
  }

  listen() {
    let grabbed = null;
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button === 0) grabbed = { x: event.clientX, from: this.from, moved: false };
    });
    this.box.addEventListener("pointermove", (event) => {
      if (!grabbed || !this.view) return;
      const pixels = event.clientX - grabbed.x;
      if (!grabbed.moved && Math.abs(pixels) < DRAG_PX) return;
      if (!grabbed.moved) this.box.setPointerCapture(event.pointerId);
      grabbed.moved = true;
      this.look(grabbed.from - pixels * this.secPerPixel(), this.to - this.from);
    });
    this.box.addEventListener("pointerup", (event) => {
      if (grabbed && !grabbed.moved && this.view) this.channel.seek(this.secAt(event));
      grabbed = null;
    });
    this.box.addEventListener("pointercancel", () => (grabbed = null));
    this.box.addEventListener("dblclick", () => this.view && this.look(0, this.view.duration_sec));
    this.box.addEventListener(
      "wheel",
      (event) => {
        if (!this.view) return;
        event.preventDefault();
        const here = this.secAt(event);
        const span = this.to - this.from;
        const next = this.spanWithin(span * Math.exp(event.deltaY * ZOOM_STEP));
        this.look(here - ((here - this.from) * next) / span, next);
      },
      { passive: false },
    );
  }

  spanWithin(span) {
    return Math.min(this.view.duration_sec, Math.max(CLOSEST_SEC, span));
  }

  secPerPixel() {
    return (this.to - this.from) / this.box.clientWidth;
  }

  secAt(event) {
    return this.from + (event.clientX - this.box.getBoundingClientRect().left) * this.secPerPixel();
  }

  // Shows `span` seconds from `from` on, as far as the track reaches.
  look(from, span) {
    const start = Math.max(0, Math.min(from, this.view.duration_sec - span));
    if (start === this.from && start + span === this.to) return;
    this.from = start;
    this.to = start + span;
    this.repaint();
  }

  show(track, overlap, startShare) {
    const key = track && `${track.id}/${track.rev}`;
    const planned = JSON.stringify(overlap ?? null);
    if (key === this.key && planned === this.planned) return;
    const trackChanged = key !== this.key;
    this.key = key;
    this.planned = planned;
    this.track = track;
    this.overlap = overlap ?? null;
    this.box.setAttribute(
      "aria-label",
      track ? `Waveform of deck ${this.name.toUpperCase()}: ${track.title}` : `Deck ${this.name.toUpperCase()} is empty`,
    );
    this.channel.load(track?.id ?? null, track ? `/dj/audio/${track.id}` : null, startShare);
    if (!trackChanged) {
      this.repaint();
      return;
    }
    if (!track) {
      this.view = null;
      this.say(`Deck ${this.name.toUpperCase()} is empty`);
      this.repaint();
      return;
    }
    trackView(track).then(
      (view) => {
        if (key !== this.key) return;
        const same = this.shownId === track.id;
        this.shownId = track.id;
        this.view = view;
        // a corrected grid is judged where the DJ looks; a new track is shown whole
        if (!same) [this.from, this.to] = [0, view.duration_sec];
        this.say("");
        this.repaint();
        drawn.add(this.name);
        // for those who measure how soon a page is alive
        document.documentElement.dataset.segueDrawn = String(drawn.size);
      },
      () => {
        if (key !== this.key) return;
        this.view = null;
        this.say("The waveform could not be read; analyse the track again.");
        this.repaint();
      },
    );
  }

  say(text) {
    this.note.textContent = text;
  }

  // Sizes a canvas to the device's pixels and hands out its context in CSS pixels.
  context(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.box;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.height = height;
    this.bottom = height - NUMBERS;
    return { pen, width, ratio };
  }

  colour(name) {
    return getComputedStyle(this.box).getPropertyValue(name).trim();
  }

  repaint() {
    this.paint();
    this.overlay();
  }

  // What stands still: everything but the play line.
  paint() {
    const { pen, width, ratio } = this.context(this.picture);
    if (!this.view || width === 0) return;
    const x = (sec) => ((sec - this.from) / (this.to - this.from)) * width;
    this.paintBars(pen, x, ratio);
    this.paintBands(pen, width, ratio);
    this.paintSections(pen, x, width);
    this.paintOverlap(pen, x);
    this.paintMixPoints(pen, x, width);
  }

  paintBands(pen, width, ratio) {
    const middle = (WAVE_TOP + this.bottom) / 2;
    const half = (this.bottom - WAVE_TOP) / 2;
    const columns = Math.round(width * ratio);
    const step = 1 / ratio;
    const { bands, scales, rateHz } = this.view;
    const loudest = Math.max(...scales) || 1;
    const first = this.from * rateHz;
    const each = ((this.to - this.from) * rateHz) / columns; // peaks to a column of pixels
    ["--band-low", "--band-mid", "--band-high"].forEach((token, band) => {
      const values = bands[band];
      // quiet bands are lifted a little (square root of their share), or hi-hats would not show
      const lift = (Math.sqrt(scales[band] / loudest) * BAND_HEIGHTS[band] * half) / 255;
      pen.fillStyle = this.colour(token);
      pen.globalAlpha = [0.95, 0.9, 0.85][band];
      for (let column = 0; column < columns; column += 1) {
        const from = Math.floor(first + column * each);
        const to = Math.min(values.length, Math.max(from + 1, Math.floor(first + (column + 1) * each)));
        let peak = 0;
        for (let i = from; i < to; i += 1) if (values[i] > peak) peak = values[i];
        // silence leaves a hairline of the low band, and nothing of the others
        const height = band === 0 ? Math.max(step / 2, peak * lift) : peak * lift;
        if (height >= step / 2) pen.fillRect(column * step, middle - height, step, 2 * height);
      }
    });
    pen.globalAlpha = 1;
  }

  paintBars(pen, x, ratio) {
    const { beats, downbeats } = this.view;
    const shown = (sec) => sec >= this.from && sec <= this.to;
    const line = (sec, top, bottom, style) => {
      pen.fillStyle = style;
      pen.fillRect(Math.round(x(sec) * ratio) / ratio, top, 1 / ratio, bottom - top);
    };
    if (beats.length > 1 && x(beats[1]) - x(beats[0]) >= MIN_LINE_GAP) {
      const faint = this.colour("--hairline");
      for (const sec of beats) if (shown(sec)) line(sec, WAVE_TOP, this.bottom, faint);
    }
    if (downbeats.length < 2) return;
    const gap = x(downbeats[1]) - x(downbeats[0]);
    // 1, 2, 4, 8 … bars between lines, whatever keeps them apart
    let lines = 1;
    while (gap * lines < MIN_LINE_GAP) lines *= 2;
    let numbers = 1;
    while (gap * numbers < MIN_NUMBER_GAP) numbers *= 2;
    pen.font = "10px system-ui, sans-serif";
    pen.textBaseline = "alphabetic";
    for (let bar = 0; bar < downbeats.length; bar += lines) {
      if (!shown(downbeats[bar])) continue;
      const numbered = bar % numbers === 0;
      line(downbeats[bar], WAVE_TOP, this.bottom + (numbered ? 4 : 0), this.colour(numbered ? "--text-off" : "--hairline"));
      if (numbered) {
        pen.fillStyle = this.colour("--text-2");
        pen.fillText(String(bar + 1), x(downbeats[bar]) + 3, this.height - 3);
      }
    }
  }

  paintSections(pen, x, width) {
    pen.font = "10px system-ui, sans-serif";
    pen.textBaseline = "alphabetic";
    for (const section of this.view.sections) {
      const left = Math.max(0, x(section.start_sec));
      const wide = Math.min(width, x(section.end_sec)) - left;
      if (wide <= 0) continue;
      const light = 22 + section.energy * 5.5; // energy 1–10 → dark to light grey
      pen.fillStyle = `hsl(214 12% ${light}%)`;
      pen.fillRect(left, RIBBON_TOP, Math.max(1, wide - 1), RIBBON_HEIGHT);
      pen.fillStyle = this.colour("--text-2");
      const room = wide - 4;
      // the first name stands right of the deck's letter
      const start = Math.max(left + 2, 24);
      if (pen.measureText(section.label).width <= room - (start - left - 2)) {
        pen.fillText(section.label, start, RIBBON_TOP - 4);
      }
    }
  }

  paintOverlap(pen, x) {
    if (!this.overlap) return;
    const [from, to, direction] = this.overlap;
    const [left, right] = [x(from), x(to)];
    const deck = this.colour("--deck");
    pen.fillStyle = deck;
    if (right - left < 2) {
      // a switch: the track begins here, at full level
      pen.fillRect(left - 1, WAVE_TOP, 3, this.bottom - WAVE_TOP);
      return;
    }
    pen.globalAlpha = 0.16;
    pen.fillRect(left, WAVE_TOP, right - left, this.bottom - WAVE_TOP);
    pen.globalAlpha = 1;
    // the fade itself: equal power, out or in
    pen.strokeStyle = deck;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let i = 0; i <= 40; i += 1) {
      const t = i / 40;
      const gain = direction === "out" ? Math.cos((t * Math.PI) / 2) : Math.sin((t * Math.PI) / 2);
      const y = this.bottom - 1 - gain * (this.bottom - WAVE_TOP - 2);
      if (i === 0) pen.moveTo(left, y);
      else pen.lineTo(left + t * (right - left), y);
    }
    pen.stroke();
  }

  paintMixPoints(pen, x, width) {
    pen.fillStyle = this.colour("--deck");
    const bracket = (sec, opens) => {
      if (sec === null || sec === undefined || sec < this.from || sec > this.to) return;
      const at = Math.max(0, Math.min(width - 2, x(sec) - 1));
      pen.fillRect(at, WAVE_TOP, 2, this.bottom - WAVE_TOP);
      const arm = opens ? at : at - 5;
      pen.fillRect(arm, WAVE_TOP, 7, 2);
      pen.fillRect(arm, this.bottom - 2, 7, 2);
    };
    bracket(this.view.mix_in_sec, true);
    bracket(this.view.mix_out_sec, false);
  }

  // What moves: the dimmed played part and the play line.
  overlay() {
    const { pen, width } = this.context(this.front);
    if (!this.view) return;
    const now = this.channel.timeSec;
    const span = this.to - this.from;
    // zoomed in, the picture scrolls under the play line while the music plays
    if (this.channel.playing && span < this.view.duration_sec) {
      this.from = Math.max(0, Math.min(now - span / 2, this.view.duration_sec - span));
      this.to = this.from + span;
      this.paint();
    }
    const at = ((now - this.from) / span) * width;
    if (at <= 0) return;
    pen.fillStyle = this.colour("--panel");
    pen.globalAlpha = 0.55; // leaves the played part at 45 %
    pen.fillRect(0, WAVE_TOP, at, this.bottom - WAVE_TOP);
    pen.globalAlpha = 1;
    pen.fillStyle = this.colour("--deck");
    pen.fillRect(Math.round(at) - 1, RIBBON_TOP, 2, this.height - RIBBON_TOP);
  }
}
