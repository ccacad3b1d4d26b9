"""The rules one by one, and the wheel of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixing.camelot import CLASH_POINTS, camelot_relation, parse_camelot
from mixing.candidates import Candidate, Pair
from mixing.facts import TrackFacts
from mixing.policies.harmony import NoteClash
from mixing.policies.place import DeadAir, GridTrust, PhraseAlignment, PlayTime, Room, TempoStretch
from mixing.policies.sound import BassClash, CutVocal, EnergyStep, LevelDip, VocalClash
from mixing.styles import STYLES

BAR = 240 / 125
Build = Callable[..., Candidate]


@pytest.fixture
def build(paper_track) -> Build:
    """Return a candidate: A out and B in at bars counted from 0."""

    def make(
        style: str = "bass_swap",
        bars: int = 16,
        out: float = 80,
        into: float = 0,
        a: dict[str, Any] | None = None,
        b: dict[str, Any] | None = None,
    ) -> Candidate:
        track_a, track_b = paper_track("a", **(a or {})), paper_track("b", **(b or {}))
        pair = Pair(TrackFacts(track_a), TrackFacts(track_b), style)
        in_sec = into * 240 / (track_b.grid.bpm or 125)
        return Candidate(pair, "test", STYLES[style], bars, out * BAR, in_sec)

    return make


def test_room(build: Build) -> None:
    assert not Room().judge(build()).rejected
    assert Room().judge(build(out=90)).rejected
    assert "B would be almost over" in Room().judge(build(b={"bars": 18})).reason
    assert Room().judge(build("cut_mix", bars=4, out=2)).rejected


@pytest.mark.parametrize(
    ("out", "into", "penalty"), [(80, 0, 0.0), (84, 0, 4.0), (80, 4, 4.0), (81, 0, 9.0)]
)
def test_phrases(build: Build, out: int, into: int, penalty: float) -> None:
    verdict = PhraseAlignment().judge(build(bars=8, out=out, into=into))
    assert verdict.penalty == pytest.approx(penalty, abs=1.6)


def test_tempo(build: Build) -> None:
    rule = TempoStretch()
    small, edge, large = (
        rule.judge(build(b={"bpm": bpm})) for bpm in (126.0, 125 * 1.05, 125 * 1.075)
    )
    assert small.penalty < 1 < edge.penalty < 5 < large.penalty
    assert rule.judge(build(b={"bpm": 137.0})).rejected
    assert not rule.judge(build("cut_mix", bars=1, b={"bpm": 160.0})).rejected


def test_grids(build: Build) -> None:
    rule = GridTrust()
    sure = rule.judge(build())
    unsure = rule.judge(build(b={"confidence": 0.5}))
    assert sure.penalty == 0
    assert unsure.penalty > 3
    bent = build()
    report = bent.pair.b.report
    report.grid.constant = False
    report.analysis.rhythm.downbeat_times_sec = [k * BAR + 0.002 * k * k for k in range(96)]
    verdict = rule.judge(bent)
    assert verdict.rejected
    assert "bends" in verdict.reason


def test_one_bassline_in_every_blend(build: Build) -> None:
    for name, style in STYLES.items():
        if style.blend:
            verdict = BassClash().judge(build(name))
            assert not verdict.rejected, name
            assert "one bassline" in verdict.reason
    both = build("beatmatch_crossfade")
    both.lanes[:] = [each for each in both.lanes if each.control != "low_db"]
    verdict = BassClash().judge(both)
    assert verdict.rejected
    assert "two basslines" in verdict.reason


def test_voices_count_by_how_evenly_they_are_heard(build: Build) -> None:
    def clash(start: float, end: float) -> float:
        sung = ((80 * BAR + start * BAR, 80 * BAR + end * BAR),)
        return VocalClash().seconds(
            build("beatmatch_crossfade", a={"vocals": sung}, b={"vocals": ((0.0, 60.0),)})
        )

    assert clash(0, 0.01) < 0.05
    # A quarter bar in the even middle is a quarter bar; at the ends it hardly counts.
    assert clash(7.75, 8.25) == pytest.approx(0.5 * BAR, rel=0.05)
    assert clash(0, 0.5) < 0.2 * clash(7.75, 8.25)
    assert (
        VocalClash().judge(build(a={"vocals": ((0, 500.0),)}, b={"vocals": ((0, 500.0),)})).rejected
    )


def test_a_sung_line_is_not_cut(build: Build) -> None:
    rule = CutVocal()
    end = 96 * BAR
    assert rule.judge(build()).penalty == 0
    across = rule.judge(build(out=72, a={"vocals": ((end - 20, end - 10),)}))
    assert across.penalty > 5
    assert "middle of a sung line" in across.reason
    assert rule.judge(build(into=8, b={"vocals": ((14.0, 18.0),)})).penalty > 5


def test_energy_and_play_time(build: Build) -> None:
    assert EnergyStep().judge(build()).penalty < 3
    falling = EnergyStep().judge(build("cut_mix", bars=1, out=80, into=40))
    assert falling.penalty > 2
    early = PlayTime().judge(build(out=40))
    assert early.penalty > PlayTime().judge(build(out=80)).penalty + 5
    assert "lost" in early.reason


def test_dead_air(build: Build) -> None:
    candidate = build()
    assert DeadAir().judge(candidate).penalty == 0
    candidate.pair.b.report.analysis.structure.silence_before_sec = 2.0
    assert DeadAir().judge(candidate).penalty == pytest.approx(4.0)
    candidate.pair.b.report.analysis.structure.silence_before_sec = 9.0
    assert DeadAir().judge(candidate).rejected


def test_a_hole_in_the_level_is_foreseen(build: Build) -> None:
    even = LevelDip().judge(build("beatmatch_crossfade"))
    assert even.penalty == 0
    hole = build("beatmatch_crossfade")
    curve = hole.pair.b.report.analysis.dynamics.short_term_lufs
    curve[: round(20 * BAR)] = [-30.0] * round(20 * BAR)
    fading = hole.pair.a.report.analysis.dynamics.short_term_lufs
    fading[round(80 * BAR) :] = [-24.0] * (len(fading) - round(80 * BAR))
    assert LevelDip().judge(hole).penalty > 5


codes = st.tuples(st.integers(1, 12), st.sampled_from("AB")).map(lambda it: f"{it[0]}{it[1]}")


@given(codes, codes)
def test_the_wheel_is_even(one: str, two: str) -> None:
    there, back = camelot_relation(one, two), camelot_relation(two, one)
    assert 0 <= there.points <= CLASH_POINTS
    assert there.points == back.points
    assert camelot_relation(one, one).points == 0


def test_relations_a_dj_knows() -> None:
    points = [camelot_relation("8A", other).points for other in ("8A", "8B", "9A", "10A", "3A")]
    assert points == sorted(points)
    assert points[-1] == CLASH_POINTS
    assert camelot_relation("12A", "1A").points == camelot_relation("8A", "9A").points
    assert 0 < camelot_relation(None, "8A").points < CLASH_POINTS
    assert parse_camelot("13A") is None
    assert parse_camelot(" 12b ") == (12, "B")


def chords(name: str, bars: int = 96) -> dict[str, Any]:
    span = [{"start_sec": 0.0, "end_sec": bars * BAR, "chord": name, "confidence": 0.9}]
    return {"progression": span}


def test_chords_that_rub_cost_and_those_that_are_not_heard_together_do_not(build: Build) -> None:
    def judged(one: str, two: str, style: str = "beatmatch_crossfade") -> Any:
        candidate = build(style)
        candidate.pair.a.report.analysis.tonal.chords = chords(one)
        candidate.pair.b.report.analysis.tonal.chords = chords(two)
        return NoteClash().judge(candidate)

    same, semitone = judged("Am", "Am"), judged("Am", "A#m")
    assert same.penalty == 0
    assert "agree" in same.reason
    assert semitone.penalty > 4
    assert "clash" in semitone.reason
    assert judged("Am", "A#m", "cut_mix").penalty == 0
    silent = judged("Am", "N")
    assert silent.penalty == 0
    unknown = NoteClash().judge(build())
    assert unknown.penalty > 0
    assert "unknown" in unknown.reason
