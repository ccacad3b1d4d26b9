// The engine: one a page, living as long as the page does, whoever draws it.

import {
  DECKS, type Action, type DeckId, type DeckWish, type Engine, type EngineEvent, type State, type Wish,
} from "../contract";
import { Clock } from "./clock";
import { allMessages, applyToDeck, applyToMixer, indexOf, isTransport, mainMessage, setRate, stripMessage } from "./deskside";
import { CEILING_DELAY_SEC } from "./dsp/limiter";
import { freshState } from "./fresh";
import { D, DECK_FIELDS, S, type FromProcessor, type ToProcessor } from "./messages";
import { Ownership } from "./ownership";
import { Playing } from "./playing";
import { readDeck, readMusic } from "./reading";
import { Recorder } from "./recorder";
import { Slot } from "./slot";
import { CHANNELS_34, FIND_OUTPUTS, Sound } from "./sound";
import { Tap } from "./tap";
import { keepForLater } from "./waiting";

/** Asked of the sound card: twice the shortest, for on a busy computer that one has gaps. */
const LATENCY_SEC = 0.02;
/** Frames whose script time is remembered. */
const SCRIPT_FRAMES = 600;

export class DeckEngine implements Engine {
  readonly state: State = freshState();
  private sound: Sound | null = null;
  private opening: Promise<void> | null = null;
  private readonly clock = new Clock();
  private readonly ownership = new Ownership();
  private readonly slots: Record<DeckId, Slot>;
  private readonly watch: Record<DeckId, Playing>;
  private readonly waiting: ToProcessor[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private readonly actionListeners = new Set<(action: Action) => void>();
  private readonly previews = new Set<HTMLMediaElement>();
  private readonly scriptMs: number[] = [];
  private latest: Float64Array | null = null;
  private rows: Wish["browse"] = [];
  private recorder: { file: Recorder; started: Date } | null = null;
  private tapping: Tap | null = null;

  constructor() {
    const slot = (id: DeckId): Slot =>
      new Slot(indexOf(id), this.state.decks[id], {
        post: (message) => this.post(message),
        emit: (event) => this.emit(event),
        refresh: () => this.post(stripMessage(this.state, id)),
      });
    this.slots = { a: slot("a"), b: slot("b") };
    const watch = (id: DeckId): Playing => new Playing(id, this.state.decks[id], (event) => this.emit(event));
    this.watch = { a: watch("a"), b: watch("b") };
    if (typeof navigator !== "undefined" && navigator.mediaDevices) {
      navigator.mediaDevices.addEventListener("devicechange", () => void this.devicesChanged());
      document.addEventListener("visibilitychange", () => void this.wake());
    }
  }

  // -- what is ------------------------------------------------------------------------------------------

  tick(): void {
    const began = performance.now();
    const { latest, sound, state } = this;
    if (latest && sound) {
      const running = sound.context.state === "running";
      const heard = running ? this.clock.heard(sound.context, began / 1000) : 0;
      const lag = running ? heard - CEILING_DELAY_SEC - latest[S.frame]! / sound.context.sampleRate : 0;
      for (const id of DECKS) this.read(id, latest, lag);
      state.mixer.limiterDb = latest[S.limiterDb]!;
      state.mixer.meterDb[0] = latest[S.meterLeft]!;
      state.mixer.meterDb[1] = latest[S.meterRight]!;
      state.mixer.recordingSec = this.recorder?.file.seconds ?? null;
    }
    this.scriptMs.push(performance.now() - began);
    if (this.scriptMs.length > SCRIPT_FRAMES) this.scriptMs.shift();
  }

  private read(id: DeckId, values: Float64Array, lag: number): void {
    const at = S.decks + indexOf(id) * DECK_FIELDS;
    if (values[at + D.loads] !== this.slots[id].loads) return; // from before the record was changed
    const deck = this.state.decks[id];
    readDeck(deck, values, at, lag);
    if (deck.track) readMusic(deck, deck.track, this.slots[id].grid);
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onAction(listener: (action: Action) => void): () => void {
    this.actionListeners.add(listener);
    return () => this.actionListeners.delete(listener);
  }

  emit(event: EngineEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  stats(): { scriptMs: number[]; underruns: number; memoryBytes: number } {
    const memoryBytes = DECKS.reduce((sum, id) => sum + this.slots[id].bytes, 0);
    return { scriptMs: [...this.scriptMs], underruns: this.sound?.underruns ?? 0, memoryBytes };
  }

  // -- controls -------------------------------------------------------------------------------------------

  dispatch(action: Action): void {
    for (const listener of [...this.actionListeners]) listener(action);
    if (applyToMixer(this.state, action, (message) => this.post(message))) return;
    if (action.control === "record") return this.record(action.value > 0);
    if (action.control === "browse") return this.browse(action.value);
    if (action.control === "browse_press") return this.request(this.idleDeck(), action.value);
    if (!action.deck) return;
    if (action.control === "load") return this.request(action.deck, action.value);
    if (applyToDeck(this.state, action.deck, action, (message) => this.post(message))) return;
    if (isTransport(action)) this.transport(action.deck, action);
    else this.editGrid(action.deck, action);
  }

  private transport(deck: DeckId, action: Action): void {
    const { control, value, index = 0 } = action;
    if (!this.sound) {
      // a hand on mouse or keyboard may start the sound, a controller may not
      if (action.from === "midi" || action.from === "automix") {
        if (!this.opening) this.state.notice = "Press Start audio once; browsers keep silent until then.";
        if (!this.opening) return;
      } else if (!this.opening) void this.start();
    }
    this.post({ type: "act", deck: indexOf(deck), control, value, index });
  }

  private editGrid(deck: DeckId, action: Action): void {
    const { track, positionSec } = this.state.decks[deck];
    if (!track || action.value === 0) return;
    const { id } = track;
    if (action.control === "bar_one") this.emit({ type: "grid", id, edit: "bar_one", value: positionSec });
    else if (action.control === "grid_shift") this.emit({ type: "grid", id, edit: "shift", value: action.value });
    else if (action.control === "grid_double") this.emit({ type: "grid", id, edit: "double", value: 0 });
    else if (action.control === "grid_halve") this.emit({ type: "grid", id, edit: "halve", value: 0 });
  }

  setBrowse(rows: Wish["browse"]): void {
    this.rows = rows;
    const { mixer } = this.state;
    mixer.browseIndex = Math.max(0, Math.min(mixer.browseIndex, rows.length - 1));
  }

  private browse(steps: number): void {
    const { mixer } = this.state;
    mixer.browseIndex = Math.max(0, Math.min(mixer.browseIndex + Math.round(steps), this.rows.length - 1));
  }

  private idleDeck(): DeckId {
    const { a, b } = this.state.decks;
    return a.playing && !b.playing ? "b" : !a.playing ? "a" : a.track && !b.track ? "b" : "a";
  }

  private request(deck: DeckId, value: number): void {
    const row = this.rows[this.state.mixer.browseIndex];
    if (value > 0 && row) this.emit({ type: "load_request", deck, id: row.id });
  }

  load(deck: DeckId, wish: DeckWish, startShare?: number): Promise<void> {
    return this.slots[deck].load(wish, startShare);
  }

  unload(deck: DeckId): void {
    this.slots[deck].unload();
  }

  arm(deck: DeckId, fromSec: number, atSec: number): void {
    this.post({ type: "arm", deck: indexOf(deck), fromSec, atSec });
  }

  setRate(deck: DeckId, rate: number): void {
    this.post({ type: "rate", deck: indexOf(deck), rate: setRate(this.state.decks[deck], rate) });
  }

  // -- the sound ------------------------------------------------------------------------------------------

  start(): Promise<void> {
    if (this.state.audio === "elsewhere") return Promise.resolve();
    return this.open(false);
  }

  claim(): Promise<void> {
    return this.open(true);
  }

  private open(steal: boolean): Promise<void> {
    if (this.sound) return this.resume(steal);
    this.opening ??= this.begin(steal).finally(() => (this.opening = null));
    return this.opening;
  }

  private async begin(steal: boolean): Promise<void> {
    const { state } = this;
    if (typeof AudioContext === "undefined" || !("audioWorklet" in AudioContext.prototype) || !window.isSecureContext) {
      state.audio = "broken";
      state.notice = "The browser gives no sound to this address; open Segue as http://localhost or over https.";
      return;
    }
    const context = new AudioContext({ latencyHint: LATENCY_SEC }); // at once: the gesture counts for now only
    try {
      if (!(await this.own(steal))) return void (await context.close());
      const sound = await Sound.open(context, (message) => this.hear(message), () => this.broken());
      for (const message of allMessages(state)) sound.post(message);
      for (const message of this.waiting.splice(0)) sound.post(message);
      for (const audio of this.previews) sound.preview(audio);
      this.sound = sound;
      context.addEventListener("statechange", () => this.stateChanged());
      context.addEventListener("error", () => this.cardLost());
      await context.resume();
      this.stateChanged();
      await this.listDevices();
    } catch (error) {
      await context.close().catch(() => undefined);
      state.audio = "broken";
      state.notice = `The sound could not be started (${error instanceof Error ? error.message : String(error)}); reload the page.`;
    }
  }

  /** The sound card is gone or busy; the browser goes on by itself where it finds another. */
  private cardLost(): void {
    this.state.audio = "suspended";
    this.state.notice = "The sound card doesn't answer; plug it in or choose another one, then press Start audio.";
  }

  private broken(): void {
    this.state.audio = "broken";
    this.state.notice = "The sound has broken down; reload the page, the decks load what they held.";
  }

  private async resume(steal: boolean): Promise<void> {
    if (!(await this.own(steal))) return;
    await this.sound?.context.resume();
    this.clock.reset();
    this.stateChanged();
  }

  private async own(steal: boolean): Promise<boolean> {
    const mine = await this.ownership.take(steal, () => this.lost());
    if (mine) return true;
    this.elsewhere();
    return false;
  }

  private lost(): void {
    void this.sound?.context.suspend();
    this.elsewhere();
  }

  private elsewhere(): void {
    this.state.audio = "elsewhere";
    this.state.notice = "Another tab plays; take the sound over here, or go on there.";
  }

  private stateChanged(): void {
    const { sound, state } = this;
    if (!sound || (state.audio === "elsewhere" && !this.ownership.held)) return;
    const running = sound.context.state === "running";
    if (!running) state.notice = "The browser has paused the sound; press Start audio to go on.";
    else if (state.audio !== "running") state.notice = ""; // what was asked for has been done
    state.audio = running ? "running" : "suspended";
    this.clock.reset();
  }

  private async wake(): Promise<void> {
    const { sound, state } = this;
    if (document.visibilityState !== "visible" || !sound || state.audio === "elsewhere") return;
    if (sound.context.state !== "running") await sound.context.resume().catch(() => undefined);
    this.stateChanged();
  }

  private post(message: ToProcessor): void {
    if (this.sound) this.sound.post(message);
    else keepForLater(this.waiting, message, this.opening !== null);
  }

  private hear(message: FromProcessor): void {
    if (message.type === "state") {
      this.latest = message.values;
      for (const id of DECKS) this.follow(id, message.values);
    } else if (message.type === "cue") {
      this.slots[message.deck === 0 ? "a" : "b"].cueChanged(message.slot, message.cue, message.change);
    } else if (message.format === "int16") {
      this.recorder?.file.add(message.data as Int16Array);
      if (message.last && this.recorder) {
        this.recorder.file.save(this.recorder.started);
        this.recorder = null;
      }
    } else this.tapping?.add(message);
  }

  private follow(id: DeckId, values: Float64Array): void {
    const at = S.decks + indexOf(id) * DECK_FIELDS;
    const slot = this.slots[id];
    if (values[at + D.loads] !== slot.loads) return;
    slot.positionSec = values[at + D.position]!;
    this.read(id, values, 0);
    this.watch[id].look(performance.now() / 1000);
  }

  // -- headphones, preview, recording -----------------------------------------------------------------------

  attachPreview(audio: HTMLMediaElement): void {
    this.previews.add(audio);
    this.sound?.preview(audio);
  }

  async setPhones(deviceId: string): Promise<void> {
    const { outputs } = this.state;
    const { sound } = this;
    if (!sound) return;
    try {
      if (deviceId === FIND_OUTPUTS) {
        await sound.findOutputs();
        return await this.listDevices();
      }
      await sound.setPhones(deviceId);
      outputs.phones = deviceId === "" ? "none" : deviceId === CHANNELS_34 ? "channels34" : "device";
      outputs.phonesDevice = deviceId;
    } catch (error) {
      await sound.setPhones("");
      outputs.phones = "none";
      outputs.phonesDevice = "";
      const refused = error instanceof DOMException || !(error instanceof Error);
      this.state.notice = refused ? "The browser doesn't allow that output; choose another one for the headphones." : error.message;
    }
    this.post(mainMessage(this.state));
  }

  private async listDevices(): Promise<void> {
    if (this.sound) this.state.outputs.devices = await this.sound.outputs();
  }

  private async devicesChanged(): Promise<void> {
    await this.wake();
    await this.listDevices();
    const { outputs } = this.state;
    if (outputs.phones === "none" || outputs.devices.some((device) => device.id === outputs.phonesDevice)) return;
    await this.setPhones("");
    this.state.notice = "The headphones' output is gone; choose another one.";
  }

  private record(pressed: boolean): void {
    if (!pressed || !this.sound) return;
    if (!this.recorder) this.recorder = { file: new Recorder(this.sound.context.sampleRate), started: new Date() };
    else return this.post({ type: "capture", on: false, format: "int16" });
    this.post({ type: "capture", on: true, format: "int16" });
  }

  async tap(): Promise<{ sampleRate: number; stop(): Promise<{ channels: Float32Array[]; startedAt: number }> }> {
    const { sound } = this;
    if (!sound) throw new Error("The sound hasn't been started.");
    const tap = (this.tapping = new Tap());
    this.post({ type: "capture", on: true, format: "float" });
    const { sampleRate } = sound.context;
    const stop = async (): Promise<{ channels: Float32Array[]; startedAt: number }> => {
      this.post({ type: "capture", on: false, format: "float" });
      const result = await tap.result(sampleRate);
      this.tapping = null;
      return result;
    };
    return { sampleRate, stop };
  }

  /** Whether a set is under way. */
  get busy(): boolean {
    return DECKS.some((id) => this.state.decks[id].playing);
  }

  /** Ends it for good, without a word to anybody: another version of the scripts takes over. */
  async close(): Promise<void> {
    for (const id of DECKS) this.slots[id].stop();
    await this.sound?.close();
    this.sound = null;
  }
}
