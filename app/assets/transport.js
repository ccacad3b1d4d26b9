// A deck's play button, times and jumps to its mix points.

import { clockText, engine, follow, trackView } from "./engine.js";

const LEAD_IN_SEC = 15; // how long before mix-out the jump lands, to hear what leads there

const views = new WeakMap();

export default function transport({ data, parentElement, setStateValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Transport(parentElement, data.deck);
    views.set(parentElement, view);
  }
  view.send = setStateValue;
  view.update(data);
  return () => {
    view.close();
    views.delete(parentElement);
  };
}

class Transport {
  constructor(parent, deck) {
    this.channel = engine.channel(deck);
    this.deck = deck.toUpperCase();
    this.root = document.createElement("div");
    this.root.className = `transport deck-${deck}`;
    this.play = this.button("play", `Play deck ${this.deck}`, () => this.channel.toggle());
    this.toIn = this.button("jump", "Jump to mix-in", () => this.channel.seek(this.points?.mix_in_sec ?? 0), "In");
    this.toOut = this.button("jump", "Jump to just before mix-out", () => this.beforeMixOut(), "Out");
    this.bar1 = this.button("jump", "The beat at the play line is a bar 1", () => this.sendBar1(), "Bar 1");
    this.past = document.createElement("span");
    this.past.className = "past";
    this.left = document.createElement("span");
    this.left.className = "left";
    const times = document.createElement("span");
    times.className = "times";
    times.append(this.past, this.left);
    const jumps = document.createElement("span");
    jumps.className = "jumps";
    jumps.append(this.toIn, this.toOut, this.bar1);
    this.root.append(this.play, times, jumps);
    parent.append(this.root);
    this.stop = follow([this.channel], () => this.draw());
  }

  button(name, label, press, text = "") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = name;
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", press);
    return button;
  }

  update(data) {
    this.track = data.track;
    this.sequence = Math.max(this.sequence ?? 0, data.heard ?? 0);
    this.points = null;
    for (const button of [this.play, this.toIn, this.toOut, this.bar1]) button.disabled = !data.track;
    this.bar1.hidden = !data.grid;
    if (data.track) {
      trackView(data.track).then(
        (view) => {
          if (data.track === this.track) this.points = view;
          this.draw();
        },
        () => {},
      );
    }
    this.draw();
  }

  beforeMixOut() {
    const end = this.points?.mix_out_sec ?? this.channel.audio.duration ?? 0;
    this.channel.seek(Math.max(0, end - LEAD_IN_SEC));
  }

  sendBar1() {
    this.sequence += 1;
    this.send("bar1", { seq: this.sequence, track: this.track.id, sec: this.channel.timeSec });
  }

  draw() {
    const { channel } = this;
    const total = this.points?.duration_sec ?? channel.audio.duration;
    this.root.classList.toggle("playing", channel.playing);
    this.play.setAttribute("aria-label", `${channel.playing ? "Pause" : "Play"} deck ${this.deck}`);
    this.play.setAttribute("aria-pressed", String(channel.playing));
    if (channel.broken && this.track) {
      this.past.textContent = "–:––";
      this.left.textContent = "cannot be played here";
      return;
    }
    this.past.textContent = clockText(channel.timeSec);
    this.left.textContent = Number.isFinite(total) ? `−${clockText(total - channel.timeSec)}` : "";
  }

  close() {
    this.stop();
    this.root.remove();
  }
}
