"""Reports made of nothing, for tests that need many tracks and no audio."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from analysis.report import (
    Analysis,
    BeatGrid,
    Dynamics,
    Instrumentation,
    Metadata,
    Mood,
    Phrase,
    Report,
    Rhythm,
    Section,
    Stats,
    Structure,
    Swing,
    Tonal,
)
from library.keys import parse_key

KEYS = ("A minor", "E minor", "C major", "F# minor", "D minor", "G major", "A# minor")


def make_report(
    number: int = 1,
    *,
    path: Path | str | None = None,
    title: str | None = None,
    artist: str | None = None,
    bpm: float | None = 126.0,
    key: str | None = "A minor",
    energy: float | None = 0.6,
    genre: str = "",
    duration_sec: float = 120.0,
    first_beat_sec: float = 0.1,
    seed: int | None = None,
    **extra: Any,
) -> Report:
    """Return a whole report of track ``number``; the timbre is drawn from ``seed``."""
    draw = random.Random(number if seed is None else seed)
    period = None if bpm is None else 60.0 / bpm
    beats: list[float] = []
    if period is not None:
        count = int((duration_sec - first_beat_sec) / period)
        beats = [first_beat_sec + k * period for k in range(count)]
    parsed = parse_key(key)
    bars = beats[::4]
    title = f"Track {number}" if title is None else title
    artist = f"Artist {number}" if artist is None else artist
    structure = Structure()
    if len(bars) > 48:
        cuts = [0.0, bars[16], bars[32], bars[48], duration_sec]
        labels = ("intro", "build", "drop", "outro")
        structure = Structure(
            sections=[
                Section(start_sec=cuts[i], end_sec=cuts[i + 1], label=label, energy=3 + i)
                for i, label in enumerate(labels)
            ],
            phrases=[Phrase(start_sec=bars[i], bars=8) for i in range(0, 48, 8)],
            drops=[bars[32]],
            mix_in_sec=bars[0],
            mix_out_sec=bars[48],
        )
    return Report(
        metadata=Metadata(
            path=str(path or f"/music/CLUB/{number:03}.wav"),
            title=title,
            artist=artist,
            genre=genre,
            year=2000 + number % 25,
            sample_rate=44100,
            duration_sec=duration_sec,
            channels=2,
            format="wav",
            content_hash=extra.pop("content_hash", f"{number:032x}"),
        ),
        analysis=Analysis(
            rhythm=Rhythm(
                tempo_bpm_global=bpm,
                beat_times_sec=beats,
                downbeat_times_sec=bars,
                beat_grid=BeatGrid(
                    bpm=bpm,
                    first_beat_sec=beats[0] if beats else None,
                    first_downbeat_sec=bars[0] if bars else None,
                    confidence=0.9 if beats else 0.0,
                    downbeat_confidence=0.8 if beats else 0.0,
                ),
                swing_analysis=Swing(swing_ratio=1.0 + draw.random() / 5, micro_timing_std=0.002),
                groove_confidence=draw.random(),
                danceability_score=draw.random(),
            ),
            tonal=Tonal(
                key=str(parsed) if parsed else None,
                camelot=parsed.camelot if parsed else None,
                key_confidence=0.7 if parsed else None,
                spectral_centroid=Stats(mean=draw.uniform(800, 4000), std=300.0),
                spectral_flatness=Stats(mean=draw.uniform(0.001, 0.1)),
                dissonance_index=draw.random() / 2,
            ),
            dynamics=Dynamics(
                rms=Stats(mean=draw.uniform(0.05, 0.3)),
                crest_factor=draw.uniform(3, 12),
                lufs=draw.uniform(-16, -6),
            ),
            mood=Mood(
                danceability=draw.random(),
                valence=draw.random(),
                arousal=draw.random(),
                energy=energy,
                descriptor="steady",
            ),
            instrumentation=Instrumentation(
                bass_presence=draw.random(),
                mid_presence=draw.random(),
                treble_presence=draw.random(),
                percussive_ratio=draw.random(),
            ),
            structure=structure,
            **extra,
        ),
    )


def make_crate(count: int = 16, seed: int = 0) -> list[Report]:
    """Return ``count`` reports of two clearly different kinds of music, with genre tags."""
    draw = random.Random(seed)
    made = []
    for number in range(1, count + 1):
        techno = number % 2 == 0
        report = make_report(
            number,
            path=f"/music/CLUB/{'TECHNO' if techno else 'HIP-HOP'}/{number:03}.wav",
            bpm=draw.uniform(126, 134) if techno else draw.uniform(86, 96),
            key=draw.choice(KEYS),
            energy=draw.uniform(0.6, 0.95) if techno else draw.uniform(0.2, 0.5),
            genre="Techno" if techno else "Hip-Hop",
        )
        instrumentation = report.analysis.instrumentation
        instrumentation.percussive_ratio = draw.uniform(0.6, 0.9) if techno else 0.3
        report.analysis.tonal.spectral_centroid.mean = draw.gauss(3000 if techno else 1500, 200)
        made.append(report)
    return made


def write_reports(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Write reports as the analyser names them; return their files."""
    paths = []
    for report in reports:
        stem = Path(report.metadata.path).stem
        paths.append(folder / f"{stem}-{report.track_id[-8:]}.json")
        report.write(paths[-1])
    return paths


def write_tone(path: Path, hz: float) -> Path:
    """Write a second of a sine, and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(8000) / 8000
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * hz * time), 8000)
    return path
