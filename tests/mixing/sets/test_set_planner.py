"""Plans of whole sets: room between transitions, length, levels, what is left out."""

from __future__ import annotations

import pytest

from mixing.errors import UnreadablePlan
from mixing.sets.arcs import ARCS
from mixing.sets.errors import NoRoom, TooFewSongs
from mixing.sets.planner import ALONE_BARS, plan_in_order, plan_set, settled_sec
from mixing.sets.set_plan import SetPlan
from mixing.sets.wishes import Wishes


@pytest.fixture(scope="module")
def paper_crate(paper_track):
    keys = ["8A", "9A", "8B", "7A", "10A", "8A", "3B", "12A"]
    return [
        paper_track(f"track {n}", bpm=121.0 + n, camelot=key, lufs=-8.0 - n)
        for n, key in enumerate(keys)
    ]


@pytest.fixture(scope="module")
def paper_set(paper_crate) -> SetPlan:
    return plan_set(paper_crate, ARCS["peak"])


def test_every_track_is_heard_alone_between_its_transitions(planned, paper_set) -> None:
    for plan in (planned, paper_set):
        assert len(plan.transitions) == len(plan.tracks) - 1
        for into, out in zip(plan.transitions, plan.transitions[1:], strict=False):
            assert into.b.track_id == out.a.track_id
            bar = 240 / out.a.bpm
            assert out.transition_start_sec >= settled_sec(into) + (ALONE_BARS - 0.5) * bar
            assert out.transition_end_sec <= out.a.duration_sec + 1e-6


def test_the_foreseen_times_are_one_after_the_other(planned) -> None:
    first, *_, last = planned.tracks
    assert first.enters_sec == 0.0
    assert last.leaves_sec == planned.duration_sec
    for one, two in zip(planned.tracks, planned.tracks[1:], strict=False):
        assert one.alone_from_sec < two.enters_sec <= one.leaves_sec <= two.alone_from_sec


def test_the_length_asked_for_is_nearly_met(paper_crate) -> None:
    plan = plan_set(paper_crate, ARCS["warm-up"], 13.0)
    assert plan.duration_sec / 60 == pytest.approx(13.0, abs=1.3)
    assert len({track.track_id for track in plan.tracks}) == len(plan.tracks) < len(paper_crate)
    again = plan_set(paper_crate, ARCS["warm-up"], 13.0)
    assert plan.to_json() == again.to_json()


def test_wishes_reach_the_plan(paper_crate) -> None:
    wishes = Wishes("track 7", "track 2", (("track 1", "track 4"),))
    names = [
        track.title for track in plan_set(paper_crate, ARCS["journey"], 13.0, wishes=wishes).tracks
    ]
    assert (names[0], names[-1]) == ("track 7", "track 2")
    assert names[names.index("track 1") + 1] == "track 4"


def test_levels_meet_in_the_middle(paper_set) -> None:
    levels = [track.lufs + track.gain_db for track in paper_set.tracks]
    assert max(levels) - min(levels) < 0.01


def test_a_track_without_room_is_left_out_unless_it_was_wished_for(paper_crate, paper_track):
    slow, short = paper_track("slow", bpm=42.0, bars=8), paper_track("short", bars=20)
    crate = [*paper_crate[:4], slow, short]
    plan = plan_set(crate, ARCS["peak"], wishes=Wishes("track 0", "track 1"))
    assert {track.title for track in plan.tracks} == {f"track {n}" for n in range(4)}
    assert "'short' is left out" in plan.warnings[0]
    assert "'slow' is left out" in plan.warnings[1]
    with pytest.raises(NoRoom, match="'slow' is over before"):
        plan_set(crate, ARCS["peak"], wishes=Wishes("track 0", locks=(("track 2", "slow"),)))
    with pytest.raises(NoRoom, match="'short' is over before"):
        plan_in_order([paper_crate[0], short, paper_crate[1]], ARCS["peak"])


def test_a_set_needs_two_tracks(paper_crate) -> None:
    with pytest.raises(TooFewSongs):
        plan_set(paper_crate[:1], ARCS["peak"])


def test_a_style_asked_for_is_used_throughout(paper_crate) -> None:
    plan = plan_in_order(paper_crate[:4], ARCS["peak"], "cut_mix")
    assert {meeting.style for meeting in plan.transitions} == {"cut_mix"}


def test_a_set_is_read_back_as_it_was_written(planned, tmp_path) -> None:
    planned.write(tmp_path / "set.json")
    assert SetPlan.read(tmp_path / "set.json").to_json() == planned.to_json()
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(UnreadablePlan):
        SetPlan.read(tmp_path / "broken.json")


@pytest.mark.parametrize("after", [0, 5])
def test_planning_stops_when_it_is_told_to(paper_crate, after: int) -> None:
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_set(paper_crate, ARCS["peak"], check=check)
    assert len(asked) == after + 1
    asked.clear()
    with pytest.raises(KeyboardInterrupt):
        plan_in_order(paper_crate, ARCS["peak"], check=check)
