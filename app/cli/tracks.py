"""How commands find the tracks a person names: in the library, else by analysing the file."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.batch import analyse_batch
from analysis.errors import SegueError
from app.cli import console
from library.errors import UnknownTrack
from library.folders import typed_path
from library.library import Library
from library.tracks import TrackRow


class NotAnalysed(SegueError):
    """A file that was named directly and could not be analysed; says why in analysis's words."""

    def __str__(self) -> str:
        return str(self.args[0])


def open_library(reports: Path | None = None) -> Library:
    """Open the library of this run (or one over another folder of reports), up to date."""
    library = Library(console.settings(reports))
    library.refresh()
    return library


def find_track(library: Library, name: str) -> TrackRow:
    """Return the track named; an audio file without a report is analysed first.

    Raises
    ------
    UnknownTrack
        If no track fits the name.
    NotAnalysed
        If it is a file that holds no audio we can read.
    """
    try:
        return library.find(name)
    except UnknownTrack:
        path = typed_path(name)
        if not os.path.isfile(path):
            raise
    if console.err.is_terminal:
        console.err.print(f"Analysing {path.name} first …", markup=False)
    result = analyse_batch(path, library.settings.reports)
    if result.failed:
        raise NotAnalysed(result.failed[0].error)
    library.refresh()
    return library.find(name)
