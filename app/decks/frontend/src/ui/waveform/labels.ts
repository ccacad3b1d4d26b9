// Small words on the waveforms, each painted once and then copied: writing anew on every frame
// would take longer than all the rest of the picture.

const SIZE = 10; // in units
const ASCENT = 11;
const HEIGHT = 14;
/** Beyond this many everything is painted anew: tracks have come and gone. */
const KEPT = 600;

/** Where words are painted: one for all, for making one asks the graphics process and waits. */
let easel: OffscreenCanvas | null = null;

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

  /** Writes a whole number digit by digit: a new bar's number needs no new picture. */
  number(pen: CanvasRenderingContext2D, value: number, x: number, y: number, colour: string): void {
    const digits = String(value);
    let left = x;
    for (let i = 0; i < digits.length; i += 1) {
      const digit = this.word(digits[i]!, colour);
      pen.drawImage(digit.picture, Math.round(left), Math.round(y - ASCENT * this.unit));
      left += digit.width;
    }
  }

  private word(text: string, colour: string): Word {
    const key = `${colour} ${text}`;
    const known = this.words.get(key);
    if (known) return known;
    if (this.words.size >= KEPT) this.forget();
    const font = `${Math.round(SIZE * this.unit)}px system-ui, sans-serif`;
    const canvas = (easel ??= new OffscreenCanvas(1, 1));
    canvas.height = Math.ceil(HEIGHT * this.unit);
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
