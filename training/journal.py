"""The journal of moved files, and the few things done to a disk: what a crash leaves to read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from training.errors import TrainingError

REMOVE = "remove"
"""Mode of a batch that takes copies back; the others are ``move`` and ``copy``."""

_CHUNK = 1 << 20


class Disk:
    """The few things done to a disk, each of which either happened or did not.

    Tests put a disk in its place that dies at any of them.
    """

    def write_line(self, file: IO[bytes], line: bytes) -> None:
        """Append a line and wait until it is on the disk."""
        file.write(line)
        file.flush()
        os.fsync(file.fileno())

    def make_folder(self, folder: Path) -> None:
        """Make one folder whose parent is there."""
        folder.mkdir(exist_ok=True)
        self.sync_folder(folder.parent)

    def reserve(self, path: Path) -> None:
        """Make an empty file; `FileExistsError` where the name is taken."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))

    def rename(self, old: Path, new: Path) -> None:
        """Put ``old`` in the place of ``new``, at once."""
        os.replace(old, new)

    def copy(self, source: Path, part: Path) -> str:
        """Copy a file with its times, wait for the disk, and return the SHA-256 of what was read.

        `FileExistsError` where ``part`` is taken.
        """
        digest = hashlib.sha256()
        with source.open("rb") as old, part.open("xb") as new:
            while chunk := old.read(_CHUNK):
                digest.update(chunk)
                new.write(chunk)
            new.flush()
            os.fsync(new.fileno())
        with contextlib.suppress(OSError):
            shutil.copystat(source, part)  # some cards and shares keep neither rights nor times
        return digest.hexdigest()

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Wait until a folder's names are on the disk, where the system can do that."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            return  # Windows opens no folders; there the journal's own order has to do
        with contextlib.suppress(OSError):
            os.fsync(handle)  # some network file systems refuse
        os.close(handle)

    def same_system(self, one: Path, other: Path) -> bool:
        """Return True where a rename can lead from one folder to the other."""
        return one.stat().st_dev == other.stat().st_dev


class JournalFailed(TrainingError):
    """The journal cannot be written: without it nothing more may be moved."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"the journal of moves cannot be written ({error}); nothing more was moved"
        )


class Journal:
    """One batch's journal, open for writing."""

    def __init__(self, file: IO[bytes], disk: Disk) -> None:
        self._file = file
        self._disk = disk

    def write(self, step: str, number: int | None = None, **facts: Any) -> None:
        """Write one line; when this returns, it is on the disk."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"step": step, "time": time, **({} if number is None else {"file": number})}
        # ASCII with escapes: names that are no valid text survive the way there and back
        line = json.dumps(entry | facts).encode("ascii") + b"\n"
        try:
            self._disk.write_line(self._file, line)
        except OSError as error:
            raise JournalFailed(error) from error


@dataclass
class Batch:
    """What a journal says.

    Parameters
    ----------
    batch, mode, undoes
        As it was begun.
    ended
        False after a crash.
    files
        {number: the newest intention, with ``state`` (done, failed) and ``sha256`` once known}.
    whole_bytes
        Length up to the last whole line.
    """

    batch: str
    mode: str = "move"
    undoes: str | None = None
    ended: bool = False
    files: dict[int, dict[str, Any]] = field(default_factory=dict)
    whole_bytes: int = 0

    def done(self) -> list[dict[str, Any]]:
        """Return the files that reached their place."""
        return [entry for entry in self.files.values() if entry.get("state") == "done"]


def read_journal(path: Path) -> Batch:
    """Return what a journal says, up to a line that a crash cut short."""
    found = Batch(path.stem)
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n"):
            break
        found.whole_bytes += len(line)
        step = entry["step"]
        if step == "begin":
            found.mode, found.undoes = entry["mode"], entry["undoes"]
        elif step == "end":
            found.ended = True
        elif step == "intend":
            # a second intention replaces the first, whose name was taken
            found.files[entry["file"]] = entry
        elif step == "copied":
            found.files[entry["file"]]["sha256"] = entry["sha256"]
        elif entry["file"] in found.files:
            found.files[entry["file"]]["state"] = step
    return found


def standing(journals: Path) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Return {batch: (mode, files of it that are where it put them)}, oldest first."""
    found = [read_journal(path) for path in sorted(journals.glob("*.jsonl"))]
    back: dict[str, set[str]] = {}
    for one in found:
        if one.undoes is not None:
            returned = {entry["source"] for entry in one.done()}
            back[one.undoes] = back.get(one.undoes, set()) | returned
    return {
        one.batch: (
            one.mode,
            [entry for entry in one.done() if entry["target"] not in back.get(one.batch, set())],
        )
        for one in found
        if one.undoes is None
    }


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_name() -> str:
    """Return a batch's name, which sorts by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"


@contextlib.contextmanager
def begun(
    journals: Path, disk: Disk, mode: str, undoes: str | None
) -> Iterator[tuple[str, Journal]]:
    """Begin a batch, and end it unless something unforeseen stops it."""
    journals.mkdir(parents=True, exist_ok=True)
    batch = new_name()
    with (journals / f"{batch}.jsonl").open("xb") as file:
        disk.sync_folder(journals)
        journal = Journal(file, disk)
        journal.write("begin", batch=batch, mode=mode, undoes=undoes)
        yield batch, journal
        journal.write("end")
