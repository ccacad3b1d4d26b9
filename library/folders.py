"""Folders: which are the library's roots, what bucket a file lies in, what lies below them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


def typed_path(text: str | Path) -> Path:
    """Return the path that a person typed, the ``~`` of a known user put in full."""
    return Path(os.path.expanduser(text))  # pathlib's own raises where there is no such user


def below(path: Path, folder: Path) -> bool:
    """Return True where ``path`` lies in ``folder`` or deeper."""
    return path.is_relative_to(folder)


def library_roots(paths: Iterable[Path], known: Sequence[Path]) -> list[Path]:
    """Return the folders whose subfolders are the DJ's buckets.

    Parameters
    ----------
    paths
        Every audio file of the library.
    known
        Roots that somebody named: allowed folders, the demo crate, uploads.

    Returns
    -------
    list of Path
        The known roots, and for the files below none of them the deepest folder that holds
        them all: on several disks, one a disk.
    """
    roots = list(dict.fromkeys(known))
    strangers: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if path.is_absolute() and not any(below(path, root) for root in roots):
            # a common folder of files on different disks or mounts would be / itself
            strangers[os.sep.join(path.parts[:2])].append(str(path.parent))
    for folders in strangers.values():
        roots.append(Path(os.path.commonpath(folders)))
    return roots


def bucket_of(path: Path, roots: Sequence[Path]) -> str | None:
    """Return the folder below the nearest root, ``"CLUB/TECHNO"``, or None directly in a root.

    Parameters
    ----------
    path
        An audio file.
    roots
        `library_roots`; of several that hold the file, the one highest up counts, so that a
        root inside a root does not cut a bucket short.
    """
    holding = [root for root in roots if below(path, root)]
    if not holding:
        return None
    root = min(holding, key=lambda folder: len(folder.parts))
    folder = path.parent.relative_to(root).as_posix()
    return None if folder == "." else folder


def files_below(folders: Iterable[Path], suffixes: frozenset[str]) -> Iterator[os.DirEntry[str]]:
    """Yield every file with one of the suffixes in the folders or deeper, hidden ones left out.

    Folders that cannot be read are passed over; links to folders are not followed, as they may
    lead in a circle.
    """
    waiting = [str(folder) for folder in folders]
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif os.path.splitext(entry.name)[1].lower() in suffixes and entry.is_file():
                    yield entry
            except OSError:
                continue
