"""What two tracks do to each other in the overlap: notes that rub, voices that collide."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from analysis.pitches import RATE_HZ, find_pitches, fold
from analysis.resample import resampled

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Phrase = tuple[float, float, float]
"""Start and end of a sung phrase in seconds, and the probability that it is one."""

WINDOW_FRAMES = 22
"""Notes are gathered over two seconds: harmony is what lies under several beats."""
AUDIBLE_DB = 12.0
"""A track this much below the other is covered by it."""
MIN_WINDOWS = 3
"""Less than six seconds together say nothing about harmony."""
RUB = {1: 1.0, 6: 0.5, 11: 1.0}
"""How much two notes so many semitones apart rub: a semitone either way, half as much a tritone."""

VOICE_BAND_HZ = (250.0, 4_000.0)
VOICE_STEP_SEC = 0.1


def harmonic_clash(a: Samples, b: Samples, sample_rate: int) -> float | None:
    """Return how much the notes of two tracks rub, beyond what each does alone.

    Parameters
    ----------
    a, b
        Both tracks in the overlap as they go into the sum, shape (channels, n).
    sample_rate
        In Hz.

    Returns
    -------
    float or None
        Products of pitch classes a semitone or a tritone apart, one from each track, less the mean
        of the same within each; taken over windows of two seconds in which both are audible,
        drums left out. On composed pairs about 0.1 in one key or its relative, 0.3 a fifth apart,
        0.5 to 0.6 two or three fifths, 0.9 to 1.0 a semitone or a tritone. None where they are
        hardly heard together.
    """
    notes, levels = zip(*(_notes(part, sample_rate) for part in (a, b)), strict=True)
    count = min(len(part) for part in notes)
    one, two = (part[:count] for part in notes)
    near = 10 ** (AUDIBLE_DB / 20)
    level_one, level_two = (part[:count] for part in levels)
    both = (level_one > 0) & (level_one < near * level_two) & (level_two < near * level_one)
    if both.sum() < MIN_WINDOWS:
        return None
    one, two = one[both], two[both]
    return rubbing(one, two) - (rubbing(one, one) + rubbing(two, two)) / 2


def rubbing(one: Floats, two: Floats, weights: Floats | None = None) -> float:
    """Return the mean product of pitch classes, shape (n, 12), a semitone or a tritone apart."""
    return float(np.average(np.einsum("ni,ij,nj->n", one, _rub(), two), weights=weights))


@cache
def _rub() -> Floats:
    """Return ``RUB`` as a matrix of 12 by 12."""
    steps = (np.arange(12)[:, None] - np.arange(12)) % 12
    return np.asarray(np.vectorize(lambda step: RUB.get(step, 0.0))(steps), np.float64)


def _notes(samples: Samples, sample_rate: int) -> tuple[Floats, Floats]:
    """Return pitch classes (windows, 12) of unit length, and how loud the notes of each are."""
    mono = resampled(samples, sample_rate, RATE_HZ, (1.0 / len(samples),) * len(samples))
    sustained = find_pitches(mono).sustained
    count = len(sustained) // WINDOW_FRAMES
    windows = sustained[: count * WINDOW_FRAMES].reshape(count, WINDOW_FRAMES, sustained.shape[1])
    level = windows.sum(axis=(1, 2), dtype=np.float64)
    folded = fold(np.sqrt(sustained[: count * WINDOW_FRAMES])).reshape(count, WINDOW_FRAMES, 12)
    classes = folded.mean(axis=1, dtype=np.float64)
    return classes / np.maximum(np.linalg.norm(classes, axis=1, keepdims=True), 1e-9), level


def vocal_overlap_sec(
    a: Samples,
    b: Samples,
    sample_rate: int,
    sung_a: Sequence[Phrase],
    sung_b: Sequence[Phrase],
) -> float:
    """Return for how long two voices are heard at once, weighted by how even they are.

    Parameters
    ----------
    a, b
        Both tracks as they go into the sum, shape (channels, n).
    sample_rate
        In Hz.
    sung_a, sung_b
        Sung phrases, on the clock of the samples.

    Returns
    -------
    float
        Seconds; 1 s of two voices equally loud counts fully, one 10 dB below the other a third.
    """
    powers = [_voice_power(part, sample_rate) for part in (a, b)]
    count = min(len(power) for power in powers)
    one, two = (power[:count] for power in powers)
    evenness = 4 * one * two / np.maximum((one + two) ** 2, 1e-20)
    times: Floats = (np.arange(count, dtype=np.float64) + 0.5) * VOICE_STEP_SEC
    sung = _sung(sung_a, times) * _sung(sung_b, times)
    return float(np.sum(evenness * sung) * VOICE_STEP_SEC)


def _voice_power(samples: Samples, sample_rate: int) -> Floats:
    """Return the power where voices live, a value each 0.1 s."""
    sections = signal.butter(2, VOICE_BAND_HZ, "bandpass", fs=sample_rate, output="sos")
    heard = signal.sosfilt(sections.astype(np.float32), samples.mean(axis=0))
    step = round(VOICE_STEP_SEC * sample_rate)
    count = len(heard) // step
    return np.asarray(
        np.square(heard[: count * step], dtype=np.float64).reshape(count, step).mean(axis=1)
    )


def _sung(phrases: Sequence[Phrase], times_sec: Floats) -> Floats:
    """Return the probability of singing at each moment."""
    mask = np.zeros(len(times_sec))
    for start, end, confidence in phrases:
        inside = (times_sec >= start) & (times_sec < end)
        mask[inside] = np.maximum(mask[inside], confidence)
    return mask
