"""Harmonic movement and roughness: Tonnetz, tension, sensory dissonance."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.pitches import Pitches

_SMOOTHING_SEC = 0.5  # tension is about chords, not about single notes of an arpeggio
_PARTIALS = 12  # strongest partials a frame: the rest adds under a percent of the roughness
_EVERY = 4  # one frame in four: roughness is averaged over the whole track anyway


def tonnetz(chroma: Array) -> Array:
    """Return tonal centroids (Harte, Sandler & Gasser 2006), shape (frames, 6).

    Columns are the sine and cosine of the circles of fifths, minor thirds (radius 1 each) and
    major thirds (radius 0.5). Frames without pitch are the origin.
    """
    steps = np.arange(12)
    rows = []
    for fraction, radius in ((7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5)):
        rows.append(radius * np.sin(np.pi * fraction * steps))
        rows.append(radius * np.cos(np.pi * fraction * steps))
    share = chroma / np.maximum(chroma.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(share @ np.stack(rows, axis=1), np.float32)


def tension(centroids: Array, rate_hz: float) -> Array:
    """Return the speed of the tonal centroid per second, shape (frames − 1,).

    The norm of the derivative of `tonnetz`, smoothed over half a second.
    """
    if len(centroids) < 2:
        return np.zeros(0, np.float32)
    width = max(1, round(_SMOOTHING_SEC * rate_hz))
    smooth = scipy.ndimage.uniform_filter1d(centroids, width, axis=0, mode="nearest")
    return np.asarray(np.linalg.norm(np.diff(smooth, axis=0), axis=1) * rate_hz, np.float32)


def roughness(pitches: Pitches) -> float | None:
    """Return sensory dissonance, 0 (consonant) to 1 (every pair of partials at its roughest).

    Plomp & Levelt's curve in Sethares' form, ``exp(−3.5 s d) − exp(−5.75 s d)``, averaged over
    all pairs of the strongest partials of a frame, weighted by the product of their magnitudes,
    then over frames weighted by level. None without partials.
    """
    frequency, magnitude = _strongest(pitches)
    if not len(frequency):
        return None
    first, second = np.triu_indices(_PARTIALS, 1)
    low = np.minimum(frequency[:, first], frequency[:, second])
    distance = np.abs(frequency[:, first] - frequency[:, second])
    scaled = 0.24 / (0.0207 * low + 18.96) * distance
    curve = np.exp(-3.5 * scaled) - np.exp(-5.75 * scaled)
    peak = 0.17995  # the curve's maximum, at s·d = ln(5.75 / 3.5) / 2.25
    weight = magnitude[:, first] * magnitude[:, second]
    total = float(weight.sum())
    return float((weight * curve).sum() / (peak * total)) if total > 0 else None


def _strongest(pitches: Pitches) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies and magnitudes of the strongest partials of every fourth frame."""
    chosen = pitches.frame % _EVERY == 0
    frame = pitches.frame[chosen]
    frequency = pitches.frequency_hz[chosen].astype(np.float64)
    magnitude = pitches.magnitude[chosen].astype(np.float64)
    order = np.lexsort((-magnitude, frame))
    frame, frequency, magnitude = frame[order], frequency[order], magnitude[order]
    starts = np.flatnonzero(np.diff(frame, prepend=-1))
    rank = np.arange(len(frame)) - np.repeat(starts, np.diff(np.append(starts, len(frame))))
    row = np.cumsum(rank == 0) - 1
    kept = rank < _PARTIALS
    table_hz = np.zeros((len(starts), _PARTIALS))
    table_magnitude = np.zeros((len(starts), _PARTIALS))
    table_hz[row[kept], rank[kept]] = frequency[kept]
    table_magnitude[row[kept], rank[kept]] = magnitude[kept]
    return table_hz, table_magnitude
