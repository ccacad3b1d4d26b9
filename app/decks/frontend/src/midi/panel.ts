// What the MIDI button opens: connect, devices and their maps, learn, monitor.

import { CONTROLS, DECKS, type ControlFacts, type ControlName, type DeckId, type Engine } from "../contract";
import { el } from "../ui/dom";
import type { Device } from "./connection";
import { MidiDesk } from "./desk";
import { fromText, MapError, toText } from "./file";
import { instruction, type Target } from "./learn";
import { hex, type DeviceMap, type Row } from "./map";
import { named, standing } from "./states";
import { midiStyles } from "./styles";
import type { Waiting } from "./takeover";

const MONITOR_SHOWN = 12;
const DRAW_MS = 100;

const desks = new WeakMap<Engine, MidiDesk>();
const panels = new WeakMap<Engine, HTMLElement>();

/** The controllers of an engine; one desk an engine. */
export function midiDesk(engine: Engine): MidiDesk {
  let desk = desks.get(engine);
  if (desk === undefined) desks.set(engine, (desk = new MidiDesk(engine)));
  return desk;
}

const NONE: readonly Waiting[] = [];

/** Faders and knobs of an engine's controllers that wait to take over. */
export function midiWaiting(engine: Engine): readonly Waiting[] {
  return desks.get(engine)?.waiting() ?? NONE;
}

/** The panel of an engine; the same element every time, so that it may come and go. */
export function midiPanel(engine: Engine): HTMLElement {
  let root = panels.get(engine);
  if (root === undefined) panels.set(engine, (root = new Panel(engine, midiDesk(engine)).root));
  return root;
}

class Panel {
  readonly root = el("section", "midi-panel", { "aria-label": "MIDI controllers" });
  private readonly connect = el("button", "midi-button midi-connect", { type: "button" }, "Connect controllers");
  private readonly status = el("p", "midi-status", { role: "status" });
  private readonly devices = el("ul", "midi-devices", { "aria-label": "Connected controllers" });
  private readonly from = el("select", "midi-select", { "aria-label": "Controller to learn from" });
  private readonly control = controlSelect();
  private readonly learn = el("button", "midi-button midi-learn", { type: "button" }, "Learn");
  private readonly learning = el("p", "midi-learning", { role: "status" });
  private readonly pickUp = el("p", "midi-pickup");
  private readonly monitor = el("ol", "midi-monitor", { "aria-label": "Last messages", tabindex: 0 });
  private readonly teach = el("fieldset", "midi-teach", {}, el("legend", "", {}, "Learn"));
  private readonly listening = el("div", "midi-listening", {}, el("h3", "midi-heading", {}, "Monitor"), this.monitor);
  /** Devices whose messages are listed. */
  private readonly opened = new Set<string>();
  private drawn = -1;

  constructor(
    private readonly engine: Engine,
    private readonly desk: MidiDesk,
  ) {
    this.teach.append(el("div", "midi-line", {}, this.from, this.control, this.learn), this.learning);
    this.root.append(
      el("style", "", {}, midiStyles),
      el("div", "midi-line", {}, this.connect, this.status),
      this.devices,
      this.pickUp,
      this.teach,
      this.listening,
    );
    this.connect.addEventListener("click", () => void this.open());
    this.learn.addEventListener("click", () => this.toggleLearning());
    // typing in here must not reach Streamlit's own keys; Escape closes what the panel lies in
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") event.stopPropagation();
    });
    desk.onChange(() => this.draw());
    setInterval(() => this.drawMessages(), DRAW_MS);
    this.draw();
  }

  private async open(): Promise<void> {
    // a MIDI message is no gesture that lets the sound begin; this click is
    const { audio } = this.engine.state;
    if (audio === "off" || audio === "suspended") void this.engine.start().catch(() => undefined);
    await this.desk.connection.connect();
  }

  private draw(): void {
    const { access, sentence, devices } = this.desk.connection;
    // not `disabled`: the focus would be lost, and Escape with it
    this.connect.setAttribute("aria-disabled", String(access === "asking" || access === "open"));
    this.status.textContent = access === "open" ? found(devices.length) : access === "asking" ? "The browser is asking …" : sentence;
    this.status.classList.toggle("midi-wrong", access === "denied" || access === "unsupported");
    this.drawDevices(devices);
    const chosen = this.from.value;
    this.from.replaceChildren(...devices.map((device) => el("option", "", { value: device.id }, device.name)));
    if (devices.some((device) => device.id === chosen)) this.from.value = chosen;
    this.teach.hidden = this.listening.hidden = devices.length === 0;
    this.drawLearning();
  }

  /** The lines are made anew; the keyboard's place among them is kept. */
  private drawDevices(devices: Device[]): void {
    const page = this.root.getRootNode() as Document | ShadowRoot;
    const within = page.activeElement !== undefined && this.devices.contains(page.activeElement) ? page.activeElement : null;
    const label = within?.getAttribute("aria-label");
    this.devices.replaceChildren(...devices.map((device) => this.deviceLine(device)));
    if (within === null) return;
    const all = [...this.devices.querySelectorAll<HTMLElement>("button, input, summary")];
    (all.find((one) => one.getAttribute("aria-label") === label) ?? all.find((one) => one.tagName === "SUMMARY") ?? this.connect).focus();
  }

  private deviceLine(device: Device): HTMLElement {
    const map = this.desk.mapOf(device.id);
    const line = el("li", "midi-device", {}, el("strong", "", {}, device.name));
    if (map === null) return line;
    const said = map.rows.length === 0 ? "no map yet: learn its controls or import a map" : `${map.name} · ${map.rows.length} messages`;
    const problem = el("span", "midi-wrong", { role: "alert" });
    const file = el("input", "midi-file", { type: "file", accept: ".json,application/json", "aria-label": `Import a map for ${device.name}` });
    file.addEventListener("change", () => void this.take(device, file, problem));
    line.append(
      el("span", "midi-said", {}, said),
      action("Export", `Export the map of ${device.name}`, () => download(map)),
      el("label", "midi-button midi-import", {}, "Import", file),
      action("Reset", `Forget what ${device.name} has learnt`, () => this.desk.reset(device)),
      problem,
      this.rowList(device, map),
    );
    return line;
  }

  private rowList(device: Device, map: DeviceMap): HTMLElement {
    const list = el("ul", "midi-rows");
    const details = el("details", "midi-all", {}, el("summary", "", { "aria-label": `All messages of ${device.name}` }, "All messages"), list);
    details.hidden = map.rows.length === 0;
    const line = (row: Row) =>
      el(
        "li",
        "midi-line",
        {},
        el("code", "", {}, `${hex(row.status)} ${hex(row.number)}`),
        el("span", "midi-said", {}, row.control === null ? row.label : named(row.control, row.deck, row.index)),
        action("Remove", `Remove ${row.label}, ${hex(row.status)} ${hex(row.number)}`, () => this.desk.forget(device.id, row)),
      );
    // hundreds of lines, made when they are asked for
    const fill = () => list.replaceChildren(...(details.open ? map.rows.map(line) : []));
    details.addEventListener("toggle", () => {
      if (details.open) this.opened.add(device.id);
      else this.opened.delete(device.id);
      fill();
    });
    details.open = this.opened.has(device.id);
    fill();
    return details;
  }

  private async take(device: Device, input: HTMLInputElement, problem: HTMLElement): Promise<void> {
    const file = input.files?.[0];
    if (file === undefined) return;
    input.value = ""; // the same file may be chosen again once it is mended
    try {
      this.desk.use(device, fromText(await file.text()));
    } catch (error) {
      if (!(error instanceof MapError)) throw error;
      problem.textContent = `${file.name} can't be used: ${error.message}.`;
    }
  }

  // -- learn -----------------------------------------------------------------------------------------

  private toggleLearning(): void {
    if (this.desk.learning) this.desk.stopLearning();
    else this.desk.learn(this.from.value, parsed(this.control.value));
  }

  private drawLearning(): void {
    const { learnt } = this.desk;
    this.learn.textContent = this.desk.learning ? "Cancel" : "Learn";
    this.learn.setAttribute("aria-pressed", String(this.desk.learning));
    this.learning.classList.toggle("midi-wrong", learnt?.guess != null && "problem" in learnt.guess);
    this.learning.textContent = learnt === null ? "" : learnt.guess === null ? instruction(learnt.target) : outcome(learnt.target, learnt.guess);
  }

  // -- monitor ---------------------------------------------------------------------------------------

  private drawMessages(): void {
    // put away in the middle of it: the controller must not stay deaf
    if (this.desk.learning && !this.root.checkVisibility()) this.desk.stopLearning();
    if (!this.root.isConnected || this.desk.heard === this.drawn) return;
    this.drawn = this.desk.heard;
    const last = this.desk.monitor.slice(-MONITOR_SHOWN).reverse();
    this.monitor.replaceChildren(
      ...last.map((line) => el("li", "", { title: line.device }, el("code", "", {}, line.hex), el("span", "midi-said", {}, line.words))),
    );
    const percent = (value: number) => `${Math.round(100 * value)} %`;
    this.pickUp.textContent = this.desk
      .waiting()
      .map(({ control, deck, hardware }) => {
        const screen = standing(this.engine.state, control, deck) ?? 0;
        return `Pick up ${named(control, deck)}: hardware ${percent(hardware)}, screen ${percent(screen)}.`;
      })
      .join(" ");
  }
}

const found = (count: number): string =>
  count === 0 ? "No controller is plugged in. It is found as soon as it is." : `${count} controller${count === 1 ? "" : "s"} connected.`;

function outcome(target: Target, guess: NonNullable<MidiDesk["learnt"]>["guess"] & object): string {
  const name = named(target.control, target.deck, target.index);
  if ("problem" in guess) return `${name}: ${guess.problem}`;
  const { row } = guess;
  const fine = row.lsb === undefined ? "" : ` and ${hex(row.lsb)}`;
  return `${name} is now ${hex(row.status)} ${hex(row.number)}${fine} (${row.kind}${row.invert === true ? ", the other way round" : ""}).`;
}

function action(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = el("button", "midi-button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}

function download(map: DeviceMap): void {
  const url = URL.createObjectURL(new Blob([toText(map)], { type: "application/json" }));
  el("a", "", { href: url, download: `${map.name.replace(/[^\w-]+/g, "-")}.json` }).click();
  URL.revokeObjectURL(url);
}

/** Every control there is, by deck. */
function controlSelect(): HTMLSelectElement {
  const select = el("select", "midi-select", { "aria-label": "Control to learn" });
  for (const deck of DECKS) select.append(group(`Deck ${deck.toUpperCase()}`, "deck", deck));
  select.append(group("Mixer", "global"));
  return select;
}

function group(label: string, scope: ControlFacts["scope"], deck?: DeckId): HTMLElement {
  const options = (Object.entries(CONTROLS) as [ControlName, ControlFacts][])
    .filter(([, facts]) => facts.scope === scope)
    .flatMap(([control, facts]) => {
      const indices = facts.count === undefined ? [undefined] : Array.from({ length: facts.count }, (_, i) => i);
      return indices.map((index) => el("option", "", { value: [control, deck ?? "", index ?? ""].join(" ") }, named(control, deck, index)));
    });
  return el("optgroup", "", { label }, ...options);
}

function parsed(value: string): Target {
  const [control, deck, index] = value.split(" ");
  const target: Target = { control: control as ControlName };
  if (deck) target.deck = deck as DeckId;
  if (index) target.index = Number(index);
  return target;
}
