// State in, messages to the hardware out: everything once, afterwards only what has changed.

import type { DeckId, State } from "../contract";
import type { DeviceMap, Lamp } from "./map";
import { lit } from "./states";

const ON = 0x7f;
const OFF = 0x00;
/** The meters' range; the hardware has a few lamps for it, a dB a step is fine enough. */
const METER_FLOOR_DB = -36;

/** 0–127 for a deck's meter. */
export function meterByte(db: number): number {
  const shown = Math.round(Math.min(0, Math.max(METER_FLOOR_DB, db)));
  return Math.round((1 - shown / METER_FLOOR_DB) * ON);
}

export class Lamps {
  private readonly shown = new Map<Lamp, string>();

  constructor(
    private readonly map: Pick<DeviceMap, "lamps">,
    private readonly send: (bytes: number[]) => void,
  ) {}

  /** Forgets what was sent: the next `refresh` sends all. */
  forget(): void {
    this.shown.clear();
  }

  refresh(state: State, nowMs: number): void {
    for (const lamp of this.map.lamps) {
      const value = byte(state, lamp, nowMs);
      // another track is another message although its lamp is on already
      const sign = lamp.shows === "loaded" ? `${value} ${trackOf(state, lamp.deck)}` : String(value);
      if (this.shown.get(lamp) === sign) continue;
      this.shown.set(lamp, sign);
      this.send([lamp.status, lamp.number, value]);
    }
  }

  /** Leaves the hardware dark. */
  dark(): void {
    for (const lamp of this.map.lamps) this.send([lamp.status, lamp.number, OFF]);
    this.forget();
  }
}

const trackOf = (state: State, deck?: DeckId): string =>
  (deck === undefined ? null : state.decks[deck].track)?.id ?? "";

function byte(state: State, lamp: Lamp, nowMs: number): number {
  const { shows, ...of } = lamp;
  if (shows === "level") return of.deck === undefined ? OFF : meterByte(state.decks[of.deck].meterDb);
  if (shows === "loaded") return trackOf(state, of.deck) === "" ? OFF : ON;
  return lit(state, { ...of, control: shows }, nowMs) ? ON : OFF;
}
