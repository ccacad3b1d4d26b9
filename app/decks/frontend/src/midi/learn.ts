// 'Learn': the DJ picks a control and moves the hardware; from what arrives the row is guessed.

import { CONTROLS, type ControlFacts, type ControlName, type DeckId } from "../contract";
import { normalised, steps } from "./decode";
import { misfit } from "./file";
import { messageKey, type DeviceMap, type Encoding, type Lamp, type Row } from "./map";
import { named } from "./states";

/** After this much silence a movement is over. */
export const SETTLE_MS = 600;
/** A fader's movement has at least so many messages, else it was only brushed. */
const LEAST_MOVES = 4;
/** Steps of an endless knob turned by hand stay below this. */
const MOST_STEPS = 24;
const FINE = 0x20;

export interface Target {
  control: ControlName;
  deck?: DeckId;
  index?: number;
}

interface Message {
  status: number;
  number: number;
  value: number;
}

export type Guess = { row: Row; lamp: Lamp | null } | { problem: string };

/** What to do now, in words. */
export function instruction(target: Target): string {
  const facts: ControlFacts = CONTROLS[target.control];
  const name = named(target.control, target.deck, target.index);
  if (facts.kind === "absolute") return `${name}: move the fader or knob slowly from one end up, or to the right, to the other end.`;
  if (facts.kind === "relative") return `${name}: turn clockwise, then a little back; or press a button.`;
  return `${name}: press the button once.`;
}

/** The row for `target` that fits these messages, or why none does. */
export function recognise(messages: readonly Message[], target: Target): Guess {
  const facts: ControlFacts = CONTROLS[target.control];
  const groups = new Map<number, Message[]>();
  for (const message of messages) {
    const at = messageKey(message.status, message.number);
    groups.set(at, [...(groups.get(at) ?? []), message]);
  }
  const most = [...groups.values()].sort((one, other) => other.length - one.length)[0];
  if (most === undefined) return { problem: "Nothing arrived. Is this the device that you moved?" };
  const isNote = (most[0]!.status & 0xf0) === 0x90;
  const base = { label: named(target.control, target.deck, target.index), shift: false, ...target };
  const at = (message: Message) => ({ status: message.status, number: message.number });
  const values = most.map((message) => message.value);
  const isKey = isNote || isOnOff(values);

  if (facts.kind === "button" || facts.kind === "choice" || (facts.kind === "relative" && isKey)) {
    if (!isKey) return { problem: misfit({ kind: "7-bit" }, facts) ?? "" };
    return { row: { ...base, ...at(most[0]!), kind: "button", ...pressValue(facts) }, lamp: echo(target, most[0]!) };
  }
  if (isNote) return { problem: misfit({ kind: "button" }, facts) ?? "" };
  if (facts.kind === "relative") {
    const encoding = encodingOf(values);
    if (encoding === null) return { problem: "That has two ends; an endless knob or a button is wanted." };
    const first = steps(values[0]!, encoding);
    return { row: { ...base, ...at(most[0]!), kind: "relative", encoding, ...(first < 0 ? { invert: true } : {}) }, lamp: null };
  }
  const pair = [...groups.values()]
    .map((group) => ({ coarse: group, fine: groups.get(messageKey(group[0]!.status, group[0]!.number + FINE)) }))
    .find(({ coarse, fine }) => coarse[0]!.number < FINE && fine !== undefined);
  const coarse = pair?.coarse ?? most;
  if (coarse.length < LEAST_MOVES) return { problem: "That was too short a way: move it from end to end." };
  const travel = coarse.at(-1)!.value - coarse[0]!.value;
  if (encodingOf(values) !== null && Math.abs(travel) < MOST_STEPS && new Set(values).size <= 3) {
    return { problem: misfit({ kind: "relative" }, facts) ?? "" };
  }
  const invert = travel < 0 ? { invert: true } : {};
  const row: Row = pair?.fine
    ? { ...base, ...at(coarse[0]!), kind: "14-bit", lsb: pair.fine[0]!.number, ...invert }
    : { ...base, ...at(coarse[0]!), kind: "7-bit", ...invert };
  return { row, lamp: null };
}

/** Only full and nothing: a button that speaks as a controller. */
const isOnOff = (values: number[]): boolean => values.every((value) => value === 0 || value === 127) && values.length <= 3;

/** A press moves to the next choice; of a relative control it is one step on. */
const pressValue = (facts: ControlFacts): { value?: number } =>
  facts.kind === "choice" ? { value: -1 } : facts.kind === "relative" ? { value: 1 } : {};

/** How these could be signed steps, or null where they spread too far for that. */
export function encodingOf(values: readonly number[]): Encoding | null {
  const fits = (encoding: Encoding): boolean =>
    values.every((value) => {
      const step = steps(value, encoding);
      return step !== 0 && Math.abs(step) <= MOST_STEPS;
    });
  const sides = (encoding: Encoding): number => new Set(values.map((value) => Math.sign(steps(value, encoding)))).size;
  const possible = (["twos_complement", "around_64", "sign_bit"] as const).filter(fits);
  // turned there and back, the right reading is the one that sees both ways
  return possible.find((encoding) => sides(encoding) === 2) ?? possible[0] ?? null;
}

/** Most controllers light a button by its own number. */
function echo(target: Target, message: Message): Lamp {
  const lamp: Lamp = { status: message.status, number: message.number, shows: target.control };
  if (target.deck !== undefined) lamp.deck = target.deck;
  if (target.index !== undefined) lamp.index = target.index;
  return lamp;
}

/** The map with this row in the place of those it contradicts. */
export function withRow(map: DeviceMap, row: Row, lamp: Lamp | null): DeviceMap {
  const same = (one: { status: number; number: number }) => one.status === row.status && one.number === row.number;
  const isFine = (one: Row) => row.lsb !== undefined && one.status === row.status && one.number === row.lsb;
  const rows = map.rows.filter((one) => !(same(one) && one.shift === row.shift) && !isFine(one));
  const lamps = lamp === null ? map.lamps : [...map.lamps.filter((one) => !same(one)), lamp];
  return { ...map, rows: [...rows, row], lamps };
}

export function withoutRow(map: DeviceMap, row: Row): DeviceMap {
  const lamps = map.lamps.filter((lamp) => lamp.status !== row.status || lamp.number !== row.number);
  return { ...map, rows: map.rows.filter((one) => one !== row), lamps };
}

/** Listens to one device until it has heard enough. Times in milliseconds, given from outside. */
export class Learner {
  private readonly messages: Message[] = [];
  private lastAt: number | null = null;

  constructor(readonly target: Target) {}

  hear(bytes: ArrayLike<number>, nowMs: number): void {
    const message = normalised(bytes);
    if (message === null) return;
    this.messages.push({ status: message[0], number: message[1], value: message[2] });
    this.lastAt = nowMs;
  }

  /** The guess once the hardware has come to rest; null until then. */
  result(nowMs: number): Guess | null {
    if (this.lastAt === null || nowMs - this.lastAt < SETTLE_MS) return null;
    return recognise(this.messages, this.target);
  }
}
