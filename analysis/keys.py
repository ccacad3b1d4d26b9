"""Keys by name: notation, the Camelot wheel, and how two keys relate.

Conventions
-----------
A key is written ``"A# minor"``: a root with a sharp or none, a space, ``major`` or ``minor``.
Camelot counts fifths from A-flat minor = 1A, with B for major: A minor is 8A, C major 8B. Open
Key counts from C major = 1d, A minor = 1m. Pitch classes count semitones from C = 0.
"""

from __future__ import annotations

import re
from typing import Literal

Mode = Literal["major", "minor"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MODES: tuple[Mode, Mode] = ("major", "minor")
KEYS = tuple(f"{root} {mode}" for mode in MODES for root in PITCH_CLASSES)
"""All 24 keys: C major … B major, then C minor … B minor."""

_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_CAMELOT = re.compile(r"0?([1-9]|1[0-2])\s*([ab])")
_OPEN_KEY = re.compile(r"0?([1-9]|1[0-2])\s*([dm])")
_NAMED = re.compile(
    r"([a-g])\s*(#|b|sharp|-sharp|flat|-flat|is)?\s*[-_ ]?\s*(major|maj|minor|min|moll|dur|m)?"
)

Relation = Literal[
    "same", "relative", "fifth_up", "fifth_down", "parallel", "diagonal", "whole_tone_up",
    "whole_tone_down", "semitone_up", "semitone_down", "distant",
]  # fmt: skip


def split_key(key: str) -> tuple[int, Mode]:
    """Return pitch class and mode of a canonical key.

    Raises
    ------
    ValueError
        If ``key`` is not one of `KEYS`.
    """
    index = KEYS.index(key)
    return index % 12, MODES[index // 12]


def join_key(pitch_class: int, mode: Mode) -> str:
    """Return the canonical name, for example ``join_key(10, "minor") == "A# minor"``."""
    return f"{PITCH_CLASSES[pitch_class % 12]} {mode}"


def transpose(key: str, semitones: int) -> str:
    """Return ``key`` moved by whole semitones, as a change of pitch without key-lock does."""
    root, mode = split_key(key)
    return join_key(root + semitones, mode)


def to_camelot(key: str) -> str:
    """Return the Camelot code, for example ``"8A"`` for A minor."""
    root, mode = split_key(key)
    major_root = root if mode == "major" else root + 3
    return f"{(7 * major_root + 7) % 12 + 1}{'B' if mode == 'major' else 'A'}"


def from_camelot(code: str) -> str:
    """Return the key of a Camelot code.

    Raises
    ------
    ValueError
        If ``code`` is not 1A–12B.
    """
    match = _CAMELOT.fullmatch(code.strip().lower())
    if match is None:
        raise ValueError(f"{code!r} is no Camelot code (1A–12B)")
    return _from_wheel(int(match[1]), "minor" if match[2] == "a" else "major")


def to_open_key(key: str) -> str:
    """Return the Open Key code, for example ``"1m"`` for A minor."""
    code = to_camelot(key)
    number = (int(code[:-1]) + 4) % 12 + 1
    return f"{number}{'m' if code[-1] == 'A' else 'd'}"


def parse_key(text: str) -> str | None:
    """Return the canonical key that a tag or a DJ's word means, or None.

    Understands names with sharps and flats (``Bbm``, ``F♯ minor``, ``C maj``), Camelot
    (``08A``) and Open Key (``1m``). A bare root means major.
    """
    plain = text.strip().replace("♯", "#").replace("♭", "b")
    code = plain.lower()
    if match := _CAMELOT.fullmatch(code):
        return _from_wheel(int(match[1]), "minor" if match[2] == "a" else "major")
    if match := _OPEN_KEY.fullmatch(code):
        number = (int(match[1]) + 6) % 12 + 1
        return _from_wheel(number, "minor" if match[2] == "m" else "major")
    match = _NAMED.fullmatch(code)
    if match is None:
        return None
    root = _NATURAL[match[1].upper()]
    accidental = (match[2] or "").lstrip("-")
    root += {"#": 1, "sharp": 1, "is": 1, "b": -1, "flat": -1}.get(accidental, 0)
    word = match[3] or ""
    if word == "m" and plain.endswith("M"):  # CM is C major, Cm is C minor
        word = "major"
    return join_key(root, "minor" if word in {"m", "min", "minor", "moll"} else "major")


def relation(from_key: str, to_key: str) -> Relation:
    """Return how ``to_key`` is reached from ``from_key``.

    ``fifth_up`` and ``fifth_down`` are one step on the Camelot wheel with the same letter,
    ``relative`` changes the letter alone, ``diagonal`` does both, ``parallel`` keeps the root,
    ``whole_tone_up`` is the energy boost of two steps.
    """
    from_root, from_mode = split_key(from_key)
    to_root, to_mode = split_key(to_key)
    step = (to_root - from_root) % 12
    if from_mode == to_mode:
        same_mode: dict[int, Relation] = {
            0: "same", 7: "fifth_up", 5: "fifth_down", 2: "whole_tone_up", 10: "whole_tone_down",
            1: "semitone_up", 11: "semitone_down",
        }  # fmt: skip
        return same_mode.get(step, "distant")
    if from_mode == "minor":
        step = (-step) % 12  # seen from the major key
    other_mode: dict[int, Relation] = {9: "relative", 0: "parallel", 4: "diagonal", 2: "diagonal"}
    return other_mode.get(step, "distant")


def wheel_steps(from_key: str, to_key: str) -> int:
    """Return the steps between two keys on the Camelot wheel: 0–6, plus 1 for another letter."""
    one, other = to_camelot(from_key), to_camelot(to_key)
    around = (int(one[:-1]) - int(other[:-1])) % 12
    return min(around, 12 - around) + (one[-1] != other[-1])


def _from_wheel(number: int, mode: Mode) -> str:
    major_root = (7 * (number - 8)) % 12
    return join_key(major_root if mode == "major" else major_root - 3, mode)
