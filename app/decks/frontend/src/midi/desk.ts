// Controllers on the engine: messages become actions, state becomes lamps.

import { PAD_MODES, type Action, type Engine } from "../contract";
import { Connection, type Device } from "./connection";
import { Decoder, type Decoded } from "./decode";
import { FLX4 } from "./flx4";
import { Lamps } from "./lamps";
import { Learner, withRow, withoutRow, type Guess, type Target } from "./learn";
import { mapFor, PREVIOUS, type DeviceMap, type Row } from "./map";
import { choice, lit, standing } from "./states";
import { MapStore } from "./store";
import { TakeOver, type Waiting } from "./takeover";
import { bytesInHex, words } from "./words";

/** How often lamps follow the state. */
const LAMPS_MS = 40;
const MONITOR_LINES = 200;

/** Maps that come with Segue. */
export const BUILT_IN: readonly DeviceMap[] = [FLX4];

export interface MonitorLine {
  device: string;
  hex: string;
  words: string;
}

interface Unit {
  device: Device;
  map: DeviceMap;
  decoder: Decoder;
  lamps: Lamps;
  takeOver: TakeOver;
  query: ReturnType<typeof setInterval> | null;
}

export interface Learnt {
  target: Target;
  device: string;
  /** null while the hardware is still being moved. */
  guess: Guess | null;
}

export class MidiDesk {
  readonly connection: Connection;
  readonly monitor: MonitorLine[] = [];
  /** Grows with every message, so that a monitor knows when to draw. */
  heard = 0;
  learnt: Learnt | null = null;
  private learner: { learner: Learner; deviceId: string } | null = null;
  private readonly units = new Map<string, Unit>();
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly engine: Engine,
    browser?: ConstructorParameters<typeof Connection>[1],
    private readonly store = new MapStore(),
  ) {
    this.connection = new Connection(
      {
        changed: () => this.changed(),
        plugged: (device) => this.plug(device),
        unplugged: (device) => this.unplug(device),
        message: (device, bytes) => this.hear(device, bytes),
      },
      browser,
    );
  }

  /** Called when devices, maps or what is learnt are others; returns how to stop. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Faders and knobs whose hardware stands elsewhere than on screen: "pick up". */
  waiting(): Waiting[] {
    return [...this.units.values()].flatMap((unit) => unit.takeOver.waiting());
  }

  get learning(): boolean {
    return this.learner !== null;
  }

  mapOf(deviceId: string): DeviceMap | null {
    return this.units.get(deviceId)?.map ?? null;
  }

  // -- messages ----------------------------------------------------------------------------------------

  private hear(device: Device, bytes: Uint8Array): void {
    const unit = this.units.get(device.id);
    if (unit === undefined) return;
    const decoded = unit.decoder.feed(bytes);
    this.heard += 1;
    this.monitor.push({ device: device.name, hex: bytesInHex(bytes), words: words(bytes, decoded) });
    if (this.monitor.length > MONITOR_LINES) this.monitor.shift();
    if (this.learner?.deviceId === device.id) {
      this.learner.learner.hear(bytes, performance.now()); // what is being learnt moves nothing
    } else if (decoded !== null) this.act(unit, decoded);
  }

  private act(unit: Unit, { row, action }: Decoded): void {
    if (action === null) return;
    const { state } = this.engine;
    const { control, deck } = action;
    if (row.kind === "switch") return this.follow(action);
    if (row.kind === "7-bit" || row.kind === "14-bit") {
      const at = standing(state, control, deck);
      if (!unit.takeOver.move(control, deck, action.value, at, performance.now())) return;
    }
    if (row.mode !== undefined && deck !== undefined && action.value > 0 && state.decks[deck].padMode !== row.mode) {
      // the hardware's pads are in a mode of their own: the screen's follow
      this.engine.dispatch({ control: "pad_mode", deck, value: PAD_MODES.indexOf(row.mode), from: "midi" });
    }
    const now = action.value === PREVIOUS ? choice(state, control, deck) : null;
    if (now !== null) {
      return this.engine.dispatch({ ...action, value: (now.at + now.of - 1) % now.of });
    }
    this.engine.dispatch(action);
  }

  /** A switch says where it stands; the control is pressed only where it stands otherwise. */
  private follow(action: Action): void {
    if (lit(this.engine.state, action) === action.value > 0) return;
    this.engine.dispatch({ ...action, value: 1 });
    this.engine.dispatch({ ...action, value: 0 });
  }

  // -- devices -----------------------------------------------------------------------------------------

  private plug(device: Device): void {
    const map = this.store.load(device.name) ?? mapFor(device.name, BUILT_IN) ?? blank(device.name);
    this.fit(device, map);
    this.timer ??= setInterval(() => this.refresh(), LAMPS_MS);
  }

  private fit(device: Device, map: DeviceMap): void {
    const before = this.units.get(device.id);
    if (before?.query != null) clearInterval(before.query);
    before?.lamps.dark();
    const { query } = map;
    this.units.set(device.id, {
      device,
      map,
      decoder: new Decoder(map),
      lamps: new Lamps(map, (bytes) => device.send(bytes)),
      takeOver: new TakeOver(),
      query: query !== undefined && this.connection.sysex ? setInterval(() => device.send(query.bytes), query.everyMs) : null,
    });
    this.refresh();
  }

  private unplug(device: Device): void {
    const unit = this.units.get(device.id);
    if (unit?.query != null) clearInterval(unit.query);
    this.units.delete(device.id);
    if (this.learner?.deviceId === device.id) this.stopLearning();
    if (this.units.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  /** Lamps and what is being learnt catch up with now. */
  refresh(nowMs: number = performance.now()): void {
    if (globalThis.document?.hidden === true) this.engine.tick(); // no face draws, so nobody else does
    for (const unit of this.units.values()) unit.lamps.refresh(this.engine.state, nowMs);
    const guess = this.learner?.learner.result(nowMs) ?? null;
    if (guess !== null) this.learned(guess);
  }

  // -- learning and maps -------------------------------------------------------------------------------

  learn(deviceId: string, target: Target): void {
    const unit = this.units.get(deviceId);
    if (unit === undefined) return;
    this.learner = { learner: new Learner(target), deviceId };
    this.learnt = { target, device: unit.device.name, guess: null };
    this.changed();
  }

  stopLearning(): void {
    this.learner = null;
    this.learnt = null;
    this.changed();
  }

  private learned(guess: Guess): void {
    const unit = this.units.get(this.learner?.deviceId ?? "");
    this.learner = null;
    if (this.learnt !== null) this.learnt = { ...this.learnt, guess };
    if (unit !== undefined && "row" in guess) this.use(unit.device, withRow(unit.map, guess.row, guess.lamp));
    else this.changed();
  }

  forget(deviceId: string, row: Row): void {
    const unit = this.units.get(deviceId);
    if (unit !== undefined) this.use(unit.device, withoutRow(unit.map, row));
  }

  /** Puts a map on a device and keeps it for the next time. */
  use(device: Device, map: DeviceMap): void {
    this.store.save(device.name, map);
    this.fit(device, map);
    this.changed();
  }

  /** Back to the map that Segue brings, or none. */
  reset(device: Device): void {
    this.store.remove(device.name);
    this.fit(device, mapFor(device.name, BUILT_IN) ?? blank(device.name));
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

const blank = (name: string): DeviceMap => ({ name, devices: [name], rows: [], lamps: [] });
