"""Where a transition could be: mix-out and mix-in points on phrases, in several lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mixing.curves import Values, band_power
from mixing.facts import TrackFacts
from mixing.moves import Moment
from mixing.plan import Control, Lane, Side
from mixing.styles import AUTO, BARS, STYLES, Style

MAX_OUTS = 5
"""Mix-out points tried a length: with MAX_INS it keeps the scoreboard readable."""
MAX_INS = 4

EARLIEST_OUT_SHARE = 0.4
"""No mix-out before this share of A: the floor came to hear it."""

LATEST_IN_SHARE = 0.5
"""No mix-in after this share of B, for the same reason."""

MULTIPLES = (1.0, 2.0, 0.5)
"""Beats of B on a beat of A: equal, or 87 against 174 either way."""

MATCHED_SWITCH_STRETCH = 0.05
"""A switch keeps A's tempo up to this change; beyond it, B's own tempo is the lesser evil."""

CURVE_STEPS_PER_BAR = 8
"""Resolution of curves in the rules: half a beat, finer than any rule's threshold."""


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
    """

    pair: Pair
    kind: str
    style: Style
    bars: int
    mix_out_sec: float
    mix_in_sec: float

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
        """Track time in A where the transition ends."""
        return self.start_sec + self.length_sec

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

    @cached_property
    def lanes(self) -> list[Lane]:
        """The style's moves at this moment."""
        return self.style.lanes(self.moment)

    @cached_property
    def times_sec(self) -> Values:
        """Times inside the transition at which the rules look."""
        steps = self.bars * CURVE_STEPS_PER_BAR
        return self.start_sec + (np.arange(steps) + 0.5) * self.length_sec / steps

    def power(self, side: Side, control: Control) -> Values:
        """Return a side's band power at ``times_sec``; B is silent before a switch."""
        if side == "b" and not self.style.blend:
            return np.zeros(len(self.times_sec))
        return band_power(self.lanes, side, control, self.times_sec)

    def in_b(self, times_sec: Values) -> Values:
        """Return B's track time at times on A's clock."""
        origin = self.start_sec if self.style.blend else self.end_sec
        return self.mix_in_sec + (times_sec - origin) * self.ratio


def generate(pair: Pair) -> list[Candidate]:
    """Return the candidates for a pair that has grids, in a fixed order."""
    found: dict[tuple[str, int, float, float], Candidate] = {}
    for style in _styles(pair):
        for bars in _lengths(pair, style):
            for candidate in _of_length(pair, style, bars):
                key = (
                    style.name,
                    bars,
                    round(candidate.mix_out_sec, 3),
                    round(candidate.mix_in_sec, 3),
                )
                found.setdefault(key, candidate)
    return list(found.values())


def _styles(pair: Pair) -> list[Style]:
    """Return the styles to try."""
    if pair.style != AUTO:
        return [STYLES[pair.style]]
    return [STYLES[name] for name in ("bass_swap", "eq_blend", "drop_swap", "echo_out", "cut_mix")]


def _lengths(pair: Pair, style: Style) -> list[int]:
    """Return the lengths to try: what was asked, and shorter ones in case it doesn't fit."""
    if not style.blend:
        return [style.length(pair.bars if pair.bars is not None else style.default_bars)]
    if pair.bars is not None:
        shorter = [bars for bars in BARS if 4 <= bars < pair.bars]
        return [pair.bars, *reversed(shorter)]
    longest = max(16, style.default_bars)
    return [bars for bars in reversed(BARS) if 4 <= bars <= longest]


def _of_length(pair: Pair, style: Style, bars: int) -> Iterator[Candidate]:
    """Yield the candidates of one style and length."""
    for out_kind, out_sec in _outs(pair, style, bars):
        for in_kind, in_sec in _ins(pair, style, bars):
            both_drop = out_kind == "drop" and in_kind == "into the drop"
            if style.name == "drop_swap" and pair.style == AUTO and not both_drop:
                continue  # without two drops it is a blend under a wrong name
            yield Candidate(pair, f"{out_kind} → {in_kind}", style, bars, out_sec, in_sec)


def _outs(pair: Pair, style: Style, bars: int) -> list[tuple[str, float]]:
    """Return (kind, mix-out in A), the likeliest first."""
    a = pair.a
    if pair.mix_out_sec is not None:
        return [("your point", _on_grid(a, pair.mix_out_sec, pair.to_beats))]
    structure = a.report.analysis.structure
    earliest = a.audible_start_sec + EARLIEST_OUT_SHARE * (a.audible_end_sec - a.audible_start_sec)
    tail_bars = bars if style.blend else 0
    points: list[tuple[str, float]] = []
    if structure.mix_out_sec is not None:
        points.append(("mix-out", structure.mix_out_sec))
    if style.name == "drop_swap":
        points += [
            ("drop", a.bar_line(a.bar_index(drop) - bars)) for drop in a.drops if drop > earliest
        ][::-1]
    points += [
        (part.label, part.start_sec) for part in a.sections if part.label in {"outro", "break"}
    ]
    # Where the music ends is a phrase boundary too: leave so that the overlap ends with it.
    points.append(("last bars", a.bar_line(a.bar_index(a.audible_end_sec) - tail_bars)))
    points += [("phrase", start) for start in reversed(a.phrase_starts)]
    return _fitting(
        a,
        points,
        lambda index: (
            a.bar_line(index) >= earliest
            and a.bar_line(index + tail_bars - bars) >= pair.earliest_out_sec
            and a.bar_line(index + tail_bars) <= a.audible_end_sec + 0.5 * a.bar_sec(earliest)
        ),
        MAX_OUTS,
    )


def _ins(pair: Pair, style: Style, bars: int) -> list[tuple[str, float]]:
    """Return (kind, mix-in in B), the likeliest first."""
    b = pair.b
    if pair.mix_in_sec is not None:
        return [("your point", _on_grid(b, pair.mix_in_sec, pair.to_beats))]
    structure = b.report.analysis.structure
    audible = b.audible_end_sec - b.audible_start_sec
    latest = b.audible_start_sec + LATEST_IN_SHARE * audible
    bars_in_b = round(bars * pair.multiple * pair.a.beats_per_bar / b.beats_per_bar)
    lead = bars_in_b if style.blend else 0
    points: list[tuple[str, float]] = []
    if structure.mix_in_sec is not None:
        points.append(("mix-in", structure.mix_in_sec))
    points += [("into the drop", b.bar_line(b.bar_index(drop) - lead)) for drop in b.drops[:2]]
    points += [("phrase", start) for start in b.phrase_starts]
    points.append(("first bar", b.bar_line(0)))
    return _fitting(
        b,
        points,
        lambda index: (
            index >= 0
            and b.bar_line(index) <= latest
            and b.bar_line(index + lead) + pair.room_after_sec <= b.audible_end_sec
        ),
        MAX_INS,
    )


def _on_grid(track: TrackFacts, sec: float, to_beats: bool) -> float:
    """Return the bar line, or the beat, nearest to a point."""
    line = track.bar_line(track.bar_index(sec))
    if not to_beats:
        return line
    beat_sec = track.bar_sec(line, 1) / track.beats_per_bar
    return line + round((sec - line) / beat_sec) * beat_sec


def _fitting(
    track: TrackFacts,
    points: list[tuple[str, float]],
    fits: Callable[[int], bool],
    most: int,
) -> list[tuple[str, float]]:
    """Return the first ``most`` points that fit, on bar lines, each bar line once."""
    kept: dict[int, tuple[str, float]] = {}
    for kind, sec in points:
        index = track.bar_index(sec)
        if index not in kept and fits(index):
            kept[index] = (kind, track.bar_line(index))
        if len(kept) == most:
            break
    return list(kept.values())
