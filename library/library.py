"""The library: one door to reports, the DJ's notebook, predictions and the catalogue."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.audio import AUDIO_SUFFIXES
from analysis.errors import UnreadableReport
from analysis.hashing import content_hash
from analysis.report import Report
from library.buckets import SEPARATOR
from library.catalogue import Catalogue
from library.corrections import check_correction, corrected
from library.errors import AmbiguousTrack, BadCorrection, MissingAudio, UnknownTrack
from library.folders import typed_path
from library.grids import Grid, grid_of, parse_grid
from library.indexing import Progress, Refreshed, Sources, find_files, note_files, refresh
from library.instructions import Instructions, read_instructions
from library.notebook import Entry, Notebook
from library.predictions import Prediction, Predictions
from library.settings import Settings
from library.tracks import TrackRow, fold

REPORTS_KEPT = 256
"""Reports kept in memory: every track of a long set, some tens of megabytes."""

SHORTEST_ID = 6
"""Hex digits by which a person may name a track: unique in any library of a DJ."""


class Library:
    """The DJ's tracks.

    Parameters
    ----------
    settings
        Where everything lies.
    instructions
        The DJ's defaults; None reads ``instructions.json``. Its ``allowed_folders`` decide
        which tracks are listed (none named: all).

    Raises
    ------
    BadInstructions
        If ``instructions`` is None and the file holds bad values.
    UnusableDatabase
        If the notebook is damaged or from a newer Segue.
    """

    def __init__(self, settings: Settings, instructions: Instructions | None = None) -> None:
        if instructions is None:
            instructions, _ = read_instructions(settings.instructions)
        self.settings = settings
        self.instructions = instructions
        self.folders = tuple(instructions.folders(settings.home))
        self.notebook = Notebook(settings.notebook)
        self.predictions = Predictions(settings.predictions)
        self.catalogue = Catalogue(settings.catalogue)
        self._read = lru_cache(maxsize=REPORTS_KEPT)(_read_at)

    def close(self) -> None:
        """Let go of every file."""
        self.notebook.close()
        self.predictions.close()
        self.catalogue.close()

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders whose subfolders are the DJ's buckets, as far as somebody named them."""
        return (*self.folders, self.settings.demo, self.settings.uploads)

    # -- reading ---------------------------------------------------------------------------

    def tracks(
        self, search: str = "", sort: str = "artist", limit: int | None = None, offset: int = 0
    ) -> list[TrackRow]:
        """Return the tracks that match; see `Catalogue.tracks`."""
        return self.catalogue.tracks(search, sort, limit, offset, self._listed_folders())

    def ids(self) -> list[str]:
        """Return the id of every listed track."""
        return self.catalogue.ids(self._listed_folders())

    def count(self, search: str = "") -> int:
        """Return how many tracks match."""
        return self.catalogue.count(search, self._listed_folders())

    def row(self, track_id: str) -> TrackRow:
        """Return one track's row.

        Raises
        ------
        UnknownTrack
            If no report carries the id.
        """
        row = self.catalogue.row(track_id)
        if row is None:
            raise UnknownTrack(track_id)
        return row

    def rows(self, track_ids: Sequence[str]) -> dict[str, TrackRow]:
        """Return {track id: row} of some tracks, without those that no report carries."""
        return self.catalogue.rows(track_ids)

    def find(self, name: str) -> TrackRow:
        """Return the track that a person names: a path, a track id (or its start), or words.

        Raises
        ------
        UnknownTrack
            If none fits.
        AmbiguousTrack
            If several do and not exactly one of them has this title or file name.
        """
        path = typed_path(name)
        if os.path.isfile(path):  # a name too long for a file is none
            row = self.catalogue.row(content_hash(path))
            if row is not None:
                return row
        by_id = self.catalogue.ids_starting(name) if len(name) >= SHORTEST_ID else []
        if len(by_id) == 1:
            return self.row(by_id[0])
        fitting = self.catalogue.tracks(name)
        wanted = fold(name)
        exact = [row for row in fitting if wanted in (fold(row.title), fold(row.path.stem))]
        for found in (fitting, exact):
            if len(found) == 1:
                return found[0]
        if fitting:
            raise AmbiguousTrack(name, [row.name for row in fitting])
        raise UnknownTrack(name)

    def raw_report(self, track_id: str) -> Report:
        """Return the report as analysis wrote it. It is shared: don't change it.

        Raises
        ------
        UnknownTrack
            If there is none.
        UnreadableReport
            If its file went bad.
        """
        path = self.catalogue.report_path(track_id)
        if path is None:
            raise UnknownTrack(track_id)
        try:
            stamp = path.stat().st_mtime_ns
        except OSError as error:
            raise UnknownTrack(track_id) from error
        return self._read(path, stamp)

    def report(self, track_id: str) -> Report:
        """Return the report with the DJ's word in place of analysis. Don't change it."""
        return corrected(self.raw_report(track_id), self.notebook.latest(track_id))

    def playable(self, track_id: str) -> Report:
        """Return the corrected report, naming a copy of the audio; see `path` for errors."""
        return self.report(track_id).at(self.path(track_id))

    def reports(self) -> Iterator[Report]:
        """Yield the corrected report of every listed track, in the order of track ids.

        Reports that went bad since the last refresh are passed over; the next one names them
        among the catalogue's problems.
        """
        said = self.notebook.latest_of()
        for track_id in sorted(row.track_id for row in self.tracks()):
            try:
                report = self.raw_report(track_id)
            except (UnknownTrack, UnreadableReport):
                continue
            yield corrected(report, said.get(track_id, {}))

    def path(self, track_id: str) -> Path:
        """Return a copy of the track's audio that exists.

        Raises
        ------
        UnknownTrack
            If no report carries the id.
        MissingAudio
            If every copy is gone.
        """
        places = self.catalogue.paths(track_id)
        if not places and self.catalogue.row(track_id) is None:
            raise UnknownTrack(track_id)
        for place in places:
            if place.is_file():
                return place
        raise MissingAudio(track_id, places)

    def peaks_path(self, track_id: str) -> Path:
        """Return where the track's waveform lies: beside its report, ending in ``.peaks``."""
        path = self.catalogue.report_path(track_id)
        if path is None:
            raise UnknownTrack(track_id)
        return path.with_suffix(".peaks")

    def predictions_of(self, track_id: str) -> dict[str, Prediction]:
        """Return {kind: prediction} of one track."""
        return self.predictions.of(track_id)

    def grid(self, track_id: str) -> Grid | None:
        """Return the track's grid: the DJ's, else analysis's, else None."""
        said = self.notebook.latest(track_id).get("grid")
        if said is not None:
            return parse_grid(said)
        return grid_of(self.raw_report(track_id).analysis.rhythm)

    # -- the DJ's word ---------------------------------------------------------------------

    def correct(self, track_id: str, kind: str, value: Any, source: str = "dj") -> int:
        """Keep the DJ's word on a track, and show it everywhere from now on.

        Parameters
        ----------
        track_id
            The track.
        kind, value
            See `corrections.check_correction`; None takes back what was said.
        source
            Who says so.

        Returns
        -------
        int
            The notebook entry's id.

        Raises
        ------
        UnknownTrack
            If no report carries the id.
        BadCorrection
            If the value cannot be true.
        """
        return self.correct_all(kind, {track_id: value}, source)[0]

    def correct_all(self, kind: str, values: Mapping[str, Any], source: str = "dj") -> list[int]:
        """Keep the DJ's word on several tracks, {track id: value}: all or none; see `correct`."""
        checked = {}
        for track_id, value in values.items():
            if self.catalogue.report_path(track_id) is None:
                raise UnknownTrack(track_id)
            if kind == "bucket" and isinstance(value, str) and SEPARATOR in value:
                # a folder of that very name is one bucket, and is refused as such
                known = map(fold, self.catalogue.values("bucket"))
                value = [value] if fold(value) in known else value
            checked[track_id] = check_correction(kind, value)
        entries = self.notebook.record_all(kind, checked, source)
        self.refresh_words()
        return entries

    def edit_grid(self, track_id: str, edit: Callable[[Grid], Grid]) -> Grid:
        """Apply one of the edits of `library.grids` to the track's grid and keep the result.

        Raises
        ------
        BadCorrection
            If the track has no grid to edit, or the result is none.
        """
        grid = self.grid(track_id)
        if grid is None:
            raise BadCorrection("grid", "the track has no grid yet; give its tempo and first beat")
        changed = edit(grid)
        self.correct(track_id, "grid", changed.to_value())
        return changed

    def undo(self, track_id: str | None = None, kind: str | None = None) -> Entry:
        """Withdraw the DJ's newest word (on a track, of a kind); see `Notebook.undo`."""
        entry = self.notebook.undo(track_id, kind)
        self.refresh_words()
        return entry

    def undo_all(self, track_ids: Iterable[str], kind: str) -> list[Entry]:
        """Withdraw the DJ's newest word of a kind on each track; see `Notebook.undo_all`."""
        entries = self.notebook.undo_all(track_ids, kind)
        self.refresh_words()
        return entries

    def hot_cues(self, track_id: str) -> dict[str, dict[str, Any]]:
        """Return {letter: {"at_sec", "name"}} of the track."""
        return dict(self.notebook.latest(track_id).get("hot_cues", {}))

    # -- keeping up ------------------------------------------------------------------------

    def refresh(self, progress: Progress | None = None) -> Refreshed:
        """Read what changed in reports, notebook and predictions since the last time."""
        return self._refresh(progress=progress)

    def rebuild(self, progress: Progress | None = None) -> Refreshed:
        """Read everything again."""
        return self._refresh(everything=True, progress=progress)

    def refresh_words(self) -> None:
        """Bring new words and predictions into the catalogue; report files are not looked at."""
        self._refresh(words_only=True)

    def add_report(self, report: Report, path: Path) -> TrackRow:
        """Write a report to ``path`` and list its track at once."""
        report.write(path)
        self.refresh()
        return self.row(report.track_id)

    def note_file(self, path: Path, track_id: str) -> None:
        """Remember a further copy, or the new place, of a track's audio."""
        note_files(self.catalogue, {Path(path).absolute(): track_id})
        self._refresh(words_only=True, also=(track_id,))

    def note_files(self, reports: Mapping[Path, Path]) -> None:
        """Remember where audio lies after a batch: {audio file: its report}.

        A copy or a moved file keeps the report of its sound, which names another place.
        """
        seen = {}
        for file, report in reports.items():
            track_id = self.catalogue.track_of(Path(report).absolute())
            if track_id is not None and file.is_file():
                seen[Path(file).absolute()] = track_id
        note_files(self.catalogue, seen)
        self._refresh(words_only=True, also=seen.values())

    def find_files(self, folders: Sequence[Path] = (), progress: Progress | None = None) -> int:
        """Look for moved files and further copies below ``folders`` (none named: all roots)."""
        found = find_files(
            self.catalogue, folders or self.roots, AUDIO_SUFFIXES, content_hash, progress
        )
        if found:
            self._refresh(words_only=True, also=found)
        return len(found)

    def _refresh(
        self,
        *,
        everything: bool = False,
        words_only: bool = False,
        also: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Refreshed:
        sources = Sources(self.settings.reports, self.folders, self.roots)
        return refresh(
            self.catalogue,
            self.notebook,
            self.predictions,
            sources,
            everything=everything,
            words_only=words_only,
            also=also,
            progress=progress,
        )

    def _listed_folders(self) -> tuple[Path, ...]:
        # what was dropped onto the page is listed wherever the music lives
        return (*self.folders, self.settings.uploads) if self.folders else ()


def _read_at(path: Path, _mtime_ns: int) -> Report:
    return Report.read(path)
