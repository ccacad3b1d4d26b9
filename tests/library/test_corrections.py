from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.report import Report
from library.corrections import check_correction, corrected
from library.errors import BadCorrection
from library.grids import Grid, bar_one_here, double_grid, grid_of, shift_grid
from tests.library.factory import make_report


def grid_value(report: Report) -> Grid:
    grid = grid_of(report.analysis.rhythm)
    assert grid is not None
    return grid


def test_nothing_said_is_the_same_report() -> None:
    report = make_report()
    assert corrected(report, {}) is report
    assert corrected(report, {"bucket": "CLUB", "hot_cues": {}}) is report


@settings(max_examples=30, deadline=None)
@given(st.floats(70, 180), st.floats(0, 0.3), st.integers(0, 3))
def test_a_corrected_grid_brings_its_beats(bpm: float, first: float, bar_one: int) -> None:
    report = make_report(bpm=126.0)
    before = report.to_json()
    said = {
        "bpm": bpm,
        "first_beat_sec": first,
        "first_downbeat_sec": first + bar_one * 60 / bpm,
        "beats_per_bar": 4,
    }
    right = corrected(report, {"grid": said})
    rhythm = right.analysis.rhythm
    beats = np.asarray(rhythm.beat_times_sec)
    assert rhythm.tempo_bpm_global == bpm
    assert np.allclose(beats, first + np.arange(len(beats)) * 60 / bpm)
    assert beats[-1] < report.metadata.duration_sec <= beats[-1] + 60 / bpm + 1e-6
    assert np.allclose(rhythm.downbeat_times_sec, beats[bar_one::4])
    grid = right.grid
    assert (grid.confidence, grid.downbeat_confidence, grid.constant) == (1.0, 1.0, True)
    assert grid.first_downbeat_sec == pytest.approx(said["first_downbeat_sec"])
    assert report.to_json() == before, "the report of analysis stays as it was"
    Report.model_validate_json(right.to_json())


def test_bar_one_elsewhere_moves_the_structure_by_whole_beats() -> None:
    report = make_report()
    grid = grid_value(report)
    changed = bar_one_here(grid, grid.first_beat_sec + 5 * grid.period_sec)
    right = corrected(report, {"grid": changed.to_value()})
    old, new = report.analysis.structure, right.analysis.structure
    bars = np.asarray(right.analysis.rhythm.downbeat_times_sec)

    def on_bar(time: float) -> bool:
        return bool(np.min(np.abs(bars - time)) < 1e-6)

    assert all(on_bar(drop) for drop in new.drops)
    assert on_bar(new.mix_out_sec or 0)
    assert on_bar(new.mix_in_sec or 0)
    moved = [
        late.start_sec - early.start_sec
        for early, late in zip(old.sections[1:], new.sections[1:], strict=True)
    ]
    assert moved == pytest.approx([grid.period_sec] * 3)
    assert new.sections[0].start_sec == 0
    assert new.sections[-1].end_sec == report.metadata.duration_sec
    assert [phrase.bars for phrase in new.phrases] == [phrase.bars for phrase in old.phrases]


def test_a_small_shift_moves_the_structure_with_the_beats() -> None:
    report = make_report()
    grid = shift_grid(grid_value(report), 12.5)
    right = corrected(report, {"grid": grid.to_value()})
    before, after = report.analysis.structure.drops, right.analysis.structure.drops
    assert np.allclose(np.subtract(after, before), 0.0125)


def test_double_tempo_doubles_the_bars_of_phrases() -> None:
    report = make_report(bpm=87.0, duration_sec=200.0)
    right = corrected(report, {"grid": double_grid(grid_value(report)).to_value()})
    assert right.grid.bpm == 174.0
    assert {phrase.bars for phrase in right.analysis.structure.phrases} == {16}
    assert right.analysis.structure.drops == pytest.approx(report.analysis.structure.drops)


def test_a_grid_for_a_track_without_one() -> None:
    report = make_report(bpm=None)
    said = {"bpm": 100, "first_beat_sec": 0.2, "first_downbeat_sec": 0.2}
    right = corrected(report, {"grid": said})
    assert right.grid.bpm == 100
    assert len(right.analysis.rhythm.beat_times_sec) == 200


def test_a_grid_past_the_end_leaves_structure_alone() -> None:
    report = make_report(duration_sec=120)
    said = {"bpm": 100, "first_beat_sec": 150.0, "first_downbeat_sec": 150.0}
    right = corrected(report, {"grid": said})
    assert right.analysis.rhythm.beat_times_sec == []
    assert right.analysis.structure == report.analysis.structure


def test_key_and_genre() -> None:
    right = corrected(make_report(), {"key": "A# minor", "genre": "Dub Techno"})
    tonal = right.analysis.tonal
    assert (tonal.key, tonal.camelot, tonal.key_confidence) == ("A# minor", "3A", 1.0)
    assert [(c.key, c.score) for c in tonal.key_candidates] == [("A# minor", 1.0)]
    assert right.metadata.genre == "Dub Techno"


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("key", "8a", "A minor"),
        ("key", "Bbm", "A# minor"),
        ("genre", "  Deep   House ", "Deep House"),
        ("bucket", "CLUB\\TECHNO//", "CLUB/TECHNO"),
        ("zone", "purple", "PURPLE"),
        ("rating", 4, 4),
        ("hot_cues", {"B": 3, "A": {"at_sec": 1.5, "name": "drop", "hue": 3}},
         {"A": {"at_sec": 1.5, "name": "drop", "hue": 3}, "B": {"at_sec": 3.0, "name": ""}}),
        ("genre", None, None),
        ("played", {"deck": "A"}, {"deck": "A"}),
    ],
)  # fmt: skip
def test_words_are_stored_in_one_form(kind: str, value: Any, stored: Any) -> None:
    assert check_correction(kind, value) == stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("key", "H moll"), ("key", 8), ("genre", "  "), ("bucket", "../../etc"), ("bucket", "/"),
        ("zone", "RED"), ("rating", 6), ("rating", True), ("rating", 2.5),
        ("hot_cues", {"I": 1.0}), ("hot_cues", {"A": -1}), ("hot_cues", {"A": "start"}),
        ("hot_cues", [1.0]), ("grid", {"bpm": 120}),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(BadCorrection) as caught:
        check_correction(kind, value)
    assert str(caught.value).startswith(f"BadCorrection: {kind}")
