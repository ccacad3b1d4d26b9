"""The root command and how errors leave it: one line, exit 1; usage is 2; a trace on request."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from analysis.errors import SegueError
from app.cli import analyse, console, learn, mix, notebook, system

app = typer.Typer(
    name="segue",
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


app.command("demo")(system.demo)
app.command("analyse")(analyse.analyse)
app.command("recommend")(learn.recommend)
app.command("mix")(mix.mix)
app.command("correct")(notebook.correct)
app.command("undo")(notebook.undo)
app.command("history")(notebook.history)
app.command("backup")(notebook.backup)
app.command("app")(system.app)
app.command("doctor")(system.doctor)
app.add_typer(learn.train_app, name="train")
app.add_typer(learn.models_app, name="models")


def main() -> None:
    """Run ``segue``: exit 0 when all went well, 1 on a named error, 2 on wrong usage."""
    try:
        app()
    except SegueError as error:
        if os.environ.get("SEGUE_DEBUG"):
            raise
        console.err.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.err.print("Stopped. What was finished is kept.")
        sys.exit(130)
