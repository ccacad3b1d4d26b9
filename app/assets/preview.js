// The rendered transition: play it, see where both tracks sound, take it away.

import { clockText, engine, follow } from "./engine.js";

const views = new WeakMap();

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
    this.channel = engine.channel("preview");
    this.root = document.createElement("div");
    this.root.className = "preview";
    this.root.innerHTML = `
      <button type="button" class="play" aria-label="Play the transition"></button>
      <div class="track" role="slider" tabindex="0" aria-label="Position in the transition" aria-valuemin="0">
        <span class="a"></span><span class="both"></span><span class="b"></span><span class="head"></span>
      </div>
      <span class="time"></span>
      <a class="take" download>Download</a>`;
    [this.play, this.bar, this.time, this.take] = [".play", ".track", ".time", ".take"].map((s) => this.root.querySelector(s));
    this.play.addEventListener("click", () => this.channel.toggle());
    this.bar.addEventListener("click", (event) => {
      const box = this.bar.getBoundingClientRect();
      this.channel.seek(((event.clientX - box.left) / box.width) * this.data.duration_sec);
    });
    this.bar.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
      if (step === undefined) return;
      event.stopPropagation();
      this.channel.seek(this.channel.timeSec + step);
    });
    parent.append(this.root);
    this.stop = follow([this.channel], () => this.draw());
  }

  update(data) {
    this.data = data;
    this.channel.load(data.job, data.url);
    this.take.href = data.url;
    this.take.download = data.file_name;
    this.take.textContent = `Download ${data.format}`;
    const [start, end] = data.overlap ?? [data.duration_sec, data.duration_sec];
    const share = (sec) => `${(100 * sec) / data.duration_sec}%`;
    this.root.querySelector(".a").style.width = share(start);
    this.root.querySelector(".both").style.width = share(end - start);
    this.root.querySelector(".b").style.width = share(data.duration_sec - end);
    this.root.dataset.direction = data.direction;
    this.bar.setAttribute("aria-valuemax", String(Math.round(data.duration_sec)));
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const { channel, data } = this;
    this.root.classList.toggle("playing", channel.playing);
    this.play.setAttribute("aria-label", channel.playing ? "Pause the transition" : "Play the transition");
    this.root.querySelector(".head").style.left = `${(100 * channel.timeSec) / data.duration_sec}%`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(channel.timeSec)));
    this.bar.setAttribute("aria-valuetext", clockText(channel.timeSec));
    this.time.textContent = channel.broken
      ? "cannot be played here; download it"
      : `${clockText(channel.timeSec)} / ${clockText(data.duration_sec)}`;
  }

  close() {
    this.stop();
    this.root.remove();
  }
}
