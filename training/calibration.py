"""Probabilities that mean what they say, fitted on answers to unseen tracks.

A forest's votes are spread over many classes and too timid, or on few tracks too bold. Raising
them to a power and normalising (temperature scaling: Guo et al. 2017, 'On Calibration of Modern
Neural Networks') changes how sure it is and never its choice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Likely = npt.NDArray[np.float64]

SHARPNESS_RANGE = (0.25, 6.0)
"""Beyond, a small library would be read as never or always right."""

FLOOR = 1e-3
"""No class is impossible: a vote of zero among 300 trees means less than one in a thousand."""

PRIOR_ERRORS = 2.0
"""Wrong answers assumed before the first is seen (Agresti and Coull's 'add two')."""


def sharpen(likely: Likely, sharpness: float) -> Likely:
    """Return probabilities, shape (n, classes), raised to ``sharpness`` and summing to 1.

    1 leaves them as they are; rows of NaN stay.
    """
    if sharpness == 1.0:
        return likely
    powered = np.maximum(likely, FLOOR) ** sharpness
    total: Likely = powered.sum(axis=1, keepdims=True)
    return np.asarray(powered / total, dtype=np.float64)


def reliability(likely: Likely, truth: npt.NDArray[np.int_]) -> float:
    """Return by how much to lower probabilities, 0–1, so that they promise no more than was kept.

    The share of right answers, with `PRIOR_ERRORS` wrong ones added, over the mean probability
    of the answers given; 1 where the answers were better than they promised. On few tracks the
    added errors weigh most: with two tracks nothing is ever sure.

    Parameters
    ----------
    likely
        Probabilities of tracks that the model has not seen, shape (n, classes).
    truth
        Their right class, shape (n,).
    """
    if len(truth) == 0:
        return 0.0
    right = float((likely.argmax(axis=1) == truth).sum())
    kept = right / (len(truth) + PRIOR_ERRORS)
    return min(1.0, kept / float(likely.max(axis=1).mean()))


def fit_sharpness(likely: Likely, truth: npt.NDArray[np.int_]) -> float:
    """Return the exponent under which the true answers are likeliest.

    Parameters
    ----------
    likely
        Probabilities of tracks that the model has not seen, shape (n, classes).
    truth
        Their right class, shape (n,).
    """
    grid = np.geomspace(*SHARPNESS_RANGE, 61)
    rows = np.arange(len(truth))
    losses = [-np.log(sharpen(likely, float(power))[rows, truth] + 1e-12).mean() for power in grid]
    return float(grid[int(np.argmin(losses))])
