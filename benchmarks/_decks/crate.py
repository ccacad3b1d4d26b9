"""The tracks that the decks are measured with, and the home that holds them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from analysis.batch import analyse_batch
from composer.encode import write_audio
from composer.osc import Samples
from composer.render import render_track
from composer.spec import compose_spec
from library.grids import Grid
from library.library import Library
from library.settings import Settings

SAMPLE_RATE = 44_100
FORMATS = ("mp3", "flac", "m4a")
SEED = 1
SHORT_SEC, LONG_SEC = 240.0, 360.0
QUICK_SHORT_SEC, QUICK_LONG_SEC = 60.0, 100.0

TESTS = {
    # name: tempo in BPM, first beat in seconds, burst in Hz, tone in Hz
    "burst a": (124.0, 0.35, 1500.0, 220.0),
    "burst b": (128.0, 0.80, 6000.0, 277.18),
}
"""Test signals: a burst on every beat, whose pitch tells the decks apart in a recording of both,
over a steady tone that shows every gap, click and change of pitch."""

BURST_SEC = 0.004
"""Standard deviation of a burst's envelope."""


def beat_times(name: str, seconds: float) -> list[float]:
    """Return the seconds of a test signal's bursts."""
    bpm, first, _, _ = TESTS[name]
    return [float(sec) for sec in np.arange(first, seconds - 1.0, 60.0 / bpm)]


def test_signal(name: str, seconds: float) -> Samples:
    """Return a test signal, shape (2, n)."""
    _, _, burst_hz, tone_hz = TESTS[name]
    sec = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    signal = 0.12 * np.sin(2 * np.pi * tone_hz * sec)
    reach = round(5 * BURST_SEC * SAMPLE_RATE)
    for beat in beat_times(name, seconds):
        middle = round(beat * SAMPLE_RATE)
        near = slice(max(0, middle - reach), middle + reach)
        off = sec[near] - beat
        envelope = np.exp(-0.5 * (off / BURST_SEC) ** 2)
        signal[near] += 0.5 * envelope * np.cos(2 * np.pi * burst_hz * off)
    return np.stack([signal, signal]).astype(np.float32)


def make_home(home: Path, quick: bool, tell: Callable[[str], None]) -> Settings:
    """Compose, write and analyse the tracks; what is there already is kept.

    Returns
    -------
    Settings
        Of a home with one composed track in every format and both test signals, whose grids are
        set to the truth, so that the decks are measured and not the analysis.
    """
    settings = Settings(home)
    short, long = (QUICK_SHORT_SEC, QUICK_LONG_SEC) if quick else (SHORT_SEC, LONG_SEC)
    settings.demo.mkdir(parents=True, exist_ok=True)
    if missing := [ending for ending in FORMATS if not _file(settings, "song", ending).is_file()]:
        tell("composing a track")
        song = render_track(compose_spec(SEED, "techno", short))
        for ending in missing:
            path = _file(settings, "song", ending)
            write_audio(path, song.samples, song.sample_rate, ending)
    for name in TESTS:
        if not _file(settings, name, "flac").is_file():
            tell(f"writing {name}")
            path = _file(settings, name, "flac")
            write_audio(path, test_signal(name, long), SAMPLE_RATE, "flac")
    tell("analysing")
    analyse_batch(settings.demo, settings.reports)
    with closing(Library(settings)) as library:
        library.refresh()
        for name, (bpm, first, _, _) in TESTS.items():
            track_id = library.find(name).track_id
            grid = Grid(bpm=bpm, first_beat_sec=first, first_downbeat_sec=first)
            library.correct(track_id, "grid", grid.to_value())
    return settings


def track_ids(settings: Settings) -> dict[str, str]:
    """Return the tracks' ids by file name."""
    with closing(Library(settings)) as library:
        rows: list[Any] = library.tracks(limit=20)
        return {Path(row.path).name: row.track_id for row in rows}


def _file(settings: Settings, name: str, ending: str) -> Path:
    return settings.demo / f"{name}.{ending}"
