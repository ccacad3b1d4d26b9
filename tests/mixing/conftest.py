"""Tracks with exact truth for the mixing tests: composed, with reports made from the truth."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.audio import load_audio
from analysis.loudness import measure_loudness, true_peak_dbtp
from analysis.report import (
    Analysis,
    BeatGrid,
    Dynamics,
    Metadata,
    Phrase,
    Report,
    Rhythm,
    Section,
    Structure,
    Tonal,
    VocalActivity,
    VocalSegment,
)
from composer.sketch import make_sketch

RATE = 44_100
LABELS = {"intro", "build", "drop", "break", "verse", "outro"}


def camelot(key: str) -> str:
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    tonic, mode = key.split()
    minor = mode == "minor"
    fifths = (names.index(tonic) * 7) % 12
    hour = (fifths + (4 if minor else 7)) % 12 + 1
    return f"{hour}{'A' if minor else 'B'}"


def report_from_truth(path: Path, truth: dict[str, Any]) -> Report:
    """Return the report that a perfect analysis would write."""
    audio = load_audio(path)
    loudness = measure_loudness(audio.samples, audio.sample_rate)
    beats, downbeats = truth["beats"], truth["downbeats"]
    grid = BeatGrid(
        bpm=truth["bpm"],
        first_beat_sec=beats[0],
        first_downbeat_sec=downbeats[0],
        constant=truth["constant_tempo"],
        confidence=0.99,
        downbeat_confidence=0.99,
    )
    sections = [
        Section(
            start_sec=part["start_sec"],
            end_sec=part["end_sec"],
            label=part["label"] if part["label"] in LABELS else "verse",
            energy=int(part.get("energy", 5)),
        )
        for part in truth["sections"]
    ]
    phrase_bars = 4
    return Report(
        metadata=Metadata(
            path=str(path),
            title=path.stem,
            sample_rate=audio.sample_rate,
            duration_sec=audio.duration_sec,
            channels=2,
            format=audio.format,
            content_hash=hashlib.md5(path.read_bytes()).hexdigest(),
        ),
        analysis=Analysis(
            rhythm=Rhythm(
                tempo_bpm_global=truth["bpm"],
                beat_times_sec=beats,
                downbeat_times_sec=downbeats,
                beat_grid=grid,
            ),
            tonal=Tonal(key=truth["key"], camelot=camelot(truth["key"])),
            dynamics=Dynamics(
                lufs=loudness.integrated_lufs,
                true_peak_dbtp=true_peak_dbtp(audio.samples),
                short_term_lufs=list(loudness.short_term_lufs[::10]),
            ),
            structure=Structure(
                sections=sections,
                phrases=[
                    Phrase(start_sec=sec, bars=phrase_bars) for sec in downbeats[::phrase_bars]
                ],
                drops=truth["drops"],
                mix_in_sec=downbeats[0],
                mix_out_sec=sections[-1].start_sec,
            ),
            vocal_activity=VocalActivity(
                voiced_ratio=0.1,
                segments=[
                    VocalSegment(start_sec=start, end_sec=end, confidence=0.9)
                    for start, end in truth["vocal_phrases"]
                ],
            ),
        ),
    )


Made = tuple[Report, dict[str, Any]]


@pytest.fixture(scope="session")
def make_track(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Compose a sketch and its report; the same arguments give the same track once a run."""
    folder = tmp_path_factory.mktemp("sketches")
    made: dict[tuple[Any, ...], Made] = {}

    def make(seed: int, style: str, **flags: Any) -> Made:
        key = (seed, style, *sorted(flags.items()))
        if key not in made:
            path, truth = make_sketch(folder / str(len(made)), seed, style, **flags)
            made[key] = (report_from_truth(path, truth), truth)
        return made[key]

    return make


@pytest.fixture(scope="session")
def house_pair(make_track: Callable[..., Made]) -> tuple[Made, Made]:
    """Two house sketches of a minute at 124 and 126 BPM."""
    return (
        make_track(11, "deep house", seconds=64.0, bpm=124.0, key="A minor", vocals=False),
        make_track(12, "deep house", seconds=64.0, bpm=126.0, key="E minor", vocals=False),
    )


Maker = Callable[..., Report]


@pytest.fixture(scope="session")
def kick_track(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Write a track of kicks (and steady tones) on an exact grid and return its report."""
    folder = tmp_path_factory.mktemp("kicks")
    made: dict[str, Report] = {}

    def make(
        bpm: float,
        seconds: float = 72.0,
        first_sec: float = 0.25,
        kick_hz: float = 48.0,
        peak: float = 0.6,
        rate: int = RATE,
        channels: int = 2,
        tones: tuple[tuple[float, float], ...] = (),
        kicks_from_sec: float = 0.0,
        suffix: str = ".wav",
    ) -> Report:
        key = repr((bpm, seconds, first_sec, kick_hz, peak, rate, channels, tones, kicks_from_sec))
        if key + suffix in made:
            return made[key + suffix]
        count = round(seconds * rate)
        samples = np.zeros(count, np.float32)
        clock = np.arange(count) / rate
        for hz, level in tones:
            samples += (level * np.sin(2 * np.pi * hz * clock)).astype(np.float32)
        time = np.arange(round(0.22 * rate)) / rate
        # A kick sweeps from its click down to its body.
        sweep = kick_hz + 110 * np.exp(-time / 0.025) + 900 * np.exp(-time / 0.002)
        kick = np.sin(2 * np.pi * np.cumsum(sweep) / rate) * np.exp(-time / 0.08)
        beats = np.arange(first_sec, seconds - 0.5, 60 / bpm)
        for beat in beats[beats >= kicks_from_sec]:
            at = round(beat * rate)
            samples[at : at + len(kick)] += (peak * kick).astype(np.float32)
        path = folder / f"kicks-{len(made)}{suffix}"
        audio = np.stack([samples] * channels, axis=1)
        soundfile.write(path, audio, rate, subtype="PCM_24" if suffix == ".wav" else None)
        bar = 240 / bpm
        half = first_sec + round(seconds / 2 / (8 * bar)) * 8 * bar
        truth = {
            "bpm": bpm,
            "constant_tempo": True,
            "beats": list(beats),
            "downbeats": list(np.arange(first_sec, seconds - bar, bar)),
            "key": "A minor",
            "sections": [
                {"start_sec": first_sec, "end_sec": half, "label": "drop", "energy": 6},
                {"start_sec": half, "end_sec": seconds, "label": "outro", "energy": 5},
            ],
            "drops": [],
            "vocal_phrases": [],
        }
        made[key + suffix] = report_from_truth(path, truth)
        return made[key + suffix]

    return make


A_TONES = ((55.0, 0.08), (440.0, 0.05), (5000.0, 0.03))
B_TONES = ((70.0, 0.08), (660.0, 0.05), (7000.0, 0.03))


@pytest.fixture(scope="session")
def tone_pair(kick_track: Maker) -> tuple[Report, Report]:
    """Two tracks of one tempo whose bands can be told apart in the mix by their tones."""
    quiet = {"peak": 0.05, "seconds": 72.0}
    return (
        kick_track(120.0, tones=A_TONES, **quiet),
        kick_track(120.0, tones=B_TONES, first_sec=0.5, **quiet),
    )


def make_paper_track(
    name: str,
    bpm: float = 125.0,
    bars: int = 96,
    camelot: str | None = "8A",
    confidence: float = 0.99,
    vocals: tuple[tuple[float, float], ...] | None = (),
    lufs: float | None = -9.0,
) -> Report:
    """Return the report of a track that exists on paper only: intro, drop, break, drop, outro."""
    bar = 240 / bpm
    length = bars * bar
    cuts = [0, 16, 40, 56, 80, bars]
    labels = ["intro", "drop", "break", "drop", "outro"]
    energies = [4, 8, 4, 9, 4]
    report = Report.model_validate(
        {
            "metadata": {
                "path": f"/nowhere/{name}.wav",
                "title": name,
                "sample_rate": 44100,
                "duration_sec": length,
                "channels": 2,
                "format": "wav",
                "content_hash": name,
            },
            "analysis": {
                "rhythm": {
                    "beat_grid": {
                        "bpm": bpm,
                        "first_beat_sec": 0.0,
                        "first_downbeat_sec": 0.0,
                        "confidence": confidence,
                        "downbeat_confidence": confidence,
                    }
                },
                "tonal": {"camelot": camelot},
                "dynamics": {
                    "lufs": lufs,
                    "short_term_lufs": [] if lufs is None else [lufs] * int(length - 3),
                },
            },
        }
    )
    structure = report.analysis.structure
    structure.sections = [
        Section(start_sec=one * bar, end_sec=two * bar, label=label, energy=energy)
        for one, two, label, energy in zip(cuts, cuts[1:], labels, energies, strict=False)
    ]
    structure.phrases = [Phrase(start_sec=k * bar, bars=8) for k in range(0, bars, 8)]
    structure.drops = [16 * bar, 56 * bar]
    structure.mix_in_sec, structure.mix_out_sec = 0.0, 80 * bar
    if vocals is not None:
        report.analysis.vocal_activity = VocalActivity(
            voiced_ratio=0.1,
            segments=[VocalSegment(start_sec=s, end_sec=e, confidence=1.0) for s, e in vocals],
        )
    return report


@pytest.fixture(scope="session")
def paper_track() -> Maker:
    return make_paper_track
