"""How far a grid can be trusted: evidence after the fit, and the probability it makes.

The weights are a logistic regression on composed tracks, with and without drums, whose right
grids are known (``benchmarks/fitting/beats.py``). Each track's hypotheses were weighed by scores
fitted on other tracks, half the time on other styles too. The intercept is then lowered until, of
tracks so held out, 99 % of the grids given 0.8 or more were right: a DJ may rely on those unseen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_cdt, gaussian_filter1d

from analysis.rhythm.attacks import Attacks, around_beats
from analysis.rhythm.confidence_weights import CONFIDENCE_WEIGHTS
from analysis.rhythm.groove import CELLS_PER_BEAT, PASSAGE_BEATS, passage_matches
from analysis.rhythm.pulse import TimeMap
from analysis.rhythm.refine import MOVING_REACHES_SEC, drum_strokes, lateness

Floats = NDArray[np.floating]

NEAR_SEC = 0.012
FAR_SEC = 0.05

MOST_ODDS = 4.0
"""Odds beyond 50 : 1 among hypotheses say nothing more: all of them may be wrong."""

GOOD_MATCH = 0.3
"""Passages of a moving grid that is right match the pattern at least so well."""

CERTAIN_SLIP = 0.2
"""With a fifth of the music beyond it, a slip is certain."""

HELD_SEC = 0.004
"""Drums that hold a grid lie about its beats within this (one sigma) …"""

HELD_BEATS = 2.0
HELD_SHARE = 0.6
"""… and are most of what strikes there: strokes at random would be three tenths."""

LEAST_STROKES = 0.15
"""Of what strikes on the beats of the track's full parts: less is an exception."""

TETHER_BEATS = 8
"""Two bars from the last drum a drifting tempo may have moved a beat by more than a flam."""

USUAL_BEND = 0.03
CERTAIN_BEND = 0.08
"""Tempo that drifts changes by less than 3 % in two bars (measured: 2.6 %). A grid that bends more
follows something else there; at 8 % it certainly does."""

EVIDENCE_NAMES = (
    "one",
    "contrast",
    "strength",
    "odds",
    "focus",
    "heard",
    "spread",
    "unmatched",
    "slipped",
    "adrift",
    "wobble",
)


def grid_evidence(
    attacks: Attacks,
    beats: TimeMap,
    duration_sec: float,
    contrast: float,
    strength: float,
    probability: float,
    moving: tuple[float, float, float, float],
) -> NDArray[np.float64]:
    """Return the evidence for a grid, in the order of ``EVIDENCE_NAMES``.

    Parameters
    ----------
    attacks
        Attack curves.
    beats
        The refined grid.
    duration_sec
        Length of the track.
    contrast, strength
        The pulse's comb relative to the median of all tempi, and absolute.
    probability
        Of the chosen level and phase among all hypotheses.
    moving
        What :func:`moving_evidence` says; all 0 where one tempo holds, since then a passage without
        drums costs nothing, and the beats cannot slip.
    """
    times = beats.beat_times
    times = times[(times >= 0.0) & (times < duration_sec)]
    near, _ = around_beats(attacks.total, attacks.hop_sec, times, NEAR_SEC)
    late, height = lateness(attacks, times, FAR_SEC)
    peaks = near.max(axis=1)
    usual = float(attacks.total.mean()) + 1e-9
    loud = float(np.quantile(peaks, 0.9)) + 1e-9
    weight = height + 1e-9
    spread = float(np.average(np.minimum(np.abs(late), FAR_SEC), weights=weight))
    return np.array(
        [
            1.0,
            np.log10(max(contrast, 1.0)),
            np.log10(max(strength, 1e-6)),
            min(np.log(max(probability, 1e-6) / max(1.0 - probability, 1e-6)), MOST_ODDS),
            np.log(float(peaks.mean()) / usual + 1e-3),
            float(np.mean(peaks > 0.3 * loud)),
            spread / FAR_SEC,
            *moving,
        ]
    )


def moving_evidence(
    attacks: Attacks, raw: Floats, hop_sec: float, beats: TimeMap, curve: bool
) -> tuple[float, float, float, float]:
    """Return the evidence against a grid whose tempo moves, 0 – 1 each.

    Parameters
    ----------
    attacks
        Attack curves.
    raw
        Pulse curves with loud and soft parts as they are, shape (bands, frames).
    hop_sec
        Seconds a frame of ``raw``.
    beats
        The refined grid.
    curve
        Whether the tempo drifts. Straight stretches go on by themselves where nothing is heard,
        and where they meet the tempo may well step.

    Returns
    -------
    unmatched, slipped, adrift, wobble
        As the functions of these names say; the last two are 0 for straight stretches.
    """
    return (
        unmatched(raw, hop_sec, beats),
        slipped(raw, hop_sec, beats),
        adrift(attacks, beats.beat_times) if curve else 0.0,
        wobble(beats.beat_times) if curve else 0.0,
    )


def unmatched(raw: Floats, hop_sec: float, beats: TimeMap) -> float:
    """Return how badly the worst tenth of a moving grid's passages match its pattern, 0 – 1.

    A tempo that moves is lost where nothing shows it; there passages and pattern part.
    """
    match, _ = passage_matches(raw, hop_sec, beats)
    if len(match) == 0:
        return 1.0
    return float(np.clip(1.0 - np.quantile(match, 0.1) / GOOD_MATCH, 0.0, 1.0))


def slipped(raw: Floats, hop_sec: float, beats: TimeMap) -> float:
    """Return how much of a moving grid fits the rest better half a beat later, 0 – 1.

    A grid that follows a tempo may lose half a beat in a breakdown. Passages on the shorter side
    of the slip then have beats where all others have off-beats.
    """
    match, size = passage_matches(raw, hop_sec, beats)
    if len(match) == 0 or float(size.sum()) <= 0.0:
        return 1.0
    turned, _ = passage_matches(raw, hop_sec, beats, CELLS_PER_BEAT // 2)
    return min(float(np.average(turned > match, weights=size)) / CERTAIN_SLIP, 1.0)


def adrift(attacks: Attacks, beats_sec: Floats) -> float:
    """Return the share of beats that are far from any that drums hold."""
    late, strength = drum_strokes(attacks, beats_sec, MOVING_REACHES_SEC[-1])
    close = strength * np.exp(-0.5 * (late / HELD_SEC) ** 2)
    near = gaussian_filter1d(close, HELD_BEATS, mode="nearest")
    all_near = gaussian_filter1d(strength, HELD_BEATS, mode="nearest")
    full = float(np.quantile(near, 0.8))
    held = (near >= HELD_SHARE * all_near) & (near >= LEAST_STROKES * full) & (near > 0.0)
    if not held.any():
        return 1.0
    away = distance_transform_cdt(~held) if not held.all() else np.zeros(len(held))
    return float(np.mean(away > TETHER_BEATS))


def wobble(beats_sec: Floats) -> float:
    """Return how certainly a grid bends more than a drifting tempo does."""
    bends = np.abs(np.diff(np.log(np.diff(beats_sec[::PASSAGE_BEATS]))))
    bend = float(bends.max(initial=0.0))
    return float(np.clip((bend - USUAL_BEND) / (CERTAIN_BEND - USUAL_BEND), 0.0, 1.0))


def confidence(evidence: Floats) -> float:
    """Return the probability that a grid with this evidence is right."""
    weights = np.array([CONFIDENCE_WEIGHTS.get(name, 0.0) for name in EVIDENCE_NAMES])
    return float(1.0 / (1.0 + np.exp(-float(np.dot(evidence, weights)))))
