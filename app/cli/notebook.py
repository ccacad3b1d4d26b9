"""Commands for the DJ's own word: correct a track, undo, look back, back it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli import console
from app.cli.console import JsonFlag
from app.cli.tracks import open_library
from library.buckets import buckets_of_value, format_buckets, show_buckets
from library.grids import Grid, bar_one_here, double_grid, halve_grid, shift_grid
from library.library import Library
from library.notebook import Entry
from training.saying import say_buckets, take_back_word

TrackName = Annotated[str, typer.Argument(help="A path, a track id, or words of its name.")]


def correct(
    track: TrackName,
    shift_ms: Annotated[
        float | None, typer.Option(help="Move the beat grid by milliseconds; later is positive.")
    ] = None,
    double: Annotated[bool, typer.Option("--double", help="Twice the tempo.")] = False,
    halve: Annotated[bool, typer.Option("--halve", help="Half the tempo.")] = False,
    bar_one: Annotated[
        float | None, typer.Option(help="Bar 1 is at (the beat nearest to) this second.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="'A minor', 'Bbm' or '8A'.")] = None,
    genre: Annotated[str | None, typer.Option(help="The genre as you call it.")] = None,
    bucket: Annotated[
        str | None, typer.Option(help="The bucket, folders parted by '/', several by ';'.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Put analysis right. Your word is kept, outranks every model, and can be undone."""
    edits: list[Callable[[Grid], Grid]] = []
    if double:
        edits.append(double_grid)
    if halve:
        edits.append(halve_grid)
    if shift_ms is not None:
        edits.append(lambda grid: shift_grid(grid, shift_ms))
    if bar_one is not None:
        edits.append(lambda grid: bar_one_here(grid, bar_one))
    words = {"key": key, "genre": genre, "bucket": bucket}
    said = {kind: value for kind, value in words.items() if value is not None}
    if not edits and not said:
        raise typer.BadParameter("say what to correct; see `segue correct --help`")

    library = open_library()
    row = library.find(track)
    if edits:
        library.edit_grid(row.track_id, lambda grid: _apply(edits, grid))
    for kind, value in said.items():
        if kind == "bucket":
            say_buckets(library, {row.track_id: value}, "correct")
        else:
            library.correct(row.track_id, kind, value)
    row = library.row(row.track_id)
    state = {
        "track_id": row.track_id,
        "bpm": row.bpm.value,
        "key": row.key.value,
        "genre": row.genre.value,
        "bucket": format_buckets(row.bucket.values) or None,
    }
    if as_json:
        console.print_json(state)
        return
    bpm = "no tempo" if row.bpm.value is None else f"{row.bpm.value:.4f} BPM"
    console.out.print(
        f"{row.name}: {bpm}, {row.key.value or 'no key'}, genre {row.genre.value or '–'}, "
        f"bucket {show_buckets(row.bucket.values) or '–'}. `segue undo` takes the last word back.",
        markup=False,
    )


def undo(
    track: Annotated[str | None, typer.Argument(help="Only this track's newest word.")] = None,
) -> None:
    """Take back your newest correction (of one track, or of all)."""
    library = open_library()
    track_id = library.find(track).track_id if track else None
    entry = take_back_word(library, track_id)
    console.out.print(f"Took back: {entry.kind} of {_name(library, entry.content_hash)}.")


def history(
    track: Annotated[str | None, typer.Argument(help="Only this track.")] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Newest so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Show what you said, newest first."""
    library = open_library()
    track_id = library.find(track).track_id if track else None
    entries = library.notebook.history(track_id, limit=limit)
    if as_json:
        console.print_json([asdict(entry) for entry in entries])
        return
    table = Table("when", "track", "what", "value", box=None)
    for entry in entries:
        table.add_row(
            entry.time[:19].replace("T", " "),
            _name(library, entry.content_hash),
            entry.kind,
            _short(entry),
        )
    console.out.print(table)


def backup(
    to: Annotated[
        Path | None, typer.Argument(help="File or folder; default data/backups/.")
    ] = None,
) -> None:
    """Copy the notebook safely, also while the app is open."""
    settings = console.settings()
    library = Library(settings)
    name = f"notebook-{datetime.now(UTC):%Y%m%d-%H%M%S}.sqlite"
    target = to or settings.data / "backups"
    if to is None or target.is_dir():
        target = target / name
    written = library.notebook.backup(target)
    console.out.print(f"Notebook kept in {written}", markup=False, soft_wrap=True)


def _apply(edits: list[Callable[[Grid], Grid]], grid: Grid) -> Grid:
    for edit in edits:
        grid = edit(grid)
    return grid


def _name(library: Library, track_id: str) -> str:
    row = library.catalogue.row(track_id)
    return row.name if row else track_id[:8]


def _short(entry: Entry) -> str:
    text = str(entry.value)
    if entry.kind == "bucket":
        text = show_buckets(buckets_of_value(entry.value)) or "–"
    return text if len(text) <= 60 else text[:59] + "…"
