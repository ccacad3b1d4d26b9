"""Fitting the weights of the rhythm family, where the right weights are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.rhythm.confidence import EVIDENCE_NAMES
from benchmarks.fitting import beats, keys, sections
from benchmarks.fitting.choice import Choice, fit_choices, probabilities
from benchmarks.fitting.composed import HALF_TIME, HALF_TIME_BPM, bare_tracks, half_time_specs
from benchmarks.fitting.write import write_beats, write_confidence
from composer.styles import style_named


def choices(weights: np.ndarray, count: int = 400) -> list[Choice]:
    """Options of which one is taken with the probability that the weights give it."""
    rng = np.random.default_rng(3)
    found = []
    for _ in range(count):
        features = rng.normal(size=(6, len(weights)))
        taken = rng.choice(6, p=probabilities(features, weights))
        found.append(Choice(features, np.arange(6) == taken))
    return found


def test_weights_that_made_the_choices_are_found() -> None:
    weights = np.array([2.0, -1.0, 0.0])
    fitted = fit_choices(choices(weights), 0.1, np.zeros(3, dtype=bool))
    np.testing.assert_allclose(fitted, weights, atol=0.3)


def test_a_weight_that_may_not_be_negative_is_not() -> None:
    fitted = fit_choices(choices(np.array([2.0, -1.0, 0.0])), 0.1, np.array([False, True, False]))
    assert fitted[1] == 0.0
    assert fitted[0] > 1.0


def test_bare_kicks_are_counted_as_they_are_struck() -> None:
    for track in bare_tracks(2, 1):
        example = beats.beat_example(track)
        right = example.choice.right.reshape(-1, beats.BEATS_PER_BAR)
        assert right.any()
        # No beat is a bar 1 more than another.
        assert (right.all(axis=1) == right.any(axis=1)).all()
        assert example.choice.features.shape[1] == len(beats.BEAT_SIGNS)


@pytest.mark.parametrize("option", ["--hard-seed", "--check-hard-seed"])
def test_reported_seeds_are_refused_for_hard_tracks(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        beats.main([option, "5300"])
    assert refused.value.code == 2
    assert "reported" in capsys.readouterr().err


@pytest.mark.parametrize("fit", [beats, keys, sections])
def test_reported_seeds_are_refused(fit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        fit.main(["--seed", "7001"])
    assert refused.value.code == 2
    assert "reported" in capsys.readouterr().err


def test_weights_are_written_as_python_that_reads_back(tmp_path: Path) -> None:
    weights = np.round(np.random.default_rng(0).normal(size=len(beats.BEAT_SIGNS)), 3)
    write_beats(tmp_path / "beats.py", weights)
    names: dict[str, object] = {}
    exec((tmp_path / "beats.py").read_text(), names)
    level, line, pattern = (
        names[name] for name in ("LEVEL_WEIGHTS", "BAR_LINE_WEIGHTS", "PATTERN_WEIGHTS")
    )
    assert isinstance(level, dict)
    assert isinstance(line, dict)
    read = np.concatenate([[*level.values()], [*line.values()], np.ravel(np.array(pattern))])
    np.testing.assert_array_equal(read, weights)
    write_confidence(tmp_path / "sure.py", np.arange(float(len(EVIDENCE_NAMES))))
    exec((tmp_path / "sure.py").read_text(), names)
    assert names["CONFIDENCE_WEIGHTS"] == dict(
        zip(EVIDENCE_NAMES, range(len(EVIDENCE_NAMES)), strict=True)
    )


def test_half_time_music_is_of_one_tempo_and_half_of_it_at_others_than_its_own() -> None:
    specs = half_time_specs(8, 3, beats.MINUTES)
    low, high = HALF_TIME_BPM
    assert {spec.style for spec in specs} == {HALF_TIME}
    assert all(spec.constant_tempo and low <= spec.bpm <= high for spec in specs)
    own = style_named(HALF_TIME).tempo_bpm
    assert all(own[0] <= spec.bpm <= own[1] for spec in specs[::2])
    assert any(not own[0] <= spec.bpm <= own[1] for spec in specs[1::2])
    assert half_time_specs(8, 3, beats.MINUTES) == specs
