"""Predictions as a file that a DJ edits, and what comes back: checked, then into the notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.files import write_atomically
from library.buckets import (
    buckets_of_value,
    check_buckets,
    format_buckets,
)
from library.errors import BadCorrection
from library.library import Library
from library.predictions import Prediction
from library.tracks import fold
from training.errors import BadTable
from training.saying import say_buckets
from training.tables import need_columns, read_csv

UNSURE = "unsure"
"""Stands for the bucket where there is none that is likely; never a bucket itself."""

PREDICTION_COLUMNS = (
    "track_id", "artist", "title", "predicted_bucket", "confidence", "alternatives", "status",
    "model_version", "predicted_at",
)  # fmt: skip

SOURCE = "feedback"
"""Who said it, in the notebook."""


@dataclass
class Feedback:
    """What a feedback file says, after checking.

    Parameters
    ----------
    said
        {track id: its buckets}, to be recorded.
    unchanged
        How many rows repeat what the notebook or the prediction says already.
    problems
        Rows that cannot be taken, each in a sentence.
    """

    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)


def predictions_table(table: pd.DataFrame, found: Sequence[Prediction]) -> pd.DataFrame:
    """Return predictions in the layout of ``bucket_predictions.csv``, one row each.

    An unsure row's bucket is ``unsure``; what came nearest opens its alternatives.
    """
    rows = []
    for one, row in zip(found, table.to_dict("records"), strict=True):
        sure = one.status == "sure"
        others = list(one.alternatives)
        if not sure and one.value is not None:
            others.insert(0, (one.value, one.probability))
        rows.append(
            {
                **{name: row.get(name, "") for name in ("track_id", "artist", "title")},
                "predicted_bucket": one.value if sure else UNSURE,
                "confidence": round(one.probability, 4),
                "alternatives": "; ".join(f"{name}: {p:.3f}" for name, p in others),
                "status": one.status,
                "model_version": one.model_version,
                "predicted_at": one.time,
            }
        )
    return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS))


def write_predictions(table: pd.DataFrame, path: Path) -> None:
    """Write ``bucket_predictions.csv``: the old file or the new one, never half."""
    write_atomically(path, table.to_csv(index=False, lineterminator="\n").encode())


def known_buckets(library: Library) -> dict[str, str]:
    """Return {folded name: name} of every bucket that a folder, the DJ or a model names."""
    names = [name for several in library.catalogue.folder_buckets().values() for name in several]
    names += [one["bucket"].value or "" for one in library.predictions.all(["bucket"]).values()]
    for said in library.notebook.latest_of().values():
        names += buckets_of_value(said.get("bucket"))
    return {fold(name): name for name in names if name}


def check_feedback(library: Library, path: Path, *, new_buckets: bool = False) -> Feedback:
    """Read feedback and sort what can be taken from what cannot; nothing is recorded.

    Parameters
    ----------
    library
        Knows tracks and buckets.
    path
        ``feedback.csv`` (track_id, correct_bucket), or an edited ``bucket_predictions.csv``:
        there a row counts where ``predicted_bucket`` is no longer what was predicted. A cell may
        name several buckets, parted by ``;``.
    new_buckets
        Take buckets that nothing lies in yet.

    Raises
    ------
    BadTable
        If it is no such file.
    """
    table = read_csv(path)
    edited = "correct_bucket" not in table and "predicted_bucket" in table
    column = "predicted_bucket" if edited else "correct_bucket"
    need_columns(table, ("track_id", column), path)
    if edited:
        _check_predictions(table, path)
    buckets, tracks = known_buckets(library), {row.track_id for row in library.tracks()}
    words = library.notebook.latest_of()
    guesses = library.predictions.all(["bucket"])
    found = Feedback()
    said: dict[str, dict[frozenset[str], tuple[str, ...]]] = {}
    for at, (track, word) in enumerate(zip(table["track_id"], table[column], strict=True), 2):
        if pd.isna(word) or not str(word).strip() or fold(str(word)) == UNSURE:
            found.unchanged += 1
            continue
        if track not in tracks:
            found.problems.append(f"line {at}: no track {track!r} in the library")
            continue
        try:
            names = _named(str(word), buckets)
        except BadCorrection as error:
            found.problems.append(f"line {at}: {error.message}")
            continue
        unknown = [repr(name) for name in names if fold(name) not in buckets]
        if unknown and not new_buckets:
            found.problems.append(
                f"line {at}: no bucket {' or '.join(unknown)} yet (--new-buckets makes it)"
            )
            continue
        said.setdefault(str(track), {}).setdefault(frozenset(map(fold, names)), names)
    for track, choices in said.items():
        guess = guesses.get(track, {}).get("bucket")
        predicted = guess.value if guess is not None and guess.status == "sure" else None
        names, *contradictions = choices.values()
        if contradictions:
            told = " and ".join(format_buckets(each) for each in choices.values())
            found.problems.append(f"track {track}: contradicts itself ({told})")
        elif names == buckets_of_value(words.get(track, {}).get("bucket")) or (
            edited and names == (predicted,)
        ):
            found.unchanged += 1
        else:
            try:
                found.said[track] = check_buckets(names)
            except BadCorrection as error:
                found.problems.append(f"track {track}: {error.message}")
    return found


def _named(cell: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the buckets that a cell names, as the library spells them."""
    whole = known.get(fold(cell))
    if whole is not None:
        return (whole,)
    return tuple(dict.fromkeys(known.get(fold(name), name) for name in check_buckets(cell)))


def record_feedback(library: Library, feedback: Feedback) -> int:
    """Write what was said into the notebook, where it can be undone; return how many."""
    say_buckets(library, feedback.said, SOURCE, SOURCE)
    return len(feedback.said)


def read_predictions(path: Path) -> pd.DataFrame:
    """Read ``bucket_predictions.csv`` and check its form.

    Raises
    ------
    BadTable
        If a column is missing, a confidence is no probability, or a status is unknown.
    """
    table = read_csv(path)
    _check_predictions(table, path)
    return table


def _check_predictions(table: pd.DataFrame, path: Path) -> None:
    need_columns(table, PREDICTION_COLUMNS, path)
    confidence = pd.to_numeric(table["confidence"], errors="coerce")
    if not confidence.between(0, 1).all():
        raise BadTable(path, "has a confidence that is no probability from 0 to 1")
    if not table["status"].isin(["sure", UNSURE]).all():
        raise BadTable(path, "has a status that is neither sure nor unsure")
