"""The page Set's work in the background, without a browser."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from app import set_tasks
from app.studio import Studio


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
