// A round knob: its arc grows from where it rests.

import type { ControlName, DeckId } from "../contract";
import type { Desk } from "./desk";
import { factsOf } from "./desk";
import { el, svg } from "./dom";
import { slidable } from "./slide";

const SWEEP_DEG = 270;
const RADIUS = 16;
const TRAVEL_PX = 140;

export interface KnobLook {
  control: ControlName;
  deck?: DeckId;
  read: () => number;
  words: (value: number) => string;
  besides?: () => number | boolean;
  /** The short name beneath; an element where it is a button of its own. */
  label: string | HTMLElement;
  className?: string;
}

/** Where a share of the sweep lies, in degrees from the top. */
export function knobAngle(value: number): number {
  return (value - 0.5) * SWEEP_DEG;
}

export function knob(desk: Desk, look: KnobLook): HTMLElement {
  const arc = ringPath();
  const rest = factsOf(look.control).rest ?? 0.5;
  const track = svg("path", { d: arc, class: "knob-track", pathLength: 1 });
  const value = svg("path", { d: arc, class: "knob-value", pathLength: 1 });
  const pointer = svg("line", { x1: 20, y1: 10, x2: 20, y2: 17, class: "knob-pointer" });
  const turned = svg("g", {}, svg("circle", { cx: 20, cy: 20, r: 11.5, class: "knob-cap" }), pointer);
  const ghost = svg("path", { d: "M 20 8 L 16.5 0 L 23.5 0 Z", class: "knob-ghost" });
  const dial = el("div", "knob-dial");
  dial.append(svg("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, track, value, turned, ghost));
  slidable(desk, dial, {
    control: look.control,
    ...(look.deck && { deck: look.deck }),
    read: look.read,
    words: look.words,
    ...(look.besides && { besides: look.besides }),
    towards: "up",
    travelPx: () => TRAVEL_PX,
  });
  desk.live.bind(look.read, (now) => {
    const from = Math.min(now, rest);
    value.setAttribute("stroke-dasharray", `${Math.abs(now - rest)} 2`);
    value.setAttribute("stroke-dashoffset", String(-from));
    turned.setAttribute("transform", `rotate(${knobAngle(now)} 20 20)`);
  });
  desk.live.bind(
    () => desk.pickUp(look.control, look.deck, look.read()),
    (hardware) => {
      ghost.style.display = hardware === null ? "none" : "";
      if (hardware !== null) ghost.setAttribute("transform", `rotate(${knobAngle(hardware)} 20 20)`);
    },
  );
  const label = typeof look.label === "string" ? el("span", "knob-label", { "aria-hidden": "true" }, look.label) : look.label;
  return el("div", `knob ${look.className ?? ""}`, {}, dial, label);
}

function ringPath(): string {
  const at = (value: number) => {
    const angle = (knobAngle(value) * Math.PI) / 180;
    return `${(20 + RADIUS * Math.sin(angle)).toFixed(3)} ${(20 - RADIUS * Math.cos(angle)).toFixed(3)}`;
  };
  return `M ${at(0)} A ${RADIUS} ${RADIUS} 0 1 1 ${at(1)}`;
}
