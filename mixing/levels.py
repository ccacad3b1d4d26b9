"""Loudness inside a transition: measured each 100 ms, ridden to a straight line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from analysis.loudness import OFFSET_LU, k_weighting

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

STEP_SEC = 0.1
CHUNK_STEPS = 20
WINDOW_STEPS = 30
"""Short-term windows of EBU Tech 3341: 3 s."""
CONTEXT_BARS = 8
"""Bars either side whose level the overlap is compared with."""
FLOOR_LUFS = -70.0
"""The standard's absolute gate; quieter is silence."""

MAX_RIDE_DB = 6.0
"""What a hand on the gain would correct; more would change the music."""
RIDE_SMOOTH_STEPS = 10
RIDE_ROUNDS = 12
RIDE_RAMP_BARS = 0.25
"""How long the gain takes to leave 0 dB at either end: where A falls to its outro at the first
beat, half a bar would be too late."""


def step_energies(samples: Samples, sample_rate: int) -> Floats:
    """Return the K-weighted mean square of each whole 100 ms, channels summed."""
    step = round(STEP_SEC * sample_rate)
    sections = k_weighting(sample_rate)
    state = np.zeros((len(sections), samples.shape[0], 2))
    found: list[Floats] = []
    # Chunk by chunk: what stays small stays in the cache.
    for first in range(0, samples.shape[1] // step * step, CHUNK_STEPS * step):
        count = min(CHUNK_STEPS, samples.shape[1] // step - first // step)
        block = samples[:, first : first + count * step]
        weighted, state = signal.sosfilt(sections, block, axis=1, zi=state)
        parts = weighted.reshape(len(block), count, step)
        found.append(np.einsum("cks,cks->k", parts, parts) / step)
    return np.concatenate(found) if found else np.zeros(0)


def short_term(energies: Floats) -> tuple[Floats, Floats]:
    """Return (centre in seconds, LUFS) of every 3 s window."""
    if len(energies) < WINDOW_STEPS:
        return np.zeros(0), np.zeros(0)
    mean = np.convolve(energies, np.full(WINDOW_STEPS, 1 / WINDOW_STEPS), "valid")
    centres = (np.arange(len(mean)) + WINDOW_STEPS / 2) * STEP_SEC
    with np.errstate(divide="ignore"):
        lufs = OFFSET_LU + 10 * np.log10(mean)
    return np.asarray(centres, np.float64), np.maximum(lufs, FLOOR_LUFS)


@dataclass(frozen=True)
class Overlap:
    """An overlap on the clock of a piece of audio whose first sample is at 0."""

    start_sec: float
    end_sec: float
    bar_sec: float


def line_deviation(energies: Floats, overlap: Overlap) -> tuple[Floats, Floats] | None:
    """Return (window centres, LU above the straight line) inside an overlap.

    The line runs from the mean level of the 8 bars before to that of the 8 bars after. None
    where the audio does not reach that far on either side.
    """
    centres, lufs = short_term(energies)
    reach, half = CONTEXT_BARS * overlap.bar_sec, WINDOW_STEPS * STEP_SEC / 2
    # Windows that lie wholly on their side of the overlap, as far as there is room.
    before = (centres >= overlap.start_sec - reach) & (centres <= overlap.start_sec - half)
    after = (centres >= overlap.end_sec + half) & (centres <= overlap.end_sec + reach)
    inside = (centres >= overlap.start_sec) & (centres <= overlap.end_sec)
    if not before.any() or not after.any() or not inside.any():
        return None
    levels = lufs[before].mean(), lufs[after].mean()
    line = np.interp(centres[inside], [overlap.start_sec, overlap.end_sec], levels)
    return centres[inside], lufs[inside] - line


def loudness_step_lu(energies: Floats, overlap: Overlap) -> float | None:
    """Return the largest distance from that line in LU."""
    deviation = line_deviation(energies, overlap)
    return None if deviation is None else float(np.abs(deviation[1]).max())


def ride(energies: Floats, overlap: Overlap) -> list[tuple[float, float]]:
    """Return the gain moves (seconds, dB) that bring the overlap to the line.

    The gain is 0 dB at both ends, moves slowly, and never by more than ``MAX_RIDE_DB``: a hand
    on the gain knob, not a compressor.
    """
    gain_db = np.zeros(len(energies))
    times = (np.arange(len(energies)) + 0.5) * STEP_SEC
    window = np.clip(
        np.minimum(times - overlap.start_sec, overlap.end_sec - times)
        / (RIDE_RAMP_BARS * overlap.bar_sec),
        0,
        1,
    )
    for _ in range(RIDE_ROUNDS):
        deviation = line_deviation(energies * 10 ** (gain_db / 10), overlap)
        if deviation is None:
            return []
        wanted = np.interp(times, deviation[0], -deviation[1])
        gain_db = gain_db + 0.7 * ndimage.gaussian_filter1d(wanted, RIDE_SMOOTH_STEPS) * window
        gain_db = np.clip(gain_db, -MAX_RIDE_DB, MAX_RIDE_DB)
    if np.abs(gain_db).max(initial=0.0) < 0.1:
        return []
    moved = np.flatnonzero(window > 0)
    picked = moved[::5]  # a point each half second is finer than the smoothing
    points = [(float(times[index]), float(gain_db[index])) for index in picked]
    return [(overlap.start_sec, 0.0), *points, (overlap.end_sec, 0.0)]
