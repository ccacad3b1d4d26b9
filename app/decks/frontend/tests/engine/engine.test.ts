// The whole engine, with a real desk behind a stand-in for the browser's audio.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Action, ControlName, DeckId, EngineEvent, Track } from "../../src/contract";
import { BLOCK } from "../../src/engine/dsp/deck";
import { Desk } from "../../src/engine/dsp/desk";
import { CHUNK_FRAMES } from "../../src/engine/dsp/pcm";
import { DeckEngine } from "../../src/engine/engine";
import type { FromProcessor, ToProcessor } from "../../src/engine/messages";
import { beatsOf, noStretcher, RATE } from "./signals";

const SECONDS = 20;

class FakeNode {
  static last: FakeNode;
  readonly received: ToProcessor[] = [];
  readonly port: { onmessage: (event: { data: FromProcessor }) => void; postMessage(message: ToProcessor): void };
  private readonly desk: Desk;
  private frame = 0;
  private readonly blocks = [0, 1].map(() => [new Float32Array(BLOCK), new Float32Array(BLOCK)]);

  constructor() {
    FakeNode.last = this;
    this.desk = new Desk(RATE, () => noStretcher, (message) => this.port.onmessage({ data: message }));
    this.port = {
      onmessage: () => {},
      postMessage: (message) => {
        this.received.push(message);
        if (message.type === "capture") {
          if (!message.on) this.port.onmessage({ data: { type: "captured", format: message.format, frame: 0, data: new Float32Array([0.5, -0.5]), last: true } });
        } else this.desk.receive(message);
      },
    };
  }

  connect(): void {}
  disconnect(): void {}

  /** Lets the sound go on for a time, and tells the page how things stand. */
  play(seconds: number): void {
    for (let i = 0; i < (seconds * RATE) / BLOCK; i++, this.frame += BLOCK) {
      this.desk.render(this.blocks[0]!, this.blocks[1]!, undefined, BLOCK);
    }
    this.port.onmessage({ data: { type: "state", values: this.desk.describe(this.frame).slice() } });
  }
}

class FakeContext extends EventTarget {
  static last: FakeContext;
  state = "suspended";
  sampleRate = RATE;
  currentTime = 0;
  audioWorklet = { addModule: async () => {} };
  destination = { maxChannelCount: 2, channelCount: 2 };

  constructor() {
    super();
    FakeContext.last = this;
  }
  set(state: string): Promise<void> {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
    return Promise.resolve();
  }
  resume = (): Promise<void> => this.set("running");
  suspend = (): Promise<void> => this.set("suspended");
  close = (): Promise<void> => this.set("closed");
}
Object.defineProperty(FakeContext.prototype, "audioWorklet", { value: null, writable: true });

/** Web Locks of one browser: one holder, who may be robbed. */
class FakeLocks {
  private rob: (() => void) | null = null;
  async request(_name: string, options: { steal?: boolean }, held: (lock: object | null) => unknown): Promise<void> {
    if (this.rob && !options.steal) return void held(null);
    this.rob?.();
    await new Promise((_, reject) => {
      this.rob = () => reject(new Error("stolen"));
      void held({});
    });
  }
}

function trackOf(id: string): Track {
  const frames = SECONDS * RATE;
  const beats = beatsOf(120, SECONDS, 0.5);
  return {
    id, rev: "1", title: id, artist: "", artwork: false, duration_sec: SECONDS,
    pcm: { sample_rate: RATE, frames, scale: 1 },
    bpm: 120, constant: true, grid_confidence: 1, beats, downbeats: beats.filter((_, i) => i % 4 === 0),
    sections: [], phrases: [], drops: [], mix_in_sec: null, mix_out_sec: null,
    key: "A minor", camelot: "8A", lufs: -10, hot_cues: [], problem: null,
  };
}

let tracks: Record<string, Track>;
let locks: FakeLocks;

beforeEach(() => {
  tracks = { one: trackOf("one"), two: trackOf("two"), gone: { ...trackOf("gone"), problem: "The file is gone." } };
  locks = new FakeLocks();
  vi.stubGlobal("window", { isSecureContext: true });
  vi.stubGlobal("navigator", { locks });
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
  vi.stubGlobal("MediaStreamAudioDestinationNode", class {});
  vi.stubGlobal("Audio", class {});
  vi.stubGlobal("fetch", async (url: URL | string, request?: RequestInit) => {
    const [, kind, id] = /\/(track|pcm)\/(\w+)/.exec(String(url))!;
    const track = tracks[id!];
    if (!track) return new Response("UnknownTrack: it isn't here", { status: 404 });
    if (kind === "track") return new Response(JSON.stringify(track));
    const [, from, to] = /(\d+)-(\d+)/.exec((request!.headers as { Range: string }).Range)!;
    return new Response(new Uint8Array(Number(to) - Number(from) + 1), { status: 206 });
  });
});

afterEach(() => void vi.unstubAllGlobals());

interface Held {
  engine: DeckEngine;
  events: EngineEvent[];
  press(control: ControlName, deck?: DeckId, value?: number, from?: Action["from"], index?: number): void;
}

function hold(): Held {
  const engine = new DeckEngine();
  const events: EngineEvent[] = [];
  engine.on((event) => events.push(event));
  return {
    engine,
    events,
    press(control, deck, value = 1, from = "test", index = 0) {
      engine.dispatch({ control, value, from, index, ...(deck && { deck }) });
    },
  };
}

describe("loading", () => {
  it("makes a record playable, before any sound was allowed", async () => {
    const { engine, events } = hold();
    await engine.load("a", { id: "one", rev: "1" });
    const deck = engine.state.decks.a;
    expect(deck).toMatchObject({ playable: true, problem: "", positionSec: 0.5, cueSec: 0.5, autoGainDb: -4 });
    expect(events).toEqual([{ type: "loaded", deck: "a", id: "one" }]);
    expect(engine.state.audio).toBe("off");
  });

  it("of what lies there already does nothing, and a new rev brings the facts alone", async () => {
    const { engine, events, press } = hold();
    await engine.start();
    await engine.load("a", { id: "one", rev: "1" });
    press("play", "a");
    FakeNode.last.play(1);
    await engine.load("a", { id: "one", rev: "1" });
    tracks.one!.hot_cues = [{ sec: 3, loop_end_sec: null }];
    tracks.one!.title = "One";
    await engine.load("a", { id: "one", rev: "2" });
    FakeNode.last.play(0.5);
    expect(engine.state.decks.a.playing).toBe(true);
    expect(engine.state.decks.a.positionSec).toBeCloseTo(2, 1);
    expect(engine.state.decks.a.hotCues[0]).toEqual({ sec: 3, loop_end_sec: null });
    expect(engine.state.decks.a.track?.title).toBe("One");
    expect(events.filter((event) => event.type === "loaded").length).toBe(1);
  });

  it("says in a sentence why a track can't be played", async () => {
    const { engine, events } = hold();
    await engine.load("a", { id: "gone", rev: "1" });
    expect(engine.state.decks.a.problem).toBe("The file is gone.");
    await engine.load("b", { id: "stranger", rev: "1" });
    expect(engine.state.decks.b.problem).toBe("UnknownTrack: it isn't here");
    expect(events.map((event) => event.type)).toEqual(["problem", "problem"]);
  });

  it("takes the old record off even where the new one can't be played", async () => {
    const { engine, press } = hold();
    await engine.start();
    await engine.load("a", { id: "one", rev: "1" });
    press("play", "a");
    FakeNode.last.play(1);
    await engine.load("a", { id: "gone", rev: "1" });
    FakeNode.last.play(0.1);
    engine.tick();
    expect(engine.state.decks.a).toMatchObject({ track: null, playing: false, problem: "The file is gone." });
  });

  it("keeps only the last record's sound until the sound starts", async () => {
    const { engine } = hold();
    await engine.load("a", { id: "one", rev: "1" });
    await engine.load("a", { id: "two", rev: "1" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.start();
    const kinds = FakeNode.last.received.map((message) => message.type);
    expect(kinds.filter((kind) => kind === "load").length).toBe(1);
    expect(kinds.filter((kind) => kind === "chunk").length).toBe(Math.ceil((SECONDS * RATE) / CHUNK_FRAMES));
    FakeNode.last.play(0.1);
    engine.tick();
    // what the audio thread counts and what the page counts agree, else nothing would be read
    expect(engine.state.decks.a.leader || engine.state.decks.b.leader).toBe(true);
  });
});

describe("playing", () => {
  it("starts the sound by a hand on the page, but not by a controller", async () => {
    const { engine, press } = hold();
    await engine.load("a", { id: "one", rev: "1" });
    press("play", "a", 1, "midi");
    expect(engine.state.audio).toBe("off");
    expect(engine.state.notice).toContain("Start audio");
    press("play", "a", 1, "mouse");
    await vi.waitFor(() => expect(engine.state.audio).toBe("running"));
    FakeNode.last.play(0.5);
    expect(engine.state.decks.a.playing).toBe(true);
    expect(engine.state.notice).toBe("");
  });

  it("tells of playing, hot cues, grid edits and what a controller wants loaded", async () => {
    const { engine, events, press } = hold();
    await engine.start();
    await engine.load("a", { id: "one", rev: "1" });
    press("play", "a");
    FakeNode.last.play(0.2);
    press("pad", "a", 1, "test", 3);
    press("grid_double", "a");
    press("load", "b");
    engine.setBrowse([{ id: "x", title: "", artist: "", bpm: null, camelot: null }, { id: "y", title: "", artist: "", bpm: null, camelot: null }]);
    press("browse", undefined, 5);
    press("load", "b");
    press("browse_press");
    expect(events.slice(1)).toEqual([
      { type: "playing", deck: "a", id: "one", playing: true },
      { type: "hot_cue", id: "one", slot: 3, cue: { sec: 0.5, loop_end_sec: null } },
      { type: "grid", id: "one", edit: "double", value: 0 },
      { type: "load_request", deck: "b", id: "y" },
      { type: "load_request", deck: "b", id: "y" },
    ]);
    expect(engine.state.decks.a.hotCues[3]).toEqual({ sec: 0.5, loop_end_sec: null });
  });

  it("lets others see every action before it acts", () => {
    const { engine, press } = hold();
    const seen: number[] = [];
    const stop = engine.onAction(() => seen.push(engine.state.mixer.crossfader));
    press("crossfader", undefined, 1);
    press("crossfader", undefined, 0);
    stop();
    press("crossfader", undefined, 0.5);
    expect(seen).toEqual([0.5, 1]);
  });

  it("shows nothing of the record before, when another has just been loaded", async () => {
    const { engine, press } = hold();
    await engine.start();
    await engine.load("a", { id: "one", rev: "1" });
    press("play", "a");
    FakeNode.last.play(3);
    const stale = FakeNode.last;
    await engine.load("a", { id: "two", rev: "1" });
    expect(engine.state.decks.a).toMatchObject({ playing: false, positionSec: 0.5 });
    stale.play(0.1);
    expect(engine.state.decks.a).toMatchObject({ playing: false, positionSec: 0.5, track: { id: "two" } });
  });

  it("records what is heard", async () => {
    const { engine } = hold();
    await engine.start();
    const tap = await engine.tap();
    const { channels } = await tap.stop();
    expect(channels.map((channel) => [...channel])).toEqual([[0.5], [-0.5]]);
  });
});

describe("who owns the sound", () => {
  it("is one page; another one waits until it claims it, and may be robbed in turn", async () => {
    const first = hold().engine;
    const second = hold().engine;
    await first.start();
    await second.start();
    expect([first.state.audio, second.state.audio]).toEqual(["running", "elsewhere"]);
    await second.claim();
    await vi.waitFor(() => expect(first.state.audio).toBe("elsewhere"));
    expect(second.state.audio).toBe("running");
    await first.claim();
    await vi.waitFor(() => expect(second.state.audio).toBe("elsewhere"));
    expect(first.state.audio).toBe("running");
  });

  it("says so when the browser pauses the sound, and when the card is gone", async () => {
    const { engine } = hold();
    await engine.start();
    await FakeContext.last.suspend();
    expect(engine.state).toMatchObject({ audio: "suspended", notice: expect.stringContaining("paused") });
    await engine.start();
    expect(engine.state).toMatchObject({ audio: "running", notice: "" });
    FakeContext.last.dispatchEvent(new Event("error"));
    expect(engine.state.notice).toContain("sound card");
  });

  it("isn't asked for where a page may have none", async () => {
    vi.stubGlobal("window", { isSecureContext: false });
    const { engine } = hold();
    await engine.start();
    expect(engine.state).toMatchObject({ audio: "broken", notice: expect.stringContaining("localhost") });
  });
});

describe("the headphones", () => {
  const outputs = (allowed: boolean) => {
    const media = Object.assign(new EventTarget(), {
      allowed,
      enumerateDevices: async () =>
        ["", "usb"].map((id) => ({ kind: "audiooutput", deviceId: media.allowed ? id : "", label: media.allowed ? `Card ${id}` : "" })),
      getUserMedia: async () => {
        media.allowed = true;
        return { getTracks: () => [] };
      },
    });
    vi.stubGlobal("navigator", { locks, mediaDevices: media });
    vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
    const element = { paused: true, sink: "", pause: () => {}, play: async () => {}, setSinkId: async (id: string) => void (element.sink = id) };
    vi.stubGlobal("Audio", function Audio() { return element; });
    return { media, element };
  };

  it("are found once the browser may name them, and play on the one chosen", async () => {
    const { element } = outputs(false);
    const { engine } = hold();
    await engine.start();
    const [find] = engine.state.outputs.devices;
    expect(find!.label).toContain("Find");
    await engine.setPhones(find!.id);
    expect(engine.state.outputs).toMatchObject({ phones: "none", devices: [{ id: "usb", label: "Card usb" }] });
    await engine.setPhones("usb");
    expect(engine.state.outputs).toMatchObject({ phones: "device", phonesDevice: "usb" });
    expect(element.sink).toBe("usb");
    expect(FakeNode.last.received.at(-1)).toMatchObject({ type: "main", previewToPhones: true });
  });

  it("fall silent with a sentence when their output is pulled out", async () => {
    const { media } = outputs(true);
    const { engine } = hold();
    await engine.start();
    await engine.setPhones("usb");
    media.enumerateDevices = async () => [];
    media.dispatchEvent(new Event("devicechange"));
    await vi.waitFor(() => expect(engine.state.notice).toContain("headphones"));
    expect(engine.state.outputs.phones).toBe("none");
  });

  it("take the third and fourth channel where there are some", async () => {
    outputs(true);
    vi.stubGlobal("ChannelMergerNode", class { connect(): void {} disconnect(): void {} });
    vi.stubGlobal("ChannelSplitterNode", class { connect(): void {} });
    const { engine } = hold();
    await engine.start();
    await engine.setPhones("channels34");
    expect(engine.state).toMatchObject({ outputs: { phones: "none" }, notice: "The main output has no channels 3 and 4." });
    FakeContext.last.destination.maxChannelCount = 4;
    await engine.setPhones("channels34");
    expect(engine.state.outputs.phones).toBe("channels34");
    expect(FakeContext.last.destination.channelCount).toBe(4);
    await engine.setPhones("");
    expect(FakeContext.last.destination.channelCount).toBe(2);
  });
});
