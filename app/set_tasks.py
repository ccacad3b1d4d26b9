"""The work behind the page Set: build, put into another order, render."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.report import Report
from app.jobs import Job, Lane
from app.set_picture import write_picture
from app.studio import Studio
from library.tracks import TrackRow
from mixing.sets.arcs import DEFAULT_ARC, find_arc
from mixing.sets.planner import plan_in_order, plan_set
from mixing.sets.render import PARTS, parts_of, render_set
from mixing.sets.set_plan import SetPlan
from mixing.sets.tracklist import write_beside
from mixing.sets.wishes import Wishes
from training.errors import NoModel
from training.learn import load_recommender

ALL_TRACKS = "All tracks"
"""The whole library as the crate."""
MOST_TRACKS = 400
"""Tracks that are weighed against one another; of more, those nearest in tempo to the middle."""
READ_AT_ONCE = 5_000
"""Tracks looked up between two questions whether to go on: a second or so."""

KEPT_PARTS = 1
"""Stopped renders of other sets whose finished stretches stay, so that they can go on."""
IN_USE_SEC = 3600.0
"""What another program may be rendering was written to within the hour."""


@dataclass(frozen=True)
class SetChoice:
    """A set as the DJ asks for it.

    Parameters
    ----------
    folder
        A folder below the library's root, or `ALL_TRACKS`.
    minutes
        About how long.
    arc, style
        Names of `mixing.sets.arcs` and `mixing.styles`.
    wishes
        First, last and locked tracks.
    seed
        Another one gives another set.
    """

    folder: str = ALL_TRACKS
    minutes: float = 60.0
    arc: str = DEFAULT_ARC
    style: str = "auto"
    wishes: Wishes = field(default_factory=Wishes)
    seed: int = 0


def folders(studio: Studio) -> list[str]:
    """Return the folders that a set can be made of, the whole library first."""

    def named() -> list[str]:
        found = studio.library.catalogue.folder_buckets()
        if studio.library.folders:  # only some of the music is listed
            listed = set(studio.library.ids())
            found = {track: names for track, names in found.items() if track in listed}
        return sorted({name for names in found.values() for name in names})

    return [ALL_TRACKS, *studio.recall(("set folders",), named)]


def start_build(studio: Studio, choice: SetChoice) -> Job:
    """Choose, order and plan a set; the job's result is the `SetPlan`."""
    return studio.jobs.submit(
        "set-plan", "Building the set", lambda job: _build(studio, job, choice), lane=Lane.RENDER
    )


def start_order(studio: Studio, plan: SetPlan, track_ids: Sequence[str]) -> Job:
    """Plan a set again in the DJ's own order; the job's result is the `SetPlan`."""

    def work(job: Job) -> SetPlan:
        reports = _reports(studio, job, track_ids)
        job.report("planning transitions")
        again = plan_in_order(reports, find_arc(plan.arc), plan.style, check=job.check)
        again.target_minutes = plan.target_minutes
        again.seed = plan.seed
        return again

    return studio.jobs.submit("set-plan", "Planning the set", work, lane=Lane.RENDER)


def start_render(studio: Studio, plan: SetPlan, file_format: str) -> Job:
    """Render a set; the job's result is the `SetPlan` on the clock of its file."""
    return studio.jobs.submit(
        "set",
        "Rendering the set",
        lambda job: _render(studio, job, plan, file_format),
        lane=Lane.RENDER,
        about={"plan": plan.to_json(), "format": file_format},
    )


def _build(studio: Studio, job: Job, choice: SetChoice) -> SetPlan:
    rows = [row for row in _rows(studio, job, choice.folder) if not row.missing]
    wished = {choice.wishes.first, choice.wishes.last}
    wished |= {each for lock in choice.wishes.locks for each in lock}
    reports = _reports(studio, job, [row.track_id for row in _nearest(rows, wished)])
    job.report("choosing and ordering")
    try:
        bundle = load_recommender(studio.settings.recommender)
    except NoModel:
        bundle = None
    return plan_set(
        reports,
        find_arc(choice.arc),
        choice.minutes,
        choice.style,
        choice.wishes,
        choice.seed,
        bundle,
        job.check,
    )


def _rows(studio: Studio, job: Job, folder: str) -> list[TrackRow]:
    """Return the row of every track of a folder, however large the library is."""
    found: list[TrackRow] = []
    at = 0
    while True:
        job.report("reading the library")
        read = studio.library.tracks(limit=READ_AT_ONCE, offset=at)
        found += [row for row in read if folder in (ALL_TRACKS, *row.folders)]
        at += len(read)
        if len(read) < READ_AT_ONCE:
            return found


def _reports(studio: Studio, job: Job, track_ids: Sequence[str]) -> list[Report]:
    """Return the reports of tracks, each with a copy of its sound that is there."""
    found: list[Report] = []
    for track_id in track_ids:
        job.report(f"reading reports {len(found) + 1}/{len(track_ids)}")
        found.append(studio.library.playable(track_id))
    return found


def _nearest(rows: Sequence[TrackRow], wished: set[str | None]) -> list[TrackRow]:
    """Return at most `MOST_TRACKS` rows: those wished for, and those nearest in tempo."""
    if len(rows) <= MOST_TRACKS:
        return list(rows)
    tempos = sorted(row.bpm.value for row in rows if row.bpm.value is not None)
    middle = tempos[len(tempos) // 2] if tempos else 0.0

    def distance(row: TrackRow) -> tuple[bool, float, str]:
        step = float("inf") if row.bpm.value is None else abs(row.bpm.value - middle)
        return row.track_id not in wished, step, row.track_id

    return sorted(rows, key=distance)[:MOST_TRACKS]


def set_file(studio: Studio, plan: SetPlan, file_format: str) -> Path:
    """Return where a set is written: a place of its own, so that no other set is written over.

    The same set has the same place: a render that was stopped goes on there.
    """
    minutes = round(plan.duration_sec / 60)
    opener = "".join(sign for sign in plan.tracks[0].title if sign.isalnum() or sign in " -")
    word = hashlib.sha256(plan.to_json().encode()).hexdigest()[:6]
    name = f"Set {plan.arc} {minutes} min - {opener[:40].strip()} {word}"
    return studio.settings.mixes / f"{name}.{file_format}"


def tidy(out: Path) -> list[Path]:
    """Remove what stopped renders of other sets have left beside ``out``, but the newest.

    Returns
    -------
    list of Path
        The folders removed.
    """
    left: list[tuple[float, Path]] = []
    for work in out.parent.glob(f"Set *{PARTS}"):
        with contextlib.suppress(OSError):
            if work != parts_of(out) and work.is_dir():
                newest = max([work, *work.iterdir()], key=lambda path: path.stat().st_mtime)
                left.append((newest.stat().st_mtime, work))
    left.sort(reverse=True)
    in_use = time.time() - IN_USE_SEC
    removed = [work for at, work in left[KEPT_PARTS:] if at < in_use]
    for work in removed:
        shutil.rmtree(work, ignore_errors=True)
    return removed


def _render(studio: Studio, job: Job, plan: SetPlan, file_format: str) -> SetPlan:
    out = set_file(studio, plan, file_format)
    tidy(out)
    done = render_set(plan, out, progress=lambda share, words: job.report(words, share))
    write_beside(done, out)
    write_picture(done, out.with_suffix(".html"))
    return done
