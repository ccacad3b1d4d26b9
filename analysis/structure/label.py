"""What the parts of an arrangement are called, and how hot they are.

Each phrase is described relative to the track's own loud bars: which drums play, how full the
bands are, how that changes within the phrase and towards its neighbours. A linear score per
label (softmax regression on composed tracks) is combined with what may follow what, and the most
likely sequence of labels is read out (Viterbi). Neighbours of one label are one section.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.beatwise import Beatwise
from analysis.structure.label_weights import ENERGY_WEIGHTS, LABEL_WEIGHTS

LABELS = ("intro", "build", "drop", "break", "verse", "outro")

ROW_FEATURES = (
    "kick", "snare", "hats", "density", "low level", "mid level", "high level", "level",
)  # fmt: skip
FEATURE_NAMES = (
    "one",
    *ROW_FEATURES,
    *(f"{name} rise" for name in ROW_FEATURES),
    *(f"{name} next" for name in ROW_FEATURES),
    *(f"{name} before" for name in ROW_FEATURES),
    "first", "last", "early", "late", "loudest level so far",
)  # fmt: skip

LOUD_QUANTILE = 0.9
LEVEL_SPAN = 2.0
"""Levels count from 20 dB under the loud bars (two powers of ten)."""

IMPOSSIBLE = -1e3
CHANGE_COST = 1.0
"""A label rather stays: what changes it must be e times as likely."""


def row_features(rows: Beatwise) -> NDArray[np.float64]:
    """Return what each bar holds, 0 (nothing) – 1 (as the loud bars), shape (bars, 8)."""
    busy = rows.busy
    level = rows.level
    power = 10.0**level
    columns = [
        _share(busy[:, 0]),
        _share(busy[:, 2] + busy[:, 3]),
        _share(busy[:, 5]),
        _share(busy.sum(axis=1)),
        _height(level[:, 0]),
        _height(np.log10(power[:, 1:4].sum(axis=1))),
        _height(np.log10(power[:, 4:].sum(axis=1))),
        _height(np.log10(power.sum(axis=1))),
    ]
    return np.stack(columns, axis=1)


def _share(row: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(row / max(float(np.quantile(row, LOUD_QUANTILE)), 1e-9), 1.5)


def _height(row: NDArray[np.float64]) -> NDArray[np.float64]:
    loud = float(np.quantile(row, LOUD_QUANTILE))
    return np.clip(1.0 + (row - loud) / LEVEL_SPAN, 0.0, 1.5)


def part_features(rows: Beatwise, cuts: list[int]) -> NDArray[np.float64]:
    """Return the features of each part, shape (parts, len(FEATURE_NAMES))."""
    held = row_features(rows)
    count = len(held)
    ends = [*cuts[1:], count]
    means = np.stack([held[a:b].mean(axis=0) for a, b in zip(cuts, ends, strict=True)])
    rises = np.stack([_rise(held[a:b]) for a, b in zip(cuts, ends, strict=True)])
    after = np.vstack([means[1:], np.zeros((1, held.shape[1]))]) - means
    before = np.vstack([np.zeros((1, held.shape[1])), means[:-1]]) - means
    parts = len(cuts)
    middle = (np.array(cuts) + np.array(ends)) / (2.0 * count)
    loudest = np.maximum.accumulate(means[:, 7])
    edges = np.zeros((parts, 5))
    edges[0, 0] = 1.0
    edges[-1, 1] = 1.0
    edges[:, 2] = np.maximum(0.0, 1.0 - 4.0 * middle)
    edges[:, 3] = np.maximum(0.0, 4.0 * middle - 3.0)
    edges[:, 4] = loudest
    return np.hstack([np.ones((parts, 1)), means, rises, after, before, edges])


def _rise(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last quarter's mean minus the first quarter's."""
    quarter = max(1, len(part) // 4)
    return np.asarray(part[-quarter:].mean(axis=0) - part[:quarter].mean(axis=0))


def label_parts(rows: Beatwise, cuts: list[int]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the label of each part, and its energy from 1 (sparse) to 10 (peak)."""
    features = part_features(rows, cuts)
    scores = features @ np.array(LABEL_WEIGHTS).T
    scores -= np.log(np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1))[:, None]
    energy = np.clip(features[:, : 1 + len(ROW_FEATURES)] @ np.array(ENERGY_WEIGHTS), 1.0, 10.0)
    return [LABELS[state] for state in _likeliest(scores)], energy


def _likeliest(scores: NDArray[np.float64]) -> list[int]:
    allowed = _transitions()
    total = scores[0] + np.array([IMPOSSIBLE if name == "outro" else 0.0 for name in LABELS])
    back: list[NDArray[np.int64]] = []
    for row in scores[1:]:
        options = total[:, None] + allowed
        back.append(options.argmax(axis=0))
        total = options.max(axis=0) + row
    path = [int(total.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def _transitions() -> NDArray[np.float64]:
    """Return the log-cost of each label after each.

    Nothing returns to an intro or leaves an outro, and no build is followed by an outro.
    """
    cost = np.full((len(LABELS), len(LABELS)), -CHANGE_COST)
    np.fill_diagonal(cost, 0.0)
    at = {name: index for index, name in enumerate(LABELS)}
    for name in LABELS:
        if name != "intro":
            cost[at[name], at["intro"]] = IMPOSSIBLE
        if name != "outro":
            cost[at["outro"], at[name]] = IMPOSSIBLE
    cost[at["build"], at["outro"]] = IMPOSSIBLE
    return cost
