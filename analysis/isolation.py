"""Running untrusted work in a process of its own, which may crash, hang or eat memory.

The parent holds a `Worker`; the child runs `serve`. They exchange JSON lines over the child's
standard input and output, so that nothing depends on how the parent was started (a script, a
notebook, Streamlit) and nothing but text crosses the border. The child's own prints and its
libraries' go to a scratch file that is read only when it dies.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from analysis.errors import SegueError

Message = dict[str, Any]
Ask = Callable[[Message], Message]

_POLL_SEC = 0.2
"""How often limits are checked: memory grows by less than a gigabyte meanwhile."""

_START_SEC = 300.0
"""Time for a child to import what it needs, on a cold disk and a busy machine."""

_LAST_WORDS_BYTES = 4_000
"""As much of a dead child's output as a trace needs."""

_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)
"""Workers are the parallelism; threads inside each would only fight over the cores."""

_CHILD = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from analysis.isolation import serve; serve()"
)
"""Ctrl-C is the parent's to handle, also while a child still imports what it needs."""


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take.

    Parameters
    ----------
    time_sec
        Wall-clock time until the answer, unless the parent extends it.
    memory_mb
        Resident memory; watched on Linux, elsewhere left to the system.
    """

    time_sec: float = 120.0
    memory_mb: int = 4_096


class WorkerDied(Exception):
    """The child did not answer: it crashed, or was stopped for breaking a limit.

    Parameters
    ----------
    reason
        What happened, as a clause.
    last_words
        The end of what the child printed.
    """

    def __init__(self, reason: str, last_words: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.last_words = last_words


class Worker:
    """One child process that does one piece of work at a time.

    It is started when first needed and again after it died. Not for use by several threads at
    once; only `stop` may be called from another.

    Parameters
    ----------
    task
        ``module:function`` to run in the child as ``function(payload, ask)``; it returns JSON.
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self.served = 0
        """Pieces of work that the present child has answered."""
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._output: IO[bytes] | None = None
        self._stopped = threading.Event()
        self._deadline = 0.0
        self._ready = False

    def call(self, payload: Message, answer: Ask, limits: Limits) -> Message:
        """Run the task on ``payload`` and return its result.

        Parameters
        ----------
        payload
            JSON for the task.
        answer
            Called with each question that the task asks; returns the reply. It may call
            `extend`.
        limits
            What the work may take.

        Raises
        ------
        WorkerDied
            If there was no result.
        """
        process = self._started()
        try:
            if not self._ready:
                self.extend(_START_SEC)
                self._next_message(process, limits)
                self._ready = True
            self.extend(limits.time_sec)
            self._send(process, payload)
            while True:
                message = self._next_message(process, limits)
                if "ask" not in message:
                    self.served += 1
                    return message
                self._send(process, answer(message["ask"]))
        except BaseException:
            # Whatever went wrong, a child in the middle of something is of no further use.
            self._end()
            raise

    def extend(self, time_sec: float) -> None:
        """Let the present work take this long from now on."""
        self._deadline = time.monotonic() + time_sec

    def stop(self) -> None:
        """End the child at once, whatever it is doing."""
        self._stopped.set()
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the child, which has nothing to do."""
        self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        environment = os.environ | _ONE_THREAD
        environment["PYTHONPATH"] = os.pathsep.join(part for part in sys.path if part)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed with the child
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, self.task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            env=environment,
        )
        self.served = 0
        self._ready = False
        self._answers = queue.SimpleQueue()
        reader = threading.Thread(
            target=_read_lines, args=(self._process.stdout, self._answers), daemon=True
        )
        reader.start()
        return self._process

    def _send(self, process: subprocess.Popen[bytes], message: Message) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(message).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            pass  # it died; waiting for its answer finds out how

    def _next_message(self, process: subprocess.Popen[bytes], limits: Limits) -> Message:
        while True:
            try:
                message = self._answers.get(timeout=_POLL_SEC)
            except queue.Empty:
                pass
            else:
                if message is None:
                    raise self._death(process)
                return message
            if self._stopped.is_set():
                raise WorkerDied("stopped")
            if time.monotonic() > self._deadline:
                raise WorkerDied("it took too long; the file may be damaged")
            used_mb = _resident_mb(process.pid)
            if used_mb is not None and used_mb > limits.memory_mb:
                raise WorkerDied(f"it needed more than {limits.memory_mb} MB of memory")

    def _death(self, process: subprocess.Popen[bytes]) -> WorkerDied:
        if self._stopped.is_set():
            return WorkerDied("stopped")
        code = process.wait()
        words = ""
        if self._output is not None:
            size = self._output.seek(0, os.SEEK_END)
            self._output.seek(max(0, size - _LAST_WORDS_BYTES))
            words = self._output.read().decode(errors="replace")
        how = f"exit code {code}"
        if code < 0:
            try:
                how = signal.Signals(-code).name
            except ValueError:
                how = f"signal {-code}"
        return WorkerDied(f"the analysis process crashed ({how}); the file may be damaged", words)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # unsent bytes for a dead child
                        pipe.close()
        if self._output is not None:
            self._output.close()
            self._output = None


def serve() -> None:
    """Do work for the parent until it goes away. The child's whole life."""
    faulthandler.enable()
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not disturb the conversation
    requests: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    source = os.fdopen(os.dup(0), "rb")
    threading.Thread(target=_read_until_parent_dies, args=(source, requests), daemon=True).start()

    def send(message: Message) -> None:
        channel.write(json.dumps(message).encode() + b"\n")
        channel.flush()

    def ask(message: Message) -> Message:
        send({"ask": message})
        return requests.get() or {}

    module, _, name = sys.argv[1].partition(":")
    task = getattr(importlib.import_module(module), name)
    send({"ready": True})
    while True:
        payload = requests.get() or {}
        try:
            send(task(payload, ask))
        except SegueError as error:
            send({"error": str(error)})
        except Exception as error:
            send({"error": "", "unexpected": _one_line(error), "trace": traceback.format_exc()})


def _one_line(error: Exception) -> str:
    """Return what went wrong and where, on one line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}: {words}"


def _read_lines(source: IO[bytes], target: queue.SimpleQueue[Message | None]) -> None:
    """Pass on JSON lines; None at the end."""
    try:
        for line in source:
            target.put(json.loads(line))
    except (OSError, ValueError):
        pass  # the pipe was closed, or cut in the middle of a line
    target.put(None)


def _read_until_parent_dies(source: IO[bytes], target: queue.SimpleQueue[Message | None]) -> None:
    """Pass on JSON lines; end the process with its parent, even from the middle of a hang."""
    for line in source:
        target.put(json.loads(line))
    os._exit(0)


def _resident_mb(pid: int) -> float | None:
    """Return a process's resident memory in MB, None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
