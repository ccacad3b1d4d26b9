// An engine that does at once what it is told, and the browser's MIDI without a browser.

import { CONTROLS, type Action, type DeckState, type Engine, type EngineEvent, type MixerState, type State, type Track } from "../../src/contract";

export function track(id: string, over: Partial<Track> = {}): Track {
  return {
    id, rev: "1", title: id, artist: "", artwork: false, duration_sec: 240, pcm: { sample_rate: 44100, frames: 1, scale: 1 },
    bpm: 120, constant: true, grid_confidence: 1, beats: [], downbeats: [], sections: [], phrases: [], drops: [],
    mix_in_sec: null, mix_out_sec: null, key: null, camelot: null, lufs: null, hot_cues: [], problem: null, ...over,
  };
}

export function deckState(over: Partial<DeckState> = {}): DeckState {
  return {
    track: null, loadedShare: 0, playable: false, problem: "", playing: false, cueing: false, positionSec: 0, rate: 0, tempo: 1,
    tempoRange: 6, keylock: true, keyShift: 0, synced: false, leader: false, bpm: null, camelot: null, key: null, phaseBeats: null,
    cueSec: 0, hotCues: Array(8).fill(null), loop: null, slip: false, quantise: false, touched: false, reverse: false,
    padMode: "hot_cue", trim: 0.5, autoGainDb: 0, eqHigh: 0.5, eqMid: 0.5, eqLow: 0.5, killHigh: false, killMid: false,
    killLow: false, filter: 0.5, fader: 1, pfl: false, fx: false, meterDb: -60, ...over,
  };
}

export function makeState(): State {
  const mixer: MixerState = {
    crossfader: 0.5, curve: 0, master: 0.8, phonesMix: 0, phonesLevel: 0.7, fxKind: 0, fxBeats: 3, fxOn: false, fxLevel: 0.5,
    meterDb: [-60, -60], limiterDb: 0, recordingSec: null, browseIndex: 0,
  };
  return {
    audio: "running", notice: "", decks: { a: deckState(), b: deckState() }, mixer, automix: null,
    outputs: { phones: "none", devices: [], phonesDevice: "" },
  };
}

const DECK_FIELDS = {
  trim: "trim", eq_high: "eqHigh", eq_mid: "eqMid", eq_low: "eqLow", filter: "filter", fader: "fader",
} as const;
const MIXER_FIELDS = {
  crossfader: "crossfader", master: "master", phones_mix: "phonesMix", phones_level: "phonesLevel", fx_level: "fxLevel",
} as const;

export class FakeEngine implements Engine {
  readonly state = makeState();
  readonly actions: Action[] = [];
  readonly events: EngineEvent[] = [];
  ticks = 0;
  starts = 0;
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private readonly actionListeners = new Set<(action: Action) => void>();

  tick(): void {
    this.ticks += 1;
  }
  dispatch(action: Action): void {
    this.actionListeners.forEach((listener) => listener(action));
    this.actions.push(action);
    const { control, deck, value } = action;
    if (CONTROLS[control].kind === "absolute") {
      if (control in MIXER_FIELDS) this.state.mixer[MIXER_FIELDS[control as keyof typeof MIXER_FIELDS]] = value;
      else if (deck && control in DECK_FIELDS) this.state.decks[deck][DECK_FIELDS[control as keyof typeof DECK_FIELDS]] = value;
    }
    if (control === "tempo" && deck) this.state.decks[deck].tempo = 1 + ((value - 0.5) * this.state.decks[deck].tempoRange) / 50;
    if (control === "fx_deck" && deck && value === 1) this.state.decks[deck].fx = !this.state.decks[deck].fx;
    if (control === "play" && deck && value === 1) this.state.decks[deck].playing = !this.state.decks[deck].playing;
    if (control === "sync_off" && deck && value === 1) this.state.decks[deck].synced = false;
  }
  async start(): Promise<void> {
    this.starts += 1;
  }
  async claim(): Promise<void> {}
  async load(deck: "a" | "b", wish: { id: string; rev: string }): Promise<void> {
    Object.assign(this.state.decks[deck], deckState({ track: track(wish.id), playable: true, loadedShare: 1 }));
  }
  unload(deck: "a" | "b"): void {
    Object.assign(this.state.decks[deck], deckState());
  }
  arm(_deck: "a" | "b", _fromSec: number, _atSec: number): void {}
  setRate(deck: "a" | "b", rate: number): void {
    this.state.decks[deck].rate = rate;
  }
  attachPreview(): void {}
  setBrowse(): void {}
  async setPhones(): Promise<void> {}
  on(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  tap(): never {
    throw new Error("nothing to record");
  }
  stats(): ReturnType<Engine["stats"]> {
    return { scriptMs: [], underruns: 0, memoryBytes: 0 };
  }
  onAction(listener: (action: Action) => void): () => void {
    this.actionListeners.add(listener);
    return () => this.actionListeners.delete(listener);
  }
  emit(event: EngineEvent): void {
    this.events.push(event);
    this.listeners.forEach((listener) => listener(event));
  }
}

/** One controller as the browser shows it: `play` sends from it, `sent` is what it got. */
export class FakeDevice {
  readonly sent: number[][] = [];
  readonly input: MIDIInput;
  readonly output: MIDIOutput;

  constructor(name: string, id = name) {
    this.input = { id: `in-${id}`, name, state: "connected", onmidimessage: null } as unknown as MIDIInput;
    const send = (bytes: Iterable<number>): void => void this.sent.push([...bytes]);
    this.output = { id: `out-${id}`, name, state: "connected", send } as unknown as MIDIOutput;
  }
  play(...bytes: number[]): void {
    const event = { data: Uint8Array.from(bytes) } as unknown as MIDIMessageEvent;
    this.input.onmidimessage?.call(this.input, event);
  }
}

export class FakeMidi {
  readonly asked: (MIDIOptions | undefined)[] = [];
  sysexGranted = false;
  refusal: unknown = null;
  private readonly inputs = new Map<string, MIDIInput>();
  private readonly outputs = new Map<string, MIDIOutput>();
  private access: MIDIAccess | null = null;

  readonly navigator = {
    requestMIDIAccess: async (options?: MIDIOptions): Promise<MIDIAccess> => {
      this.asked.push(options);
      if (this.refusal !== null) throw this.refusal;
      const { inputs, outputs } = this;
      this.access = { inputs, outputs, onstatechange: null, sysexEnabled: options?.sysex === true } as unknown as MIDIAccess;
      return this.access;
    },
    permissions: { query: async () => ({ state: this.sysexGranted ? "granted" : "prompt" }) } as unknown as Permissions,
  };

  plug(device: FakeDevice): void {
    this.inputs.set(device.input.id, device.input);
    this.outputs.set(device.output.id, device.output);
    this.tell();
  }
  unplug(device: FakeDevice): void {
    this.inputs.delete(device.input.id);
    this.outputs.delete(device.output.id);
    this.tell();
  }
  private tell(): void {
    this.access?.onstatechange?.call(this.access, {} as unknown as MIDIConnectionEvent);
  }
}
