// Rendered transitions that sound: one audio element a channel, owned by the page, outliving every
// component. Components are views of it. Channels: "preview" (a transition) and "plain" (a plain
// crossfade to hear beside it); one at a time. Where the decks' sound is on they go through it, as
// its third channel, with headphone cue and limiter; else straight to the loudspeaker.

class Channel extends EventTarget {
  constructor(name) {
    super();
    this.name = name;
    this.id = null;
    this.audio = document.createElement("audio");
    this.audio.preload = "metadata";
    this.audio.dataset.channel = name;
    this.audio.hidden = true;
    document.body.append(this.audio);
    for (const type of ["play", "pause", "ended", "seeked", "loadedmetadata", "error"]) {
      this.audio.addEventListener(type, () => this.dispatchEvent(new Event("change")));
    }
  }

  // Puts a sound on the channel. The same id again changes nothing, so a rerun never interrupts.
  load(id, url) {
    if (id === this.id) return;
    this.id = id;
    this.audio.pause();
    if (url) this.audio.src = url;
    else this.audio.removeAttribute("src");
    this.audio.load();
    this.dispatchEvent(new Event("change"));
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  get broken() {
    return this.audio.error !== null;
  }

  get timeSec() {
    return this.audio.currentTime;
  }

  async toggle() {
    if (this.playing) {
      this.audio.pause();
      return;
    }
    for (const other of engine.channels.values()) if (other !== this) other.audio.pause();
    const decks = window.__segueDecks?.engine;
    if (decks?.state.audio === "running") decks.attachPreview(this.audio);
    try {
      await this.audio.play();
    } catch (error) {
      // AbortError: another press came first. Anything else shows through `broken`.
      if (error.name !== "AbortError") this.dispatchEvent(new Event("change"));
    }
  }

  seek(sec) {
    if (!this.id) return;
    const end = Number.isFinite(this.audio.duration) ? this.audio.duration : sec;
    this.audio.currentTime = Math.max(0, Math.min(sec, end));
    this.dispatchEvent(new Event("change"));
  }
}

function makeEngine() {
  const channels = new Map();
  return {
    channels,
    channel(name) {
      if (!channels.has(name)) channels.set(name, new Channel(name));
      return channels.get(name);
    },
  };
}

// On the window, so that a second copy of this module (an update while the page is open) finds it.
export const engine = (window.__segue ??= makeEngine());

// Calls `draw` on each change, and on every frame while one of the channels plays.
// Returns a function that stops all of it.
export function follow(channels, draw) {
  let frame = 0;
  const tick = () => {
    frame = 0;
    draw();
    if (channels.some((channel) => channel.playing)) frame = requestAnimationFrame(tick);
  };
  const changed = () => {
    if (!frame) frame = requestAnimationFrame(tick);
  };
  channels.forEach((channel) => channel.addEventListener("change", changed));
  changed();
  return () => {
    cancelAnimationFrame(frame);
    channels.forEach((channel) => channel.removeEventListener("change", changed));
  };
}

export function clockText(sec) {
  const whole = Math.max(0, Math.floor(sec + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The view and the peaks of a track, fetched once a revision.
const fetched = new Map();
export function trackView(track) {
  const key = `${track.id}/${track.rev}`;
  if (!fetched.has(key)) {
    const asked = load(track).catch((error) => {
      fetched.delete(key);
      throw error;
    });
    fetched.set(key, asked);
  }
  return fetched.get(key);
}

async function load(track) {
  const [view, waveform] = await Promise.all([
    fetch(`/dj/track/${track.id}?rev=${track.rev}`).then(body("json")),
    peaksOf(track.id),
  ]);
  return { ...view, ...waveform };
}

const peaks = new Map();
function peaksOf(id) {
  if (!peaks.has(id)) {
    const asked = fetch(`/dj/peaks/${id}`)
      .then(body("arrayBuffer"))
      .then(readPeaks)
      .catch((error) => {
        peaks.delete(id);
        throw error;
      });
    peaks.set(id, asked);
  }
  return peaks.get(id);
}

// The layout is that of analysis/peaks.py, version 1.
const HEADER_BYTES = 28;
function readPeaks(buffer) {
  const header = new DataView(buffer);
  const magic = String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== "SGPK" || header.getUint16(4, true) !== 1) throw new Error("not a waveform file");
  const count = header.getUint32(12, true);
  const scales = [16, 20, 24].map((at) => header.getFloat32(at, true));
  const bands = [0, 1, 2].map((band) => new Uint8Array(buffer, HEADER_BYTES + band * count, count));
  return { rateHz: header.getFloat32(8, true), scales, bands };
}

function body(kind) {
  return (response) => {
    if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
    return response[kind]();
  };
}
