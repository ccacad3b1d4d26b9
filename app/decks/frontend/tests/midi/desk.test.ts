import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MidiDesk } from "../../src/midi/desk";
import { FLX4 } from "../../src/midi/flx4";
import { toText } from "../../src/midi/file";
import { SETTLE_MS } from "../../src/midi/learn";
import { BLINK_MS } from "../../src/midi/states";
import { MapStore } from "../../src/midi/store";
import { FakeDevice, FakeEngine, FakeMidi, track } from "./fakes";

async function desk(device = new FakeDevice("DDJ-FLX4"), storage: Storage | null = null) {
  const engine = new FakeEngine();
  const midi = new FakeMidi();
  midi.plug(device);
  const made = new MidiDesk(engine, midi.navigator, new MapStore(storage));
  await made.connection.connect();
  return { engine, midi, device, desk: made, unplug: () => midi.unplug(device) };
}

/** What a lamp got last. */
const lamp = (device: FakeDevice, status: number, number: number): number | undefined =>
  device.sent.findLast((bytes) => bytes[0] === status && bytes[1] === number)?.[2];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("connection", () => {
  it("asks for nothing before a click, and never for system exclusive", async () => {
    const midi = new FakeMidi();
    const made = new MidiDesk(new FakeEngine(), midi.navigator);
    expect(midi.asked).toEqual([]);
    await made.connection.connect();
    await made.connection.connect();
    expect(midi.asked).toEqual([{ sysex: false }]);
  });

  it("says why when MIDI is refused, missing or broken, and may be asked again", async () => {
    const midi = new FakeMidi();
    const made = new MidiDesk(new FakeEngine(), midi.navigator);
    midi.refusal = new DOMException("no", "NotAllowedError");
    await made.connection.connect();
    expect([made.connection.access, made.connection.sentence]).toEqual(["denied", expect.stringContaining("not allowed")]);
    midi.refusal = new Error("no ALSA");
    await made.connection.connect();
    expect(made.connection.sentence).toContain("another program");
    midi.refusal = null;
    await made.connection.connect();
    expect([made.connection.access, made.connection.sentence]).toEqual(["open", ""]);

    const none = new MidiDesk(new FakeEngine(), {});
    await none.connection.connect();
    expect([none.connection.access, none.connection.sentence]).toEqual(["unsupported", expect.stringContaining("keyboard work")]);
  });

  it("takes in devices as they are plugged and lets go of those pulled out", async () => {
    const { engine, midi, device, desk: made } = await desk();
    const second = new FakeDevice("Other");
    midi.plug(second);
    expect(made.connection.devices.map(({ name }) => name)).toEqual(["DDJ-FLX4", "Other"]);
    midi.unplug(device);
    expect(device.input.onmidimessage).toBeNull();
    expect(made.connection.devices.map(({ name }) => name)).toEqual(["Other"]);
    device.sent.length = 0;
    midi.plug(device);
    device.play(0x90, 0x0b, 127);
    expect(engine.actions.map(({ control }) => control)).toEqual(["play"]);
    expect(device.sent.length).toBeGreaterThanOrEqual(FLX4.lamps.length); // all lamps anew
    midi.unplug(device);
    midi.unplug(second);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("asks a device where its faders stand only where system exclusive is allowed", async () => {
    const exclusive = (device: FakeDevice) => device.sent.filter(([status]) => status === 0xf0).length;
    const without = await desk();
    vi.advanceTimersByTime(1000);
    expect(exclusive(without.device)).toBe(0);
    const midi = new FakeMidi();
    midi.sysexGranted = true;
    const device = new FakeDevice("DDJ-FLX4");
    midi.plug(device);
    await new MidiDesk(new FakeEngine(), midi.navigator).connection.connect();
    vi.advanceTimersByTime(1000);
    expect(exclusive(device)).toBe(5);
    midi.unplug(device);
    vi.advanceTimersByTime(1000);
    expect(exclusive(device)).toBe(5);
  });
});

describe("messages", () => {
  it("lets the screen's pads follow the hardware's mode", async () => {
    const { engine, device } = await desk();
    device.play(0x99, 0x62, 127);
    expect(engine.actions).toEqual([
      { control: "pad_mode", deck: "b", value: 1, from: "midi" },
      { control: "pad", deck: "b", index: 2, value: 1, from: "midi" },
    ]);
  });

  it("presses the effect's channel only where the switch stands otherwise", async () => {
    const { engine, device } = await desk();
    const presses = () => engine.actions.filter(({ value }) => value === 1).length;
    device.play(0x95, 0x11, 127);
    device.play(0x95, 0x11, 127);
    expect([presses(), engine.state.decks.b.fx]).toEqual([1, true]);
    device.play(0x95, 0x11, 0);
    device.play(0x95, 0x11, 0);
    expect([presses(), engine.state.decks.b.fx]).toEqual([2, false]);
  });

  it("steps back from the first effect to the last, and turns the platter by −2", async () => {
    const { engine, device } = await desk();
    device.play(0x94, 0x64, 127);
    device.play(0xb0, 0x22, 62);
    expect(engine.actions.map(({ control, value }) => [control, value])).toEqual([["fx_select", 3], ["jog_turn", -2]]);
  });

  it("does not jump to where the hardware stands, and picks up in passing", async () => {
    const { engine, device, desk: made } = await desk();
    device.play(0xb6, 0x1f, 0);
    expect(engine.state.mixer.crossfader).toBe(0.5);
    expect(made.waiting()).toMatchObject([{ control: "crossfader", hardware: 0 }]);
    device.play(0xb6, 0x1f, 40);
    expect(engine.state.mixer.crossfader).toBe(0.5);
    device.play(0xb6, 0x1f, 80); // past the middle
    expect(engine.state.mixer.crossfader).toBeGreaterThan(0.6);
    expect(made.waiting()).toEqual([]);
    vi.advanceTimersByTime(300);
    engine.state.mixer.crossfader = 0.1; // with the mouse
    device.play(0xb6, 0x1f, 81);
    expect(engine.state.mixer.crossfader).toBe(0.1);
    device.play(0xb6, 0x1f, 12); // past it again
    expect(engine.state.mixer.crossfader).toBeCloseTo(12 / 128);
  });

  it("finds the tempo fader's place in the range that is chosen", async () => {
    const { engine, device } = await desk();
    engine.state.decks.a.tempoRange = 10;
    engine.state.decks.a.tempo = 1.05; // three quarters up
    device.play(0xb0, 0x00, 64);
    expect(engine.actions).toEqual([]);
    device.play(0xb0, 0x00, 127);
    expect(engine.state.decks.a.tempo).toBeCloseTo(1.1);
    device.play(0xb0, 0x00, 0);
    expect(engine.state.decks.a.tempo).toBeCloseTo(0.9);
  });

  it("keeps the last messages for the monitor, bounded", async () => {
    const { device, desk: made } = await desk();
    for (let n = 0; n < 1000; n += 1) device.play(0xb0, 0x22, 65);
    device.play(0x90, 0x0b, 127);
    expect(made.heard).toBe(1001);
    expect(made.monitor.length).toBeLessThanOrEqual(200);
    expect(made.monitor.at(-1)).toEqual({ device: "DDJ-FLX4", hex: "90 0B 7F", words: "PLAY/PAUSE → Deck A · Play: pressed" });
  });
});

describe("lamps", () => {
  it("sends everything once and then only what changes", async () => {
    const { engine, device, desk: made } = await desk();
    expect(new Set(device.sent.map(([status, number]) => `${status} ${number}`)).size).toBe(FLX4.lamps.length);
    device.sent.length = 0;
    vi.advanceTimersByTime(1000);
    expect(device.sent).toEqual([]);
    engine.state.decks.b.synced = true;
    made.refresh();
    expect(device.sent).toEqual([[0x91, 0x58, 0x7f], [0x91, 0x60, 0x7f]]);
  });

  it.each([
    ["play", { playing: true }, [[0x90, 0x0b], [0x90, 0x47]]],
    ["cue", { cueing: true }, [[0x90, 0x0c], [0x90, 0x48]]],
    ["headphone cue", { pfl: true }, [[0x90, 0x54]]],
    ["leader", { leader: true }, [[0x90, 0x68]]],
    ["slip", { slip: true }, [[0x90, 0x4c]]],
    ["quantise", { quantise: true }, [[0x90, 0x4e]]],
    ["key lock", { keylock: true }, [[0x90, 0x50]]],
    ["a loop", { track: track("x"), loop: { startSec: 10, endSec: 12, active: true } }, [[0x90, 0x10], [0x90, 0x11], [0x90, 0x4d], [0x97, 0x64], [0x98, 0x64]]],
    ["a hot cue", { hotCues: [null, { sec: 1, loop_end_sec: null }] }, [[0x97, 0x01], [0x98, 0x01]]],
    ["the key's shift", { playable: true, playing: true, keyShift: -1 }, [[0x97, 0x74], [0x98, 0x74]]],
    ["the pads' mode", { padMode: "sampler" }, [[0x90, 0x22]]],
    ["a full meter", { meterDb: 0 }, [[0xb0, 0x02]]],
    ["a loaded track", { track: track("x") }, [[0x9f, 0x00]]],
  ] as const)("shows %s", async (_name, change, lamps) => {
    const { engine, device, desk: made } = await desk();
    Object.assign(engine.state.decks.a, { keylock: false, padMode: "keyboard" });
    made.refresh();
    for (const [status, number] of lamps) expect(lamp(device, status, number)).toBe(0);
    Object.assign(engine.state.decks.a, change);
    made.refresh();
    for (const [status, number] of lamps) expect(lamp(device, status, number)).toBe(127);
  });

  it("blinks play and cue while the deck waits, announces every load, and follows the meter", async () => {
    const { engine, device, desk: made } = await desk();
    Object.assign(engine.state.decks.a, { track: track("x"), playable: true, positionSec: 5 });
    const seen = [0, 1, 2, 3].map((half) => (made.refresh(half * BLINK_MS), [lamp(device, 0x90, 0x0b), lamp(device, 0x90, 0x0c)]));
    expect(seen).toEqual([[127, 127], [0, 0], [127, 127], [0, 0]]);
    engine.state.decks.a.positionSec = 0; // on the cue point: that lamp stays on
    made.refresh(BLINK_MS);
    expect(lamp(device, 0x90, 0x0c)).toBe(127);
    device.sent.length = 0;
    engine.state.decks.a.track = track("y");
    made.refresh(BLINK_MS);
    expect(device.sent).toEqual([[0x9f, 0x00, 0x7f]]);
    engine.state.decks.a.meterDb = -18;
    made.refresh(BLINK_MS);
    expect(lamp(device, 0xb0, 0x02)).toBe(64);
  });
});

describe("learn", () => {
  it("maps an unknown device control by control, lights it, and keeps the map", async () => {
    const storage = new Map<string, string>();
    const asStorage = { getItem: (k: string) => storage.get(k) ?? null, setItem: (k: string, v: string) => void storage.set(k, v) } as Storage;
    const { engine, device, desk: made } = await desk(new FakeDevice("Strange One"), asStorage);
    made.learn(device.input.id, { control: "play", deck: "b" });
    device.play(0x9c, 0x21, 100);
    device.play(0x8c, 0x21, 0);
    made.refresh(performance.now() + SETTLE_MS + 1);
    expect(made.learnt?.guess).toMatchObject({ row: { status: 0x9c, number: 0x21, kind: "button", control: "play", deck: "b" } });
    expect(engine.actions).toEqual([]); // learning plays nothing
    device.play(0x9c, 0x21, 100);
    expect(engine.state.decks.b.playing).toBe(true);
    made.refresh();
    expect(lamp(device, 0x9c, 0x21)).toBe(127);

    const again = await desk(new FakeDevice("Strange One"), asStorage);
    again.device.play(0x9c, 0x21, 100);
    expect(again.engine.state.decks.b.playing).toBe(true);
    again.desk.reset(again.desk.connection.devices[0]!);
    again.device.play(0x9c, 0x21, 100);
    expect(again.engine.actions).toHaveLength(1);
  });

  it("goes back to the map that comes with Segue where the kept one is spoilt", async () => {
    const asStorage = { getItem: () => toText(FLX4).replace('"play"', '"plya"') } as unknown as Storage;
    const { engine, device } = await desk(new FakeDevice("DDJ-FLX4"), asStorage);
    device.play(0x90, 0x0b, 127);
    expect(engine.actions).toHaveLength(1);
  });
});
