"""What a batch tells: how far it is, and what became of each file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Failure(NamedTuple):
    """A file without a report: its path, one line that says why, and a trace for developers."""

    path: Path
    error: str
    trace: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a batch is, told after each file.

    Parameters
    ----------
    done
        Files dealt with so far, whatever became of them.
    total
        Files in the batch.
    path
        The file just dealt with.
    status
        ``done``, ``skipped`` (there was a report) or ``failed``.
    elapsed_sec
        Time since the batch began.
    analysed
        Files analysed in this batch, which is what speed is measured by.
    """

    done: int
    total: int
    path: Path
    status: str
    elapsed_sec: float
    analysed: int

    @property
    def tracks_per_sec(self) -> float:
        """Files dealt with per second."""
        return self.done / self.elapsed_sec if self.elapsed_sec > 0 else 0.0

    @property
    def remaining_sec(self) -> float:
        """Time still needed at the speed so far."""
        return (self.total - self.done) / self.tracks_per_sec if self.done else 0.0


@dataclass
class BatchResult:
    """What became of each file.

    Parameters
    ----------
    done, skipped
        Files analysed now, and files that had a report (or share one with a copy).
    failed
        Files without a report.
    reports
        Report by file, of both ``done`` and ``skipped``.
    interrupted
        Whether the batch was stopped before its end.
    elapsed_sec
        Time taken.
    """

    done: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    reports: dict[Path, Path] = field(default_factory=dict)
    interrupted: bool = False
    elapsed_sec: float = 0.0
