"""Finding a track's three-band waveform peaks (`analysis.peaks` keeps them)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from analysis.audio import Audio
from analysis.peaks import RATE_HZ, Peaks
from analysis.resample import resampled

LOW_HZ = 200.0
"""Kick and bass live below."""
HIGH_HZ = 2_500.0
"""Hi-hats, cymbals and sibilants live above."""

_ORDER = 4
"""24 dB an octave: a kick's fundamental an octave below LOW_HZ does not show in the mid band."""
_COLUMNS_AT_ONCE = 1_500  # ten seconds
_LOW_BAND_RATE_HZ = 2_000
"""The low band is found at a reduced rate: ten times its edge is plenty for its peaks."""


def find_peaks(audio: Audio) -> Peaks:
    """Return a track's waveform peaks, taken from the mean of its channels."""
    bands = [_low_band(audio), *_upper_bands(audio)]
    scales = [float(band.max(initial=0.0)) for band in bands]
    low, mid, high = (
        np.round(band / (scale or 1.0) * 255).astype(np.uint8)
        for band, scale in zip(bands, scales, strict=True)
    )
    return Peaks(low, mid, high, RATE_HZ, (scales[0], scales[1], scales[2]))


def _low_band(audio: Audio) -> NDArray[np.float32]:
    rate = min(_LOW_BAND_RATE_HZ, audio.sample_rate)
    # Anti-aliasing of the lowest quality is flat far beyond LOW_HZ.
    reduced = resampled(audio.mono[None], audio.sample_rate, rate, quality="LQ")
    if not reduced.size:
        reduced = audio.mono[:1]  # a click of less than a millisecond
    sections = signal.butter(_ORDER, LOW_HZ, "lowpass", fs=rate, output="sos")
    return _column_maxima(sections, reduced, rate, _column_count(audio))


def _upper_bands(audio: Audio) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rate, columns = audio.sample_rate, _column_count(audio)
    edges_hz = (LOW_HZ, min(HIGH_HZ, 0.45 * rate))
    sections = signal.butter(_ORDER, edges_hz, "bandpass", fs=rate, output="sos")
    mid = _column_maxima(sections, audio.mono, rate, columns)
    if rate <= 2 * HIGH_HZ:
        return mid, np.zeros_like(mid)
    sections = signal.butter(_ORDER, HIGH_HZ, "highpass", fs=rate, output="sos")
    return mid, _column_maxima(sections, audio.mono, rate, columns)


def _column_count(audio: Audio) -> int:
    """Return how many columns cover the track."""
    return int(np.ceil(audio.samples.shape[1] * RATE_HZ / audio.sample_rate))


def _column_maxima(
    sections: NDArray[np.float64], samples: NDArray[np.float32], rate: int, columns: int
) -> NDArray[np.float32]:
    """Filter the samples; return the highest absolute value in each column's time.

    In single precision and a stretch at a time, so that no second copy of the track is made.
    """
    starts = np.floor(np.arange(columns + 1) * rate / RATE_HZ).astype(int)
    starts[-1] = samples.size
    # Resampling may end a sample early; the last column then shows the last sample.
    starts[:-1] = np.minimum(starts[:-1], samples.size - 1)
    coefficients = sections.astype(np.float32)
    state = np.zeros((len(sections), 2), np.float32)
    maxima = np.zeros(columns, np.float32)
    for first in range(0, columns, _COLUMNS_AT_ONCE):
        bounds = starts[first : first + _COLUMNS_AT_ONCE + 1]
        block, state = signal.sosfilt(coefficients, samples[bounds[0] : bounds[-1]], zi=state)
        np.abs(block, out=block)
        maxima[first : first + bounds.size - 1] = np.maximum.reduceat(
            block, bounds[:-1] - bounds[0]
        )
    return maxima
