// Maps that the DJ made or imported, by device name, in the browser.

import { fromText, toText } from "./file";
import type { DeviceMap } from "./map";

const KEY = "segue-controller:";

export class MapStore {
  constructor(private readonly storage: Storage | null = storageOrNull()) {}

  /** null where there is none, or none that can be read any more. */
  load(device: string): DeviceMap | null {
    try {
      const text = this.storage?.getItem(KEY + device) ?? null;
      return text === null ? null : fromText(text);
    } catch {
      return null;
    }
  }

  /** Whether it could be kept. */
  save(device: string, map: DeviceMap): boolean {
    try {
      this.storage?.setItem(KEY + device, toText(map));
      return this.storage !== null;
    } catch {
      return false;
    }
  }

  remove(device: string): void {
    try {
      this.storage?.removeItem(KEY + device);
    } catch {
      // what can't be removed couldn't be kept either
    }
  }
}

function storageOrNull(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
