"""The demo crate through the whole chain: what analysis finds against what was composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import pytest

from analysis.report import Report
from composer.crate import read_truth
from library.library import Library
from library.settings import Settings

TEMPO_TOLERANCE_BPM = 0.05
LOWEST_BEAT_F = 0.95
BEAT_OFFSET_MS = 5.0


@pytest.fixture(scope="module")
def pairs(demo_settings: Settings) -> list[tuple[dict[str, Any], Report]]:
    """(truth, report) of every constant-tempo track of the demo crate."""
    library = Library(demo_settings)
    library.refresh()
    reports = {Path(report.metadata.path).name: report for report in library.reports()}
    truths = read_truth(demo_settings.demo)["tracks"]
    assert len(truths) == len(reports) == 16
    return [(one, reports[Path(one["file"]).name]) for one in truths if one["constant_tempo"]]


def test_tempo_is_the_composed_one(pairs: list[tuple[dict[str, Any], Report]]) -> None:
    assert pairs
    wrong = {
        truth["title"]: (truth["bpm"], report.grid.bpm)
        for truth, report in pairs
        if report.grid.bpm is None or abs(report.grid.bpm - truth["bpm"]) > TEMPO_TOLERANCE_BPM
    }
    assert not wrong


def test_beats_are_the_composed_ones(pairs: list[tuple[dict[str, Any], Report]]) -> None:
    for truth, report in pairs:
        found = np.asarray(report.analysis.rhythm.beat_times_sec)
        beats = np.asarray(truth["beats"])
        score = mir_eval.beat.f_measure(
            mir_eval.beat.trim_beats(beats), mir_eval.beat.trim_beats(found)
        )
        assert score >= LOWEST_BEAT_F, truth["title"]
        nearest = beats[np.abs(found[:, None] - beats[None, :]).argmin(axis=1)]
        assert np.median(np.abs(found - nearest)) * 1000 <= BEAT_OFFSET_MS, truth["title"]


def test_most_bars_begin_where_they_were_composed(
    pairs: list[tuple[dict[str, Any], Report]],
) -> None:
    right = 0
    for truth, report in pairs:
        downbeats = np.asarray(truth["downbeats"])
        found = report.analysis.rhythm.downbeat_times_sec
        right += mir_eval.beat.f_measure(downbeats, np.asarray(found)) >= 0.9
    assert right >= 0.9 * len(pairs)


def test_a_grid_said_to_be_sure_is_right(pairs: list[tuple[dict[str, Any], Report]]) -> None:
    for truth, report in pairs:
        if report.grid.confidence >= 0.8:
            assert report.grid.bpm == pytest.approx(truth["bpm"], abs=TEMPO_TOLERANCE_BPM)


def test_every_track_has_a_prediction_that_knows_how_sure_it_is(demo_settings: Settings) -> None:
    library = Library(demo_settings)
    library.refresh()
    for row in library.tracks():
        found = library.predictions_of(row.track_id)
        assert set(found) == {"genre", "bucket"}
        assert all(0.0 <= one.probability <= 1.0 for one in found.values())
        assert all((one.status == "unsure") >= (one.probability < 0.5) for one in found.values())
