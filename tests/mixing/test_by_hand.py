"""What a DJ moves by hand: when the basslines change, and single bands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from analysis.report import Report
from mixing.by_hand import BandCurve, parse_curve, with_bass_swap, with_curves
from mixing.curves import bass_swap_bar, control_curve
from mixing.errors import BadCurve
from mixing.plan import Plan
from mixing.planner import plan_transition


@pytest.fixture
def plan(paper_track: Callable[..., Report]) -> Plan:
    return plan_transition(paper_track("a"), paper_track("b"), "bass_swap", 16)


def level(plan: Plan, side: str, control: str, bar: float) -> float:
    """Return a control's value at a bar counted from 1."""
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    times = np.array([plan.transition_start_sec + (bar - 1) * bar_sec])
    return float(control_curve(plan.eq_moves, side, control, times)[0])


@pytest.mark.parametrize("bar", [1, 5, 13, 17])
def test_the_basslines_change_where_the_hand_says(plan: Plan, bar: int) -> None:
    before = plan.to_json()
    moved = with_bass_swap(plan, bar)
    assert bass_swap_bar(moved) == bar
    for side, early, late in (("a", 0.0, -40.0), ("b", -40.0, 0.0)):
        assert level(moved, side, "low_db", bar - 0.3) == pytest.approx(early, abs=0.1)
        assert level(moved, side, "low_db", bar) == pytest.approx(late, abs=0.1)
    assert any(f"at bar {bar} of 16" in step for step in moved.steps)
    assert "by hand" in moved.reasons[0]
    assert moved.warnings == plan.warnings
    assert plan.to_json() == before


def test_a_style_says_itself_when_its_basslines_change(plan: Plan) -> None:
    assert bass_swap_bar(plan) == 9
    assert any("at bar 9 of 16" in step for step in plan.steps)


def test_a_band_by_hand_takes_the_place_of_the_styles(plan: Plan) -> None:
    curves = [parse_curve("a.low=1:0,17:0"), parse_curve(" b.high = 1:-12, 9:3 ")]
    moved = with_curves(plan, curves)
    assert level(moved, "a", "low_db", 16.0) == 0.0
    assert level(moved, "b", "high_db", 5.0) == pytest.approx(-4.5)
    assert level(moved, "b", "low_db", 4.0) == level(plan, "b", "low_db", 4.0)
    assert any("two basslines" in line and "by hand" in line for line in moved.warnings)


@pytest.mark.parametrize(
    "text", ["", "a.low", "c.low=1:0", "a.bass=1:0", "a.low=1", "a.low=one:0", "a.low=1:nan"]
)
def test_what_is_no_curve_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadCurve) as caught:
        parse_curve(text)
    assert "\n" not in str(caught.value)


def test_what_no_mixer_does_is_refused(
    plan: Plan, paper_track: Callable[..., Report]
) -> None:  # fmt: skip
    for points in (((5.0, 0.0), (3.0, -6.0)), ((1.0, 12.0),), ((1.0, -80.0),), ()):
        with pytest.raises(BadCurve):
            with_curves(plan, [BandCurve("a", "low", points)])
    for bar in (0, 18):
        with pytest.raises(BadCurve):
            with_bass_swap(plan, bar)
    cut = plan_transition(paper_track("a"), paper_track("b"), "cut_mix")
    with pytest.raises(BadCurve):
        with_bass_swap(cut, 2)
