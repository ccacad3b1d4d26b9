"""Bar 1: which of the beats starts the bar.

Five witnesses are heard. Sections change on bar lines, and phrases of eight bars on every
eighth; chords and bass notes change there, from beat to beat and as the clearest changes of the
track; kick and snare keep places in the bar; and what sounds on the first beat at all is often a
bar 1. Each possible bar line gets a linear score
over these, learned on composed tracks, and the scores make a probability.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.bar_weights import BAR_WEIGHTS
from analysis.rhythm.beatwise import Beatwise, novelty
from analysis.rhythm.hypotheses import BAR_LINE_NAMES

BEATS_PER_BAR = 4
PHRASE_BARS = 8

SECTION_REACHES = (4, 8, 16)
HARMONY_REACHES = (1, 2, 4)

LEAST_CLEAR = 0.05
"""Clear changes that add up to less than this say less, not all they can."""

FEATURE_NAMES = (
    *(f"section {reach}" for reach in SECTION_REACHES),
    *(f"section peak {reach}" for reach in SECTION_REACHES),
    "phrase 8", "phrase 16",
    *(f"harmony {reach}" for reach in HARMONY_REACHES),
    *(f"bass note {reach}" for reach in HARMONY_REACHES),
    "crash",
    *(f"kick {cell}" for cell in range(16)),
    *(f"snare {cell}" for cell in range(16)),
    "first",
    *(f"clear {name}" for name in BAR_LINE_NAMES),
)  # fmt: skip


def bar_features(
    beatwise: Beatwise, clear: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the evidence for each of the four beats as bar 1, shape (4, features).

    Parameters
    ----------
    beatwise
        What sounds on each beat.
    clear
        How much of the track's clearest changes falls on each beat of the bar, in the order of
        ``BAR_LINE_NAMES``, shape (4, names); None where they are not known.
    """
    count = len(beatwise.level)
    columns: list[NDArray[np.float64]] = []
    spans = np.hstack([beatwise.level, 1.5 * beatwise.busy])
    changes = [novelty(spans, reach) for reach in SECTION_REACHES]
    columns += [_relative(_by_beat(change)) for change in changes]
    columns += [
        _relative(_by_beat(np.maximum(change - np.quantile(change, 0.9), 0.0)))
        for change in changes
    ]
    for change in changes[1:]:
        columns.append(_relative(_by_phrase(np.maximum(change - np.quantile(change, 0.8), 0.0))))
    for half in (slice(12, 24), slice(0, 12)):
        for reach in HARMONY_REACHES:
            columns.append(_relative(_by_beat(novelty(beatwise.chroma[:, half], reach) ** 2)))
    columns.append(_relative(_by_beat(beatwise.hits[:, 5] * changes[1])))
    for bands in ((0,), (3, 4)):
        # Cell k of the bar that starts on beat r is sixteenth 4 r + k of the beats as counted.
        cells = np.stack(
            [_by_beat(beatwise.cells[:, sub, list(bands)].mean(axis=1)) for sub in range(4)], axis=1
        ).ravel()
        cells = (cells - cells.mean()) / max(float(cells.max()), 1e-6)
        columns += [cells[(4 * np.arange(4) + cell) % 16] for cell in range(16)]
    first = np.zeros(BEATS_PER_BAR)
    loud = beatwise.level.max(axis=1)
    first[int(np.argmax(loud > loud.max() - 3.0)) % BEATS_PER_BAR] = 1.0
    columns.append(first)
    shares = np.zeros((BEATS_PER_BAR, len(BAR_LINE_NAMES))) if clear is None else clear
    columns += [_relative(share, LEAST_CLEAR) for share in shares.T]
    features = np.stack(columns, axis=1)
    return features if count >= 2 * BEATS_PER_BAR else np.zeros_like(features)


def find_downbeat(
    beatwise: Beatwise, clear: NDArray[np.float64] | None = None
) -> tuple[int, float]:
    """Return the index of the first bar 1 among the beats, and the probability that it is.

    Parameters
    ----------
    beatwise, clear
        As in :func:`bar_features`.
    """
    weights = np.array([BAR_WEIGHTS.get(name, 0.0) for name in FEATURE_NAMES])
    scores = bar_features(beatwise, clear) @ weights
    odds = np.exp(scores - scores.max())
    best = int(np.argmax(scores))
    return best, float(odds[best] / odds.sum())


def _by_beat(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over all bars of each beat of the bar."""
    return np.array([row[beat::BEATS_PER_BAR].mean() for beat in range(BEATS_PER_BAR)])


def _by_phrase(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each beat of the bar the best total over the places of an 8-bar phrase."""
    length = PHRASE_BARS * BEATS_PER_BAR
    totals = np.array([row[beat::length].sum() for beat in range(length)])
    return np.asarray(totals.reshape(PHRASE_BARS, BEATS_PER_BAR).max(axis=0))


def _relative(row: NDArray[np.float64], least: float = 1e-9) -> NDArray[np.float64]:
    """Return the row as deviation from its mean, relative to its largest value or ``least``."""
    return np.asarray((row - row.mean()) / max(float(np.abs(row).max()), least))
