// One transition as automix plays it: read from Python, or made up where Python has none.

import { CONTROLS, type AutomixStep, type ControlFacts, type ControlName, type DeckState, type Track } from "../contract";

/** Length of a fade that nobody planned. */
const FADE_SEC = 8;
/** So long before a track's end a fade that nobody planned begins. */
const BEFORE_END_SEC = 16;
/** From here on it takes this long to get a deck ready. */
export const READY_SEC = 1;

/** Value of a curve at a share of the overlap; `points` ordered by share. */
export function along(points: readonly [number, number][], share: number): number {
  let before = points[0];
  if (before === undefined) return 0;
  for (const point of points) {
    if (point[0] > share) {
      const way = point[0] - before[0];
      return way <= 0 ? point[1] : before[1] + ((point[1] - before[1]) * (share - before[0])) / way;
    }
    before = point;
  }
  return before[1];
}

/** A step as Python sent it. Throws TypeError, saying what is wrong. */
export function checkedStep(raw: unknown): AutomixStep {
  if (typeof raw !== "object" || raw === null) throw new TypeError("a step is an object");
  const step = raw as AutomixStep;
  for (const name of ["outStartSec", "inStartSec", "lengthSec", "rateOut", "rateIn", "glideSec"] as const) {
    if (!Number.isFinite(step[name])) throw new TypeError(`${name} is no number`);
  }
  if (step.lengthSec <= 0 || step.rateOut <= 0 || step.rateIn <= 0 || step.glideSec < 0) throw new TypeError("a length or a rate is impossible");
  if (!Array.isArray(step.curves)) throw new TypeError("curves are missing");
  for (const { deck, control, points } of step.curves) {
    const facts: ControlFacts | undefined = Object.hasOwn(CONTROLS, control) ? CONTROLS[control] : undefined;
    if (facts?.kind !== "absolute") throw new TypeError(`no curve can move ${control}`);
    if (deck !== "out" && deck !== "in") throw new TypeError(`there is no deck ${String(deck)}`);
    if (points.length === 0 || !points.flat().every(Number.isFinite)) throw new TypeError(`the curve of ${control} has no points`);
  }
  return step;
}

/** Where a control of a deck rests between transitions. */
export const restOf = (control: ControlName): number => (CONTROLS[control] as ControlFacts).rest ?? 0.5;

/** A fade for tracks that no plan leads between: before the end, or at once where that is past. */
export function plainFade(out: DeckState, next: Track | null, now = false): AutomixStep {
  const end = out.track?.duration_sec ?? 0;
  const rate = out.tempo;
  const soonest = out.positionSec + READY_SEC * rate;
  const planned = Math.min(out.track?.mix_out_sec ?? end, end - BEFORE_END_SEC * rate);
  const outStartSec = Math.max(soonest, now ? 0 : planned);
  const lengthSec = Math.max(0.5, Math.min(FADE_SEC, (end - outStartSec) / rate));
  return {
    style: "fade",
    bars: 0,
    outStartSec,
    inStartSec: next?.mix_in_sec ?? 0,
    lengthSec,
    rateOut: rate,
    rateIn: 1,
    beatMatched: false,
    curves: [
      { deck: "out", control: "fader", points: [[0, out.fader], [1, 0]] },
      { deck: "in", control: "fader", points: [[0, 0], [0.5, 0.8], [1, 1]] },
    ],
    glideSec: 0,
    reason: "A plain fade: no plan leads between these two.",
  };
}

/** The rest of an overlap that the DJ interrupted: every control from where it is to where it ends. */
export function finish(out: DeckState, coming: DeckState, standing: (control: ControlName, side: "out" | "in") => number): AutomixStep {
  const controls: ControlName[] = ["eq_high", "eq_mid", "eq_low", "filter", "fader"];
  const fade = plainFade(out, null, true);
  const end = (control: ControlName, side: "out" | "in") => (side === "out" && control === "fader" ? 0 : restOf(control));
  return {
    ...fade,
    outStartSec: out.positionSec,
    rateIn: coming.tempo,
    glideSec: FADE_SEC,
    curves: (["out", "in"] as const).flatMap((side) =>
      controls.map((control) => ({ deck: side, control, points: [[0, standing(control, side)], [1, end(control, side)]] as [number, number][] })),
    ),
    reason: "Finishing the transition that was under way.",
  };
}
