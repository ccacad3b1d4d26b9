from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.report import Report
from tests.library.factory import make_report
from training.features import (
    FEATURE_COLUMNS,
    audio_features,
    column_medians,
    feature_matrix,
    feature_row,
    impute,
    table,
)

# as seed 001 lists them, in its order
SEED_NAMES = """
tempo_bpm danceability groove_conf swing_ratio key_root key_mode_minor spectral_centroid
spectral_flatness dissonance rms_mean crest_factor lufs valence arousal energy bass_presence
mid_presence treble_presence percussive_ratio
""".split()  # noqa: SIM905


def without(payload: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Return the payload with some of its analysis's leaves set to null."""
    kept: dict[str, Any] = {}
    for key, value in payload.items():
        if isinstance(value, dict):
            kept[key] = without(value, draw)
        elif isinstance(value, float) and draw.random() < 0.5:
            kept[key] = None
        else:
            kept[key] = value
    return kept


def test_names_and_order_are_the_contracts() -> None:
    assert list(FEATURE_COLUMNS) == SEED_NAMES
    assert list(feature_row(make_report())) == SEED_NAMES


def test_values_are_the_reports() -> None:
    report = make_report(bpm=126.5, key="A# minor", energy=0.7)
    row = feature_row(report)
    assert row["tempo_bpm"] == 126.5
    assert (row["key_root"], row["key_mode_minor"]) == (10.0, 1.0)
    assert row["energy"] == 0.7
    assert row["lufs"] == report.analysis.dynamics.lufs


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_missing_values_are_nan_and_imputed(seed: int) -> None:
    draw = random.Random(seed)
    reports = []
    for number in range(1, 4):
        whole = make_report(number).model_dump(mode="json")
        whole["analysis"] = without(whole["analysis"], draw) | {"structure": {}}
        whole["analysis"]["rhythm"]["beat_grid"] = {}
        if draw.random() < 0.5:
            whole["analysis"]["tonal"]["key"] = None
        reports.append(Report.model_validate(whole))
    matrix = feature_matrix(reports)
    assert matrix.shape == (3, len(FEATURE_COLUMNS))
    assert not np.isinf(matrix).any()
    medians = column_medians(matrix, FEATURE_COLUMNS)
    assert all(math.isfinite(median) for median in medians.values())
    filled = impute(matrix, FEATURE_COLUMNS, medians)
    assert np.isfinite(filled).all()
    known = np.isfinite(matrix)
    assert np.array_equal(filled[known], matrix[known])
    for report in reports:
        assert all(math.isfinite(value) for value in audio_features(report).values())


def test_a_column_without_any_value_becomes_zero() -> None:
    matrix = np.array([[1.0, math.nan], [3.0, math.nan]])
    medians = column_medians(matrix, ("a", "b"))
    assert medians == {"a": 2.0, "b": 0.0}
    assert impute(matrix, ("a", "b"), medians)[:, 1].tolist() == [0.0, 0.0]
    assert impute(matrix, ("a", "b"), {})[:, 1].tolist() == [0.0, 0.0]


def test_audio_features_hold_sound_and_nothing_else() -> None:
    report = make_report(genre="Techno")
    report.analysis.tonal.chroma_stats = {"mean": [0.1] * 12}
    report.analysis.essentia = {"lowlevel.mfcc.mean": [1.0] * 13, "tonal.key_edma.key": "A"}
    report.analysis.embeddings = {"status": "off"}
    flat = audio_features(report)
    assert flat["tonal.chroma_stats.mean.11"] == 0.1
    assert flat["essentia.lowlevel.mfcc.mean.12"] == 1.0
    assert flat["tonal.key_root"] == 9.0
    assert flat["dynamics.lufs"] == report.analysis.dynamics.lufs
    for unwanted in ("beat_times", "structure", "metadata", "duration", "segments", "confidence"):
        found = [name for name in flat if unwanted in name and name != "tonal.key_confidence"]
        assert [name for name in found if "groove" not in name] == []


def test_rows_become_a_matrix() -> None:
    matrix = table([{"a": 1.0}, {"b": 2.0, "c": 3.0}], ["b", "a"])
    assert np.array_equal(matrix, [[math.nan, 1.0], [2.0, math.nan]], equal_nan=True)


@pytest.mark.parametrize("value", [True, False])
def test_yes_and_no_are_numbers(value: bool) -> None:
    report = make_report()
    report.analysis.instrumentation.likely_bass_heavy = value
    assert audio_features(report)["instrumentation.likely_bass_heavy"] == float(value)
