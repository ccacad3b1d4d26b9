"""Keys, scales, chords and progressions.

Conventions: a pitch class is 0 (C) to 11 (B); notes are MIDI numbers (69 = A4 = 440 Hz); names use
sharps, never flats. A progression is written in Roman numerals, capitals for major thirds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.errors import BadSpec

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}
_NUMERALS = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
_TOKEN = re.compile(r"^(b?)([ivIV]+)(o?)(sus4|sus2)?$")
# Richness of the chords: how many thirds are stacked on the root.
RICHNESS = {"power": 2, "triad": 3, "seventh": 4, "ninth": 5}


@dataclass(frozen=True)
class Key:
    """A tonic and a mode.

    Parameters
    ----------
    tonic
        Pitch class of the tonic, 0 to 11.
    mode
        ``"major"`` or ``"minor"``.
    """

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """The key as reports write it: ``"A# minor"``."""
        return f"{NOTE_NAMES[self.tonic]} {self.mode}"

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes, tonic first."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])


@dataclass(frozen=True)
class Chord:
    """A chord as played: its root and what lies above it.

    Parameters
    ----------
    root
        Pitch class of the root.
    intervals
        Semitones above the root, ascending, starting with 0.
    """

    root: int
    intervals: tuple[int, ...]

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Every pitch class sounding, root first."""
        return tuple((self.root + step) % 12 for step in self.intervals)

    @property
    def name(self) -> str:
        """Root and triad quality, such as ``"A#m"``, ``"C"``, ``"Bdim"``, ``"Esus4"``."""
        steps = set(self.intervals)
        if 3 in steps:
            quality = "dim" if 6 in steps and 7 not in steps else "m"
        elif 4 in steps:
            quality = ""
        elif 5 in steps:
            quality = "sus4"
        elif 2 in steps:
            quality = "sus2"
        else:
            quality = "5"
        return NOTE_NAMES[self.root] + quality


def parse_key(name: str) -> Key:
    """Read a key such as ``"A# minor"``.

    Raises
    ------
    BadSpec
        If the name is not one of the 24.
    """
    note, _, mode = name.partition(" ")
    if note not in NOTE_NAMES or mode not in SCALES:
        raise BadSpec(f"unknown key {name!r}: write it like 'A# minor'")
    return Key(NOTE_NAMES.index(note), mode)


def frequency_hz(midi: float, detune_cents: float = 0.0) -> float:
    """Convert a MIDI note to Hz in equal temperament, the whole track detuned."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0 + detune_cents / 1200.0))


def chord_of(token: str, key: Key, richness: str = "triad") -> Chord:
    """Read what a Roman numeral means in a key.

    Sevenths and ninths are the scale's own; a ninth a semitone above the root is left out, as
    players do. ``bII`` and the like lower the scale's degree by a semitone.

    Parameters
    ----------
    token
        Such as ``"i"``, ``"VI"``, ``"V"`` (major dominant in minor), ``"viio"``, ``"ivsus2"``.
    key
        The key it is read in.
    richness
        ``"power"``, ``"triad"``, ``"seventh"`` or ``"ninth"``.
    """
    match = _TOKEN.match(token)
    if not match or match[2].lower() not in _NUMERALS:
        raise BadSpec(f"unknown chord {token!r}: write Roman numerals such as 'i' or 'VI'")
    scale = SCALES[key.mode]
    degree = _NUMERALS[match[2].lower()]
    root = scale[degree] - (1 if match[1] else 0)
    third = 3 if match[2].islower() else 4
    if match[4]:
        third = 5 if match[4] == "sus4" else 2
    fifth = 6 if match[3] else 7
    if richness == "power":
        return Chord((key.tonic + root) % 12, (0, 7))
    intervals = [0, third, fifth]
    if RICHNESS[richness] >= 4 and not match[1]:
        intervals.append((scale[(degree + 6) % 7] - root) % 12)
    if RICHNESS[richness] >= 5 and not match[1]:
        ninth = (scale[(degree + 1) % 7] - root) % 12
        if ninth == 2:
            intervals.append(14)
    return Chord((key.tonic + root) % 12, tuple(intervals))


def voice_near(chord: Chord, center_midi: int) -> tuple[int, ...]:
    """Place the chord's notes near a centre, for smooth voice leading.

    Returns
    -------
    tuple of int
        MIDI notes, ascending, one per pitch class.
    """
    low = center_midi - 6
    return tuple(sorted(low + (pc - low) % 12 for pc in set(chord.pitch_classes)))


def scale_note(key: Key, degree: int, octave_midi: int) -> int:
    """Find a scale degree's MIDI note, counted from the tonic at or above a note."""
    octave, step = divmod(degree, 7)
    base = octave_midi + (key.tonic - octave_midi) % 12
    return base + 12 * octave + SCALES[key.mode][step]
