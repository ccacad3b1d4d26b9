"""Segue and what users would pick instead, each as one function from a file to an answer.

Everybody hears the samples of our decoder, so that no one is marked down for a codec's delay;
MusicExtractor and libKeyFinder's command read files themselves and offer no other way. An engine
runs as its authors' examples run it, with default settings.
"""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from analysis.audio import load_audio
from analysis.keys import MODES, join_key, parse_key
from analysis.rhythm.madmom_engine import import_madmom

Samples = NDArray[np.float32]

ESSENTIA_RATE_HZ = 44_100
"""RhythmExtractor2013 and KeyExtractor expect it; so do aubio's defaults and madmom's models."""

LIBROSA_RATE_HZ = 22_050
"""What ``librosa.load`` resamples to unless told otherwise."""

ESSENTIA_TOP_CONFIDENCE = 5.32
"""RhythmExtractor2013's confidence lies between 0 and this, by its documentation."""

HOP = 512
"""librosa's default hop, also for aubio: 12–23 ms."""


@dataclass(frozen=True)
class Answer:
    """What an engine says of a track; None where it does not speak of it at all.

    Parameters
    ----------
    bpm
        Tempo, beats a minute; None with beats that are not None where it found no tempo.
    beats, downbeats
        Ascending, seconds.
    key
        Like ``"A# minor"``; empty where the engine looked for a key and found none.
    boundaries, drops
        Where sections begin, without the first, and where drops begin; seconds.
    confidence
        0–1, that the grid is right.
    """

    bpm: float | None = None
    beats: list[float] | None = None
    downbeats: list[float] | None = None
    key: str | None = None
    boundaries: list[float] | None = None
    drops: list[float] | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Engine:
    """One column of the table.

    Parameters
    ----------
    name
        On the command line and in JSON.
    label
        In the table.
    run
        From a file to an answer.
    missing
        Why it cannot run here, or None.
    slow
        Too slow for every track: only the first few are given to it.
    """

    name: str
    label: str
    run: Callable[[Path], Answer]
    missing: Callable[[], str | None]
    slow: bool = False


def _mono(path: Path, rate_hz: int) -> Samples:
    """Decode a file as Segue does and bring it to a rate."""
    audio = load_audio(path)
    if audio.sample_rate == rate_hz:
        return audio.mono
    return np.asarray(soxr.resample(audio.mono, audio.sample_rate, rate_hz), dtype=np.float32)


def _seconds(times: Any) -> list[float]:
    return [float(time) for time in np.asarray(times).ravel()]


def _without(*modules: str) -> Callable[[], str | None]:
    """Return a check that these modules are installed."""

    def missing() -> str | None:
        absent = [name for name in modules if importlib.util.find_spec(name) is None]
        return f"{absent[0]} is not installed" if absent else None

    return missing


def _never() -> None:
    return None


def run_segue(path: Path) -> Answer:
    """Make a whole report, and read the grid, key and structure out of it."""
    from analysis.pipeline import analyse_file

    report, _ = analyse_file(path)
    rhythm, structure = report.analysis.rhythm, report.analysis.structure
    return Answer(
        bpm=rhythm.tempo_bpm_global,
        beats=rhythm.beat_times_sec,
        downbeats=rhythm.downbeat_times_sec,
        key=report.analysis.tonal.key or "",
        boundaries=[section.start_sec for section in structure.sections[1:]],
        drops=structure.drops,
        confidence=rhythm.beat_grid.confidence,
    )


def _essentia() -> Any:
    essentia: Any = importlib.import_module("essentia")
    essentia.log.infoActive = False
    essentia.log.warningActive = False
    return importlib.import_module("essentia.standard")


def run_multifeature(path: Path) -> Answer:
    """Essentia's best beat tracker (Zapata et al. 2014)."""
    extractor = _essentia().RhythmExtractor2013(method="multifeature")
    bpm, ticks, confidence, _, _ = extractor(_mono(path, ESSENTIA_RATE_HZ))
    return Answer(
        bpm=float(bpm),
        beats=_seconds(ticks),
        confidence=float(confidence) / ESSENTIA_TOP_CONFIDENCE,
    )


def run_degara(path: Path) -> Answer:
    """Essentia's fast beat tracker (Degara et al. 2012); it gives no confidence."""
    extractor = _essentia().RhythmExtractor2013(method="degara")
    bpm, ticks, _, _, _ = extractor(_mono(path, ESSENTIA_RATE_HZ))
    return Answer(bpm=float(bpm), beats=_seconds(ticks))


def _essentia_key(path: Path, profile: str) -> Answer:
    extractor = _essentia().KeyExtractor(profileType=profile, sampleRate=ESSENTIA_RATE_HZ)
    key, scale, _ = extractor(_mono(path, ESSENTIA_RATE_HZ))
    return Answer(key=parse_key(f"{key} {scale}") or "")


def run_edma(path: Path) -> Answer:
    """Essentia's key with the profiles for dance music of Faraldo et al. 2016."""
    return _essentia_key(path, "edma")


def run_bgate(path: Path) -> Answer:
    """Essentia's key with the gated profiles of Faraldo et al. 2017, its default."""
    return _essentia_key(path, "bgate")


def run_music_extractor(path: Path) -> Answer:
    """Essentia's whole set of descriptors: the yardstick for CPU time."""
    pool, _ = _essentia().MusicExtractor()(str(path))
    return Answer(
        bpm=float(pool["rhythm.bpm"]),
        beats=_seconds(pool["rhythm.beats_position"]),
        key=parse_key(f"{pool['tonal.key_edma.key']} {pool['tonal.key_edma.scale']}") or "",
    )


# Krumhansl & Kessler 1982, major and minor from C: most often paired with librosa's chroma.
_KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def krumhansl_key(chroma: NDArray[np.float64]) -> str:
    """Return the key whose profile correlates best with a mean chroma of shape (12,), from C."""
    scores = {
        (mode, root): float(np.corrcoef(np.roll(profile, root), chroma)[0, 1])
        for mode, profile in zip(MODES, _KRUMHANSL, strict=True)
        for root in range(12)
    }
    mode, root = max(scores, key=scores.__getitem__)
    return join_key(root, mode)


def run_librosa(path: Path) -> Answer:
    """Beats by ``beat_track`` (Ellis 2007), key by constant-Q chroma and Krumhansl's profiles."""
    import librosa

    samples = _mono(path, LIBROSA_RATE_HZ)
    tempo, beats = librosa.beat.beat_track(y=samples, sr=LIBROSA_RATE_HZ, units="time")
    chroma = librosa.feature.chroma_cqt(y=samples, sr=LIBROSA_RATE_HZ).mean(axis=1)
    return Answer(
        bpm=float(np.atleast_1d(tempo)[0]), beats=_seconds(beats), key=krumhansl_key(chroma)
    )


def run_librosa_way(path: Path) -> Answer:
    """Do all that a report takes when each family asks librosa for itself; for its cost alone."""
    import librosa

    samples = _mono(path, LIBROSA_RATE_HZ)
    librosa.beat.beat_track(y=samples, sr=LIBROSA_RATE_HZ)
    librosa.feature.chroma_cqt(y=samples, sr=LIBROSA_RATE_HZ)
    librosa.feature.tonnetz(y=samples, sr=LIBROSA_RATE_HZ)
    librosa.effects.hpss(samples)
    librosa.pyin(
        samples,
        fmin=float(librosa.note_to_hz("C2")),
        fmax=float(librosa.note_to_hz("C7")),
        sr=LIBROSA_RATE_HZ,
    )
    librosa.feature.tempogram(y=samples, sr=LIBROSA_RATE_HZ)
    return Answer()


def run_aubio(path: Path) -> Answer:
    """Track beats with aubio (Brossier 2006); tempo is the median of what its beats say."""
    aubio: Any = importlib.import_module("aubio")
    samples = _mono(path, ESSENTIA_RATE_HZ)
    tracker = aubio.tempo("default", 2 * HOP, HOP, ESSENTIA_RATE_HZ)
    beats = [
        float(tracker.get_last_s())
        for start in range(0, len(samples) - HOP + 1, HOP)
        if tracker(samples[start : start + HOP])
    ]
    bpm = 60.0 / float(np.median(np.diff(beats))) if len(beats) > 1 else None
    return Answer(bpm=bpm, beats=beats)


def run_madmom(path: Path) -> Answer:
    """Madmom: beats and bars of its recurrent networks (Böck et al. 2016), key of its CNN."""
    samples = _mono(path, ESSENTIA_RATE_HZ)
    bars = import_madmom("features.downbeats")
    tracker = bars.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)
    found = np.asarray(tracker(bars.RNNDownBeatProcessor()(samples))).reshape(-1, 2)
    beats = found[:, 0]
    keys = import_madmom("features.key")
    prediction = keys.CNNKeyRecognitionProcessor()(samples)
    return Answer(
        bpm=60.0 / float(np.median(np.diff(beats))) if len(beats) > 1 else None,
        beats=_seconds(beats),
        downbeats=_seconds(beats[found[:, 1] == 1]),
        key=parse_key(keys.key_prediction_to_label(prediction)) or "",
    )


def run_keyfinder(path: Path) -> Answer:
    """Ask libKeyFinder (Sha'ath 2011) through its command."""
    done = subprocess.run(
        ["keyfinder-cli", str(path)], capture_output=True, text=True, check=True, timeout=600
    )
    return Answer(key=parse_key(done.stdout) or "")


def _no_keyfinder() -> str | None:
    return None if shutil.which("keyfinder-cli") else "keyfinder-cli is not on the PATH"


SEGUE = "segue"
YARDSTICK = "music-extractor"
"""CPU times are given as multiples of this engine's, on the same track in the same run."""

ENGINES = (
    Engine(SEGUE, "Segue", run_segue, _never),
    Engine("multifeature", "Essentia multifeature", run_multifeature, _without("essentia")),
    Engine("degara", "Essentia degara", run_degara, _without("essentia")),
    Engine("edma", "Essentia edma", run_edma, _without("essentia")),
    Engine("bgate", "Essentia bgate", run_bgate, _without("essentia")),
    Engine(YARDSTICK, "Music Extractor", run_music_extractor, _without("essentia")),
    Engine("librosa", "librosa", run_librosa, _without("librosa")),
    Engine("librosa-way", "the librosa way", run_librosa_way, _without("librosa"), slow=True),
    Engine("aubio", "aubio", run_aubio, _without("aubio")),
    Engine("madmom", "madmom", run_madmom, _without("madmom")),
    Engine("keyfinder", "libKey Finder", run_keyfinder, _no_keyfinder),
)


def engine_named(name: str) -> Engine:
    """Return an engine by name.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    return {engine.name: engine for engine in ENGINES}[name]
