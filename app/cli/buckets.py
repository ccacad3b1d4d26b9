"""`segue buckets`: which bucket each track belongs in, as a file to edit and hand back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from app.cli import console
from app.cli.console import JsonFlag
from app.cli.tracks import find_track, open_library
from library.predictions import Prediction
from library.settings import Settings
from training import pages
from training.assign import assign as assign_rows
from training.assign import log_low_confidence
from training.audit import RECENT, acceptance, audit_of, reviews
from training.bucket_rules import BucketRules, find_rules, read_rules
from training.dataset import collect
from training.errors import NoModel
from training.explain import reasons
from training.feedback import (
    check_feedback,
    predictions_table,
    record_feedback,
    write_predictions,
)
from training.filing import Filing, file_tracks, plan_filing, settle, take_back
from training.learn import (
    learn_labels,
    learning_curve,
    predict_all,
    predict_with,
)
from training.moving import Mode, Moved
from training.registry import find_version, version_path, versions
from training.table_training import load_table_model, table_kind, table_model_path
from training.tables import read_csv

buckets_app = typer.Typer(
    help="Which bucket each track belongs in.", no_args_is_help=True, add_completion=False
)

SHOWN_PER_REASON = 3
"""Tracks named for each reason on a terminal; ``--json`` names all."""


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
    model: Annotated[
        str | None,
        typer.Option("--model", help="Ask this kept version; the library keeps its own."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Say why, track by track.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Predict buckets into a CSV; correct it there and give it to `segue buckets feedback`."""
    settings = console.settings()
    rules = find_rules(settings) if rules_file is None else read_rules(rules_file)
    if csv is None:
        table, found = _of_library(rules, model)
    else:
        table = read_csv(csv)
        found = _of_table(table, rules, settings, model)
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
        whys = reasons(open_library(), model) if csv is None else {}
        for one, row in zip(found, rows.to_dict("records"), strict=True):
            name = " – ".join(str(row[part]) for part in ("artist", "title") if row[part])
            why = f" ({one.reason})" if one.reason else ""
            console.out.print(
                f"  {name or row['track_id']}: {row['predicted_bucket']} {one.probability:.2f}{why}"
                f"; else {row['alternatives'] or 'nothing'}; by {one.model_version or 'nobody'}",
                markup=False,
            )
            if row["track_id"] in whys:
                console.out.print(f"    {whys[row['track_id']]}", markup=False, soft_wrap=True)


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
        if version and not trained["bucket"].active:
            learned += ", but is worse on the holdout: the one before stays in use"
        console.out.print(f"{recorded} taken, {checked.unchanged} without news{learned}.")
        for problem in checked.problems:
            console.err.print(problem, style="red", markup=False, soft_wrap=True)
    if checked.problems:
        raise typer.Exit(1)


@buckets_app.command("report")
def report(
    out: Annotated[
        Path | None, typer.Option("--out", help="Page.  [default: data/feedback.html]")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Report how often answers were accepted, what was corrected, and what it brought."""
    library = open_library()
    settings = library.settings
    found = reviews(settings.logs)
    course = acceptance(found)
    curve = learning_curve(library)
    out = out or settings.data / "feedback.html"
    pages.write_feedback_report(
        found, versions(settings.label_model("bucket"), "bucket"), curve, out
    )
    overall = course[-1].overall if course else None
    if as_json:
        console.print_json(
            {"path": str(out), "reviews": len(found), "accepted": overall,
             "recent": course[-1].recent if course else None, "learning_curve": curve}
        )  # fmt: skip
        return
    said = (
        "no answers reviewed yet"
        if overall is None
        else (
            f"{overall:.0%} accepted, {course[-1].recent:.0%} of the last"
            f" {min(RECENT, len(course))} (wanted: {pages.WANTED_ACCEPTANCE:.0%})"
        )
    )
    console.out.print(f"{len(found)} reviews, {said}; {out}", markup=False, soft_wrap=True)


@buckets_app.command("audit")
def audit(
    track: Annotated[str, typer.Argument(help="A path, a track id, or words of its name.")],
    as_json: JsonFlag = False,
) -> None:
    """List every answer ever given about a track: when, by which version, from what."""
    library = open_library()
    lines = audit_of(library.settings.logs, find_track(library, track).track_id)
    if as_json:
        console.print_json(lines)
        return
    for line in lines:
        console.out.print(
            f"{line['time']}  {line['kind']}: {line['value']} {line['probability']:.2f}"
            f" by {line['model_version'] or 'nobody'}, inputs {line['inputs'] or '–'}",
            markup=False,
        )


@buckets_app.command("apply")
def apply(
    confirm: Annotated[
        bool, typer.Option("--confirm/--dry-run", help="Do it; else only show what would be done.")
    ] = False,
    copy: Annotated[bool, typer.Option("--copy", help="Copy; the files stay where they are.")] = (
        False
    ),
    into: Annotated[
        Path | None,
        typer.Option(
            help="Put the buckets' folders here.  [default: where each file's library is]"
        ),
    ] = None,
    unsorted: Annotated[
        Path | None,
        typer.Option("--from", help="A model may empty this folder, too, not only the DJ."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Move files into their buckets' folders; `segue buckets undo` moves them back.

    Your own word moves any file. A model moves only what lies in no bucket, or below --from.
    A track of several buckets goes to the first, or stays in one; --copy fills each of them.
    Nothing is ever overwritten, and a crash loses nothing: run it again.
    """
    library = open_library()
    settled = settle(library)
    mode: Mode = "copy" if copy else "move"
    filing = plan_filing(library, into=_absolute(into), unsorted=_absolute(unsorted), mode=mode)
    if not confirm:
        if as_json:
            orders = [
                {"track_id": one.track_id, "from": str(one.source), "to": str(one.target)}
                for one in filing.orders
            ]
            stay = [{"track_id": row.track_id, "why": why} for row, why in filing.stay]
            console.print_json({"mode": mode, "would": orders, "stay": stay})
            return
        for one in filing.orders:
            console.out.print(f"{one.source}\n  → {one.target}", markup=False, soft_wrap=True)
        _print_staying(filing)
        console.out.print(
            f"Would {mode} {len(filing.orders)}; {filing.filed} lie in their bucket already."
            + (" Nothing was touched; --confirm does it." if filing.orders else "")
        )
        return
    with console.progress_bar("Copying" if copy else "Moving") as bar:
        moved = file_tracks(
            library,
            filing,
            mode,
            lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total),
        )
    _show_moved(moved, "copied" if copy else "moved", as_json, settled)


@buckets_app.command("undo")
def undo_apply(
    batch: Annotated[
        str | None, typer.Argument(help="As `apply` named it; without it, the newest.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take back what `segue buckets apply` moved or copied."""
    _show_moved(take_back(open_library(), batch), "taken back", as_json)


def _show_moved(moved: Moved, done: str, as_json: bool, settled: int = 0) -> None:
    if as_json:
        console.print_json(
            {
                "batch": moved.batch,
                "done": [
                    {"track_id": track, "from": str(old), "to": str(new)}
                    for track, old, new in moved.done
                ],
                "failed": [{"path": str(path), "why": why} for path, why in moved.failed],
            }
        )
    else:
        if settled:
            console.out.print(f"An interrupted run was settled first: {settled} files in place.")
        console.out.print(f"{len(moved.done)} {done}, {len(moved.failed)} not. Batch {moved.batch}")
        for path, why in moved.failed:
            console.err.print(f"  {path}: {why}", style="red", markup=False, soft_wrap=True)
    if moved.failed:
        raise typer.Exit(1)


def _print_staying(filing: Filing) -> None:
    reasons: dict[str, list[str]] = {}
    for row, why in filing.stay:
        reasons.setdefault(why, []).append(row.name)
    for why, names in reasons.items():
        shown = ", ".join(names[:SHOWN_PER_REASON]) + (
            " …" if len(names) > SHOWN_PER_REASON else ""
        )
        console.out.print(f"{len(names)} stay: {why} ({shown})", markup=False, soft_wrap=True)


def _absolute(folder: Path | None) -> Path | None:
    return None if folder is None else folder.expanduser().absolute()


def _of_library(
    rules: BucketRules | None, version: str | None
) -> tuple[pd.DataFrame, list[Prediction]]:
    library = open_library()
    if version is not None:
        chosen = find_version(library.settings.label_model("bucket"), "bucket", version)
        asked = predict_with(library, "bucket", chosen)
        table = collect(library)
        return table, [asked[track] for track in table["track_id"]]
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
    table: pd.DataFrame, rules: BucketRules | None, settings: Settings, name: str | None
) -> list[Prediction]:
    path = table_model_path(settings, "bucket")
    if name is not None:
        path = version_path(path, find_version(path, table_kind("bucket"), name))
    try:
        bundle, version = load_table_model(path, "bucket")
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
