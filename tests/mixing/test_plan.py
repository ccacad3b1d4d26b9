"""The plan's file and its arithmetic."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixing.course import a_course, b_course
from mixing.errors import UnreadablePlan
from mixing.moves import Moment
from mixing.phase import clock_of
from mixing.plan import Plan, Segment, TrackClock
from mixing.styles import STYLES

CONTRACT = {
    "a",
    "b",
    "style",
    "bars",
    "mix_out",
    "mix_in",
    "stretch_ratio",
    "gain_db",
    "eq_moves",
    "candidates",
    "segments",
    "timeline",
    "measured",
}


@pytest.fixture
def plan(tone_pair) -> Plan:
    from mixing.planner import plan_transition

    return plan_transition(*tone_pair, style="bass_swap", bars=8)


def test_the_file_has_the_contracts_keys(plan: Plan) -> None:
    payload = json.loads(plan.to_json())
    assert set(payload) >= CONTRACT
    assert set(payload["timeline"]) == {"a", "b", "overlap_start_sec", "overlap_end_sec"}
    assert set(payload["timeline"]["a"]) == {"zero_sec", "rate"}
    assert set(payload["segments"]) == {"a", "b"}
    first = payload["segments"]["b"][0]
    assert set(first) >= {"out_start_sec", "out_end_sec", "track_start_sec", "rate"}
    assert {"sec", "bar"} <= set(payload["mix_in"])
    verdict = payload["candidates"][0]["verdicts"][0]
    assert {"rule", "penalty", "rejected", "reason"} == set(verdict)


def test_a_plan_survives_its_file(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan.write(path)
    again = Plan.read(path)
    assert again.to_json() == plan.to_json()


@pytest.mark.parametrize("content", [None, "{", "{}", '{"a": 3}', "[]"])
def test_what_is_no_plan_is_refused_in_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnreadablePlan) as caught:
        Plan.read(path)
    line = str(caught.value)
    assert line.startswith("UnreadablePlan: ")
    assert "\n" not in line


def test_moving_the_clock_moves_everything_and_leaves_the_original(plan: Plan) -> None:
    before = plan.to_json()
    moved = plan.moved(-10.0)
    assert plan.to_json() == before
    assert moved.timeline is not None
    assert plan.timeline is not None
    assert moved.timeline.b.zero_sec == pytest.approx(plan.timeline.b.zero_sec - 10)
    assert moved.segments.a[0].out_end_sec == pytest.approx(plan.segments.a[0].out_end_sec - 10)
    assert moved.eq_moves[0].points[0][0] == pytest.approx(plan.eq_moves[0].points[0][0] - 10)
    assert moved.moved(10.0).to_json() == before


seconds = st.floats(0.0, 600.0)
rates = st.floats(0.9, 1.1)


@given(seconds, rates, seconds)
def test_a_clock_agrees_with_its_segment(out_start: float, rate: float, track: float) -> None:
    segment = Segment(
        out_start_sec=out_start, out_end_sec=out_start + 30, track_start_sec=track, rate=rate
    )
    clock = clock_of(segment)
    for out in (out_start, out_start + 12.3, out_start + 30):
        assert clock.out_time(segment.track_time(out)) == pytest.approx(out, abs=1e-9 * 600)


@given(
    start=seconds,
    overlap=st.floats(4.0, 60.0),
    mix_in=st.floats(0.0, 60.0),
    ratio=rates,
    bar=st.floats(1.2, 3.0),
    glide=st.integers(0, 16),
)
def test_bs_course_is_unbroken_and_ends_with_the_track(
    start: float, overlap: float, mix_in: float, ratio: float, bar: float, glide: int
) -> None:
    duration = 300.0
    course = b_course(start, start + overlap, mix_in, ratio, bar, glide, duration)
    assert course[0].out_start_sec == start
    assert course[0].track_start_sec == mix_in
    for one, two in pairwise(course):
        assert one.out_end_sec == pytest.approx(two.out_start_sec)
        assert one.track_end_sec == pytest.approx(two.track_start_sec)
        assert abs(two.rate - 1) <= abs(one.rate - 1) + 1e-12
    assert course[-1].track_end_sec == pytest.approx(duration)
    assert course[-1].rate == 1.0
    assert all(segment.out_end_sec > segment.out_start_sec for segment in course)


@pytest.mark.parametrize("bars", [1, 2, 4])
@pytest.mark.parametrize("style", ["loop_roll", "backspin", "cut_mix", "echo_out"])
def test_a_switch_fills_its_bars_without_a_gap(style: str, bars: int) -> None:
    moment = Moment(20.0, 20.0 + bars * 2.0, bars, 0.5)
    course = a_course(STYLES[style], moment)
    assert course[0].out_start_sec == 0.0
    assert course[-1].out_end_sec == pytest.approx(moment.end_sec)
    for one, two in pairwise(course):
        assert one.out_end_sec == pytest.approx(two.out_start_sec)
    assert course[0].track_start_sec == 0.0


def test_zero_may_be_negative() -> None:
    assert TrackClock(zero_sec=-4.0, rate=1.0).out_time(10.0) == 6.0
