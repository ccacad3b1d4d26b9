// The master as a WAV file. Pieces become blobs at once, which the browser keeps on disk.

const HEADER_BYTES = 44;
const BYTES_A_FRAME = 4;

/** Head of a 16-bit stereo WAV file with so many frames. */
export function wavHeader(frames: number, sampleRate: number): ArrayBuffer {
  const head = new DataView(new ArrayBuffer(HEADER_BYTES));
  const word = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) head.setUint8(at + i, text.charCodeAt(i));
  };
  const bytes = Math.min(frames * BYTES_A_FRAME, 0xffffffff - HEADER_BYTES);
  word(0, "RIFF");
  head.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  word(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 2, true);
  head.setUint32(24, sampleRate, true);
  head.setUint32(28, sampleRate * BYTES_A_FRAME, true);
  head.setUint16(32, BYTES_A_FRAME, true);
  head.setUint16(34, 16, true);
  word(36, "data");
  head.setUint32(40, bytes, true);
  return head.buffer;
}

export class Recorder {
  private parts: Blob[] = [];
  private frames = 0;
  private readonly sampleRate: number;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
  }

  get seconds(): number {
    return this.frames / this.sampleRate;
  }

  add(data: Int16Array): void {
    this.frames += data.length / 2;
    this.parts.push(new Blob([data as Int16Array<ArrayBuffer>]));
  }

  /** The file so far. */
  file(): Blob {
    return new Blob([wavHeader(this.frames, this.sampleRate), ...this.parts], { type: "audio/wav" });
  }

  /** Offers the file for download under a name made of the time it began. */
  save(started: Date): void {
    const url = URL.createObjectURL(this.file());
    const link = document.createElement("a");
    link.href = url;
    link.download = `segue ${started.toISOString().slice(0, 16).replace("T", " ").replace(":", ".")}.wav`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
