// The page's side of the engine: what needs no audio thread.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { Action, ControlName, EngineEvent, State } from "../../src/contract";
import { allMessages, applyToDeck, applyToMixer, setRate } from "../../src/engine/deskside";
import { CHUNK_FRAMES } from "../../src/engine/dsp/pcm";
import { freshDeck, freshState } from "../../src/engine/fresh";
import { camelot, heardShift, shiftKey } from "../../src/engine/keys";
import { askEarly, Loader, wantedChunks, type LoaderHost } from "../../src/engine/loader";
import { D, DECK_FIELDS, FLAGS, type ToProcessor } from "../../src/engine/messages";
import { Playing } from "../../src/engine/playing";
import { readDeck } from "../../src/engine/reading";
import { Recorder, wavHeader } from "../../src/engine/recorder";
import type { Track } from "../../src/contract";

const act = (control: ControlName, value: number): Action => ({ control, deck: "a", value, from: "test" });

describe("keys", () => {
  it("are named after a shift, round the octave", () => {
    expect(shiftKey("A minor", 3)).toBe("C minor");
    expect(shiftKey("C major", -1)).toBe("B major");
    expect(shiftKey("Bb major", 2)).toBe("C major");
    expect(shiftKey(null, 2)).toBeNull();
  });

  it.each([["C major", "8B"], ["A minor", "8A"], ["G major", "9B"], ["E minor", "9A"], ["F# minor", "11A"], ["B major", "1B"], ["G# minor", "1A"], ["F minor", "4A"]])(
    "%s is %s on the wheel",
    (key, code) => expect(camelot(key)).toBe(code),
  );

  it("follow the tempo only without key lock", () => {
    expect(heardShift(2, true, 1.1)).toBe(2);
    expect(heardShift(0, false, 2 ** (1 / 12))).toBeCloseTo(1);
  });
});

describe("controls", () => {
  const apply = (state: State, action: Action): ToProcessor[] => {
    const posted: ToProcessor[] = [];
    const post = (message: ToProcessor): void => void posted.push(message);
    if (!applyToMixer(state, action, post)) applyToDeck(state, "a", action, post);
    return posted;
  };

  it("send one message with what the channel is now", () => {
    const state = freshState();
    expect(apply(state, act("eq_low", 0))).toMatchObject([{ type: "strip", deck: 0, low: 10 ** (-26 / 20), mid: 1 }]);
    expect(apply(state, act("kill_low", 1))).toMatchObject([{ low: 0 }]);
    expect(apply(state, act("kill_low", 0))).toMatchObject([{ low: 0 }]); // let go: nothing toggles
    expect(apply(state, act("kill_low", 1))).toMatchObject([{ low: 10 ** (-26 / 20) }]);
    expect(apply(state, act("crossfader", 1))).toMatchObject([{ deck: 0, out: expect.closeTo(0, 9) }, { deck: 1, out: 1 }]);
  });

  it("move the tempo within its range, and a rate widens the range", () => {
    const state = freshState();
    expect(apply(state, act("tempo", 1))).toEqual([{ type: "rate", deck: 0, rate: 1.06 }]);
    apply(state, act("tempo_range", -1));
    expect(state.decks.a.tempoRange).toBe(10);
    apply(state, act("tempo", 0));
    expect(state.decks.a.tempo).toBeCloseTo(0.9);
    apply(state, act("tempo_range", 0));
    expect(state.decks.a.tempo).toBeCloseTo(0.94);
    const deck = freshDeck();
    expect([setRate(deck, 1.12), deck.tempoRange]).toEqual([1.12, 16]);
    expect([setRate(deck, 3), deck.tempoRange]).toEqual([1.25, 25]);
  });

  it("step through effects and their lengths, and stop at the ends", () => {
    const state = freshState();
    for (let i = 0; i < 9; i++) apply(state, act("fx_beats", 1));
    expect(apply(state, act("fx_beats", 1))).toMatchObject([{ type: "fx", beats: 4 }]);
    for (const kind of [1, 2, 3, 0]) {
      apply(state, act("fx_select", -1));
      expect(state.mixer.fxKind).toBe(kind);
    }
  });

  it("are all told to a sound that has just begun", () => {
    const state = freshState();
    apply(state, act("filter", 0.2));
    expect(allMessages(state).filter((message) => message.type === "strip")).toMatchObject([{ filter: 0.2 }, { filter: 0.5 }]);
  });
});

describe("reading the audio thread", () => {
  it("folds what is heard into the loop", () => {
    const deck = freshDeck();
    const values = new Float64Array(DECK_FIELDS);
    values[D.position] = 2.01;
    values[D.speed] = 1;
    values[D.flags] = FLAGS.playing | FLAGS.looping;
    values[D.loopStart] = 2;
    values[D.loopEnd] = 2.5;
    values[D.durationSec] = 100;
    values[D.phase] = NaN;
    readDeck(deck, values, 0, -0.03);
    expect(deck.positionSec).toBeCloseTo(2.48);
    readDeck(deck, values, 0, 0.6);
    expect(deck.positionSec).toBeCloseTo(2.11);
    expect(deck).toMatchObject({ playing: true, phaseBeats: null, loop: { startSec: 2, endSec: 2.5, active: true } });
  });
});

describe("what is told of a playing deck", () => {
  const track = { id: "t", bpm: 120 } as Track;
  const watched = () => {
    const deck = freshDeck();
    deck.track = track;
    const events: EngineEvent[] = [];
    return { deck, events, watch: new Playing("a", deck, (event) => events.push(event)) };
  };

  it("is that it plays, and once that it was heard for half a minute", () => {
    const { deck, events, watch } = watched();
    watch.look(0);
    deck.playing = true;
    for (let t = 0; t < 80; t += 0.1) watch.look(t);
    deck.playing = false;
    watch.look(81);
    expect(events.map((event) => event.type)).toEqual(["playing", "played", "playing"]);
  });

  it("isn't hearing while the computer sleeps", () => {
    const { deck, events, watch } = watched();
    deck.playing = true;
    watch.look(0);
    watch.look(3600);
    expect(events.map((event) => event.type)).toEqual(["playing"]);
  });

  it("is a tempo once it rests for a second", () => {
    const { deck, events, watch } = watched();
    watch.look(0);
    for (let i = 1; i <= 20; i++) {
      deck.tempo = 1 + i / 1000;
      watch.look(i / 10);
    }
    expect(events).toEqual([]);
    watch.look(3.1);
    watch.look(5);
    expect(events).toMatchObject([{ type: "tempo", id: "t" }]);
  });
});

describe("fetching the sound", () => {
  const RATE = 44100;
  const chunkSec = CHUNK_FRAMES / RATE;

  it("brings what is about to be heard first, then all of it", () => {
    const order = wantedChunks(100 * CHUNK_FRAMES, RATE, 50 * chunkSec + 0.1, [10 * chunkSec + 0.1]);
    expect(order.slice(0, 3)).toEqual([50, 51, 52]);
    expect(order.indexOf(10)).toBeLessThan(order.indexOf(99));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("keeps only a window of what lasts an hour and a half", () => {
    const frames = 90 * 60 * RATE;
    const order = wantedChunks(frames, RATE, 3000, [100]);
    expect(order.length * chunkSec).toBeLessThan(330);
    expect(order).toContain(Math.floor(100 / chunkSec));
    expect(order).toContain(Math.floor(3200 / chunkSec));
    expect(order).not.toContain(Math.floor(2000 / chunkSec));
  });

  const trackOf = (frames: number): Track => ({ title: "T", pcm: { frames, sample_rate: RATE, scale: 1 } }) as Track;
  const hostOf = (): LoaderHost & { got: number[]; dropped: number[]; said: string[]; at: number; shares: number[] } => {
    const host = {
      got: [] as number[], dropped: [] as number[], said: [] as string[], shares: [] as number[], at: 0,
      position: () => host.at, marks: () => [],
      chunk: (index: number, data: Int16Array) => (host.got.push(index), expect(data.length).toBeGreaterThan(0)),
      drop: (index: number) => host.dropped.push(index),
      progress: (share: number) => host.shares.push(share),
      failed: (sentence: string) => host.said.push(sentence),
    };
    return host;
  };
  const piece = (request: RequestInit): Response => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec((request.headers as { Range: string }).Range)!;
    return new Response(new Uint8Array(Number(to) - Number(from) + 1), { status: 206 });
  };

  afterEach(() => void vi.unstubAllGlobals());

  it("goes on where it was when the server comes back", async () => {
    let calls = 0;
    vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => {
      if (++calls === 2) throw new TypeError("no server");
      if (calls === 3) return new Response("", { status: 503 });
      return piece(request);
    });
    const host = hostOf();
    await new Loader(trackOf(2 * CHUNK_FRAMES + 77), "http://x/", host).run();
    expect(host.got).toEqual([0, 1, 2]);
    expect(host.shares.at(-1)).toBe(1);
    expect(host.said).toEqual([]);
  });

  it("leaves a piece that waits when the needle is put elsewhere", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (_url: string, request: RequestInit) => {
      const { Range } = request.headers as { Range: string };
      asked.push(Range);
      if (Range.startsWith("bytes=0-") || asked.length > 2) return Promise.resolve(piece(request));
      // still being decoded: no answer until given up
      return new Promise((_, reject) => request.signal!.addEventListener("abort", () => reject(new Error("given up"))));
    });
    const host = hostOf();
    const done = new Loader(trackOf(100 * CHUNK_FRAMES), "http://x/", host).run();
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    host.at = 90 * chunkSec + 0.1;
    await done;
    expect(host.got.slice(0, 2)).toEqual([0, 90]);
    expect(new Set(host.got).size).toBe(100);
  });

  it("lets a deck that can't be played yet go first", async () => {
    const asked: string[] = [];
    let answer: () => void = () => {};
    vi.stubGlobal("fetch", (url: string, request: RequestInit) => {
      asked.push(url);
      if (url !== "http://new/" || asked.filter((one) => one === url).length > 1) return Promise.resolve(piece(request));
      return new Promise((resolve) => (answer = () => resolve(piece(request))));
    });
    const playing = new Loader(trackOf(40 * CHUNK_FRAMES), "http://old/", hostOf());
    const running = playing.run();
    while (asked.length < 3) await Promise.resolve();
    const next = new Loader(trackOf(2 * CHUNK_FRAMES), "http://new/", hostOf());
    const second = next.run();
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asked.slice(before + 1)).not.toContain("http://old/");
    answer();
    await Promise.all([running, second]);
    expect(asked.filter((url) => url === "http://old/").length).toBe(40);
  });

  it("uses what was asked for before the facts were known", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => {
      asked.push((request.headers as { Range: string }).Range);
      return piece(request);
    });
    const host = hostOf();
    await new Loader(trackOf(2 * CHUNK_FRAMES), "http://x/", host, askEarly("http://x/")).run();
    expect(host.got).toEqual([0, 1]);
    expect(asked.length).toBe(2);
  });

  it("says so when the file is gone, and stops asking", async () => {
    const fetched = vi.fn(async () => new Response("MissingFile: it was moved", { status: 404 }));
    vi.stubGlobal("fetch", fetched);
    const host = hostOf();
    await new Loader(trackOf(1000), "http://x/", host).run();
    expect(host.said).toEqual(["MissingFile: it was moved"]);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("lets go of what a long track has left behind", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", async (_url: string, request: RequestInit) => piece(request));
    const host = hostOf();
    const loader = new Loader(trackOf(90 * 60 * RATE), "http://x/", host);
    const done = loader.run();
    await vi.advanceTimersByTimeAsync(2000);
    const first = host.got.length;
    expect(first * chunkSec).toBeLessThan(260);
    host.at = 1000;
    await vi.advanceTimersByTimeAsync(2000);
    expect(host.dropped).toContain(0);
    expect(loader.bytes).toBeLessThan(60e6);
    loader.stop();
    await vi.advanceTimersByTimeAsync(1000);
    await done;
    vi.useRealTimers();
  });
});

describe("a recording", () => {
  it("is a WAV file of what came", async () => {
    const recorder = new Recorder(48000);
    recorder.add(Int16Array.from([1, -1, 2, -2]));
    recorder.add(Int16Array.from([3, -3]));
    const bytes = new DataView(await recorder.file().arrayBuffer());
    expect(bytes.byteLength).toBe(44 + 12);
    expect(bytes.getUint32(24, true)).toBe(48000);
    expect(bytes.getUint32(40, true)).toBe(12);
    expect(bytes.getInt16(44 + 8, true)).toBe(3);
    expect(recorder.seconds).toBeCloseTo(3 / 48000);
    expect(new TextDecoder().decode(wavHeader(1, 8000).slice(8, 16))).toBe("WAVEfmt ");
  });
});
