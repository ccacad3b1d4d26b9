import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Engine, EngineEvent, Report } from "../../src/contract";
import { BOX_LIMIT, GATHER_MS, Outbox, RETRY_MS } from "../../src/protocol/outbox";

class Memory implements Storage {
  private readonly kept = new Map<string, string>();
  get length(): number {
    return this.kept.size;
  }
  key = (index: number): string | null => [...this.kept.keys()][index] ?? null;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
  clear = (): void => this.kept.clear();
}

function fakeEngine(): Pick<Engine, "on" | "state"> & { say(event: EngineEvent): void } {
  const listeners = new Set<(event: EngineEvent) => void>();
  const state = { decks: { a: { track: { id: "one" } }, b: { track: null } } } as unknown as Engine["state"];
  return {
    state,
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say: (event) => listeners.forEach((listener) => listener(event)),
  };
}

/** What app/decks does with a box: in order, each number once a session, facts once for ever. */
class Python {
  readonly handled: Report[] = [];
  private readonly known = new Set<string>();
  ack = 0;
  private client = "";

  receive(box: Report[]): void {
    const newest = box.at(-1)!.client;
    if (newest !== this.client) this.ack = 0;
    this.client = newest;
    for (const report of box) {
      const name = `${report.client} ${report.seq}`;
      if (!this.known.has(name)) this.handled.push(report);
      this.known.add(name);
      if (report.client === newest) this.ack = Math.max(this.ack, report.seq);
    }
  }
  newSession(): void {
    this.ack = 0;
    this.client = "";
  }
  cues(): number[] {
    return this.handled.filter((r) => r.type === "hot_cue").map((r) => r.cue?.sec ?? -1);
  }
}

const cue = (sec: number): EngineEvent => ({ type: "hot_cue", id: `t${sec}`, slot: 0, cue: { sec, loop_end_sec: null } });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("outbox", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("brings 600 events 600 times and in order, whatever is lost, doubled or late", () => {
    const engine = fakeEngine();
    const outbox = new Outbox(engine, { storage: null });
    const python = new Python();
    let random = 7;
    const chance = (): number => (random = (random * 48271) % 2147483647) / 2147483647;
    const onTheWay: number[] = [];
    let sent = 0;
    outbox.connect((box) => {
      sent += 1;
      if (chance() < 0.3) return; // the box is lost
      python.receive(box);
      if (chance() < 0.3) python.receive(box); // comes twice
      onTheWay.push(python.ack);
    });
    for (const n of upTo(600)) {
      engine.say(cue(n));
      vi.advanceTimersByTime(Math.floor(chance() * 40));
      if (chance() < 0.1 && onTheWay.length > 0) {
        // acks are lost, doubled, or overtaken by later ones
        const pick = onTheWay[Math.floor(chance() * onTheWay.length)]!;
        outbox.ack(pick);
        outbox.ack(pick);
      }
    }
    vi.advanceTimersByTime(10 * RETRY_MS);
    outbox.ack(python.ack);
    expect(python.cues()).toEqual(upTo(600));
    expect(outbox.box).toEqual([]);
    expect(sent).toBeLessThan(400); // gathered, not one by one
    expect(new Set(python.handled.map((r) => r.seq)).size).toBe(python.handled.length);
  });

  it("says first what lies on the decks", () => {
    const outbox = new Outbox(fakeEngine(), { storage: null, client: "me" });
    const boxes: Report[][] = [];
    outbox.connect((box) => boxes.push(box));
    vi.advanceTimersByTime(GATHER_MS);
    expect(boxes).toEqual([[{ type: "hello", decks: { a: "one", b: null }, seq: 1, client: "me" }]]);
  });

  it("greets a new session, neither losing nor repeating anything", () => {
    const engine = fakeEngine();
    const outbox = new Outbox(engine, { storage: null });
    const python = new Python();
    outbox.connect((box) => python.receive(box));
    engine.say(cue(0));
    vi.advanceTimersByTime(GATHER_MS);
    outbox.ack(python.ack);
    engine.say(cue(1)); // on its way when the server dies
    python.newSession();
    outbox.ack(0);
    outbox.ack(0);
    engine.say(cue(2));
    expect(outbox.box.map((r) => r.type)).toEqual(["hot_cue", "hello", "hot_cue"]);
    vi.advanceTimersByTime(GATHER_MS);
    outbox.ack(python.ack);
    expect(outbox.box).toEqual([]);
    expect(python.cues()).toEqual([0, 1, 2]);
    expect(python.handled.filter((r) => r.type === "hello")).toHaveLength(2);
  });

  it("gathers while unmounted and sends when mounted again", () => {
    const engine = fakeEngine();
    const outbox = new Outbox(engine, { storage: null });
    const first: Report[][] = [];
    const unmount = outbox.connect((box) => first.push(box));
    vi.advanceTimersByTime(GATHER_MS);
    outbox.ack(1);
    unmount();
    engine.say(cue(5));
    vi.advanceTimersByTime(10 * RETRY_MS);
    expect(first).toHaveLength(1);
    const second: Report[][] = [];
    outbox.connect((box) => second.push(box));
    unmount(); // the old mount's clean-up may come after the new mount
    vi.advanceTimersByTime(GATHER_MS);
    expect(second.map((box) => box.map((r) => r.type))).toEqual([["hot_cue"]]);
  });

  it("sends nothing twice for being mounted again with other data", () => {
    const outbox = new Outbox(fakeEngine(), { storage: null });
    const boxes: Report[][] = [];
    outbox.connect((box) => boxes.push(box));
    vi.advanceTimersByTime(GATHER_MS);
    outbox.connect((box) => boxes.push(box));
    vi.advanceTimersByTime(10 * GATHER_MS);
    expect(boxes).toHaveLength(1);
    vi.advanceTimersByTime(RETRY_MS);
    expect(boxes).toHaveLength(2);
  });

  it("sends again when nothing answers, ever more slowly, and stops when answered", () => {
    const outbox = new Outbox(fakeEngine(), { storage: null });
    const at: number[] = [];
    const start = Date.now();
    outbox.connect(() => at.push(Date.now() - start));
    vi.advanceTimersByTime(8 * RETRY_MS);
    expect(at).toEqual([GATHER_MS, GATHER_MS + RETRY_MS, GATHER_MS + 3 * RETRY_MS, GATHER_MS + 7 * RETRY_MS]);
    outbox.ack(1);
    vi.advanceTimersByTime(100 * RETRY_MS);
    expect(at).toHaveLength(4);
  });

  it("hands what a closed page could not deliver to the next, under its own name", () => {
    const storage = new Memory();
    const engine = fakeEngine();
    const gone = new Outbox(engine, { storage, client: "gone" });
    engine.say(cue(1));
    engine.say({ type: "load_request", deck: "a", id: "x" }); // means nothing to the next page
    engine.say(cue(2));
    gone.close();

    const python = new Python();
    const next = new Outbox(fakeEngine(), { storage, client: "next" });
    next.connect((box) => python.receive(box));
    vi.advanceTimersByTime(GATHER_MS);
    expect(python.handled.map((r) => [r.client, r.type])).toEqual([
      ["gone", "hot_cue"],
      ["gone", "hot_cue"],
      ["next", "hello"],
    ]);
    next.ack(3); // an ack of the page that is gone
    expect(next.box).toHaveLength(3);
    next.ack(python.ack);
    expect(next.box).toEqual([]);

    const third = new Outbox(fakeEngine(), { storage, client: "third" });
    expect(third.box).toEqual([]);
    third.connect(() => undefined);
    expect(third.box[0]!.seq).toBe(python.ack + 1);
  });

  it("goes on without storage when that is full or spoilt", () => {
    const storage = new Memory();
    storage.setItem("segue-decks-box:old", "{not json");
    storage.setItem("segue-decks-box:older", '[{"type":"hot_cue"},5,null]');
    storage.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
    const engine = fakeEngine();
    const outbox = new Outbox(engine, { storage });
    engine.say(cue(1));
    expect(outbox.box.map((r) => r.type)).toEqual(["hot_cue"]);
  });

  it("stays bounded, leaving out what later reports have made void", () => {
    const engine = fakeEngine();
    const outbox = new Outbox(engine, { storage: null });
    for (const n of upTo(300)) engine.say(cue(n));
    for (const n of upTo(5 * BOX_LIMIT)) {
      engine.say({ type: "tempo", deck: n % 2 ? "a" : "b", id: "t", bpm: n, keyShift: 0, camelot: null });
    }
    expect(outbox.box.length).toBeLessThanOrEqual(BOX_LIMIT);
    expect(outbox.box.filter((r) => r.type === "hot_cue")).toHaveLength(300);
    expect(outbox.box.at(-1)).toMatchObject({ type: "tempo", bpm: 5 * BOX_LIMIT - 1 });
    for (const n of upTo(2 * BOX_LIMIT)) engine.say(cue(1000 + n));
    expect(outbox.box.length).toBeLessThanOrEqual(BOX_LIMIT);
  });
});
