from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.batch import BatchResult, Failure
from app import previews
from app.errors import NoSuchFolder, UnusableUpload
from app.jobs import Job, JobState
from app.studio import Studio
from app.tasks import MixChoice, existing_folder, outcome, safe_name


def ended(job: Job, studio: Studio) -> Job:
    while job.active:
        job.stopping.wait(0.05)
    return job


@given(st.text(max_size=40))
def test_no_upload_leads_out_of_its_folder(name: str) -> None:
    folder = Path("/home/dj/uploads")
    path = (folder / safe_name(name)).resolve()
    assert path != folder
    assert path.is_relative_to(folder)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("song.mp3", "song.mp3"),
        ("CLUB/TECHNO/song.mp3", "CLUB/TECHNO/song.mp3"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Users\\dj\\song.mp3", "C_/Users/dj/song.mp3"),
        ("/etc/passwd", "etc/passwd"),
        (".hidden.mp3", "hidden.mp3"),
        ('a:b*c?"<>|.mp3', "a_b_c_____.mp3"),
        ("..", "upload"),
        ("", "upload"),
    ],
)
def test_names_of_uploads(name: str, kept: str) -> None:
    assert safe_name(name).as_posix() == kept


def test_a_folder_is_named_as_people_paste_it(tmp_path: Path) -> None:
    assert existing_folder(f' "{tmp_path}" ') == tmp_path.resolve()
    for wrong, words in (
        ("", "no folder named"),
        ("  ", "no folder named"),
        ("x/y", "no folder 'x/y'"),
        ("~nobody-of-this-name/music", "no folder '~nobody"),
        ("long" * 300, "no folder 'long"),
        ("a\0b", "no folder 'a"),
    ):
        with pytest.raises(NoSuchFolder, match=words):
            existing_folder(wrong)


def test_the_outcome_of_a_batch_in_one_sentence() -> None:
    good, bad = Path("a.mp3"), Path("b.mp3")
    assert outcome(BatchResult(done=[good])) == "1 track analysed"
    result = BatchResult(
        done=[good, good], skipped=[good], failed=[Failure(bad, "UnreadableAudio: no audio")]
    )
    assert outcome(result) == (
        "2 tracks analysed, 1 known already, 1 failed; the first: b.mp3 (UnreadableAudio: no audio)"
    )


def test_a_choice_of_bars_is_a_number_or_left_to_the_planner() -> None:
    assert MixChoice("p", "q").bar_count is None
    assert MixChoice("p", "q", bars="16").bar_count == 16


def test_what_an_upload_says_is_about_the_dropped_name() -> None:
    error = UnusableUpload("song.mp3", "UnreadableAudio: /home/x/uploads/song.mp3: no audio in it")
    assert str(error) == "UnusableUpload: song.mp3 cannot be used: no audio in it"


def test_a_bad_upload_fails_in_one_line_and_is_not_kept(studio: Studio) -> None:
    job = ended(studio.start_upload("lyrics.mp3", b"la la la\n" * 99), studio)
    assert job.state is JobState.FAILED
    assert job.error.startswith("UnusableUpload: lyrics.mp3 cannot be used: ")
    assert "\n" not in job.error
    assert not list(studio.settings.uploads.iterdir())


def test_rendering_two_tracks_that_cannot_be_planned_is_refused_at_once(studio: Studio) -> None:
    track = studio.tracks()[0].track_id
    with pytest.raises(Exception, match="SameTrack"):
        previews.start(studio, MixChoice(track, track))
    assert studio.jobs.latest("render") is None
