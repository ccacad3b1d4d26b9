// Both decks and the mixer on one clock: what the audio thread runs, without the thread.

import type { ControlName } from "../../contract";
import { D, DECK_FIELDS, FLAGS, S, STATE_SIZE, type DeckIndex, type FromProcessor, type GridFacts, type ToProcessor } from "../messages";
import { BLOCK, Deck } from "./deck";
import { Effects } from "./effects";
import { Grid } from "./grid";
import type { Stretcher } from "./keylock";
import { Limiter } from "./limiter";
import { Pads } from "./pads";
import { PcmStore } from "./pcm";
import { makeSamples, Sampler } from "./samples";
import { Strip } from "./strip";
import { Sync } from "./sync";

const SMOOTH_SEC = 0.004;
/** An armed start that was missed by less is made up for. */
const ARM_LATE_SEC = 2;
const NO_BEAT_SEC = 0.5;

interface Channel {
  strip: Strip;
  sampler: Sampler;
  /** Fader times crossfader: wanted, and now. */
  out: number;
  nowOut: number;
  cue: number;
  nowCue: number;
  fx: boolean;
  left: Float32Array;
  right: Float32Array;
}

interface Armed {
  deck: DeckIndex;
  fromSec: number;
  atSec: number;
  fresh: boolean;
}

const pair = (): [Float32Array, Float32Array] => [new Float32Array(BLOCK), new Float32Array(BLOCK)];

export class Desk {
  readonly decks: readonly [Deck, Deck];
  readonly pads: readonly [Pads, Pads];
  readonly sync: Sync;
  readonly channels: readonly [Channel, Channel];
  readonly state = new Float64Array(STATE_SIZE);
  private readonly rate: number;
  private readonly smooth: number;
  private readonly effects: Effects;
  private readonly limiter: Limiter;
  private readonly phonesLimiter: Limiter;
  private readonly send = pair();
  private readonly cueBus = pair();
  private readonly loads: [number, number] = [0, 0];
  private armed: Armed | null = null;
  private mainGain = 1;
  private nowMain = 1;
  private phonesMix = 0;
  private phonesLevel = 0.5;
  private previewToPhones = false;
  private meterL = -60;
  private meterR = -60;

  constructor(sampleRate: number, stretcher: () => Stretcher, post: (message: FromProcessor) => void) {
    this.rate = sampleRate;
    this.smooth = 1 - Math.exp(-1 / (SMOOTH_SEC * sampleRate));
    this.decks = [new Deck(sampleRate, stretcher()), new Deck(sampleRate, stretcher())];
    this.pads = [new Pads(this.decks[0]), new Pads(this.decks[1])];
    this.sync = new Sync(this.decks);
    this.effects = new Effects(sampleRate);
    this.limiter = new Limiter(sampleRate);
    this.phonesLimiter = new Limiter(sampleRate);
    const samples = makeSamples(sampleRate);
    const channel = (): Channel => {
      const [left, right] = pair();
      const strip = new Strip(sampleRate);
      return { strip, sampler: new Sampler(samples), out: 1, nowOut: 1, cue: 0, nowCue: 0, fx: false, left, right };
    };
    this.channels = [channel(), channel()];
    this.pads.forEach((pads, i) => {
      pads.onCue = (slot, cue, change) => post({ type: "cue", deck: i as DeckIndex, slot, cue, change });
      pads.onSample = (slot) => this.channels[i]!.sampler.play(slot);
    });
  }

  // -- messages -----------------------------------------------------------------------------------------

  receive(message: ToProcessor): void {
    switch (message.type) {
      case "load": return this.load(message);
      case "unload": this.loads[message.deck]++; return this.decks[message.deck].load(null, null);
      case "facts": return this.facts(message.deck, message.facts);
      case "chunk": return this.decks[message.deck].store?.put(message.index, message.data);
      case "drop": return this.decks[message.deck].store?.drop(message.index);
      case "act": return this.act(message.deck, message.control, message.value, message.index);
      case "mode": this.pads[message.deck].mode = message.mode; return;
      case "rate":
        if (!this.sync.follows(message.deck)) this.decks[message.deck].tempo = message.rate;
        return;
      case "arm":
        this.armed = Number.isFinite(message.atSec)
          ? { deck: message.deck, fromSec: message.fromSec, atSec: message.atSec, fresh: true }
          : null;
        return;
      case "strip": return this.strip(message);
      case "main":
        this.mainGain = message.master;
        this.phonesMix = message.phonesMix;
        this.phonesLevel = message.phonesLevel;
        this.previewToPhones = message.previewToPhones;
        return;
      case "fx":
        this.effects.kind = message.kind;
        this.effects.beats = message.beats;
        this.effects.on = message.on;
        this.effects.level = message.level;
        return;
      case "capture": return; // the processor's own
    }
  }

  private load(message: Extract<ToProcessor, { type: "load" }>): void {
    const deck = this.decks[message.deck];
    deck.load(new PcmStore(message.frames, message.sampleRate, message.scale), null);
    this.pads[message.deck].reset();
    this.facts(message.deck, message.facts);
    deck.cueSec = message.cueSec;
    deck.position = message.startSec;
    this.loads[message.deck]++;
    if (this.armed?.deck === message.deck) this.armed = null;
  }

  private facts(i: DeckIndex, facts: GridFacts): void {
    this.decks[i].grid = Grid.from(facts.beats, facts.downbeats);
    this.pads[i].setCues(facts.hotCues, facts.cuesSeen);
  }

  private act(i: DeckIndex, control: ControlName, value: number, index: number): void {
    if (this.pads[i].act(control, value, index) || value <= 0) return;
    if (control === "sync") this.sync.toggle(i);
    else if (control === "sync_off") this.sync.release(i);
    else if (control === "tempo_master") this.sync.lead(i);
  }

  private strip(message: Extract<ToProcessor, { type: "strip" }>): void {
    const channel = this.channels[message.deck];
    channel.strip.gain = message.gain;
    channel.strip.low = message.low;
    channel.strip.mid = message.mid;
    channel.strip.high = message.high;
    channel.strip.setFilter(message.filter);
    channel.out = message.out;
    channel.cue = message.cue ? 1 : 0;
    channel.fx = message.fx;
  }

  // -- sound --------------------------------------------------------------------------------------------

  /** Makes one block of at most BLOCK frames of the master and the headphones. */
  render(master: Float32Array[], phones: Float32Array[], preview: Float32Array[] | undefined, count: number): void {
    this.sync.update();
    const last: DeckIndex = this.armed ? this.armed.deck : this.sync.leader === 0 ? 1 : 0;
    this.renderDeck(last === 0 ? 1 : 0, count);
    this.fire(count);
    this.renderDeck(last, count);
    this.mix(master[0]!, master[1] ?? master[0]!, phones[0]!, phones[1] ?? phones[0]!, preview, count);
  }

  private renderDeck(i: DeckIndex, count: number): void {
    const { left, right, sampler, strip } = this.channels[i];
    this.decks[i].render(left, right, count);
    sampler.add(left, right, count);
    strip.process(left, right, count);
  }

  /** Starts the armed deck where the other one, just rendered, passes its mark. */
  private fire(count: number): void {
    const { armed } = this;
    if (!armed) return;
    const other = this.decks[armed.deck === 0 ? 1 : 0];
    const deck = this.decks[armed.deck];
    const from = other.heads[0]!;
    const to = other.position;
    const fresh = armed.fresh;
    armed.fresh = false;
    if (!other.playing) return;
    if (from <= armed.atSec && armed.atSec < to && to - from < 1) {
      deck.startLater(armed.fromSec, ((armed.atSec - from) / (to - from)) * count);
    } else if (fresh && from > armed.atSec && from - armed.atSec < ARM_LATE_SEC) {
      deck.startLater(armed.fromSec + ((from - armed.atSec) / other.tempo) * deck.tempo, 0);
    } else return;
    this.armed = null;
  }

  private mix(
    masterL: Float32Array, masterR: Float32Array, phonesL: Float32Array, phonesR: Float32Array,
    preview: Float32Array[] | undefined, count: number,
  ): void {
    const [sendL, sendR] = this.send;
    const [cueL, cueR] = this.cueBus;
    for (const bus of [sendL, sendR, cueL, cueR]) bus.fill(0, 0, count);
    masterL.fill(0, 0, count);
    masterR.fill(0, 0, count);
    for (const channel of this.channels) {
      const toL = channel.fx ? sendL : masterL;
      const toR = channel.fx ? sendR : masterR;
      for (let i = 0; i < count; i++) {
        channel.nowOut += (channel.out - channel.nowOut) * this.smooth;
        channel.nowCue += (channel.cue - channel.nowCue) * this.smooth;
        const l = channel.left[i]!;
        const r = channel.right[i]!;
        toL[i]! += l * channel.nowOut;
        toR[i]! += r * channel.nowOut;
        cueL[i]! += l * channel.nowCue;
        cueR[i]! += r * channel.nowCue;
      }
    }
    const guide = this.decks[this.sync.leader]!;
    const tempo = guide.grid ? guide.grid.density(guide.position) * Math.max(0.1, Math.abs(guide.tempo)) : 0;
    const beatCount = guide.grid ? guide.grid.beatAt(guide.position) : 0;
    this.effects.process(sendL, sendR, count, { sec: tempo > 0 ? 1 / tempo : NO_BEAT_SEC, count: beatCount });
    const heardL = preview?.[0];
    const heardR = preview?.[1] ?? heardL;
    for (let i = 0; i < count; i++) {
      const pl = heardL ? heardL[i]! : 0;
      const pr = heardR ? heardR[i]! : 0;
      this.nowMain += (this.mainGain - this.nowMain) * this.smooth;
      masterL[i] = (masterL[i]! + sendL[i]! + (this.previewToPhones ? 0 : pl)) * this.nowMain;
      masterR[i] = (masterR[i]! + sendR[i]! + (this.previewToPhones ? 0 : pr)) * this.nowMain;
      cueL[i]! += this.previewToPhones ? pl : 0;
      cueR[i]! += this.previewToPhones ? pr : 0;
      // before the limiter, so that both ears hear what was one frame still one frame
      phonesL[i] = (cueL[i]! * (1 - this.phonesMix) + masterL[i]! * this.phonesMix) * this.phonesLevel;
      phonesR[i] = (cueR[i]! * (1 - this.phonesMix) + masterR[i]! * this.phonesMix) * this.phonesLevel;
    }
    this.limiter.process(masterL, masterR, count);
    this.phonesLimiter.process(phonesL, phonesR, count);
    this.meterL = meter(masterL, count, this.meterL, this.rate);
    this.meterR = meter(masterR, count, this.meterR, this.rate);
  }

  // -- what is ------------------------------------------------------------------------------------------

  /** Fills `state`; `frame` is the clock at the end of the block just made. */
  describe(frame: number): Float64Array {
    const { state } = this;
    state[S.frame] = frame;
    state[S.limiterDb] = this.limiter.reductionDb;
    state[S.meterLeft] = this.meterL;
    state[S.meterRight] = this.meterR;
    for (const i of [0, 1] as const) this.describeDeck(i, S.decks + i * DECK_FIELDS);
    return state;
  }

  private describeDeck(i: DeckIndex, at: number): void {
    const { state } = this;
    const deck = this.decks[i];
    const bit = (on: boolean, flag: number): number => (on ? flag : 0);
    state[at + D.position] = deck.position;
    state[at + D.speed] = deck.waiting ? 0 : deck.platter.speed;
    state[at + D.tempo] = deck.tempo;
    state[at + D.flags] =
      bit(deck.playing, FLAGS.playing) | bit(deck.cueing, FLAGS.cueing) |
      bit(this.sync.synced[i], FLAGS.synced) | bit(this.sync.leader === i && deck.store !== null, FLAGS.leader) |
      bit(deck.looping, FLAGS.looping) | bit(deck.slip, FLAGS.slip) | bit(deck.quantise, FLAGS.quantise) |
      bit(deck.touched, FLAGS.touched) | bit(deck.reverse, FLAGS.reverse) | bit(deck.waiting, FLAGS.waiting) |
      bit(deck.keylock, FLAGS.keylock);
    state[at + D.cueSec] = deck.cueSec;
    state[at + D.loopStart] = deck.loop?.start ?? NaN;
    state[at + D.loopEnd] = deck.loop?.end ?? NaN;
    state[at + D.phase] = this.sync.phase(i) ?? NaN;
    state[at + D.meterDb] = this.channels[i].strip.meterDb;
    state[at + D.keyShift] = deck.keyShift;
    state[at + D.durationSec] = deck.durationSec;
    state[at + D.loads] = this.loads[i];
  }
}

const METER_FALL_DB_SEC = 30;

function meter(data: Float32Array, count: number, before: number, rate: number): number {
  let peak = 0;
  for (let i = 0; i < count; i++) peak = Math.max(peak, Math.abs(data[i]!));
  const now = peak > 1e-3 ? 20 * Math.log10(peak) : -60;
  return Math.max(now, before - (METER_FALL_DB_SEC * count) / rate, -60);
}
