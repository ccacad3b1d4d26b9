// The browser's MIDI: asked for by a click, never before; devices come and go.

export type Access = "closed" | "asking" | "open" | "denied" | "unsupported";

export interface Device {
  id: string;
  name: string;
  send(bytes: number[]): void;
}

const ELSE = "Mouse and keyboard work as before.";

export interface ConnectionEvents {
  /** Access or the list of devices is another. */
  changed(): void;
  plugged(device: Device): void;
  unplugged(device: Device): void;
  message(device: Device, bytes: Uint8Array): void;
}

type MidiNavigator = Pick<Navigator, "requestMIDIAccess" | "permissions">;

export class Connection {
  access: Access = "closed";
  /** Why there is no MIDI, one sentence, or "". */
  sentence = "";
  private midi: MIDIAccess | null = null;
  private readonly present = new Map<string, { device: Device; input: MIDIInput }>();

  constructor(
    private readonly events: ConnectionEvents,
    private readonly browser: Partial<MidiNavigator> = globalThis.navigator,
  ) {}

  get devices(): Device[] {
    return [...this.present.values()].map(({ device }) => device);
  }

  /** Whether system exclusive messages may be sent. */
  get sysex(): boolean {
    return this.midi?.sysexEnabled === true;
  }

  /** Asks the browser; to be called in a click. */
  async connect(): Promise<void> {
    if (this.access === "asking" || this.access === "open") return;
    const request = this.browser.requestMIDIAccess;
    if (typeof request !== "function") {
      const reason = globalThis.isSecureContext === false ? "MIDI needs a page from localhost or over https." : "This browser has no MIDI; Chrome, Edge and Firefox do.";
      return this.settle("unsupported", `${reason} ${ELSE}`);
    }
    this.settle("asking", "");
    try {
      const sysex = await this.sysexGranted();
      this.midi = await request.call(this.browser, { sysex });
    } catch (error) {
      return this.settle("denied", `${refusal(error)} ${ELSE}`);
    }
    this.midi.onstatechange = () => this.look();
    this.settle("open", "");
    this.look();
  }

  /** System exclusive is a permission of its own; it is used where given, never asked for. */
  private async sysexGranted(): Promise<boolean> {
    try {
      const asked = { name: "midi", sysex: true } as unknown as PermissionDescriptor;
      return (await this.browser.permissions?.query(asked))?.state === "granted";
    } catch {
      return false; // browsers that don't know the question
    }
  }

  private settle(access: Access, sentence: string): void {
    this.access = access;
    this.sentence = sentence;
    this.events.changed();
  }

  private look(): void {
    if (this.midi === null) return;
    const found = new Map<string, MIDIInput>();
    for (const input of this.midi.inputs.values()) {
      if (input.state !== "disconnected") found.set(input.id, input);
    }
    for (const [id, { device, input }] of [...this.present]) {
      if (found.get(id) === input) continue;
      input.onmidimessage = null;
      this.present.delete(id);
      this.events.unplugged(device);
    }
    for (const [id, input] of found) {
      if (!this.present.has(id)) this.take(id, input);
    }
    this.events.changed();
  }

  private take(id: string, input: MIDIInput): void {
    const device: Device = {
      id,
      name: input.name ?? "MIDI device",
      send: (bytes) => {
        try {
          this.outputFor(input)?.send(bytes);
        } catch {
          // pulled out between two messages: onstatechange says so next
        }
      },
    };
    this.present.set(id, { device, input });
    input.onmidimessage = (event: MIDIMessageEvent) => {
      if (event.data !== null) this.events.message(device, event.data);
    };
    this.events.plugged(device);
  }

  /** Lamps go to the output of the input's name: the two have different ids. */
  private outputFor(input: MIDIInput): MIDIOutput | null {
    for (const output of this.midi?.outputs.values() ?? []) {
      if (output.name === input.name && output.state !== "disconnected") return output;
    }
    return null;
  }
}

function refusal(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "The browser was not allowed to use MIDI; the padlock beside the address lets you change that.";
  }
  return "The system's MIDI can't be reached; is another program using the controller?";
}
