"""Surround to stereo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

# How much of each channel of common layouts (WAVE order) reaches the left and the right.
# ITU-R BS.775 down-mix: centre and surrounds at −3 dB, LFE left out.
_HALF_POWER = 0.7071
_LEFT = {
    3: (1.0, 0.0, _HALF_POWER),
    4: (1.0, 0.0, _HALF_POWER, 0.0),
    5: (1.0, 0.0, _HALF_POWER, _HALF_POWER, 0.0),
    6: (1.0, 0.0, _HALF_POWER, 0.0, _HALF_POWER, 0.0),
    8: (1.0, 0.0, _HALF_POWER, 0.0, _HALF_POWER, 0.0, _HALF_POWER, 0.0),
}
_RIGHT = {
    3: (0.0, 1.0, _HALF_POWER),
    4: (0.0, 1.0, 0.0, _HALF_POWER),
    5: (0.0, 1.0, _HALF_POWER, 0.0, _HALF_POWER),
    6: (0.0, 1.0, _HALF_POWER, 0.0, 0.0, _HALF_POWER),
    8: (0.0, 1.0, _HALF_POWER, 0.0, 0.0, _HALF_POWER, 0.0, _HALF_POWER),
}


def down_mixed(block: Samples) -> Samples:
    """Return at most two channels; surround layouts by BS.775, unknown ones odd/even.

    Parameters
    ----------
    block
        float32, shape (channels, n), channels in WAVE order.
    """
    channels = block.shape[0]
    if channels <= 2:
        return block
    even = np.arange(channels) % 2 == 0
    left = np.array(_LEFT.get(channels, even), np.float32)
    right = np.array(_RIGHT.get(channels, ~even), np.float32)
    matrix = np.stack([left / left.sum(), right / right.sum()])
    return matrix @ block
