"""How good a model is on rows it has not seen, beside the majority's label and the rules."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from analysis.files import write_atomically
from training.assigners import Assigner, Groups
from training.errors import TooFewTracks
from training.features import Matrix

BINS = 10
"""Bins of probability in which promise and truth are compared."""


@dataclass(frozen=True)
class ClassScore:
    """One label's row of the table: how many there are, and how they were met."""

    label: str
    tracks: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Scores:
    """What a model's answers to unseen rows are worth.

    Parameters
    ----------
    tracks, classes
        Rows and labels.
    accuracy, macro_f1, top3
        Share right; mean F1 of the labels; share with the right label among the first three.
    calibration_error
        Mean distance between probability and share right over ten bins, weighted by rows.
    majority_accuracy
        Of always naming the commonest label.
    rules_accuracy
        Of the rules on the same rows; None where there are none.
    confusion
        Rows: true labels, columns: answers, in the order of ``per_class``.
    """

    tracks: int
    classes: int
    accuracy: float
    macro_f1: float
    top3: float
    calibration_error: float
    majority_accuracy: float
    rules_accuracy: float | None = None
    per_class: list[ClassScore] = field(default_factory=list)
    confusion: list[list[int]] = field(default_factory=list)

    def summary(self) -> dict[str, float | int | None]:
        """Return the single numbers, without tables."""
        return {k: v for k, v in asdict(self).items() if k not in ("per_class", "confusion")}


def out_of_fold(
    make: Callable[[], Assigner],
    table: pd.DataFrame,
    labels: Sequence[str],
    groups: Groups | None = None,
    *,
    folds: int = 5,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Matrix, list[str]]:
    """Return each row's probabilities by a model that has seen none of its group.

    Parameters
    ----------
    make
        Gives an untrained model.
    table, labels
        Features and what is right, a row a track.
    groups
        Rows of one group stay in one fold (an artist, copies of a track).
    folds
        Stratified folds; fewer where the commonest label or the groups are fewer.
    seed
        Of the folds.
    progress
        Told (done, total) folds.

    Returns
    -------
    Matrix
        Shape (n, classes).
    list of str
        The classes, sorted.

    Raises
    ------
    TooFewTracks
        If fewer than two folds can be made, or there are fewer than two labels.
    """
    answers = np.asarray(labels, dtype=object)
    classes = sorted(set(labels))
    groups = np.arange(len(answers)) if groups is None else groups
    commonest = max(Counter(labels).values(), default=0)
    folds = min(folds, commonest, len(np.unique(groups)))
    if folds < 2 or len(classes) < 2:
        raise TooFewTracks(len(answers), 4, "labelled tracks of two kinds")
    likely = np.zeros((len(answers), len(classes)))
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # a label with fewer tracks than folds is missing from some of them, and may be
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = list(splits.split(answers, answers, groups))
    for done, (learn, check) in enumerate(parts, 1):
        known = sorted(set(answers[learn]))
        if len(known) == 1:
            likely[check, classes.index(known[0])] = 1.0
        else:
            model = make().fit(table.iloc[learn], answers[learn].tolist(), groups[learn])
            columns = [classes.index(name) for name in model.classes_]
            likely[np.ix_(check, columns)] = model.predict_proba(table.iloc[check])
        if progress:
            progress(done, folds)
    return likely, classes


def calibration_error(likely: Matrix, truth: npt.NDArray[np.int_], bins: int = BINS) -> float:
    """Return the expected calibration error of the first answers, 0–1 (Naeini et al. 2015)."""
    sure = likely.max(axis=1)
    right = (likely.argmax(axis=1) == truth).astype(np.float64)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(float((sure[place == one] - right[place == one]).sum())) for one in np.unique(place)
    ]
    return sum(gaps) / max(1, len(truth))


def score(
    likely: Matrix,
    classes: Sequence[str],
    labels: Sequence[str],
    rules: Sequence[str | None] | None = None,
) -> Scores:
    """Return what answers are worth.

    Parameters
    ----------
    likely
        Shape (n, len(classes)).
    classes, labels
        Names of the columns; the right label of each row, one of them.
    rules
        What the rules say of each row; None: nothing.
    """
    truth = np.array([classes.index(label) for label in labels], dtype=int)
    guess = likely.argmax(axis=1)
    best = np.argsort(-likely, axis=1, kind="stable")[:, :3]
    confusion = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(confusion, (truth, guess), 1)
    per_class = []
    for index, label in enumerate(classes):
        hits = int(confusion[index, index])
        said, is_ = int(confusion[:, index].sum()), int(confusion[index].sum())
        per_class.append(
            ClassScore(
                label,
                is_,
                hits / said if said else 0.0,
                hits / is_ if is_ else 0.0,
                2 * hits / (said + is_) if said + is_ else 0.0,
            )
        )
    return Scores(
        tracks=len(truth),
        classes=len(classes),
        accuracy=float((guess == truth).mean()),
        macro_f1=float(np.mean([one.f1 for one in per_class])),
        top3=float((best == truth[:, None]).any(axis=1).mean()),
        calibration_error=calibration_error(likely, truth),
        majority_accuracy=Counter(labels).most_common(1)[0][1] / len(truth),
        rules_accuracy=None
        if rules is None
        else float(np.mean([a == b for a, b in zip(rules, labels, strict=True)])),
        per_class=per_class,
        confusion=confusion.tolist(),
    )


def write_metrics(scores: Scores, path: Path, **more: object) -> None:
    """Write ``metrics.json``: all scores, and what else the caller knows (model, table)."""
    write_atomically(path, (json.dumps({**more, **asdict(scores)}, indent=1) + "\n").encode())
