"""Risers, falls, impacts and beds of noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from composer.osc import Samples, noise

_BLOCK = 2048


def _two_pole(cutoff_hz: float, rate: int, kind: str) -> NDArray[np.float64]:
    """Design a Butterworth low- or high-pass in closed form, as one section.

    The same numbers as ``scipy.signal.butter(2, …)``, thirty times cheaper; a sweep needs many.
    """
    k = np.tan(np.pi * cutoff_hz / rate)
    a0 = 1.0 + np.sqrt(2.0) * k + k * k
    b = (k * k / a0, 2.0 * k * k / a0) if kind == "lowpass" else (1.0 / a0, -2.0 / a0)
    a1, a2 = 2.0 * (k * k - 1.0) / a0, (1.0 - np.sqrt(2.0) * k + k * k) / a0
    return np.array([[b[0], b[1], b[0], 1.0, a1, a2]])


def swept(x: Samples, start_hz: float, end_hz: float, rate: int, kind: str = "lowpass") -> Samples:
    """Filter with two poles whose cut-off moves geometrically between two frequencies.

    Parameters
    ----------
    x
        Shape (n,) or (2, n).
    kind
        ``"lowpass"`` or ``"highpass"``.
    """
    out = np.empty_like(x)
    n = x.shape[-1]
    state = np.zeros((1, *x.shape[:-1], 2))
    cutoffs = np.geomspace(start_hz, end_hz, max(1, -(-n // _BLOCK)))
    for index, cutoff in enumerate(cutoffs):
        part = slice(index * _BLOCK, (index + 1) * _BLOCK)
        sections = _two_pole(min(float(cutoff), 0.45 * rate), rate, kind)
        filtered, state = sosfilt(sections, x[..., part], axis=-1, zi=state)
        out[..., part] = filtered
    return out


def riser(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Make noise that rises in pitch and level until it breaks off; shape (2, n)."""
    n = int(seconds * rate)
    rise = np.linspace(0.0, 1.0, n, dtype=np.float32) ** 2
    wide = np.stack([noise(rng, n), noise(rng, n)])
    sound = swept(wide, 300.0, 9000.0, rate, "highpass")
    return np.asarray(0.25 * sound * rise, dtype=np.float32)


def fall(seconds: float, rate: int, rng: np.random.Generator) -> Samples:
    """Answer the riser after the drop; shape (2, n)."""
    n = int(seconds * rate)
    wide = np.stack([noise(rng, n), noise(rng, n)])
    sound = swept(wide, 8000.0, 200.0, rate, "lowpass")
    return np.asarray(
        0.25 * sound * np.exp(-3.0 * np.arange(n) / n).astype(np.float32), dtype=np.float32
    )


def impact(rate: int, rng: np.random.Generator) -> Samples:
    """Make a deep boom with a tail; shape (n,)."""
    n = int(2.2 * rate)
    time = np.arange(n) / rate
    boom = np.sin(2 * np.pi * np.cumsum(38.0 + 60.0 * np.exp(-time / 0.06)) / rate)
    rumble = sosfilt(butter(2, 400.0, "lowpass", fs=rate, output="sos"), noise(rng, n))
    sound = (boom + 1.2 * rumble) * np.exp(-time / 0.6)
    return np.asarray(sound / np.max(np.abs(sound)), dtype=np.float32)


def bed(n: int, rate: int, rng: np.random.Generator, level_db: float, crackle: bool) -> Samples:
    """Make background noise, pinkish, with vinyl crackle if asked; shape (2, n).

    A few seconds of it are repeated; nobody hears that at −66 dB.
    """
    seconds = 4
    loop = np.stack([noise(rng, seconds * rate), noise(rng, seconds * rate)])
    loop = np.asarray(
        sosfilt(butter(1, 900.0, "lowpass", fs=rate, output="sos"), loop, axis=-1), dtype=np.float32
    )
    loop /= np.float32(np.std(loop))
    if crackle:
        clicks = rng.integers(0, seconds * rate, 14 * seconds)
        loop[:, clicks] += rng.exponential(9.0, len(clicks)).astype(np.float32)
    repeats = -(-n // loop.shape[1])
    return np.tile(loop, (1, repeats))[:, :n] * np.float32(10 ** (level_db / 20))
