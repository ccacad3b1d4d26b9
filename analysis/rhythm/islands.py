"""Islands of beat in a sea without: how many beats lie between them.

A tempo that moves is followed from passage to passage by what is heard. Across a breakdown nothing
says how many beats go by, and half a beat may be lost there; the drums that come back then show,
against those before, that the count is off. The pattern of the whole track does not: it holds both.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from analysis.rhythm.groove import (
    CELLS_PER_BEAT,
    PASSAGE_BEATS,
    PATTERN_BEATS,
    passage_patterns,
)
from analysis.rhythm.pulse import TimeMap

Floats = NDArray[np.floating]

HEARD = 0.2
"""A passage that matches the others so well, at any turn, shows the beat."""

CLEAR_GAIN = 0.1
"""An island is counted anew only if that matches clearly better: off-beat hats are no beats."""

TURN_CELLS = CELLS_PER_BEAT // 2
"""Islands are turned by half strokes: what drums play on is a beat or the middle of one."""

ROUNDS = 3

EDGE_BEATS = 8
"""The tempo of an island's first and last two bars goes on outside."""


def join_islands(pulse: Floats, hop_sec: float, beats: TimeMap, duration_sec: float) -> TimeMap:
    """Return a moving grid whose stretches with a beat all count alike.

    Where an island is turned, the beats of the gap before it are spread out or drawn together.
    Before the first island and after the last its tempo goes on: what is followed where no beat
    is heard leads away from it.

    Parameters
    ----------
    pulse
        Pulse curves with loud and soft parts as they are, shape (bands, frames).
    hop_sec
        Seconds a frame.
    beats
        The grid, at any metrical level.
    duration_sec
        Length of the track.
    """
    parts = passage_patterns(pulse, hop_sec, beats)
    heard = turned_matches(parts, parts.sum(axis=0) - parts).max(axis=-1, initial=0.0) >= HEARD
    edges = np.flatnonzero(np.diff(heard.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    if heard.all() or not len(edges):
        return beats
    turns = island_turns([parts[first:end].sum(axis=0) for first, end in edges])
    late = np.concatenate([[0.0], np.cumsum(_shortest(np.diff(turns)))]) * TURN_CELLS
    return _recounted(beats, edges * PASSAGE_BEATS, late / CELLS_PER_BEAT, duration_sec)


def turned_matches(patterns: Floats, others: Floats) -> NDArray[np.float64]:
    """Return the correlation of patterns with others at every turn by ``TURN_CELLS``.

    Parameters
    ----------
    patterns, others
        Shape (…, bands, cells).

    Returns
    -------
    ndarray
        Shape (…, turns).
    """
    cells = patterns.shape[-1]
    product = scipy.fft.rfft(others, axis=-1) * np.conj(scipy.fft.rfft(patterns, axis=-1))
    match = scipy.fft.irfft(product, cells, axis=-1).sum(axis=-2)[..., ::TURN_CELLS]
    sizes = [np.linalg.norm(one, axis=(-2, -1)) for one in (patterns, others)]
    return np.asarray(match / np.maximum(sizes[0] * sizes[1], 1e-12)[..., None])


def island_turns(patterns: list[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Return by how many half strokes each island is to be turned to match the others best.

    The clearest island stays as it is; the others join it one by one, each compared with those
    that have, and then some rounds with all.

    Parameters
    ----------
    patterns
        The pattern of each island, shape (bands, cells).
    """
    turns = np.zeros(len(patterns), dtype=np.int64)
    order = np.argsort([-float(np.linalg.norm(one)) for one in patterns])
    joined = [int(order[0])]
    for round_ in range(1 + ROUNDS):
        before = turns.copy()
        for number in order[1:] if round_ == 0 else order:
            rest = [np.roll(patterns[i], turns[i] * TURN_CELLS, axis=-1) for i in joined]
            if round_ == 0:
                joined.append(int(number))
            else:
                rest.pop(joined.index(int(number)))
            if not rest:
                continue
            match = turned_matches(patterns[number], np.sum(rest, axis=0))
            best = int(np.argmax(match))
            turns[number] = best if match[best] > match[0] + CLEAR_GAIN else 0
        if round_ and (turns == before).all():
            break
    return turns


def _shortest(turns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each difference of turns the short way round the bar."""
    count = PATTERN_BEATS * CELLS_PER_BEAT // TURN_CELLS
    return (turns + count // 2) % count - count // 2


def _recounted(
    beats: TimeMap, islands: NDArray[np.int64], late_beats: Floats, duration_sec: float
) -> TimeMap:
    """Return the map in which the beats of each island count as so many later.

    Parameters
    ----------
    beats
        The grid.
    islands
        First and last beat of each island, shape (islands, 2).
    late_beats
        Shape (islands,).
    duration_sec
        Length of the track.
    """
    first, last = int(islands[0, 0]), int(islands[-1, 1])
    index = np.arange(first, last + 1, dtype=np.float64)
    place = index + np.interp(index, islands.ravel(), np.repeat(late_beats, 2))
    if (np.diff(place) <= 0.0).any():
        return beats
    times = beats.time(index)
    steps = np.arange(np.ceil(place[0]), np.floor(place[-1]) + 1)
    inner = np.interp(steps, place, times)
    before_sec = float(np.diff(times[: EDGE_BEATS + 1]).mean())
    after_sec = float(np.diff(times[-EDGE_BEATS - 1 :]).mean())
    before = np.arange(int(inner[0] / before_sec) + 2, 0, -1)
    after = np.arange(1, int(max(duration_sec - inner[-1], 0.0) / after_sec) + 3)
    grid = [inner[0] - before * before_sec, inner, inner[-1] + after * after_sec]
    return TimeMap(np.concatenate(grid)).relevel(1.0, 0.0, duration_sec)
