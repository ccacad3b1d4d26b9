"""Two tracks, and one possible transition between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mixing.curves import Values, band_power
from mixing.facts import TrackFacts
from mixing.moves import Moment
from mixing.plan import Control, Lane, Side
from mixing.styles import AUTO, Style

MULTIPLES = (1.0, 2.0, 0.5)
"""Beats of B on a beat of A: equal, or 87 against 174 either way."""

MATCHED_SWITCH_STRETCH = 0.05
"""A switch keeps A's tempo up to this change; beyond it, B's own tempo is the lesser evil."""

CURVE_STEPS_PER_BAR = 8
"""Resolution of curves in the rules: half a beat, finer than any rule's threshold."""


@dataclass(frozen=True)
class _Moves:
    """What a style does at one moment, and the power it leaves to each side's bands."""

    lanes: list[Lane]
    powers: dict[tuple[Side, Control], Values] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """Both tracks and what was asked for.

    Parameters
    ----------
    a, b
        The tracks.
    style
        A style's name, or ``auto``.
    bars
        Length asked for; None leaves it to the rules.
    mix_out_sec, mix_in_sec
        Points the DJ has set (track time), else None.
    earliest_out_sec
        Track time in A before which no transition begins: in a set A has just come in.
    room_after_sec
        How much of B is left after the transition at least: in a set it goes out again.
    to_beats
        Whether the DJ's points go to the nearest beat, else to the nearest bar line.
    """

    a: TrackFacts
    b: TrackFacts
    style: str = AUTO
    bars: int | None = None
    mix_out_sec: float | None = None
    mix_in_sec: float | None = None
    earliest_out_sec: float = 0.0
    room_after_sec: float = 0.0
    to_beats: bool = False

    @cached_property
    def grid_problem(self) -> str | None:
        """Why beats cannot be matched at all, or None."""
        return self.a.grid_problem or self.b.grid_problem

    @cached_property
    def multiple(self) -> float:
        """Beats of B on one beat of A."""
        if not self.a.bpm or not self.b.bpm:
            return 1.0
        a, b = self.a.bpm, self.b.bpm
        return min(MULTIPLES, key=lambda each: abs(np.log(a * each / b)))

    @cached_property
    def ratio(self) -> float:
        """B's rate when it plays on A's beat."""
        if not self.a.bpm or not self.b.bpm:
            return 1.0
        return self.a.bpm * self.multiple / self.b.bpm

    @cached_property
    def moves(self) -> dict[tuple[str, int, float], _Moves]:
        """Moves by style, bars and start: found once, however many ways into B there are."""
        return {}

    @cached_property
    def wanted_bars(self) -> int:
        """The length to prefer."""
        return self.bars if self.bars is not None else 16


@dataclass(frozen=True)
class Candidate:
    """One possible transition.

    Parameters
    ----------
    pair
        The tracks.
    kind
        Which idea it came from, in words.
    style
        The style.
    bars
        Length in bars of A: the overlap of a blend, what A does before a switch.
    mix_out_sec
        Track time in A where a blend begins or a switch happens.
    mix_in_sec
        Track time in B where it begins.
    loop_bars
        Bars of A before its mix-out that go round throughout a blend; 0: A goes on.
    """

    pair: Pair
    kind: str
    style: Style
    bars: int
    mix_out_sec: float
    mix_in_sec: float
    loop_bars: int = 0

    @property
    def matched(self) -> bool:
        """Whether B plays at A's tempo."""
        if self.style.blend:
            return True
        return abs(self.pair.ratio - 1) <= MATCHED_SWITCH_STRETCH

    @property
    def ratio(self) -> float:
        """B's rate at first."""
        return self.pair.ratio if self.matched else 1.0

    @cached_property
    def bar_sec(self) -> float:
        """Length of a bar of A here."""
        first = self.a_start_bar
        lines = self.pair.a
        return (lines.bar_line(first + self.bars) - lines.bar_line(first)) / self.bars

    @cached_property
    def a_start_bar(self) -> int:
        """Index of A's bar line where the transition begins."""
        index = self.pair.a.bar_index(self.mix_out_sec)
        return index if self.style.blend else index - self.bars

    @property
    def start_sec(self) -> float:
        """Track time in A where the transition begins."""
        return self.mix_out_sec if self.style.blend else self.mix_out_sec - self.length_sec

    @property
    def end_sec(self) -> float:
        """When the transition ends, on A's clock: A's track time too unless it is looped."""
        return self.start_sec + self.length_sec

    @cached_property
    def loop_sec(self) -> float:
        """Length of the loop."""
        first = self.pair.a.bar_line(self.a_start_bar - self.loop_bars)
        return self.pair.a.bar_line(self.a_start_bar) - first

    @property
    def a_span(self) -> tuple[float, float]:
        """What is heard of A in the transition, in track time."""
        if self.loop_bars:
            return self.start_sec - self.loop_sec, self.start_sec
        return self.start_sec, self.end_sec

    def in_a(self, times_sec: Values) -> Values:
        """Return A's track time at times on A's clock."""
        if not self.loop_bars:
            return times_sec
        since = times_sec - self.start_sec
        return np.where(since < 0, times_sec, self.a_span[0] + since % self.loop_sec)

    @property
    def length_sec(self) -> float:
        """Length of the transition."""
        return self.bars * self.bar_sec

    @property
    def b_bar_sec(self) -> float:
        """Length of a bar of B, in B's own time."""
        return self.pair.b.bar_sec(self.mix_in_sec)

    @property
    def b_end_sec(self) -> float:
        """Track time in B when the transition ends."""
        return self.mix_in_sec + (self.length_sec * self.ratio if self.style.blend else 0.0)

    @cached_property
    def moment(self) -> Moment:
        """The transition on A's track time, which is the whole mix's clock."""
        return Moment(
            self.start_sec,
            self.end_sec,
            self.bars,
            self.bar_sec / self.pair.a.beats_per_bar,
            self.pair.a.beats_per_bar,
        )

    @property
    def lanes(self) -> list[Lane]:
        """The style's moves at this moment."""
        return self._moves.lanes

    @cached_property
    def _moves(self) -> _Moves:
        """The moves, shared by all candidates that leave A in the same way."""
        key = (self.style.name, self.bars, self.start_sec)
        if key not in self.pair.moves:
            self.pair.moves[key] = _Moves(self.style.lanes(self.moment))
        return self.pair.moves[key]

    @cached_property
    def times_sec(self) -> Values:
        """Times inside the transition at which the rules look."""
        steps = self.bars * CURVE_STEPS_PER_BAR
        return self.start_sec + (np.arange(steps) + 0.5) * self.length_sec / steps

    def power(self, side: Side, control: Control) -> Values:
        """Return a side's band power at ``times_sec``; B is silent before a switch."""
        if side == "b" and not self.style.blend:
            return np.zeros(len(self.times_sec))
        powers = self._moves.powers
        if (side, control) not in powers:
            powers[side, control] = band_power(self.lanes, side, control, self.times_sec)
        return powers[side, control]

    def in_b(self, times_sec: Values) -> Values:
        """Return B's track time at times on A's clock."""
        origin = self.start_sec if self.style.blend else self.end_sec
        return self.mix_in_sec + (times_sec - origin) * self.ratio
