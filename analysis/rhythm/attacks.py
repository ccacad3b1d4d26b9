"""Attacks at half a millisecond: where exactly a beat begins.

A beat's time is the first sample of its kick. The attack curve compares the energy just after
an instant with the energy just before it, in three bands; it peaks where the sound begins, not
where it is loudest, which lies 5–20 ms later in a kick.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from analysis.rhythm.onsets import OnsetCurves
from analysis.rhythm.pulse import TimeMap

EDGE_SEC = (0.008, 0.004, 0.003)
"""Width compared on either side in the low, mid and high band: about half a cycle of 60 Hz for
the lows, a few milliseconds where attacks are sharp."""

CONTRAST = 100.0
"""Energies are compressed as log(1 + 100 e / loud), 20 dB under the band's loud level."""

_LOUD_QUANTILE = 0.98


@dataclass(frozen=True, eq=False)
class Attacks:
    """Attack strength per band on the fine clock; time ``n * hop_sec`` is where a sound begins.

    Attributes
    ----------
    strength
        Float32 of shape (3, n): low, mid, high.
    hop_sec
        Seconds a step.
    """

    strength: NDArray[np.float32]
    hop_sec: float

    @cached_property
    def total(self) -> NDArray[np.float32]:
        """All bands together, shape (n,)."""
        summed: NDArray[np.float32] = self.strength.sum(axis=0)
        return summed


def find_attacks(curves: OnsetCurves) -> Attacks:
    """Return the attack curves of a track."""
    hop = curves.fine_hop_sec
    rows = []
    for energy, width_sec in zip(curves.fine_energy, EDGE_SEC, strict=True):
        width = max(1, round(width_sec / hop))
        loud = float(np.quantile(energy[::7], _LOUD_QUANTILE)) if len(energy) else 0.0
        # Level of the window that begins at each step; the one before it ends there.
        level = uniform_filter1d(energy, width, origin=-(width // 2), mode="nearest")
        np.maximum(level, 0.0, out=level)
        level *= np.float32(CONTRAST / max(loud, 1e-9))
        np.log1p(level, out=level)
        rise = np.zeros_like(level)
        np.maximum(level[width:] - level[:-width], 0.0, out=rise[width:])
        rows.append(rise)
    return Attacks(np.stack(rows), hop)


def around_beats(
    curve: NDArray[np.floating], hop_sec: float, beats_sec: NDArray[np.floating], reach_sec: float
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Return the curve near each beat.

    Returns
    -------
    windows
        Shape (beats, steps); steps outside the track are 0.
    offsets_sec
        Shape (beats, steps): each step's time minus its beat's.
    """
    reach = int(reach_sec / hop_sec) + 1
    centre = np.round(beats_sec / hop_sec).astype(np.int64)
    index = centre[:, None] + np.arange(-reach, reach + 1)
    inside = (index >= 0) & (index < len(curve))
    windows = np.where(inside, curve[np.clip(index, 0, len(curve) - 1)], 0.0)
    return windows, index * hop_sec - beats_sec[:, None]


def align(attacks: Attacks, beats: TimeMap, reach_sec: float) -> float:
    """Return how much later than ``beats`` the attacks lie on the whole, in seconds.

    The mean attack curve around all beats is searched for its peak within ``reach_sec``.
    """
    windows, offsets = around_beats(attacks.total, attacks.hop_sec, beats.beat_times, reach_sec)
    steps = np.round(offsets / attacks.hop_sec).astype(np.int64)
    lowest = int(steps.min())
    size = int(steps.max()) - lowest + 1
    profile = np.bincount((steps - lowest).ravel(), weights=windows.ravel(), minlength=size)
    return float((int(np.argmax(profile)) + lowest) * attacks.hop_sec)
