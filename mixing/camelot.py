"""How two keys relate on the Camelot wheel, in points and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

CLASH_POINTS = 9.0
"""Two keys with little in common over a full blend: about what a wrong phrase costs."""

UNKNOWN_POINTS = 4.0
"""Not knowing is nearly half a clash: half of all pairs do clash."""


@dataclass(frozen=True)
class KeyLink:
    """A relation of two keys.

    Parameters
    ----------
    points
        Penalty over a full blend.
    words
        The relation as a DJ says it.
    """

    points: float
    words: str


def parse_camelot(code: str | None) -> tuple[int, str] | None:
    """Return (hour 1–12, "A" or "B"), or None where the code is not one."""
    match = re.fullmatch(r"(1[0-2]|[1-9])([AB])", (code or "").strip().upper())
    return (int(match[1]), match[2]) if match else None


def camelot_relation(first: str | None, second: str | None) -> KeyLink:
    """Return how ``second`` follows ``first``.

    The wheel orders keys by fifths, minor (A) inside and major (B) outside: neighbours share
    six of seven notes.
    """
    one, two = parse_camelot(first), parse_camelot(second)
    if one is None or two is None:
        return KeyLink(UNKNOWN_POINTS, "a key is unknown")
    way = (two[0] - one[0]) % 12
    hours = min(way, 12 - way)
    codes = f"{first} → {second}"
    if one[1] == two[1]:
        if hours == 0:
            return KeyLink(0.0, f"{codes}: same key")
        if hours == 1:
            return KeyLink(0.5, f"{codes}: a fifth apart, blends well")
        if hours == 2:
            return KeyLink(3.5, f"{codes}: a whole tone apart, bearable for a while")
    else:
        if hours == 0:
            return KeyLink(0.5, f"{codes}: relative keys, same notes")
        if hours == 1:
            return KeyLink(2.5, f"{codes}: a diagonal step, usually fine")
        if hours == 3:
            return KeyLink(5.0, f"{codes}: parallel keys, mood changes")
    return KeyLink(CLASH_POINTS, f"{codes}: the keys clash")
