"""The root command and how errors leave it: one line, exit 1; usage is 2; a trace on request."""

from __future__ import annotations

import os
import sqlite3
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from analysis.errors import SegueError
from app.cli import console
from app.cli.lazy import Entry, lazy_group

COMMANDS = [
    Entry("demo", "app.cli.system:demo", "Compose, analyse and train on a crate: music at once."),
    Entry("analyse", "app.cli.analyse:analyse", "Analyse audio files and folders into reports."),
    Entry("recommend", "app.cli.learn:recommend", "Which tracks follow this one, and why."),
    Entry("mix", "app.cli.mix:mix", "Mix track A into track B, on the beat."),
    Entry("set", "app.cli.set:set_command", "Make a whole set: order, transitions, one file."),
    Entry("correct", "app.cli.notebook:correct", "Put analysis right; your word is kept."),
    Entry("undo", "app.cli.notebook:undo", "Take the last correction back."),
    Entry("history", "app.cli.notebook:history", "What you corrected, newest first."),
    Entry("backup", "app.cli.notebook:backup", "Back the notebook up safely."),
    Entry("app", "app.cli.system:app", "Open Segue in the browser."),
    Entry("doctor", "app.cli.system:doctor", "What is installed, what is missing, what to do."),
    Entry("train", "app.cli.learn:train_app", "Train the models on your library."),
    Entry("buckets", "app.cli.buckets:buckets_app", "Which bucket each track belongs in."),
    Entry("dataset", "app.cli.dataset:dataset_app", "The library as one table to learn from."),
    Entry("models", "app.cli.models:models_app", "Versions of the trained models."),
]

app = typer.Typer(
    name="segue",
    cls=lazy_group(COMMANDS),
    help="Analyse a music library, learn how it is organised, and mix it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        console.out.print(version("segue"))
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the trace behind an error.", envvar="SEGUE_DEBUG")
    ] = False,
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    if debug:
        os.environ["SEGUE_DEBUG"] = "1"


def _one_line(error: Exception) -> str:
    """Return what went wrong, also where the disk or a database is to blame and not we."""
    if isinstance(error, OSError) and error.filename is not None:
        what = f"{error.filename}: {error.strerror}"
    elif isinstance(error, DBAPIError):
        what = f"the library's files cannot be used: {error.orig}"
    else:
        what = str(error)
    named = what if isinstance(error, SegueError) else f"{type(error).__name__}: {what}"
    return " ".join(named.split())


def main() -> None:
    """Run ``segue``: exit 0 when all went well, 1 on a named error, 2 on wrong usage."""
    try:
        app()
    except (SegueError, OSError, sqlite3.Error, DBAPIError) as error:
        if os.environ.get("SEGUE_DEBUG"):
            raise
        console.err.print(_one_line(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.err.print("Stopped. What was finished is kept.")
        sys.exit(130)
