"""How steadily a pattern repeats, and which other pulses run beside the beat."""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from analysis.rhythm.pulse import TimeMap

Floats = NDArray[np.floating]

PATTERN_BEATS = 4
CELLS_PER_BEAT = 12
"""Twelfths of a beat hold both sixteenths and triplets."""

PASSAGE_BEATS = 8

POLY_LOW_BPM = 40.0
POLY_HIGH_BPM = 320.0
POLY_STEP_BPM = 0.5
POLY_WINDOW_SEC = 8.0
POLY_COUNT = 5
POLY_SHARE = 0.15
"""Weaker than this share of the strongest pulse is chance."""


def groove_confidence(pulse: Floats, hop_sec: float, beats: TimeMap) -> float | None:
    """Return how alike all passages are to the track's average pattern.

    Parameters
    ----------
    pulse
        Pulse curves with loud and soft parts as they are, shape (bands, frames).
    hop_sec
        Seconds a frame.
    beats
        The grid.

    Returns
    -------
    float or None
        Mean correlation of two-bar passages with the average bar, weighted by their loudness;
        0 (nothing repeats) – 1 (a loop); None for less than two passages.
    """
    match, size = passage_matches(pulse, hop_sec, beats)
    if len(match) < 2 or float(size.sum()) <= 0.0:
        return None
    return float(np.clip(np.average(match, weights=size), 0.0, 1.0))


def passage_matches(
    pulse: Floats, hop_sec: float, beats: TimeMap, turn_cells: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how well each two-bar passage matches the others, and how much sounds in it.

    Parameters
    ----------
    pulse
        Pulse curves, shape (bands, frames).
    hop_sec
        Seconds a frame.
    beats
        The grid.
    turn_cells
        Compare each passage, turned by so many twelfths of a beat, with the others as they are.

    Returns
    -------
    match
        Correlation −1 … 1 with the mean of all other passages, shape (passages,).
    size
        Length of the passage's pattern as a vector, shape (passages,).
    """
    parts = passage_patterns(pulse, hop_sec, beats)
    passages = len(parts)
    if passages == 0:
        return np.empty(0), np.empty(0)
    turned = np.roll(parts, turn_cells, axis=2).reshape(passages, -1)
    parts = parts.reshape(passages, -1)
    size = np.linalg.norm(parts, axis=1)
    # Each passage is compared with all others, not with an average that holds itself.
    others = parts.sum(axis=0)[None, :] - parts
    match = (turned * others).sum(axis=1)
    match /= np.maximum(size * np.linalg.norm(others, axis=1), 1e-12)
    return match, size


def passage_patterns(pulse: Floats, hop_sec: float, beats: TimeMap) -> NDArray[np.float64]:
    """Return the sum of both bars of each whole two-bar passage from the first beat on.

    Parameters
    ----------
    pulse
        Pulse curves, shape (bands, frames).
    hop_sec
        Seconds a frame.
    beats
        The grid.

    Returns
    -------
    ndarray
        Shape (passages, bands, cells of a bar).
    """
    cells = PATTERN_BEATS * CELLS_PER_BEAT
    position = beats.position(np.arange(pulse.shape[1]) * hop_sec)
    index = np.floor(position * CELLS_PER_BEAT + 0.5).astype(np.int64)
    inside = (index >= 0) & (index < (len(beats.beat_times) - 1) * CELLS_PER_BEAT)
    passages = int(index[inside].max(initial=0)) // (PASSAGE_BEATS * CELLS_PER_BEAT)
    length = passages * PASSAGE_BEATS * CELLS_PER_BEAT
    inside &= index < length
    sheet = [np.bincount(index[inside], weights=row[inside], minlength=length) for row in pulse]
    folded = np.reshape(sheet, (len(pulse), passages, PASSAGE_BEATS // PATTERN_BEATS, cells))
    return np.moveaxis(folded.sum(axis=2), 1, 0)


def competing_pulses(pulse: Floats, hop_sec: float) -> list[dict[str, float]]:
    """Return the strongest periodicities of the average tempogram.

    Returns
    -------
    list of dict
        ``tempo_bpm``, ``strength`` (1 for the strongest) and ``ratio`` of its tempo to the
        strongest's, strongest first.
    """
    total = pulse.sum(axis=0)
    width = min(len(total), round(POLY_WINDOW_SEC / hop_sec))
    if width < 64:
        return []
    views = np.lib.stride_tricks.sliding_window_view(total, width)[:: max(1, width // 2)]
    size = scipy.fft.next_fast_len(8 * width, real=True)
    window = np.hanning(width).astype(np.float32)
    power = np.zeros(size // 2 + 1)
    for view in views:
        power += np.abs(scipy.fft.rfft(view * window, size)) ** 2
    bpm = np.arange(POLY_LOW_BPM, POLY_HIGH_BPM + POLY_STEP_BPM, POLY_STEP_BPM)
    strength = np.sqrt(np.interp(bpm / 60.0 * (size * hop_sec), np.arange(len(power)), power))
    top = float(strength.max())
    if top <= 0.0:
        return []
    strength = strength / top
    peaks, _ = scipy.signal.find_peaks(strength, height=POLY_SHARE, distance=8)
    order = peaks[np.argsort(strength[peaks])[::-1]][:POLY_COUNT]
    return [
        {
            "tempo_bpm": float(bpm[peak]),
            "strength": float(strength[peak]),
            "ratio": float(bpm[peak] / bpm[order[0]]),
        }
        for peak in order
    ]
