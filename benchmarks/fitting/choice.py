"""Choosing one of several by a linear score: conditional logistic regression with an L2 penalty.

A choice is a set of options with features each, some of them right (McFadden 1974). The weights
maximise the probability that a softmax over the options gives to the right ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]

MOST_STEPS = 150


@dataclass(frozen=True, eq=False)
class Choice:
    """One choice.

    Parameters
    ----------
    features
        Shape (options, features).
    right
        Which options are right, bool of shape (options,).
    """

    features: Floats
    right: NDArray[np.bool_]


def fit_choices(
    choices: Sequence[Choice], penalty: float, never_against: NDArray[np.bool_]
) -> Floats:
    """Return the weights, shape (features,).

    Parameters
    ----------
    choices
        At least one; those without a right option teach nothing and are left out.
    penalty
        Of the squared weights of features scaled to unit spread, against a sum of log odds.
    never_against
        Features that speak for an option or not at all, bool of shape (features,): their weights
        are not negative, whatever a few tracks may say.
    """
    usable = [choice for choice in choices if choice.right.any()]
    features = np.concatenate([choice.features for choice in usable])
    right = np.concatenate([choice.right for choice in usable])
    sizes = [len(choice.right) for choice in usable]
    starts = np.cumsum([0, *sizes[:-1]])
    owner = np.repeat(np.arange(len(usable)), sizes)
    spread = features.std(axis=0) + 1e-6
    scaled = (features - features.mean(axis=0)) / spread

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = scaled @ weights
        odds = np.exp(score - np.maximum.reduceat(score, starts)[owner])
        total = np.add.reduceat(odds, starts)
        hit_odds = np.where(right, odds, 0.0)
        hit = np.maximum(np.add.reduceat(hit_odds, starts), 1e-300)
        slope = scaled.T @ (odds / total[owner] - hit_odds / hit[owner])
        value = float(np.sum(np.log(total) - np.log(hit))) + 0.5 * penalty * float(
            weights @ weights
        )
        return value, slope + penalty * weights

    found = minimize(
        loss,
        np.zeros(scaled.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None) if sign else (None, None) for sign in never_against],
        options={"maxiter": MOST_STEPS},
    )
    return np.asarray(found.x / spread)


def probabilities(features: Floats, weights: Floats) -> Floats:
    """Return the probability of each option, shape (options,)."""
    score = features @ weights
    odds = np.exp(score - score.max())
    return np.asarray(odds / odds.sum())
