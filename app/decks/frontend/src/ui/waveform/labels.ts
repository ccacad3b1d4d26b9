// Small words on the waveforms, each painted once and then copied: writing anew on every frame
// would take longer than all the rest of the picture.

const SIZE = 10; // in units
const ASCENT = 11;
const HEIGHT = 14;
/** Beyond this many everything is painted anew: tracks have come and gone. */
const KEPT = 600;

interface Word {
  picture: ImageBitmap;
  width: number;
}

export class Labels {
  private readonly words = new Map<string, Word>();

  constructor(private readonly unit: number) {}

  /** The width of a word in pixels. */
  width(text: string, colour: string): number {
    return this.word(text, colour).width;
  }

  /** Writes with the left end of the base line at x, y. */
  write(pen: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string): void {
    pen.drawImage(this.word(text, colour).picture, Math.round(x), Math.round(y - ASCENT * this.unit));
  }

  private word(text: string, colour: string): Word {
    const key = `${colour} ${text}`;
    const known = this.words.get(key);
    if (known) return known;
    if (this.words.size >= KEPT) this.forget();
    const font = `${Math.round(SIZE * this.unit)}px system-ui, sans-serif`;
    const canvas = new OffscreenCanvas(1, Math.ceil(HEIGHT * this.unit));
    const pen = canvas.getContext("2d");
    let width = 0;
    if (pen) {
      pen.font = font;
      width = pen.measureText(text).width;
      canvas.width = Math.max(1, Math.ceil(width)); // which also resets the pen
      pen.font = font;
      pen.fillStyle = colour;
      pen.fillText(text, 0, ASCENT * this.unit);
    }
    const made = { picture: canvas.transferToImageBitmap(), width };
    this.words.set(key, made);
    return made;
  }

  private forget(): void {
    for (const { picture } of this.words.values()) picture.close();
    this.words.clear();
  }
}
