"""Moving and copying a DJ's files so that no crash loses or doubles one.

Every step is written into a journal, and the journal to the disk, before the step is done. On one
file system a file moves by one rename onto a name that was reserved first, so that nothing is
overwritten; onto another it is copied beside its place, compared byte for byte by hash, renamed,
and only then is the original removed. `recover` finishes or takes back what a crash interrupted.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from training.journal import REMOVE, Disk, Journal, begun, read_journal, sha256, standing

Mode = Literal["move", "copy"]

MOST_NAMES = 1000
"""Tries for a free name; who has more files of one name has another problem."""


@dataclass(frozen=True)
class Order:
    """One file that shall go somewhere.

    Parameters
    ----------
    track_id
        Whose file it is.
    source
        Where it lies.
    target
        Where it shall lie; a free name beside it is chosen where this one is taken.
    """

    track_id: str
    source: Path
    target: Path


@dataclass
class Moved:
    """What became of a batch.

    Parameters
    ----------
    batch
        Its name, by which it can be undone.
    mode
        ``move`` or ``copy``.
    done
        (track id, from, to) of every file that is in its place now.
    failed
        (file, reason) of those that stayed where they were.
    """

    batch: str
    mode: Mode = "move"
    done: list[tuple[str, Path, Path]] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)


def carry_out(
    orders: Sequence[Order],
    journals: Path,
    mode: Mode = "move",
    *,
    disk: Disk | None = None,
    undoes: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Moved:
    """Move or copy files, one after another; one that fails stays where it was.

    Parameters
    ----------
    orders
        What goes where.
    journals
        Folder of journals, one a batch; call `recover` on it first.
    mode
        ``move`` or ``copy``.
    disk
        What the work is done with.
    undoes
        The batch that this one takes back.
    progress
        Told (done, total) files.
    """
    disk = disk or Disk()
    with begun(journals, disk, mode, undoes) as (batch, journal):
        result = Moved(batch, mode)
        for number, order in enumerate(orders):
            try:
                target = _carry(number, order, mode, journal, disk)
            except (OSError, ValueError, _Changed) as error:
                journal.write("failed", number, reason=_reason(error))
                result.failed.append((order.source, _reason(error)))
            else:
                result.done.append((order.track_id, order.source, target))
            if progress:
                progress(number + 1, len(orders))
    return result


def undo(journals: Path, batch: str, *, disk: Disk | None = None) -> Moved:
    """Take a batch back: moved files return, copies that nobody changed are removed.

    Parameters
    ----------
    journals
        Folder of journals, recovered.
    batch
        A name from `batches`; what of it cannot be taken back can be tried again.
    """
    disk = disk or Disk()
    mode, there = standing(journals)[batch]
    if mode == "move":
        back = [Order(one["track_id"], Path(one["target"]), Path(one["source"])) for one in there]
        return carry_out(back[::-1], journals, disk=disk, undoes=batch)
    with begun(journals, disk, REMOVE, batch) as (name, journal):
        result = Moved(name, "copy")
        for number, one in enumerate(there):
            copy, original = Path(one["target"]), Path(one["source"])
            journal.write("intend", number, track_id=one["track_id"], source=str(copy),
                          target=str(original))  # fmt: skip
            try:
                if sha256(original) != one["sha256"] or sha256(copy) != one["sha256"]:
                    raise _Changed("it or its original was changed since; both are kept")
                disk.remove(copy)
            except (OSError, _Changed) as error:
                journal.write("failed", number, reason=_reason(error))
                result.failed.append((copy, _reason(error)))
            else:
                journal.write("done", number)
                result.done.append((one["track_id"], copy, original))
    return result


def batches(journals: Path) -> list[str]:
    """Return the batches of which something can be undone, newest first."""
    return [batch for batch, (_, files) in reversed(standing(journals).items()) if files]


def recover(journals: Path, *, disk: Disk | None = None) -> list[tuple[str, Path]]:
    """Finish or take back what a crash interrupted.

    Returns
    -------
    list of (str, Path)
        Tracks whose files reached their place, and where: of every interrupted batch, since the
        crash may have come before anybody was told.
    """
    disk = disk or Disk()
    reached: list[tuple[str, Path]] = []
    for path in sorted(journals.glob("*.jsonl")):
        found = read_journal(path)
        if found.ended:
            continue
        with path.open("r+b") as file:
            # a line that the crash cut short says nothing; what follows must stand on its own
            file.truncate(found.whole_bytes)
            file.seek(0, os.SEEK_END)
            journal = Journal(file, disk)
            for number, one in found.files.items():
                if one.get("state") is None:
                    one["state"] = _settle(number, one, found.mode, journal, disk)
                if one["state"] == "done":
                    reached.append((one["track_id"], Path(one["target"])))
            journal.write("end")
    return reached


class _Changed(Exception):
    """A file that is not what it was a moment ago."""


def _carry(number: int, order: Order, mode: Mode, journal: Journal, disk: Disk) -> Path:
    source, target = order.source, order.target
    if source.is_symlink():
        raise _Changed("it is a link; only real files are moved")
    before = source.stat()
    if os.path.lexists(target) and os.path.samefile(source, target):
        raise _Changed("it lies there already")
    for folder in reversed([one for one in target.parents if not one.exists()]):
        disk.make_folder(folder)
    rename = mode == "move" and disk.same_system(source.parent, target.parent)
    facts = {
        "track_id": order.track_id,
        "source": str(source),
        "size": before.st_size,
        "mtime_ns": before.st_mtime_ns,
    }
    for name in _names(target):
        if os.path.lexists(name):
            continue
        journal.write("intend", number, **facts, target=str(name), rename=rename)
        try:
            disk.reserve(name)
        except FileExistsError:
            continue
        target = name
        break
    else:
        raise _Changed(f"every name like {target.name} is taken")
    try:
        _unchanged(source, before)
        if rename and not _renamed(source, target, disk):
            rename = False
            journal.write("intend", number, **facts, target=str(target), rename=rename)
        if not rename:
            _copy(number, source, target, before, journal, disk)
    except BaseException:
        _drop_empty(target, disk)
        raise
    disk.sync_folder(target.parent)
    if mode == "move":
        if not rename:
            try:
                _unchanged(source, before)
                disk.remove(source)
            except (OSError, _Changed):
                disk.remove(target)  # the original stays, so its copy must not
                raise
        disk.sync_folder(source.parent)
    journal.write("done", number)
    return target


def _renamed(source: Path, target: Path, disk: Disk) -> bool:
    """Rename; return False where two mounts of one system refuse it."""
    try:
        disk.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _copy(
    number: int,
    source: Path,
    target: Path,
    before: os.stat_result,
    journal: Journal,
    disk: Disk,
) -> None:
    part = _part_of(target)
    try:
        digest = disk.copy(source, part)
        if sha256(part) != digest:
            raise _Changed("the copy is not like the original; is the disk all right?")
        _unchanged(source, before)
        journal.write("copied", number, sha256=digest)
        disk.rename(part, target)
    except BaseException as error:
        if not isinstance(error, FileExistsError):
            part.unlink(missing_ok=True)
        raise


def _settle(
    number: int, one: Mapping[str, Any], mode: str, journal: Journal, disk: Disk
) -> Literal["done", "failed"]:
    """Bring one interrupted file to its old or its new place, whichever is nearer."""
    source, target = Path(one["source"]), Path(one["target"])
    there = os.path.lexists(source)
    if mode == REMOVE:
        arrived = not there
    elif one["rename"]:
        arrived = not there and _is_like(target, one)
    else:
        arrived = "sha256" in one and _is_like(target, one) and sha256(target) == one["sha256"]
        if there and os.path.lexists(_part_of(target)):
            disk.remove(_part_of(target))
        if arrived and mode == "move" and there and _is_like(source, one):
            try:
                disk.remove(source)
            except OSError:
                disk.remove(target)
                arrived = False
    if arrived:
        journal.write("done", number)
        return "done"
    if there and mode != REMOVE:
        _drop_empty(target, disk)
    journal.write("failed", number, reason="interrupted")
    return "failed"


def _names(target: Path) -> Iterable[Path]:
    yield target
    for number in range(2, MOST_NAMES):
        yield target.with_name(f"{target.stem} ({number}){target.suffix}")


def _part_of(target: Path) -> Path:
    """Return where a copy under way lies: hidden, and short however long the name is."""
    short = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".{short}.segue-part")


def _drop_empty(path: Path, disk: Disk) -> None:
    """Give a reserved name back; a file that holds anything is not ours to remove."""
    try:
        if not path.is_symlink() and path.stat().st_size == 0:
            disk.remove(path)
    except FileNotFoundError:
        pass


def _unchanged(path: Path, before: os.stat_result) -> None:
    now = path.stat()
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise _Changed("it is being written at this moment; try again later")


def _is_like(path: Path, one: Mapping[str, Any]) -> bool:
    # times are coarser on some file systems, and a hash or the empty old place tells the rest
    return path.is_file() and not path.is_symlink() and path.stat().st_size == one["size"]


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there any more"
    return getattr(error, "strerror", None) or str(error)
