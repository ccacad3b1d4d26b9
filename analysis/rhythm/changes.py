"""Where the music changes: sections, chords and bass notes, as moments with weights.

Composers and players change what sounds on beats, most often on bar lines, and on the first beat
of a phrase before all. That holds whatever the drums do, and it tells a beat from an off-beat
where the kick does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from analysis.rhythm.beatwise import POWER_FLOOR
from analysis.rhythm.onsets import OnsetCurves
from analysis.rhythm.pulse import TimeMap

Floats = NDArray[np.floating]

CELLS_PER_STROKE = 12
"""Places are told apart to a twelfth of a stroke: 25–80 ms."""

SECTION_SEC = 4.0
HARMONY_SEC = 1.0
"""What is compared before and after a moment: a few bars, about half a bar."""

BUSY_SHARE = 1.5
"""Say of the onsets against that of the level, both per band."""

MOST_CHANGES_PER_MINUTE = (8.0, 30.0, 30.0)
"""Only the clearest changes of each kind count."""

MOST_SAY = 0.125
"""No single change has more than an eighth of the say: a fill or a long riser misplaces one."""

KINDS = ("section", "chord", "bass note")


@dataclass(frozen=True, eq=False)
class Changes:
    """Moments at which one kind of thing changes.

    Attributes
    ----------
    times_sec
        Shape (changes,), ascending.
    weights
        How clear each is, shape (changes,); they add up to at most 1, and to less where only a few
        are clear.
    """

    times_sec: NDArray[np.float64]
    weights: NDArray[np.float64]


def find_changes(curves: OnsetCurves, base: TimeMap) -> tuple[Changes, ...]:
    """Return the clearest changes of each of ``KINDS``.

    Parameters
    ----------
    curves
        Onset curves of the track.
    base
        The pulse found, at any level and phase: what is compared spans whole strokes of it, so
        that a pattern that repeats is no change.
    """
    last = float(base.position(np.array([curves.duration_sec]))[0])
    first = float(base.position(np.array([0.0]))[0])
    cells = np.arange(np.ceil(first * CELLS_PER_STROKE), np.floor(last * CELLS_PER_STROKE) + 1)
    edges = base.time(cells / CELLS_PER_STROKE)
    stroke_sec = curves.duration_sec / max(last - first, 1.0)
    minutes = curves.duration_sec / 60.0
    found = []
    for kind, most in enumerate(MOST_CHANGES_PER_MINUTE):
        wanted_sec = SECTION_SEC if kind == 0 else HARMONY_SEC
        reach = CELLS_PER_STROKE * 2 ** max(0, round(np.log2(wanted_sec / stroke_sec)))
        if kind == 0:
            power = _sums(curves.power, curves.hop_sec, edges)
            scale = np.maximum(np.quantile(curves.flux[:, ::3], 0.98, axis=1), 1e-6)
            flux = _sums(curves.flux / scale[:, None], curves.hop_sec, edges)
            spans = np.vstack(
                [np.log10(_means(power, reach) + POWER_FLOOR), BUSY_SHARE * _means(flux, reach)]
            )
        else:
            half = slice(12, 24) if kind == 1 else slice(0, 12)
            chroma = _means(_sums(curves.chroma[half], curves.chroma_hop_sec, edges), reach)
            length = np.linalg.norm(chroma, axis=0)
            spans = chroma / np.maximum(length, max(1e-9, 0.02 * float(length.max(initial=0.0))))
        found.append(_peaks(spans, reach, edges, max(4, round(most * minutes))))
    return tuple(found)


def _sums(rows: Floats, hop_sec: float, edges_sec: Floats) -> NDArray[np.float64]:
    """Return the integral of each row up to each edge, linear between frames."""
    total = np.concatenate(
        [np.zeros((len(rows), 1)), np.cumsum(rows, axis=1, dtype=np.float64)], axis=1
    )
    at = np.clip(edges_sec / hop_sec + 0.5, 0, rows.shape[1])
    frames = np.arange(rows.shape[1] + 1)
    return np.stack([np.interp(at, frames, row) for row in total])


def _means(sums: Floats, reach: int) -> NDArray[np.float64]:
    """Return the mean over ``reach`` cells from each cell on, shape (rows, cells - reach)."""
    return np.asarray((sums[:, reach:] - sums[:, :-reach]) / reach)


def _peaks(spans: Floats, reach: int, edges_sec: Floats, most: int) -> Changes:
    """Return where what follows differs most from what went before, one place a reach."""
    change = np.linalg.norm(spans[:, reach:] - spans[:, :-reach], axis=0)
    if len(change) < 3:
        return Changes(np.zeros(0), np.zeros(0))
    top = (maximum_filter1d(change, reach, mode="nearest") == change) & (change > 0)
    near = uniform_filter1d(change, 2 * reach + 1, mode="nearest")
    places = np.flatnonzero(top)
    height = np.maximum(change - near, 0.0)[places]
    keep = np.sort(np.argsort(height)[::-1][:most])
    places, height = places[keep], height[keep]
    total = float(height.sum())
    if total <= 0.0:
        return Changes(np.zeros(0), np.zeros(0))
    times = np.asarray(edges_sec[places + reach], dtype=np.float64)
    return Changes(times, np.minimum(height / total, MOST_SAY))
