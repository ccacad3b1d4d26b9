"""Work that outlasts one run of the page: what, how far, how long, and a way out.

Two lanes keep long work from blocking short work: one for the library (composing, analysing,
training), one for rendering. Within a lane jobs run one after the other, so that a laptop never
analyses two folders at once. Jobs run in threads of the server's process; whatever they compute
must release the interpreter (NumPy, subprocesses) for the page to stay quick.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from analysis.errors import SegueError

_log = logging.getLogger(__name__)

# Finished jobs that are still answered for (a page may ask late); older ones are forgotten.
KEPT_JOBS = 50
# An estimate from less than this share of the work is a guess, so none is shown.
MIN_FRACTION_FOR_ESTIMATE = 0.04


class JobCancelled(SegueError):
    """Raised inside a job whose owner pressed Cancel; ends it without being a failure."""

    def __str__(self) -> str:
        return "JobCancelled: stopped as you asked"


class Lane(StrEnum):
    """Which queue a job waits in."""

    LIBRARY = "library"
    RENDER = "render"


class JobState(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Job:
    """One piece of work in the background.

    Read it from any thread; only the runner and the work itself write to it.

    Parameters
    ----------
    id
        Unique within this process; appears in URLs of rendered mixes.
    kind
        What sort of work: ``demo``, ``folder``, ``upload``, ``render`` …
    title
        What the DJ reads: 'Making the demo crate'.
    lane
        The queue it waits in.
    about
        What the work concerns, so that a page finds 'its' job (deck, track ids …).
    """

    id: str
    kind: str
    title: str
    lane: Lane
    about: dict[str, Any] = field(default_factory=dict)
    state: JobState = JobState.WAITING
    detail: str = ""
    fraction: float | None = None
    error: str = ""
    result: Any = None
    submitted_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def active(self) -> bool:
        """Whether the job waits or runs."""
        return self.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def elapsed_sec(self) -> float:
        """Seconds of work so far (0 while it waits)."""
        if self.started_at is None:
            return 0.0
        return (self.ended_at or self._clock()) - self.started_at

    @property
    def remaining_sec(self) -> float | None:
        """Estimated seconds to go at the speed so far; None while that would be a guess."""
        if not self.active or self.fraction is None:
            return None
        if self.fraction < MIN_FRACTION_FOR_ESTIMATE:
            return None
        return self.elapsed_sec * (1.0 - self.fraction) / self.fraction

    def report(self, detail: str, fraction: float | None = None) -> None:
        """Say what is being done and how far it is; raises if the owner pressed Cancel.

        Parameters
        ----------
        detail
            One short clause: 'analysing 5/16 · Nightjar'.
        fraction
            Share of the whole job that is done, 0–1, or None where unknown.

        Raises
        ------
        JobCancelled
            If :meth:`cancel` was called.
        """
        self.check()
        self.detail = detail
        if fraction is not None:
            self.fraction = fraction

    def check(self) -> None:
        """Raise :class:`JobCancelled` if the owner pressed Cancel."""
        if self._stop.is_set():
            raise JobCancelled

    def cancel(self) -> None:
        """Ask the job to stop; it does at its next :meth:`report` or before it starts."""
        self._stop.set()

    @property
    def stopping(self) -> threading.Event:
        """The event that :meth:`cancel` sets, for work that takes one."""
        return self._stop

    @property
    def cancelling(self) -> bool:
        """Whether Cancel was pressed and the work has not stopped yet."""
        return self.active and self._stop.is_set()


class Jobs:
    """Runs jobs in threads and remembers them.

    Parameters
    ----------
    clock
        Seconds that only go forward; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._numbers = itertools.count(1)
        self._pools = {
            lane: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"segue-{lane}")
            for lane in Lane
        }

    def submit(
        self,
        kind: str,
        title: str,
        work: Callable[[Job], Any],
        *,
        lane: Lane = Lane.LIBRARY,
        about: dict[str, Any] | None = None,
    ) -> Job:
        """Start ``work`` in the background.

        Parameters
        ----------
        kind, title, lane, about
            As in :class:`Job`.
        work
            Called with the job; what it returns becomes ``job.result``. It calls
            ``job.report`` often, which is also where Cancel takes effect.

        Returns
        -------
        Job
            The job, waiting or running already.
        """
        with self._lock:
            job = Job(
                id=f"{kind}-{next(self._numbers)}",
                kind=kind,
                title=title,
                lane=lane,
                about=dict(about or {}),
                submitted_at=self._clock(),
                _clock=self._clock,
            )
            self._jobs[job.id] = job
            self._forget_old()
        self._pools[lane].submit(self._run, job, work)
        return job

    def _run(self, job: Job, work: Callable[[Job], Any]) -> None:
        job.started_at = self._clock()
        try:
            job.check()
            job.state = JobState.RUNNING
            job.result = work(job)
        except JobCancelled as error:
            self._end(job, JobState.CANCELLED, str(error))
        except SegueError as error:
            self._end(job, JobState.FAILED, str(error))
        except Exception as error:
            # a fault of ours: the DJ reads one line, the log keeps the trace
            _log.exception("job %s failed", job.id)
            self._end(job, JobState.FAILED, f"{type(error).__name__}: {error}")
        else:
            job.fraction = 1.0
            self._end(job, JobState.DONE)

    def _end(self, job: Job, state: JobState, error: str = "") -> None:
        job.ended_at = self._clock()
        job.error = " ".join(error.split())
        job.state = state  # last, so that a reader who sees the end sees all of it

    def get(self, job_id: str) -> Job | None:
        """Return the job of that id, or None if there is none or it was forgotten."""
        with self._lock:
            return self._jobs.get(job_id)

    def active(self) -> list[Job]:
        """Return the jobs that wait or run, oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if job.active]

    def latest(self, kind: str) -> Job | None:
        """Return the newest job of a kind, finished or not."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.kind == kind), None)

    def of_kind(self, kind: str) -> list[Job]:
        """Return every job of a kind that is remembered, newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if job.kind == kind]

    def close(self) -> None:
        """Cancel everything and wait until the threads have stopped."""
        for job in self.active():
            job.cancel()
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def _forget_old(self) -> None:
        ended = [job_id for job_id, job in self._jobs.items() if not job.active]
        for job_id in ended[: max(0, len(self._jobs) - KEPT_JOBS)]:
            del self._jobs[job_id]
