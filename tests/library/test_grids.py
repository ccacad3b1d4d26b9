from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.report import BeatGrid, Rhythm
from library.errors import BadCorrection
from library.grids import (
    Grid,
    bar_one_here,
    double_grid,
    grid_of,
    halve_grid,
    parse_grid,
    shift_grid,
)

DURATION_SEC = 120.0


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_moment_is_refused(wrong: float) -> None:
    times = (0.0, 0.5, 1.02, 1.5, 2.0)
    steady = Grid(bpm=120.0, first_beat_sec=0.0, first_downbeat_sec=0.0)
    for grid in (steady, steady.model_copy(update={"beat_times_sec": times})):
        for edit in (shift_grid, bar_one_here):
            with pytest.raises(BadCorrection):
                edit(grid, wrong)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    bpm = draw(st.floats(60, 190))
    period = 60 / bpm
    first = draw(st.floats(0, 0.999)) * period + draw(st.sampled_from((0, 0, 7))) * period
    beats_per_bar = draw(st.sampled_from((3, 4, 4)))
    bar_one = first + draw(st.integers(0, beats_per_bar - 1)) * period
    plain = Grid(
        bpm=bpm, first_beat_sec=first, first_downbeat_sec=bar_one, beats_per_bar=beats_per_bar
    )
    if draw(st.booleans()):
        return plain
    drift = np.sin(np.arange(200) / 30) * 0.01
    times = first + np.arange(200) * period + drift
    return Grid(
        bpm=bpm,
        first_beat_sec=float(times[0]),
        first_downbeat_sec=float(times[plain.beat_index(bar_one)]),
        beats_per_bar=beats_per_bar,
        beat_times_sec=tuple(times.tolist()),
    )


def subset(few: np.ndarray, many: np.ndarray) -> bool:
    return bool(np.all(np.abs(few[:, None] - many[None, :]).min(axis=1) < 1e-6))


@given(grids())
def test_every_downbeat_is_a_beat_and_bars_are_whole(grid: Grid) -> None:
    beats, downbeats = grid.beats(DURATION_SEC), grid.downbeats(DURATION_SEC)
    assert beats[0] == pytest.approx(grid.first_beat_sec)
    assert np.all(beats < DURATION_SEC)
    assert np.all(np.diff(beats) > 0)
    assert subset(downbeats, beats)
    places = np.searchsorted(beats, downbeats - 1e-6)
    assert np.all(np.diff(places) == grid.beats_per_bar)
    assert places[0] < grid.beats_per_bar


@given(grids(), st.floats(-900, 900))
def test_a_shift_moves_every_beat_by_the_same_time(grid: Grid, shift_ms: float) -> None:
    moved = shift_grid(grid, shift_ms)
    assert moved.bpm == grid.bpm
    expected = grid.beats(DURATION_SEC) + shift_ms / 1000
    inside = expected[(expected >= 0) & (expected < DURATION_SEC - 1)]
    assert subset(inside, moved.beats(DURATION_SEC))
    bars = grid.downbeats(DURATION_SEC) + shift_ms / 1000
    bars = bars[(bars >= 0) & (bars < DURATION_SEC - 1)]
    assert subset(bars, moved.downbeats(DURATION_SEC))
    assert moved.first_beat_sec >= 0
    parse_grid(moved.to_value())


@given(grids())
def test_double_keeps_every_beat_and_adds_one_between(grid: Grid) -> None:
    assume(grid.bpm <= 200)
    doubled = double_grid(grid)
    assert doubled.bpm == 2 * grid.bpm
    last = grid.beats(DURATION_SEC)[-1]
    before, after = grid.beats(last + 1e-6), doubled.beats(last + 1e-6)
    assert len(after) == 2 * len(before) - 1
    assert subset(before, after)
    assert subset(grid.downbeats(last), doubled.downbeats(last + 1e-6))


@given(grids())
def test_double_then_halve_is_the_grid_again(grid: Grid) -> None:
    again = halve_grid(double_grid(grid))
    assert again.bpm == pytest.approx(grid.bpm)
    assert np.allclose(again.downbeats(DURATION_SEC), grid.downbeats(DURATION_SEC))
    assert np.allclose(again.beats(DURATION_SEC), grid.beats(DURATION_SEC))


@given(grids())
def test_halve_keeps_bar_one(grid: Grid) -> None:
    halved = halve_grid(grid)
    assert halved.bpm == grid.bpm / 2
    assert subset(halved.beats(DURATION_SEC), grid.beats(DURATION_SEC))
    assert subset(np.array([grid.first_downbeat_sec]), halved.downbeats(DURATION_SEC))


@given(grids(), st.floats(5, 60))
def test_bar_one_goes_to_the_nearest_beat(grid: Grid, at_sec: float) -> None:
    changed = bar_one_here(grid, at_sec)
    beats = grid.beats(DURATION_SEC)
    nearest = beats[np.argmin(np.abs(beats - at_sec))]
    assert np.allclose(changed.beats(DURATION_SEC), beats)
    ties = np.abs(np.abs(beats - at_sec) - abs(nearest - at_sec)) < 1e-9
    assert any(subset(np.array([beat]), changed.downbeats(DURATION_SEC)) for beat in beats[ties])


def test_shifting_by_a_whole_beat_keeps_the_beats_and_moves_bar_one() -> None:
    grid = Grid(bpm=120, first_beat_sec=0.1, first_downbeat_sec=0.1)
    moved = shift_grid(grid, 500)
    assert moved.first_beat_sec == pytest.approx(0.1)
    assert moved.first_downbeat_sec == pytest.approx(0.6)


def test_a_grid_that_begins_after_a_drumless_intro_is_not_drawn_into_it() -> None:
    grid = Grid(bpm=120, first_beat_sec=30.0, first_downbeat_sec=30.0)
    assert shift_grid(grid, 20).first_beat_sec == pytest.approx(30.02)
    assert shift_grid(grid, -20).first_beat_sec == pytest.approx(29.98)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"bpm": 0, "first_beat_sec": 0, "first_downbeat_sec": 0}, "bpm"),
        ({"bpm": float("nan"), "first_beat_sec": 0, "first_downbeat_sec": 0}, "bpm"),
        ({"bpm": 120, "first_beat_sec": -1, "first_downbeat_sec": 0}, "first_beat_sec"),
        ({"bpm": 120, "first_beat_sec": 0.1, "first_downbeat_sec": 0.3}, "not lie on a beat"),
        ({"bpm": 120, "first_beat_sec": 0.1}, "first_downbeat_sec"),
        ("120", "grid"),
    ],
)
def test_what_is_no_grid_is_named(value: object, named: str) -> None:
    with pytest.raises(BadCorrection, match=named):
        parse_grid(value)


def test_tempo_stays_in_the_range_of_music() -> None:
    fast = Grid(bpm=300, first_beat_sec=0, first_downbeat_sec=0)
    with pytest.raises(BadCorrection, match="600 BPM"):
        double_grid(fast)
    slow = Grid(bpm=30, first_beat_sec=0, first_downbeat_sec=0)
    with pytest.raises(BadCorrection, match="15 BPM"):
        halve_grid(slow)


def test_the_grid_of_a_report_is_read_as_it_stands() -> None:
    times = [0.5, 1.0, 1.52, 2.0, 2.49, 3.0]
    drifting = Rhythm(
        beat_times_sec=times,
        beat_grid=BeatGrid(bpm=119, first_beat_sec=0.5, first_downbeat_sec=1.0, constant=False),
    )
    grid = grid_of(drifting)
    assert grid is not None
    assert grid.beat_times_sec == tuple(times)
    assert grid.downbeats(4).tolist() == [1.0, 3.0]
    assert grid_of(Rhythm()) is None
