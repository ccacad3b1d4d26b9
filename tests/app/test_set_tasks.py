"""Building a set from the page: of the whole library, and stopped at once."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import set_tasks
from app import studio as studio_module
from app.jobs import Job, JobCancelled, JobState, Lane
from app.set_tasks import ALL_TRACKS, SetChoice, folders, start_build
from app.studio import Studio
from library.library import Library
from mixing.sets.set_plan import SetPlan, SetTrack
from tests.app.conftest import TRACKS


def ended(job: Job) -> Job:
    while job.active:
        threading.Event().wait(0.01)
    return job


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Take the titles that a set would be chosen from; nothing is planned."""
    found: dict[str, list[str]] = {"titles": []}

    def plan_set(reports: list, *_rest: object) -> None:
        found["titles"] = sorted(report.metadata.title for report in reports)

    monkeypatch.setattr(set_tasks, "plan_set", plan_set)
    return found


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_a_set_is_made_of_more_than_a_list_shows(
    studio: Studio, planned: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(studio_module, "SHOWN_TRACKS", 1)
    monkeypatch.setattr(set_tasks, "READ_AT_ONCE", at_once)
    assert folders(studio) == [ALL_TRACKS, "CLUB/HOUSE", "CLUB/TECHNO"]
    ended(start_build(studio, SetChoice()))
    assert planned["titles"] == sorted(title for title, *_ in TRACKS)
    ended(start_build(studio, SetChoice(folder="CLUB/TECHNO")))
    assert planned["titles"] == ["Comet"]


def test_only_folders_with_listed_music_are_offered(
    small_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = f"{small_home.demo}/CLUB/HOUSE"  # type: ignore[attr-defined]
    some = Studio(small_home, [house])  # type: ignore[arg-type]
    try:
        assert folders(some) == [ALL_TRACKS, "CLUB/HOUSE"]
        assert some.count() == 2
    finally:
        some.jobs.close()
        some.library.close()


@pytest.mark.parametrize("stopped_at", ["tracks", "playable"])
def test_reading_stops_when_it_is_told_to(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, stopped_at: str
) -> None:
    read = []
    before: Callable = getattr(Library, stopped_at)
    job: list[Job] = []

    def watched(library: Library, *words: object, **more: object) -> object:
        read.append(1)
        job[0].cancel()
        return before(library, *words, **more)

    monkeypatch.setattr(set_tasks, "READ_AT_ONCE", 1)
    monkeypatch.setattr(Library, stopped_at, watched)

    def work(mine: Job) -> None:
        job.append(mine)
        set_tasks._build(studio, mine, SetChoice())

    done = ended(studio.jobs.submit("set-plan", "Building", work, lane=Lane.RENDER))
    assert done.state is JobState.CANCELLED
    assert len(read) == 1
    with pytest.raises(JobCancelled):
        done.check()


def test_a_track_with_copies_in_two_folders_may_be_chosen_in_each(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(reports: Any, *_: Any, **__: Any) -> set[str]:
        return {report.metadata.title for report in reports}

    monkeypatch.setattr(set_tasks, "plan_set", chosen)
    comet = next(row for row in studio.tracks() if row.title == "Comet")
    copy = comet.path.parent.parent / "HOUSE" / "Comet again.wav"
    shutil.copy(comet.path, copy)
    studio.library.note_file(copy, comet.track_id)
    studio.forget()
    assert set_tasks.folders(studio)[1:] == ["CLUB/HOUSE", "CLUB/TECHNO"]
    for folder, titles in (
        ("CLUB/TECHNO", {"Comet"}),
        ("CLUB/HOUSE", {"Comet", "Harbour", "Lantern"}),
    ):
        job = set_tasks.start_build(studio, set_tasks.SetChoice(folder=folder))
        while job.active:
            job.stopping.wait(0.05)
        assert job.result == titles


def test_no_set_is_written_over_another_and_the_same_one_goes_on(studio: Studio) -> None:
    reports = [studio.library.playable(row.track_id) for row in studio.tracks()]
    rising = SetPlan(
        arc="peak",
        duration_sec=100.0,
        sample_rate=44_100,
        tracks=[
            SetTrack(
                track_id=report.track_id,
                path=report.metadata.path,
                title=report.metadata.title,
                duration_sec=40.0,
                sample_rate=44_100,
                start_sec=0.0,
                end_sec=40.0,
            )
            for report in reports
        ],
        transitions=[],
    )
    other = rising.model_copy(deep=True)
    other.tracks[1:] = other.tracks[:0:-1]
    places = [set_tasks.set_file(studio, plan, "wav") for plan in (rising, other)]
    assert len(set(places)) == 2
    again = SetPlan.model_validate_json(rising.to_json())
    assert set_tasks.set_file(studio, again, "wav") == places[0]
    assert set_tasks.set_file(studio, rising, "mp3").stem == places[0].stem


def test_what_stopped_renders_have_left_does_not_pile_up(tmp_path: Path) -> None:
    def left(name: str, minutes_ago: int) -> Path:
        work = tmp_path / name
        work.mkdir()
        (work / "0000.wav").write_bytes(b"x")
        for path in (work / "0000.wav", work):
            os.utime(path, (time.time() - 60 * minutes_ago,) * 2)
        return work

    old = [left(f"Set peak 60 min - Comet 00000{n}.wav.parts", 500 + n) for n in range(3)]
    written_now = left("Set peak 60 min - Comet 00000f.flac.parts", 20)
    mine = left("my own.wav.parts", 900)
    out = tmp_path / "Set peak 60 min - Comet 000002.wav"
    (tmp_path / "Set peak 60 min - Comet 000001.wav").write_bytes(b"a whole set")
    assert set_tasks.tidy(out) == old[:2], "the one that goes on now stays"
    assert sorted(tmp_path.iterdir()) == sorted(
        [old[2], written_now, mine, tmp_path / "Set peak 60 min - Comet 000001.wav"]
    )
