// The planned transition on the common beat line: the outgoing track above, the incoming one below
// at its rate, bars, sections, voices, the overlap, and what the hands do with faders and bands.

import { engine, follow, trackView } from "./engine.js";

// Lengths are CSS pixels.
const RIBBON = 16; // section names with their ribbon, above the upper and below the lower wave
const RULER = 24; // bar numbers of both tracks, in the middle, one above the other
const LEGEND = 14; // names of the curves, at the very bottom
const WAVE_SHARE = 0.6; // of a side's height; its curves take the rest
const MIN_LINE_GAP = 5;
const MIN_NUMBER_GAP = 40;
const BAND_HEIGHTS = [1, 0.72, 0.5];
const UNHEARD = 0.22; // strength of what is not heard
const CURVES = [
  ["fader", "fader", "--deck", 2, []],
  ["low_db", "low", "--band-low", 1.5, []],
  ["mid_db", "mid", "--band-mid", 1.5, []],
  ["high_db", "high", "--band-high", 1.5, []],
  ["highpass_hz", "high-pass", "--text-2", 1.5, [4, 3]],
  ["lowpass_hz", "low-pass", "--text", 1.5, [4, 3]],
  ["echo_send", "echo", "--good", 1.5, [1, 3]],
];

const views = new WeakMap();

export default function transition({ data, parentElement }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Picture(parentElement);
    views.set(parentElement, view);
  }
  view.update(data);
  return () => {
    view.close();
    views.delete(parentElement);
  };
}

class Picture {
  constructor(parent) {
    this.channels = ["preview", "plain"].map((name) => engine.channel(name));
    this.root = document.createElement("div");
    this.root.className = "transition";
    this.root.setAttribute("role", "img");
    this.picture = document.createElement("canvas");
    this.front = document.createElement("canvas");
    this.note = document.createElement("span");
    this.note.className = "note";
    this.root.append(this.picture, this.front, this.note);
    this.root.addEventListener("click", (event) => this.seek(event));
    parent.append(this.root);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.root);
    this.stop = follow(this.channels, () => this.overlay());
    this.loaded = {};
  }

  update(data) {
    this.data = data;
    this.root.setAttribute("aria-label", data.label);
    for (const side of ["a", "b"]) {
      const { track } = data[side];
      const key = `${track.id}/${track.rev}`;
      if (this.loaded[side]?.key === key) continue;
      this.loaded[side] = { key, view: null };
      trackView(track).then(
        (view) => {
          if (this.loaded[side].key !== key) return;
          this.loaded[side].view = view;
          this.paint();
        },
        () => (this.note.textContent = "A waveform could not be read; analyse the track again."),
      );
    }
    this.paint();
  }

  // Which preview is up, and where it stands on the mix's clock.
  playing() {
    const [preview, plain] = this.channels;
    const [channel, heard] = plain.playing ? [plain, this.data.plain] : [preview, this.data.heard];
    if (!heard || channel.id !== heard.job) return null;
    return { channel, heard, sec: channel.timeSec + heard.offset_sec };
  }

  seek(event) {
    const now = this.data && this.playing();
    if (!now) return;
    const box = this.root.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    now.channel.seek(this.data.from + share * (this.data.to - this.data.from) - now.heard.offset_sec);
  }

  context(canvas) {
    const { clientWidth: width, clientHeight: height } = this.root;
    // the page is zoomed on large screens, which the device's own ratio does not tell
    const zoom = width ? this.root.getBoundingClientRect().width / width : 1;
    const ratio = (window.devicePixelRatio || 1) * zoom;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height, ratio };
  }

  colour(name) {
    return getComputedStyle(this.root).getPropertyValue(name).trim();
  }

  x(sec) {
    return ((sec - this.data.from) / (this.data.to - this.data.from)) * this.width;
  }

  paint() {
    if (!this.data) return;
    const { pen, width, height, ratio } = this.context(this.picture);
    if (!width || !height) return;
    this.width = width;
    this.ratio = ratio;
    const half = (height - LEGEND - RULER) / 2;
    const wave = (half - RIBBON) * WAVE_SHARE;
    const middle = half;
    const upper = { wave: [RIBBON, RIBBON + wave], curves: [RIBBON + wave + 3, half - 2], names: 10, ribbon: RIBBON - 5, number: middle + 10 };
    const below = middle + RULER;
    const lower = {
      curves: [below + 2, below + half - RIBBON - wave - 3],
      wave: [below + half - RIBBON - wave, below + half - RIBBON],
      names: below + half - 1,
      ribbon: below + half - RIBBON + 1,
      number: middle + 21,
    };
    pen.font = "11px system-ui, sans-serif";
    this.paintOverlap(pen, [RIBBON, below + half - RIBBON]);
    this.paintSide(pen, "a", upper, true);
    this.paintSide(pen, "b", lower, false);
    this.paintLegend(pen, height);
    this.overlay();
  }

  paintOverlap(pen, [top, bottom]) {
    const [from, to] = this.data.overlap.map((sec) => this.x(sec));
    const shade = pen.createLinearGradient(0, top, 0, bottom);
    shade.addColorStop(0, this.colour(`--deck-${this.data.a.deck}`));
    shade.addColorStop(1, this.colour(`--deck-${this.data.b.deck}`));
    pen.globalAlpha = 0.13;
    pen.fillStyle = shade;
    pen.fillRect(from, top, Math.max(2, to - from), bottom - top);
    pen.globalAlpha = 0.8;
    pen.fillRect(from, top, 1, bottom - top);
    pen.fillRect(to, top, 1, bottom - top);
    pen.globalAlpha = 1;
  }

  paintSide(pen, name, at, first) {
    const side = this.data[name];
    const { view } = this.loaded[name];
    const deck = this.colour(`--deck-${side.deck}`);
    if (view) {
      this.paintBars(pen, side, view, at, first);
      this.paintWave(pen, side, view, at.wave);
      this.paintSections(pen, side, view, at);
    }
    this.paintVoices(pen, side, first ? at.wave[0] : at.wave[1] - 3);
    this.paintCurves(pen, side, at.curves, deck);
    pen.font = "700 12px system-ui, sans-serif";
    pen.fillStyle = deck;
    pen.fillText(side.deck.toUpperCase(), 2, at.names);
    pen.font = "11px system-ui, sans-serif";
  }

  // Calls back with each span of the track that is drawn: (out start, out end, out time of a track time).
  pieces(side, act) {
    for (const [start, end, trackStart, rate, heard] of side.pieces) {
      act({ start, end, trackStart, trackEnd: trackStart + (end - start) * rate, rate, heard });
    }
  }

  paintWave(pen, side, view, [top, bottom]) {
    const { bands, scales, rateHz } = view;
    const loudest = Math.max(...scales) || 1;
    const middle = (top + bottom) / 2;
    const half = (bottom - top) / 2;
    const step = 1 / this.ratio;
    const each = ((this.data.to - this.data.from) / this.width) * step * rateHz;
    ["--band-low", "--band-mid", "--band-high"].forEach((token, band) => {
      const values = bands[band];
      const lift = (Math.sqrt(scales[band] / loudest) * BAND_HEIGHTS[band] * half) / 255;
      pen.fillStyle = this.colour(token);
      this.pieces(side, ({ start, end, trackStart, rate, heard }) => {
        pen.globalAlpha = heard ? [0.95, 0.9, 0.85][band] : UNHEARD;
        const stop = this.x(end);
        for (let left = this.x(start); left < stop; left += step) {
          const sec = trackStart + (((left - this.x(start)) / this.width) * (this.data.to - this.data.from)) * rate;
          const from = Math.floor(sec * rateHz);
          if (from < 0) continue;
          const to = Math.min(values.length, Math.max(from + 1, Math.floor(from + each)));
          let peak = 0;
          for (let i = from; i < to; i += 1) if (values[i] > peak) peak = values[i];
          if (peak * lift >= step / 2) pen.fillRect(left, middle - peak * lift, step, 2 * peak * lift);
        }
      });
    });
    pen.globalAlpha = 1;
  }

  // Bar lines through wave and curves, numbered in the ruler.
  paintBars(pen, side, view, at, first) {
    const { downbeats } = view;
    if (downbeats.length < 2) return;
    const top = Math.min(at.wave[0], at.curves[0]);
    const bottom = Math.max(at.wave[1], at.curves[1]);
    this.pieces(side, ({ start, end, trackStart, trackEnd, rate, heard }) => {
      if (rate <= 0) return;
      const gap = this.x(this.data.from + (downbeats[1] - downbeats[0]) / rate);
      let lines = 1;
      while (gap * lines < MIN_LINE_GAP) lines *= 2;
      let numbers = 4;
      while (gap * numbers < 2 * MIN_NUMBER_GAP) numbers *= 2;
      for (let bar = 0; bar < downbeats.length; bar += lines) {
        const sec = downbeats[bar];
        if (sec < trackStart - 1e-3 || sec >= trackEnd - 1e-3) continue;
        const left = Math.round(this.x(start + (sec - trackStart) / rate) * this.ratio) / this.ratio;
        const numbered = bar % numbers === 0;
        pen.globalAlpha = heard ? 1 : 0.5;
        pen.fillStyle = this.colour(bar % 4 === 0 ? "--text-off" : "--hairline");
        pen.fillRect(left, top, 1 / this.ratio, bottom - top);
        if (!numbered) continue;
        pen.fillRect(left, first ? bottom : top - 10, 1, 10);
        pen.fillStyle = this.colour(`--deck-${side.deck}`);
        pen.fillText(String(bar + 1), left + 3, at.number);
      }
      pen.globalAlpha = 1;
    });
  }

  paintSections(pen, side, view, at) {
    let shown = 16;
    this.pieces(side, ({ start, end, trackStart, trackEnd, rate, heard }) => {
      if (rate <= 0) return;
      for (const section of view.sections) {
        const from = Math.max(section.start_sec, trackStart);
        const to = Math.min(section.end_sec, trackEnd);
        if (to <= from) continue;
        const left = this.x(start + (from - trackStart) / rate);
        const wide = this.x(start + (to - trackStart) / rate) - left;
        pen.globalAlpha = heard ? 1 : 0.55;
        pen.fillStyle = `hsl(214 12% ${22 + section.energy * 5.5}%)`;
        // a gap where a section ends, none where only the rate changes
        pen.fillRect(left, at.ribbon, Math.max(1, to === section.end_sec ? wide - 1 : wide + 0.5), 4);
        const begins = section.start_sec >= trackStart - 1e-3 || left <= 1;
        const text = Math.max(left + 2, 16);
        if (!begins || pen.measureText(section.label).width > left + wide - text) continue;
        if (text < shown && left > 1) continue;
        pen.fillStyle = this.colour("--text-2");
        pen.fillText(section.label, text, at.names);
        shown = text + pen.measureText(section.label).width + 4;
      }
      pen.globalAlpha = 1;
    });
  }

  paintVoices(pen, side, top) {
    pen.fillStyle = this.colour("--text");
    let named = false;
    this.pieces(side, ({ start, end, trackStart, trackEnd, rate, heard }) => {
      if (rate <= 0) return;
      pen.globalAlpha = heard ? 1 : 0.4;
      for (const [sungFrom, sungTo] of side.voices ?? []) {
        const from = Math.max(sungFrom, trackStart);
        const to = Math.min(sungTo, trackEnd);
        if (to <= from) continue;
        const left = this.x(start + (from - trackStart) / rate);
        pen.fillRect(left, top, Math.max(2, this.x(start + (to - trackStart) / rate) - left), 3);
        named = true;
      }
      pen.globalAlpha = 1;
    });
    this.voices = { ...this.voices, [side.deck]: named };
  }

  paintCurves(pen, side, [top, bottom], deck) {
    pen.fillStyle = this.colour("--ground");
    pen.globalAlpha = 0.6;
    pen.fillRect(0, top, this.width, bottom - top);
    pen.globalAlpha = 1;
    for (const [control, , token, wide, dash] of [...CURVES].reverse()) {
      const values = side.lanes[control];
      if (!values) continue;
      pen.strokeStyle = control === "fader" ? deck : this.colour(token);
      pen.lineWidth = wide;
      pen.setLineDash(dash);
      pen.beginPath();
      values.forEach((value, i) => {
        const left = (i / (values.length - 1)) * this.width;
        pen.lineTo(left, bottom - 1 - value * (bottom - top - 2));
      });
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  paintLegend(pen, height) {
    let left = 2;
    const y = height - 2;
    const entry = (name, colour, wide, dash) => {
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(left, y - 4);
      pen.lineTo(left + 16, y - 4);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillStyle = this.colour("--text-2");
      pen.fillText(name, left + 20, y);
      left += 32 + pen.measureText(name).width;
    };
    for (const [control, name, token, wide, dash] of CURVES) {
      if (!this.data.a.lanes[control] && !this.data.b.lanes[control]) continue;
      const colour = control === "fader" ? this.colour(`--deck-${this.data.a.deck}`) : this.colour(token);
      entry(name, colour, wide, dash);
    }
    if (Object.values(this.voices).some(Boolean)) entry("voice", this.colour("--text"), 3, []);
    pen.fillStyle = this.colour("--text-2");
    pen.textAlign = "right";
    pen.fillText("dimmed: not heard", this.width - 2, y);
    pen.textAlign = "left";
  }

  // What moves: the play line of the preview.
  overlay() {
    const { pen, height } = this.context(this.front);
    const now = this.data && this.playing();
    if (!now || now.sec < this.data.from || now.sec > this.data.to) return;
    pen.fillStyle = "#fff";
    pen.fillRect(Math.round(this.x(now.sec)) - 1, 0, 2, height - LEGEND);
  }

  close() {
    this.stop();
    this.observer.disconnect();
    this.root.remove();
  }
}
