"""The batch against files that crash, hang, eat memory, move, and come in copies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile

from analysis.batch import BatchResult, Progress, analyse_batch, find_audio
from analysis.errors import NoAudioFiles
from analysis.isolation import Limits
from analysis.options import AnalysisOptions
from analysis.report import ANALYSIS_VERSION, Report
from tests.analysis import standins

TASK = "tests.analysis.standins:task"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calls.txt"
    path.touch()
    monkeypatch.setenv(standins.CALLS, str(path))
    return path


def make_track(path: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, 2_000)
    soundfile.write(path, noise, 8_000)
    return path


def run(music: Path | list[Path], **options: Any) -> BatchResult:
    folder = music if isinstance(music, Path) else music[0].parent
    options.setdefault("workers", 2)
    return analyse_batch(
        music, options.pop("reports", folder.parent / "reports"), task=TASK, **options
    )


def names(paths: list[Path]) -> list[str]:
    return sorted(path.name for path in paths)


def test_each_track_gets_a_report_named_after_it(music: Path) -> None:
    for seed in range(3):
        make_track(music / f"track {seed}.wav", seed)
    result = run(music)
    assert names(result.done) == ["track 0.wav", "track 1.wav", "track 2.wav"]
    assert not result.failed
    assert not result.interrupted
    for path, report_path in result.reports.items():
        report = Report.read(report_path)
        assert report_path.name == f"{path.stem}-{report.track_id[:8]}.json"
        assert report_path.with_suffix(".peaks").is_file()


def test_a_bad_file_never_stops_the_others(music: Path) -> None:
    for seed, behaviour in enumerate(["crash", "eat", "exit", "raise", "print", "good"]):
        make_track(music / f"{behaviour} {seed}.wav", seed)
    (music / "text.mp3").write_text("Dear diary, this is not music. " * 50)
    result = run(music, limits=Limits(time_sec=120.0, memory_mb=700))
    assert names(result.done) == ["good 5.wav", "print 4.wav"]
    said = {failure.path.name.split()[0]: failure.error for failure in result.failed}
    assert sorted(said) == ["crash", "eat", "exit", "raise", "text.mp3"]
    assert "SIGSEGV" in said["crash"]
    assert "memory" in said["eat"]
    assert "exit code 3" in said["exit"]
    assert "RuntimeError" in said["raise"]
    assert said["text.mp3"].startswith("UnreadableAudio: ")
    assert all("\n" not in error for error in said.values())
    traces = {failure.path.name.split()[0]: failure.trace for failure in result.failed}
    assert "RuntimeError: a bug" in traces["raise"]
    assert "Segmentation fault" in traces["crash"]


def test_a_hanging_file_never_stops_the_others(music: Path) -> None:
    make_track(music / "hang.wav", 0)
    make_track(music / "print.wav", 1)
    result = run(music, limits=Limits(time_sec=8.0))
    assert names(result.done) == ["print.wav"]
    (failure,) = result.failed
    assert failure.path.name == "hang.wav"
    assert "took too long" in failure.error


def test_what_has_a_report_is_not_computed_again(music: Path, calls: Path) -> None:
    for seed in range(3):
        make_track(music / f"track {seed}.wav", seed)
    first = run(music)
    before = {path: path.stat().st_mtime_ns for path in first.reports.values()}
    again = run(music)
    assert again.done == []
    assert len(again.skipped) == 3
    assert again.reports == first.reports
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(calls.read_text().splitlines()) == 3
    assert len(run(music, overwrite=True).done) == 3


def test_asking_for_more_than_the_report_has_computes_again(music: Path) -> None:
    make_track(music / "track.wav", 1)
    run(music)
    assert len(run(music, options=AnalysisOptions(embeddings=True)).done) == 1
    assert len(run(music, options=AnalysisOptions(embeddings=True)).skipped) == 1
    assert len(run(music).skipped) == 1


@pytest.mark.parametrize("damage", ["half", "no peaks", "old"])
def test_an_incomplete_report_is_made_again(music: Path, damage: str) -> None:
    make_track(music / "track.wav", 1)
    (path,) = run(music).reports.values()
    if damage == "half":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "no peaks":
        path.with_suffix(".peaks").unlink()
    else:
        now = f'"analysis_version": {ANALYSIS_VERSION}'
        path.write_text(path.read_text().replace(now, '"analysis_version": 0'))
    result = run(music)
    assert list(result.reports.values()) == [path]
    assert len(result.done) == 1
    Report.read(path)


def test_a_moved_and_retagged_file_finds_its_report(music: Path, calls: Path) -> None:
    old = music / "track.flac"
    make_track(old, 1)
    (report_path,) = run(music).reports.values()
    new = music / "deeper" / "new name.flac"
    new.parent.mkdir()
    old.rename(new)
    tags = mutagen.File(new)
    tags["title"], tags["artist"] = "New title", "Somebody"
    tags.save()
    result = run(music)
    assert result.reports == {new: report_path}
    assert names(result.skipped) == ["new name.flac"]
    metadata = Report.read(report_path).metadata
    assert (metadata.path, metadata.title, metadata.artist) == (str(new), "New title", "Somebody")
    assert len(calls.read_text().splitlines()) == 1


def test_copies_share_one_report(music: Path, calls: Path) -> None:
    make_track(music / "slow a.wav", 1)
    for copy in ("b.wav", "c.wav"):
        shutil.copy(music / "slow a.wav", music / copy)
    result = run(music)
    assert len(result.done) == 1
    assert len(result.skipped) == 2
    assert len(set(result.reports.values())) == 1
    assert len(calls.read_text().splitlines()) == 1


def test_a_copy_is_tried_where_the_first_fails(music: Path) -> None:
    make_track(music / "crash a.wav", 1)
    shutil.copy(music / "crash a.wav", music / "good b.wav")
    shutil.copy(music / "crash a.wav", music / "good c.wav")
    result = run(music)
    # where a good copy is the quicker of the two workers', the bad one shares its report
    assert names([failure.path for failure in result.failed]) in (["crash a.wav"], [])
    assert {"good b.wav", "good c.wav"} <= {path.name for path in result.reports}
    assert len(set(result.reports.values())) == 1


def test_tracks_of_one_name_get_reports_of_their_own(music: Path) -> None:
    for number in range(2):
        (music / str(number)).mkdir()
        make_track(music / str(number) / "01 track.wav", number)
    assert len(set(run(music).reports.values())) == 2


def test_reports_beside_the_audio(music: Path) -> None:
    make_track(music / "track.wav", 1)
    result = run(music, reports=None)
    assert [path.parent for path in result.reports.values()] == [music]
    assert len(run(music, reports=None).skipped) == 1


def test_progress_is_told_in_order(music: Path) -> None:
    for seed in range(4):
        make_track(music / f"track {seed}.wav", seed)
    (music / "empty.wav").touch()
    told: list[Progress] = []
    run(music, progress=told.append)
    assert [event.done for event in told] == [1, 2, 3, 4, 5]
    assert {event.total for event in told} == {5}
    assert sorted(event.status for event in told) == ["done"] * 4 + ["failed"]
    assert told[-1].remaining_sec == 0
    assert told[-1].tracks_per_sec > 0


def test_a_cancelled_batch_keeps_what_is_finished(music: Path) -> None:
    for seed in range(3):
        make_track(music / f"{seed} track.wav", seed)
    make_track(music / "hang.wav", 9)
    cancel = threading.Event()
    result = run(
        music,
        workers=1,
        cancel=cancel,
        progress=lambda event: cancel.set() if event.done == 3 else None,
    )
    assert result.interrupted
    assert len(result.done) == 3
    (music / "hang.wav").unlink()
    assert len(run(music).skipped) == 3


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no Ctrl-C that is sent to a group of processes"
)
def test_ctrl_c_ends_the_batch_and_its_processes(music: Path) -> None:
    make_track(music / "a good.wav", 1)
    make_track(music / "hang.wav", 2)
    script = textwrap.dedent(
        f"""
        import signal
        from analysis.batch import analyse_batch
        # a shell that runs the tests in the background has it ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
        result = analyse_batch({str(music)!r}, {str(music.parent / "reports")!r}, workers=1,
            task={TASK!r}, progress=lambda event: print("one", flush=True))
        print(result.interrupted, len(result.done), flush=True)
        """
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "one\n"
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "True 1\n"
        assert process.wait() == 0
    with pytest.raises(ProcessLookupError):  # nobody of its group is left
        os.killpg(process.pid, 0)


def test_find_audio(music: Path) -> None:
    (music / ".hidden").mkdir()
    (music / "sub").mkdir()
    for name in ("b.mp3", "a.WAV", "._a.wav", "notes.txt", ".hidden/c.mp3", "sub/d.flac"):
        (music / name).touch()
    found = [path.relative_to(music).as_posix() for path in find_audio([music])]
    assert found == ["a.WAV", "b.mp3", "sub/d.flac"]
    assert find_audio([music, music / "b.mp3"]) == find_audio([music])
    assert find_audio([music], "*.mp3") == [music / "b.mp3"]
    assert find_audio([music / "notes.txt"]) == [music / "notes.txt"]
    with pytest.raises(NoAudioFiles):
        find_audio([music], "*.ogg")


def test_no_files_is_no_work(tmp_path: Path) -> None:
    result = analyse_batch([], tmp_path, task=TASK)
    assert (result.done, result.failed, result.interrupted) == ([], [], False)
