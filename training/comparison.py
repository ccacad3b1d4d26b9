"""Two models on the same unseen rows, and whether their difference is real or luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

REAL_BELOW = 0.05
"""Chance of such a difference between equally good models below which it is called real."""

DRAWS = 2000
"""Bootstrap samples: enough for two digits of a 95 % interval."""


@dataclass(frozen=True)
class Comparison:
    """How much better the second model is.

    Parameters
    ----------
    names
        Of the first and the second model.
    only_first, only_second
        Rows that only one of them got right.
    p_value
        McNemar's exact test: chance of so uneven a split between equally good models.
    gain
        Accuracy of the second less that of the first.
    gain_low, gain_high
        Its 95 % interval by paired bootstrap.
    """

    names: tuple[str, str]
    only_first: int
    only_second: int
    p_value: float
    gain: float
    gain_low: float
    gain_high: float

    @property
    def really_worse(self) -> bool:
        """True where the second is worse beyond luck: its whole interval lies below zero."""
        return self.gain_high < 0

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        first, second = self.names
        if self.p_value >= REAL_BELOW:
            return f"no real difference between {first} and {second} (p = {self.p_value:.3g})"
        better, worse = (second, first) if self.gain > 0 else (first, second)
        return f"{better} is better than {worse} (p = {self.p_value:.3g})"


def compare(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    names: tuple[str, str],
    *,
    seed: int = 0,
) -> Comparison:
    """Compare which of the same rows two models got right.

    Parameters
    ----------
    first, second
        Shape (n,), n > 0: True where the model was right.
    names
        Of the models.
    seed
        Of the bootstrap.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    apart = only_first + only_second
    gains = second.astype(np.float64) - first.astype(np.float64)
    draw = np.random.default_rng(seed)
    means = [float(draw.choice(gains, len(gains)).mean()) for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Comparison(
        names,
        only_first,
        only_second,
        float(binomtest(only_first, apart).pvalue) if apart else 1.0,
        float(gains.mean()),
        float(low),
        float(high),
    )
