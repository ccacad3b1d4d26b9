"""Vocal activity: where somebody sings, and how high.

pYIN on a full mix costs a fifth of real time and follows the bass. Here `analysis.voice` measures
how voice-like every moment is, a logistic model turns that into a probability, and a two-state
model smooths it into segments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.partials import FRAME_RATE_HZ, Partials
from analysis.report import VocalActivity, VocalSegment
from analysis.spectra import Spectra
from analysis.voice import RATE_HZ, voice_features

Floats = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 80.0, 1000.0
"""Sung fundamentals: a low bass to a soprano's high B."""
MIN_SEGMENT_SEC = 0.8
MAX_GAP_SEC = 1.0
"""Breaths between syllables are shorter; a pause between phrases is longer."""


@dataclass(frozen=True)
class VoiceModel:
    """A logistic model over `analysis.voice.FEATURES`: a weight for each, and a bias."""

    weights: tuple[float, ...]
    bias: float


MODEL = VoiceModel(
    weights=(
        -39.84,
        -14.29,
        1.246,
        -1.528,
        4.931,
        7.572,
        22.76,
        -4.673,
        1.968,
        -0.06752,
        0.09089,
        0.07914,
        -47.75,
        3.622,
        -0.01593,
        34.59,
        32.09,
        -2.677,
        43.73,
        3.966,
        1.399,
    ),
    bias=5.2428,
)
"""Fitted by logistic regression (C = 0.05) on 130 composed tracks with known vocal phrases, and on
25 real instrumental tracks, at less weight, as examples of no voice."""

_USUAL_LOGIT = -3.9  # of a track's median moment: nobody sings
_TRACK_SHARE = 0.5  # how far a track's own median replaces it: vibrato strings fool the model
_TRACK_REACH = (2.5, 2.0)  # at most this far down and up, or a song sung throughout would vanish
_STAY = 0.9  # a second in either state: phrases last 2–10 s
_SEGMENT_LEAD = 1.7  # log-odds given to singing: missing a voice costs a DJ more than hearing one


def voice_probability(features: Array, model: VoiceModel = MODEL) -> Floats:
    """Return the probability that somebody sings, for each row of `voice_features`.

    A track whose every moment looks sung is more likely one whose instruments do: half of what
    its median moment stands out by is taken off.
    """
    logits = features.astype(np.float64) @ np.asarray(model.weights) + model.bias
    down, up = _TRACK_REACH
    above = float(np.median(logits)) - _USUAL_LOGIT
    logits -= _TRACK_SHARE * min(max(above, -down), up)
    return np.asarray(scipy.special.expit(logits), np.float64)


def singing(probability: Floats) -> NDArray[np.bool_]:
    """Return where somebody sings: the best path through two states that change seldom."""
    odds = scipy.special.logit(np.clip(probability, 1e-4, 1 - 1e-4)) + _SEGMENT_LEAD
    penalty = float(scipy.special.logit(_STAY))
    best, back = 0.0, np.zeros((len(odds), 2), bool)
    for row, value in enumerate(odds):  # ``best`` is the lead of singing over silence
        back[row] = best > penalty, best > -penalty  # whether each state comes from singing
        best = float(np.clip(best, -penalty, penalty)) + value
    path = np.zeros(len(odds), bool)
    state = best > 0
    for row in range(len(odds) - 1, -1, -1):
        path[row] = state
        state = bool(back[row, int(state)])
    return path


def find_segments(probability: Floats) -> list[VocalSegment]:
    """Return the stretches of singing: gaps under a second closed, blips left out."""
    path = singing(probability)
    edges = np.flatnonzero(np.diff(path.astype(int), prepend=0, append=0))
    segments: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if segments and (start - segments[-1][1]) / RATE_HZ < MAX_GAP_SEC:
            segments[-1] = (segments[-1][0], end)
        else:
            segments.append((start, end))
    return [
        VocalSegment(
            start_sec=start / RATE_HZ,
            end_sec=end / RATE_HZ,
            confidence=float(probability[start:end].mean()),
        )
        for start, end in segments
        if (end - start) / RATE_HZ >= MIN_SEGMENT_SEC
    ]


def sung_pitch_hz(partials: Partials, active: NDArray[np.bool_]) -> Floats:
    """Return the fundamental of each active frame, by summing what is a harmonic of what.

    Subharmonic summation (Hermes 1988) over the partials of each frame: every partial votes for
    itself and its subharmonics, by the root of its magnitude and 0.84 to the power of the order.

    Parameters
    ----------
    partials
        The track's spectral peaks.
    active
        Frames to look at, shape (partials.frames,).
    """
    step_cents, orders = 20.0, 8
    cells = int(1200 * np.log2(HIGHEST_HZ / LOWEST_HZ) / step_cents) + 1
    chosen = active[partials.frame] & (partials.frequency_hz > LOWEST_HZ)
    if not chosen.any():
        return np.zeros(0)
    rows = np.cumsum(active) - 1
    row = rows[partials.frame[chosen]]
    cents = 1200 * np.log2(partials.frequency_hz[chosen].astype(np.float64) / LOWEST_HZ)
    weight = np.sqrt(partials.magnitude[chosen].astype(np.float64))
    # A voice's fundamental lies above the bass line, and its upper partials are many.
    votes = np.zeros(int(active.sum()) * cells)
    for order in range(1, orders + 1):
        cell = np.rint((cents - 1200 * np.log2(order)) / step_cents).astype(np.int64)
        inside = (cell >= 0) & (cell < cells)
        votes += np.bincount(
            row[inside] * cells + cell[inside],
            weight[inside] * 0.84 ** (order - 1),
            minlength=len(votes),
        )
    table = votes.reshape(-1, cells)
    found = table.max(axis=1) > 0
    return np.asarray(LOWEST_HZ * 2 ** (table[found].argmax(axis=1) * step_cents / 1200))


def describe_vocals(spectra: Spectra) -> VocalActivity:
    """Describe vocal activity.

    Returns
    -------
    VocalActivity
        ``voiced_ratio``: share of the sounding track inside ``segments``.
        ``voiced_probability_mean``: mean probability of singing. ``pitch_mean_hz`` and
        ``pitch_std_hz``: of the sung fundamental; None where nobody sings. All None for silence.
    """
    partials = spectra.partials
    sounding = np.zeros(partials.frames, bool)
    sounding[partials.frame] = True
    if not sounding.any():
        return VocalActivity()
    probability = voice_probability(voice_features(spectra))
    segments = find_segments(probability)
    times = np.arange(partials.frames) / FRAME_RATE_HZ
    active = np.zeros(partials.frames, bool)
    for segment in segments:
        active |= (times >= segment.start_sec) & (times < segment.end_sec)
    active &= sounding
    pitch = sung_pitch_hz(partials, active)
    return VocalActivity(
        voiced_ratio=float(active.sum() / sounding.sum()),
        pitch_mean_hz=float(pitch.mean()) if len(pitch) else None,
        pitch_std_hz=float(pitch.std()) if len(pitch) else None,
        voiced_probability_mean=float(probability.mean()),
        segments=segments,
    )
