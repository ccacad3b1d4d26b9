"""`segue buckets apply` as a person types it: look, do, take back; and what follows the files."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from library.library import Library
from library.predictions import Prediction
from library.settings import Settings
from tests.library.factory import make_report, write_reports
from training.filing import FilingBusy, _alone, settle

runner = CliRunner()


def buckets(*arguments: object) -> Result:
    return runner.invoke(app, ["buckets", *(str(part) for part in arguments)])


def make_home(home: Path, count: int) -> Settings:
    """Tracks without a bucket in one folder, each holding its own number."""
    settings = Settings(home / "home")
    reports = []
    for number in range(count):
        path = home / "music" / "in" / f"{number:03}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{number:03}".encode() * 500)
        reports.append(make_report(number, path=path))
    write_reports(reports, settings.reports)
    (home / "home" / "instructions.json").write_text(
        json.dumps({"allowed_folders": [str(home / "music")]})
    )
    return settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = make_home(tmp_path, 5)
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    library = Library(settings)
    library.refresh()
    ids = sorted(row.track_id for row in library.tracks())
    library.correct(ids[0], "bucket", "CLUB/TECHNO")
    library.correct(ids[1], "bucket", "in")
    library.predictions.write(
        "bucket",
        {
            ids[2]: Prediction("bucket", "CHILL", 0.9),
            ids[3]: Prediction("bucket", "CHILL", 0.3),
        },
    )
    library.refresh_words()
    library.close()
    return settings


def music(settings: Settings) -> dict[str, bytes]:
    root = settings.home.parent / "music"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_dry_run_touches_nothing_and_says_who_stays(home: Settings) -> None:
    before = music(home)
    done = buckets("apply")
    assert done.exit_code == 0, done.output
    assert music(home) == before
    assert "Would move 1; 3 lie in their bucket already" in done.output
    assert "a model would move it out of the folder it was put in" in done.output
    found = json.loads(buckets("apply", "--json", "--from", home.home.parent / "music").stdout)
    places = {Path(one["to"]).relative_to(home.home.parent).as_posix() for one in found["would"]}
    assert places == {"music/CLUB/TECHNO/000.wav", "music/CHILL/002.wav"}
    assert music(home) == before


def test_files_move_and_come_back_with_all_that_is_known_of_them(home: Settings) -> None:
    before = music(home)
    (home.home.parent / "music" / "CHILL").mkdir()
    (home.home.parent / "music" / "CHILL" / "002.wav").write_bytes(b"the DJ's own")
    done = buckets("apply", "--confirm", "--from", home.home.parent / "music")
    assert done.exit_code == 0, done.output
    after = music(home)
    assert after["CLUB/TECHNO/000.wav"] == before["in/000.wav"]
    assert after["CHILL/002 (2).wav"] == before["in/002.wav"]
    assert after["CHILL/002.wav"] == b"the DJ's own"
    assert set(after) - set(before) == {
        "CLUB/TECHNO/000.wav", "CHILL/002 (2).wav", "CHILL/002.wav",
    }  # fmt: skip
    library = Library(home)
    library.refresh()
    row = library.find("Track 0")
    assert library.path(row.track_id) == row.path
    assert row.path.parts[-3:] == ("CLUB", "TECHNO", "000.wav")
    assert (row.bucket.value, row.bucket.source) == ("CLUB/TECHNO", "dj")
    library.close()
    assert "Would move 0" in buckets("apply").output
    back = buckets("undo")
    assert back.exit_code == 0, back.output
    assert music(home) == {**before, "CHILL/002.wav": b"the DJ's own"}
    again = buckets("undo")
    assert again.exit_code != 0


def test_a_mix_takes_the_files_from_where_they_went(home: Settings, tmp_path: Path) -> None:
    assert buckets("apply", "--confirm").exit_code == 0
    plan = tmp_path / "plan.json"
    mixed = runner.invoke(app, ["mix", "Track 0", "Track 1", "--dry-run", "--plan", str(plan)])
    assert mixed.exit_code == 0, mixed.output
    place = Path(json.loads(plan.read_text())["a"]["path"])
    assert place.is_file()
    assert place.parts[-3:] == ("CLUB", "TECHNO", "000.wav")


def test_copies_go_elsewhere_and_the_originals_stay(home: Settings) -> None:
    before = music(home)
    stick = home.home.parent / "stick"
    done = buckets("apply", "--confirm", "--copy", "--into", stick)
    assert done.exit_code == 0, done.output
    assert music(home) == before
    copies = {p.relative_to(stick).as_posix() for p in stick.rglob("*.wav")}
    assert copies == {"CLUB/TECHNO/000.wav", "in/001.wav"}
    buckets("undo")
    assert not list(stick.rglob("*.wav"))
    assert music(home) == before


def say(home: Settings, *words: str) -> list[str]:
    """Say in which buckets the first tracks belong; return every track's id, sorted."""
    library = Library(home)
    library.refresh()
    ids = sorted(row.track_id for row in library.tracks())
    for track, word in zip(ids, words, strict=False):
        library.correct(track, "bucket", word)
    library.close()
    return ids


def test_a_track_of_several_buckets_goes_to_the_first_or_stays_in_one(home: Settings) -> None:
    before = music(home)
    ids = say(home, "Warm-up; CLUB/CLOSING", "Warm-up; in")
    assert buckets("apply", "--confirm").exit_code == 0
    after = music(home)
    assert after["Warm-up/000.wav"] == before["in/000.wav"]
    assert set(after) == (set(before) | {"Warm-up/000.wav"}) - {"in/000.wav"}
    # named the other way round it lies in one of them still
    assert say(home, "CLUB/CLOSING; Warm-up") == ids
    assert "Would move 0" in buckets("apply").output
    assert buckets("undo").exit_code == 0
    assert music(home) == before


def test_copies_fill_each_of_a_tracks_buckets_once_and_can_be_taken_back(home: Settings) -> None:
    before = music(home)
    ids = say(home, "Warm-up; in; CLUB/CLOSING")
    done = buckets("apply", "--confirm", "--copy")
    assert done.exit_code == 0, done.output
    added = {"Warm-up/000.wav", "CLUB/CLOSING/000.wav"}
    after = music(home)
    assert set(after) - set(before) == added
    assert {after[place] for place in added} == {before["in/000.wav"]}
    library = Library(home)
    library.refresh()
    assert library.row(ids[0]).folders == ("CLUB/CLOSING", "Warm-up", "in")
    # where the DJ's word is withdrawn, the copies speak for themselves
    library.undo(ids[0])
    library.undo(ids[0])
    assert library.row(ids[0]).bucket.values == ("CLUB/CLOSING", "Warm-up", "in")
    library.correct(ids[0], "bucket", "Warm-up; in; CLUB/CLOSING")
    library.close()
    assert "Would copy 0" in buckets("apply", "--copy").output, "each has its copy already"
    assert "Would move 0" in buckets("apply").output
    assert buckets("undo").exit_code == 0
    assert music(home) == before


def test_a_file_goes_to_the_bucket_that_has_no_copy_yet(home: Settings) -> None:
    library = Library(home)
    library.refresh()
    row = library.tracks(sort="title")[0]
    copy = home.home.parent / "music" / "zz" / "000.wav"
    copy.parent.mkdir()
    copy.write_bytes(row.path.read_bytes())
    library.note_file(copy, row.track_id)
    library.correct(row.track_id, "bucket", "zz; Closing")
    library.close()
    found = json.loads(buckets("apply", "--json").stdout)
    places = {Path(one["to"]).relative_to(home.home.parent).as_posix() for one in found["would"]}
    assert places == {"music/Closing/000.wav"}


def test_a_bucket_cannot_lead_out_of_the_library(home: Settings) -> None:
    root = home.home.parent
    (root / "elsewhere").mkdir()
    (root / "music" / "CLUB").symlink_to(root / "elsewhere")
    assert "leads out of the library" in buckets("apply", "--confirm").output + str(
        buckets("apply").output
    )
    assert not list((root / "elsewhere").rglob("*.wav"))


def test_two_programs_do_not_move_at_once(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("library.database.BUSY_TIMEOUT_MS", 50)
    library = Library(home)
    with _alone(home), pytest.raises(FilingBusy):
        settle(library)
    library.close()


def _apply_slowly(home: Path) -> None:
    """Run the command in a process of its own, slow enough that a kill meets every part of it."""
    import training.journal as journal

    os.environ["SEGUE_HOME"] = str(home)
    quick = journal.Disk.rename

    def rename(self: journal.Disk, old: Path, new: Path) -> None:
        time.sleep(0.004)
        quick(self, old, new)
        time.sleep(0.004)

    journal.Disk.rename = rename  # type: ignore[method-assign]
    buckets("apply", "--confirm")


def test_killed_twenty_times_the_command_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(11)
    settings = make_home(tmp_path, 60)
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    library = Library(settings)
    library.refresh()
    for row in library.tracks():
        library.notebook.record(row.track_id, "bucket", f"B{int(row.path.stem) % 7}/DEEP")
    library.refresh_words()
    library.close()
    before = music(settings)
    context = multiprocessing.get_context("forkserver")  # what is imported once need not be again
    context.set_forkserver_preload([__name__, "app.cli.buckets", "training.filing"])
    kills = 0
    while kills < 20:
        size = _journal_size(settings)
        process = context.Process(target=_apply_slowly, args=(settings.home,))
        process.start()
        until = size + draw.randrange(200, 3_000)
        while process.is_alive():
            if _journal_size(settings) >= until:
                time.sleep(draw.random() * 0.01)
                process.kill()
                process.join()
        assert process.exitcode in {0, -signal.SIGKILL}
        kills += process.exitcode == -signal.SIGKILL
        # what the dead program left: every file whole, once, and at most one empty reservation
        left = sorted(content for content in music(settings).values() if content)
        assert left == sorted(before.values())
        if not any(place.startswith("in/") for place in music(settings)):
            assert "Would move 0" in buckets("apply").output
            assert sorted(music(settings).values()) == sorted(before.values())
            while buckets("undo").exit_code == 0:
                pass
            assert music(settings) == before
    buckets("apply")
    assert sorted(music(settings).values()) == sorted(before.values())


def _journal_size(settings: Settings) -> int:
    return sum(file.stat().st_size for file in (settings.data / "filing").glob("*.jsonl"))
