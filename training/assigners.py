"""Models that give every row of a table a label, behind one interface: ``fit``, ``predict_proba``.

``forest`` … ``ensemble`` differ in which columns they see and which estimators vote; all learn on
inner folds how sure they may be and how much each member counts.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from training.calibration import fit_weights, pool
from training.errors import BadTable, TooFewTracks
from training.estimators import ask, fit_member, installed
from training.features import Matrix
from training.tables import Encoder
from training.text import TextFeatures

Groups = npt.NDArray[np.int_]

CALIBRATION_FOLDS = 4

CALIBRATION_ANSWERS = 400
"""So many answers to unseen rows fix a few numbers well enough; large tables need one fold."""

FEWEST_TO_CALIBRATE = 30

SHARE_OF_COLUMNS = 0.5
"""A table that lacks more of a model's columns than this was made for another model."""


class Assigner(Protocol):
    """One model."""

    name: str
    classes_: list[str]

    def fit(
        self, table: pd.DataFrame, labels: Sequence[str], groups: Groups | None = None
    ) -> Assigner:
        """Learn from labelled rows; rows of one group are never apart when it checks itself."""

    def predict_proba(self, table: pd.DataFrame) -> Matrix:
        """Return probabilities, shape (n, len(classes_)); a row of NaN where it cannot say."""


@dataclass
class TableModel:
    """Estimators that vote on encoded columns.

    Parameters
    ----------
    name
        How it is called.
    members
        Names of `estimators.MEMBERS`.
    columns
        Columns it may look at; none named: all of the table it learns from.
    with_text
        Look at the track's names too.

    Attributes
    ----------
    classes_ : list of str
        Labels, sorted.
    fitted_ : dict
        {member: fitted estimator}, without those that had too few rows.
    weights_ : dict
        {member: weight} under which answers are as sure as they are right; a member without one
        counts like the mean of the others.
    """

    name: str
    members: tuple[str, ...]
    columns: tuple[str, ...] = ()
    with_text: bool = False
    classes_: list[str] = field(default_factory=list)
    encoder_: Encoder = field(default_factory=Encoder, repr=False)
    text_: TextFeatures | None = field(default=None, repr=False)
    fitted_: dict[str, Any] = field(default_factory=dict, repr=False)
    weights_: dict[str, float] = field(default_factory=dict)

    def fit(
        self, table: pd.DataFrame, labels: Sequence[str], groups: Groups | None = None
    ) -> TableModel:
        """Learn from labelled rows.

        Raises
        ------
        TooFewTracks
            If there are none, or fewer than two labels.
        BadTable
            If no column says anything.
        """
        self.classes_ = sorted(set(labels))
        if len(self.classes_) < 2:
            raise TooFewTracks(len(self.classes_), 2, "different labels")
        truth = np.array([self.classes_.index(label) for label in labels])
        self.weights_ = self._fit_weights(table, truth, groups)
        self._fit_members(table, truth)
        return self

    def predict_proba(self, table: pd.DataFrame) -> Matrix:
        """Return probabilities, shape (n, len(classes_)).

        Raises
        ------
        BadTable
            If the table lacks most of the columns the model learned from.
        """
        there = sum(name in table for name in self.encoder_.forms_)
        if there < SHARE_OF_COLUMNS * len(self.encoder_.forms_):
            needed = len(self.encoder_.forms_)
            raise BadTable("the table", f"has {there} of the {needed} columns the model needs")
        answers = self._answers(table)
        middle = np.mean(list(self.weights_.values())) if self.weights_ else 1 / len(answers)
        weights = np.array([self.weights_.get(name, middle) for name in answers])
        return pool(list(answers.values()), weights)

    def feature_names(self) -> list[str]:
        """Return the names of the matrix's columns."""
        text = 0 if self.text_ is None or not self.text_.source_ else len(self._text_names())
        return [*self.encoder_.names_, *(self._text_names() if text else [])]

    def _text_names(self) -> list[str]:
        squeeze = None if self.text_ is None else self.text_.squeeze_
        return [] if squeeze is None else [f"text.{n}" for n in range(len(squeeze.components_))]

    def _fit_members(self, table: pd.DataFrame, truth: npt.NDArray[np.int_]) -> None:
        seen = table[[name for name in self.columns if name in table]] if self.columns else table
        self.encoder_ = Encoder().fit(seen)
        self.text_ = TextFeatures().fit(table) if self.with_text else None
        matrix = self._matrix(table)
        if matrix.shape[1] == 0:
            raise BadTable("the table", "has no column that a model could learn from")
        fitted = {name: fit_member(name, matrix, truth) for name in self.members}
        self.fitted_ = {name: one for name, one in fitted.items() if one is not None}
        if not self.fitted_:
            raise TooFewTracks(len(truth), len(self.classes_) * 3, "labelled tracks")

    def _matrix(self, table: pd.DataFrame) -> Matrix:
        matrix = self.encoder_.transform(table)
        return matrix if self.text_ is None else np.hstack([matrix, self.text_.transform(table)])

    def _answers(self, table: pd.DataFrame) -> dict[str, Matrix]:
        """Return {member: its probabilities, shape (n, len(classes_))}."""
        found = ask(self.fitted_, self._matrix(table), len(self.classes_))
        return dict(zip(self.fitted_, found, strict=True))

    def _fit_weights(
        self, table: pd.DataFrame, truth: npt.NDArray[np.int_], groups: Groups | None
    ) -> dict[str, float]:
        """Return the members' weights, by answers to rows that were held out; none on few rows."""
        groups = np.arange(len(truth)) if groups is None else groups
        if len(truth) < FEWEST_TO_CALIBRATE or len(np.unique(groups)) < CALIBRATION_FOLDS:
            return {}
        folds = StratifiedGroupKFold(CALIBRATION_FOLDS, shuffle=True, random_state=0)
        with warnings.catch_warnings():
            # a label with fewer tracks than folds is missing from some of them, and may be
            warnings.filterwarnings("ignore", message="The least populated class")
            splits = list(folds.split(truth, truth, groups))
        answers: list[dict[str, Matrix]] = []
        right: list[npt.NDArray[np.int_]] = []
        for learn, check in splits:
            if len(np.unique(truth[learn])) < 2 or len(check) == 0:
                continue
            self._fit_members(table.iloc[learn], truth[learn])
            answers.append(self._answers(table.iloc[check]))
            right.append(truth[check])
            if sum(map(len, right)) >= CALIBRATION_ANSWERS:
                break
        names = [name for name in self.members if answers and all(name in one for one in answers)]
        if not names:
            return {}
        likely = [np.vstack([one[name] for one in answers]) for name in names]
        found = fit_weights(likely, np.concatenate(right))
        return dict(zip(names, found.tolist(), strict=True))


SIMPLE_COLUMNS = ("bpm", "key", "genre_1", "genre_2", "genre_3", "key_camelot", "genre_label",
                  "rhythm.bpm_corr", "genre")  # fmt: skip
"""What v0.1 looks at: tempo, key, genre words, under either table's names."""

FOUND = tuple(name for name in ("lightgbm", "xgboost") if installed(name))
"""Other libraries' boosting, where they are installed."""

KINDS_OF_MODEL = ("simple", "forest", "boosting", "mlp", "hybrid", "ensemble", *FOUND)
"""What ``--model`` takes."""

ENSEMBLE = ("extra_trees", "svm", "boosting", "mlp")


def make_model(name: str) -> TableModel:
    """Return an untrained model: one of `KINDS_OF_MODEL`."""
    made = {
        "simple": TableModel("simple", ("forest",), columns=SIMPLE_COLUMNS),
        "forest": TableModel("forest", ("forest",)),
        "boosting": TableModel("boosting", ("boosting",)),
        "mlp": TableModel("mlp", ("mlp",)),
        "hybrid": TableModel("hybrid", ("forest", "extra_trees"), with_text=True),
        "ensemble": TableModel("ensemble", ENSEMBLE),
        **{found: TableModel(found, (found,)) for found in FOUND},
    }
    return made[name]
