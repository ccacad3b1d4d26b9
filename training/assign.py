"""Answers for every row of a table: by a model, else by rules, else ``unsure``; and their log."""

from __future__ import annotations

import csv
import io
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from library.keys import parse_key
from library.predictions import UNSURE_BELOW, Prediction
from training.assigners import Assigner, TableModel, make_model
from training.bucket_rules import KEY, TEMPO, BucketRules
from training.errors import TooFewTracks
from training.features import Matrix
from training.labels import ALTERNATIVES, UNKNOWN_INPUT_CAP
from training.tables import identical_rows, joined_groups, need_columns, read_csv

RULE_PROBABILITY = UNSURE_BELOW
"""A rule of the DJ's own counts as just sure: it says nothing about how often it is right."""

RULES_VERSION = "rules"

LOW_CONFIDENCE_COLUMNS = (
    "predicted_at", "track_id", "artist", "title", "predicted", "confidence", "reason",
    "model_version",
)  # fmt: skip

_log = logging.getLogger(__name__)


def assign(
    table: pd.DataFrame,
    model: Assigner | None,
    rules: BucketRules | None = None,
    *,
    kind: str = "bucket",
    version: str = "",
) -> list[Prediction]:
    """Return one prediction a row.

    Parameters
    ----------
    table
        Rows with the model's columns.
    model
        None, or failing: the rules answer.
    rules
        None, or no rule fits: the row is unsure.
    kind, version
        Written into the predictions.

    Returns
    -------
    list of Prediction
        A row without tempo or key is ``unsure``, however sure the model is of the rest.
    """
    likely: Matrix | None = None
    trouble = "there is no model"
    if model is not None:
        try:
            likely = model.predict_proba(table)
        except Exception as error:  # whatever breaks a model must not break the evening
            trouble = f"the model failed ({type(error).__name__}: {error})"
            _log.warning("%s; rules answer instead", trouble)
    if likely is None or model is None:
        return [_by_rules(row, rules, kind, trouble) for row in table.to_dict("records")]
    best = np.argsort(-likely, axis=1, kind="stable")[:, : ALTERNATIVES + 1]
    chances = np.take_along_axis(likely, best, axis=1)
    now = Prediction(kind, None, 0.0).time
    found = [
        _by_model([(model.classes_[at], p) for at, p in zip(*answers, strict=True)], unknown,
                  kind, version, now)
        for *answers, unknown in zip(best.tolist(), chances.tolist(), _unknown(table), strict=True)
    ]  # fmt: skip
    for silent in np.flatnonzero(~np.isfinite(likely).all(axis=1)).tolist():
        row = table.iloc[[silent]].to_dict("records")[0]
        found[silent] = _by_rules(row, rules, kind, trouble)
    return found


def log_low_confidence(table: pd.DataFrame, predictions: Sequence[Prediction], path: Path) -> int:
    """Append every unsure answer to ``logs/low_confidence.csv``; return how many."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not path.is_file() or path.stat().st_size == 0:
        writer.writerow(LOW_CONFIDENCE_COLUMNS)
    unsure = 0
    for row, one in zip(table.to_dict("records"), predictions, strict=True):
        if one.status == "unsure":
            unsure += 1
            writer.writerow(
                [one.time, *(_text(row.get(name)) for name in ("track_id", "artist", "title")),
                 one.value or "", f"{one.probability:.4f}", one.reason, one.model_version]
            )  # fmt: skip
    if unsure:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
    return unsure


class SimpleMLBucketAssigner:
    """v0.1: a random forest on tempo, key and genre words.

    Attributes
    ----------
    model_ : TableModel or None
        None until it has been trained.
    """

    def __init__(self) -> None:
        self.model_: TableModel | None = None

    def train(self, tracks: pd.DataFrame | Path, label: str = "bucket") -> SimpleMLBucketAssigner:
        """Learn from a table (or CSV) such as ``training.csv``; rows without a bucket are skipped.

        Raises
        ------
        BadTable
            If it is no table or lacks the label's column.
        TooFewTracks
            If it holds fewer than two buckets.
        """
        table, labels, groups = labelled_rows(tracks, label)
        self.model_ = make_model("simple").fit(table, labels, groups)
        return self

    def predict(self, track: Mapping[str, Any]) -> Prediction:
        """Return the bucket of one track: ``bpm key genre_1 …``."""
        return self.predict_batch(pd.DataFrame([dict(track)]))[0]

    def predict_batch(self, tracks: pd.DataFrame) -> list[Prediction]:
        """Return the bucket of every row.

        Raises
        ------
        TooFewTracks
            If it has not been trained.
        """
        if self.model_ is None:
            raise TooFewTracks(0, 2, "tracks learned from")
        return assign(tracks, self.model_, version="simple")


def labelled_rows(
    tracks: pd.DataFrame | Path, label: str, group: str | None = None
) -> tuple[pd.DataFrame, list[str], np.ndarray[Any, np.dtype[np.int_]]]:
    """Return the rows that have a label, their labels, and groups of rows that belong together.

    Rows of one ``group`` (an artist) belong together, and so do identical rows, which would
    otherwise be asked about after having been learned.

    Raises
    ------
    BadTable
        If it is no table or lacks a column.
    TooFewTracks
        If no row has a label.
    """
    name = "the table" if isinstance(tracks, pd.DataFrame) else str(tracks)
    table = tracks if isinstance(tracks, pd.DataFrame) else read_csv(tracks)
    need_columns(table, (label, group), name)
    words = table[label].astype("string").str.strip()
    known = words.notna() & (words != "")
    table = table[known].reset_index(drop=True)
    if table.empty:
        raise TooFewTracks(0, 1, f"rows with a {label}")
    beside = [one for one in table if one not in (label, "track_id", "title")]
    groups = identical_rows(table[beside]) if beside else np.arange(len(table))
    if group is not None:
        names = table[group].astype("string").str.strip().str.casefold()
        lone = pd.Series([f"\0{row}" for row in range(len(table))])
        codes = pd.factorize(names.where(names.fillna("") != "", lone))[0]
        groups = joined_groups(groups, codes)
    return table, [str(one) for one in words[known]], groups


def _unknown(table: pd.DataFrame) -> list[str]:
    """Return for each row what is unknown of it and has to be known, in words; empty: nothing."""
    tempo = np.zeros(len(table), dtype=bool)
    for name in (name for name in TEMPO if name in table):
        tempo |= np.isfinite(pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64))
    key = np.zeros(len(table), dtype=bool)
    for name in (name for name in KEY if name in table):
        places, different = pd.factorize(table[name], use_na_sentinel=False)
        key |= np.array([parse_key(_text(one)) is not None for one in different])[places]
    return [
        "" if known else "its key is unknown" if timed else "its tempo is unknown"
        for timed, known in zip(tempo, tempo & key, strict=True)
    ]


def _by_model(
    answers: list[tuple[str, float]], unknown: str, kind: str, version: str, time: str
) -> Prediction:
    (value, probability), *others = answers
    reason = unknown
    if unknown:
        probability = min(probability, UNKNOWN_INPUT_CAP)
    elif probability < UNSURE_BELOW:
        reason = "no answer is likelier than not"
    return Prediction(kind, value, probability, tuple(others), reason, version, time)


def _by_rules(
    row: Mapping[Any, Any], rules: BucketRules | None, kind: str, trouble: str
) -> Prediction:
    bucket = None if rules is None else rules.bucket(row)
    if bucket is None:
        no_rule = "there are no rules" if rules is None else "no rule fits"
        return Prediction(kind, None, 0.0, reason=f"{trouble}, {no_rule}")
    return Prediction(
        kind, bucket, RULE_PROBABILITY, reason=f"{trouble}: by rule", model_version=RULES_VERSION
    )


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value)
