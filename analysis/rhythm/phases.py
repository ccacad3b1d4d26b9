"""Where within a beat the beat may lie: on its strongest strokes, or opposite them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.attacks import Attacks
from analysis.rhythm.pulse import TimeMap, fold

Floats = NDArray[np.floating]

PHASES_PER_LEVEL = 6
PHASE_APART_BEATS = 0.09
PHASE_BIN_SEC = 0.003
PHASE_SHARE = 0.2
"""Strokes weaker than this share of the strongest are no beats …"""

OPPOSITE_SHARE = 0.1
"""… but for the place half a beat from the strongest, which counts as this much: chords that swell
set in on beats without a stroke, while plucks answer between them."""


def likely_phases(attacks: Attacks, level: TimeMap, bpm: float) -> list[tuple[float, float]]:
    """Return where within a beat the beat may lie, strongest stroke first.

    Parameters
    ----------
    attacks
        Attack curves.
    level
        Beats of the metrical level, at any phase.
    bpm
        Its mean tempo.

    Returns
    -------
    list of (float, float)
        Place in beats, 0 to 1, and strength as a share of the strongest; at least one.
    """
    bins = max(32, round(60.0 / bpm / PHASE_BIN_SEC))
    folded = fold(attacks.strength, attacks.hop_sec, level, 1.0, bins)
    folded = folded / np.maximum(folded.mean(axis=1, keepdims=True), 1e-9)
    total = folded.sum(axis=0)
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
    smooth = np.convolve(np.concatenate([total[-2:], total, total[:2]]), kernel, "valid")
    smooth = np.maximum(smooth - np.median(smooth), 1e-9)
    top = float(smooth.max())
    left = smooth.copy()
    found: list[tuple[float, float]] = []
    places = np.arange(bins) / bins
    while len(found) < PHASES_PER_LEVEL:
        best = int(np.argmax(left))
        if left[best] < PHASE_SHARE * top:
            break
        found.append((best / bins, float(smooth[best] / top)))
        left[_apart(places, best / bins) < PHASE_APART_BEATS] = 0.0
    opposite = (found[0][0] + 0.5) % 1.0
    if min(_apart(np.array([place for place, _ in found]), opposite)) >= PHASE_APART_BEATS:
        found.append((opposite, OPPOSITE_SHARE))
    return found


def _apart(places: Floats, place: float) -> NDArray[np.float64]:
    """Return how far places lie from one, in beats, the short way round."""
    return np.asarray(np.abs((places - place + 0.5) % 1.0 - 0.5))
