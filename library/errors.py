"""What can go wrong between a DJ and the library, each one line with what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import SegueError


class LibraryError(SegueError):
    """Base of the library's errors: ``str(error)`` is the class name and one sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.message}"


class UnknownTrack(LibraryError):
    """A track id that no report carries."""

    def __init__(self, track_id: str) -> None:
        super().__init__(f"no report for track {track_id!r}; run `segue analyse` on its file")
        self.track_id = track_id


class AmbiguousTrack(UnknownTrack):
    """A name that several tracks answer to."""

    def __init__(self, name: str, titles: Sequence[str]) -> None:
        shown = ", ".join(titles[:3]) + (" …" if len(titles) > 3 else "")
        LibraryError.__init__(
            self, f"{name!r} fits {len(titles)} tracks ({shown}); say more of the name, or its path"
        )
        self.track_id = name


class NoReports(LibraryError):
    """No report where reports were looked for."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(
            f"no reports in {folder}; run `segue analyse FOLDER` on your music, or `segue demo`"
        )
        self.folder = Path(folder)


class MissingAudio(LibraryError):
    """A track whose file is in none of the places it was seen."""

    def __init__(self, track_id: str, paths: Sequence[Path | str]) -> None:
        seen = ", ".join(str(path) for path in paths) or "nowhere"
        super().__init__(
            f"the file of track {track_id} is gone (last seen: {seen});"
            " put it back, or run `segue analyse` on the folder it moved to"
        )
        self.track_id = track_id
        self.paths = [Path(path) for path in paths]


class BadCorrection(LibraryError):
    """A correction that cannot be true."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class NothingToUndo(LibraryError):
    """An undo where nothing stands."""

    def __init__(self, what: str) -> None:
        super().__init__(f"nothing left to undo {what}")


class UnusableDatabase(LibraryError):
    """A database file that is damaged, or that a newer Segue wrote."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class BadInstructions(LibraryError):
    """Values in ``instructions.json`` that cannot be used, each with its line.

    Parameters
    ----------
    path
        The file.
    problems
        (line number from 1, what is wrong) for every bad value.
    """

    def __init__(self, path: Path | str, problems: Sequence[tuple[int, str]]) -> None:
        listed = "; ".join(f"line {line}: {problem}" for line, problem in problems)
        super().__init__(f"{path}: {listed}")
        self.path = Path(path)
        self.problems = list(problems)
