"""Genre and bucket of a track: forests that learn from the DJ's tags, folders and corrections.

Two stages. The genre is heard: audio features only. The bucket is heard and read: the same
features, and the genre, year and length beside them. A track that served for learning is judged
by those trees of the forest that have not seen it (out of bag), so its probability is honest.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import RandomForestClassifier

from analysis.report import Report
from library.predictions import UNSURE_BELOW, Prediction
from library.tracks import fold
from training.calibration import fit_sharpness, reliability, sharpen
from training.errors import TooFewTracks
from training.features import Matrix, audio_features, table

TREES = 300
"""So many that every track of a small library is out of bag for over a hundred of them."""

SEED = 0

FEWEST_FOR_SHARPNESS = 30
"""Fewer answers say too little about how sure the forest really is; then it stays as it is."""

ALTERNATIVES = 4
"""Other answers kept beside the first."""

UNKNOWN_INPUT_CAP = 0.49
"""Without tempo or key an answer is 'unsure', however sure the forest is of the rest."""

CLOSE_SECOND = 0.75
"""A second answer at three quarters of the first is named as the reason for doubt."""

KINDS = ("genre", "bucket")
"""In this order: the bucket is given the genre."""


@dataclass(frozen=True)
class LabelledTrack:
    """One track as the label models see it.

    Parameters
    ----------
    report
        Its corrected report.
    label
        What it is, as far as somebody said: the DJ, a tag, its folder; None where nobody did.
        The first of them, where it is several things.
    genre
        For buckets: the DJ's, the tag's, or the genre model's genre.
    weight
        How much the label counts: the DJ's own word more than a tag or folder. Several share it.
    heard
        `audio_features` of the report, where they are known already.
    others
        What it is beside ``label``.
    """

    report: Report
    label: str | None = None
    genre: str | None = None
    weight: float = 1.0
    heard: Mapping[str, float] | None = None
    others: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """All that it is; empty where nobody said."""
        return () if self.label is None else (self.label, *self.others)

    @property
    def track_id(self) -> str:
        """The content hash."""
        return self.report.track_id


@dataclass
class LabelModel:
    """A forest for one kind of label.

    Parameters
    ----------
    kind
        ``genre`` or ``bucket``.

    Attributes
    ----------
    columns_ : list of str
        Features, in matrix order.
    classes_ : list of str
        Labels it knows, sorted.
    forest_ : RandomForestClassifier or None
        None where all tracks have one label.
    sharpness_ : float
        Exponent that makes probabilities match how often they are right.
    reliability_ : float
        Factor on all probabilities, so that they promise no more than was kept out of bag; the
        rest is the chance that the track is none of ``classes_``.
    out_of_bag_ : dict
        {track id: probabilities over ``classes_``} of the tracks it learned from; none at all
        where each tree has seen one of the track's labels.
    metrics_ : dict
        Accuracy, macro-F1 and the majority's accuracy, out of bag. Of several labels of a track
        each is a right answer.
    """

    kind: str
    columns_: list[str] = field(default_factory=list)
    classes_: list[str] = field(default_factory=list)
    forest_: RandomForestClassifier | None = None
    sharpness_: float = 1.0
    reliability_: float = 1.0
    out_of_bag_: dict[str, list[float]] = field(default_factory=dict)
    metrics_: dict[str, Any] = field(default_factory=dict)

    def fit(self, tracks: Sequence[LabelledTrack]) -> LabelModel:
        """Learn from every track that has a label.

        A track of several labels is a row for each, with its share of the weight, and is judged
        by those trees that have seen none of these rows.

        Parameters
        ----------
        tracks
            Those without a label are passed over.

        Raises
        ------
        TooFewTracks
            If none has a label.
        """
        labelled = sorted(
            (track for track in tracks if track.label is not None),
            key=lambda track: track.track_id,
        )
        if not labelled:
            raise TooFewTracks(0, 1, f"tracks with a {self.kind}")
        rows = [self.row_of(track) for track in labelled]
        self.classes_ = sorted({label for track in labelled for label in track.labels})
        self.columns_ = sorted({name for row in rows for name in row})
        pairs = [
            (owner, self.classes_.index(label), track.weight / len(track.labels))
            for owner, track in enumerate(labelled)
            for label in track.labels
        ]
        owners, said = np.array([pair[:2] for pair in pairs]).T
        if len(self.classes_) == 1:
            self.forest_ = None
            self.out_of_bag_ = {track.track_id: [1.0] for track in labelled}
            self.metrics_ = {"tracks": len(labelled), "classes": 1}
            return self
        self.forest_ = RandomForestClassifier(
            n_estimators=TREES,
            max_features="sqrt",
            class_weight="balanced_subsample",
            bootstrap=True,
            random_state=SEED,
            n_jobs=1,
        )
        matrix = table(rows, self.columns_)
        with warnings.catch_warnings():
            # a small library of many buckets is no mistake
            warnings.filterwarnings("ignore", message="The number of unique classes")
            self.forest_.fit(matrix[owners], said, sample_weight=[pair[2] for pair in pairs])
        heard = _out_of_bag(self.forest_, matrix, owners, len(self.classes_))
        own = np.zeros(heard.shape, dtype=bool)
        own[owners, said] = True
        # of several labels the one that was answered, or came nearest, is asked for
        truth = np.where(own, heard, -1.0).argmax(axis=1)
        judged: npt.NDArray[np.bool_] = np.all(np.isfinite(heard), axis=1)
        self.sharpness_ = (
            fit_sharpness(heard[judged], truth[judged])
            if int(judged.sum()) >= FEWEST_FOR_SHARPNESS
            else 1.0
        )
        honest = sharpen(heard, self.sharpness_)
        self.reliability_ = reliability(honest[judged], truth[judged])
        honest = honest * self.reliability_
        self.out_of_bag_ = {
            track.track_id: honest[index].tolist() if judged[index] else []
            for index, track in enumerate(labelled)
        }
        self.metrics_ = _metrics(honest[judged], truth[judged], own[judged])
        return self

    def predict(
        self, tracks: Sequence[LabelledTrack], model_version: str = ""
    ) -> dict[str, Prediction]:
        """Return {track id: prediction} for any tracks.

        A track that the model learned from gets its out-of-bag answer.
        """
        found: dict[str, Prediction] = {}
        new = []
        for track in tracks:
            known = self.out_of_bag_.get(track.track_id)
            if known is not None:
                found[track.track_id] = self._answer(np.asarray(known), track, model_version)
            else:
                new.append(track)
        if new and self.forest_ is not None:
            matrix = table([self.row_of(track) for track in new], self.columns_)
            likely = sharpen(self.forest_.predict_proba(matrix), self.sharpness_)
            likely = likely * self.reliability_
        else:
            likely = np.ones((len(new), max(1, len(self.classes_))))
        for track, row in zip(new, likely, strict=True):
            found[track.track_id] = self._answer(row, track, model_version)
        return found

    def importances(self, count: int = 10) -> list[tuple[str, float]]:
        """Return the features that tell most, with their share of all splits' gain."""
        if self.forest_ is None:
            return []
        shares = self.forest_.feature_importances_
        order = np.argsort(-shares, kind="stable")[:count]
        return [(self.columns_[index], float(shares[index])) for index in order]

    def _answer(
        self, likely: npt.NDArray[np.float64], track: LabelledTrack, model_version: str
    ) -> Prediction:
        if self.forest_ is None:
            # a model that has seen one label only cannot know what speaks against it
            return Prediction(
                self.kind,
                self.classes_[0],
                0.0,
                reason=f"only one {self.kind} is known so far",
                model_version=model_version,
            )
        if likely.size == 0:
            reason = "no tree of the model is left that has not learned from it"
            return Prediction(self.kind, None, 0.0, reason=reason, model_version=model_version)
        order = np.argsort(-likely, kind="stable")
        best = int(order[0])
        probability = float(likely[best])
        reason = ""
        analysis = track.report.analysis
        if analysis.rhythm.tempo_bpm_global is None or analysis.tonal.key is None:
            missing = "tempo" if analysis.rhythm.tempo_bpm_global is None else "key"
            reason = f"its {missing} is unknown"
            probability = min(probability, UNKNOWN_INPUT_CAP)
        elif probability < UNSURE_BELOW:
            reason = self._doubt(likely[order])
        others = tuple(
            (self.classes_[int(index)], float(likely[index]))
            for index in order[1 : ALTERNATIVES + 1]
        )
        return Prediction(
            self.kind,
            self.classes_[best],
            probability,
            alternatives=others,
            reason=reason,
            model_version=model_version,
        )

    def _doubt(self, falling: npt.NDArray[np.float64]) -> str:
        """Return why an answer is unsure, from its probabilities, highest first."""
        if falling[1] > CLOSE_SECOND * falling[0]:
            return "another answer is nearly as likely"
        if self.reliability_ < UNSURE_BELOW:
            return f"too few tracks with a {self.kind} to learn from"
        return "none of the known answers fits well"

    def row_of(self, track: LabelledTrack) -> dict[str, float]:
        """Return what the model is given of a track: the same hash of it, the same answer."""
        row = dict(audio_features(track.report) if track.heard is None else track.heard)
        if self.kind == "bucket":
            row |= context_features(track)
        return row


def context_features(track: LabelledTrack) -> dict[str, float]:
    """Return what the DJ's files say beside the sound: genre words, year, length."""
    metadata = track.report.metadata
    row = {"context.duration_sec": metadata.duration_sec}
    if metadata.year is not None:
        row["context.year"] = float(metadata.year)
    for word in fold(track.genre or "").replace("/", " ").replace("-", " ").split():
        row[f"context.genre.{word}"] = 1.0
    return row


def _out_of_bag(
    forest: RandomForestClassifier, matrix: Matrix, owners: npt.NDArray[np.int_], classes: int
) -> npt.NDArray[np.float64]:
    """Return each track's mean answer over the trees that did not see it; NaN where none.

    Parameters
    ----------
    forest
        Fitted on ``matrix[owners]``.
    matrix
        Features, a row a track.
    owners
        The track of each row that was learned, shape (rows,).
    classes
        How many.
    """
    votes = np.zeros((len(matrix), classes))
    asked = np.zeros(len(matrix))
    narrow = matrix.astype(np.float32)
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        unseen = np.ones(len(matrix), dtype=bool)
        unseen[owners[drawn]] = False
        if unseen.any():
            answer = tree.predict_proba(narrow[unseen])
            # a tree names the classes by their index in the forest
            votes[np.ix_(unseen, tree.classes_.astype(int))] += answer
            asked[unseen] += 1
    with np.errstate(invalid="ignore"):
        return votes / asked[:, None]


def _metrics(
    likely: npt.NDArray[np.float64], truth: npt.NDArray[np.int_], own: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Return accuracy, macro-F1 and top-3 beside the majority's accuracy.

    Parameters
    ----------
    likely
        Probabilities, shape (tracks, classes).
    truth
        The class that each is asked for.
    own
        Every class that each is of, shape (tracks, classes).
    """
    classes = own.shape[1]
    if len(truth) == 0:
        return {"tracks": 0, "classes": classes}
    guess = likely.argmax(axis=1)
    best = np.argsort(-likely, axis=1, kind="stable")[:, :3]
    scores = []
    for label in np.unique(truth):
        hits = int(((guess == label) & (truth == label)).sum())
        total = int((guess == label).sum() + (truth == label).sum())
        scores.append(2 * hits / total)
    return {
        "tracks": len(truth),
        "classes": classes,
        "accuracy": float((guess == truth).mean()),
        "macro_f1": float(np.mean(scores)),
        "top3": float((best == truth[:, None]).any(axis=1).mean()),
        "majority_accuracy": int(own.sum(axis=0).max()) / len(truth),
        "mean_probability": float(likely.max(axis=1).mean()),
    }
