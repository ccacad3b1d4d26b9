"""Training on any table with a column of labels: judged on unseen rows, kept as a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from library.settings import Settings
from training.assign import labelled_rows
from training.assigners import Assigner, TableModel, make_model
from training.bucket_rules import BucketRules
from training.comparison import Comparison, compare
from training.errors import UnusableBundle
from training.evaluation import Scores, out_of_fold, score, write_metrics
from training.pages import write_report
from training.registry import Version, fingerprint, load_bundle, save_bundle, version_name
from training.tables import feature_columns

FOLDS = 5


@dataclass
class TableBundle:
    """What is kept of a training.

    Parameters
    ----------
    kind
        ``genre`` or ``bucket``.
    model
        Fitted on every labelled row.
    label, columns
        What it learned, from which columns.
    """

    kind: str
    model: TableModel
    label: str
    columns: list[str]


def table_model_path(settings: Settings, kind: str) -> Path:
    """Return where the table model of a kind lies."""
    return settings.label_model(table_kind(kind))


def table_kind(kind: str) -> str:
    """Return the registry's name for table models of a kind."""
    return f"{kind}_table"


def train_on_table(
    source: pd.DataFrame | Path,
    kind: str,
    label: str,
    settings: Settings,
    *,
    group: str | None = None,
    model: str = "ensemble",
    rules: BucketRules | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TableBundle, Version, Scores]:
    """Evaluate a model on folds of a table, fit it on all rows, and make it the active one.

    Parameters
    ----------
    source
        A table or a CSV.
    kind
        ``genre`` (columns that can be heard) or ``bucket`` (all).
    label, group
        Column of labels; column whose rows stay in one fold.
    settings
        Where the model and ``metrics.json`` go.
    model
        One of `assigners.KINDS_OF_MODEL`.
    rules
        Judged on the same rows, for comparison.
    progress
        Told (done, total) folds.

    Raises
    ------
    BadTable, TooFewTracks
        If the table cannot serve.
    """
    rows, labels, groups = labelled_rows(source, label, group)
    columns = _seen(rows, kind, label, group, model)
    seen = rows[columns]
    likely, classes = out_of_fold(
        lambda: make_model(model), seen, labels, groups, folds=FOLDS, progress=progress
    )
    scores = score(likely, classes, labels, None if rules is None else rules.buckets(rows))
    bundle = TableBundle(kind, make_model(model).fit(seen, labels, groups), label, columns)
    version = save_bundle(
        bundle,
        table_model_path(settings, kind),
        table_kind(kind),
        data_fingerprint=fingerprint([list(seen), labels,
                                      pd.util.hash_pandas_object(seen, index=False).tolist()]),
        tracks=len(rows),
        metrics=scores.summary() | {"model": model, "folds": FOLDS},
    )  # fmt: skip
    write_metrics(scores, settings.models / "metrics.json", kind=kind, model=model,
                  version=version.name, trained_at=version.trained_at)  # fmt: skip
    return bundle, version, scores


def compare_on_table(
    source: pd.DataFrame | Path,
    kind: str,
    label: str,
    models: tuple[str, str],
    report: Path,
    *,
    group: str | None = None,
    make: Callable[[str], Assigner] = make_model,
) -> Comparison:
    """Cross-validate two models on the same folds, write an HTML report, return the comparison.

    See `train_on_table` for the parameters; ``make`` gives an untrained model by its name.
    """
    rows, labels, groups = labelled_rows(source, label, group)
    scores, right = [], []
    for name in models:
        likely, classes = out_of_fold(
            lambda name=name: make(name),  # type: ignore[misc]
            rows[_seen(rows, kind, label, group, name)],
            labels,
            groups,
            folds=FOLDS,
        )
        scores.append(score(likely, classes, labels))
        truth = np.array([classes.index(one) for one in labels])
        right.append(likely.argmax(axis=1) == truth)
    found = compare(right[0], right[1], models)
    write_report(found, (scores[0], scores[1]), classes, report)
    return found


def _seen(rows: pd.DataFrame, kind: str, label: str, group: str | None, model: str) -> list[str]:
    """Return the columns a model is given: a hybrid reads artist and title too."""
    columns = feature_columns(rows, kind, label, group)
    if not make_model(model).with_text:
        return columns
    return [*columns, *(n for n in ("artist", "title") if n in rows and n not in columns)]


def load_table_model(path: Path, kind: str) -> tuple[TableBundle, str]:
    """Load a table model and the name of its version.

    Raises
    ------
    NoModel, UntrustedBundle, UnusableBundle
        See `registry.load_bundle`.
    """
    bundle = load_bundle(path, kind)
    if not isinstance(bundle, TableBundle) or bundle.kind != kind:
        raise UnusableBundle(path, f"is not a {kind} model for tables")
    return bundle, version_name(path)
