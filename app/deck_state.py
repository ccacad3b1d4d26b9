"""Which track lies on which deck: a pure value with the rules that the page must keep."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analysis.errors import SegueError

Deck = Literal["a", "b"]
DECKS: tuple[Deck, Deck] = ("a", "b")

NEAR = 0.04
"""Tempi within 4 % of one another are brought together without being heard to change."""


def other(deck: Deck) -> Deck:
    """Return the deck across the mixer."""
    return "b" if deck == "a" else "a"


class SameTrackTwice(SegueError):
    """A track that was to be loaded while it already lies on the other deck."""

    def __init__(self, deck: Deck) -> None:
        super().__init__(deck)
        self.deck = deck

    def __str__(self) -> str:
        return (
            f"SameTrackTwice: this track is already on deck {other(self.deck).upper()};"
            " pick another one"
        )


@dataclass(frozen=True)
class DeckState:
    """The track ids on both decks; None is an empty deck.

    The same track is never on both, whatever a URL or a race says: see :meth:`read`.
    """

    a: str | None = None
    b: str | None = None

    def on(self, deck: Deck) -> str | None:
        """Return the track id on a deck."""
        return self.a if deck == "a" else self.b

    def load(self, deck: Deck, track_id: str | None) -> DeckState:
        """Return the state with a track put on a deck (None empties it).

        Raises
        ------
        SameTrackTwice
            If the track lies on the other deck.
        """
        if track_id is not None and track_id == self.on(other(deck)):
            raise SameTrackTwice(deck)
        return replace(self, **{deck: track_id})

    def without_unknown(self, known: Collection[str]) -> DeckState:
        """Return the state with tracks that the library does not know taken off."""
        return DeckState(*(self.on(deck) if self.on(deck) in known else None for deck in DECKS))

    @classmethod
    def read(cls, query: Mapping[str, str]) -> DeckState:
        """Return the state a URL's query says (``?a=…&b=…``); a track named twice is on A."""
        a, b = query.get("a") or None, query.get("b") or None
        return cls(a, b if b != a else None)

    def query(self) -> dict[str, str]:
        """Return the URL query that :meth:`read` understands."""
        return {deck: track for deck in DECKS if (track := self.on(deck))}


def first_pair(
    tempos: Mapping[str, float | None],
    asked_a: Sequence[str],
    asked_b: Sequence[str],
    follow: Callable[[str], Sequence[str]],
) -> DeckState:
    """Choose the two tracks of a first screen, such that they can be mixed.

    Parameters
    ----------
    tempos
        Every track id in the library's order, with its tempo in BPM; None where it is not sure.
    asked_a, asked_b
        The track ids that the instructions' query of each deck finds, best first; may be empty.
    follow
        For a track id, the ids that would follow it well, best first; may return none.

    Returns
    -------
    DeckState
        Deck A by its query, else the track that most others are near in tempo; deck B by its
        query, else what follows A best, else the track nearest to A in tempo. Empty decks where
        there are too few tracks.
    """
    a = next(iter([*asked_a, *_by_company(tempos)]), None)
    if a is None:
        return DeckState()
    for candidates in (asked_b, follow(a), _by_tempo(tempos, tempos.get(a))):
        b = next((track for track in candidates if track != a), None)
        if b is not None:
            return DeckState(a, b)
    return DeckState(a)


def _by_company(tempos: Mapping[str, float | None]) -> list[str]:
    """Return tracks, those first that most others could be brought to the tempo of."""
    known = sorted(bpm for bpm in tempos.values() if bpm is not None)

    def company(bpm: float | None) -> int:
        if bpm is None:
            return 0
        return bisect_right(known, bpm * (1 + NEAR)) - bisect_left(known, bpm * (1 - NEAR))

    return sorted(tempos, key=lambda track: -company(tempos[track]))


def _by_tempo(tempos: Mapping[str, float | None], bpm: float | None) -> list[str]:
    """Return tracks, those nearest to a tempo first."""

    def away(other_bpm: float | None) -> float:
        return math.inf if bpm is None or other_bpm is None else abs(math.log(other_bpm / bpm))

    return sorted(tempos, key=lambda track: away(tempos[track]))
