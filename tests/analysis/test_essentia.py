"""What we compute under Essentia's names, beside Essentia itself where it is installed.

Tolerances are relative, of means over a track; those of curves that jump near silence are wider.
"""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from analysis.audio import load_audio
from analysis.essentia_bridge import describe_essentia, highlevel, hpcp, rhythm
from analysis.essentia_bridge.engine import load_essentia
from analysis.report import Dynamics, Rhythm
from analysis.spectra import Spectra
from tests.analysis.music import as_audio, sketch

MEAN_TOLERANCE = {
    "lowlevel.spectral_centroid.mean": 0.03,
    "lowlevel.spectral_centroid.median": 0.03,
    "lowlevel.spectral_complexity.mean": 0.01,
    "lowlevel.spectral_energy.mean": 0.02,
    "lowlevel.spectral_energy.stdev": 0.02,
    "lowlevel.spectral_entropy.mean": 0.01,
    "lowlevel.spectral_flux.mean": 0.01,
    "lowlevel.spectral_flux.dmean": 0.02,
    "lowlevel.spectral_rms.mean": 0.01,
    "lowlevel.spectral_rolloff.mean": 0.03,
    "lowlevel.hfc.mean": 0.02,
    "lowlevel.zerocrossingrate.mean": 0.01,
    "lowlevel.barkbands_flatness_db.mean": 0.01,
    "lowlevel.melbands_flatness_db.mean": 0.01,
    "lowlevel.erbbands_flatness_db.mean": 0.01,
    "lowlevel.barkbands_crest.mean": 0.01,
    "lowlevel.silence_rate_30dB.mean": 0.02,
    "lowlevel.dynamic_complexity": 0.20,
    "lowlevel.average_loudness": 0.10,
    "rhythm.danceability": 0.01,
    "rhythm.onset_rate": 0.01,
    "tonal.chords_strength.mean": 0.06,
}
VECTOR_TOLERANCE = {  # of the largest coefficient
    "lowlevel.mfcc.mean": 0.01,
    "lowlevel.gfcc.mean": 0.02,
    "lowlevel.spectral_contrast_coeffs.mean": 0.05,
    "lowlevel.barkbands.mean": 0.02,
    "lowlevel.melbands.mean": 0.02,
    "lowlevel.erbbands.mean": 0.02,
}


def essentia_or_skip() -> ModuleType:
    loaded = load_essentia()
    if isinstance(loaded, str):
        pytest.skip(loaded)
    return loaded


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    audio, _ = sketch(1301, "deep house", 24.0, vocals=True)
    path = tmp_path_factory.mktemp("essentia") / "sketch.wav"
    soundfile.write(path, audio.samples.T, audio.sample_rate, subtype="FLOAT")
    return path


@pytest.fixture(scope="module")
def ours(track: Path) -> dict[str, Any]:
    return describe_essentia(Spectra(load_audio(track)), Rhythm(), Dynamics(), disable=True)


@pytest.fixture(scope="module")
def theirs(track: Path) -> Any:
    pool, _ = essentia_or_skip().MusicExtractor()(str(track))
    return pool


@pytest.mark.parametrize(("name", "tolerance"), MEAN_TOLERANCE.items())
def test_numbers_agree_with_music_extractor(
    ours: dict[str, Any], theirs: Any, name: str, tolerance: float
) -> None:
    assert ours[name] == pytest.approx(theirs[name], rel=tolerance)


@pytest.mark.parametrize(("name", "tolerance"), VECTOR_TOLERANCE.items())
def test_vectors_agree_with_music_extractor(
    ours: dict[str, Any], theirs: Any, name: str, tolerance: float
) -> None:
    wanted = np.asarray(theirs[name])
    assert np.abs(np.asarray(ours[name]) - wanted).max() < tolerance * np.abs(wanted).max()


def test_profiles_agree_with_essentias_hpcp() -> None:
    essentia = essentia_or_skip()
    rng = np.random.default_rng(0)
    hz, magnitude = np.sort(rng.uniform(60, 3400, 40)), rng.uniform(0.01, 1, 40)
    peaks = hpcp.Peaks(
        np.zeros(40, np.int32), hz.astype(np.float32), magnitude.astype(np.float32), 1
    )
    wanted = essentia.HPCP(
        size=36, bandPreset=False, minFrequency=20, maxFrequency=3500, weightType="cosine",
        nonLinear=False, windowSize=1.0, referenceFrequency=441.0,
    )(hz.astype(np.float32), magnitude.astype(np.float32))  # fmt: skip
    assert hpcp.key_profile(peaks, 441.0)[0] == pytest.approx(wanted, abs=2e-3)
    wanted = essentia.HPCP(
        size=36, harmonics=8, bandPreset=True, minFrequency=20, maxFrequency=3500,
        bandSplitFrequency=500, weightType="cosine", nonLinear=True, windowSize=0.5,
    )(hz.astype(np.float32), magnitude.astype(np.float32))  # fmt: skip
    assert np.corrcoef(hpcp.chord_profile(peaks, 440.0)[0], wanted)[0, 1] > 0.98


def test_all_descriptors_that_models_train_on_are_there(ours: dict[str, Any]) -> None:
    wanted = [
        *MEAN_TOLERANCE, *VECTOR_TOLERANCE, "rhythm.bpm", "tonal.hpcp.mean", "lowlevel.mfcc.stdev",
        "lowlevel.loudness_ebu128.integrated", "lowlevel.spectral_contrast_valleys.mean",
    ]  # fmt: skip
    assert not set(wanted) - set(ours)
    flat = [v for k, v in ours.items() if k not in ("status", "highlevel") and v is not None]
    for value in flat:
        assert all(math.isfinite(number) for number in np.ravel(value))


def test_without_essentia_only_its_own_answers_are_missing(ours: dict[str, Any]) -> None:
    assert ours["status"] == "Essentia is switched off"
    assert "tonal.key_edma.key" not in ours
    assert "status" in ours["highlevel"]


def test_the_environment_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_DISABLE_ESSENTIA", "1")
    audio, _ = sketch(1301, "deep house", 24.0, vocals=True)
    found = describe_essentia(Spectra(audio), Rhythm(), Dynamics())
    assert found["status"] == "Essentia is switched off"


def test_tempo_and_loudness_are_the_reports_own() -> None:
    audio, _ = sketch(1301, "deep house", 24.0, vocals=True)
    rhythm_family = Rhythm(tempo_bpm_global=123.4567, beat_times_sec=[0.0, 0.5])
    found = describe_essentia(
        Spectra(audio), rhythm_family, Dynamics(lufs=-9.5, loudness_range_lu=4.0), disable=True
    )
    assert found["rhythm.bpm"] == 123.4567
    assert found["rhythm.beats_count"] == 2
    assert found["lowlevel.loudness_ebu128.integrated"] == -9.5


def test_clicks_are_counted_as_onsets() -> None:
    clicks = np.zeros(10 * 44_100, np.float32)
    for start in range(22_050, len(clicks) - 4000, 22_050):
        clicks[start : start + 2000] = np.random.default_rng(1).standard_normal(2000)
    assert rhythm.onset_rate(clicks) == pytest.approx(1.9, abs=0.2)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5])
def test_silence_and_scraps_have_no_dance_in_them(seconds: float) -> None:
    samples = np.zeros(max(1, round(seconds * 44_100)), np.float32)
    assert rhythm.danceability(samples) is None
    assert rhythm.onset_rate(samples) is None
    assert rhythm.dynamic_complexity(np.zeros(3, np.float32)) is None
    found = describe_essentia(Spectra(as_audio(samples)), Rhythm(), Dynamics(), disable=True)
    assert found["rhythm.danceability"] is None


def test_models_need_a_folder_with_models(tmp_path: Path) -> None:
    samples = np.zeros(1000, np.float32)
    engine: Any = SimpleNamespace()
    assert "does not run" in highlevel.describe_highlevel(None, tmp_path, samples, 44_100)["status"]
    assert "no models" in highlevel.describe_highlevel(engine, None, samples, 44_100)["status"]
    assert "no msd" in highlevel.describe_highlevel(engine, tmp_path, samples, 44_100)["status"]


def test_models_given_by_path_run(tmp_path: Path) -> None:
    for name in ("msd-musicnn-1", "mood_happy-msd-musicnn-1", "voice_instrumental-msd-musicnn-1"):
        (tmp_path / f"{name}.pb").write_bytes(b"graph")
    schema = '"schema": {"inputs": [{"name": "in"}], "outputs": [{"name": "out"}]}'
    for name, classes in (("mood_happy", "happy"), ("voice_instrumental", "voice")):
        (tmp_path / f"{name}-msd-musicnn-1.json").write_text(
            f'{{"classes": ["{classes}", "other"], {schema}}}'
        )
    asked: list[str] = []

    def resample(**_: Any) -> Any:
        return lambda samples: samples

    def musicnn(graphFilename: str, output: str) -> Any:
        asked.append(Path(graphFilename).name)
        return lambda samples: np.ones((4, 200))

    def head(graphFilename: str, input: str, output: str) -> Any:
        asked.append(Path(graphFilename).name)
        return lambda activations: np.tile([0.75, 0.25], (len(activations), 1))

    engine: Any = SimpleNamespace(
        Resample=resample, TensorflowPredictMusiCNN=musicnn, TensorflowPredict2D=head
    )
    found = highlevel.describe_highlevel(engine, tmp_path, np.zeros(100, np.float32), 44_100)
    assert found == {
        "mood_happy": {"happy": 0.75, "other": 0.25},
        "voice_instrumental": {"voice": 0.75, "other": 0.25},
    }
    assert asked[0] == "msd-musicnn-1.pb"


def test_models_that_fail_cost_nothing_else(tmp_path: Path) -> None:
    for name in ("msd-musicnn-1", "mood_happy-msd-musicnn-1"):
        (tmp_path / f"{name}.pb").write_bytes(b"graph")

    def broken(**_: Any) -> Any:
        raise RuntimeError("bad\ngraph")

    engine: Any = SimpleNamespace(Resample=broken, TensorflowPredictMusiCNN=broken)
    found = highlevel.describe_highlevel(engine, tmp_path, np.zeros(100, np.float32), 44_100)
    assert found["status"] == "the models do not run: bad graph"
