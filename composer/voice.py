"""Sung syllables: a pulse-like source whose harmonics are weighted by moving formants."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from composer.osc import Samples, envelope, harmonic_numbers, noise, phase_of, scan, tables

# First four formants of an adult's sung vowels, Hz (averages of the phonetics literature).
VOWELS = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (290.0, 2250.0, 3000.0, 3700.0),
    "o": (500.0, 900.0, 2400.0, 3300.0),
    "u": (320.0, 830.0, 2250.0, 3200.0),
}
_BANDWIDTHS_HZ = (80.0, 95.0, 130.0, 180.0)
_CONSONANTS = {
    "s": (0.07, (5000.0, 11000.0), 0.30),
    "t": (0.025, (2500.0, 8000.0), 0.35),
    "k": (0.03, (1200.0, 3500.0), 0.35),
    "h": (0.05, (800.0, 5000.0), 0.15),
    "": (0.0, (500.0, 1000.0), 0.0),
}


def _vowel_gains(freqs_hz: np.ndarray, vowel: str, tract: float) -> np.ndarray:
    total = np.zeros_like(freqs_hz)
    for number, (formant, width) in enumerate(zip(VOWELS[vowel], _BANDWIDTHS_HZ, strict=True)):
        center = formant * tract
        total += (
            10 ** (-8.0 * number / 20)
            / np.sqrt((1.0 - (freqs_hz / center) ** 2) ** 2 + (freqs_hz * width / center**2) ** 2)
            * np.minimum(1.0, freqs_hz / center + 0.15)
        )
    return total


def syllable(
    freq_hz: float,
    from_hz: float,
    seconds: float,
    rate: int,
    rng: np.random.Generator,
    tract: float,
) -> Samples:
    """One sung syllable.

    Parameters
    ----------
    freq_hz, from_hz
        Its pitch, and the pitch it slides in from.
    seconds
        Length including its consonant.
    tract
        1.0 for a man's vocal tract, about 1.17 for a woman's.

    Returns
    -------
    ndarray of shape (n,), float32
        Peak near 1.
    """
    n = max(256, int(seconds * rate))
    time = np.arange(n) / rate
    consonant = list(_CONSONANTS)[int(rng.integers(len(_CONSONANTS)))]
    lead_sec, band, level = _CONSONANTS[consonant]
    vowels = list(VOWELS)
    first, second = (vowels[int(i)] for i in rng.integers(len(vowels), size=2))
    glide = freq_hz + (from_hz - freq_hz) * np.exp(-np.maximum(time - lead_sec, 0.0) / 0.035)
    vibrato = 0.011 * np.clip((time - 0.28) / 0.25, 0.0, 1.0)
    jitter = np.interp(
        time,
        np.arange(0.0, seconds + 0.1, 0.04),
        rng.standard_normal(len(np.arange(0.0, seconds + 0.1, 0.04))),
    )
    curve = glide * (1.0 + vibrato * np.sin(2 * np.pi * 5.4 * time) + 0.0022 * jitter)
    numbers = harmonic_numbers(freq_hz)
    freqs = numbers * freq_hz
    source = numbers**-1.15
    steps = np.linspace(0.0, 1.0, 5)
    one, two = _vowel_gains(freqs, first, tract), _vowel_gains(freqs, second, tract)
    stack = tables(np.stack([source * one ** (1 - s) * two**s for s in steps]))
    move = np.clip((time - 0.35 * seconds) / (0.4 * seconds), 0.0, 1.0)
    sung = scan(stack, phase_of(curve, n, rate), move)
    breath = sosfilt(butter(1, (1500.0, 6000.0), "bandpass", fs=rate, output="sos"), noise(rng, n))
    sung = sung + np.asarray(0.02 * breath, dtype=np.float32)
    late = min(int(lead_sec * rate), n // 3)
    body = np.zeros(n, dtype=np.float32)
    body[late:] = sung[: n - late] * envelope(n - late, rate, 0.03, 1.5, 0.75, 0.07)
    if level:
        burst = sosfilt(butter(1, band, "bandpass", fs=rate, output="sos"), noise(rng, n))
        body += np.asarray(level * burst * np.exp(-time / max(lead_sec, 0.01)), dtype=np.float32)
    return body
