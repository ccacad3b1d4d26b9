"""A track's PCM while it is being decoded: what of it can be read, and what is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.errors import SegueError

FRAME_BYTES = 4
"""Two channels of 16 bits."""


@dataclass(eq=False)
class _Waiting:
    """A reader that waits for the bytes from ``first`` to ``upto``."""

    first: int
    upto: int
    loop: asyncio.AbstractEventLoop
    arrived: asyncio.Event


class PcmFile:
    """One track's PCM, whole or growing, where a reader waits first of all.

    Parameters
    ----------
    path
        The file.
    size
        Its length in bytes once it is whole.
    near
        A reader that waits for bytes no further ahead than this is served by going on.
    whole
        Whether all of it is there.
    """

    def __init__(self, path: Path, size: int, near: int = 0, *, whole: bool = False) -> None:
        self.size = size
        self._path = path
        self._near = near
        self._spans: list[tuple[int, int]] = [(0, size)] if whole else []
        self._problem: SegueError | None = None
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    @property
    def failed(self) -> bool:
        """Whether nothing more will come."""
        return self._problem is not None

    def open(self) -> BinaryIO:
        """Open it for reading; what is opened stays readable whatever becomes of the name."""
        with self._lock:
            return self._path.open("rb")

    def ready(self, first: int) -> int:
        """Return up to where can be read from byte ``first`` on: ``first`` if nothing can."""
        for begin, end in self._spans:
            if begin <= first < end:
                return end
        return first

    async def reach(self, first: int, upto: int) -> None:
        """Wait until the bytes from ``first`` to ``upto`` can be read.

        Raises
        ------
        SegueError
            If the track turned out to be unreadable.
        """
        one = _Waiting(first, upto, asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self.ready(first) >= upto or self._problem is not None:
                one.arrived.set()
            else:
                self._waiting.append(one)
        try:
            await one.arrived.wait()
        finally:  # a reader that went away must not be decoded for
            with self._lock, contextlib.suppress(ValueError):
                self._waiting.remove(one)
        if self._problem is not None:
            raise self._problem

    def next(self, at: int) -> tuple[int, int] | None:
        """Return the gap to decode from byte ``at`` on, if all is not there.

        It goes on unless it has run into what is there, or readers wait and all of them elsewhere:
        then it goes to where the newest of them waits.
        """
        with self._lock:
            wanted = [self.ready(one.first) // FRAME_BYTES * FRAME_BYTES for one in self._waiting]
            if wanted and not any(at <= place <= at + self._near for place in wanted):
                at = wanted[-1]
            gaps = self._gaps()
            here = [(max(at, begin), end) for begin, end in gaps if begin <= at < end]
            return next(iter(here or gaps), None)

    def _gaps(self) -> list[tuple[int, int]]:
        ends = [0, *(end for _, end in self._spans)]
        begins = [*(begin for begin, _ in self._spans), self.size]
        return [(end, begin) for end, begin in zip(ends, begins, strict=True) if end < begin]

    def grown(self, begin: int, end: int) -> None:
        """Let readers have the bytes from ``begin`` to ``end``."""
        with self._lock:
            spans = sorted([*self._spans, (begin, end)])
            self._spans = spans[:1]
            for first, last in spans[1:]:
                before, upto = self._spans[-1]
                if first <= upto:
                    self._spans[-1] = (before, max(upto, last))
                else:
                    self._spans.append((first, last))
            served = [one for one in self._waiting if self.ready(one.first) >= one.upto]
        self._tell(served)

    def fail(self, problem: SegueError) -> None:
        """Tell all who wait, and all who will ask, that nothing more comes."""
        with self._lock:
            self._problem = problem
            served = list(self._waiting)
        self._tell(served)

    @staticmethod
    def _tell(served: list[_Waiting]) -> None:
        for one in served:
            with contextlib.suppress(RuntimeError):  # that loop has ended, and its reader with it
                one.loop.call_soon_threadsafe(one.arrived.set)

    def rename(self, path: Path) -> None:
        """Give the file its lasting name."""
        # where a reader holds it open and the system minds, it keeps its old name
        with self._lock, contextlib.suppress(OSError):
            self._path.replace(path)
            self._path = path
