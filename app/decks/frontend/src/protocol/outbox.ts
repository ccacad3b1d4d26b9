// What happened on the decks, on its way to Python, without losing any of it.
//
// Streamlit's triggers keep only the last of several values, so nothing travels by them. Here every
// event becomes a numbered report, the whole unanswered box is sent as state, and only Python's `ack`
// empties it. The box is also kept in localStorage: what a page could not deliver before it was
// closed is sent by the next one under the name it had, and Python knows it by client and number.

import type { DeckId, Engine, EngineEvent, Report } from "../contract";

type Hello = { type: "hello"; decks: Record<DeckId, string | null> };

/** Changes are gathered this long before they are sent. */
export const GATHER_MS = 100;
/** Unanswered, the box is sent again after this long, then after twice as long each time. A run of
 * the script that takes its time must not be started over again and again. */
export const RETRY_MS = 5_000;
export const RETRY_MOST_MS = 60_000;
/** Reports kept at most; beyond it the ones that later ones have made void are left out. */
export const BOX_LIMIT = 1_000;

const BOX_KEY = "segue-decks-box:";
const COUNT_KEY = "segue-decks-count";

/** What still means something once its page is gone: facts about tracks, not about the decks. */
const LASTING: ReadonlySet<Report["type"]> = new Set(["hot_cue", "grid", "played"]);

export type Send = (box: Report[]) => void;

export interface OutboxOptions {
  /** Where the box outlives the page; null: nowhere. */
  storage?: Storage | null;
  /** The name of this page load. */
  client?: string;
}

function localStorageOrNull(): Storage | null {
  try {
    return globalThis.localStorage ?? null; // reading it alone may throw where cookies are blocked
  } catch {
    return null;
  }
}

function isReport(value: unknown): value is Report {
  if (typeof value !== "object" || value === null) return false;
  const report = value as Partial<Report>;
  return Number.isInteger(report.seq) && typeof report.client === "string" && typeof report.type === "string";
}

/** What makes an earlier report of the same name void. */
function voidedBy(report: Report): string | null {
  switch (report.type) {
    case "hello":
      return "hello";
    case "tempo":
    case "playing":
    case "load_request":
      return `${report.type} ${report.deck}`;
    case "loaded":
    case "unloaded":
      return `load ${report.deck}`;
    case "hot_cue":
      return `hot_cue ${report.id} ${report.slot}`;
    case "problem":
      return `problem ${report.sentence}`;
    case "automix":
      return "automix";
    case "grid": // steps add up, each counts
    case "played":
      return null;
  }
}

export class Outbox {
  readonly client: string;
  private readonly storage: Storage | null;
  private readonly engine: Pick<Engine, "on" | "state">;
  /** Sent by pages that are gone, before this page's own. */
  private inherited: Report[] = [];
  private inheritedKeys: string[] = [];
  private own: Report[] = [];
  private seq: number;
  private readonly firstSeq: number;
  private acked = 0;
  private greeted = false;
  private send: Send | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private dueAt = 0;
  private retryMs = RETRY_MS;
  private readonly stopListening: () => void;

  constructor(engine: Pick<Engine, "on" | "state">, options: OutboxOptions = {}) {
    this.engine = engine;
    this.storage = options.storage === undefined ? localStorageOrNull() : options.storage;
    this.client = options.client ?? crypto.randomUUID();
    this.inherit();
    // numbers go on growing from page to page, so that no page's ack can be taken for another's
    const counted = Number(this.read(COUNT_KEY)) || 0;
    this.seq = this.inherited.reduce((most, report) => Math.max(most, report.seq), counted);
    this.firstSeq = this.seq + 1;
    this.stopListening = engine.on((event) => this.add(event));
  }

  /** Everything not yet answered, oldest first. */
  get box(): readonly Report[] {
    return [...this.inherited, ...this.own];
  }

  /** Sends from now on by `send`; returns how to stop. Reports gather while nothing is connected. */
  connect(send: Send): () => void {
    const again = this.send !== null; // mounted anew with other data: what was sent is on its way
    this.send = send;
    if (!again) {
      this.retryMs = RETRY_MS;
      this.schedule(GATHER_MS);
    }
    if (!this.greeted) this.greet();
    return () => {
      if (this.send !== send) return; // another mount has taken over already
      this.send = null;
      this.stopTimer();
    };
  }

  /** Python has dealt with everything up to `seq`; 0 says that it is a new session. */
  ack(seq: number): void {
    if (!Number.isInteger(seq) || seq > this.seq) return;
    if (seq === 0 && this.acked > 0) {
      // what was answered stays answered: Python has written it down before it said so
      this.acked = 0;
      this.greet();
      return;
    }
    if (seq <= this.acked) return; // late, or twice
    this.acked = seq;
    this.retryMs = RETRY_MS;
    this.own = this.own.filter((report) => report.seq > seq);
    // every box of this page began with the inherited reports
    if (seq >= this.firstSeq) this.dropInherited();
    this.save();
    if (this.own.length + this.inherited.length === 0) this.stopTimer();
  }

  /** Stops listening and sending; what is unanswered stays in storage. */
  close(): void {
    this.stopListening();
    this.stopTimer();
    this.send = null;
  }

  private greet(): void {
    const { a, b } = this.engine.state.decks;
    this.greeted = true;
    this.add({ type: "hello", decks: { a: a.track?.id ?? null, b: b.track?.id ?? null } });
  }

  private add(event: EngineEvent | Hello): void {
    this.seq += 1;
    this.own.push({ ...event, seq: this.seq, client: this.client } as Report);
    if (this.own.length > BOX_LIMIT) this.own = thinned(this.own);
    this.save();
    this.schedule(GATHER_MS);
  }

  private schedule(delayMs: number): void {
    if (this.send === null || this.own.length + this.inherited.length === 0) return;
    const dueAt = Date.now() + delayMs;
    if (this.timer !== null && this.dueAt <= dueAt) return; // comes soon enough
    this.stopTimer();
    this.dueAt = dueAt;
    this.timer = setTimeout(() => this.deliver(), delayMs);
  }

  private deliver(): void {
    this.timer = null;
    if (this.send === null) return;
    const box = [...this.box];
    if (box.length === 0) return;
    try {
      this.send(box);
    } finally {
      this.schedule(this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, RETRY_MOST_MS);
    }
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  // -- storage: full or forbidden, the page goes on without ------------------------------------------

  private inherit(): void {
    const storage = this.storage;
    if (storage === null) return;
    const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter(
      (key): key is string => key !== null && key.startsWith(BOX_KEY),
    );
    for (const key of keys) {
      let kept: unknown = null;
      try {
        kept = JSON.parse(this.read(key) ?? "");
      } catch {
        // not ours to read; dropped with the rest once this page is answered
      }
      this.inheritedKeys.push(key);
      if (Array.isArray(kept)) this.inherited.push(...kept.filter(isReport).filter((r) => LASTING.has(r.type)));
    }
  }

  private dropInherited(): void {
    for (const key of this.inheritedKeys) this.attempt((storage) => storage.removeItem(key));
    this.inherited = [];
    this.inheritedKeys = [];
  }

  private save(): void {
    this.attempt((storage) => {
      storage.setItem(COUNT_KEY, String(this.seq));
      if (this.own.length === 0) storage.removeItem(BOX_KEY + this.client);
      else storage.setItem(BOX_KEY + this.client, JSON.stringify(this.own));
    });
  }

  private read(key: string): string | null {
    try {
      return this.storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  private attempt(write: (storage: Storage) => void): void {
    try {
      if (this.storage !== null) write(this.storage);
    } catch {
      // a full or forbidden storage only costs what a reload would have kept
    }
  }
}

/** A tenth fewer reports: first those that a later one makes void, then the oldest passing ones. */
function thinned(box: Report[]): Report[] {
  const most = Math.floor(BOX_LIMIT * 0.9);
  let surplus = box.length - most;
  const later = new Set<string>();
  const keep: Report[] = [];
  for (const report of [...box].reverse()) {
    const name = voidedBy(report);
    const isVoid = name !== null && later.has(name);
    if (name !== null) later.add(name);
    if (!isVoid) keep.push(report);
  }
  keep.reverse();
  surplus -= box.length - keep.length;
  if (surplus <= 0) return keep;
  return keep.filter((report) => LASTING.has(report.type) || surplus-- <= 0).slice(-most);
}
