"""What two tracks do to each other in the overlap: notes that grind, voices that collide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from analysis.pitches import RATE_HZ, find_pitches
from analysis.resample import resampled
from analysis.tonal.harmony import roughness

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Phrase = tuple[float, float, float]
"""Start and end of a sung phrase in seconds, and the probability that it is one."""

BLOCK_SEC = 1.0
AUDIBLE_DB = 12.0
"""A track this much below the other is covered by it."""
MIN_BLOCKS = 4
"""Fewer seconds together say nothing about harmony."""

VOICE_BAND_HZ = (250.0, 4_000.0)
VOICE_STEP_SEC = 0.1


def harmonic_clash(a: Samples, b: Samples, sample_rate: int) -> float | None:
    """Return how much rougher two tracks sound together than they do alone.

    Parameters
    ----------
    a, b
        Both tracks in the overlap as they go into the sum, shape (channels, n).
    sample_rate
        In Hz.

    Returns
    -------
    float or None
        Sensory dissonance (0–1, :func:`analysis.tonal.harmony.roughness`) of the sum less the
        mean of the two alone, weighted by their power; taken where both are audible. 0 for
        tracks that agree, negative where one smooths the other. None where they are hardly
        heard together.
    """
    low = [resampled(part, sample_rate, RATE_HZ, _halves(part)) for part in (a, b)]
    count = min(len(part) for part in low) // round(BLOCK_SEC * RATE_HZ)
    if count < MIN_BLOCKS:
        return None
    blocks = [part[: count * round(BLOCK_SEC * RATE_HZ)].reshape(count, -1) for part in low]
    power = [np.square(part, dtype=np.float64).mean(axis=1) for part in blocks]
    near = 10 ** (AUDIBLE_DB / 10)
    both = (power[0] > 0) & (power[0] < near * power[1]) & (power[1] < near * power[0])
    if both.sum() < MIN_BLOCKS:
        return None
    heard = [part[both].ravel() for part in blocks]
    alone = [roughness(find_pitches(part)) for part in heard]
    together = roughness(find_pitches(heard[0] + heard[1]))
    if together is None or alone[0] is None or alone[1] is None:
        return None
    weights = [float(part[both].sum()) for part in power]
    usual = (weights[0] * alone[0] + weights[1] * alone[1]) / (weights[0] + weights[1])
    return together - usual


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


def _halves(part: Samples) -> tuple[float, ...]:
    return (1.0 / len(part),) * len(part)


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
