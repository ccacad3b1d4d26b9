from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analysis.embeddings import describe_embeddings, dsp_vectors
from analysis.spectra import Spectra
from tests.analysis.music import as_audio, chords, sketch


@pytest.fixture
def openl3(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stand in for the library, recording how it is called."""
    module: Any = ModuleType("openl3")
    module.__version__ = "0.4.2"
    module.calls = []

    def load(path: str, **options: Any) -> str:
        module.calls.append(("load", Path(path).name, options))
        return "model"

    def embed(samples: Any, rate: int, **options: Any) -> tuple[Any, Any]:
        module.calls.append(("embed", rate, options))
        count = int(len(samples) / rate) + 1
        return np.tile(np.arange(512.0), (count, 1)), np.arange(count) * 1.0

    module.models = SimpleNamespace(load_audio_embedding_model_from_path=load)
    module.get_audio_embedding = embed
    monkeypatch.setitem(sys.modules, "openl3", module)
    return module


def made() -> tuple[Any, Spectra]:
    audio = as_audio(np.random.default_rng(0).uniform(-0.2, 0.2, (2, 4 * 44_100)))
    return audio, Spectra(audio)


def test_off_by_default() -> None:
    assert describe_embeddings(*made()) == {"status": "off: ask with --embeddings"}


def test_openl3_runs_with_its_weights(openl3: Any, tmp_path: Path) -> None:
    weights = tmp_path / "music.h5"
    weights.write_bytes(b"weights")
    found = describe_embeddings(*made(), source="openl3", weights=weights, max_array_points=3)
    assert found["source"] == "openl3-0.4.2"
    assert found["shape"] == [5, 512]
    assert found["mean"][:3] == [0.0, 1.0, 2.0]
    assert found["timestamps_sec"] == [0.0, 2.0, 4.0]
    assert len(found["weights_hash"]) == 16
    assert [call[0] for call in openl3.calls] == ["load", "embed"]
    assert openl3.calls[0][2] == {"input_repr": "mel256", "embedding_size": 512}
    assert openl3.calls[1][1] == 44_100


def test_weights_are_found_by_the_environment(
    openl3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "music.h5"
    weights.write_bytes(b"weights")
    monkeypatch.setenv("SEGUE_OPENL3_WEIGHTS", str(weights))
    assert describe_embeddings(*made(), source="openl3")["status"] == "ok"


def test_auto_takes_openl3_where_it_runs(
    openl3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "music.h5"
    weights.write_bytes(b"weights")
    assert describe_embeddings(*made(), source="auto", weights=weights)["source"].startswith("open")
    monkeypatch.setitem(sys.modules, "openl3", None)
    own = describe_embeddings(*made(), source="auto", weights=weights)
    assert own["source"] == "dsp-v1"
    assert "not installed" in own["openl3"]


@pytest.mark.usefixtures("openl3")
def test_openl3_without_weights_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEGUE_OPENL3_WEIGHTS", raising=False)
    assert "SEGUE_OPENL3_WEIGHTS" in describe_embeddings(*made(), source="openl3")["status"]
    missing = describe_embeddings(*made(), source="openl3", weights=tmp_path / "no.h5")
    assert "no file" in missing["status"]


def test_missing_openl3_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openl3", None)
    assert "not installed" in describe_embeddings(*made(), source="openl3")["status"]


def test_a_failing_openl3_costs_nothing_else(openl3: Any, tmp_path: Path) -> None:
    weights = tmp_path / "music.h5"
    weights.write_bytes(b"weights")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("out of\nmemory")

    openl3.get_audio_embedding = fail
    found = describe_embeddings(*made(), source="openl3", weights=weights)
    assert found == {"status": "OpenL3 failed: RuntimeError: out of memory"}


def test_our_own_embedding_is_whole_and_repeatable() -> None:
    audio, _ = sketch(1301, "deep house", 24.0, vocals=True)
    one = describe_embeddings(audio, Spectra(audio), source="dsp-v1")
    assert one == describe_embeddings(audio, Spectra(audio), source="dsp-v1")
    assert one["source"] == "dsp-v1"
    assert one["shape"] == [len(one["timestamps_sec"]), len(one["mean"])] == [3, 150]
    assert np.isfinite(one["mean"]).all()


def test_our_own_embedding_knows_a_style_again() -> None:
    def vector(seed: int, style: str) -> np.ndarray:
        return dsp_vectors(Spectra(sketch(seed, style, 24.0)[0]))[0].mean(axis=0)

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return 1 - float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    ambient, other = vector(1310, "ambient"), vector(1311, "ambient")
    techno = vector(1312, "techno")
    assert distance(ambient, other) < distance(ambient, techno)


def test_key_hardly_moves_our_own_embedding() -> None:
    low, high = (
        dsp_vectors(Spectra(chords([(root, "major")], repeats=5)))[0].mean(axis=0)
        for root in (0, 2)
    )
    assert low[102:114] == pytest.approx(high[102:114], abs=0.12)


def test_silence_and_scraps_have_an_embedding() -> None:
    for samples in (np.zeros(44_100), np.zeros(50)):
        audio = as_audio(samples)
        found = describe_embeddings(audio, Spectra(audio), source="dsp-v1")
        assert np.isfinite(found["mean"]).all()
