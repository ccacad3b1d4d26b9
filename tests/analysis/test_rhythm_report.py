"""The rhythm family as it goes into the report."""

from __future__ import annotations

import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import Audio
from analysis.rhythm.beat_this_engine import CHECKPOINT_VARIABLE, beat_this_beats
from analysis.rhythm.describe import danceability, describe_rhythm, summarise_curve
from analysis.rhythm.madmom_engine import import_madmom, madmom_downbeats

RATE = 44100


def loop(duration_sec: float = 40.0, bpm: float = 124.0) -> Audio:
    rng = np.random.default_rng(1)
    samples = np.zeros(int(duration_sec * RATE), dtype=np.float32)
    t = np.arange(int(0.2 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-t * 40)))) * np.exp(-t * 12)
    hat = 0.2 * rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    for number, time in enumerate(np.arange(0.1, duration_sec - 0.3, 30 / bpm)):
        sound = hat if number % 2 else kick
        start = round(time * RATE)
        samples[start : start + len(sound)] += sound.astype(np.float32)
    return Audio(samples[None, :], RATE, 1, Path("loop.wav"), "wav")


def test_every_key_is_filled_and_beats_are_whole() -> None:
    rhythm = describe_rhythm(loop(), max_array_points=100)
    assert rhythm.tempo_bpm_global == pytest.approx(124.0, abs=0.01)
    assert len(rhythm.beat_times_sec) == pytest.approx(40 * 124 / 60, abs=1)
    assert rhythm.beat_grid.first_beat_sec == rhythm.beat_times_sec[0]
    assert rhythm.beat_grid.first_downbeat_sec == rhythm.downbeat_times_sec[0]
    assert set(rhythm.downbeat_times_sec) <= set(rhythm.beat_times_sec)
    assert rhythm.tempo_variation_bpm.mean == pytest.approx(124.0, abs=0.05)
    assert rhythm.tempo_variation_bpm.std is not None
    assert 0.0 < rhythm.tempo_variation_bpm.std < 0.2  # local, before the fit: never exactly 0
    assert rhythm.swing_analysis.swing_ratio == pytest.approx(1.0)
    assert rhythm.groove_confidence is not None
    assert rhythm.groove_confidence > 0.8
    assert rhythm.polyrhythm_candidates[0]["ratio"] == 1.0
    curve = rhythm.onset_curve_summary
    assert set(curve) == {"mean", "std", "max", "hop_sec", "curve"}
    assert len(curve["curve"]) <= 100
    assert len(curve["curve"]) * curve["hop_sec"] == pytest.approx(40.0, abs=1.0)


def test_without_a_beat_there_is_no_grid_and_no_nan() -> None:
    silent = Audio(np.zeros((2, RATE * 6), dtype=np.float32), RATE, 2, Path("s.wav"), "wav")
    rhythm = describe_rhythm(silent)
    assert rhythm.tempo_bpm_global is None
    assert rhythm.beat_times_sec == []
    assert rhythm.beat_grid.bpm is None
    assert rhythm.danceability_score == 0.0
    assert "NaN" not in rhythm.model_dump_json()


def test_danceability_is_the_formula() -> None:
    curve = np.array([0.0, 1.0, 0.0, 1.0])  # standard deviation 0.5
    assert danceability(120.0, curve) == pytest.approx(0.6 + 0.4 * 0.5)
    assert danceability(150.0, curve) == pytest.approx(0.6 * math.exp(-0.5) + 0.2)
    assert danceability(None, curve) == pytest.approx(0.2)


@pytest.mark.parametrize("points", [1, 7, 100, 1000])
def test_curve_is_shortened_by_means(points: int) -> None:
    curve = np.linspace(0.0, 1.0, 700)
    short = summarise_curve(curve, 0.01, points)
    assert len(short["curve"]) <= points
    assert short["hop_sec"] * len(short["curve"]) >= 7.0 - 1e-9
    assert short["mean"] == pytest.approx(0.5)
    assert summarise_curve(np.zeros(0), 0.01, 5)["curve"] == []


def test_madmom_says_why_it_did_not_run() -> None:
    assert madmom_downbeats(loop(5.0), disabled=True) == {"status": "disabled"}
    if "madmom" not in sys.modules:
        status = madmom_downbeats(loop(5.0))["status"]
        assert status == "ok" or status.startswith(("unavailable: madmom", "failed:"))


def test_madmom_beats_are_reported_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, object] = {}

    class Activations:
        def __call__(self, samples: np.ndarray) -> np.ndarray:
            heard["samples"] = samples
            return np.zeros((len(samples) // 441, 2))

    class Tracker:
        def __init__(self, beats_per_bar: list[int], fps: int) -> None:
            heard["bars"], heard["fps"] = beats_per_bar, fps

        def __call__(self, activations: np.ndarray) -> np.ndarray:
            return np.array([[0.1, 4.0], [0.6, 1.0], [1.1, 2.0]])

    module = types.ModuleType("madmom.features.downbeats")
    module.RNNDownBeatProcessor = Activations  # type: ignore[attr-defined]
    module.DBNDownBeatTrackingProcessor = Tracker  # type: ignore[attr-defined]
    for name in ("madmom", "madmom.features"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "madmom.features.downbeats", module)
    found = madmom_downbeats(loop(5.0))
    assert found == {
        "status": "ok",
        "beat_times_sec": [0.1, 0.6, 1.1],
        "beat_positions": [4, 1, 2],
        "downbeat_times_sec": [0.6],
    }
    assert heard["fps"] == 100
    assert heard["bars"] == [3, 4]


def test_a_failing_madmom_does_not_take_the_report_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __init__(self) -> None:
            raise RuntimeError("no models")

    module = types.ModuleType("madmom.features.downbeats")
    module.RNNDownBeatProcessor = Broken  # type: ignore[attr-defined]
    for name in ("madmom", "madmom.features"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "madmom.features.downbeats", module)
    assert madmom_downbeats(loop(5.0)) == {"status": "failed: RuntimeError: no models"}


def test_madmom_finds_the_numpy_it_was_written_for(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("madmom.features.downbeats")
    exec("import numpy as np\n\ndef rows(): return np.asarray([[1, 2], [3]])", module.__dict__)
    for name in ("madmom", "madmom.features"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "madmom.features.downbeats", module)
    with pytest.raises(ValueError, match="inhomogeneous"):
        module.rows()
    found = import_madmom("features.downbeats")
    assert found.rows().shape == (2,)
    assert found.np.asarray([1.0, 2.0]).dtype == np.float64


def test_beat_this_says_why_it_did_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHECKPOINT_VARIABLE, raising=False)
    assert beat_this_beats(loop(5.0))["status"].startswith("off: name a checkpoint")
    assert "there is no file" in beat_this_beats(loop(5.0), str(tmp_path / "none"))["status"]
    checkpoint = tmp_path / "final0.ckpt"
    checkpoint.write_bytes(b"weights")
    monkeypatch.setitem(sys.modules, "beat_this", None)
    assert "unavailable: beat_this" in beat_this_beats(loop(5.0), str(checkpoint))["status"]


def test_beat_this_runs_from_the_named_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: dict[str, object] = {}

    class Audio2Beats:
        """Stands in for the network: the same call, one beat a second, bars of three."""

        def __init__(self, checkpoint_path: str, device: str, dbn: bool) -> None:
            heard.update(checkpoint=Path(checkpoint_path).read_bytes(), device=device, dbn=dbn)

        def __call__(self, signal: np.ndarray, sr: int) -> tuple[np.ndarray, np.ndarray]:
            heard["seconds"] = len(signal) / sr
            return np.arange(0.5, 5.0), np.array([1.5, 4.5])

    module = types.ModuleType("beat_this.inference")
    module.Audio2Beats = Audio2Beats  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "beat_this", types.ModuleType("beat_this"))
    monkeypatch.setitem(sys.modules, "beat_this.inference", module)
    checkpoint = tmp_path / "final0.ckpt"
    checkpoint.write_bytes(b"weights")
    monkeypatch.setenv(CHECKPOINT_VARIABLE, str(checkpoint))
    assert beat_this_beats(loop(5.0)) == {
        "status": "ok",
        "beat_times_sec": [0.5, 1.5, 2.5, 3.5, 4.5],
        "beat_positions": [None, 1, 2, 3, 1],
        "downbeat_times_sec": [1.5, 4.5],
    }
    assert heard == {"checkpoint": b"weights", "device": "cpu", "dbn": False, "seconds": 5.0}
