// Eight pads and what they do.

import { BEAT_JUMPS, BEAT_LOOPS, type DeckId, type DeckState, KEY_SHIFTS, PAD_MODES, type PadMode } from "../contract";
import { SAMPLE_NAMES } from "../engine/dsp/samples";
import type { Desk } from "./desk";
import { el } from "./dom";
import { cueSum } from "./overview";
import { CUE_COLOURS } from "./palette";
import { controlButton } from "./press";
import { beatsShort, clock, cueWords, loopBeats, signed } from "./words";

export const PADS = 8;

const MODE_NAMES: Record<PadMode, [short: string, long: string]> = {
  hot_cue: ["CUE", "Hot cues"],
  beat_loop: ["LOOP", "Beat loops"],
  beat_jump: ["JUMP", "Beat jumps"],
  key_shift: ["KEY", "Key shift"],
  sampler: ["SAMPLE", "Sampler"],
  keyboard: ["KEYS", "Keyboard: a hot cue at other pitches"],
};

export interface PadFace {
  text: string;
  small: string;
  /** As announced after "Pad 3, deck A". */
  words: string;
  /** There is something on it. */
  filled: boolean;
  /** It is at work now. */
  on: boolean;
  colour: string | null;
}

/** What pad `index` shows. */
export function padFace(deck: DeckState, index: number): PadFace {
  const plain = { small: "", filled: true, on: false, colour: null };
  switch (deck.padMode) {
    case "hot_cue": {
      const cue = deck.hotCues[index] ?? null;
      const letter = "ABCDEFGH"[index] ?? "";
      const colour = CUE_COLOURS[index % CUE_COLOURS.length] ?? null;
      const small = cue ? clock(cue.sec) + (cue.loop_end_sec === null ? "" : " ↻") : "";
      return { text: letter, small, words: `hot cue ${letter}, ${cueWords(cue)}`, filled: cue !== null, on: false, colour };
    }
    case "beat_loop": {
      const beats = BEAT_LOOPS[index] ?? 1;
      const on = deck.loop?.active === true && loopBeats(deck.loop, deck.track) === beats;
      const unit = beats > 1 ? "beats" : "beat";
      return { ...plain, text: beatsShort(beats), small: unit, words: `loop of ${beatsShort(beats)} ${unit}`, on };
    }
    case "beat_jump": {
      const beats = BEAT_JUMPS[index] ?? 1;
      const size = beatsShort(beats);
      const unit = Math.abs(beats) > 1 ? "beats" : "beat";
      const way = beats < 0 ? "back" : "on";
      return { ...plain, text: beats < 0 ? `◂ ${size}` : `${size} ▸`, small: unit, words: `jump ${size} ${unit} ${way}` };
    }
    case "key_shift": {
      const steps = KEY_SHIFTS[index] ?? 0;
      const words = steps === 0 ? "the track's own key" : `${signed(steps)} semitones`;
      return { ...plain, text: signed(steps), small: steps === 0 ? "own key" : "semitones", words, on: deck.keyShift === steps };
    }
    case "sampler":
      return { ...plain, text: `S${index + 1}`, small: SAMPLE_NAMES[index] ?? "", words: SAMPLE_NAMES[index] ?? "" };
    case "keyboard":
      return { ...plain, text: `♪ ${index + 1}`, small: "", words: `hot cue A on step ${index + 1} of the scale` };
  }
}

/** The pads with their mode keys; `clearing` is one deck's "the next pad pressed is emptied". */
export function pads(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  let clearing = false;
  const clear = el(
    "button",
    "key mode",
    { type: "button", "aria-pressed": "false", "aria-label": `Clear pads, deck ${id.toUpperCase()}`, title: "The next pad pressed is emptied (or press it with Shift)" },
    "CLEAR",
  );
  const setClearing = (on: boolean) => {
    clearing = on;
    clear.setAttribute("aria-pressed", String(on));
  };
  clear.addEventListener("click", () => setClearing(!clearing));
  desk.live.bind(
    () => deck().padMode,
    (mode) => {
      clear.hidden = mode !== "hot_cue";
      setClearing(false);
    },
  );
  const modes = PAD_MODES.map((mode, number) =>
    controlButton(desk, {
      control: "pad_mode",
      deck: id,
      text: MODE_NAMES[mode][0],
      className: "mode",
      label: `Pads, deck ${id.toUpperCase()}: ${MODE_NAMES[mode][1]}`,
      lit: () => deck().padMode === mode,
      send: (down, hand) => down && desk.send({ control: "pad_mode", deck: id, value: number }, hand),
    }),
  );
  const tiles = Array.from({ length: PADS }, (_, index) =>
    pad(desk, id, index, () => {
      const was = clearing;
      if (was) setClearing(false);
      return was;
    }),
  );
  desk.live.bind(
    () => padsShow(deck()),
    () => tiles.forEach((tile) => tile.show()),
  );
  return el(
    "div",
    "pads",
    {},
    el("div", "modes", { role: "group", "aria-label": "Pad mode" }, ...modes, clear),
    el("div", "pad-grid", {}, ...tiles.map((tile) => tile.root)),
  );
}

/** Changes with anything that a pad shows. */
function padsShow({ padMode, hotCues, loop, keyShift, track }: DeckState): string {
  const at = loop?.active ? loop.endSec - loop.startSec : 0;
  return `${padMode} ${cueSum(hotCues)} ${at} ${keyShift} ${track?.id}`;
}

function pad(desk: Desk, id: DeckId, index: number, takeClearing: () => boolean): { root: HTMLElement; show(): void } {
  let emptying = false;
  const text = el("b");
  const small = el("small");
  const root = controlButton(desk, {
    control: "pad",
    deck: id,
    index,
    text,
    className: "pad",
    send: (down, hand, event) => {
      if (down) emptying = takeClearing() || ("shiftKey" in event && event.shiftKey === true);
      desk.send({ control: emptying ? "pad_clear" : "pad", deck: id, index, value: down ? 1 : 0 }, hand);
    },
  });
  root.append(small);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Delete" && event.key !== "Backspace") return;
    event.preventDefault();
    desk.send({ control: "pad_clear", deck: id, index, value: 1 }, "keyboard");
    desk.send({ control: "pad_clear", deck: id, index, value: 0 }, "keyboard");
  });
  const show = () => {
    const face = padFace(desk.deck(id), index);
    const name = `Pad ${index + 1}, deck ${id.toUpperCase()}: ${face.words}`;
    text.textContent = face.text;
    small.textContent = face.small;
    root.setAttribute("aria-label", name);
    root.setAttribute("aria-pressed", String(face.on));
    root.title = name;
    root.classList.toggle("filled", face.filled);
    if (face.colour) root.style.setProperty("--pad", face.colour);
    else root.style.removeProperty("--pad");
  };
  return { root, show };
}
