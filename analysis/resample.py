"""Other sample rates, made a stretch at a time so that no second copy of a track is needed."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

from analysis.paged import room_for

_BLOCK = 1 << 20
"""Samples at once: 24 s."""


def resampled(
    channels: NDArray[np.float32],
    sample_rate: int,
    to_rate: int,
    weights: tuple[float, ...] = (1.0,),
    quality: str = "MQ",
) -> NDArray[np.float32]:
    """Return a weighted sum of channels at another rate.

    Parameters
    ----------
    channels
        float32, shape (channels, n).
    sample_rate, to_rate
        In Hz.
    weights
        One a channel.
    quality
        soxr's: ``LQ MQ HQ VHQ``.

    Returns
    -------
    ndarray
        float32, shape (m,).
    """
    mix = np.asarray(weights, np.float32)
    stream = soxr.ResampleStream(sample_rate, to_rate, 1, dtype="float32", quality=quality)
    count = channels.shape[1]
    out = room_for((int(count * to_rate / sample_rate) + _BLOCK,), to_rate)
    filled = 0
    for first in range(0, max(count, 1), _BLOCK):
        last = min(first + _BLOCK, count)
        piece = np.ascontiguousarray(mix @ channels[:, first:last])
        made = stream.resample_chunk(piece, last=last == count)
        out[filled : filled + len(made)] = made
        filled += len(made)
    return out[:filled]
