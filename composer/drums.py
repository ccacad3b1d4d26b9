"""Drum one-shots. Each begins with its first sample: no ramp longer than a millisecond."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from composer.osc import Samples, noise

_Band = Literal["lowpass", "highpass", "bandpass"]
# kind: (start Hz, end Hz, pitch fall sec, decay sec, click level, drive, noise level)
_KICKS = {
    "punchy": (260.0, 52.0, 0.022, 0.20, 0.45, 1.6, 0.00),
    "soft": (130.0, 48.0, 0.030, 0.24, 0.12, 1.1, 0.00),
    "round": (170.0, 50.0, 0.035, 0.26, 0.25, 1.3, 0.00),
    "techno": (220.0, 46.0, 0.028, 0.30, 0.35, 2.6, 0.02),
    "distorted": (240.0, 50.0, 0.030, 0.28, 0.40, 7.0, 0.04),
    "long": (150.0, 43.0, 0.035, 0.75, 0.30, 1.7, 0.00),
    "acoustic": (140.0, 62.0, 0.016, 0.15, 0.60, 1.4, 0.12),
}


def _filtered(x: Samples, kind: _Band, hz: float | tuple[float, float], rate: int) -> Samples:
    sections = butter(2, np.asarray(hz), kind, fs=rate, output="sos")
    return np.asarray(sosfilt(sections, x), dtype=np.float32)


def _decay(n: int, rate: int, seconds: float) -> Samples:
    return np.asarray(np.exp(-np.arange(n) / (seconds * rate)), dtype=np.float32)


def _fade_end(x: Samples, rate: int, seconds: float = 0.01) -> Samples:
    n = min(len(x), int(seconds * rate))
    x[-n:] *= np.linspace(1.0, 0.0, n, dtype=np.float32)
    return x


def _peak(x: NDArray[np.floating], level: float = 1.0) -> Samples:
    return np.asarray(x * (level / float(np.max(np.abs(x)))), dtype=np.float32)


def kick(kind: str, rate: int, rng: np.random.Generator) -> Samples:
    """Make a bass drum: a falling sine with a click, driven; peak 1, loud at once."""
    start, end, fall, decay, click, drive, hiss = _KICKS[kind]
    start *= float(rng.uniform(0.85, 1.2))
    end *= float(rng.uniform(0.93, 1.1))
    decay *= float(rng.uniform(0.65, 1.05))
    n = int(rate * min(6.0 * decay, 1.6))
    time = np.arange(n) / rate
    freq = end + (start - end) * np.exp(-time / fall) + 3.0 * start * np.exp(-time / 0.0025)
    body = np.sin(2.0 * np.pi * np.cumsum(freq) / rate) * np.exp(-time / decay)
    beater = noise(rng, n) * _decay(n, rate, 0.0016)
    beater[0] = 1.5  # the first sample is part of the transient
    sound = body + click * beater
    if hiss:
        sound = sound + hiss * _filtered(noise(rng, n), "bandpass", (900.0, 5000.0), rate) * _decay(
            n, rate, 0.03
        )
    sound = np.tanh(drive * sound) / np.tanh(drive)
    return _fade_end(_peak(sound), rate, 0.03)


def snare(kind: str, rate: int, rng: np.random.Generator) -> Samples:
    """Make a snare (``snare``, ``fat``), ``clap``, ``rim`` or ``snap``; peak 1."""
    if kind == "clap":
        n = int(0.35 * rate)
        burst = _filtered(noise(rng, n), "bandpass", (850.0, 3800.0), rate)
        level = np.zeros(n, dtype=np.float32)
        for delay in (0.0, 0.009, 0.0185, 0.028):
            at = int(delay * float(rng.uniform(0.9, 1.1)) * rate)
            level[at:] = np.maximum(level[at:], _decay(n - at, rate, 0.006))
        at = int(0.029 * rate)
        level[at:] = np.maximum(
            level[at:], 0.8 * _decay(n - at, rate, float(rng.uniform(0.05, 0.1)))
        )
        return _fade_end(_peak(burst * level), rate)
    if kind in ("rim", "snap"):
        n = int(0.12 * rate)
        time = np.arange(n) / rate
        pitch_hz = (
            float(rng.uniform(420.0, 560.0)) if kind == "rim" else float(rng.uniform(900, 1300))
        )
        sound = np.sin(2 * np.pi * pitch_hz * time) + 0.8 * np.sin(
            2 * np.pi * pitch_hz * 3.57 * time
        )
        sound = sound * np.exp(-time / 0.012)
        crack = _filtered(noise(rng, n), "bandpass", (1500.0, 7000.0), rate)
        sound = sound + (0.5 if kind == "rim" else 1.6) * crack * _decay(n, rate, 0.016)
        return _fade_end(_peak(sound), rate)
    fat = kind == "fat"
    n = int(0.4 * rate)
    time = np.arange(n) / rate
    low = float(rng.uniform(165.0, 200.0)) * (0.9 if fat else 1.1)
    bend = 1.0 + 0.6 * np.exp(-time / 0.01)
    turn = 2.0 * np.pi * np.cumsum(low * bend) / rate
    tone = (np.sin(turn) + 0.5 * np.sin(1.62 * turn)) * np.exp(-time / (0.09 if fat else 0.06))
    wires = _filtered(noise(rng, n), "highpass", 1400.0 if fat else 2000.0, rate)
    tail = float(rng.uniform(0.08, 0.14)) * (1.3 if fat else 1.0)
    sound = tone + 0.55 * wires * _decay(n, rate, tail) + 0.8 * wires * _decay(n, rate, 0.006)
    return _fade_end(_peak(np.tanh((2.2 if fat else 1.4) * sound)), rate)


def _metal(n: int, rate: int, base: float) -> Samples:
    """Sum six inharmonic squares, the sound of a drum machine's cymbals."""
    time = np.arange(n) / rate
    ratios = (1.0, 1.342, 1.2312, 1.6532, 1.9523, 2.1523)
    total = sum(np.sign(np.sin(2.0 * np.pi * base * ratio * time)) for ratio in ratios)
    return np.asarray(total, dtype=np.float32)


def hat(kind: str, rate: int, rng: np.random.Generator) -> Samples:
    """Make a ``closed`` hat, ``open``, ``shaker``, ``ride`` or ``crash``; peak 1."""
    seconds, decay, high, metal = {
        "closed": (0.12, float(rng.uniform(0.018, 0.045)), 7000.0, 0.35),
        "open": (0.45, float(rng.uniform(0.10, 0.22)), 6000.0, 0.4),
        "shaker": (0.14, 0.035, 5200.0, 0.0),
        "ride": (0.9, 0.35, 4500.0, 0.9),
        "crash": (3.2, 0.9, 3200.0, 0.5),
    }[kind]
    n = int(seconds * rate)
    sound = noise(rng, n) + metal * _metal(n, rate, float(rng.uniform(380.0, 560.0)))
    sound = _filtered(sound, "highpass", high * float(rng.uniform(0.85, 1.1)), rate)
    level = _decay(n, rate, decay)
    if kind == "shaker":
        level = np.asarray(level * np.minimum(np.arange(n) / (0.02 * rate), 1.0), dtype=np.float32)
    if kind == "ride":
        time = np.arange(n) / rate
        bell = np.sin(2 * np.pi * 3150.0 * time) + 0.6 * np.sin(2 * np.pi * 4873.0 * time)
        sound = sound + np.asarray(0.5 * bell * np.exp(-time / 0.2), dtype=np.float32)
    return _fade_end(_peak(sound * level), rate, 0.02)


def percussion(kind: str, rate: int, rng: np.random.Generator) -> Samples:
    """Make a ``conga``, ``bongo``, ``tom``, ``cowbell``, ``clave``, ``wood`` or ``blip``."""
    n = int(0.35 * rate)
    time = np.arange(n) / rate
    if kind == "cowbell":
        clank = _filtered(_metal(n, rate, 540.0), "bandpass", (500.0, 2600.0), rate)
        return _fade_end(_peak(clank * _decay(n, rate, 0.06)), rate)
    freq, decay, bend = {
        "conga": (float(rng.uniform(180.0, 320.0)), 0.09, 0.25),
        "bongo": (float(rng.uniform(350.0, 520.0)), 0.05, 0.2),
        "tom": (float(rng.uniform(85.0, 160.0)), 0.14, 0.7),
        "clave": (float(rng.uniform(2200.0, 2700.0)), 0.018, 0.0),
        "wood": (float(rng.uniform(700.0, 1100.0)), 0.02, 0.1),
        "blip": (float(rng.uniform(500.0, 1800.0)), 0.03, 1.5),
    }[kind]
    turn = 2.0 * np.pi * np.cumsum(freq * (1.0 + bend * np.exp(-time / 0.015))) / rate
    sound = (np.sin(turn) + 0.3 * np.sin(2.31 * turn)) * np.exp(-time / decay)
    slap = _filtered(noise(rng, n), "bandpass", (800.0, 4000.0), rate) * _decay(n, rate, 0.006)
    return _fade_end(_peak(sound + 0.25 * slap), rate)


PERCUSSION = ("conga", "bongo", "tom", "cowbell", "clave", "wood", "blip", "shaker")
