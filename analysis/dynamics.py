"""Level over time: RMS, attack and decay, crest factor, loudness, true peak."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.loudness import STEPS_PER_SEC, measure_loudness, sample_peak, true_peak_dbtp
from analysis.report import AttackDecay, Dynamics, Stats

HOP_SEC = 512 / 44_100
"""One level value every 11.6 ms: finer than any attack one hears as slow."""
HOPS_PER_FRAME = 4
"""Frames of 46 ms hold at least two cycles of the lowest kick drum (45 Hz)."""
_HOPS_AT_ONCE = 2_048
_BLOCK = 1 << 20
ATTACK_SHARE = 0.5
"""The first rise at least half as strong as the strongest counts as the track's attack."""
DECAY_SHARE = 0.5
"""Decay is the fall from the loudest frame to half its level."""


def describe_dynamics(audio: Audio) -> Dynamics:
    """Describe a track's levels.

    Parameters
    ----------
    audio
        The decoded track; RMS and crest factor take its channels together, so that opposite
        phase does not read as silence.

    Returns
    -------
    Dynamics
        ``rms`` and ``crest_factor`` are ratios to full scale. Whatever has no meaning (the
        loudness of silence, the loudness range of less than 3 s) is None.
    """
    samples, rate = audio.samples, audio.sample_rate
    peak = sample_peak(samples)
    curve, hop_sec = rms_curve(audio)
    loudness = measure_loudness(samples, rate)
    # The window that ends at 3 s, 4 s, …: every tenth of the 100 ms steps.
    each_second = loudness.short_term_lufs[::STEPS_PER_SEC]
    overall = _overall_rms(samples)
    return Dynamics(
        rms=_stats(curve),
        attack_decay=_attack_decay(curve, hop_sec),
        crest_factor=peak / overall if overall > 0 else None,
        lufs=loudness.integrated_lufs,
        loudness_range_lu=loudness.range_lu,
        true_peak_dbtp=true_peak_dbtp(samples),
        short_term_lufs=[value if np.isfinite(value) else None for value in each_second.tolist()],
    )


def rms_curve(audio: Audio) -> tuple[NDArray[np.float64], float]:
    """Return RMS in overlapping frames, and the time between frames in seconds.

    Frame i covers ``HOPS_PER_FRAME`` hops from hop i on; a track shorter than a frame is one
    frame.
    """
    hop = max(1, round(HOP_SEC * audio.sample_rate))
    hops = audio.samples.shape[1] // hop
    if hops < HOPS_PER_FRAME:
        return np.array([_overall_rms(audio.samples)]), hop / audio.sample_rate
    power = np.zeros(hops)
    for first in range(0, hops, _HOPS_AT_ONCE):
        count = min(_HOPS_AT_ONCE, hops - first)
        stretch = audio.samples[:, first * hop : (first + count) * hop]
        blocks = stretch.reshape(len(stretch), count, hop)
        power[first : first + count] = np.einsum("chn,chn->h", blocks, blocks) / hop
    power /= audio.samples.shape[0]
    framed = np.lib.stride_tricks.sliding_window_view(power, HOPS_PER_FRAME).mean(axis=-1)
    return np.sqrt(framed), hop / audio.sample_rate


def _overall_rms(samples: NDArray[np.float32]) -> float:
    """Return the RMS of all samples of all channels."""
    # float32 sums of squares over minutes lose digits; blocks in double precision do not.
    total = 0.0
    for start in range(0, samples.shape[1], _BLOCK):
        block = samples[:, start : start + _BLOCK]
        total += float(np.einsum("cn,cn->", block, block, dtype=np.float64))
    return float(np.sqrt(total / max(1, samples.size)))


def _attack_decay(curve: NDArray[np.float64], hop_sec: float) -> AttackDecay:
    """Return attack and decay times of a level curve; None where there is none."""
    if curve.max(initial=0.0) <= 0:
        return AttackDecay()
    # A frame shows a rise when its last hop does.
    lag = HOPS_PER_FRAME - 1
    rise = np.maximum(0.0, np.diff(curve, prepend=0.0))
    attack = int(np.argmax(rise >= ATTACK_SHARE * rise.max()))
    loudest = int(np.argmax(curve))
    fallen = np.flatnonzero(curve[loudest:] <= DECAY_SHARE * curve[loudest])
    return AttackDecay(
        attack_time_sec=(attack + lag if attack else 0) * hop_sec,
        decay_time_sec=float(fallen[0]) * hop_sec if fallen.size else None,
    )


def _stats(curve: NDArray[np.float64]) -> Stats:
    """Return mean, standard deviation, minimum and maximum."""
    return Stats(
        mean=float(curve.mean()),
        std=float(curve.std()),
        min=float(curve.min()),
        max=float(curve.max()),
    )
