"""Keys as the library compares them: root, mode and place on the Camelot wheel.

Notation is `analysis.keys`'s: any spelling in, ``"A# minor"`` inside.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis import keys

NOTES = keys.PITCH_CLASSES
"""Pitch classes 0–11, with sharps as in every report."""


@dataclass(frozen=True)
class Key:
    """A major or minor key.

    Parameters
    ----------
    root
        Pitch class 0–11, C = 0.
    minor
        True for minor.
    """

    root: int
    minor: bool

    def __str__(self) -> str:
        return keys.join_key(self.root, "minor" if self.minor else "major")

    @property
    def camelot(self) -> str:
        """Camelot label, ``"8A"`` for A minor."""
        return keys.to_camelot(str(self))

    @property
    def number(self) -> int:
        """Camelot number, 1–12."""
        return int(self.camelot[:-1])


def parse_key(text: str | None) -> Key | None:
    """Return the key that ``text`` names (``"Bbm"``, ``"8A"``, ``"1m"`` …), or None."""
    name = keys.parse_key(text or "")
    if name is None:
        return None
    root, mode = keys.split_key(name)
    return Key(root, mode == "minor")
