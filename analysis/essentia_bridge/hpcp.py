"""Harmonic pitch class profiles (Gómez 2006) and the strength of chords in them.

Frames are MusicExtractor's tonal frames (4096 samples at 44.1 kHz, every 2048), which are every
second frame of `analysis.partials`. Profiles start at A.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.partials import Partials

Floats = NDArray[np.float64]

SIZE = 36
_LOW_HZ, _SPLIT_HZ, _HIGH_HZ = 20.0, 500.0, 3500.0
_CHORD_WINDOW = 42  # frames of 2 s, as ChordsDetection counts them


@dataclass(frozen=True, eq=False)
class Peaks:
    """Spectral peaks of MusicExtractor's tonal frames; the level does not matter."""

    frame: NDArray[np.int32]
    frequency_hz: Array
    magnitude: Array
    frames: int


def tonal_peaks(partials: Partials) -> Peaks:
    """Return the peaks of every second frame between 20 and 3500 Hz.

    MusicExtractor keeps the sixty strongest of a frame; profiles weigh by energy, so the weaker
    ones change nothing.
    """
    chosen = (partials.frame % 2 == 0) & (partials.frequency_hz >= _LOW_HZ)
    chosen &= partials.frequency_hz <= _HIGH_HZ
    return Peaks(
        partials.frame[chosen] // 2,
        partials.frequency_hz[chosen],
        partials.magnitude[chosen],
        (partials.frames + 1) // 2,
    )


def profile(peaks: Peaks, reference_hz: float, *, width: float = 1.0, harmonics: int = 0) -> Floats:
    """Return the pitch class profile of every frame, shape (frames, 36), not normalised.

    Parameters
    ----------
    width
        Semitones over which a peak spreads, weighted by a cosine.
    harmonics
        Overtones that a peak may be: it counts, less and less, for their fundamentals.
    """
    energy = peaks.magnitude**2
    table = np.zeros(peaks.frames * SIZE)
    per_semitone = SIZE / 12
    place = np.log2(peaks.frequency_hz / reference_hz) * SIZE
    reach = per_semitone * width / 2
    for shift, strength in _harmonic_shifts(harmonics):
        centre = place - shift * per_semitone
        first = np.ceil(centre - reach)
        for step in range(int(2 * reach) + 1):
            cell = first + step
            distance = np.abs(centre - cell) / per_semitone / width
            weight = np.where(cell <= centre + reach, np.cos(np.pi * distance), 0.0)
            index = peaks.frame * SIZE + np.mod(cell, SIZE).astype(np.int32)
            table += np.bincount(index, weight * energy * strength**2, minlength=len(table))
    return np.asarray(table.reshape(peaks.frames, SIZE), np.float64)


@cache
def _harmonic_shifts(harmonics: int) -> tuple[tuple[float, float], ...]:
    """Return semitones within the octave and strength of each harmonic's fundamental."""
    found: list[tuple[float, float]] = []
    for order in range(1, harmonics + 2):
        semitones = 12 * float(np.log2(order))
        strength = 1 / max(1.0, semitones / 12 * 0.5)
        within = semitones % 12
        within = 0.0 if within > 12 - 1e-5 else within
        for position, (other, sum_) in enumerate(found):
            if abs(other - within) < 1e-5:
                found[position] = (other, sum_ + strength)
                break
        else:
            found.append((within, strength))
    return tuple(found)


def key_profile(peaks: Peaks, reference_hz: float) -> Floats:
    """Return the profile that keys are read from, each frame's largest 1."""
    return _unit_max(profile(peaks, reference_hz))


def chord_profile(peaks: Peaks, reference_hz: float) -> Floats:
    """Return the profile that chords are read from: low and high band alike, peaks sharpened."""
    low = peaks.frequency_hz < _SPLIT_HZ
    halves = []
    for side in (low, ~low):
        part = Peaks(
            peaks.frame[side], peaks.frequency_hz[side], peaks.magnitude[side], peaks.frames
        )
        halves.append(_unit_max(profile(part, reference_hz, width=0.5, harmonics=8)))
    both = _unit_max(halves[0] + halves[1])
    sharp = np.sin(both * np.pi / 2) ** 2
    return np.where(sharp < 0.6, sharp * (sharp / 0.6) ** 2, sharp)


def _interpolated(degrees: Floats) -> Floats:
    """Return twelve degrees with two straight steps between neighbours, shape (36,)."""
    table = np.interp(np.arange(SIZE) / 3, np.arange(13), np.append(degrees, degrees[0]))
    return np.asarray(table, np.float64)


def chord_strengths(chord_profiles: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return each frame's best triad (0–11 major from A, 12–23 minor) and its correlation.

    Profiles are averaged over two seconds first.
    """
    half = _CHORD_WINDOW // 2
    totals = np.concatenate([np.zeros((1, SIZE)), np.cumsum(chord_profiles, axis=0)])
    index = np.arange(len(chord_profiles))
    first, last = np.maximum(0, index - half), np.minimum(index + half, len(chord_profiles))
    means = (totals[last] - totals[first]) / np.maximum(last - first, 1)[:, None]
    centred = means - means.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    patterns = []
    for third in (4, 3):
        degrees = np.zeros(12)
        degrees[[0, third, 7]] = 1
        pattern = _interpolated(degrees)
        pattern = (pattern - pattern.mean()) / np.linalg.norm(pattern - pattern.mean())
        patterns += [np.roll(pattern, shift) for shift in range(SIZE)]
    correlation = centred / np.maximum(norm, 1e-12) @ np.stack(patterns).T
    best = correlation.argmax(axis=1)
    root = ((best % SIZE) * 12 / SIZE + 0.5).astype(np.int64) % 12
    return root + 12 * (best // SIZE), correlation.max(axis=1)


def _unit_max(values: Floats) -> Floats:
    return np.asarray(values / np.maximum(values.max(axis=1, keepdims=True), 1e-30))
