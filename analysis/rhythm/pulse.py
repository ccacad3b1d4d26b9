"""Pulse curves and folding: the tools that tempo, phase and bars are found with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from analysis.rhythm.onsets import OnsetCurves

Floats = NDArray[np.floating]

LOCAL_MEAN_SEC = 1.5
"""What is steady for longer than a bar of fast music is no pulse."""

GAIN_WINDOW_SEC = 8.0
"""Level is evened out over some bars, so that a breakdown's soft pulse has a say …"""

GAIN_FLOOR = 0.3
"""… but what is 10 dB under the track's own pulse stays small."""


ACCENT_BANDS = ((0, 1), (2, 5), (5, 6))
"""Kick and bass; 400 Hz to 5 kHz, where snares and claps are loudest; hats."""

ACCENT_LAG_FRAMES = 3
"""17 ms: most of an attack's rise."""


def raw_pulse(curves: OnsetCurves) -> NDArray[np.float32]:
    """Return onset strength per band, zero-mean, shape (bands, frames); loud parts stay loud."""
    flux = curves.flux
    width = _odd(LOCAL_MEAN_SEC / curves.hop_sec)
    centred = flux - uniform_filter1d(flux, width, axis=1, mode="constant")
    spread = centred.std(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(spread, 1e-9), dtype=np.float32)


def even_pulse(curves: OnsetCurves) -> NDArray[np.float32]:
    """Return :func:`raw_pulse` with its level evened out, so that quiet parts have a say."""
    hop = curves.hop_sec
    centred = raw_pulse(curves)
    squared = np.square(centred, dtype=np.float64)
    local = uniform_filter1d(squared, _odd(GAIN_WINDOW_SEC / hop), axis=1, mode="constant")
    overall = np.sqrt(squared.mean(axis=1, keepdims=True)) if squared.size else squared
    level = np.sqrt(np.maximum(local, 0.0)) + GAIN_FLOOR * overall
    return (centred / np.maximum(level, 1e-9)).astype(np.float32)


def accents(curves: OnsetCurves) -> NDArray[np.float32]:
    """Return how much louder it gets in lows, mids and highs, shape (3, frames), each at most 1.

    Amplitudes, not their logarithms: a clap stands out from the hats around it as it does to a
    listener. What is as loud as the loudest hundredth counts in full, however loud.
    """
    rows = []
    for low, high in ACCENT_BANDS:
        loudness = np.sqrt(curves.power[low:high].sum(axis=0))
        rise = np.zeros_like(loudness)
        lag = min(ACCENT_LAG_FRAMES, len(rise))
        rise[lag:] = np.maximum(loudness[lag:] - loudness[:-lag], 0.0)
        loud = max(float(np.quantile(rise[::3], 0.99)), 1e-9) if len(rise) else 1.0
        # The attack lies halfway between the frames compared.
        rows.append(np.roll(np.minimum(rise / loud, 1.0), -(lag // 2)))
    return np.stack(rows).astype(np.float32)


def _odd(frames: float) -> int:
    return max(1, int(frames) | 1)


FOLD_BLOCK = 1 << 18
"""Frames folded at once: a few MB, however long the track."""


@dataclass(frozen=True, eq=False)
class TimeMap:
    """Where beats lie in time: position (in beats) ↔ seconds, piecewise linear.

    Attributes
    ----------
    beat_times
        Time of beat 0, 1, 2 …, strictly rising, shape (n ≥ 2,); beyond its ends the first and
        last interval go on.
    """

    beat_times: NDArray[np.float64]

    @classmethod
    def steady(cls, period_sec: float, phase_sec: float, duration_sec: float) -> TimeMap:
        """Return the map of one tempo with a beat at ``phase_sec``."""
        first = phase_sec - np.ceil(phase_sec / period_sec) * period_sec
        count = int(np.ceil((duration_sec - first) / period_sec)) + 2
        return cls(first + period_sec * np.arange(count))

    def position(self, times_sec: Floats) -> NDArray[np.float64]:
        """Return the beat position of each time."""
        beats = self.beat_times
        inside = np.interp(times_sec, beats, np.arange(len(beats), dtype=np.float64))
        early = (times_sec - beats[0]) / (beats[1] - beats[0])
        late = len(beats) - 1 + (times_sec - beats[-1]) / (beats[-1] - beats[-2])
        return np.where(times_sec < beats[0], early, np.where(times_sec > beats[-1], late, inside))

    def time(self, positions: Floats) -> NDArray[np.float64]:
        """Return the time of each beat position."""
        beats = self.beat_times
        last = len(beats) - 1
        inside = np.interp(positions, np.arange(len(beats)), beats)
        early = beats[0] + positions * (beats[1] - beats[0])
        late = beats[-1] + (positions - last) * (beats[-1] - beats[-2])
        return np.where(positions < 0, early, np.where(positions > last, late, inside))

    def relevel(self, factor: float, offset_beats: float, duration_sec: float) -> TimeMap:
        """Return the map of another metrical level and phase.

        Parameters
        ----------
        factor
            New beats per old beat (2 doubles the tempo).
        offset_beats
            The new beat 0 lies this many old beats after the old one.
        duration_sec
            The new beats cover the track from before its start to after its end.
        """
        first = (self.position(np.array([0.0]))[0] - offset_beats) * factor
        last = (self.position(np.array([duration_sec]))[0] - offset_beats) * factor
        steps = np.arange(np.floor(first), np.ceil(last) + 2)
        return TimeMap(self.time(steps / factor + offset_beats))


def fold(
    curve: Floats, hop_sec: float, beats: TimeMap, cycle: float, bins: int
) -> NDArray[np.float64]:
    """Return the mean of a curve over one cycle of beats.

    Parameters
    ----------
    curve
        Shape (rows, frames); frame ``n`` is at ``n * hop_sec``.
    hop_sec
        Seconds a frame.
    beats
        The grid.
    cycle
        Length of the cycle in beats.
    bins
        Parts of the cycle; part 0 is centred on position 0.

    Returns
    -------
    ndarray
        Shape (rows, bins).
    """
    sums = np.zeros((len(curve), bins))
    counts = np.zeros(bins)
    for start in range(0, curve.shape[1], FOLD_BLOCK):
        part = curve[:, start : start + FOLD_BLOCK]
        times = np.arange(start, start + part.shape[1]) * hop_sec
        index = np.floor(beats.position(times) * (bins / cycle) + 0.5).astype(np.int64) % bins
        counts += np.bincount(index, minlength=bins)
        for row, values in enumerate(part):
            sums[row] += np.bincount(index, weights=values, minlength=bins)
    return sums / np.maximum(counts, 1.0)
