// The platter: 33⅓ turns a minute, the record's picture in the middle. Inside it is grabbed like a
// record and scratches; at the rim a push bends the tempo.

import type { DeckId } from "../contract";
import type { Desk } from "./desk";
import { announced } from "./desk";
import { el } from "./dom";
import { clock } from "./words";

export const TURN_SEC = 60 / (33 + 1 / 3);
export const TICKS_PER_TURN = 720;
/** Outside this share of the radius is the rim. */
const RIM = 0.82;
const KEY_TICKS = 12;

/** The angle of a track's second, in degrees. */
export function platterAngle(sec: number): number {
  return ((sec / TURN_SEC) % 1) * 360;
}

/** How far a pointer went round the middle, in ticks, the short way. */
export function turnedTicks(fromRad: number, toRad: number): number {
  let turn = (toRad - fromRad) / (2 * Math.PI);
  turn -= Math.round(turn);
  return turn * TICKS_PER_TURN;
}

export function platter(desk: Desk, id: DeckId): HTMLElement {
  const deck = () => desk.deck(id);
  const art = el("img", "label-art", { alt: "", draggable: "false" });
  const record = el("div", "record", {}, el("div", "grooves"), el("div", "label", {}, el("b", "", {}, id.toUpperCase()), art), el("div", "mark"));
  const progress = el("div", "ring");
  const root = el("div", "platter", { role: "slider", tabindex: 0, "aria-valuemin": 0, "data-control": "jog_turn" }, progress, record);
  root.setAttribute("aria-label", `${announced("jog_turn", id)}: arrow keys turn it, with Shift they push its edge`);
  root.title = "Drag inside to scratch, at the edge to push";

  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const { live } = desk;
  live.bind(
    () => (still.matches ? 0 : Math.round(platterAngle(deck().positionSec) * 10) / 10),
    (degrees) => {
      record.style.transform = `rotate(${degrees}deg)`;
    },
  );
  live.bind(
    () => (deck().track ? Math.round((deck().positionSec / deck().track!.duration_sec) * 720) / 2 : 0),
    (degrees) => progress.style.setProperty("--played", `${degrees}deg`),
  );
  live.bind(
    () => Math.floor(deck().positionSec),
    (sec) => {
      root.setAttribute("aria-valuenow", String(Math.max(0, sec)));
      root.setAttribute("aria-valuetext", clock(sec));
    },
  );
  live.bind(
    () => Math.floor(deck().track?.duration_sec ?? 0),
    (sec) => root.setAttribute("aria-valuemax", String(sec)),
  );
  live.bind(
    () => (deck().track?.artwork ? deck().track!.id : null),
    (track) => {
      art.hidden = track === null;
      if (track === null) art.removeAttribute("src");
      else art.src = `/dj/art/${encodeURIComponent(track)}`;
    },
  );
  live.toggle(root, "touched", () => deck().touched);
  live.toggle(root, "playing", () => deck().playing);
  listen(desk, id, root);
  return root;
}

function listen(desk: Desk, id: DeckId, root: HTMLElement): void {
  let grabbed: { angle: number; rim: boolean } | null = null;
  const place = (event: PointerEvent) => {
    const box = root.getBoundingClientRect();
    const x = event.clientX - (box.left + box.width / 2);
    const y = event.clientY - (box.top + box.height / 2);
    return { angle: Math.atan2(y, x), out: Math.hypot(x, y) / (box.width / 2) };
  };
  const letGo = () => {
    if (grabbed && !grabbed.rim) desk.send({ control: "jog_touch", deck: id, value: 0 }, "mouse");
    grabbed = null;
  };
  root.addEventListener("pointerdown", (event) => {
    const { angle, out } = place(event);
    if (event.button !== 0 || out > 1) return;
    root.setPointerCapture(event.pointerId);
    grabbed = { angle, rim: out > RIM };
    if (!grabbed.rim) desk.send({ control: "jog_touch", deck: id, value: 1 }, "mouse");
  });
  root.addEventListener("pointermove", (event) => {
    const { angle, out } = place(event);
    root.classList.toggle("at-rim", grabbed ? grabbed.rim : out > RIM && out <= 1);
    if (!grabbed) return;
    const value = turnedTicks(grabbed.angle, angle);
    grabbed.angle = angle;
    if (value !== 0) desk.send({ control: grabbed.rim ? "jog_bend" : "jog_turn", deck: id, value }, "mouse");
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) root.addEventListener(type, letGo);
  root.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const value = -Math.sign(event.deltaY || event.deltaX) * KEY_TICKS;
      if (value !== 0) desk.send({ control: "jog_bend", deck: id, value }, "mouse");
    },
    { passive: false },
  );
  root.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) {
      desk.send({ control: "jog_bend", deck: id, value: way * KEY_TICKS }, "keyboard");
      return;
    }
    // touched only for the turn itself: a key has no hand to lift
    desk.send({ control: "jog_touch", deck: id, value: 1 }, "keyboard");
    desk.send({ control: "jog_turn", deck: id, value: way * KEY_TICKS }, "keyboard");
    desk.send({ control: "jog_touch", deck: id, value: 0 }, "keyboard");
  });
}
