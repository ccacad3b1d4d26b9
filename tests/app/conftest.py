"""A small home with three short tracks, made without analysis: quick, and its truth is known."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.peaks import Peaks, write_peaks
from analysis.report import (
    Analysis,
    BeatGrid,
    Metadata,
    Mood,
    Report,
    Rhythm,
    Section,
    Structure,
    Tonal,
)
from app.decks import component
from app.decks.build import Built
from app.studio import Studio, get_studio
from library.library import Library
from library.settings import Settings
from tests.app.web import Client, serving
from training.learn import train_recommender_from

SAMPLE_RATE = 8_000
DURATION_SEC = 40.0
TRACKS = (
    ("Lantern", "Ada Quill", 120.0, "A minor", "8A", "CLUB/HOUSE"),
    ("Harbour", "Mono Tide", 122.0, "E minor", "9A", "CLUB/HOUSE"),
    ("Comet", "Orla Finch", 124.0, "A minor", "8A", "CLUB/TECHNO"),
)


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Give ``__main__`` back: Streamlit puts the page under test there.

    `multiprocessing` would run that page in each process that a later test starts.
    """
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def _write_track(settings: Settings, number: int) -> str:
    title, artist, bpm, key, camelot, bucket = TRACKS[number]
    folder = settings.demo / bucket
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{artist} - {title}.wav"
    time = np.arange(int(SAMPLE_RATE * DURATION_SEC)) / SAMPLE_RATE
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (100 + 50 * number) * time), SAMPLE_RATE)
    track_id = hashlib.md5(title.encode()).hexdigest()
    beats = np.arange(0.1, DURATION_SEC, 60 / bpm).tolist()
    report = Report(
        metadata=Metadata(
            path=str(path),
            title=title,
            artist=artist,
            sample_rate=SAMPLE_RATE,
            duration_sec=DURATION_SEC,
            channels=1,
            format="wav",
            content_hash=track_id,
        ),
        analysis=Analysis(
            rhythm=Rhythm(
                tempo_bpm_global=bpm,
                beat_times_sec=beats,
                downbeat_times_sec=beats[::4],
                beat_grid=BeatGrid(
                    bpm=bpm, first_beat_sec=0.1, first_downbeat_sec=0.1, confidence=0.9
                ),
            ),
            tonal=Tonal(key=key, camelot=camelot, key_confidence=0.8),
            mood=Mood(energy=0.6),
            structure=Structure(
                sections=[Section(start_sec=0.0, end_sec=DURATION_SEC, label="verse", energy=6)],
                mix_in_sec=0.1,
                mix_out_sec=32.0,
            ),
        ),
    )
    report_path = settings.reports / f"{title.lower()}-{track_id[:8]}.json"
    report.write(report_path)
    columns = np.full(int(DURATION_SEC * 150), 200, np.uint8)
    write_peaks(Peaks(columns, columns, columns), report_path.with_suffix(".peaks"))
    return track_id


@pytest.fixture(autouse=True)
def _bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the decks' module is built: what it does is no matter without a browser."""
    monkeypatch.setattr(component, "built", lambda: Built(Path("nowhere"), "0" * 12))


@pytest.fixture
def small_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home with three tracks and a recommender; the process's studio is of this home."""
    settings = Settings(tmp_path / "home")
    for number in range(len(TRACKS)):
        _write_track(settings, number)
    library = Library(settings)
    library.refresh()
    train_recommender_from(library)
    library.close()
    yield from _entered(settings, monkeypatch)


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home without anything; the process's studio is of this home."""
    settings = Settings(tmp_path / "empty")
    settings.home.mkdir()
    yield from _entered(settings, monkeypatch)


def _entered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    monkeypatch.setattr("sys.argv", ["streamlit"])
    get_studio.cache_clear()
    yield settings
    if get_studio.cache_info().currsize:
        get_studio().jobs.close()
        get_studio().library.close()
    get_studio.cache_clear()


@pytest.fixture
def studio(small_home: Settings) -> Studio:
    """The studio of the small home."""
    return get_studio()


@pytest.fixture
def client(studio: Studio) -> Iterator[Client]:
    """A client of the small home's routes."""
    with serving(studio) as one:
        yield one
