"""Oscillators: band-limited wavetables that are scanned from bright to dark.

A note's filter envelope is a walk through a stack of single cycles, each already filtered; this
costs two table look-ups a sample and never aliases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

TABLE_SIZE = 2048
# Harmonics above this are left out: nothing musical is lost and no partial aliases.
TOP_HZ = 16000.0


def harmonic_numbers(freq_hz: float) -> NDArray[np.float64]:
    """Count the harmonics that fit under ``TOP_HZ``, at least one."""
    count = int(np.clip(TOP_HZ / freq_hz, 1, TABLE_SIZE // 2 - 1))
    return np.arange(1, count + 1, dtype=np.float64)


def shape(kind: str, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the amplitudes of a waveform's harmonics: saw, square, triangle, pulse or organ."""
    if kind == "saw":
        return 1.0 / numbers
    if kind == "square":
        return np.where(numbers % 2 == 1, 1.0 / numbers, 0.0)
    if kind == "triangle":
        return np.where(numbers % 2 == 1, 1.0 / numbers**2, 0.0)
    if kind == "pulse":
        return np.sin(np.pi * 0.23 * numbers) / numbers
    drawbars = {1: 1.0, 2: 0.8, 3: 0.55, 4: 0.35, 6: 0.25, 8: 0.2}
    return np.array([drawbars.get(int(number), 0.0) for number in numbers])


def lowpass_gain(
    freqs_hz: NDArray[np.float64], cutoff_hz: float, resonance: float = 0.8
) -> NDArray[np.float64]:
    """Give the magnitude of a four-pole resonant low-pass (two equal sections)."""
    ratio = freqs_hz / cutoff_hz
    power = (1.0 - ratio**2) ** 2 + (ratio / resonance) ** 2
    return np.asarray(1.0 / power)


def tables(amplitudes: NDArray[np.float64], phases: NDArray[np.float64] | float = 0.0) -> Samples:
    """Make single cycles from harmonic amplitudes.

    Parameters
    ----------
    amplitudes
        Shape (tables, harmonics).
    phases
        Radians, broadcast against ``amplitudes``.

    Returns
    -------
    ndarray of shape (tables, TABLE_SIZE), float32
        All scaled together, so that the largest peak is 1 and darker is not louder.
    """
    count = amplitudes.shape[1]
    spectrum = np.zeros((amplitudes.shape[0], TABLE_SIZE // 2 + 1), dtype=np.complex128)
    spectrum[:, 1 : count + 1] = -0.5j * TABLE_SIZE * amplitudes * np.exp(1j * phases)
    cycles = np.fft.irfft(spectrum, TABLE_SIZE, axis=1)
    peak = float(np.max(np.abs(cycles))) or 1.0
    return np.asarray(cycles / peak, dtype=np.float32)


def filtered_tables(
    kind: str, freq_hz: float, cutoffs_hz: NDArray[np.float64], resonance: float = 0.8
) -> Samples:
    """Filter a waveform at each of several cut-offs, shape (cutoffs, TABLE_SIZE)."""
    numbers = harmonic_numbers(freq_hz)
    freqs = numbers * freq_hz
    gains = np.stack([lowpass_gain(freqs, float(cut), resonance) for cut in cutoffs_hz])
    return tables(shape(kind, numbers) * gains)


def phase_of(freq_hz: NDArray[np.float64] | float, n: int, sample_rate: int) -> NDArray[np.float64]:
    """Integrate a constant or varying frequency to a phase in cycles, starting at 0."""
    if np.ndim(freq_hz) == 0:
        return np.arange(n, dtype=np.float64) * (float(freq_hz) / sample_rate)
    steps = np.asarray(freq_hz, dtype=np.float64) / sample_rate
    return np.asarray(np.cumsum(steps) - steps[0])


def scan(
    stack: Samples, phase: NDArray[np.float64], position: NDArray[np.float64] | float
) -> Samples:
    """Read a stack of cycles at a phase (cycles) and a position (0 to 1 over the stack)."""
    place = (phase - np.floor(phase)) * TABLE_SIZE
    column = place.astype(np.int32)
    share = (place - column).astype(np.float32)
    following = (column + 1) & (TABLE_SIZE - 1)
    if len(stack) == 1 or np.ndim(position) == 0:
        row = stack[0 if len(stack) == 1 else round(float(position) * (len(stack) - 1))]
        low = row[column]
        return np.asarray(low + share * (row[following] - low))
    height = np.clip(np.asarray(position), 0.0, 1.0) * (len(stack) - 1)
    lower = np.minimum(height.astype(np.int32), len(stack) - 2)
    blend = (height - lower).astype(np.float32)
    flat = stack.reshape(-1)
    base = lower * TABLE_SIZE + column
    dark = flat[base]
    return np.asarray(dark + blend * (flat[base + TABLE_SIZE] - dark))


def envelope(
    n: int,
    sample_rate: int,
    attack_sec: float,
    decay_sec: float,
    sustain: float,
    release_sec: float,
) -> Samples:
    """Shape a level: attack, exponential decay to ``sustain``, release at the very end."""
    time = np.arange(n, dtype=np.float32) / np.float32(sample_rate)
    level = sustain + (1.0 - sustain) * np.exp(-np.maximum(time - attack_sec, 0.0) / decay_sec)
    level *= np.minimum(time / max(attack_sec, 1e-4), 1.0)
    left = (n - np.arange(n, dtype=np.float32)) / np.float32(sample_rate)
    level *= np.minimum(left / max(release_sec, 1e-3), 1.0) ** 2
    return np.asarray(level, dtype=np.float32)


def noise(rng: np.random.Generator, n: int) -> Samples:
    """Draw white noise, standard deviation 1."""
    return rng.standard_normal(n, dtype=np.float32)
