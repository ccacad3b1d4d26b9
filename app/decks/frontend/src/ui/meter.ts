// Level meters: a bar behind a cover that gives way.

import type { Desk } from "./desk";
import { el } from "./dom";

const LOWEST_DB = -36;
const HIGHEST_DB = 3;

/** How much of a meter a level fills. */
export function meterShare(db: number): number {
  return Math.min(1, Math.max(0, (db - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)));
}

export function meter(desk: Desk, read: () => number, lies: "lying" | "standing", name: string): HTMLElement {
  const cover = el("div", "cover");
  const made = el("div", `meter ${lies}`, { role: "img", "aria-label": name, title: `${name}, decibels below full scale` }, cover);
  desk.live.bind(
    () => Math.round((1 - meterShare(read())) * 100) / 100,
    (dark) => {
      cover.style.transform = lies === "lying" ? `scaleX(${dark})` : `scaleY(${dark})`;
    },
  );
  return made;
}
