"""What sounds on each beat: the features that bars, phrases and sections are read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.onsets import OnsetCurves

Floats = NDArray[np.floating]

HIT_REACH_SEC = 0.03
"""An onset this close to a beat belongs to it."""

POWER_FLOOR = 1e-5
"""50 dB under the track's loud level: below that a band is silent."""


@dataclass(frozen=True, eq=False)
class Beatwise:
    """Features per beat; row ``i`` covers the time from beat ``i`` to beat ``i + 1``.

    Attributes
    ----------
    level
        log10 of mean power per band, shape (beats, bands).
    hits
        Onset strength on the beat itself per band, relative to the band's own loud onsets,
        shape (beats, bands).
    cells
        The same on the four sixteenths of the beat, shape (beats, 4, bands).
    busy
        Mean onset strength over the beat per band, same scale, shape (beats, bands).
    chroma
        Pitch classes, bass then the rest, each half of unit length, shape (beats, 24).
    """

    level: NDArray[np.float64]
    hits: NDArray[np.float64]
    cells: NDArray[np.float64]
    busy: NDArray[np.float64]
    chroma: NDArray[np.float64]


def features_by_beat(
    curves: OnsetCurves, beats_sec: NDArray[np.float64], end_sec: float | None = None
) -> Beatwise:
    """Return the features of each beat.

    Parameters
    ----------
    curves
        Onset curves of the track.
    beats_sec
        Beat times, rising, shape (beats,).
    end_sec
        Where the last beat ends; the end of the track if None.
    """
    end = curves.duration_sec if end_sec is None else end_sec
    edges = np.append(beats_sec, max(end, float(beats_sec[-1]) + 1e-3))
    scale = np.maximum(np.quantile(curves.flux[:, ::3], 0.98, axis=1), 1e-6)
    flux = curves.flux / scale[:, None]
    level = np.log10(_mean_between(curves.power, curves.hop_sec, edges) + POWER_FLOOR)
    busy = _mean_between(flux, curves.hop_sec, edges)
    chroma = _mean_between(curves.chroma, curves.chroma_hop_sec, edges)
    for half in (slice(0, 12), slice(12, 24)):
        length = np.linalg.norm(chroma[half], axis=0)
        chroma[half] /= np.maximum(length, max(1e-9, 0.02 * float(length.max(initial=0.0))))
    sixteenths = edges[:-1, None] + np.diff(edges)[:, None] * np.arange(4) / 4.0
    cells = _strongest_near(flux, curves.hop_sec, sixteenths.ravel()).reshape(len(flux), -1, 4)
    return Beatwise(
        level=level.T,
        hits=cells[:, :, 0].T,
        cells=np.moveaxis(cells, 0, 2),
        busy=busy.T,
        chroma=chroma.T,
    )


def _strongest_near(rows: Floats, hop_sec: float, times_sec: Floats) -> NDArray[np.float64]:
    """Return the largest value of each row within ``HIT_REACH_SEC`` of each time."""
    reach = round(HIT_REACH_SEC / hop_sec)
    centre = np.round(np.asarray(times_sec) / hop_sec).astype(np.int64)
    index = np.clip(centre[:, None] + np.arange(-reach, reach + 1), 0, rows.shape[1] - 1)
    return np.asarray(rows[:, index].max(axis=2), dtype=np.float64)


def _mean_between(rows: Floats, hop_sec: float, edges_sec: Floats) -> NDArray[np.float64]:
    """Return the mean of each row between consecutive edges, at least one frame each."""
    count = rows.shape[1]
    sums = np.concatenate(
        [np.zeros((len(rows), 1)), np.cumsum(rows, axis=1, dtype=np.float64)], axis=1
    )
    marks = np.clip(np.round(np.asarray(edges_sec) / hop_sec).astype(np.int64), 0, count)
    starts = np.minimum(marks[:-1], count - 1)
    ends = np.maximum(marks[1:], starts + 1)
    means: NDArray[np.float64] = (sums[:, ends] - sums[:, starts]) / (ends - starts)
    return means


def novelty(features: Floats, reach: int) -> NDArray[np.float64]:
    """Return how much each row differs from before: |mean of next − mean of previous rows|.

    Parameters
    ----------
    features
        Shape (rows, dimensions).
    reach
        Rows compared on either side (fewer at the ends).
    """
    count = len(features)
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0)])
    at = np.arange(count)
    low = np.maximum(at - reach, 0)
    high = np.minimum(at + reach, count)
    before = (sums[at] - sums[low]) / np.maximum(at - low, 1)[:, None]
    after = (sums[high] - sums[at]) / np.maximum(high - at, 1)[:, None]
    change: NDArray[np.float64] = np.linalg.norm(after - before, axis=1)
    change[0] = 0.0
    return change
