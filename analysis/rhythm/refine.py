"""From a rough grid to one that is right to the millisecond.

Each beat's attack is sought near where the grid expects it; a robust fit over many beats then
averages out what single strokes do: a straight line for one tempo, a local line for music whose
tempo moves.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from analysis.rhythm.attacks import Attacks, around_beats
from analysis.rhythm.pulse import TimeMap

Floats = NDArray[np.floating]

STEADY_REACHES_SEC = (0.025, 0.012, 0.008)
"""The search narrows as the grid gets better, so that a hat before the kick is left out."""

MOVING_REACHES_SEC = (0.05, 0.03, 0.02)
MOVING_SPREAD_BEATS = 3.0
"""A moving tempo is averaged over about a bar and a half either side."""

LEAST_BEATS = 8
CLEAR_SHARE = 0.3
"""Strokes weaker than this share of the track's loud ones say nothing about its tempo."""

CORNER_STEP_BEATS = 4
CORNER_SPREAD_SEC = 0.004
"""Strokes lie about a straight stretch within this."""

CORNER_PRICE = 60.0
"""A corner must explain as much as 16 beats that are 8 ms off."""

JUMP_SEC = 0.02
"""Stretches that miss each other by more than this where they meet contradict each other."""

FAINT_SHARE = 0.35
"""Of two that do, one with less than this share of the other's strokes a beat is dropped."""

NEEDLESS_SHARE = 0.7
"""A stretch must be struck clearly harder on its own beats than on its neighbour's line, both
taken above what chance would strike."""

OFF_BEATS = (0.13, 0.37, 0.61, 0.87)
"""Places in the beat where nothing is meant to be: what is struck there is chance."""

LEAST_BEATS_PER_STEP = 48
"""Music with more corners than one in 12 bars drifts."""


def lateness(
    attacks: Attacks, beats_sec: Floats, reach_sec: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how late each beat's strongest attack is in seconds, and its strength."""
    windows, offsets = around_beats(attacks.total, attacks.hop_sec, beats_sec, reach_sec)
    peak = windows.argmax(axis=1)
    rows = np.arange(len(beats_sec))
    return offsets[rows, peak], windows[rows, peak].astype(np.float64)


def refine_steady(attacks: Attacks, beats: TimeMap, duration_sec: float) -> TimeMap:
    """Return the grid of one tempo that fits the attacks best."""
    for reach in STEADY_REACHES_SEC:
        times = beats.beat_times
        late, strength = drum_strokes(attacks, times, reach)
        if np.count_nonzero(strength) < LEAST_BEATS:
            late, strength = lateness(attacks, times, reach)
        if np.count_nonzero(strength) < LEAST_BEATS:
            return beats
        slope, start = _robust_line(late, strength)
        period = float(times[-1] - times[0]) / (len(times) - 1) + slope
        beats = TimeMap.steady(period, float(times[0]) + start, duration_sec)
    return beats


def _robust_line(late: Floats, strength: Floats) -> tuple[float, float]:
    """Fit ``late`` over its index by a line, far-off strokes counting little (Cauchy weights)."""
    index = np.arange(len(late), dtype=np.float64)
    weight = np.asarray(strength, dtype=np.float64)
    sounding = weight > 0
    slope = start = 0.0
    for _ in range(4):
        slope, start = np.polyfit(index, late, 1, w=np.sqrt(weight))
        residual = late - (slope * index + start)
        spread = 1.4826 * float(np.median(np.abs(residual[sounding]))) + 2e-4
        weight = strength / (1.0 + (residual / spread) ** 2)
    return float(slope), float(start)


def refine_moving(attacks: Attacks, beats: TimeMap) -> tuple[TimeMap, list[int]]:
    """Return the grid that follows the attacks of music whose tempo moves.

    Returns
    -------
    beats
        The grid: straight stretches that meet at corners if a few of them explain the beats
        (tempo steps), else a curve.
    corners
        Beats where the straight stretches begin, the first 0; empty for a curve.
    """
    times = beats.beat_times
    fitted = _follow_attacks(attacks, times)
    corners: list[int] = []
    for _ in range(2):
        late, weight = drum_strokes(attacks, fitted, MOVING_REACHES_SEC[-1])
        stretches = _straighten(fitted + late, weight)
        if not stretches:
            return TimeMap(fitted), []
        stretches = _without_contradictions(stretches, weight)
        stretches = _without_needless(stretches, attacks)
        fitted, corners = _laid(stretches, weight)
    return TimeMap(fitted), corners


def _follow_attacks(attacks: Attacks, times: Floats) -> NDArray[np.float64]:
    """Return beat times moved to a smooth curve through the attacks near them."""
    moved = np.asarray(times, dtype=np.float64)
    for reach in MOVING_REACHES_SEC:
        late, strength = drum_strokes(attacks, moved, reach)
        weight = strength.copy()
        shift = np.zeros_like(late)
        for _ in range(3):
            shift = _local_line(late, weight)
            residual = np.abs(late - shift)
            spread = 1.4826 * float(np.median(residual[strength > 0])) + 1e-3
            weight = strength / (1.0 + (residual / spread) ** 2)
        moved = moved + shift
        moved = np.maximum.accumulate(moved + 1e-9 * np.arange(len(moved)))
    return moved


def drum_strokes(
    attacks: Attacks, times: Floats, reach_sec: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lateness and weight of each beat; beats without a clear drum weigh nothing.

    Kicks are strong in the low band, snares and hats in the high one; what is strong only
    between them is a chord or a voice, which may come early, late or off the beat.
    """
    late, strength = lateness(attacks, times, reach_sec)
    low, high = (
        around_beats(attacks.strength[band], attacks.hop_sec, times, reach_sec)[0].max(axis=1)
        for band in (0, 2)
    )
    drum = np.maximum(_share_of_loud(low), _share_of_loud(high))
    return late, np.where(drum > CLEAR_SHARE, drum * _share_of_loud(strength), 0.0)


def _share_of_loud(strength: Floats) -> NDArray[np.float64]:
    """Return strength relative to the loud strokes, at most 1."""
    loud = max(float(np.quantile(strength, 0.9)), 1e-9)
    return np.asarray(np.minimum(strength / loud, 1.0))


def _local_line(late: Floats, weight: Floats) -> NDArray[np.float64]:
    """Return the value at each index of a line fitted nearby, Gaussian weights."""
    index = np.arange(len(late), dtype=np.float64)

    def near(values: Floats) -> NDArray[np.float64]:
        return np.asarray(gaussian_filter1d(values, MOVING_SPREAD_BEATS, mode="constant"))

    floor = 1e-3 * float(weight.max(initial=0.0)) + 1e-12
    w = near(weight) + floor
    x = near(weight * index) + floor * index
    y = near(weight * late)
    xx = near(weight * index**2) + floor * index**2
    xy = near(weight * index * late)
    mean_x, mean_y = x / w, y / w
    variance = np.maximum(xx / w - mean_x**2, 1e-9)
    slope = (xy / w - mean_x * mean_y) / variance
    slope = np.where(variance > 1.0, slope, 0.0)
    return mean_y + slope * (index - mean_x)


def _straighten(times: Floats, weight: Floats) -> list[_Stretch]:
    """Fit beats by straight stretches.

    The best cut of all (least squared miss plus a price per corner) is found by dynamic
    programming over every fourth beat. Where more corners are needed than tempo steps could
    make, the tempo drifts: then nothing is returned.
    """
    count = len(times)
    marks = np.unique(np.append(np.arange(0, count, CORNER_STEP_BEATS), count))
    fit = _LineFits(times, weight)
    best = np.full(len(marks), np.inf)
    best[0] = 0.0
    previous = np.zeros(len(marks), dtype=np.int64)
    for end in range(1, len(marks)):
        starts = np.arange(end)
        miss = fit.squared(marks[:end], np.full(end, marks[end])) / CORNER_SPREAD_SEC**2
        total = best[:end] + miss + CORNER_PRICE
        total = np.where(marks[end] - marks[starts] >= LEAST_BEATS, total, np.inf)
        previous[end] = int(np.argmin(total))
        best[end] = total[previous[end]]
    cuts = [len(marks) - 1]
    while cuts[-1] > 0:
        cuts.append(int(previous[cuts[-1]]))
    edges = [int(edge) for edge in marks[cuts[::-1]]]
    if len(edges) - 1 > max(2.0, count / LEAST_BEATS_PER_STEP):
        return []
    return [_Stretch(a, b, *fit.line(a, b)) for a, b in itertools.pairwise(edges)]


def _without_contradictions(stretches: list[_Stretch], weight: Floats) -> list[_Stretch]:
    """Return the stretches without those that do not meet their neighbour.

    Time does not jump: neighbours meet where their lines cross, as far as the beats heard leave
    room for it. Of two that do not, the one heard less is a misreading (a chord taken for the
    beat), and the other's line goes on in its place.
    """
    left = list(stretches)
    while len(left) > 1:
        _, jumps = _meetings(left, weight)
        worst = int(np.argmax(jumps))
        if jumps[worst] <= JUMP_SEC:
            break
        pair = left[worst : worst + 2]
        keep = max(pair, key=lambda one: float(weight[one.first : one.end].sum()))
        left[worst : worst + 2] = [replace(keep, first=pair[0].first, end=pair[1].end)]
    return left


def _without_needless(stretches: list[_Stretch], attacks: Attacks) -> list[_Stretch]:
    """Return the stretches without those that a neighbour's line explains about as well."""
    left = list(stretches)
    number = 0
    while number < len(left) and len(left) > 1:
        own = left[number]
        beats = np.arange(own.first, own.end, dtype=np.float64)
        chance = np.mean([_struck(attacks, own, beats + shift) for shift in OFF_BEATS])
        height = _struck(attacks, own, beats) - float(chance)
        neighbours = [left[at] for at in (number - 1, number + 1) if 0 <= at < len(left)]
        better = max(neighbours, key=lambda one: _struck(attacks, one, beats))
        if _struck(attacks, better, beats) - float(chance) < NEEDLESS_SHARE * height:
            number += 1
            continue
        merged = replace(better, first=min(own.first, better.first), end=max(own.end, better.end))
        at = left.index(better)
        left[min(at, number) : max(at, number) + 1] = [merged]
        number = 0
    return left


def _struck(attacks: Attacks, line: _Stretch, beats: Floats) -> float:
    """Return the mean strength of attacks right on a line's beats."""
    times = line.slope * beats + line.start
    windows, _ = around_beats(attacks.total, attacks.hop_sec, times, STEADY_REACHES_SEC[1])
    return float(windows.max(axis=1).mean())


def _laid(stretches: list[_Stretch], weight: Floats) -> tuple[NDArray[np.float64], list[int]]:
    """Return the time of every beat, and the beats where stretches begin."""
    corners, _ = _meetings(stretches, weight)
    index = np.arange(len(weight), dtype=np.float64)
    result = np.empty(len(weight))
    for corner, one in zip(corners, stretches, strict=True):
        result[corner:] = one.slope * index[corner:] + one.start
    return np.maximum.accumulate(result + 1e-9 * index), corners


@dataclass(frozen=True)
class _Stretch:
    """Beats ``first`` … ``end`` − 1 on the line ``slope · beat + start``."""

    first: int
    end: int
    slope: float
    start: float

    def strokes_per_beat(self, weight: Floats) -> float:
        return float(weight[self.first : self.end].mean())


def _meetings(stretches: list[_Stretch], weight: Floats) -> tuple[list[int], list[float]]:
    """Return the beats where stretches begin, and the jump in time at each but the first.

    Two long stretches that are both heard clearly may jump: somebody cut the tape.
    """
    heard = np.flatnonzero(weight > 0)
    corners, jumps = [0], []
    for one, two in itertools.pairwise(stretches):
        before, after = heard[heard < two.first], heard[heard >= two.first]
        low = float(before[-1] if len(before) else two.first) - LEAST_BEATS
        high = float(after[0] if len(after) else two.first) + LEAST_BEATS
        bend = one.slope - two.slope
        meet = (two.start - one.start) / bend if bend else low
        corner = max(int(np.ceil(np.clip(meet, low, high))), corners[-1] + 1)
        clear = [stretch.strokes_per_beat(weight) for stretch in (one, two)]
        cut = (
            min(clear) > FAINT_SHARE * max(clear)
            and min(one.end - one.first, two.end - two.first) >= LEAST_BEATS_PER_STEP
        )
        jumps.append(0.0 if cut else abs(two.start - one.start - bend * corner))
        corners.append(corner)
    return corners, jumps


class _LineFits:
    """Weighted line through any run of beats, and its squared miss, from running sums."""

    def __init__(self, times: Floats, weight: Floats) -> None:
        index = np.arange(len(times), dtype=np.float64)
        # The overall line is taken out first: what is left is small, and sums stay exact.
        self._trend = np.polyfit(index, times, 1)
        left = times - np.polyval(self._trend, index)
        rows = np.stack(
            [weight, weight * index, weight * index**2, weight * left, weight * index * left,
             weight * left**2]
        )  # fmt: skip
        self._sums = np.concatenate([np.zeros((6, 1)), np.cumsum(rows, axis=1)], axis=1)

    def _moments(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[Floats, ...]:
        w, wx, wxx, wy, wxy, wyy = self._sums[:, end] - self._sums[:, first]
        w = np.maximum(w, 1e-12)
        xx = np.maximum(wxx - wx**2 / w, 1e-9)
        return w, wx, wy, xx, wxy - wx * wy / w, wyy - wy**2 / w

    def squared(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the weighted sum of squares of runs ``first`` … ``end`` − 1."""
        _, _, _, xx, xy, yy = self._moments(first, end)
        return np.asarray(np.maximum(yy - xy**2 / xx, 0.0))

    def line(self, first: int, end: int) -> tuple[float, float]:
        """Return slope and start (at beat 0) of the line through a run."""
        w, wx, wy, xx, xy, _ = self._moments(np.array([first]), np.array([end]))
        slope = float(xy[0] / xx[0])
        start = float((wy[0] - slope * wx[0]) / w[0])
        return slope + float(self._trend[0]), start + float(self._trend[1])
