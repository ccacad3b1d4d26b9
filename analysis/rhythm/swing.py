"""Feel: swing, micro-timing and how much the tempo moves, from onsets against the grid.

All three are measured on the onsets themselves. From a fitted constant grid they would always
be straight, exact and still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from analysis.rhythm.attacks import Attacks
from analysis.rhythm.pulse import TimeMap, fold
from analysis.rhythm.refine import lateness

ONSET_APART_SEC = 0.03
ONSET_SHARE = 0.35
"""An onset counts when it has this share of the track's loud onsets; less may be noise."""

ONSET_QUANTILE = 0.9
ONSET_BLOCK = 1 << 19
"""Steps searched at once: a few MB, however long the track."""

PAIRS_BEATS = (0.5, 1.0)
"""A pair of sixteenths, a pair of eighths."""

FIRST_SHARE = 0.46
LAST_SHARE = 0.69
"""The second of a pair falls between straight (0.5) and a little beyond a triplet (0.667)."""

FOLD_BIN_SEC = 0.001
FOLD_SMOOTH_SEC = 0.002

LEAST_PROMINENCE = 0.06
"""The second of a pair must stand out by this share of the first; less is not played."""

STRAIGHT_WITHIN_SEC = 0.004
"""What lies this near to straight is straight: attacks are found to a few milliseconds."""

LEAST_ONSETS = 12
NEAR_GRID_SEC = 0.02
"""An onset farther than this from every sixteenth is not meant to be on one."""

LOCAL_BEATS = 16
LOCAL_STEP = 8
LOCAL_REACH_SEC = 0.04


@dataclass(frozen=True)
class Feel:
    """How a track sits on its grid.

    Attributes
    ----------
    swing_ratio
        Long over short part of a swung pair of sixteenths or eighths; 1 is straight; None where
        nothing sounds between the beats.
    micro_timing_sec
        Standard deviation of onsets about the nearest place of the (swung) sixteenth grid, robust;
        None without onsets.
    """

    swing_ratio: float | None
    micro_timing_sec: float | None


def onset_times(attacks: Attacks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the time and strength of every clear onset in the mid and high bands."""
    apart = max(1, round(ONSET_APART_SEC / attacks.hop_sec))
    places, heights = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for start in range(0, attacks.strength.shape[1], ONSET_BLOCK):
        block = attacks.strength[1:, start : start + ONSET_BLOCK].sum(axis=0)
        peaks, _ = find_peaks(block, distance=apart)
        places.append(peaks + start)
        heights.append(block[peaks].astype(np.float64))
    place, height = np.concatenate(places), np.concatenate(heights)
    if len(place) == 0:
        return np.zeros(0), np.zeros(0)
    clear = height > ONSET_SHARE * float(np.quantile(height, ONSET_QUANTILE))
    return np.asarray(place[clear] * attacks.hop_sec, dtype=np.float64), height[clear]


def measure_feel(attacks: Attacks, beats: TimeMap) -> Feel:
    """Measure swing and micro-timing of a track on its grid."""
    first, last = float(beats.beat_times[0]), float(beats.beat_times[-1])
    beat_sec = (last - first) / (len(beats.beat_times) - 1)
    heard = [
        (share, pair)
        for pair in PAIRS_BEATS
        if (share := _second_of_pair(attacks, beats, pair, beat_sec)) is not None
    ]
    share, pair = max(heard, key=lambda item: abs(item[0] - 0.5), default=(None, 1.0))
    swung = 0.5 if share is None else share
    if pair == PAIRS_BEATS[0]:
        places = np.array([0.0, swung * 0.5, 0.5, 0.5 + swung * 0.5, 1.0])
    else:
        places = np.array([0.0, swung * 0.5, swung, (1 + swung) * 0.5, 1.0])
    times, _ = onset_times(attacks)
    within = beats.position(times[(times >= first) & (times <= last)]) % 1.0
    nearest = np.abs(within[:, None] - places).argmin(axis=1)
    late = (within - places[nearest]) * beat_sec
    late = late[np.abs(late) < NEAR_GRID_SEC]
    micro = None
    if len(late) >= LEAST_ONSETS:
        micro = 1.4826 * float(np.median(np.abs(late - np.median(late))))
    return Feel(None if share is None else swung / (1.0 - swung), micro)


def _second_of_pair(attacks: Attacks, beats: TimeMap, pair: float, beat_sec: float) -> float | None:
    """Return where the second note of a pair falls, as a share of the pair; 0.5 is straight."""
    bins = max(60, round(pair * beat_sec / FOLD_BIN_SEC))
    folded = fold(attacks.strength[1:], attacks.hop_sec, beats, pair, bins)
    folded = folded / np.maximum(folded.mean(axis=1, keepdims=True), 1e-12)
    smooth = FOLD_SMOOTH_SEC / (pair * beat_sec) * bins
    curve = gaussian_filter1d(folded.sum(axis=0), smooth, mode="wrap")
    low, high = int(FIRST_SHARE * bins), int(LAST_SHARE * bins)
    peak = low + int(np.argmax(curve[low:high]))
    floor = float(np.median(curve))
    if curve[peak] - floor < LEAST_PROMINENCE * (float(curve.max()) - floor):
        return None
    if peak in (low, high - 1):  # the flank of something else
        return None
    place = peak / bins
    return 0.5 if abs(place - 0.5) * pair * beat_sec < STRAIGHT_WITHIN_SEC else place


def local_tempi(attacks: Attacks, beats: TimeMap) -> NDArray[np.float64]:
    """Return the tempo of each passage of 16 beats, from its own attacks, in BPM.

    Passages with too few attacks near the grid (breakdowns) are left out.
    """
    times = beats.beat_times
    late, strength = lateness(attacks, times, LOCAL_REACH_SEC)
    loud = float(np.quantile(strength, 0.9)) if len(strength) else 0.0
    heard = strength > 0.25 * loud
    found = []
    for first in range(0, max(1, len(times) - LOCAL_BEATS), LOCAL_STEP):
        index = np.arange(first, min(first + LOCAL_BEATS, len(times)))
        index = index[heard[index]]
        if len(index) < LOCAL_BEATS // 2:
            continue
        actual = times[index] + late[index]
        slope = _median_slope(index.astype(np.float64), actual)
        if slope > 0:
            found.append(60.0 / slope)
    return np.array(found)


def _median_slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the median of all pairwise slopes (Theil–Sen)."""
    rows, columns = np.triu_indices(len(x), 1)
    return float(np.median((y[columns] - y[rows]) / (x[columns] - x[rows])))
