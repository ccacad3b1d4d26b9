"""The fits of the key model and of the section labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.keys import KEYS
from analysis.structure.label import ENERGY_FEATURES, FEATURE_NAMES, LABELS
from analysis.tonal.key_weights import WEIGHTS
from benchmarks.fitting import keys, sections

SCALES = {0: (0, 2, 4, 5, 7, 9, 11), 12: (0, 2, 3, 5, 7, 8, 10)}


def _written(path: Path) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), path.name, "exec"), names)
    return names


def _in_key(key: int, rng: np.random.Generator) -> keys.Example:
    """Return a track whose notes are its scale's, the tonic most of all."""
    profile = 0.02 + 0.02 * rng.random(12)
    profile[[(key + step) % 12 for step in SCALES[12 * (key // 12)]]] += 0.1
    profile[key % 12] += 0.15
    profile /= profile.sum()
    return keys.Example(key, (dict.fromkeys(WEIGHTS, profile),))


def test_a_fit_on_a_few_keys_knows_all_of_them() -> None:
    rng = np.random.default_rng(7)
    examples = [_in_key(key, rng) for key in (0, 3, 8, 13, 19, 22) for _ in range(3)]
    nothing = np.zeros_like(keys.weights_in_place())
    weights = keys.fit(examples, nothing, keys.PENALTY)
    others = [_in_key(key, rng) for key in range(len(KEYS))]
    assert np.mean([keys.score_of(one, weights) for one in others]) > 0.95
    assert np.mean([keys.score_of(one, nothing) for one in others]) < 0.3


def test_a_strong_pull_keeps_the_weights_in_place() -> None:
    examples = [_in_key(5, np.random.default_rng(1))]
    present = keys.weights_in_place()
    assert keys.fit(examples, present, 1e9) == pytest.approx(present, abs=1e-6)


def test_key_weights_are_written_as_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "key_weights.py"
    path.write_text(keys.source_of(keys.weights_in_place(), "two"))
    assert _written(path)["WEIGHTS"] == WEIGHTS


def test_both_fits_run_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--tracks", "3", "--seed", "22900", "--minutes", "0.5", "0.6"]
    asked += ["--cache", str(tmp_path / "cache"), "--out"]
    assert sections.main([*asked, str(tmp_path / "labels.py")]) == 0
    assert keys.main([*asked, str(tmp_path / "keys.py")]) == 0
    labels, tonal = _written(tmp_path / "labels.py"), _written(tmp_path / "keys.py")
    assert np.shape(labels["LABEL_WEIGHTS"]) == (len(LABELS), len(FEATURE_NAMES))
    assert np.shape(labels["ENERGY_WEIGHTS"]) == (ENERGY_FEATURES,)
    assert tonal["WEIGHTS"].keys() == WEIGHTS.keys()
    assert all(np.shape(table) == (2, 12) for table in tonal["WEIGHTS"].values())
    assert capsys.readouterr().out.count("held out once") == 2
