"""Planning: what is chosen, what is refused, what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from analysis.report import Report
from mixing.errors import BadBars, BadPoint, MixingError, SameTrack, TooShort, UnknownStyle
from mixing.planner import plan_transition
from mixing.policies import POLICIES
from mixing.styles import STYLES, style_names

Maker = Callable[..., Report]


def test_outro_over_intro_phrase_on_phrase(paper_track: Maker) -> None:
    plan = plan_transition(paper_track("a"), paper_track("b", bpm=127.0), bars=16)
    assert plan.blend
    assert plan.beat_matched
    assert plan.bars == 16
    assert plan.mix_out.bar == 81
    assert plan.mix_in.bar == 1
    assert plan.stretch_ratio == pytest.approx(125 / 127)
    assert plan.timeline is not None
    assert plan.timeline.b.out_time(0.0) == pytest.approx(plan.timeline.overlap_start_sec)
    assert plan.warnings == []
    assert any("phrase on phrase" in reason for reason in plan.reasons)
    assert plan.steps


def test_every_candidate_shows_every_rules_verdict(paper_track: Maker) -> None:
    plan = plan_transition(paper_track("a"), paper_track("b"), bars=16)
    names = [policy.name for policy in POLICIES]
    assert len(names) == len(set(names))
    assert [candidate.chosen for candidate in plan.candidates].count(True) == 1
    for candidate in plan.candidates:
        assert [verdict.rule for verdict in candidate.verdicts] == names
        assert all(verdict.reason for verdict in candidate.verdicts)
        assert candidate.score == pytest.approx(
            sum(verdict.penalty for verdict in candidate.verdicts), abs=1e-2
        )
    kept = [candidate for candidate in plan.candidates if not candidate.rejected]
    assert kept[0].chosen
    assert kept[0].score == min(candidate.score for candidate in kept)


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("bars", [None, 4, 8, 16, 32])
def test_every_style_plans_at_every_length(
    paper_track: Maker, style: str, bars: int | None
) -> None:
    plan = plan_transition(paper_track("a"), paper_track("b", bpm=123.0), style, bars)
    if style != "auto":
        assert plan.style == style
        assert plan.blend == STYLES[style].blend
    assert plan.transition_end_sec > plan.transition_start_sec >= 0
    assert (plan.timeline is not None) == (plan.blend and plan.beat_matched)
    assert plan.segments.b[0].out_start_sec == pytest.approx(
        plan.transition_start_sec if plan.blend else plan.transition_end_sec
    )


def test_the_same_input_gives_the_same_plan(paper_track: Maker) -> None:
    one = plan_transition(paper_track("a"), paper_track("b", bpm=128.0))
    two = plan_transition(paper_track("a"), paper_track("b", bpm=128.0))
    assert one.to_json() == two.to_json()


@pytest.mark.parametrize(("one", "two", "multiple"), [(87.0, 174.0, 2.0), (172.0, 86.5, 0.5)])
def test_half_and_double_time_meet(
    paper_track: Maker, one: float, two: float, multiple: float
) -> None:
    plan = plan_transition(paper_track("a", one), paper_track("b", two), bars=8)
    assert plan.tempo_multiple == multiple
    assert plan.beat_matched
    assert plan.stretch_ratio == pytest.approx(one * multiple / two)
    assert abs(plan.stretch_ratio - 1) < 0.01


@pytest.mark.parametrize("b_bpm", [100.0, 112.0, 140.0, 160.0])
def test_no_blend_stretches_by_more_than_eight_percent(paper_track: Maker, b_bpm: float) -> None:
    plan = plan_transition(paper_track("a"), paper_track("b", b_bpm))
    assert not plan.beat_matched
    assert plan.stretch_ratio == 1.0
    assert not plan.blend
    asked = plan_transition(paper_track("a"), paper_track("b", b_bpm), "beatmatch_crossfade")
    assert asked.style == "plain_fade"
    assert any("stretched by" in warning for warning in asked.warnings)
    assert any("was asked for" in warning for warning in asked.warnings)
    assert all(candidate.rejected for candidate in asked.candidates)


@pytest.mark.parametrize("change", [{"bpm": None}, {"confidence": 0.1}])
def test_without_a_grid_a_plain_fade_says_so_beforehand(
    paper_track: Maker, change: dict[str, Any]
) -> None:
    b = paper_track("b")
    for key, value in change.items():
        setattr(b.grid, key, value)
    for first, second in ((paper_track("a"), b), (b, paper_track("a"))):
        plan = plan_transition(first, second, "bass_swap")
        assert plan.style == "plain_fade"
        assert not plan.beat_matched
        assert plan.timeline is None
        assert "beats are not matched" in plan.reasons[0]
        assert "beats are not matched" in plan.warnings[0]
        assert plan.steps


def test_two_voices_are_kept_apart(paper_track: Maker) -> None:
    bar = 240 / 125
    singing_out = ((80 * bar, 88 * bar),)
    singing_in = ((0.0, 8 * bar),)
    clash = plan_transition(
        paper_track("a", vocals=singing_out), paper_track("b", vocals=singing_in)
    )
    chosen = next(candidate for candidate in clash.candidates if candidate.chosen)
    vocals = next(verdict for verdict in chosen.verdicts if verdict.rule == "vocals")
    assert not vocals.rejected
    assert vocals.penalty < 3
    obvious = [
        candidate
        for candidate in clash.candidates
        if candidate.style == "bass_swap"
        and candidate.bars == 16
        and candidate.mix_out_sec == pytest.approx(80 * bar)
        and candidate.mix_in_sec == 0.0
    ]
    assert obvious
    assert obvious[0].rejected


def test_missing_facts_are_held_against_a_candidate(paper_track: Maker) -> None:
    known = plan_transition(paper_track("a"), paper_track("b"), bars=16)
    blind = plan_transition(
        paper_track("a", camelot=None, vocals=None, lufs=None),
        paper_track("b", camelot=None, vocals=None, lufs=None),
        bars=16,
    )

    def best(plan: Any) -> float:
        return min(each.score for each in plan.candidates if not each.rejected)

    assert best(blind) > best(known)
    words = " ".join(v.reason for each in blind.candidates if each.chosen for v in each.verdicts)
    assert "a key is unknown" in words
    assert "nobody listened" in words
    assert "loudness unknown" in words


def test_keys_that_clash_make_it_short_or_a_switch(paper_track: Maker) -> None:
    good = plan_transition(paper_track("a", camelot="8A"), paper_track("b", camelot="9A"))
    bad = plan_transition(paper_track("a", camelot="8A"), paper_track("b", camelot="2B"))
    assert good.bars >= bad.bars
    assert any("clash" in reason for reason in bad.reasons)


def test_the_djs_points_are_kept_to_the_bar(paper_track: Maker) -> None:
    bar = 240 / 125
    plan = plan_transition(
        paper_track("a"),
        paper_track("b"),
        "bass_swap",
        8,
        mix_out_sec=70 * bar + 0.3,
        mix_in_sec=9 * bar - 0.2,
    )
    assert plan.mix_out.sec == pytest.approx(70 * bar)
    assert plan.mix_in.sec == pytest.approx(9 * bar)


def test_the_djs_points_are_kept_to_the_beat_where_that_is_asked(paper_track: Maker) -> None:
    beat = 60 / 125
    plan = plan_transition(
        paper_track("a"),
        paper_track("b"),
        "bass_swap",
        8,
        mix_out_sec=(4 * 70 + 1) * beat + 0.1,
        mix_in_sec=(4 * 9 - 1) * beat - 0.1,
        to_beats=True,
    )
    assert plan.beat_matched
    assert plan.mix_out.sec == pytest.approx((4 * 70 + 1) * beat)
    assert plan.mix_in.sec == pytest.approx((4 * 9 - 1) * beat)


def test_trims_stay_near_what_matches_the_whole_tracks(paper_track: Maker) -> None:
    a, b = paper_track("a", lufs=-9.0), paper_track("b", lufs=-9.0)
    b.analysis.dynamics.short_term_lufs = [-20.0] * 60 + [-8.0] * 100
    plan = plan_transition(a, b, bars=16)
    assert plan.gain_db == pytest.approx(3.0)


def test_a_louder_track_is_turned_down(paper_track: Maker) -> None:
    plan = plan_transition(paper_track("a", lufs=-12.0), paper_track("b", lufs=-7.0))
    assert plan.gain_db == pytest.approx(-5.0)


def test_levels_too_far_apart_are_named(paper_track: Maker) -> None:
    plan = plan_transition(paper_track("a", lufs=-5.0), paper_track("b", lufs=-30.0))
    assert plan.gain_db == 12.0
    assert any("25.0 dB" in warning for warning in plan.warnings)


def errors() -> list[tuple[type[MixingError], dict[str, Any]]]:
    return [
        (UnknownStyle, {"style": "scratch"}),
        (UnknownStyle, {"effects": ["reverb"]}),
        (BadBars, {"bars": 7}),
        (BadBars, {"bars": 0}),
        (BadBars, {"bars": True}),
        (BadPoint, {"mix_out_sec": 1e6}),
        (BadPoint, {"mix_in_sec": -1.0}),
    ]


@pytest.mark.parametrize(("error", "call"), errors())
def test_bad_wishes_have_a_name(
    paper_track: Maker, error: type[MixingError], call: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        plan_transition(paper_track("a"), paper_track("b"), **call)
    line = str(caught.value)
    assert line.startswith(f"{error.__name__}: ")
    assert "\n" not in line


def test_the_same_track_twice_and_a_sample_have_names(paper_track: Maker) -> None:
    with pytest.raises(SameTrack, match="two different tracks"):
        plan_transition(paper_track("a"), paper_track("a"))
    with pytest.raises(TooShort, match="lasts 7"):
        plan_transition(paper_track("a"), paper_track("b", bars=4))
    gridless = paper_track("b", bars=6)
    gridless.grid.bpm = None
    assert plan_transition(paper_track("a"), gridless).style == "plain_fade"


def test_a_track_that_is_silent_almost_to_its_end_is_brought_in_before_that(
    paper_track: Maker,
) -> None:
    silent = paper_track("b", bars=16)
    silent.grid.bpm = None
    structure, duration = silent.analysis.structure, silent.metadata.duration_sec
    structure.mix_in_sec = None
    for silence in (duration, duration - 3.0, duration - 8.0):
        structure.silence_before_sec = silence
        structure.silence_after_sec = duration if silence == duration else 0.0
        plan = plan_transition(paper_track("a"), silent)
        assert plan.style == "plain_fade"
        assert plan.mix_in.sec + plan.transition_end_sec - plan.transition_start_sec < duration
    with pytest.raises(BadPoint, match=r"only 2\.0 s are left from there"):
        plan_transition(paper_track("a"), silent, mix_in_sec=duration - 2.0)


@pytest.mark.parametrize("bars", [6, 8, 12, 20])
def test_short_tracks_get_a_short_transition(paper_track: Maker, bars: int) -> None:
    plan = plan_transition(paper_track("a", bars=bars), paper_track("b", bars=bars), bars=16)
    assert plan.bars < 16
    assert plan.transition_end_sec <= bars * 240 / 125 + 1


def test_a_track_without_an_outro_may_leave_by_its_last_phrase_looped(paper_track: Maker) -> None:
    a = paper_track("a")
    looped = [
        each for each in plan_transition(a, paper_track("b")).candidates if "loop" in each.kind
    ]
    assert looped == []
    a.analysis.structure.sections[-1].label = "drop"
    plan = plan_transition(a, paper_track("b"))
    looped = [each for each in plan.candidates if "last phrase looped" in each.kind]
    assert any(not each.rejected for each in looped)
    rule = next(each for each in looped[0].verdicts if each.rule == "loop")
    assert rule.penalty >= 3
    assert "go round" in rule.reason


def test_where_a_point_leaves_no_room_the_phrase_before_it_goes_round(paper_track: Maker) -> None:
    bar = 240 / 125
    plan = plan_transition(
        paper_track("a"),
        paper_track("b"),
        "bass_swap",
        16,
        mix_out_sec=96 * bar - 0.5,
        mix_in_sec=0.0,
    )
    assert plan.style == "bass_swap"
    assert (plan.bars, plan.loop_bars) == (16, 8)
    head, *rounds = plan.segments.a
    assert head.track_end_sec == pytest.approx(96 * bar)
    assert [each.track_start_sec for each in rounds] == pytest.approx([88 * bar] * 2)
    assert rounds[-1].out_end_sec == pytest.approx(plan.transition_end_sec)
    assert any("Loop 8 bars" in step for step in plan.steps)
