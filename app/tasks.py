"""The work behind the page's jobs: analyse a folder or a dropped file, learn."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.batch import BatchResult, Progress, analyse_batch
from analysis.errors import SegueError
from analysis.files import write_atomically
from analysis.report import Report
from app import demo
from app.errors import NoSuchFolder, UnusableUpload
from library.folders import typed_path

if TYPE_CHECKING:
    from app.jobs import Job
    from app.studio import Studio

AUTO_BARS = "auto"
"""The planner chooses the length."""
UPLOAD_TYPES = ["mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "aiff", "aif", "wma"]
"""Suffixes that the browser's file dialog offers."""
FORMATS = ("wav", "mp3")
"""What a transition may be written as; the first is the default."""

# Share of a folder's job that is analysis; the rest is learning.
ANALYSING_SHARE = 0.9


@dataclass(frozen=True)
class MixChoice:
    """A transition as the DJ asks for it.

    Parameters
    ----------
    first, second
        Ids of the track that goes out and the one that comes in.
    style
        A name of `mixing.styles`, or ``auto``.
    bars
        A length in bars, or `AUTO_BARS`.
    effects
        Names of `mixing.styles.EFFECTS`.
    file_format
        One of `FORMATS`.
    mix_out_sec, mix_in_sec
        Points that the DJ has set, in track time; None leaves them to the planner.
    """

    first: str
    second: str
    style: str = "auto"
    bars: str = AUTO_BARS
    effects: tuple[str, ...] = ()
    file_format: str = FORMATS[0]
    mix_out_sec: float | None = None
    mix_in_sec: float | None = None

    @property
    def bar_count(self) -> int | None:
        """The length for the planner; None where it chooses."""
        return None if self.bars == AUTO_BARS else int(self.bars)


def existing_folder(folder: str) -> Path:
    """Return the folder that the DJ named, absolute.

    Raises
    ------
    NoSuchFolder
        If it is not there.
    """
    path = typed_path(folder.strip().strip("\"'"))
    if not folder.strip() or not os.path.isdir(path):  # a name too long for a folder is none
        raise NoSuchFolder(folder)
    return path.resolve()


def make_demo(studio: Studio, job: Job) -> str:
    """Make the demo crate; return what came of it in words, '' where all went well."""
    made = demo.make_demo(studio.settings, job.report, cancel=job.stopping)
    job.check()
    if not made.failed:
        return ""
    path, why, *_ = made.failed[0]
    return f"{len(made.failed)} demo tracks failed; the first: {path.name} ({why})"


def analyse_folder(studio: Studio, job: Job, folder: Path) -> str:
    """Analyse a folder and learn from the whole library; return what came of it in words."""
    return _analyse_and_learn(studio, job, [folder])


def analyse_uploads(studio: Studio, job: Job, files: Sequence[tuple[str, bytes]]) -> str:
    """Keep and analyse dropped files and learn again; return what came of it in words."""
    kept = [_kept_upload(studio.settings.uploads, name, content) for name, content in files]
    return _analyse_and_learn(studio, job, kept)


def _analyse_and_learn(studio: Studio, job: Job, paths: Sequence[Path]) -> str:
    def tell(event: Progress) -> None:
        share = ANALYSING_SHARE * event.done / event.total
        job.report(f"{event.done}/{event.total} · {event.path.stem}", share)

    result = analyse_batch(paths, studio.settings.reports, progress=tell, cancel=job.stopping)
    job.check()
    if result.reports:
        train(studio, job)
    return outcome(result)


def outcome(result: BatchResult) -> str:
    """Say what became of a batch in one sentence."""
    count = len(result.done)
    said = f"{count} track{'' if count == 1 else 's'} analysed"
    if result.skipped:
        said += f", {len(result.skipped)} known already"
    if result.failed:
        path, why, *_ = result.failed[0]
        said += f", {len(result.failed)} failed; the first: {path.name} ({why})"
    return said


def analyse_upload(studio: Studio, job: Job, name: str, content: bytes) -> str:
    """Keep a dropped file, analyse it, and return its track id.

    Raises
    ------
    UnusableUpload
        If no report can be made of it; the file is not kept then.
    """
    path = _kept_upload(studio.settings.uploads, name, content)
    job.report("listening")
    try:
        result = analyse_batch([path], studio.settings.reports, workers=1, cancel=job.stopping)
        job.check()
        if result.failed:
            raise UnusableUpload(name, result.failed[0].error)
        track_id = Report.read(result.reports[path]).track_id
        studio.library.refresh()
        if result.skipped and _is_elsewhere(studio, track_id, path):
            path.unlink()  # the library has the same sound already, under its own name
        else:
            studio.library.note_file(path, track_id)
    except SegueError:
        path.unlink(missing_ok=True)
        raise
    return track_id


def safe_name(name: str) -> Path:
    """Return the relative path under which a browser's file is kept.

    A browser names the file, with its folders where a folder was dropped; no part of the name may
    lead anywhere else.
    """
    parts = [part.strip(". ") for part in re.split(r"[\\/]+", name)]
    plain = [re.sub(r'[\x00-\x1f\x7f:*?"<>|]', "_", part) for part in parts if part]
    return Path(*(plain or ["upload"]))


def _kept_upload(folder: Path, name: str, content: bytes) -> Path:
    wanted = folder / safe_name(name)
    path, number = wanted, 2
    while path.exists():
        if path.is_file() and path.read_bytes() == content:
            return path
        path = wanted.with_name(f"{wanted.stem} {number}{wanted.suffix}")
        number += 1
    write_atomically(path, content)
    return path


def _is_elsewhere(studio: Studio, track_id: str, path: Path) -> bool:
    places = studio.library.catalogue.paths(track_id)
    return any(place != path and place.is_file() for place in places)


def train(studio: Studio, job: Job) -> None:
    """Learn from the whole library again."""
    start = job.fraction or 0.0
    demo.learn(studio.settings, lambda words, share: job.report(words, start + (1 - start) * share))
