"""Spectral peaks of short frames: what sings, slides and shimmers.

Frames are 1024 samples at 11.025 kHz every 256 (the rows of `analysis.frames`, 23 ms apart),
windowed as there. Peaks up to 5 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis import filterbanks
from analysis.filterbanks import Array

RATE_HZ = 11_025
FRAME = 1024
HOP = 256
FRAME_RATE_HZ = RATE_HZ / HOP
HIGHEST_HZ = 5000.0

_BLOCK = 512
_PEAK_OVER_FRAME = 10 ** (-50 / 20)  # weaker ones change nothing that is read from here
_LEAST_MAGNITUDE = 1e-5


@dataclass(frozen=True, eq=False)
class Partials:
    """Spectral peaks, ordered by frame and frequency; one entry a peak.

    Parameters
    ----------
    frame
        Which frame; frame i is centred on ``i / FRAME_RATE_HZ`` seconds.
    frequency_hz, magnitude
        Interpolated place, and amplitude of a sine.
    side
        Level of the side signal at the peak relative to the mid signal; 0 in the centre.
    frames
        How many frames there are.
    """

    frame: NDArray[np.int32]
    frequency_hz: Array
    magnitude: Array
    side: Array
    frames: int


def find_partials(mid: Array, side: Array | None) -> Partials:
    """Find the spectral peaks of a track.

    Parameters
    ----------
    mid, side
        Half the sum and half the difference of the channels, float32 at 11.025 kHz, shape
        (n,); ``side`` None for mono.
    """
    count = len(mid) // HOP + 1
    window = scipy.signal.windows.general_cosine(FRAME, [0.44959, 0.49364, 0.05677])
    window = np.asarray(window * 2 / window.sum(), np.float32)
    bins = int(HIGHEST_HZ / RATE_HZ * FRAME) + 2
    channels = [part for part in (mid, side) if part is not None]
    columns: list[list[NDArray[np.float32]]] = [[], [], []]
    rows: list[NDArray[np.int32]] = []
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        begin = first * HOP - FRAME // 2
        end = begin + (last - first - 1) * HOP + FRAME
        spectra = []
        for channel in channels:
            stretch = filterbanks.stretch_of(channel, begin, end)
            windows = sliding_window_view(stretch, FRAME)[::HOP] * window
            spectra.append(np.abs(scipy.fft.rfft(windows, axis=1)[:, :bins]))
        row, column, frequency, magnitude = _peaks(spectra[0])
        rows.append((row + first).astype(np.int32))
        columns[0].append((frequency * (RATE_HZ / FRAME)).astype(np.float32))
        columns[1].append(magnitude)
        if len(spectra) == 1:
            columns[2].append(np.zeros(len(row), np.float32))
        else:
            width = spectra[1][row, column] / spectra[0][row, column]
            columns[2].append(np.asarray(width, np.float32))
    frequency_hz, magnitudes, sides = (np.concatenate(parts) for parts in columns)
    return Partials(np.concatenate(rows), frequency_hz, magnitudes, sides, count)


def _peaks(
    spectrum: Array,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], Array]:
    """Return row, bin, interpolated bin and magnitude of every local maximum worth having."""
    middle = spectrum[:, 1:-1]
    least = np.maximum(_PEAK_OVER_FRAME * spectrum.max(axis=1), _LEAST_MAGNITUDE)[:, None]
    found = (middle > spectrum[:, :-2]) & (middle >= spectrum[:, 2:]) & (middle > least)
    row, column = np.nonzero(found)
    column += 1
    # The window's main lobe is close to a parabola in log magnitude.
    left, centre, right = (
        np.log(np.maximum(spectrum[row, column + step], 1e-12)) for step in (-1, 0, 1)
    )
    offset = 0.5 * (left - right) / (left - 2 * centre + right)
    magnitude = np.exp(centre - 0.25 * (left - right) * offset)
    return row, column, column + offset, magnitude.astype(np.float32)
