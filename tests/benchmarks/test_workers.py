"""Runs are measured, and an engine that fails costs one answer."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks._analysis import workers
from benchmarks._analysis.engines import Answer, Engine


def _nothing_missing() -> None:
    return None


def _run(path: Path) -> Answer:
    if path.name == "crash.wav":
        os._exit(3)
    if path.name == "bad.wav":
        raise ValueError("no music")
    held = np.ones(40_000_000)  # 320 MB
    while workers._cpu_sec() < 0.3:
        held[:1000].sum()
    return Answer(bpm=float(held[0]))


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine("test", "Test", _run, _nothing_missing)
    monkeypatch.setattr(workers, "engine_named", lambda name: engine)


def sound(folder: Path, name: str) -> Path:
    soundfile.write(folder / name, np.zeros(100, dtype=np.float32), 44100)
    return folder / name


def test_time_and_memory_are_the_tracks_own(tmp_path: Path) -> None:
    run = workers._in_child("test", sound(tmp_path, "a.wav"))
    assert run.answer == Answer(bpm=1.0)
    assert run.cpu_sec is not None
    assert run.peak_mb is not None
    assert run.cpu_sec > 0.1
    assert run.peak_mb > 320.0


def test_a_crash_and_an_error_are_answers_of_their_own(tmp_path: Path) -> None:
    assert workers._in_child("test", sound(tmp_path, "crash.wav")).error == "crashed (3)"
    failed = workers._in_child("test", sound(tmp_path, "bad.wav"))
    assert (failed.answer, failed.error) == (None, "ValueError: no music")


def test_a_hang_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "TRACK_LIMIT_SEC", 0.01)
    run = workers._in_child("test", sound(tmp_path, "a.wav"))
    assert run.error.startswith("no answer within")


def test_a_run_survives_its_plain_form() -> None:
    run = workers.Run(Answer(bpm=120.0, beats=[1.0], key="C major"), cpu_sec=1.0)
    assert workers.Run.from_json(run.to_json()) == run
    assert workers.Run.from_json(workers.Run(None, "x").to_json()) == workers.Run(None, "x")
