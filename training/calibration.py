"""Probabilities that mean what they say, fitted on answers to unseen tracks.

A forest's votes are spread over many classes and too timid, or on few tracks too bold. Raising
them to a power and normalising (temperature scaling: Guo et al. 2017, 'On Calibration of Modern
Neural Networks') changes how sure it is and never its choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

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


ALIKE = 0.1
"""How much it costs that members' weights differ: a few hundred answers tell them apart roughly."""


def pool(likely: Sequence[Likely], weights: npt.NDArray[np.float64]) -> Likely:
    """Return several members' probabilities as one, shape (n, classes).

    The normalised product of powers (logarithmic opinion pool: Genest and Zidek 1986): where one
    member holds an answer for impossible, the others' enthusiasm counts less than in a mean. The
    weights' sum is the sharpness.
    """
    logs = np.tensordot(weights, np.log(np.maximum(likely, FLOOR)), 1)
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def fit_weights(likely: Sequence[Likely], truth: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
    """Return the members' weights, shape (members,), under which the true answers are likeliest.

    The loss has one minimum only. Weights are drawn to each other by `ALIKE`, and no member is
    left out.

    Parameters
    ----------
    likely
        A member each: probabilities of tracks that it has not seen, shape (n, classes).
    truth
        Their right class, shape (n,).
    """
    logs = np.log(np.maximum(likely, FLOOR))
    rows, count = np.arange(len(truth)), len(logs)
    right = logs[:, rows, truth].mean(axis=1)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        pooled = pool(likely, weights)
        apart = weights - weights.mean()
        expected = (pooled * logs).sum(axis=2).mean(axis=1)
        surprise = -np.log(pooled[rows, truth] + 1e-300).mean()
        return float(surprise + ALIKE * (apart**2).sum()), expected - right + 2 * ALIKE * apart

    low, high = SHARPNESS_RANGE
    found = minimize(
        loss, np.full(count, 1 / count), jac=True, bounds=[(low / count, high)] * count
    )
    return np.asarray(found.x, dtype=np.float64)
