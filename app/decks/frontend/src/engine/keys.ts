// Names of keys after a shift in pitch.

const NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS: Record<string, string> = { Db: "C#", Eb: "D#", Gb: "F#", Ab: "G#", Bb: "A#" };
/** Camelot number of C major and of A minor; each fifth up adds one. */
const CAMELOT_C = 8;

const modulo = (x: number, n: number): number => ((x % n) + n) % n;

/** Moves a key name ("A minor") by semitones; null stays null, and so does what isn't a key. */
export function shiftKey(key: string | null, semitones: number): string | null {
  const [note, mode] = key?.split(" ") ?? [];
  const index = NOTES.indexOf(FLATS[note ?? ""] ?? note ?? "");
  if (index < 0 || !mode) return null;
  return `${NOTES[modulo(index + Math.round(semitones), 12)]} ${mode}`;
}

/** The Camelot code of a key name. */
export function camelot(key: string | null): string | null {
  const [note, mode] = key?.split(" ") ?? [];
  const index = NOTES.indexOf(note ?? "");
  if (index < 0) return null;
  const major = mode === "minor" ? index + 3 : index; // its relative major
  const fifths = modulo(major * 7, 12);
  return `${modulo(CAMELOT_C + fifths - 1, 12) + 1}${mode === "minor" ? "A" : "B"}`;
}

/** Semitones by which a deck sounds away from its recording. */
export function heardShift(keyShift: number, keylock: boolean, tempo: number): number {
  return keyShift + (keylock || tempo <= 0 ? 0 : 12 * Math.log2(tempo));
}
