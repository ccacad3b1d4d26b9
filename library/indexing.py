"""Keeping the catalogue true: what changed in reports, notebook and predictions is read anew.

Reading happens outside, writing in one short transaction. Every step can be repeated without
harm, so two processes that refresh at once at worst do the same work twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, select

from analysis.errors import SegueError, UnreadableReport
from analysis.report import Report
from library.catalogue import Catalogue, files, meta, reports
from library.database import chunks, upsert, writing
from library.folders import files_below, library_roots
from library.notebook import Notebook
from library.predictions import Predictions
from library.track_rows import write_tracks
from library.tracks import facts_of

Progress = Callable[[int, int], None]
"""Called with (done, total)."""

_JSON = frozenset({".json"})


@dataclass(frozen=True)
class Sources:
    """What the catalogue is an index of.

    Parameters
    ----------
    reports
        The folder of reports.
    beside
        Folders whose JSONs beside the audio are used where ``reports`` holds none.
    roots
        Folders whose subfolders are buckets.
    """

    reports: Path
    beside: tuple[Path, ...] = ()
    roots: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found: numbers of tracks read, removed and changed otherwise."""

    read: int = 0
    removed: int = 0
    updated: int = 0

    @property
    def anything(self) -> bool:
        """True where a list on screen may now be out of date."""
        return bool(self.read or self.removed or self.updated)


@dataclass(frozen=True)
class _Read:
    """One report file as it was read."""

    path: str
    mtime_ns: int
    size: int
    content_hash: str | None
    problem: str | None
    facts: dict[str, Any] | None
    audio: str | None


def refresh(
    catalogue: Catalogue,
    notebook: Notebook,
    predictions: Predictions,
    sources: Sources,
    *,
    everything: bool = False,
    words_only: bool = False,
    also: Iterable[str] = (),
    progress: Progress | None = None,
) -> Refreshed:
    """Bring the catalogue up to date.

    Parameters
    ----------
    catalogue, notebook, predictions, sources
        The index and what it is an index of.
    everything
        Read all reports again, not only those whose time or size changed.
    words_only
        Leave the report files alone: only notebook and predictions may have changed.
    also
        Tracks whose files were found in new places.
    progress
        Told after every report read.
    """
    found, quiet = ({}, True) if words_only else _report_files(sources)
    with catalogue.engine.connect() as connection:
        stamps = select(reports.c.path, reports.c.mtime_ns, reports.c.size, reports.c.content_hash)
        known = {
            row.path: (row.mtime_ns, row.size, row.content_hash)
            for row in (() if words_only else connection.execute(stamps))
        }
        marks = {row.name: row.value for row in connection.execute(select(meta))}
    fresh = [
        (path, stamp)
        for path, stamp in found.items()
        if everything or known.get(path, (0, 0))[:2] != stamp
    ]
    read: list[_Read] = []
    for done, (path, stamp) in enumerate(fresh, 1):
        read.append(_read_report(path, stamp, quiet))
        if progress:
            progress(done, len(fresh))
    gone = [path for path in known if path not in found]
    touched = set(also)

    # the marks are read before the words themselves: what comes between is read twice, not lost
    new_marks = {
        "notebook": str(notebook.last_id()),
        "predictions": str(predictions.revision()),
        "roots": json.dumps([str(root) for root in sources.roots]),
    }
    if not (read or gone or touched or everything) and all(
        marks.get(name) == value for name, value in new_marks.items()
    ):
        return Refreshed()

    touched |= {row.content_hash for row in read if row.content_hash}
    touched |= {known[path][2] for path in gone if known[path][2]}
    touched |= {known[row.path][2] for row in read if row.path in known and known[row.path][2]}
    said_of = _changed(marks.get("notebook"), new_marks["notebook"], notebook.changed_since)
    guessed_of = _changed(
        marks.get("predictions"), new_marks["predictions"], predictions.changed_since
    )
    whole = everything or said_of is None or guessed_of is None
    with writing(catalogue.engine) as connection:
        _store_reports(connection, read, gone)
        roots, moved = _settle_roots(
            connection, sources, marks, bool(read or gone or touched), new_marks
        )
        some = touched | (said_of or set()) | (guessed_of or set())
        wanted = None if whole or moved else some
        updated, removed = write_tracks(connection, wanted, roots, notebook, predictions)
        upsert(connection, meta, [{"name": k, "value": v} for k, v in new_marks.items()])
    return Refreshed(
        read=sum(row.content_hash is not None for row in read), removed=removed, updated=updated
    )


def note_files(catalogue: Catalogue, places: Mapping[Path, str]) -> None:
    """Remember {audio file: content hash}, beside the places known already."""
    rows = [
        {"path": str(path), "content_hash": track, **_stamp(str(path))}
        for path, track in places.items()
    ]
    with writing(catalogue.engine) as connection:
        upsert(connection, files, rows)


def find_files(
    catalogue: Catalogue,
    folders: Iterable[Path],
    suffixes: frozenset[str],
    hash_of: Callable[[Path], str],
    progress: Progress | None = None,
) -> set[str]:
    """Look below ``folders`` for audio that the catalogue has not seen, and name it by its sound.

    Moved files and further copies are found this way. Files that cannot be hashed are passed
    over: `segue analyse` says what is wrong with them.

    Returns
    -------
    set of str
        The content hashes of the files that were new or had changed.
    """
    with catalogue.engine.connect() as connection:
        known = {row.path: (row.mtime_ns, row.size) for row in connection.execute(select(files))}
    new = []
    for entry in files_below(folders, suffixes):
        stamp = entry.stat()
        if known.get(entry.path) != (stamp.st_mtime_ns, stamp.st_size):
            new.append((entry.path, stamp.st_mtime_ns, stamp.st_size))
    rows: list[dict[str, Any]] = []
    for done, (path, mtime_ns, size) in enumerate(new, 1):
        try:
            track = hash_of(Path(path))
        except (OSError, SegueError):
            continue
        finally:
            if progress:
                progress(done, len(new))
        rows.append({"path": path, "content_hash": track, "mtime_ns": mtime_ns, "size": size})
    with writing(catalogue.engine) as connection:
        upsert(connection, files, rows)
    return {row["content_hash"] for row in rows}


def _report_files(sources: Sources) -> tuple[dict[str, tuple[int, int]], bool]:
    """Return {path: (mtime_ns, size)} and whether JSONs that are no reports are no problem."""
    for folders, quiet in (((sources.reports,), False), (sources.beside, True)):
        found = {}
        for entry in files_below(folders, _JSON):
            stamp = entry.stat()
            found[entry.path] = (stamp.st_mtime_ns, stamp.st_size)
        if found:
            return found, quiet
    return {}, True


def _read_report(path: str, stamp: tuple[int, int], quiet: bool) -> _Read:
    try:
        report = Report.read(Path(path))
    except UnreadableReport as error:
        return _Read(path, *stamp, None, None if quiet else error.reason, None, None)
    audio = Path(report.metadata.path)
    beside = Path(path).parent / audio.name
    if not audio.is_file() and beside.is_file():
        audio = beside  # report and audio moved together
    return _Read(path, *stamp, report.track_id, None, facts_of(report), str(audio.absolute()))


def _changed(old: str | None, new: str, since: Callable[[int], set[str]]) -> set[str] | None:
    """Return the tracks that changed between two marks; None for all of them."""
    if old is None or int(new) < int(old):
        return None  # the other file is new, was deleted, or restored from a backup
    return since(int(old))


def _store_reports(connection: Connection, read: Sequence[_Read], gone: Sequence[str]) -> None:
    for chunk in chunks(gone):
        connection.execute(delete(reports).where(reports.c.path.in_(chunk)))
    upsert(
        connection,
        reports,
        [
            {
                "path": row.path,
                "mtime_ns": row.mtime_ns,
                "size": row.size,
                "content_hash": row.content_hash,
                "problem": row.problem,
                "facts": None if row.facts is None else json.dumps(row.facts),
            }
            for row in read
        ],
    )
    upsert(
        connection,
        files,
        [
            {"path": row.audio, "content_hash": row.content_hash, **_stamp(row.audio)}
            for row in read
            if row.audio and row.content_hash
        ],
    )


def _stamp(path: str) -> dict[str, int | None]:
    try:
        found = os.stat(path)
    except OSError:
        return {"mtime_ns": None, "size": None}
    return {"mtime_ns": found.st_mtime_ns, "size": found.st_size}


def _settle_roots(
    connection: Connection,
    sources: Sources,
    marks: dict[str, str],
    files_changed: bool,
    new_marks: dict[str, str],
) -> tuple[list[Path], bool]:
    """Return the roots now, and whether they moved (then every bucket is worked out anew)."""
    before = marks.get("all_roots")
    if not files_changed and before and marks.get("roots") == new_marks["roots"]:
        return [Path(root) for root in json.loads(before)], False
    paths = connection.execute(select(files.c.path).order_by(files.c.path)).scalars()
    roots = library_roots((Path(path) for path in paths), sources.roots)
    new_marks["all_roots"] = json.dumps([str(root) for root in roots])
    return roots, new_marks["all_roots"] != before
