"""Many files in, their reports out: parallel, resumable, and safe from any one of them.

Each file is handled in a worker process (`analysis.isolation`). A track is its sound: before it
is analysed its content hash is looked up among the reports there are, so that nothing is
computed twice, a moved file finds its report again, and two copies share one.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from analysis.containers import AUDIO_SUFFIXES
from analysis.errors import AnalysisFailed, NoAudioFiles
from analysis.isolation import Limits, Message, Worker, WorkerDied
from analysis.naming import PEAKS_SUFFIX, ReportFolder
from analysis.options import AnalysisOptions
from analysis.outcomes import BatchResult, Failure, Progress
from analysis.report import ANALYSIS_VERSION, SCHEMA_VERSION

__all__ = [
    "DEFAULT_PATTERN",
    "BatchResult",
    "Failure",
    "Progress",
    "analyse_batch",
    "default_workers",
    "find_audio",
]

DEFAULT_PATTERN = "**/*"

TIME_PER_AUDIO_SEC = 2.0
"""An analysis takes a twentieth of the track's length; forty times that on a busy machine is
not yet a hang."""
OPTIONAL_TIME_FACTOR = 10.0
"""Embeddings and stems run neural networks."""

ANALYSE_ONE = "analysis.worker:analyse_one"


def find_audio(paths: Iterable[Path | str], pattern: str = DEFAULT_PATTERN) -> list[Path]:
    """Return the audio files that the paths stand for, each once.

    Parameters
    ----------
    paths
        Files, taken whatever they are called, and folders.
    pattern
        Which files of a folder: a glob relative to it. Hidden files and folders are left out.

    Raises
    ------
    NoAudioFiles
        If a folder has none.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        chosen = _audio_in(path, pattern) if path.is_dir() else [path]
        for file in chosen:
            found.setdefault(os.path.abspath(file), file)
    return list(found.values())


def _audio_in(folder: Path, pattern: str) -> list[Path]:
    files = [
        path
        for path in sorted(folder.glob(pattern))
        if path.suffix.lower() in AUDIO_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    if not files:
        raise NoAudioFiles(folder, pattern)
    return files


def analyse_batch(
    paths: Iterable[Path | str] | Path | str,
    reports_dir: Path | str | None,
    options: AnalysisOptions | None = None,
    *,
    pattern: str = DEFAULT_PATTERN,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
    limits: Limits | None = None,
    task: str = ANALYSE_ONE,
) -> BatchResult:
    """Bring the reports of many files up to date.

    Parameters
    ----------
    paths
        A file, a folder, or several of them.
    reports_dir
        Where reports go; None puts each beside its audio file.
    options
        What to leave out or add.
    pattern
        Which files of folders, see `find_audio`.
    overwrite
        Analyse even what has a report.
    workers
        How many processes; by default one a processor.
    progress
        Called in this thread after each file.
    cancel
        Setting it ends the batch as Ctrl-C does: what is finished stays, nothing is half.
    limits
        What one file may take before its length is known.
    task
        What a worker does with a file; `analysis.worker.analyse_one` unless a test says
        otherwise.

    Returns
    -------
    BatchResult
        One bad file never stops a batch: it is listed with its reason.

    Raises
    ------
    NoAudioFiles
        If a folder holds no audio.
    """
    files = find_audio([paths] if isinstance(paths, str | Path) else paths, pattern)
    batch = _Batch(
        files=files,
        reports_dir=None if reports_dir is None else Path(reports_dir),
        options=options or AnalysisOptions(),
        overwrite=overwrite,
        limits=limits or Limits(),
        task=task,
    )
    return batch.run(workers or default_workers(), progress, cancel or threading.Event())


def default_workers() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Outcome(NamedTuple):
    path: Path
    status: str
    report: Path | None = None
    failure: Failure | None = None
    original: Path | None = None  # of a copy: the file whose report it shares


def _record(outcome: _Outcome, result: BatchResult) -> None:
    if outcome.failure is not None:
        result.failed.append(outcome.failure)
        return
    (result.done if outcome.status == "done" else result.skipped).append(outcome.path)
    if outcome.report is not None:
        result.reports[outcome.path] = outcome.report


class _Batch:
    """One batch: the files to do, the reports known, and who is working on what."""

    def __init__(
        self,
        files: Sequence[Path],
        reports_dir: Path | None,
        options: AnalysisOptions,
        overwrite: bool,
        limits: Limits,
        task: str,
    ) -> None:
        self.files = files
        self.reports_dir = reports_dir
        self.options = options
        self.overwrite = overwrite
        self.limits = limits
        self.task = task
        self._lock = threading.Lock()
        self._folders: dict[Path, ReportFolder] = {}
        self._claimed: dict[str, tuple[Path, Path]] = {}  # hash → (file, report) of this batch
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        self._stopping = threading.Event()

    def run(
        self,
        workers: int,
        progress: Callable[[Progress], None] | None,
        cancel: threading.Event,
    ) -> BatchResult:
        """Run to the end, to a cancellation or to Ctrl-C."""
        began = time.monotonic()
        result = BatchResult()
        for file in self.files:
            self._waiting.put(file)
        crew = [Worker(self.task) for _ in range(min(workers, len(self.files)))]
        threads = [
            threading.Thread(target=self._work, args=(worker,), daemon=True) for worker in crew
        ]
        count = 0
        try:
            for thread in threads:
                thread.start()
            for outcome in self._settled(cancel):
                _record(outcome, result)
                count += 1
                if progress is not None:
                    progress(
                        Progress(
                            done=count,
                            total=len(self.files),
                            path=outcome.path,
                            status=outcome.status,
                            elapsed_sec=time.monotonic() - began,
                            analysed=len(result.done),
                        )
                    )
        except KeyboardInterrupt:
            pass
        finally:
            self._stopping.set()
            for worker in crew:
                self._waiting.put(None)
                worker.stop()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
        result.interrupted = count < len(self.files)
        result.elapsed_sec = time.monotonic() - began
        return result

    def _settled(self, cancel: threading.Event) -> Iterator[_Outcome]:
        """Yield what became of each file, in the order of finishing, until told to stop.

        A copy waits for the file whose report it shares; should that file fail (the same sound
        in a damaged container), the copy is tried itself.
        """
        left = len(self.files)
        copies: dict[Path, list[Path]] = {}
        finished: dict[Path, _Outcome] = {}
        while left:
            outcome = self._next_outcome(cancel)
            if outcome is None:
                return
            settled = [outcome]
            if outcome.original is not None:
                known = finished.get(outcome.original)
                if known is None:
                    copies.setdefault(outcome.original, []).append(outcome.path)
                    continue
                settled = self._settle_copies([outcome.path], known)
            else:
                finished[outcome.path] = outcome
                settled += self._settle_copies(copies.pop(outcome.path, []), outcome)
            left -= len(settled)
            yield from settled

    def _settle_copies(self, copies: list[Path], original: _Outcome) -> list[_Outcome]:
        if original.failure is None:
            return [_Outcome(copy, "skipped", original.report) for copy in copies]
        for copy in copies:
            self._waiting.put(copy)
        return []

    def _next_outcome(self, cancel: threading.Event) -> _Outcome | None:
        while not cancel.is_set():
            with contextlib.suppress(queue.Empty):
                return self._outcomes.get(timeout=0.1)
        return None

    def _work(self, worker: Worker) -> None:
        """Handle files until told to stop; one thread for each worker process."""
        while (path := self._waiting.get()) is not None and not self._stopping.is_set():
            try:
                outcome = self._handle(worker, path)
            except Exception as error:  # a fault of ours: the batch goes on all the same
                line = str(AnalysisFailed(path, f"{type(error).__name__}: {error}"))
                outcome = _Outcome(path, "failed", failure=Failure(path, line))
            if outcome.failure is not None:
                self._release(path)
            self._outcomes.put(outcome)
        worker.close()

    def _handle(self, worker: Worker, path: Path) -> _Outcome:
        payload = {
            "path": os.path.abspath(path),
            "options": asdict(self.options),
        }
        while True:
            fresh = worker.served == 0
            try:
                answer = worker.call(
                    payload, lambda question: self._answer(worker, path, question), self.limits
                )
                break
            except WorkerDied as death:
                # A process that has served before may have been the victim of an earlier file
                # (memory that piles up, a corrupted heap): this one gets a second, clean try.
                if not fresh and not self._stopping.is_set():
                    continue
                error = str(AnalysisFailed(path, death.reason))
                return _Outcome(path, "failed", failure=Failure(path, error, death.last_words))
        if "error" in answer:
            line = answer["error"] or str(AnalysisFailed(path, answer["unexpected"]))
            return _Outcome(path, "failed", failure=Failure(path, line, answer.get("trace", "")))
        report = Path(answer["report"])
        if answer["status"] == "copy":
            return _Outcome(path, "copy", report, original=Path(answer["original"]))
        return _Outcome(path, answer["status"], report)

    def _answer(self, worker: Worker, path: Path, question: Message) -> Message:
        """Answer a worker: what to do with a hash; thanks for a length."""
        if "duration_sec" in question:
            factor = TIME_PER_AUDIO_SEC
            if self.options.embeddings or self.options.stems:
                factor *= OPTIONAL_TIME_FACTOR
            worker.extend(self.limits.time_sec + factor * float(question["duration_sec"]))
            return {}
        return self._claim(path, str(question["content_hash"]))

    def _claim(self, path: Path, content_hash: str) -> Message:
        """Return what to do with a track; of several copies the first one takes it."""
        folder_path = Path(os.path.abspath(path)).parent
        if self.reports_dir is not None:
            folder_path = self.reports_dir
        with self._lock:
            claim = self._claimed.get(content_hash)
            if claim is not None and claim[0] != path:
                return {"verdict": "copy", "report": str(claim[1]), "original": str(claim[0])}
            folder = self._folders.get(folder_path)
            if folder is None:
                folder = self._folders[folder_path] = ReportFolder(folder_path)
            found = folder.find(content_hash)
            report = found[0] if found else folder.free_path(path.stem, content_hash)
            self._claimed[content_hash] = (path, report)
            folder.add(report, content_hash)
        known = found and not self.overwrite and self._is_current(found[0], found[1])
        return {"verdict": "known" if known else "analyse", "report": str(report)}

    def _release(self, path: Path) -> None:
        """Let another copy of a file that failed take its place."""
        with self._lock:
            for content_hash, (claimed_by, _) in list(self._claimed.items()):
                if claimed_by == path:
                    del self._claimed[content_hash]

    def _is_current(self, report: Path, payload: Message) -> bool:
        """Return whether a report says what an analysis now would."""
        metadata = payload["metadata"]
        requested = metadata.get("requested") or {}
        return (
            payload.get("schema_version") == SCHEMA_VERSION
            and metadata.get("analysis_version") == ANALYSIS_VERSION
            and (bool(requested.get("embeddings")) or not self.options.embeddings)
            and (bool(requested.get("stems")) or not self.options.stems)
            and report.with_suffix(PEAKS_SUFFIX).is_file()
        )
