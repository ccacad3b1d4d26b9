// The browser's side of the sound: the audio context, the decks' processor, headphones, preview.

import { PROCESSOR, type FromProcessor, type ToProcessor } from "./messages";

const HERE = import.meta.url;
/** Choice of headphone output that means the third and fourth channel of the main one. */
export const CHANNELS_34 = "channels34";
/** Choice that makes the browser name the other outputs, which it does once the microphone is allowed. */
export const FIND_OUTPUTS = "find";
const PREVIEW_INPUT = 0;
const MASTER_OUTPUT = 0;
const PHONES_OUTPUT = 1;

export class Sound {
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
  private readonly stream: MediaStreamAudioDestinationNode;
  private readonly phones = new Audio();
  private merger: ChannelMergerNode | null = null;
  private readonly previews = new WeakSet<HTMLMediaElement>();

  private constructor(context: AudioContext, onMessage: (message: FromProcessor) => void, onBroken: () => void) {
    this.context = context;
    this.node = new AudioWorkletNode(context, PROCESSOR, {
      numberOfInputs: 1,
      numberOfOutputs: 2,
      outputChannelCount: [2, 2],
    });
    this.node.port.onmessage = (event: MessageEvent<FromProcessor>) => onMessage(event.data);
    this.node.onprocessorerror = onBroken;
    this.node.connect(context.destination, MASTER_OUTPUT);
    this.stream = new MediaStreamAudioDestinationNode(context);
  }

  /** Loads the processor into a context that was made in a user's gesture. */
  static async open(
    context: AudioContext,
    onMessage: (message: FromProcessor) => void,
    onBroken: () => void,
  ): Promise<Sound> {
    await context.audioWorklet.addModule(new URL("processor.js", HERE));
    return new Sound(context, onMessage, onBroken);
  }

  post(message: ToProcessor): void {
    const transfer = message.type === "chunk" ? [message.data.buffer as ArrayBuffer] : [];
    this.node.port.postMessage(message, transfer);
  }

  /** Plays an audio element on the third channel; a second call for the same one changes nothing. */
  preview(audio: HTMLMediaElement): void {
    if (this.previews.has(audio)) return;
    this.previews.add(audio);
    this.context.createMediaElementSource(audio).connect(this.node, 0, PREVIEW_INPUT);
  }

  /** Sends the headphones to a device ("" for none). Throws where the browser can't. */
  async setPhones(device: string): Promise<void> {
    this.quietPhones();
    if (device === "") return;
    if (device === CHANNELS_34) return this.toChannels34();
    if (!("setSinkId" in this.phones)) throw new Error("This browser can't send the headphones to another output.");
    this.node.connect(this.stream, PHONES_OUTPUT);
    this.phones.srcObject = this.stream.stream;
    await this.phones.setSinkId(device);
    await this.phones.play();
  }

  /** Outputs that the headphones may be sent to, or the choice that makes the browser name them. */
  async outputs(): Promise<{ id: string; label: string }[]> {
    const found = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const speakers = found.filter((device) => device.kind === "audiooutput");
    const named = speakers.filter((device) => device.deviceId !== "");
    const devices = named.map((device, i) => ({ id: device.deviceId, label: device.label || `Output ${i + 1}` }));
    if (speakers.length > 0 && named.length === 0) devices.push({ id: FIND_OUTPUTS, label: "Find other outputs …" });
    if (this.context.destination.maxChannelCount >= 4) {
      devices.unshift({ id: CHANNELS_34, label: "Channels 3/4 of the main output" });
    }
    return devices;
  }

  /** Asks for the microphone, only to be told the outputs' names; nothing is recorded. */
  async findOutputs(): Promise<void> {
    const heard = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of heard.getTracks()) track.stop();
  }

  private quietPhones(): void {
    this.phones.pause();
    this.phones.srcObject = null;
    this.node.disconnect(PHONES_OUTPUT);
    if (!this.merger) return;
    this.merger.disconnect();
    this.merger = null;
    this.node.disconnect(MASTER_OUTPUT);
    this.context.destination.channelCount = 2;
    this.node.connect(this.context.destination, MASTER_OUTPUT);
  }

  private toChannels34(): void {
    const { context, node } = this;
    if (context.destination.maxChannelCount < 4) throw new Error("The main output has no channels 3 and 4.");
    context.destination.channelCount = 4;
    context.destination.channelInterpretation = "discrete";
    this.merger = new ChannelMergerNode(context, { numberOfInputs: 4 });
    node.disconnect(MASTER_OUTPUT);
    for (const [output, first] of [[MASTER_OUTPUT, 0], [PHONES_OUTPUT, 2]] as const) {
      const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
      node.connect(splitter, output);
      splitter.connect(this.merger, 0, first);
      splitter.connect(this.merger, 1, first + 1);
    }
    this.merger.connect(context.destination);
  }

  /** Gaps in the sound that the browser has counted; 0 where it doesn't count. */
  get underruns(): number {
    const context = this.context as AudioContext & {
      playbackStats?: { underrunEvents?: number };
      playoutStats?: { fallbackFramesEvents?: number };
    };
    return context.playbackStats?.underrunEvents ?? context.playoutStats?.fallbackFramesEvents ?? 0;
  }

  async close(): Promise<void> {
    this.quietPhones();
    await this.context.close();
  }
}
