"""Loudness and peaks: ITU-R BS.1770 measurement, soft clipping and a true-peak limiter."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import butter, firwin, lfilter, sosfilt

from composer.osc import Samples

# The limiter's ceiling; half a decibel is kept for what its ramps let through.
CEILING_DBTP = -1.0
# Lossy coders overshoot: this much lower, what their decoders give stays under the same line.
LOSSY_CEILING_DBTP = -2.2
_BLOCK = 32
_RELEASE_SEC = 0.09
_TAPS_PER_PHASE = 12
# Below this share of the ceiling no overshoot between samples reaches it in practice.
_LOOK_CLOSER = 0.7
# A second pass over the whole is made only beyond this.
_LOUDNESS_TOLERANCE_LU = 0.5
# Where soft clipping begins to bend, relative to full scale.
_KNEE = 0.5


@cache
def _k_weighting(rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Design both K-weighting biquads as one filter (BS.1770-4, tables 1 and 2, any rate)."""
    gain_db, quality, corner = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = np.tan(np.pi * corner / rate)
    vh = 10.0 ** (gain_db / 20.0)
    vb = vh**0.4996667741545416
    a0 = 1.0 + k / quality + k * k
    shelf_b = np.array(
        [vh + vb * k / quality + k * k, 2.0 * (k * k - vh), vh - vb * k / quality + k * k]
    )
    shelf_a = np.array([a0, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k])
    quality, corner = 0.5003270373238773, 38.13547087602444
    k = np.tan(np.pi * corner / rate)
    a0 = 1.0 + k / quality + k * k
    high_a = np.array([a0, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k])
    high_b = np.array([1.0, -2.0, 1.0]) * a0  # unity numerator, as the standard has it
    b = np.convolve(shelf_b / shelf_a[0], high_b / high_a[0])
    a = np.convolve(shelf_a / shelf_a[0], high_a / high_a[0])
    return tuple(b), tuple(a)


def integrated_lufs(x: Samples, rate: int) -> float:
    """Measure integrated loudness of stereo audio, shape (2, n), by BS.1770-4.

    Returns
    -------
    float
        LUFS; minus infinity for silence or less than 0.4 s.
    """
    b, a = _k_weighting(rate)
    weighted = lfilter(b, a, x.astype(np.float64), axis=-1)
    hop = int(0.1 * rate)
    count = x.shape[1] // hop
    power = np.square(weighted[:, : count * hop]).reshape(2, count, hop).sum(axis=(0, 2))
    if count < 4:
        return float("-inf")
    blocks = np.convolve(power, np.ones(4), "valid") / (4 * hop)
    blocks = blocks[blocks > 10 ** ((-70.0 + 0.691) / 10)]
    if not len(blocks):
        return float("-inf")
    gate = np.mean(blocks) * 0.1
    return float(-0.691 + 10.0 * np.log10(np.mean(blocks[blocks > gate])))


@cache
def _interpolator() -> NDArray[np.float32]:
    """Return the matrix that takes a block with its margins to the values between its samples.

    Three polyphase branches of a four-times oversampling filter, side by side; shape
    (_BLOCK + _TAPS_PER_PHASE, 3 * _BLOCK). One matrix product is ten times faster than three
    convolutions.
    """
    taps = firwin(4 * _TAPS_PER_PHASE - 1, 0.25, window=("kaiser", 5.0)) * 4.0
    branches = np.append(taps, 0.0).reshape(_TAPS_PER_PHASE, 4).T[:3]  # the fourth: the samples
    matrix = np.zeros((_BLOCK + _TAPS_PER_PHASE, 3, _BLOCK), dtype=np.float32)
    for at in range(_BLOCK):
        matrix[at : at + _TAPS_PER_PHASE, :, at] = branches[:, ::-1].T
    return matrix.reshape(len(matrix), -1)


def _block_peaks(x: Samples, over: float = 0.0) -> NDArray[np.float64]:
    """Find the largest magnitude of each block of ``_BLOCK`` samples, between the samples too.

    Between the samples is looked only where a sample exceeds ``over``; elsewhere the sample peak
    stands.
    """
    n = x.shape[1]
    count = -(-n // _BLOCK)
    margin = _TAPS_PER_PHASE // 2
    padded = np.zeros(count * _BLOCK + 2 * margin, dtype=np.float32)
    body = padded[margin : margin + count * _BLOCK].reshape(count, _BLOCK)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK + 2 * margin)[::_BLOCK]
    peaks = np.zeros(count)
    for channel in x:
        padded[margin : margin + n] = channel
        own = np.maximum(body.max(axis=1), -body.min(axis=1)).astype(np.float64)
        near = np.flatnonzero(own > over)
        between = windows[near] @ _interpolator()
        own[near] = np.maximum(own[near], np.maximum(between.max(axis=1), -between.min(axis=1)))
        peaks = np.maximum(peaks, own)
    return peaks


def true_peak_db(x: Samples) -> float:
    """Measure the true peak of audio of shape (2, n) by four-times oversampling, dBTP."""
    return float(20.0 * np.log10(max(float(np.max(_block_peaks(x))), 1e-9)))


def limited(x: Samples, rate: int, ceiling_db: float = CEILING_DBTP) -> Samples:
    """Keep true peaks under a ceiling by a gain that looks ahead and recovers slowly.

    Only the gain moves: nothing is filtered or delayed, so onsets stay where they are.
    """
    ceiling = 10.0 ** (ceiling_db / 20.0)
    peaks = _block_peaks(x, _LOOK_CLOSER * ceiling)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    if float(needed.min()) >= 1.0:
        return x
    # Peaks between samples of neighbouring blocks belong to both; two blocks of look-ahead.
    needed = minimum_filter1d(needed, 5)
    recover = float(1.0 - np.exp(-_BLOCK / (_RELEASE_SEC * rate)))
    level = 1.0
    gains = np.empty(len(needed))
    for index, want in enumerate(needed.tolist()):
        level = want if want < level else level + (want - level) * recover
        gains[index] = level
    nodes = np.minimum(np.append(gains, gains[-1]), np.append(gains[0], gains))
    ramp = np.interp(np.arange(x.shape[1]) / _BLOCK, np.arange(len(nodes)), nodes).astype(
        np.float32
    )
    return np.asarray(x * ramp)


def soft_clipped(x: Samples) -> Samples:
    """Round off peaks above the knee; below it nothing changes."""
    out = x.copy()
    loud = np.abs(x) > _KNEE
    part = x[loud]
    over = (np.abs(part) - np.float32(_KNEE)) / np.float32(1.0 - _KNEE)
    bent = np.float32(_KNEE) + np.float32(1.0 - _KNEE) * np.tanh(over)
    out[loud] = np.copysign(bent, part)
    return out


def mastered(
    x: Samples, rate: int, target_lufs: float, ceiling_db: float = CEILING_DBTP
) -> Samples:
    """Bring a mix to a loudness with soft clipping and limiting.

    The gain is found on the loudest seconds, so that the whole is usually processed once.
    """
    sections = butter(2, 24.0, "highpass", fs=rate, output="sos")
    x = np.asarray(sosfilt(sections, x, axis=-1), dtype=np.float32)
    whole = integrated_lufs(x, rate)
    if not np.isfinite(whole):
        return x
    window = min(x.shape[1], 8 * rate)
    hop = max(window // 4, 1)
    starts = range(0, x.shape[1] - window + 1, hop)
    energies = [float(np.mean(np.square(x[:, at : at + window : 4]))) for at in starts]
    at = int(np.argmax(energies)) * hop
    excerpt = x[:, at : at + window]
    goal = target_lufs + integrated_lufs(excerpt, rate) - whole
    gain_db = target_lufs - whole
    for _ in range(3):
        trial = limited(soft_clipped(excerpt * np.float32(10 ** (gain_db / 20))), rate, ceiling_db)
        gain_db += 1.2 * (goal - integrated_lufs(trial, rate))
    out = limited(soft_clipped(x * np.float32(10 ** (gain_db / 20))), rate, ceiling_db)
    short_db = target_lufs - integrated_lufs(out, rate)
    if abs(short_db) > _LOUDNESS_TOLERANCE_LU:  # breaks count for more than the excerpt told
        gain_db += 1.3 * short_db
        out = limited(soft_clipped(x * np.float32(10 ** (gain_db / 20))), rate, ceiling_db)
    return out
