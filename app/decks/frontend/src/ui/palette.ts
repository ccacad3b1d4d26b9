// Colours for canvases, read once from the page's tokens; keys by their place on the Camelot wheel.

import type { DeckId } from "../contract";

export interface Palette {
  panel: string;
  ground: string;
  text: string;
  text2: string;
  low: string;
  mid: string;
  high: string;
  deck: Record<DeckId, string>;
}

/** Hot cues A–H. Green, red and yellow are left to what they mean elsewhere. */
export const CUE_COLOURS = [
  "#ff7ac6", "#b388ff", "#8c9eff", "#6fb6ff", "#5fe0d0", "#c6e36a", "#e8c9a0", "#ff9e80",
] as const;

// One hour of the wheel is 30°; 8A/8B stand at green-cyan, as everywhere in Segue (app/parts.py).
const DEGREES_PER_HOUR = 30;
const HUE_AT_ZERO = 285;

/** The colour of a key, minor a step darker than major; undefined for what is no key. */
export function camelotColour(camelot: string): string | undefined {
  const match = /^(1[0-2]|[1-9])([AB])$/.exec(camelot);
  if (!match) return undefined;
  const hue = (HUE_AT_ZERO - DEGREES_PER_HOUR * Number(match[1]) + 360) % 360;
  return `hsl(${hue} 62% ${match[2] === "A" ? 58 : 70}%)`;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    panel: token("--panel"),
    ground: token("--ground"),
    text: token("--text"),
    text2: token("--text-2"),
    low: token("--band-low"),
    mid: token("--band-mid"),
    high: token("--band-high"),
    deck: { a: token("--deck-a"), b: token("--deck-b") },
  };
}
