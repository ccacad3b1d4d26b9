"""The stereo picture: width, balance, side against mid, phase coherence."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy import signal

from analysis.audio import Audio
from analysis.report import Spatial

FLOOR = 1e-6
"""−120 dB of full scale: keeps ratios finite where a channel is silent, and is far below any
converter's noise."""

_FRAME = 2048
_HOP = 8192
"""Phase is averaged over the whole track; a frame in four is sample enough and a quarter of the
work."""
_FRAMES_AT_ONCE = 256
_BLOCK = 1 << 20  # samples summed at once: 4 MB a copy
_AUDIBLE_SHARE = 1e-3
"""Bins 60 dB below the frame's strongest have no phase to speak of (dither, encoder residue)."""


def describe_spatial(audio: Audio) -> Spatial:
    """Describe a track's stereo picture.

    Parameters
    ----------
    audio
        The decoded track.

    Returns
    -------
    Spatial
        ``stereo_width``: mean |side| / mean |mid|, 0 for identical channels.
        ``side_mid_ratio_db``: RMS of side over RMS of mid. ``balance_db``: RMS of left over
        RMS of right, positive to the left. ``phase_coherence``: mean cosine of the phase
        difference over all audible time-frequency bins, 1 in phase, −1 in opposite phase.
        A mono file has only ``status: mono_signal``; a silent one has no values.
    """
    if audio.source_channels == 1 or audio.samples.shape[0] == 1:
        return Spatial(status="mono_signal")
    left, right = audio.samples
    levels, powers = _sums(left, right)
    rms_left, rms_right, rms_mid, rms_side = np.sqrt(powers / left.size).tolist()
    mean_mid, mean_side = (levels / left.size).tolist()
    if max(rms_left, rms_right) == 0:
        return Spatial()
    return Spatial(
        stereo_width=mean_side / max(mean_mid, FLOOR),
        balance_db=_ratio_db(rms_left, rms_right),
        side_mid_ratio_db=_ratio_db(rms_side, rms_mid),
        phase_coherence=_phase_coherence(left, right),
    )


def _sums(
    left: NDArray[np.float32], right: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the summed levels of (mid, side) and powers of (left, right, mid, side)."""
    levels, powers = np.zeros(2), np.zeros(4)
    for start in range(0, left.size, _BLOCK):
        one, two = left[start : start + _BLOCK], right[start : start + _BLOCK]
        mid, side = 0.5 * (one + two), 0.5 * (one - two)
        levels += [np.abs(part).sum(dtype=np.float64) for part in (mid, side)]
        powers += [
            np.einsum("n,n->", part, part, dtype=np.float64) for part in (one, two, mid, side)
        ]
    return levels, powers


def _phase_coherence(left: NDArray[np.float32], right: NDArray[np.float32]) -> float | None:
    """Return the mean cosine of inter-channel phase; None where one channel is silent."""
    window = signal.get_window("hann", _FRAME).astype(np.float32)
    if left.size < _FRAME:
        left, right = (np.pad(part, (0, _FRAME - part.size)) for part in (left, right))
    starts = range(0, left.size - _FRAME + 1, _HOP * _FRAMES_AT_ONCE)
    total, count = 0.0, 0
    for start in starts:
        stop = start + _HOP * _FRAMES_AT_ONCE
        spectra = []
        for part in (left, right):
            stretch = part[start : min(stop + _FRAME - _HOP, part.size)]
            frames = np.lib.stride_tricks.sliding_window_view(stretch, _FRAME)[::_HOP]
            spectra.append(scipy.fft.rfft(frames * window, axis=-1)[:, 1:])
        cross = spectra[0] * spectra[1].conj()
        weight = np.abs(cross)
        # |L|·|R| against the loudest bin of the louder channel: both must be audible.
        loudest = np.maximum(*(np.abs(part).max(axis=-1, keepdims=True) for part in spectra))
        audible = (weight > (_AUDIBLE_SHARE * loudest) ** 2) & (loudest > FLOOR * _FRAME)
        total += float((cross.real[audible] / weight[audible]).sum(dtype=np.float64))
        count += int(audible.sum())
    return total / count if count else None


def _ratio_db(numerator: float, denominator: float) -> float:
    return 20 * float(np.log10(max(numerator, FLOOR) / max(denominator, FLOOR)))
