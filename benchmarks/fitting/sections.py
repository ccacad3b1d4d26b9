"""Fit the labels of sections: ``python -m benchmarks.fitting.sections --tracks 130 --out FILE``.

A softmax regression with an L2 penalty from the features of a part to its label, and a ridge
regression to its energy, on composed tracks with their true bars. Prints how well labels,
borders and drops are found in tracks held out of the fit.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from analysis.files import write_atomically
from analysis.structure.label import (
    ENERGY_FEATURES,
    LABELS,
    likeliest_labels,
    part_features,
)
from analysis.structure.parts import Parts, cut_parts
from analysis.structure.segment import PHRASE_BARS
from benchmarks.fitting.heard import Heard, fitting_parser, folds, heard_tracks, table_text

PENALTY = 0.1
"""L2; a tenth of a phrase's say for each weight."""
FOLDS = 6
BEATS_PER_BAR = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Example:
    """One track to learn from.

    Parameters
    ----------
    parts, features
        As the analysis sees it.
    labels
        Index in ``LABELS`` of each part: what most of its bars are.
    energy
        Of each part, 1–10.
    starts_sec
        Where each part begins.
    heard
        The track, for its truth.
    """

    parts: Parts
    features: Floats
    labels: NDArray[np.int64]
    energy: Floats
    starts_sec: Floats
    heard: Heard

    @property
    def weights(self) -> Floats:
        """How many phrases long each part is."""
        bars = np.array(self.parts.ends) - np.array(self.parts.cuts)
        return np.asarray(bars / PHRASE_BARS)


def example_of(heard: Heard) -> Example:
    """Describe a track by its true bars."""
    bars = heard.bars_sec
    parts = cut_parts(heard.curves, bars, True, heard.vocal)
    sections = heard.truth["sections"]
    begins = np.array([section["start_sec"] for section in sections])
    middles = (bars + np.append(bars[1:], heard.curves.duration_sec)) / 2
    which = np.maximum(np.searchsorted(begins, middles, "right") - 1, 0)
    named = np.array([LABELS.index(section["label"]) for section in sections])[which]
    energy = np.array([section["energy"] for section in sections], np.float64)[which]
    labels = parts.means(np.eye(len(LABELS))[named]).argmax(axis=1)
    return Example(
        parts, part_features(parts), labels, parts.means(energy), bars[parts.cuts], heard
    )


def fit_labels(examples: Sequence[Example]) -> Floats:
    """Return weights of shape (labels, features); a label that never occurs stays far away."""
    features = np.vstack([one.features for one in examples])
    labels = np.concatenate([one.labels for one in examples])
    weights = np.concatenate([one.weights for one in examples])
    model = LogisticRegression(C=1 / PENALTY, max_iter=5000, fit_intercept=False)
    model.fit(features, labels, sample_weight=weights)
    table = np.zeros((len(LABELS), features.shape[1]))
    table[:, 0] = -20.0
    table[model.classes_] = model.coef_
    return table


def fit_energy(examples: Sequence[Example]) -> Floats:
    """Return weights of the first features for the energy."""
    features = np.vstack([one.features[:, :ENERGY_FEATURES] for one in examples])
    energy = np.concatenate([one.energy for one in examples])
    weights = np.concatenate([one.weights for one in examples])
    model = Ridge(alpha=PENALTY, fit_intercept=False).fit(features, energy, sample_weight=weights)
    return np.asarray(model.coef_)


def scores_of(example: Example, weights: Floats) -> tuple[float, float, float | None]:
    """Return the share of time with the right label, and F of borders and of drops.

    Places match one to one within a bar; drops are None where there are none to find.
    """
    labels = likeliest_labels(example.features @ weights.T, example.parts)
    right = np.average(
        [label == LABELS[true] for label, true in zip(labels, example.labels, strict=True)],
        weights=example.weights,
    )
    groups = [
        (label, next(iter(members)))
        for label, members in itertools.groupby(range(len(labels)), key=lambda part: labels[part])
    ]
    found = [float(example.starts_sec[first]) for _, first in groups]
    dropped = [float(example.starts_sec[first]) for label, first in groups if label == "drop"]
    truth = example.heard.truth
    bar_sec = 60.0 * BEATS_PER_BAR / truth["bpm"]
    borders = [section["start_sec"] for section in truth["sections"]]
    drops = truth["drops"]
    return (
        float(right),
        _f_measure(borders[1:], found[1:], bar_sec),
        _f_measure(drops, dropped, bar_sec) if drops or dropped else None,
    )


def _f_measure(truth: Sequence[float], found: Sequence[float], window_sec: float) -> float:
    if not truth or not found:
        return float(len(truth) == len(found))
    hits = mir_eval.util.match_events(np.asarray(truth), np.asarray(found), window_sec)
    return 2.0 * len(hits) / (len(truth) + len(found))


def source_of(labels: Floats, energy: Floats, seed: int, tracks: int) -> str:
    """Return the module of the weights."""
    return f'''"""Weights of section labels and energy, by ``benchmarks.fitting.sections``.

One row per label of ``analysis.structure.label.LABELS``, one column per feature name there;
softmax regression with an L2 penalty on {tracks} composed tracks from seed {seed}. The energy is a
ridge regression on the first features.
"""

# fmt: off
LABEL_WEIGHTS = {table_text(labels)}

ENERGY_WEIGHTS = ({", ".join(f"{weight:.2f}" for weight in energy)})
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report, write; returns the exit status."""
    parser = fitting_parser(str(__doc__).splitlines()[0], "analysis/structure/label_weights.py")
    options = parser.parse_args(arguments)
    examples = [example_of(heard) for heard in heard_tracks(options)]
    results = []
    for held_out in folds(len(examples), FOLDS):
        if held_out.all() or not held_out.any():
            continue
        weights = fit_labels([one for one, out in zip(examples, held_out, strict=True) if not out])
        results += [
            scores_of(one, weights) for one, out in zip(examples, held_out, strict=True) if out
        ]
    if results:
        right, borders, drops = (
            np.mean([value for value in column if value is not None])
            for column in zip(*results, strict=True)
        )
        print(f"{len(results)} tracks, each held out once: labels right {right:.1%} of the time,")
        print(f"borders within a bar F {borders:.3f}, drops within a bar F {drops:.3f}")
    if options.out:
        text = source_of(fit_labels(examples), fit_energy(examples), options.seed, options.tracks)
        write_atomically(options.out, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
