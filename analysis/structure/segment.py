"""Where one part of the arrangement ends and the next begins.

Bars (or seconds where there is no grid) are described by level, percussion and harmony, and the
track is cut into stretches that are alike inside: the cut of least squared deviation plus a
price per cut, found by dynamic programming (Auger & Lawrence 1989). Cuts off the phrase lines
cost more, because dance music changes every 8 bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.beatwise import Beatwise, novelty

PHRASE_BARS = 8
"""The unit of dance music's arrangement."""

ANCHOR_REACH = 2
"""Bars compared on either side of a phrase line; more would blur which bar it is."""

USUAL_CHANGE_QUANTILE = 0.95
"""Changes above count no more than this: about what the borders of sections have."""

MAX_SECTION_ROWS = 96
"""No section is longer; keeps the search linear in the length of the track."""


@dataclass(frozen=True)
class CutPrices:
    """What a cut costs, in units of squared deviation per row.

    Attributes
    ----------
    on_phrase, on_half, elsewhere
        Price of a cut on an 8-bar line, on the 4-bar line between, and anywhere else.
    """

    on_phrase: float = 1.0
    on_half: float = 1.8
    elsewhere: float = 4.0


def section_features(beatwise: Beatwise) -> NDArray[np.float64]:
    """Return what sections differ in, per row: level, percussion, harmony; about unit scale."""
    level = beatwise.level - beatwise.level.max(axis=0)
    return np.hstack([0.7 * level, 1.2 * beatwise.busy, 0.25 * beatwise.chroma])


def phrase_anchor(features: NDArray[np.float64], bars: int = PHRASE_BARS) -> int:
    """Return which row, 0 … ``bars`` − 1, phrases start on: where change gathers."""
    change = novelty(features, ANCHOR_REACH)
    # Where the music stops before its grid does, that one change must not outvote the rest.
    change = np.minimum(change, np.quantile(change, USUAL_CHANGE_QUANTILE))
    means = np.zeros(bars)
    for row in range(bars):
        # Nothing comes before the first row, so it cannot show a change.
        lines = change[row or bars :: bars]
        means[row] = lines.mean() if len(lines) else 0.0
    return int(np.argmax(means))


def cut_sections(
    features: NDArray[np.float64], anchor: int | None, prices: CutPrices | None = None
) -> list[int]:
    """Return the first row of each section; the first is 0.

    Parameters
    ----------
    features
        Shape (rows, dimensions).
    anchor
        Row that phrases start on, or None where rows are not bars.
    prices
        What cuts cost.
    """
    cost = CutPrices() if prices is None else prices
    rows = len(features)
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((features**2).sum(axis=1))])
    best = np.full(rows + 1, np.inf)
    best[0] = 0.0
    previous = np.zeros(rows + 1, dtype=np.int64)
    price = _prices(rows, anchor, cost)
    for end in range(1, rows + 1):
        starts = np.arange(max(0, end - MAX_SECTION_ROWS), end)
        lengths = end - starts
        inside = sums[end] - sums[starts]
        spread = squares[end] - squares[starts] - (inside**2).sum(axis=1) / lengths
        total = best[starts] + spread + price[starts]
        choice = int(np.argmin(total))
        best[end] = total[choice]
        previous[end] = starts[choice]
    cuts: list[int] = []
    at = rows
    while at > 0:
        at = int(previous[at])
        cuts.append(at)
    return cuts[::-1]


def _prices(rows: int, anchor: int | None, cost: CutPrices) -> NDArray[np.float64]:
    price = np.full(rows, cost.on_phrase)
    if anchor is not None:
        place = (np.arange(rows) - anchor) % PHRASE_BARS
        price = np.where(
            place == 0, cost.on_phrase, np.where(place == 4, cost.on_half, cost.elsewhere)
        )
    price[0] = 0.0
    return price
