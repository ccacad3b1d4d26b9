"""Danceability, onset rate and dynamic complexity, as Essentia defines them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.fft
import scipy.signal
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analysis import frames
from analysis.filterbanks import SAMPLE_RATE_HZ, Array, stretch_of

Floats = NDArray[np.float64]

_DFA_FRAME = 441  # 10 ms
_DFA_BLOCK = 1 << 13
_DFA_LOW_MS, _DFA_HIGH_MS, _DFA_STEP = 310.0, 8800.0, 1.1

_COMPLEXITY_STEP = 8820  # 0.2 s between readings
_COMPLEXITY_DECAY_SEC = 0.035  # Vickers' level meter
_COMPLEXITY_SILENCE_DB = -90.0  # silence at either end is left out
_COMPLEXITY_FLOOR = 1e-10

_ONSET_FRAME, _ONSET_HOP = 1024, 512
_ONSET_SILENCE = 0.02
_ONSET_ALPHA = 0.1
_BLOCK = 128


def danceability(samples: Array) -> float | None:
    """Return danceability by detrended fluctuation analysis (Streich & Herrera 2005), about 0–3.

    Parameters
    ----------
    samples
        Mono at 44.1 kHz, shape (n,). Level does not matter.

    Returns
    -------
    float or None
        The inverse of the mean slope of the fluctuations of the level over 0.3–8.8 s; None
        where the track is too short or has no fluctuation.
    """
    count = len(samples) // _DFA_FRAME
    if count < 2:
        return None
    level = np.empty(count)
    for first in range(0, count, _DFA_BLOCK):  # a long mix lies on disk, and stays there
        last = min(first + _DFA_BLOCK, count)
        parts = samples[first * _DFA_FRAME : last * _DFA_FRAME].reshape(-1, _DFA_FRAME)
        mean = parts.mean(axis=1, dtype=np.float64)
        square = np.einsum("ij,ij->i", parts, parts).astype(np.float64) / _DFA_FRAME
        level[first:last] = np.sqrt(np.maximum(square - mean**2, 0.0))
    series = np.cumsum(level - level.mean())
    spans = []
    span = _DFA_LOW_MS
    while span <= _DFA_HIGH_MS:
        spans.append(int(span / 10))
        span *= _DFA_STEP
    fluctuation = [_fluctuation(series, span) for span in spans if count >= span]
    slopes = []
    for (span, value), (later, after) in pairwise(zip(spans, fluctuation, strict=False)):
        if value <= 0 or after <= 0:
            return None
        slopes.append(np.log10(after / value) / np.log10((later + 3) / (span + 3)))
    if not slopes or np.mean(slopes) <= 0:
        return None
    return float(1 / np.mean(slopes))


def _fluctuation(series: Floats, span: int) -> float:
    """Return the root of the mean residual variance of straight lines through all spans."""
    jump = max(span // 50, 1)
    starts = np.arange(0, len(series) - span, jump)
    if not len(starts):
        return 0.0
    position = np.arange(len(series), dtype=np.float64)
    totals = [
        np.concatenate([[0.0], np.cumsum(values)])
        for values in (series, series**2, series * position)
    ]
    ends = starts + span
    sum_y, sum_yy, sum_ty = (total[ends] - total[starts] for total in totals)
    sum_xy = sum_ty - starts * sum_y  # time counted from each span's start
    mean_x = (span - 1) / 2
    var_x = span * (span**2 - 1) / 12
    cov = sum_xy - mean_x * sum_y
    residual = sum_yy - sum_y**2 / span - cov**2 / var_x
    total = float(np.maximum(residual, 0).sum()) / span
    return float(np.sqrt(total / ((len(series) - span) / jump)))


def dynamic_complexity(bright_power: Array) -> float | None:
    """Return the mean deviation from the overall loudness in dB (Streich 2007); None for silence.

    Parameters
    ----------
    bright_power
        `analysis.frames.Frames.bright_power`, one value every 1024 samples.
    """
    keep = float(np.exp(-frames.HOP / (_COMPLEXITY_DECAY_SEC * SAMPLE_RATE_HZ)))
    meter = scipy.signal.lfilter(
        np.array([1 - keep]), np.array([1.0, -keep]), bright_power.astype(np.float64)
    )
    times = np.arange(_COMPLEXITY_STEP, len(bright_power) * frames.HOP, _COMPLEXITY_STEP)
    reading = meter[times // frames.HOP]
    level_db = 10 * np.log10(np.maximum(reading, _COMPLEXITY_FLOOR))
    sounding = np.flatnonzero(level_db > _COMPLEXITY_SILENCE_DB)
    if not len(sounding):
        return None
    level_db = level_db[sounding[0] : sounding[-1] + 1]
    weight = 0.9 ** -(level_db - level_db.max())
    overall = float((weight * level_db).sum() / weight.sum())
    return float(np.abs(level_db - overall).mean())


def onset_rate(samples: Array) -> float | None:
    """Return onsets per second (Brossier, Bello & Plumbley 2004, as Essentia's OnsetRate).

    Two onset functions, high-frequency content and the complex-domain difference, are scaled to
    1, summed, averaged over five frames and compared with their own median and mean.

    Parameters
    ----------
    samples
        Mono at 44.1 kHz, shape (n,). Level does not matter.
    """
    frame, hop = _ONSET_FRAME, _ONSET_HOP
    count = len(samples) // hop + 1
    bins = frame // 2 + 1
    window = scipy.signal.windows.hann(frame).astype(np.float32)
    ramp = (np.arange(bins) * (SAMPLE_RATE_HZ / frame)).astype(np.float32)
    content, change = np.empty(count), np.empty(count)
    turns = np.ones((2, bins), np.complex64)  # phases of the two frames before
    before = np.zeros((1, bins), np.float32)
    half = frame // 2
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        begin, end = first * hop - half, (last - 1) * hop + half
        part = stretch_of(samples, begin, end)
        spectrum = scipy.fft.rfft(sliding_window_view(part, frame)[::hop] * window, axis=1)
        magnitude = np.abs(spectrum)
        turn = spectrum / (magnitude + np.float32(1e-30))
        turn[magnitude == 0] = 1
        turns = np.concatenate([turns, turn])
        content[first:last] = magnitude @ ramp
        expected = np.square(turns[1:-1])
        expected *= np.conj(turns[:-2])
        expected *= np.concatenate([before, magnitude[:-1]])
        expected -= spectrum
        change[first:last] = np.abs(expected).sum(axis=1)
        turns, before = turns[-2:], magnitude[-1:]
    if content.max() <= 0:
        return None
    detection = content / content.max() + change / change.max()
    smooth = scipy.signal.lfilter(np.full(5, 0.2), np.ones(1), detection)
    smooth[smooth < 2 * _ONSET_SILENCE] = 0
    recent = sliding_window_view(np.concatenate([np.zeros(4), smooth]), 5)
    above = smooth > np.median(recent, axis=1) + _ONSET_ALPHA * recent.mean(axis=1)
    above[0] = False
    starts = above & ~np.append(False, above[:-1]) & np.append(above[1:], True)
    return float(starts.sum() / (count * hop / SAMPLE_RATE_HZ))
