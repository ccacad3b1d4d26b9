from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from training import estimators
from training.comparison import compare
from training.synthetic import make_dataset


def test_mcnemar_and_gain_by_hand() -> None:
    first = np.array([True] * 50 + [False] * 10 + [True] * 2 + [False] * 38)
    second = np.array([True] * 60 + [False] * 40)
    found = compare(first, second, ("old", "new"))
    assert (found.only_first, found.only_second) == (2, 10)
    # twice the chance of at most 2 heads in 12 throws: (1 + 12 + 66) / 4096
    assert found.p_value == pytest.approx(2 * 79 / 4096)
    assert found.gain == pytest.approx(0.08)
    assert 0 < found.gain_low < 0.08 < found.gain_high < 0.16
    assert found.verdict.startswith("new is better than old")
    assert compare(second, first, ("new", "old")).verdict.startswith("new is better")


def test_equal_models_are_called_equal() -> None:
    same = np.array([True, False] * 10)
    found = compare(same, same, ("a", "b"))
    assert (found.p_value, found.gain, found.gain_low, found.gain_high) == (1.0, 0, 0, 0)
    assert "no real difference" in found.verdict
    flip = same.copy()
    flip[0] = False
    assert "no real difference" in compare(same, flip, ("a", "b")).verdict


def test_a_report_says_which_of_two_models_is_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimators, "TREES", 30)
    monkeypatch.setenv("SEGUE_HOME", str(tmp_path))
    make_dataset(120, noise=0.6).drop(columns="genre_label").to_csv(
        tmp_path / "set.csv", index=False
    )
    done = CliRunner().invoke(
        app,
        ["models", "compare", "simple", "forest", "--csv", str(tmp_path / "set.csv"),
         "--label", "bucket_label", "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["verdict"].startswith("forest is better than simple"), "it hears the energy"
    page = (tmp_path / "data" / "comparison.html").read_text()
    assert "forest is better than simple" in page
    assert "HIP-HOP" in page
    assert "<script src=" not in page, "the page needs no network"
