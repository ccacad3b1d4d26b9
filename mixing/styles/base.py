"""What every style has, and how long it may be."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from mixing.moves import Moment
from mixing.plan import Echo, Lane, Segment

BARS = (1, 2, 4, 8, 16, 32)
"""Lengths a transition may have: what divides or repeats an 8-bar phrase."""

MAX_SWITCH_BARS = 4
"""A switch longer than this is a loop that outstays its welcome."""


@dataclass(frozen=True)
class Style(ABC):
    """What every style has.

    Parameters
    ----------
    name
        As the DJ writes it.
    says
        What it does, in one clause.
    blend
        Whether both tracks are heard together on one beat.
    default_bars
        Length when nothing else is asked.
    """

    name: str
    says: str
    blend: bool = True
    default_bars: int = 16

    def length(self, bars: int) -> int:
        """Return the bars that this style takes of those asked for."""
        return bars if self.blend else min(bars, MAX_SWITCH_BARS)

    @abstractmethod
    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves of faders, bands and filters."""

    def echoes(self, moment: Moment) -> list[Echo]:
        """Return the echoes that the lanes feed."""
        return []

    def replaced(self, track_sec: float, moment: Moment) -> list[Segment]:
        """Return what A plays during the moment in place of its own course; empty: nothing."""
        return []
