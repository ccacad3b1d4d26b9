"""What every command shares: consoles, progress bars, JSON output, the settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from library.settings import Settings, load_settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

ReportsOption = Annotated[
    Path | None, typer.Option("--reports", help="Work on this folder of reports instead.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs to read.")]


def settings(reports: Path | None = None) -> Settings:
    """Return the settings of this run (``SEGUE_HOME`` or the repository)."""
    return load_settings(other_reports=reports)


def print_json(payload: Any) -> None:
    """Print one JSON document on standard output."""
    sys.stdout.write(json.dumps(payload, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


class _TracksPerSecond(ProgressColumn):
    """Speed in whole items: '2.3/s', or 's/track' turned round when slow."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="dim")


@contextmanager
def progress_bar(description: str) -> Iterator[Progress]:
    """Show a progress bar on a terminal; stay quiet in a pipe.

    Yields the bar with one task (id 0) whose total is set by the first update.
    """
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _TracksPerSecond(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=err,
        disable=not err.is_terminal,
        transient=False,
    )
    with bar:
        bar.add_task(description, total=None)
        yield bar
