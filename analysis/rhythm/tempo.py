"""Tempo: one coherent fit over the whole track.

A constant tempo is a set of sharp lines in the Fourier transform of the onset curves taken over
the *whole* track: three minutes resolve a third of a BPM, and the fourth harmonic a twelfth, so
that music with a steady pulse stands far above everything else, breakdowns included.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

MIN_BPM = 60.0
MAX_BPM = 200.0
"""Dance music is counted between these; slower and faster pulses are counted double or half."""

STEP_BPM = 0.01
HARMONICS = (1, 2, 4)
"""Beat, eighth and sixteenth."""

PADDING = 8
"""Zero-padding of the transform: linear interpolation between its bins is then exact enough."""


@dataclass(frozen=True)
class TempoPeak:
    """A tempo and the strength of its comb.

    Attributes
    ----------
    bpm
        Tempo.
    strength
        Energy of beat, eighth and sixteenth lines, summed over bands.
    floor
        Median strength over all tempi.
    """

    bpm: float
    strength: float
    floor: float


@dataclass(frozen=True, eq=False)
class Comb:
    """Comb strength over tempo.

    Attributes
    ----------
    bpm
        Shape (tempi,).
    strength
        Shape (tempi,).
    """

    bpm: NDArray[np.float64]
    strength: NDArray[np.float64]

    def best(self) -> TempoPeak:
        """Return the strongest tempo, between grid points by a parabola."""
        peak = int(np.argmax(self.strength))
        floor = max(float(np.median(self.strength)), 1e-12)
        bpm = float(self.bpm[peak])
        if 0 < peak < len(self.bpm) - 1:
            left, top, right = self.strength[peak - 1 : peak + 2]
            bend = left - 2 * top + right
            if bend < 0:
                bpm += 0.5 * float((left - right) / bend) * float(self.bpm[1] - self.bpm[0])
        return TempoPeak(bpm, float(self.strength[peak]), floor)


def comb(
    pulse: NDArray[np.floating],
    hop_sec: float,
    low_bpm: float = MIN_BPM,
    high_bpm: float = MAX_BPM,
) -> Comb:
    """Return the coherent comb strength of every tempo.

    Parameters
    ----------
    pulse
        Pulse curves, shape (bands, frames).
    hop_sec
        Seconds a frame.
    low_bpm, high_bpm
        Range of tempi.
    """
    frames = pulse.shape[1]
    size = scipy.fft.next_fast_len(PADDING * max(frames, 1), real=True)
    bpm = np.arange(low_bpm, high_bpm + STEP_BPM, STEP_BPM)
    at_beat = bpm / 60.0 * (size * hop_sec)
    strength = np.zeros(len(bpm))
    for row in pulse:  # one band at a time: the transform of a long mix is large
        spectrum = scipy.fft.rfft(row, size)
        for harmonic in HARMONICS:
            place = at_beat * harmonic
            low = np.minimum(place.astype(np.int64), len(spectrum) - 2)
            share = place - low
            line = np.abs(spectrum[low]) * (1.0 - share) + np.abs(spectrum[low + 1]) * share
            strength += (line / max(frames, 1)) ** 2
    return Comb(bpm, strength)
