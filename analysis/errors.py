"""The errors a user may meet, each one line that says what is wrong and what to do next."""

from __future__ import annotations

from pathlib import Path


class SegueError(Exception):
    """Base of every expected error. ``str(error)`` is one line, fit for the DJ's eyes."""


class UnreadableAudio(SegueError):
    """A file that holds no audio we can decode.

    Parameters
    ----------
    path
        The file as the user named it.
    reason
        What is wrong and, where it helps, what to do, as a clause without a full stop.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = " ".join(str(reason).split())

    def __str__(self) -> str:
        return f"UnreadableAudio: {self.path}: {self.reason}"


class AnalysisFailed(SegueError):
    """A file whose analysis crashed, took too long, or needed too much memory.

    Parameters
    ----------
    path
        The file as the user named it.
    reason
        What happened, as a clause without a full stop.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = " ".join(str(reason).split())

    def __str__(self) -> str:
        return f"AnalysisFailed: {self.path}: {self.reason}"


class NoAudioFiles(SegueError):
    """A folder in which no audio file was found."""

    def __init__(self, folder: Path | str, pattern: str) -> None:
        super().__init__(str(folder), pattern)
        self.folder = Path(folder)
        self.pattern = pattern

    def __str__(self) -> str:
        return (
            f"NoAudioFiles: {self.folder}: no audio file matches {self.pattern!r}; "
            "name another folder or pattern"
        )


class UnreadableDocument(SegueError):
    """A file that is not what it should be, or of a version we do not know."""

    remedy = "make it again"

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = " ".join(str(reason).split())

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.path}: {self.reason}; {self.remedy}"


class UnreadableReport(UnreadableDocument):
    """A file that is not a Segue report."""

    remedy = "run `segue analyse` again"
