"""What the parts of an arrangement are called, and how hot they are.

Each phrase is described relative to the track's own loud bars: which drums play, how full the
bands are, how that changes within the phrase and towards its neighbours, how little it is short
of the fullest phrase, and how much of it is sung. A linear score per label (softmax regression on
composed tracks) is combined with what may follow what, and the most likely sequence of labels is
read out (Viterbi). Neighbours of one label are one section.

The weights are in `analysis.structure.label_weights`, fitted by
``python -m benchmarks.fitting.sections``.
"""

from __future__ import annotations

import numpy as np
import scipy.special
from numpy.typing import NDArray

from analysis.rhythm.beatwise import Beatwise
from analysis.structure.label_weights import ENERGY_WEIGHTS, LABEL_WEIGHTS
from analysis.structure.parts import Parts
from analysis.structure.segment import PHRASE_BARS

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
    *(f"{name} short" for name in ROW_FEATURES),
    "sung", "sung next", "sung before", "no beat", "loud without beat",
    "first", "last", "early", "late", "loudest level so far",
)  # fmt: skip

LOUD_QUANTILE = 0.9
LEVEL_SPAN = 2.0
"""Levels count from 20 dB under the loud bars (two powers of ten)."""

SHORT_SPAN = 6.0
"""What is a sixth of the scale short of the fullest part is most of the way to being sparse."""

ENERGY_FEATURES = 1 + len(ROW_FEATURES)
"""Energy is read from the first features: what plays, not what comes before or after."""

IMPOSSIBLE = -1e3

LINE_COST = 0.3
OTHER_COST = 2.0
"""A label rather stays: to change it on a phrase line, or elsewhere, it must be this much likelier
(natural logarithm)."""


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


def part_features(parts: Parts) -> NDArray[np.float64]:
    """Return the features of each part, shape (parts, len(FEATURE_NAMES))."""
    held = row_features(parts.rows)
    count = len(held)
    cuts, ends = parts.cuts, parts.ends
    means = parts.means(held)
    rises = np.stack([_rise(held[a:b]) for a, b in zip(cuts, ends, strict=True)])
    after, before = _beside(means)
    short = np.tanh(SHORT_SPAN * (means.max(axis=0) - means))
    sung = parts.means(parts.sung[:, None])
    sung_after, sung_before = _beside(sung)
    beatless = np.full((len(cuts), 1), 1.0 - parts.beat)
    middle = (np.array(cuts) + np.array(ends)) / (2.0 * count)
    level = means[:, ROW_FEATURES.index("level")]
    edges = np.zeros((len(cuts), 5))
    edges[0, 0] = 1.0
    edges[-1, 1] = 1.0
    edges[:, 2] = np.maximum(0.0, 1.0 - 4.0 * middle)
    edges[:, 3] = np.maximum(0.0, 4.0 * middle - 3.0)
    edges[:, 4] = np.maximum.accumulate(level)
    columns = [
        np.ones((len(cuts), 1)), means, rises, after, before, short,
        sung, sung_after, sung_before, beatless, beatless * level[:, None], edges,
    ]  # fmt: skip
    return np.hstack(columns)


def _beside(means: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how much the next part and the one before differ; nothing lies beyond the ends."""
    nothing = np.zeros((1, means.shape[1]))
    return np.vstack([means[1:], nothing]) - means, np.vstack([nothing, means[:-1]]) - means


def _rise(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last quarter's mean minus the first quarter's."""
    quarter = max(1, len(part) // 4)
    return np.asarray(part[-quarter:].mean(axis=0) - part[:quarter].mean(axis=0))


def label_parts(parts: Parts) -> tuple[list[str], NDArray[np.float64]]:
    """Return the label of each part, and its energy from 1 (sparse) to 10 (peak)."""
    features = part_features(parts)
    scores = features @ np.array(LABEL_WEIGHTS).T
    scores -= scipy.special.logsumexp(scores, axis=1, keepdims=True)
    energy = np.clip(features[:, :ENERGY_FEATURES] @ np.array(ENERGY_WEIGHTS), 1.0, 10.0)
    return likeliest_labels(scores, parts), energy


def likeliest_labels(scores: NDArray[np.float64], parts: Parts) -> list[str]:
    """Return the most likely sequence of labels.

    Parameters
    ----------
    scores
        Log-probability of each label for each part, shape (parts, len(LABELS)).
    parts
        Where the parts begin: labels seldom change off the phrase lines.
    """
    allowed = _allowed()
    changes = 1.0 - np.eye(len(LABELS))
    total = scores[0] + np.where(np.array(LABELS) == "outro", IMPOSSIBLE, 0.0)
    back: list[NDArray[np.int64]] = []
    for cut, row in zip(parts.cuts[1:], scores[1:], strict=True):
        on_line = parts.anchor is None or (cut - parts.anchor) % PHRASE_BARS == 0
        cost = LINE_COST if on_line else OTHER_COST
        options = total[:, None] + allowed - cost * changes
        back.append(options.argmax(axis=0))
        total = options.max(axis=0) + row
    path = [int(total.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return [LABELS[state] for state in path[::-1]]


def _allowed() -> NDArray[np.float64]:
    """Return 0 where a label may come after another, `IMPOSSIBLE` where not.

    Nothing returns to an intro or leaves an outro, and no build is followed by an outro.
    """
    cost = np.zeros((len(LABELS), len(LABELS)))
    at = {name: index for index, name in enumerate(LABELS)}
    for name in LABELS:
        if name != "intro":
            cost[at[name], at["intro"]] = IMPOSSIBLE
        if name != "outro":
            cost[at["outro"], at[name]] = IMPOSSIBLE
    cost[at["build"], at["outro"]] = IMPOSSIBLE
    return cost
