"""Curves that styles are made of: faders, band swaps and sweeps as lanes of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mixing.plan import Control, Lane, Segment, Side

KILL_DB = -40.0
"""A band at this level is gone: more than the 26 dB of a mixer's EQ, less than a click."""

CURVE_POINTS = 33
"""Points on a curved lane; straight lines between them stay within 0.02 dB of the curve."""

CUT_SEC = 0.005
"""Length of a hard cut: too short to hear as a fade, too long to click."""

OPEN_HIGHPASS_HZ = 20.0
OPEN_LOWPASS_HZ = 20_000.0
"""Filters here are out of the way; the renderer leaves them out altogether."""


@dataclass(frozen=True)
class Moment:
    """When a transition happens on the out clock, in its own bars.

    Parameters
    ----------
    start_sec, end_sec
        The overlap; for a switch, what A does before it and the moment B takes over.
    bars
        Length in bars of A.
    beat_sec
        Length of a beat of A.
    beats_per_bar
        Beats in a bar of A.
    """

    start_sec: float
    end_sec: float
    bars: int
    beat_sec: float
    beats_per_bar: int = 4

    @property
    def length_sec(self) -> float:
        """Length of the overlap."""
        return self.end_sec - self.start_sec

    @property
    def bar_sec(self) -> float:
        """Length of a bar of A."""
        return self.length_sec / self.bars

    def at(self, share: float) -> float:
        """Return the out time at a share (0–1) of the overlap."""
        return self.start_sec + share * self.length_sec

    @property
    def middle_sec(self) -> float:
        """The bar line nearest to the middle, where basslines change places."""
        return (
            self.start_sec + (self.bars + 1) // 2 * self.bar_sec if self.bars > 1 else self.at(0.5)
        )


def lane(side: Side, control: Control, points: Iterable[tuple[float, float]]) -> Lane:
    """Return a lane through ``points``."""
    return Lane(side=side, control=control, points=[(float(sec), float(v)) for sec, v in points])


def rise(
    start_sec: float, end_sec: float, low: float = 0.0, high: float = 1.0
) -> list[tuple[float, float]]:
    """Return points of a quarter sine from ``low`` up to ``high`` (the incoming side)."""
    share = np.linspace(0.0, 1.0, CURVE_POINTS)
    values = low + (high - low) * np.sin(share * np.pi / 2)
    return list(zip(start_sec + share * (end_sec - start_sec), values, strict=True))


def fall(
    start_sec: float, end_sec: float, high: float = 1.0, low: float = 0.0
) -> list[tuple[float, float]]:
    """Return points of a quarter cosine from ``high`` down to ``low`` (the outgoing side).

    With ``rise`` over the same time the powers of the two sides add up to a constant.
    """
    share = np.linspace(0.0, 1.0, CURVE_POINTS)
    values = low + (high - low) * np.cos(share * np.pi / 2)
    return list(zip(start_sec + share * (end_sec - start_sec), values, strict=True))


def in_db(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return amplitude points as dB, with ``KILL_DB`` for silence."""
    floor = 10 ** (KILL_DB / 20)
    return [(sec, float(20 * np.log10(max(value, floor)))) for sec, value in points]


def swap(control: Control, start_sec: float, end_sec: float) -> list[Lane]:
    """Return lanes by which one band changes from A to B with constant power."""
    return [
        lane("a", control, in_db(fall(start_sec, end_sec))),
        lane("b", control, in_db(rise(start_sec, end_sec))),
    ]


def bass_swap(moment: Moment, beats: float = 1.0, at_sec: float | None = None) -> list[Lane]:
    """Return lanes by which the basslines change places within ``beats``.

    The change ends on a bar line, the middle one unless told otherwise, so that B's first own
    kick there has its full weight and the two basslines are never up together for longer than
    a beat.
    """
    end = moment.middle_sec if at_sec is None else at_sec
    return swap("low_db", end - beats * moment.beat_sec, end)


def cut(side: Side, sec: float) -> Lane:
    """Return the fader that closes at ``sec``."""
    return lane(side, "fader", [(sec - CUT_SEC, 1.0), (sec, 0.0)])


def sweep(
    start_sec: float, end_sec: float, low_hz: float, high_hz: float
) -> list[tuple[float, float]]:
    """Return points of a filter moving at a constant number of octaves a second."""
    share = np.linspace(0.0, 1.0, CURVE_POINTS)
    values = low_hz * (high_hz / low_hz) ** share
    return list(zip(start_sec + share * (end_sec - start_sec), values, strict=True))


def looped(moment: Moment, loop_sec: float) -> list[Segment]:
    """Return segments in which the audio before the moment goes round until its end."""
    segments: list[Segment] = []
    position = moment.start_sec
    while position < moment.end_sec - 1e-6:
        end = min(position + loop_sec, moment.end_sec)
        segments.append(
            Segment(
                out_start_sec=position,
                out_end_sec=end,
                track_start_sec=moment.start_sec - loop_sec,
            )
        )
        position = end
    return segments


def roll_segments(track_sec: float, moment: Moment, shortest_beats: float = 0.25) -> list[Segment]:
    """Return segments of a loop that halves until the switch.

    Parameters
    ----------
    track_sec
        Track time of the loop's start, on a downbeat.
    moment
        The roll fills it from start to end.
    shortest_beats
        Shortest loop; below a quarter beat a roll becomes a tone.
    """
    total = moment.bars * moment.beats_per_bar
    segments: list[Segment] = []
    position, length = 0.0, total / 4
    while position < total - 1e-9:
        for _ in range(
            2 if length > shortest_beats else max(1, round((total - position) / length))
        ):
            end = min(position + length, float(total))
            segments.append(
                Segment(
                    out_start_sec=moment.start_sec + position * moment.beat_sec,
                    out_end_sec=moment.start_sec + end * moment.beat_sec,
                    track_start_sec=track_sec,
                )
            )
            position = end
        length = max(length / 2, shortest_beats)
    return segments


def spin_segments(track_sec: float, moment: Moment, rates: tuple[float, ...]) -> list[Segment]:
    """Return segments of a record pulled backwards until the switch.

    Parameters
    ----------
    track_sec
        Track time at the start of the spin.
    moment
        The spin fills it from start to end.
    rates
        Speeds of equal parts of the spin, negative: the hand lets go and the platter slows.
    """
    edges = np.linspace(moment.start_sec, moment.end_sec, len(rates) + 1)
    segments: list[Segment] = []
    for start, end, rate in zip(edges[:-1], edges[1:], rates, strict=True):
        segments.append(
            Segment(
                out_start_sec=float(start),
                out_end_sec=float(end),
                track_start_sec=track_sec,
                rate=rate,
                keylock=False,
            )
        )
        track_sec = segments[-1].track_end_sec
    return segments
