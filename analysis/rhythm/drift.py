"""Tempo that moves: a path of local tempo, and a time map that follows it.

Music whose tempo drifts or steps has no sharp lines over the whole track. A path through short
windows says roughly how the tempo moves; time is then warped so that the path becomes constant,
and what is left is followed by comparing each passage with the track's own average pattern.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from analysis.rhythm.pulse import TimeMap, fold

Floats = NDArray[np.floating]

WINDOW_SEC = 6.0
"""Short enough that a drifting drummer is nearly steady inside, long enough for three bars."""

STEP_SEC = 1.5
WINDOWS_AT_ONCE = 128
STEPS_PER_OCTAVE = 140
"""0.5 % of tempo."""

LOWEST_BPM = 80.0
"""Tempi are compared by octave class from here on: a path must not hop between octaves."""

OCTAVES = (0.5, 1.0, 2.0, 4.0)
CHANGE_COST = 0.12
"""Log-strength lost per 0.5 % of change between windows …"""

JUMP_COST = 6.0
"""… and at most this, so that a real tempo step costs once what a wrong path loses window by
window; a breakdown whose notes go by five eighths of a beat costs it twice, out and back."""

PROFILE_CYCLE_BEATS = 4
BINS_PER_BEAT = 24
FOLLOW_WINDOW_BEATS = 8
FOLLOW_STEP_BEATS = 2
MAX_LAG_CHANGE_BINS = 4
LAG_CHANGE_COST = 0.1
"""Per squared bin and passage of two beats: what the tempo path leaves over is small, and a
breakdown whose chords fit the pattern half a beat late must not pull the grid along."""


def tempo_path(pulse: Floats, hop_sec: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how tempo moves, up to its octave.

    Parameters
    ----------
    pulse
        Pulse curves, shape (bands, frames).
    hop_sec
        Seconds a frame.

    Returns
    -------
    times_sec, bpm
        Centres of windows and tempo there, continuous in octave; both of shape (windows,).
    """
    width = round(WINDOW_SEC / hop_sec)
    step = round(STEP_SEC / hop_sec)
    padded = np.pad(pulse, ((0, 0), (width // 2, width // 2)))
    views = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, ::step]
    window = np.hanning(width).astype(np.float32)
    size = scipy.fft.next_fast_len(6 * width, real=True)
    states = np.arange(STEPS_PER_OCTAVE)
    bpm = LOWEST_BPM * 2.0 ** (states / STEPS_PER_OCTAVE)
    strength = np.zeros((views.shape[1], STEPS_PER_OCTAVE))
    for start in range(0, views.shape[1], WINDOWS_AT_ONCE):
        rows = slice(start, start + WINDOWS_AT_ONCE)
        for band in views:
            spectra = np.abs(scipy.fft.rfft(band[rows] * window, size, axis=1)) ** 2
            for octave in OCTAVES:
                place = bpm * octave / 60.0 * (size * hop_sec)
                low = np.floor(place).astype(np.int64)
                share = place - low
                strength[rows] += spectra[:, low] * (1 - share) + spectra[:, low + 1] * share
    mean = strength.mean(axis=1, keepdims=True)
    score = np.log((strength + 0.05 * float(mean.mean())) / (mean + 0.05 * float(mean.mean())))
    apart = np.abs(states[:, None] - states[None, :])
    apart = np.minimum(apart, STEPS_PER_OCTAVE - apart)  # the octave is a circle
    path = best_path(score, np.minimum(CHANGE_COST * apart, JUMP_COST))
    turns = np.diff(path)
    turns = (turns + STEPS_PER_OCTAVE // 2) % STEPS_PER_OCTAVE - STEPS_PER_OCTAVE // 2
    unrolled = np.concatenate([[path[0]], path[0] + np.cumsum(turns)])
    times = np.arange(len(path), dtype=np.float64) * float(step * hop_sec)
    return times, LOWEST_BPM * 2.0 ** (unrolled / STEPS_PER_OCTAVE)


def best_path(score: Floats, cost: Floats) -> NDArray[np.int64]:
    """Return the state per row of the highest total score minus cost of changes (Viterbi)."""
    rows, states = score.shape
    back = np.zeros((rows, states), dtype=np.int64)
    total = score[0].astype(np.float64)
    for row in range(1, rows):
        options = total[:, None] - cost
        back[row] = options.argmax(axis=0)
        total = options[back[row], np.arange(states)] + score[row]
    path = np.zeros(rows, dtype=np.int64)
    path[-1] = int(total.argmax())
    for row in range(rows - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path


def map_from_path(
    times_sec: Floats, bpm: Floats, duration_sec: float, spacing_sec: float = 0.25
) -> TimeMap:
    """Return a time map whose 'beats' are ``spacing_sec`` apart at the path's median tempo."""
    dense = np.arange(0.0, duration_sec + 1.0, 0.05)
    relative = np.interp(dense, times_sec, bpm) / float(np.median(bpm))
    relative = gaussian_filter1d(relative, 12.0, mode="nearest")
    elapsed = np.concatenate([[0.0], np.cumsum(0.05 * relative[:-1])])
    marks = np.arange(0.0, elapsed[-1], spacing_sec)
    return TimeMap(np.interp(marks, elapsed, dense))


def warp(pulse: Floats, hop_sec: float, beats: TimeMap, spacing_sec: float) -> NDArray[np.float32]:
    """Return the pulse on the map's own clock, where its beats are ``spacing_sec`` apart."""
    count = int(beats.position(np.array([pulse.shape[1] * hop_sec]))[0] * spacing_sec / hop_sec)
    moments = beats.time(np.arange(count) * (hop_sec / spacing_sec))
    clock = np.arange(pulse.shape[1]) * hop_sec
    return np.stack([np.interp(moments, clock, row) for row in pulse]).astype(np.float32)


def follow(pulse: Floats, hop_sec: float, beats: TimeMap) -> tuple[TimeMap, NDArray[np.float64]]:
    """Move the beats of a map to where each passage matches the track's average pattern.

    Returns
    -------
    beats
        The moved map.
    lag_beats
        How late each passage was, in beats, shape (passages,).
    """
    bins = PROFILE_CYCLE_BEATS * BINS_PER_BEAT
    position = beats.position(np.arange(pulse.shape[1]) * hop_sec)
    average = scipy.fft.rfft(fold(pulse, hop_sec, beats, PROFILE_CYCLE_BEATS, bins), axis=1)
    cell = np.floor(position * BINS_PER_BEAT + 0.5).astype(np.int64)
    first = -(-int(cell[0]) // bins) * bins - bins
    rows = (int(cell[-1]) - first) // bins + 1
    sheet = np.stack(
        [
            np.bincount(cell - first, weights=row, minlength=rows * bins)[: rows * bins]
            for row in pulse
        ]
    )
    lags = np.arange(bins)
    width = FOLLOW_WINDOW_BEATS * BINS_PER_BEAT
    step = FOLLOW_STEP_BEATS * BINS_PER_BEAT
    starts = np.arange(0, max(1, rows * bins - width + 1), step)
    score = np.zeros((len(starts), len(lags)))
    for row, start in enumerate(starts):
        part = sheet[:, start : start + width]
        turned = np.roll(part, start % bins, axis=1) if start % bins else part
        usable = turned[:, : (turned.shape[1] // bins) * bins]
        local = usable.reshape(len(pulse), -1, bins).sum(axis=1)
        match = scipy.fft.irfft(scipy.fft.rfft(local, axis=1) * np.conj(average), bins, axis=1)
        score[row] = match.sum(axis=0)[lags]
    score /= max(float(np.quantile(score.max(axis=1), 0.8)), 1e-9)
    apart = np.abs(lags[:, None] - lags[None, :])
    apart = np.minimum(apart, bins - apart)  # the pattern is a circle
    cost = np.where(apart > MAX_LAG_CHANGE_BINS, np.inf, LAG_CHANGE_COST * apart**2)
    path = best_path(score, cost)
    turns = (np.diff(path) + bins // 2) % bins - bins // 2
    unrolled = path[0] + np.concatenate([[0], np.cumsum(turns)])
    unrolled = unrolled - bins * round(float(np.median(unrolled)) / bins)
    lag = (unrolled + _between_bins(score, path)) / BINS_PER_BEAT
    centres = (first + starts + width / 2) / BINS_PER_BEAT
    smooth = gaussian_filter1d(lag, 1.0, mode="nearest")
    marks = np.arange(len(beats.beat_times), dtype=np.float64)
    moved = beats.time(marks + np.interp(marks, centres, smooth))
    return TimeMap(np.maximum.accumulate(moved + 1e-9 * marks)), lag


def _between_bins(score: Floats, path: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the offset of each peak from its bin by a parabola through its neighbours."""
    rows = np.arange(len(path))
    count = score.shape[1]
    left, top, right = (score[rows, (path + step) % count] for step in (-1, 0, 1))
    bend = left - 2 * top + right
    offset = np.where(bend < -1e-12, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0.0)
    return np.asarray(np.clip(offset, -0.5, 0.5))
