"""How far a grid can be trusted: evidence after the fit, and the probability it makes.

The weights are a logistic regression on composed tracks, with and without drums, whose right
grids are known (``benchmarks/fitting/beats.py``). Each track's hypotheses were weighed by scores
fitted on other tracks, half the time on other styles too. The intercept is then lowered until, of
tracks so held out, 99 % of the grids given 0.8 or more were right: a DJ may rely on those unseen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.attacks import Attacks, around_beats
from analysis.rhythm.confidence_weights import CONFIDENCE_WEIGHTS
from analysis.rhythm.groove import CELLS_PER_BEAT, passage_matches
from analysis.rhythm.pulse import TimeMap
from analysis.rhythm.refine import lateness

Floats = NDArray[np.floating]

NEAR_SEC = 0.012
FAR_SEC = 0.05

MOST_ODDS = 4.0
"""Odds beyond 50 : 1 among hypotheses say nothing more: all of them may be wrong."""

GOOD_MATCH = 0.3
"""Passages of a moving grid that is right match the pattern at least so well."""

CERTAIN_SLIP = 0.2
"""With a fifth of the music beyond it, a slip is certain."""

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
)


def grid_evidence(
    attacks: Attacks,
    beats: TimeMap,
    duration_sec: float,
    contrast: float,
    strength: float,
    probability: float,
    missing: float,
    slip: float,
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
    missing
        :func:`unmatched` of a moving grid; 0 where one tempo holds, since then a passage
        without drums costs nothing.
    slip
        :func:`slipped` of a moving grid; 0 where one tempo holds, which cannot slip.
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
            missing,
            slip,
        ]
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


def confidence(evidence: Floats) -> float:
    """Return the probability that a grid with this evidence is right."""
    weights = np.array([CONFIDENCE_WEIGHTS.get(name, 0.0) for name in EVIDENCE_NAMES])
    return float(1.0 / (1.0 + np.exp(-float(np.dot(evidence, weights)))))
