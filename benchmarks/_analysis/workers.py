"""Each engine in a process of its own, each track in a fresh child of it.

The worker loads the engine and runs it once on a short sound, so that imports and just-in-time
compilers are paid for. For every track it forks a child, whose CPU time and peak memory are then
that track's alone, and whose crash or hang costs one answer. Needs
processes that can fork: Linux or macOS.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks._analysis.engines import Answer, engine_named

TRACK_LIMIT_SEC = 900.0
"""Wall time after which an engine has no answer: many times what the slowest needs."""

WARM_SEC = 12.0
"""Length of the sound that engines are warmed on; shorter is silence to some beat trackers."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Run:
    """One engine on one track.

    Parameters
    ----------
    answer
        What it said; None if it failed.
    error
        Why there is no answer.
    cpu_sec
        CPU time of decoding and analysing, all threads.
    peak_mb
        Most memory in use at once, imports included, in 10⁶ bytes.
    yardstick_cpu_sec
        CPU time of the yardstick on this track in the run that measured ``cpu_sec``.
    """

    answer: Answer | None
    error: str = ""
    cpu_sec: float | None = None
    peak_mb: float | None = None
    yardstick_cpu_sec: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a plain form."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Run:
        """Return what ``to_json`` gave."""
        answer = plain["answer"]
        return cls(**{**plain, "answer": None if answer is None else Answer(**answer)})


def use_one_thread() -> None:
    """Keep numerical libraries of this process's children to one thread."""
    for name in ONE_THREAD:
        os.environ[name] = "1"


class Worker:
    """A warm process that runs one engine."""

    def __init__(self, engine: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(engine, theirs), daemon=False)
        self._process.start()
        theirs.close()

    def run(self, path: Path) -> Run:
        """Analyse one track."""
        try:
            self._pipe.send(str(path))
            return Run.from_json(self._pipe.recv())
        except (EOFError, OSError):
            return Run(None, f"the engine's process ended ({self._process.exitcode})")

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()


class Pool:
    """Workers by engine, each started when it is first needed."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.close()

    def run(self, engine: str, path: Path) -> Run:
        """Analyse one track with one engine."""
        if engine not in self._workers:
            self._workers[engine] = Worker(engine)
        return self._workers[engine].run(path)


def _serve(engine: str, pipe: Connection) -> None:
    """Answer paths with runs until the other end closes."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        _measured(engine, _warm_sound(Path(folder)))
    while True:
        try:
            path = Path(pipe.recv())
        except EOFError:
            return
        pipe.send(_in_child(engine, path).to_json())


def _in_child(engine: str, path: Path) -> Run:
    """Run the engine in a fork of this process."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(engine, path, theirs))
    child.start()
    theirs.close()
    try:
        if ours.poll(TRACK_LIMIT_SEC):
            return Run.from_json(ours.recv())
        child.kill()
        return Run(None, f"no answer within {TRACK_LIMIT_SEC:.0f} s")
    except EOFError:
        child.join()
        return Run(None, f"crashed ({child.exitcode})")
    finally:
        child.join()


def _answer(engine: str, path: Path, pipe: Connection) -> None:
    pipe.send(_measured(engine, path).to_json())
    pipe.close()


def _measured(engine: str, path: Path) -> Run:
    """Run the engine here and measure this process."""
    path.read_bytes()  # whoever comes first must not pay for the disk
    before = _cpu_sec()
    try:
        answer = engine_named(engine).run(path)
    except Exception as error:  # a peer's failure is a line in the table, not the table's end
        return Run(None, f"{type(error).__name__}: {error}")
    return Run(answer, cpu_sec=_cpu_sec() - before, peak_mb=_peak_mb())


def _cpu_sec() -> float:
    """Return CPU time of this process and of the commands that it ran."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    """Return the most memory this process, or a command that it ran, has had in use."""
    unit = 1 if sys.platform == "darwin" else 1024
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return peak * unit / 1e6


def _warm_sound(folder: Path) -> Path:
    """Write a short sound with beats and a tone."""
    rate = 44_100
    time_sec = np.arange(int(WARM_SEC * rate)) / rate
    clicks = np.exp(-60.0 * (time_sec % 0.5)) * np.random.default_rng(0).normal(size=len(time_sec))
    sound = 0.2 * clicks + 0.2 * np.sin(2 * np.pi * 220.0 * time_sec)
    path = folder / "warm.wav"
    soundfile.write(path, sound.astype(np.float32), rate)
    return path
