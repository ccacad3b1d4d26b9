from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from analysis.stems import describe_stems, measure_stems
from tests.analysis.music import RATE, as_audio


def tone(hz: float, amplitude: float) -> np.ndarray:
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
    return np.stack([wave, wave], axis=1)


@pytest.fixture
def spleeter(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand in for Spleeter: half to vocals, half to the rest."""
    module: Any = ModuleType("spleeter.separator")
    module.shapes = []

    class Separator:
        def __init__(self, model: str) -> None:
            assert model == "spleeter:4stems"

        def separate(self, samples: np.ndarray) -> dict[str, np.ndarray]:
            module.shapes.append(samples.shape)
            return {"vocals": samples / 2, "other": samples / 2}

    module.Separator = Separator
    monkeypatch.setitem(sys.modules, "spleeter", ModuleType("spleeter"))
    monkeypatch.setitem(sys.modules, "spleeter.separator", module)
    return module


def test_off_by_default() -> None:
    assert describe_stems(as_audio(tone(440, 0.5).T)) == {"status": "off: ask with --stems"}


def test_missing_separators_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("spleeter", "spleeter.separator", "torch", "demucs.pretrained"):
        monkeypatch.setitem(sys.modules, name, None)
    status = describe_stems(as_audio(tone(440, 0.5).T), enabled=True)["status"]
    assert "spleeter is not installed" in status
    assert "demucs is not installed" in status


def test_spleeter_runs_on_stereo_at_44_khz(spleeter: Any) -> None:
    mono = as_audio(np.sin(np.arange(48_000) * 0.05) * 0.3, 48_000)
    found = describe_stems(mono, enabled=True)
    assert found["source"] == "spleeter"
    assert set(found["stems"]) == {"vocals", "other"}
    assert found["stems"]["vocals"]["share"] == pytest.approx(0.5)
    assert spleeter.shapes == [(44_100, 2)]


def test_demucs_takes_over_where_spleeter_fails(
    spleeter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("no model")

    spleeter.Separator = fail
    torch: Any = ModuleType("torch")
    torch.from_numpy = np.asarray
    pretrained: Any = ModuleType("demucs.pretrained")
    pretrained.get_model = lambda name: type("Model", (), {"sources": ["drums", "bass"]})()
    apply: Any = ModuleType("demucs.apply")
    apply.apply_model = lambda model, mixture, progress: np.stack([mixture, mixture * 0], axis=1)
    for name, module in (
        ("torch", torch),
        ("demucs", ModuleType("demucs")),
        ("demucs.pretrained", pretrained),
        ("demucs.apply", apply),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    found = describe_stems(as_audio(tone(440, 0.5).T), enabled=True)
    assert found["source"] == "demucs"
    assert found["stems"]["drums"]["share"] == pytest.approx(1.0)


def test_both_failures_are_told(spleeter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("no\nmodel")

    spleeter.Separator = fail
    monkeypatch.setitem(sys.modules, "torch", None)
    status = describe_stems(as_audio(tone(440, 0.5).T), enabled=True)["status"]
    assert status.startswith("spleeter failed: RuntimeError: no model; demucs is not installed")


def test_level_and_brightness_of_known_stems() -> None:
    found = measure_stems({"bass": tone(100, 0.6), "air": tone(8000, 0.3), "none": tone(1, 0)})
    assert found["bass"]["rms"] == pytest.approx(0.6 / np.sqrt(2), rel=1e-3)
    assert found["bass"]["share"] == pytest.approx(0.8, rel=1e-3)
    assert found["air"]["spectral_centroid_hz"] == pytest.approx(8000, rel=0.03)
    assert found["bass"]["spectral_centroid_hz"] < found["air"]["spectral_centroid_hz"]
    assert found["none"] == {"rms": 0.0, "spectral_centroid_hz": 0.0, "share": 0.0}
