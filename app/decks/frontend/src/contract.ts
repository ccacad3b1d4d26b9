// What the parts of the decks agree on. Nothing here runs but tables.
//
//   Python ──Wish──▶ shell ──load──▶ Engine ◀──Action── mouse · keyboard · MIDI · automix
//   Python ◀─Report─ outbox ◀─EngineEvent─ Engine ──State──▶ faces · lamps
//
// Times are seconds of the track unless a name says otherwise; levels are 0–1 unless it says dB.

export const DECKS = ["a", "b"] as const;
export type DeckId = (typeof DECKS)[number];

// -- what Python says should be (app/decks/protocol.py) ---------------------------------------------

/** Small and declarative. `null` is "no opinion": a restarted server knows nothing of a live set. */
export interface Wish {
  v: 1;
  /** The newest report of this page that Python has dealt with: the largest `seq` of the `client`
   * of the box's last report. 0 in a new session, which is answered with a `hello`. */
  ack: number;
  decks: Record<DeckId, DeckWish | null>;
  /** A set to be played by the planner's plans, or null. */
  automix: AutomixWish | null;
  /** What the browse knob moves through, in the order shown; at most 200. */
  browse: { id: string; title: string; artist: string; bpm: number | null; camelot: string | null }[];
  settings: { seekShare: number; volume: number };
}

/** A new `rev` means: grid, cues or names changed, fetch the track's facts anew; the sound stays. */
export interface DeckWish {
  id: string;
  rev: string;
}

/** One set, its tracks in order and how each goes over into the next. */
export interface AutomixWish {
  id: string;
  rev: string;
  tracks: { id: string; rev: string; title: string }[];
  /** `steps[i]` leads from track i to track i+1; fetched from `/dj/automix/{id}/{i}`. */
  steps: number;
}

/** A transition as a live deck can play it (`GET /dj/automix/{id}/{i}`), made from plan.json. */
export interface AutomixStep {
  style: string;
  bars: number;
  /** Track second of the outgoing track where the overlap begins. */
  outStartSec: number;
  /** Where the incoming track starts at that moment. */
  inStartSec: number;
  /** Length of the overlap in seconds heard. */
  lengthSec: number;
  /** Playback rates during the overlap, 1 = as recorded. */
  rateOut: number;
  rateIn: number;
  beatMatched: boolean;
  /** Curves by control over the overlap: [share 0–1, value] points, in the engine's own units. */
  curves: { deck: "out" | "in"; control: ControlName; points: [number, number][] }[];
  /** Seconds over which the incoming track glides to its own tempo afterwards. */
  glideSec: number;
  reason: string;
}

// -- a track's facts (GET /dj/track/{id}?rev=…) ------------------------------------------------------

export interface Track {
  id: string;
  rev: string;
  title: string;
  artist: string;
  artwork: boolean;
  duration_sec: number;
  /** Of the PCM that `/dj/pcm/{id}` sends: 16-bit little-endian, interleaved stereo. */
  pcm: { sample_rate: number; frames: number; /** Full scale of the 16 bits. */ scale: number };
  bpm: number | null;
  constant: boolean;
  grid_confidence: number | null;
  beats: number[];
  downbeats: number[];
  sections: { start_sec: number; end_sec: number; label: string; energy: number | null }[];
  phrases: number[];
  drops: number[];
  mix_in_sec: number | null;
  mix_out_sec: number | null;
  /** "A minor", with sharps; null where unknown. */
  key: string | null;
  camelot: string | null;
  lufs: number | null;
  hot_cues: (HotCue | null)[];
  /** Why it can't be played, one sentence, or null. */
  problem: string | null;
}

export interface HotCue {
  sec: number;
  /** A stored loop where set. */
  loop_end_sec: number | null;
}

// -- controls ---------------------------------------------------------------------------------------

export type ControlKind =
  | "button" // 1 pressed, 0 let go
  | "absolute" // 0–1; `centre` controls rest at 0.5
  | "relative" // signed steps or ticks
  | "choice"; // a whole number, or -1 for "the next one"

export interface ControlFacts {
  scope: "deck" | "global";
  kind: ControlKind;
  /** In words, as announced: "Play", "EQ low". */
  label: string;
  /** Resting value of an absolute control, on which a double click puts it. */
  rest?: number;
  /** How many there are side by side (pads): `Action.index` says which. */
  count?: number;
}

const button = (label: string, count?: number): ControlFacts =>
  count === undefined ? { scope: "deck", kind: "button", label } : { scope: "deck", kind: "button", label, count };
const knob = (label: string, rest: number): ControlFacts => ({ scope: "deck", kind: "absolute", label, rest });
const main = (label: string, kind: ControlKind, rest?: number): ControlFacts =>
  rest === undefined ? { scope: "global", kind, label } : { scope: "global", kind, label, rest };

export const PAD_MODES = ["hot_cue", "beat_loop", "beat_jump", "key_shift", "sampler", "keyboard"] as const;
export type PadMode = (typeof PAD_MODES)[number];
export const TEMPO_RANGES = [6, 10, 16, 25] as const; // per cent either way
export const BEAT_LOOPS = [0.25, 0.5, 1, 2, 4, 8, 16, 32] as const; // beats, by pad
export const BEAT_JUMPS = [-1, 1, -2, 2, -4, 4, -8, 8] as const; // beats, by pad
export const KEY_SHIFTS = [0, 1, 2, 3, -1, -2, -3, -4] as const; // semitones, by pad
export const EFFECTS = ["echo", "reverb", "flanger", "gate"] as const;
export const EFFECT_BEATS = [0.25, 0.5, 0.75, 1, 2, 4] as const;
export const CROSSFADER_CURVES = ["smooth", "linear", "sharp"] as const;

/** Every control there is. Mouse, keyboard, MIDI and automix all move these and nothing else. */
export const CONTROLS = {
  // transport
  play: button("Play"),
  cue: button("Cue"), // as on a CDJ: sets when paused elsewhere, plays while held at the point
  to_start: button("To the start"),
  sync: button("Beat sync"),
  sync_off: button("Beat sync off"),
  tempo_master: button("Tempo leader"),
  tempo: knob("Tempo", 0.5), // 1 fastest, 0 slowest of the range
  tempo_range: { scope: "deck", kind: "choice", label: "Tempo range" },
  keylock: button("Key lock"),
  nudge_back: button("Nudge back"), // slows down while held
  nudge_forward: button("Nudge forward"),
  jog_touch: button("Platter touched"),
  jog_turn: { scope: "deck", kind: "relative", label: "Platter" }, // ticks of 1/720 turn; scratches while touched
  jog_bend: { scope: "deck", kind: "relative", label: "Platter edge" }, // ticks; bends the pitch
  jog_search: { scope: "deck", kind: "relative", label: "Fast search" }, // ticks, ten times as far
  brake: button("Brake"),
  reverse: button("Reverse"), // backwards while held; with slip it goes on where it would have been
  seek: { scope: "deck", kind: "absolute", label: "Position" }, // share of the track
  beat_jump: { scope: "deck", kind: "relative", label: "Beat jump" }, // beats
  slip: button("Slip"),
  quantise: button("Quantise"),
  // loops
  loop_in: button("Loop in"),
  loop_out: button("Loop out"),
  reloop: button("Reloop or exit"),
  loop_halve: button("Halve the loop"),
  loop_double: button("Double the loop"),
  // pads
  pad: button("Pad", 8),
  pad_clear: button("Clear pad", 8),
  pad_mode: { scope: "deck", kind: "choice", label: "Pad mode" }, // index into PAD_MODES
  // grid
  bar_one: button("Bar 1 here"),
  grid_shift: { scope: "deck", kind: "relative", label: "Shift the grid" }, // milliseconds
  grid_double: button("Tempo of the grid ×2"),
  grid_halve: button("Tempo of the grid ÷2"),
  // channel
  trim: knob("Trim", 0.5),
  eq_high: knob("EQ high", 0.5),
  eq_mid: knob("EQ mid", 0.5),
  eq_low: knob("EQ low", 0.5),
  kill_high: button("Kill high"),
  kill_mid: button("Kill mid"),
  kill_low: button("Kill low"),
  filter: knob("Filter", 0.5), // below the centre low-pass, above it high-pass
  fader: knob("Channel fader", 1),
  pfl: button("Headphone cue"),
  fx_deck: button("Effect on this deck"),
  load: button("Load the selected track"),
  // mixer
  crossfader: main("Crossfader", "absolute", 0.5),
  crossfader_curve: main("Crossfader curve", "choice"),
  master: main("Master level", "absolute", 0.8),
  phones_mix: main("Headphone mix", "absolute", 0),
  phones_level: main("Headphone level", "absolute", 0.7),
  fx_select: main("Effect", "choice"), // index into EFFECTS
  fx_beats: main("Effect length", "relative"), // steps through EFFECT_BEATS
  fx_on: main("Effect on", "button"),
  fx_level: main("Effect level", "absolute", 0.5),
  record: main("Record the master", "button"),
  browse: main("Browse", "relative"),
  browse_press: main("Browse press", "button"),
  automix: main("Automix", "button"),
} as const satisfies Record<string, ControlFacts>;
export type ControlName = keyof typeof CONTROLS;

export interface Action {
  control: ControlName;
  /** For controls of a deck. */
  deck?: DeckId;
  value: number;
  /** Which pad, 0–7. */
  index?: number;
  /** Who moved it: soft take-over and automix's "hands off" depend on it. */
  from: "mouse" | "keyboard" | "midi" | "automix" | "test";
}

// -- what is ----------------------------------------------------------------------------------------

export interface Loop {
  startSec: number;
  endSec: number;
  active: boolean;
}

/** Written in place by the engine at each `tick`; everybody else only reads. */
export interface DeckState {
  track: Track | null;
  /** Share of the sound that is here, 0–1. */
  loadedShare: number;
  /** Enough is here to press Play. */
  playable: boolean;
  /** One sentence, or "". */
  problem: string;
  playing: boolean;
  /** The cue button is held on its point. */
  cueing: boolean;
  /** What is heard now (latency taken off). */
  positionSec: number;
  /** Track seconds per second, signed: tempo, bend, scratch and brake together. */
  rate: number;
  /** As a rate, 1 = as recorded; the fader then stands at 0.5 + (tempo − 1) · 50 / tempoRange. */
  tempo: number;
  tempoRange: (typeof TEMPO_RANGES)[number];
  keylock: boolean;
  keyShift: number;
  synced: boolean;
  leader: boolean;
  /** As heard; null without a grid. */
  bpm: number | null;
  /** As heard, after key shift, or tempo without key lock. */
  camelot: string | null;
  key: string | null;
  /** How far this deck's beat is after the other's, in beats −0.5–0.5; null unless both have grids. */
  phaseBeats: number | null;
  cueSec: number;
  hotCues: (HotCue | null)[];
  loop: Loop | null;
  slip: boolean;
  quantise: boolean;
  touched: boolean;
  reverse: boolean;
  padMode: PadMode;
  trim: number;
  /** What loudness matching adds before trim, in dB. */
  autoGainDb: number;
  eqHigh: number;
  eqMid: number;
  eqLow: number;
  killHigh: boolean;
  killMid: boolean;
  killLow: boolean;
  filter: number;
  fader: number;
  pfl: boolean;
  fx: boolean;
  /** After trim, EQ and filter, before the fader; peak of the last moments, dBFS (−60 silent). */
  meterDb: number;
}

export interface MixerState {
  crossfader: number;
  curve: number;
  master: number;
  phonesMix: number;
  phonesLevel: number;
  fxKind: number;
  fxBeats: number; // index into EFFECT_BEATS
  fxOn: boolean;
  fxLevel: number;
  meterDb: [number, number];
  /** How much the limiter takes off now, dB. */
  limiterDb: number;
  /** Seconds recorded so far, null when not recording. */
  recordingSec: number | null;
  /** Selected line of `Wish.browse`. */
  browseIndex: number;
}

export interface State {
  /** "off" until the first gesture; "elsewhere" where another tab owns the sound. */
  audio: "off" | "running" | "suspended" | "elsewhere" | "broken";
  /** What is wrong and what to do, one sentence, or "". */
  notice: string;
  decks: Record<DeckId, DeckState>;
  mixer: MixerState;
  automix: { id: string; step: number; tracks: number; next: string; secToMix: number | null } | null;
  outputs: { phones: "none" | "device" | "channels34"; devices: { id: string; label: string }[]; phonesDevice: string };
}

/** What happened, once each, for the outbox and the faces. */
export type EngineEvent =
  | { type: "loaded"; deck: DeckId; id: string }
  | { type: "unloaded"; deck: DeckId }
  | { type: "playing"; deck: DeckId; id: string; playing: boolean }
  | { type: "tempo"; deck: DeckId; id: string; bpm: number | null; keyShift: number; camelot: string | null } // at rest for a second
  | { type: "hot_cue"; id: string; slot: number; cue: HotCue | null }
  | { type: "grid"; id: string; edit: "bar_one" | "shift" | "double" | "halve"; value: number } // seconds, ms, 0, 0
  | { type: "load_request"; deck: DeckId; id: string }
  | { type: "played"; deck: DeckId; id: string; sec: number } // heard for half a minute, once a load
  // "taken_over": the wish stays, for the control `automix` goes on with it; "ended": it is over
  | { type: "automix"; state: "started" | "step" | "taken_over" | "ended"; id: string; step: number }
  | { type: "problem"; sentence: string };

/** An event on its way to Python; `seq` grows by one, kept until `Wish.ack` reaches it. */
export type Report = { seq: number; client: string } & (EngineEvent | { type: "hello"; decks: Record<DeckId, string | null> });

// -- the engine (src/engine/index.ts exports `engine(): Engine`, one a page) ------------------------

export interface Engine {
  readonly state: State;
  /** Brings `state` up to now; a face calls it once a frame before it draws. */
  tick(): void;
  dispatch(action: Action): void;
  /** Starts the sound; must be called in a user's gesture. */
  start(): Promise<void>;
  /** Takes the sound over from another tab. */
  claim(): Promise<void>;
  /** Fetches the facts and the sound; resolves when playable. The same id and rev changes nothing. */
  load(deck: DeckId, wish: DeckWish, startShare?: number): Promise<void>;
  unload(deck: DeckId): void;
  /** Starts `deck` at `fromSec` exactly when the other deck is heard at `atSec`; a later call
   * replaces it, and `atSec` Infinity takes it back. */
  arm(deck: DeckId, fromSec: number, atSec: number): void;
  /** Sets a deck's tempo as a rate (1 = as recorded), within its widest range. */
  setRate(deck: DeckId, rate: number): void;
  /** Plays an audio element (a rendered transition) on the third channel, with its own headphone cue. */
  attachPreview(audio: HTMLMediaElement): void;
  setPhones(deviceId: string): Promise<void>;
  /** Called for every event, in order; returns how to stop listening. */
  on(listener: (event: EngineEvent) => void): () => void;
  /** For tests and benchmarks: records the master as float samples until stopped. */
  tap(): Promise<{ sampleRate: number; stop(): Promise<{ channels: Float32Array[]; startedAt: number }> }>;
  stats(): { scriptMs: number[]; underruns: number; memoryBytes: number };
  /** Called with every action as it is dispatched, before it acts: automix lets go of what the DJ
   * takes. `dispatch` itself ignores the control `automix`, which src/automix/ answers here.
   * Returns how to stop listening. */
  onAction(listener: (action: Action) => void): () => void;
  /** Sends an event to every listener, for what is built on the engine (src/automix/, which also
   * writes `state.automix`). */
  emit(event: EngineEvent): void;
  /** What the browse knob moves through: the shell hands on `Wish.browse`, so that the controls
   * `load` and `browse_press` (to the deck that isn't playing) can say which track as `load_request`. */
  setBrowse?(rows: Wish["browse"]): void;
}
