// The rendered transition: play it, see where both tracks sound, hear a plain crossfade of the same
// two points instead, take it away.

import { clockText, engine, follow } from "./engine.js";

const views = new WeakMap();

// What may be heard, on a channel of its own each.
const TAKES = {
  mine: { channel: "preview", name: "transition" },
  plain: { channel: "plain", name: "plain crossfade" },
};

export default function preview({ data, parentElement }) {
  let view = views.get(parentElement);
  if (!view) {
    view = new Preview(parentElement);
    views.set(parentElement, view);
  }
  view.update(data);
  return () => {
    view.close();
    views.delete(parentElement);
  };
}

class Preview {
  constructor(parent) {
    this.channels = Object.fromEntries(Object.entries(TAKES).map(([take, { channel }]) => [take, engine.channel(channel)]));
    this.take = "mine";
    this.root = document.createElement("div");
    this.root.className = "preview";
    this.root.innerHTML = `
      <button type="button" class="play"></button>
      <div class="track" role="slider" tabindex="0" aria-label="Position in the transition" aria-valuemin="0">
        <span class="a"></span><span class="both"></span><span class="b"></span><span class="head"></span>
      </div>
      <span class="time"></span>
      <span class="takes" role="radiogroup" aria-label="What to hear">
        <button type="button" role="radio" data-take="mine">Segue</button>
        <button type="button" role="radio" data-take="plain">Plain crossfade</button>
      </span>
      <a class="take" download>Download</a>`;
    const names = [".play", ".track", ".time", ".take", ".takes"];
    [this.play, this.bar, this.time, this.link, this.takes] = names.map((name) => this.root.querySelector(name));
    this.play.addEventListener("click", () => this.channel.toggle());
    this.bar.addEventListener("click", (event) => {
      const box = this.bar.getBoundingClientRect();
      this.channel.seek(((event.clientX - box.left) / box.width) * this.shown.duration_sec);
    });
    this.bar.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      if (step === undefined) return;
      event.stopPropagation();
      this.channel.seek(this.channel.timeSec + step);
    });
    this.takes.addEventListener("click", (event) => {
      const { take } = event.target.dataset;
      if (take && !event.target.disabled) this.hear(take);
    });
    parent.append(this.root);
    this.stop = follow(Object.values(this.channels), () => this.draw());
  }

  get channel() {
    return this.channels[this.take];
  }

  get shown() {
    return this.take === "plain" ? this.data.plain : this.data;
  }

  // Goes over to the other take at the same moment of the mix, playing on if it plays.
  hear(take) {
    if (take === this.take) return;
    const { channel, shown } = this;
    const onMixClock = channel.timeSec + shown.offset_sec;
    const plays = channel.playing;
    channel.audio.pause();
    this.take = take;
    this.channel.seek(onMixClock - this.shown.offset_sec);
    if (plays) this.channel.toggle();
    this.layOut();
  }

  update(data) {
    this.data = data;
    if (!data.plain) {
      this.channels.plain.load(null, null);
      this.take = "mine";
    }
    for (const [take, heard] of [["mine", data], ["plain", data.plain]]) {
      if (!heard) continue;
      const channel = this.channels[take];
      // both at hand, so that going over leaves no gap
      if (data.plain) channel.audio.preload = "auto";
      channel.load(heard.job, heard.url);
      channel.audio.volume = heard.volume ?? 1;
    }
    this.link.href = data.url;
    this.link.download = data.file_name;
    this.link.textContent = `Download ${data.format}`;
    this.takes.hidden = !data.compare;
    const plain = this.takes.querySelector("[data-take=plain]");
    plain.disabled = !data.plain;
    plain.textContent = data.plain ? "Plain crossfade" : "Plain …";
    plain.title = data.plain ? "The same two points, faded over, beats not matched" : "It is rendered beside yours";
    this.root.dataset.direction = data.direction;
    this.layOut();
  }

  layOut() {
    const { duration_sec: length, overlap } = this.shown;
    const [start, end] = overlap ?? [length, length];
    const share = (sec) => `${(100 * sec) / length}%`;
    this.root.querySelector(".a").style.width = share(start);
    this.root.querySelector(".both").style.width = share(end - start);
    this.root.querySelector(".b").style.width = share(length - end);
    this.bar.setAttribute("aria-valuemax", String(Math.round(length)));
    for (const button of this.takes.children) button.setAttribute("aria-checked", String(button.dataset.take === this.take));
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const { channel, shown } = this;
    this.root.classList.toggle("playing", channel.playing);
    this.play.setAttribute("aria-label", `${channel.playing ? "Pause" : "Play"} the ${TAKES[this.take].name}`);
    this.root.querySelector(".head").style.left = `${(100 * channel.timeSec) / shown.duration_sec}%`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(channel.timeSec)));
    this.bar.setAttribute("aria-valuetext", clockText(channel.timeSec));
    this.time.textContent = channel.broken
      ? "cannot be played here; download it"
      : `${clockText(channel.timeSec)} / ${clockText(shown.duration_sec)}`;
  }

  close() {
    this.stop();
    this.root.remove();
  }
}
