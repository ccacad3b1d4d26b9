"""What can go wrong when two tracks are mixed, each in one line with what to do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from analysis.errors import SegueError, UnreadableDocument


class MixingError(SegueError):
    """Base of the errors of planning and rendering."""


class SameTrack(MixingError):
    """The same sound on both sides of a transition."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.title = title

    def __str__(self) -> str:
        return f"SameTrack: {self.title!r} is on both sides; choose two different tracks"


class TooShort(MixingError):
    """A track without room for a transition."""

    def __init__(self, title: str, duration_sec: float, needed_sec: float) -> None:
        super().__init__(title, duration_sec, needed_sec)
        self.title = title
        self.duration_sec = duration_sec
        self.needed_sec = needed_sec

    def __str__(self) -> str:
        return (
            f"TooShort: {self.title!r} lasts {self.duration_sec:.1f} s and a transition needs "
            f"{self.needed_sec:.1f} s of it; choose fewer bars or a longer track"
        )


class MissingFile(MixingError):
    """A track whose audio is not where the report says."""

    def __init__(self, path: Path | str) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return (
            f"MissingFile: {self.path} is not there; plug in its drive or run `segue analyse` "
            "where the file lies now"
        )


class UnknownStyle(MixingError):
    """A style or effect nobody here has heard of."""

    def __init__(self, name: str, known: Iterable[str], what: str = "style") -> None:
        self.name = name
        self.known = tuple(known)
        self.what = what
        super().__init__(name, self.known, what)

    def __str__(self) -> str:
        return (
            f"UnknownStyle: there is no {self.what} {self.name!r}; choose one of "
            f"{', '.join(self.known)}"
        )


class BadBars(MixingError):
    """A length of transition that makes no musical sense."""

    def __init__(self, bars: object, allowed: Iterable[int]) -> None:
        self.bars = bars
        self.allowed = tuple(allowed)
        super().__init__(bars, self.allowed)

    def __str__(self) -> str:
        return (
            f"BadBars: a transition of {self.bars!r} bars is not possible; choose one of "
            f"{', '.join(map(str, self.allowed))}"
        )


class BadPoint(MixingError):
    """A mix-out or mix-in point of the DJ's own that lies outside the track."""

    def __init__(self, title: str, sec: float, reason: str) -> None:
        super().__init__(title, sec, reason)
        self.title = title
        self.sec = sec
        self.reason = reason

    def __str__(self) -> str:
        return f"BadPoint: {self.sec:.2f} s in {self.title!r}: {self.reason}"


class UnwritableMix(MixingError):
    """An output file that cannot be written."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = " ".join(reason.split())

    def __str__(self) -> str:
        return f"UnwritableMix: {self.path}: {self.reason}"


class BadCurve(MixingError):
    """What was to be moved by hand cannot be."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"BadCurve: {self.what}: {self.reason}"


class UnreadablePlan(UnreadableDocument, MixingError):
    """A file that is not a plan of a transition or a set."""

    remedy = "make it again with `segue mix` or `segue set`"
