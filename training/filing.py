"""Files into their buckets' folders: who goes where, who stays and why; it can be undone.

The DJ's word moves any file. A model moves only what lies in no bucket yet, or below the folder
that the DJ named as unsorted: a folder that somebody chose is not a model's to overrule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import OperationalError

from library.buckets import bucket_path
from library.database import open_database, writing
from library.errors import BadCorrection
from library.folders import below, library_roots
from library.library import Library
from library.settings import Settings
from library.tracks import DJ, MODEL, TrackRow
from training.errors import TrainingError
from training.moving import Mode, Moved, Order, batches, carry_out, recover, undo


class FilingBusy(TrainingError):
    """Another program is moving files of this home."""

    def __init__(self) -> None:
        super().__init__("files of this library are being moved already; wait until that is done")


class NothingToTakeBack(TrainingError):
    """No batch of moves stands, or not the one that was named."""

    def __init__(self, batch: str | None) -> None:
        named = "" if batch is None else f" called {batch!r}"
        super().__init__(f"there is no batch of moved files{named} left to undo")


@dataclass
class Filing:
    """What would be done.

    Parameters
    ----------
    orders
        Files that go somewhere.
    rows
        {track id: its row}, of the tracks that go.
    stay
        (track, why) of those that would go if something were different.
    filed
        How many lie in their bucket's folder already.
    """

    orders: list[Order] = field(default_factory=list)
    rows: dict[str, TrackRow] = field(default_factory=dict)
    stay: list[tuple[TrackRow, str]] = field(default_factory=list)
    filed: int = 0


def plan_filing(
    library: Library,
    *,
    into: Path | None = None,
    unsorted: Path | None = None,
    mode: Mode = "move",
) -> Filing:
    """Return what `file_tracks` would do; nothing is touched.

    Parameters
    ----------
    library
        Tracks with their buckets.
    into
        Put the buckets' folders here; None: below the root that each file lies in.
    unsorted
        Everything below this folder may be moved on a model's word, too.
    mode
        Of a track with several buckets, ``move`` takes the file to the first of them unless it
        lies in one already; ``copy`` makes a copy for each that has none.
    """
    rows = library.tracks()
    roots = library_roots((row.path for row in rows), library.roots)
    found = Filing()
    for row in rows:
        homes = _homes(row, roots, into, unsorted)
        if isinstance(homes, str):
            found.stay.append((row, homes))
        elif not (lacking := _lacking(library, row, homes, mode)):
            found.filed += 1
        else:
            found.orders += [
                Order(row.track_id, row.path, folder / row.path.name) for folder in lacking
            ]
            found.rows[row.track_id] = row
    return found


def file_tracks(
    library: Library,
    filing: Filing,
    mode: Mode = "move",
    progress: Callable[[int, int], None] | None = None,
) -> Moved:
    """Move or copy files as planned; the catalogue learns where they are.

    What a crash interrupted earlier is settled first. Tags travel in the file, and notebook,
    report and predictions know a track by its sound.

    Raises
    ------
    FilingBusy
        If another program is at it.
    """
    with _alone(library.settings):
        _settle(library)
        done = carry_out(filing.orders, journals(library.settings), mode, progress=progress)
        _tell(library, [(track, target) for track, _, target in done.done])
    return done


def take_back(library: Library, batch: str | None = None) -> Moved:
    """Undo a batch (None: the newest).

    Raises
    ------
    FilingBusy
        If another program is at it.
    NothingToTakeBack
        If there is none.
    """
    with _alone(library.settings):
        _settle(library)
        left = batches(journals(library.settings))
        if not left or (batch is not None and batch not in left):
            raise NothingToTakeBack(batch)
        done = undo(journals(library.settings), batch or left[0])
        _tell(library, [(track, target) for track, _, target in done.done])
    return done


def settle(library: Library) -> int:
    """Settle what a crash interrupted; return how many files it concerned.

    Raises
    ------
    FilingBusy
        If another program is at it.
    """
    with _alone(library.settings):
        return _settle(library)


def journals(settings: Settings) -> Path:
    """Return the folder of the journals of moves."""
    return settings.data / "filing"


def _settle(library: Library) -> int:
    reached = recover(journals(library.settings))
    _tell(library, reached)
    return len(reached)


def _tell(library: Library, places: list[tuple[str, Path]]) -> None:
    """Let the catalogue know where files lie now."""
    known = ((path, library.catalogue.report_path(track)) for track, path in places)
    library.note_files({path: report for path, report in known if report is not None})


def _lacking(library: Library, row: TrackRow, homes: list[Path], mode: Mode) -> list[Path]:
    """Return the folders that a track's file goes to, of those where it belongs."""
    if mode == "move" and row.path.parent in homes:
        return []
    places = library.catalogue.paths(row.track_id) if row.copies > 1 else [row.path]
    held = {place.parent for place in places if place.is_file()}
    empty = [folder for folder in homes if folder not in held]
    return empty if mode == "copy" else (empty or homes)[:1]


def _homes(
    row: TrackRow, roots: list[Path], into: Path | None, unsorted: Path | None
) -> list[Path] | str:
    """Return the folders where a track belongs, the foremost first, or why its file stays."""
    if row.missing:
        return "its file is missing"
    if row.bucket.value is None or row.bucket.unsure:
        return "its bucket is unsure"
    free = not row.folders or (unsorted is not None and below(row.path, unsorted))
    if row.bucket.source == MODEL and not free:
        if row.bucket.value in row.folders:
            return [row.path.parent]
        return "a model would move it out of the folder it was put in"
    if row.bucket.source not in (DJ, MODEL):
        return [row.path.parent]
    root = into or _root_of(row.path, roots)
    if root is None:
        return "it lies in no folder of the library"
    try:
        names = [bucket_path(str(name)) for name in row.bucket.values]
    except BadCorrection as error:
        return error.message
    folders = [root.joinpath(*name.split("/")) for name in names]
    if not all(below(folder.resolve(), root.resolve()) for folder in folders):
        return "its bucket's folder leads out of the library"
    return folders


def _root_of(path: Path, roots: list[Path]) -> Path | None:
    holding = [root for root in roots if below(path, root)]
    return min(holding, key=lambda root: len(root.parts), default=None)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the home's lock for moves; it is let go even when the program is killed."""
    engine = open_database(settings.data / "filing.lock.sqlite", ())
    try:
        with writing(engine):
            yield
    except OperationalError as error:
        raise FilingBusy from error
    finally:
        engine.dispose()
