"""`segue buckets`: which bucket each track belongs in, as a file to edit and hand back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from app.cli import console
from app.cli.console import JsonFlag
from app.cli.tracks import open_library
from library.predictions import Prediction
from library.settings import Settings
from training.assign import assign as assign_rows
from training.assign import log_low_confidence
from training.bucket_rules import BucketRules, find_rules, read_rules
from training.dataset import collect
from training.errors import NoModel
from training.feedback import (
    check_feedback,
    predictions_table,
    record_feedback,
    write_predictions,
)
from training.learn import learn_labels, predict_all
from training.table_training import load_table_model, table_model_path
from training.tables import read_csv

buckets_app = typer.Typer(
    help="Which bucket each track belongs in.", no_args_is_help=True, add_completion=False
)


@buckets_app.command("assign")
def assign(
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Tracks of this table instead of the library's.")
    ] = None,
    rules_file: Annotated[
        Path | None,
        typer.Option("--rules", help="Answers where no model does.  [default: bucket_rules.yaml]"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV.  [default: data/bucket_predictions.csv]")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Say why, track by track.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Predict buckets into a CSV; correct it there and give it to `segue buckets feedback`."""
    settings = console.settings()
    rules = find_rules(settings) if rules_file is None else read_rules(rules_file)
    if csv is None:
        table, found = _of_library(rules)
    else:
        table = read_csv(csv)
        found = _of_table(table, rules, settings)
    rows = predictions_table(table, found)
    out = out or settings.data / "bucket_predictions.csv"
    write_predictions(rows, out)
    unsure = log_low_confidence(table, found, settings.logs / "low_confidence.csv")
    if as_json:
        console.print_json(
            {"path": str(out), "tracks": len(found), "unsure": unsure,
             "predictions": [_as_json(one, row) for one, row in
                             zip(found, rows.to_dict("records"), strict=True)]}
        )  # fmt: skip
        return
    console.out.print(f"{out}: {len(found)} tracks, {unsure} unsure", markup=False, soft_wrap=True)
    if debug:
        for one, row in zip(found, rows.to_dict("records"), strict=True):
            name = " – ".join(str(row[part]) for part in ("artist", "title") if row[part])
            why = f" ({one.reason})" if one.reason else ""
            console.out.print(
                f"  {name or row['track_id']}: {row['predicted_bucket']} {one.probability:.2f}{why}"
                f"; else {row['alternatives'] or 'nothing'}; by {one.model_version or 'nobody'}",
                markup=False,
            )


@buckets_app.command("feedback")
def feedback(
    file: Annotated[
        Path, typer.Argument(help="feedback.csv, or the edited bucket_predictions.csv.")
    ],
    new_buckets: Annotated[
        bool, typer.Option("--new-buckets", help="Take buckets that nothing lies in yet.")
    ] = False,
    train: Annotated[
        bool, typer.Option("--train/--no-train", help="Learn from it at once.")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """Take corrections into the notebook, say which rows cannot be taken, and learn from them."""
    library = open_library()
    checked = check_feedback(library, file, new_buckets=new_buckets)
    recorded = record_feedback(library, checked)
    trained = learn_labels(library, ("bucket",)) if train and recorded else {}
    version = trained["bucket"].name if "bucket" in trained else None
    if as_json:
        console.print_json(
            {"recorded": recorded, "unchanged": checked.unchanged, "problems": checked.problems,
             "model_version": version}
        )  # fmt: skip
    else:
        learned = f"; bucket model {version} has learned from it" if version else ""
        console.out.print(f"{recorded} taken, {checked.unchanged} without news{learned}.")
        for problem in checked.problems:
            console.err.print(problem, style="red", markup=False, soft_wrap=True)
    if checked.problems:
        raise typer.Exit(1)


def _of_library(rules: BucketRules | None) -> tuple[pd.DataFrame, list[Prediction]]:
    library = open_library()
    predict_all(library, ("bucket",))
    table = collect(library)
    by_rule = assign_rows(table, None, rules)
    stored = library.predictions.all(["bucket"])
    found: list[Prediction] = []
    replaced: dict[str, Prediction] = {}
    for track, other in zip(table["track_id"], by_rule, strict=True):
        one = stored[track]["bucket"]
        if one.value is None and other.value is not None:
            replaced[track] = one = other
        found.append(one)
    library.predictions.write("bucket", replaced)
    library.refresh_words()
    return table, found


def _of_table(
    table: pd.DataFrame, rules: BucketRules | None, settings: Settings
) -> list[Prediction]:
    try:
        bundle, version = load_table_model(table_model_path(settings, "bucket"), "bucket")
    except NoModel:
        return assign_rows(table, None, rules)
    return assign_rows(table, bundle.model, rules, version=version)


def _as_json(one: Prediction, row: dict[Any, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in ("track_id", "predicted_bucket", "confidence", "status")}
    return kept | {
        "alternatives": one.alternatives,
        "reason": one.reason,
        "model_version": one.model_version,
    }
