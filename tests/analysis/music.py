"""Small pieces of music of known content, for tests of harmony, singing and timbre."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from composer.render import render_track
from composer.sketch import sketch_spec

RATE = 44_100


def note(midi: float, seconds: float, detune_cents: float = 0.0) -> NDArray[np.float64]:
    """Return a decaying tone of eight harmonics."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440 * 2 ** ((midi - 69) / 12 + detune_cents / 1200)
    tone = sum(np.sin(2 * np.pi * hz * order * time) / order**1.5 for order in range(1, 9))
    return np.asarray(tone * np.exp(-time * 0.8) * np.minimum(1, time / 0.01))


def chords(
    triads: Sequence[tuple[int, str]],
    *,
    seconds_each: float = 2.0,
    repeats: int = 4,
    detune_cents: float = 0.0,
    drums: bool = False,
) -> Audio:
    """Return triads (pitch class, ``major`` or ``minor``) with their root in the bass."""
    parts = []
    for root, mode in list(triads) * repeats:
        third = 4 if mode == "major" else 3
        midis = (36 + root, 60 + root, 60 + root + third, 60 + (root + 7) % 12)
        parts.append(sum(note(midi, seconds_each, detune_cents) for midi in midis))
    mono = 0.08 * np.concatenate(parts)
    if drums:
        rng = np.random.default_rng(3)
        beat = round(0.5 * RATE)
        hit = rng.standard_normal(beat) * np.exp(-np.arange(beat) / (0.04 * RATE))
        fall = np.cumsum(2 * np.pi * (50 + 120 * np.exp(-np.arange(beat) / (0.03 * RATE))) / RATE)
        kick = np.sin(fall) * np.exp(-np.arange(beat) / (0.12 * RATE))
        mono += np.resize(0.5 * kick + 0.1 * hit, len(mono))
    return as_audio(mono)


def as_audio(samples: NDArray[Any], rate: int = RATE) -> Audio:
    """Return samples of shape (n,) or (channels, n) as if decoded from a file."""
    table = np.atleast_2d(samples).astype(np.float32)
    return Audio(table, rate, len(table), Path("made.wav"), "wav")


@cache
def sketch(seed: int, style: str, seconds: float = 30.0, **flags: Any) -> tuple[Audio, Any]:
    """Return a composed track and its truth."""
    rendered = render_track(sketch_spec(seed, style, seconds, **flags))
    return as_audio(rendered.samples, rendered.sample_rate), rendered.truth
