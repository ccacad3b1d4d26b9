"""`segue dataset`: the library as one table to learn from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console
from app.cli.console import JsonFlag, ReportsOption
from app.cli.tracks import open_library
from training.dataset import Cleaning, clean, collect, subset, write_dataset
from training.tables import read_csv

dataset_app = typer.Typer(
    help="The library as one table to learn from.", no_args_is_help=True, add_completion=False
)

SHOWN_PER_REASON = 3
"""Rows named for each reason on a terminal; ``--json`` names all."""


@dataset_app.callback()
def dataset() -> None:
    """Take the subcommands."""


@dataset_app.command("export")
def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="CSV.  [default: data/training_dataset_full.csv]"),
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option("--context", help="CSV with track_id and further columns to join."),
    ] = None,
    reports: ReportsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Join what was heard of each track with its genre and bucket; say what was left out."""
    library = open_library(reports)
    raw = collect(library, None if context is None else read_csv(context))
    table, report = clean(raw)
    out = out or library.settings.data / "training_dataset_full.csv"
    write_dataset(table, out)
    columns = {name: subset(table, name).shape[1] for name in ("X_genre", "X_bucket")}
    if as_json:
        console.print_json({"path": str(out), "columns": columns, **asdict(report)})
        return
    console.out.print(
        f"{out}: {report.rows_out} of {report.rows_in} tracks, {columns['X_genre']} columns heard"
        f" (X_genre), {columns['X_bucket']} with context (X_bucket)",
        markup=False,
        soft_wrap=True,
    )
    _print_cleaning(report)


def _print_cleaning(report: Cleaning) -> None:
    for reason, count in report.reasons().items():
        rows = [row for row, why in report.dropped.items() if why == reason]
        shown = ", ".join(rows[:SHOWN_PER_REASON]) + (" …" if count > SHOWN_PER_REASON else "")
        console.out.print(f"  left out {count}: {reason}: {shown}", markup=False)
    for what, count in report.mended.items():
        console.out.print(f"  made missing {count}: {what}", markup=False)
    if report.empty_columns:
        console.out.print(f"  {len(report.empty_columns)} empty columns left out")
    if report.lonely:
        console.out.print(f"  one track only: {'; '.join(report.lonely)}", markup=False)
