"""Changes of key: the best path of keys through the phrases of a track.

A change must be worth its price in evidence. Keys that share most of their notes are easily taken
for each other, so that a change between them is the dearest. A phrase with few notes, as drums
alone have, says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.special

from analysis.keys import KEYS, relation
from analysis.tonal.key import Floats, KeyEstimate, KeyEvidence, Span, rows_between

WINDOW_SEC = 12.0
"""Least length judged at once, about 6 bars of house: enough for a full turn of the chords."""

_SHARPNESS = 0.04  # a second: notes repeat, so that more of them do not prove as much more
_LEAST_LOG_ODDS = -15.0  # no window alone rules a key out
_NEAR_PRICE = 13.0  # of a change to a relative, a fifth away, to the parallel: easily mistaken
_FAR_PRICE = 9.0  # of any other
_NEAR = ("relative", "fifth_up", "fifth_down", "parallel", "diagonal")


@dataclass(frozen=True)
class KeySpan:
    """A stretch of one key."""

    start_sec: float
    end_sec: float
    key: KeyEstimate


def find_keys(
    evidence: KeyEvidence, duration_sec: float, phrases_sec: Floats | None = None
) -> list[KeySpan]:
    """Find the stretches of one key each.

    Parameters
    ----------
    evidence
        Of a track that has a pitch somewhere.
    duration_sec
        Its length.
    phrases_sec
        Where phrases begin, if known: keys change there.

    Returns
    -------
    list of KeySpan
        In order, without gaps, neighbours in different keys; at least one.
    """
    spans = _windows(duration_sec, phrases_sec)
    levels = np.array([evidence.note[rows_between(span)].sum() for span in spans])
    seconds = np.array([end - start for start, end in spans])
    levels /= seconds
    usual = float(np.median(levels[levels > 0])) if levels.any() else 1.0
    weights = _SHARPNESS * seconds * np.minimum(1.0, levels / usual)
    scores = np.stack([evidence.logits(phrases_sec, span) for span in spans])
    scores -= scipy.special.logsumexp(scores, axis=1, keepdims=True)
    path = _best_path(weights[:, None] * np.maximum(scores, _LEAST_LOG_ODDS))
    found: list[KeySpan] = []
    for start, end in _joined(spans, path):
        key = KeyEstimate.of(evidence.logits(phrases_sec, (start, end)))
        while found and found[-1].key.key == key.key:
            start = found.pop().start_sec
            key = KeyEstimate.of(evidence.logits(phrases_sec, (start, end)))
        found.append(KeySpan(start, end, key))
    return found


def _windows(duration_sec: float, phrases_sec: Floats | None) -> list[Span]:
    """Return whole phrases of at least `WINDOW_SEC` together; the last may be half as long."""
    lines = np.arange(0.0, duration_sec, WINDOW_SEC) if phrases_sec is None else phrases_sec
    starts = [0.0]
    for line in lines:
        if line - starts[-1] >= WINDOW_SEC and duration_sec - line >= WINDOW_SEC / 2:
            starts.append(float(line))
    return list(zip(starts, [*starts[1:], duration_sec], strict=True))


@cache
def _change_prices() -> Floats:
    table = np.full((len(KEYS), len(KEYS)), _FAR_PRICE)
    for row, one in enumerate(KEYS):
        for column, other in enumerate(KEYS):
            if relation(one, other) in _NEAR:
                table[row, column] = _NEAR_PRICE
    np.fill_diagonal(table, 0.0)
    return table


def _best_path(scores: Floats) -> list[int]:
    best = scores[0]
    back = []
    for row in scores[1:]:
        options = best[:, None] - _change_prices()
        back.append(options.argmax(axis=0))
        best = options.max(axis=0) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def _joined(spans: list[Span], path: list[int]) -> list[Span]:
    """Return the spans with neighbours of one key joined."""
    joined: list[Span] = []
    for number, (start, end) in enumerate(spans):
        if number and path[number] == path[number - 1]:
            start = joined.pop()[0]
        joined.append((start, end))
    return joined
