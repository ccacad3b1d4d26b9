"""Which notes sound when: spectral peaks of long frames, folded onto a tuned semitone grid.

Peaks rather than bins, because drums are broad and notes are narrow: what is not a peak well
above its surroundings adds nothing to the chroma.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
import scipy.ndimage
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis import filterbanks
from analysis.filterbanks import Array

RATE_HZ = 11_025
FRAME = 4096  # 0.37 s: partials a semitone apart are separate from 130 Hz up
HOP = 1024  # 93 ms
FRAME_RATE_HZ = RATE_HZ / HOP
LOWEST_NOTE = 28  # MIDI E1, 41 Hz: below it there are kick drums and no notes to tell apart
HIGHEST_NOTE = 96  # MIDI C7, 2093 Hz: above it there are mostly overtones
NOTES = HIGHEST_NOTE - LOWEST_NOTE + 1

_BLOCK = 128
_FLOOR_BINS = 25  # width in bins (67 Hz) of the surroundings a peak must rise above
_PEAK_OVER_FLOOR = 2.0  # 6 dB above the mean of its surroundings: white noise seldom does it
_PEAK_OVER_FRAME = 10 ** (-50 / 20)  # peaks 50 dB below the frame's strongest are not heard
_SILENT_MAGNITUDE = 1e-4  # −80 dBFS sine
_TUNING_LOW_HZ, _TUNING_HIGH_HZ = 110.0, 2000.0  # where one bin is less than half a semitone


@dataclass(frozen=True, eq=False)
class Pitches:
    """Spectral peaks of a track.

    Parameters
    ----------
    frame, frequency_hz, magnitude
        One entry a peak, ordered by frame: which frame, where (interpolated), and how strong
        (amplitude of a sine).
    frames
        How many frames there are; frame i is centred on ``i / FRAME_RATE_HZ`` seconds.
    tuning_semitones
        Deviation of the track's concert pitch from 440 Hz, −0.5 to 0.5 semitones.
    """

    frame: NDArray[np.int32]
    frequency_hz: Array
    magnitude: Array
    frames: int
    tuning_semitones: float

    @cached_property
    def salience(self) -> Array:
        """Magnitude on every semitone E1–C7, shape (frames, 69).

        A peak counts for the nearest semitone of the tuned grid, less the further it is off
        (squared cosine: nothing at a quarter tone).
        """
        note = 69 + 12 * np.log2(self.frequency_hz / 440) - self.tuning_semitones
        nearest = np.rint(note)
        weight = self.magnitude * np.cos(np.pi * (note - nearest)) ** 2
        index = nearest.astype(np.int64) - LOWEST_NOTE
        inside = (index >= 0) & (index < NOTES)
        cell = self.frame[inside].astype(np.int64) * NOTES + index[inside]
        table = np.bincount(cell, weight[inside], minlength=self.frames * NOTES)
        return table.reshape(self.frames, NOTES).astype(np.float32)

    @cached_property
    def sustained(self) -> Array:
        """``salience`` without what lasts less than a quarter of a second, same shape.

        The lesser of each cell and the median of the five around it in time: kicks and
        hits that pretend to be notes fall out, stabs and held notes stay.
        """
        lasting = scipy.ndimage.median_filter(self.salience, size=(5, 1))
        result: Array = np.minimum(self.salience, lasting)
        return result

    @cached_property
    def chroma(self) -> Array:
        """Twelve pitch classes from C, shape (frames, 12); each frame's largest is 1, or all 0."""
        folded = fold(np.sqrt(self.sustained))
        chroma: Array = folded / np.maximum(folded.max(axis=1, keepdims=True), 1e-9)
        return chroma


def fold(notes: Array) -> Array:
    """Sum notes E1–C7 over octaves: shape (frames, 69) to (frames, 12), C first."""
    pad = LOWEST_NOTE % 12
    rows = -(-(NOTES + pad) // 12)
    padded = np.zeros((len(notes), rows * 12), np.float32)
    padded[:, pad : pad + NOTES] = notes
    octaves: Array = padded.reshape(len(notes), rows, 12)
    folded: Array = octaves.sum(axis=1)
    return folded


def find_pitches(samples: Array) -> Pitches:
    """Find the spectral peaks of a track.

    Parameters
    ----------
    samples
        Mono float32 at 11.025 kHz, shape (n,).
    """
    count = len(samples) // HOP + 1
    highest_hz = 440 * 2 ** ((HIGHEST_NOTE + 0.5 - 69) / 12)
    bins = int(highest_hz / RATE_HZ * FRAME) + 2
    window = scipy.signal.windows.hann(FRAME, sym=False).astype(np.float32)
    window *= np.float32(2 / window.sum())
    rows, frequencies, magnitudes = [], [], []
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        begin = first * HOP - FRAME // 2
        part = filterbanks.stretch_of(samples, begin, begin + (last - first - 1) * HOP + FRAME)
        windows = sliding_window_view(part, FRAME)[::HOP] * window
        spectrum = np.abs(scipy.fft.rfft(windows, axis=1)[:, :bins])
        row, place, magnitude = _peaks(spectrum)
        rows.append((row + first).astype(np.int32))
        frequencies.append((place * (RATE_HZ / FRAME)).astype(np.float32))
        magnitudes.append(magnitude)
    hz, magnitude = np.concatenate(frequencies), np.concatenate(magnitudes)
    return Pitches(np.concatenate(rows), hz, magnitude, count, estimate_tuning(hz, magnitude))


def _peaks(spectrum: Array) -> tuple[NDArray[np.int64], NDArray[np.float64], Array]:
    """Return frame, interpolated bin and magnitude of every peak that stands out."""
    floor = scipy.ndimage.uniform_filter1d(spectrum, _FLOOR_BINS, axis=1)
    middle = spectrum[:, 1:-1]
    least = np.maximum(_PEAK_OVER_FRAME * spectrum.max(axis=1), _SILENT_MAGNITUDE)[:, None]
    found = (middle > spectrum[:, :-2]) & (middle >= spectrum[:, 2:])
    found &= (middle > _PEAK_OVER_FLOOR * floor[:, 1:-1]) & (middle > least)
    row, column = np.nonzero(found)
    column += 1
    # A Hann window's main lobe is close to a parabola in log magnitude.
    left, centre, right = (
        np.log(np.maximum(spectrum[row, column + step], 1e-12)) for step in (-1, 0, 1)
    )
    offset = 0.5 * (left - right) / (left - 2 * centre + right)
    magnitude = np.exp(centre - 0.25 * (left - right) * offset)
    return row, column + offset, magnitude.astype(np.float32)


def estimate_tuning(frequency_hz: Array, magnitude: Array) -> float:
    """Return how far the track's pitch is from A = 440 Hz, in semitones, −0.5 to 0.5.

    The circular mean of every peak's distance to the nearest semitone, weighted by the root of
    its magnitude so that one loud bass does not decide alone.
    """
    inside = (frequency_hz >= _TUNING_LOW_HZ) & (frequency_hz <= _TUNING_HIGH_HZ)
    if not inside.any():
        return 0.0
    turns = 12 * np.log2(frequency_hz[inside].astype(np.float64) / 440)
    mean = np.sum(np.sqrt(magnitude[inside]) * np.exp(2j * np.pi * turns))
    return float(np.angle(mean) / (2 * np.pi))
