"""Loudness and peaks by the standards: ITU-R BS.1770-5, EBU Tech 3341 and 3342.

Conventions
-----------
Samples are (channels, n) with full scale ±1. A mono file is measured as one channel, as the
standard has it; played on two speakers it is 3.01 LU louder than its figure.
One K-weighted pass gives the energy of each 100 ms, and every window of the standards is a
whole number of those, so that all figures come from one short array.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float64]

try:
    from pyloudnorm import iirfilter as _pyloudnorm
except ImportError:  # an optional library: the same filters are computed here
    _pyloudnorm = None
PYLOUDNORM: ModuleType | None = _pyloudnorm
"""pyloudnorm's filter module where it is installed; it then designs the K-weighting."""

OFFSET_LU = -0.691
"""BS.1770 (2): makes a 997 Hz sine at 0 dBFS in one channel read −3.01 LKFS."""

STEPS_PER_SEC = 10
MOMENTARY_STEPS = 4
"""Gating blocks of BS.1770 are 400 ms with 75 % overlap, thus one every 100 ms."""
SHORT_TERM_STEPS = 30
"""Short-term windows of EBU Tech 3341 are 3 s."""
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
RANGE_PERCENTILES = (10.0, 95.0)

_CHUNK_SEC = 10
"""Filtering in chunks of this length keeps float64 copies small for files of any length."""

# The two stages of BS.1770's K-weighting as analogue prototypes, from which any sample rate
# follows; at 48 kHz they give the standard's own table (De Man, "Evaluation of implementations
# of the EBU R128 loudness measurement", AES 145, 2018).
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.9744509555319, 3.99984385397, 0.7071752369554193
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087613982, 0.5003270373253953

_OVERSAMPLING = 4
_HALF_TAPS = 12
"""Samples on either side that one in-between value is interpolated from."""
_CANDIDATE_DB = -6.0
"""An in-between peak more than 6 dB above its neighbours needs content at the Nyquist frequency
itself, so only samples within this of the highest can lie beside the true peak."""
_PEAK_BLOCK = 1 << 17
"""Samples looked at together: a few MB, whatever the length."""


@dataclass(frozen=True, eq=False)
class Loudness:
    """The loudness of a stretch of audio; None where it is too short or below the gates.

    Parameters
    ----------
    integrated_lufs
        Gated loudness of the whole.
    range_lu
        Loudness range, EBU Tech 3342.
    short_term_lufs
        3 s windows every 0.1 s, the first one ending at 3 s; −inf in digital silence.
    """

    integrated_lufs: float | None
    range_lu: float | None
    short_term_lufs: Floats = field(repr=False)


def measure_loudness(samples: NDArray[np.float32], sample_rate: int) -> Loudness:
    """Measure integrated loudness, loudness range and the short-term curve in one pass.

    Parameters
    ----------
    samples
        Shape (channels, n), one or two channels.
    sample_rate
        In Hz.
    """
    energy = _step_energies(samples, sample_rate)
    blocks = _windows(energy, MOMENTARY_STEPS)
    short_term = _windows(energy, SHORT_TERM_STEPS)
    return Loudness(_integrated(blocks), _range(short_term), _lufs(short_term))


def true_peak_dbtp(samples: NDArray[np.float32]) -> float | None:
    """Return the true peak in dB relative to full scale, None for digital silence.

    Four-fold oversampling with a windowed sinc (BS.1770 Annex 2), computed only beside samples
    high enough to matter. It reads at most 0.2 dB low below a quarter of the sample rate.

    Parameters
    ----------
    samples
        Shape (channels, n).
    """
    highest = sample_peak(samples)
    if highest == 0.0:
        return None
    threshold = highest * 10 ** (_CANDIDATE_DB / 20)
    peak = highest
    for channel in samples:
        for start in range(0, channel.size, _PEAK_BLOCK):
            # Each block sees its neighbours' samples; before and after the track is silence.
            first, last = start - _HALF_TAPS, min(start + _PEAK_BLOCK, channel.size) + _HALF_TAPS
            block = channel[max(0, first) : last]
            missing = (max(0, -first), max(0, last - channel.size))
            peak = max(peak, _block_peak(np.pad(block, missing), threshold))
    return 20 * float(np.log10(peak))


def sample_peak(samples: NDArray[np.float32]) -> float:
    """Return the highest absolute sample, 0 for none, without making a copy."""
    peak = 0.0
    for start in range(0, samples.shape[1], _PEAK_BLOCK):
        block = samples[:, start : start + _PEAK_BLOCK]
        peak = max(peak, float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
    return peak


def _block_peak(padded: NDArray[np.float32], threshold: float) -> float:
    """Return the highest value between samples, beside local maxima from ``threshold`` up.

    The outermost ``_HALF_TAPS`` samples are context alone.
    """
    here = slice(_HALF_TAPS, -_HALF_TAPS)
    before, middle, after = (
        padded[here.start - 1 : here.stop - 1],
        padded[here],
        padded[here.start + 1 : here.stop + 1 or None],
    )
    level = np.abs(middle)
    is_peak = (level >= threshold) & (level >= np.abs(before)) & (level >= np.abs(after))
    # Inside a run of equal values (clipping) nothing is higher than at the run's ends.
    is_peak &= (middle != before) | (middle != after)
    around = sliding_window_view(padded, 2 * _HALF_TAPS + 1)[is_peak]
    return float(np.abs(around @ _interpolation_kernel()).max(initial=0.0))


@lru_cache(maxsize=1)
def _interpolation_kernel() -> NDArray[np.float32]:
    """Return windowed sincs, shape (taps, values), for the in-between points either side."""
    offsets = np.arange(1 - _OVERSAMPLING, _OVERSAMPLING) / _OVERSAMPLING
    offsets = offsets[offsets != 0]
    taps = np.arange(-_HALF_TAPS, _HALF_TAPS + 1)
    distance = taps[:, None] - offsets[None, :]
    inside = np.clip(1 - (distance / (_HALF_TAPS + 1)) ** 2, 0, None)
    window = np.i0(6.0 * np.sqrt(inside)) / np.i0(6.0)  # Kaiser: side lobes at −63 dB
    kernel = np.sinc(distance) * window
    normalised: NDArray[np.float32] = (kernel / kernel.sum(axis=0)).astype(np.float32)
    return normalised


def _step_energies(samples: NDArray[np.float32], sample_rate: int) -> Floats:
    """Return the mean square of the K-weighted signal in each whole 100 ms, channels summed."""
    sections = k_weighting(sample_rate)
    # Bounds within a second repeat exactly, whatever the sample rate.
    bounds = np.round(np.arange(STEPS_PER_SEC + 1) * sample_rate / STEPS_PER_SEC).astype(int)
    lengths = np.diff(bounds)
    total = samples.shape[1]
    chunk = _CHUNK_SEC * sample_rate
    energies = []
    state = np.zeros((len(sections), samples.shape[0], 2))
    for start in range(0, total, chunk):
        block = samples[:, start : start + chunk].astype(np.float64)
        weighted, state = signal.sosfilt(sections, block, axis=-1, zi=state)
        power = np.einsum("cn,cn->n", weighted, weighted)
        seconds = -(-power.size // sample_rate)
        starts = (np.arange(seconds)[:, None] * sample_rate + bounds[:-1]).ravel()
        ends = starts + np.tile(lengths, seconds)
        whole = ends <= power.size
        if not whole.any():
            continue
        sums = np.add.reduceat(power[: ends[whole][-1]], starts[whole])
        energies.append(sums / np.tile(lengths, seconds)[whole])
    return np.concatenate(energies) if energies else np.zeros(0)


@lru_cache(maxsize=16)
def k_weighting(sample_rate: int) -> Floats:
    """Return BS.1770's K-weighting as second-order sections, shape (2, 6), for a sample rate."""
    if PYLOUDNORM is not None:
        shelf = PYLOUDNORM.IIRfilter(
            _SHELF_DB, _SHELF_Q, _SHELF_HZ, sample_rate, "high_shelf_DeMan"
        )
        high_pass = PYLOUDNORM.IIRfilter(
            0.0, _HIGH_PASS_Q, _HIGH_PASS_HZ, sample_rate, "high_pass_DeMan"
        )
        rows = [np.r_[stage.b, stage.a] for stage in (shelf, high_pass)]
        return np.array(rows, dtype=np.float64)
    k = np.tan(np.pi * _SHELF_HZ / sample_rate)
    high_gain = 10 ** (_SHELF_DB / 20)
    band_gain = high_gain**0.4996667741545416
    shelf_row = [
        high_gain + band_gain * k / _SHELF_Q + k * k,
        2 * (k * k - high_gain),
        high_gain - band_gain * k / _SHELF_Q + k * k,
        1 + k / _SHELF_Q + k * k,
        2 * (k * k - 1),
        1 - k / _SHELF_Q + k * k,
    ]
    k = np.tan(np.pi * _HIGH_PASS_HZ / sample_rate)
    pole = 1 + k / _HIGH_PASS_Q + k * k
    poles = [1.0, 2 * (k * k - 1) / pole, (1 - k / _HIGH_PASS_Q + k * k) / pole]
    high_pass_row = [1.0, -2.0, 1.0, *poles]
    return np.array([np.divide(shelf_row, shelf_row[3]), high_pass_row])


def _windows(energy: Floats, steps: int) -> Floats:
    """Return the mean energy of every window of so many steps, one a step."""
    if energy.size < steps:
        return np.zeros(0)
    # Summed afresh in each window: differences of one long cumulative sum would leave
    # rounding residue of loud passages in silent ones.
    means: Floats = sliding_window_view(energy, steps).mean(axis=-1)
    return means


def _lufs(energy: Floats) -> Floats:
    """Return energies as loudness in LUFS; −inf for no energy."""
    with np.errstate(divide="ignore"):
        loudness: Floats = OFFSET_LU + 10 * np.log10(energy)
    return loudness


def _integrated(blocks: Floats) -> float | None:
    """Return the gated loudness of BS.1770 (5)–(7)."""
    blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
    if not blocks.size:
        return None
    gate = _lufs(blocks.mean()) + RELATIVE_GATE_LU
    return float(_lufs(blocks[_lufs(blocks) > gate].mean()))


def _range(short_term: Floats) -> float | None:
    """Return the loudness range of EBU Tech 3342."""
    short_term = short_term[_lufs(short_term) >= ABSOLUTE_GATE_LUFS]
    if not short_term.size:
        return None
    loudness = _lufs(short_term)
    kept = loudness[loudness >= _lufs(short_term.mean()) + RANGE_GATE_LU]
    low, high = np.percentile(kept, RANGE_PERCENTILES)
    return float(high - low)
