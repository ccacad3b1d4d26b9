from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.keys import KEYS
from analysis.report import Report
from library.keys import parse_key
from tests.library.factory import make_crate, make_report
from training.candidates import Candidate, candidate_of, energy_step_words, key_step, tempo_step
from training.recommend import Recommendations, recommend
from training.recommender import train_recommender
from training.rules import RecommendRules, Weights

NOW = make_report(1, bpm=126.0, key="A minor", energy=0.55, artist="Ada")


def ask(
    others: list[Report], rules: RecommendRules | None = None, played: tuple[str, ...] = (), **live
) -> Recommendations:  # type: ignore[no-untyped-def]
    crate = [NOW, *others]
    tracks = {report.track_id: report for report in crate}
    return recommend(NOW, train_recommender(crate), tracks, rules, played, **live)


STRICT = RecommendRules(at_least=0)


def hidden(found: Recommendations) -> dict[str, tuple[str, str]]:
    return {one.track_id: (one.rule, one.reason) for one in found.hidden}


def test_a_track_that_fits_says_why() -> None:
    found = ask([make_report(2, bpm=128.3, key="A minor", energy=0.65)])
    (item,) = found.items
    assert item.reasons[:3] == ("Tempo +1.8 %", "same key", "energy +1")
    assert "sound" in item.reasons[3]
    assert item.widened == ()
    assert 0 <= item.score <= 1
    assert item.distance is not None
    assert found.summary == ""


@pytest.mark.parametrize(
    ("changes", "rule", "reason"),
    [
        ({"bpm": 135.0}, "tempo", "Tempo +7.1 %"),
        ({"bpm": None}, "tempo", "tempo unknown"),
        ({"key": "D# minor"}, "key", "clashing key (2A)"),
        ({"key": None}, "key", "key unknown"),
        ({"energy": 0.95}, "energy", "energy +4"),
        ({"artist": "ADA"}, "artist", "ADA again"),
        ({"title": "Track 1", "artist": "Ada"}, "same track", "another file of the song"),
    ],
)
def test_each_rule_hides_and_says_why(changes: dict, rule: str, reason: str) -> None:  # type: ignore[type-arg]
    report = make_report(2, **({"bpm": 126.0, "key": "A minor", "energy": 0.55} | changes))
    found = ask([report], STRICT)
    assert found.items == ()
    name, words = hidden(found)[report.track_id]
    assert name == rule
    assert words.startswith(reason)
    assert rule in found.summary


def test_half_and_double_tempo_meet() -> None:
    found = ask([make_report(2, bpm=63.5, energy=0.5), make_report(3, bpm=250.0, energy=0.5)])
    reasons = {item.track_id: item.reasons[0] for item in found.items}
    assert reasons[f"{2:032x}"] == "Tempo +0.8 % (double time)"
    assert reasons[f"{3:032x}"] == "Tempo −0.8 % (half time)"
    single = ask([make_report(2, bpm=63.5)], replace(STRICT, count_half_and_double=False))
    assert single.items == ()


def test_rules_give_way_one_by_one_and_it_is_said() -> None:
    fits = make_report(2, bpm=127.0, key="A minor", energy=0.55)
    other_key = make_report(3, bpm=127.0, key="D# minor", energy=0.55)
    far = make_report(4, bpm=150.0, key="D# minor", energy=0.55)
    found = ask([fits, other_key, far], RecommendRules(at_least=2))
    assert [item.track_id for item in found.items] == [fits.track_id, other_key.track_id]
    assert found.items[1].widened == ("key",)
    assert found.widened == ("key",)
    assert hidden(found)[far.track_id][0] == "tempo"
    assert "the rule on key was widened" in found.summary
    everything = ask([fits, other_key, far], RecommendRules(at_least=3))
    assert everything.items[2].track_id == far.track_id
    assert everything.widened == ("key", "tempo")


def test_played_tracks_come_back_last() -> None:
    others = [make_report(n, bpm=126.0, key="A minor", energy=0.55) for n in (2, 3)]
    played = (others[0].track_id,)
    strict = ask(others, STRICT, played)
    assert [item.track_id for item in strict.items] == [others[1].track_id]
    assert hidden(strict)[others[0].track_id] == ("played", "played 1 track ago")
    wide = ask(others, RecommendRules(at_least=2), played)
    assert wide.items[-1].widened == ("played",)
    assert "played 1 track ago" in wide.items[-1].reasons
    again = ask(others, replace(STRICT, repeat_gap=0), played)
    assert len(again.items) == 2


def test_artists_are_spaced() -> None:
    others = [
        make_report(2, artist="Bo", energy=0.55),
        make_report(3, artist="Bo", energy=0.55),
        make_report(4, artist="", energy=0.55),
    ]
    rules = replace(STRICT, artist_gap=2)
    found = ask(others, rules, (others[0].track_id,))
    assert hidden(found)[others[1].track_id] == ("artist", "Bo again")
    assert [item.track_id for item in found.items] == [others[2].track_id]
    assert len(ask(others, replace(STRICT, artist_gap=0)).items) == 3


def test_a_song_is_suggested_once() -> None:
    one, other = (make_report(n, title="Krem", artist="K", energy=0.55) for n in (2, 3))
    found = ask([one, other])
    assert len(found.items) == 1
    assert [entry.rule for entry in found.hidden] == ["double"]


def test_the_deck_may_play_at_another_tempo_and_key() -> None:
    slow = make_report(2, bpm=110.0, key="A minor", energy=0.55)
    assert ask([slow], STRICT).items == ()
    found = ask([slow], STRICT, tempo_bpm=110.0)
    assert found.items[0].reasons[0] == "same tempo"
    shifted = ask([make_report(2, key="A# minor", energy=0.55)], STRICT, key="3A")
    assert shifted.items[0].reasons[1] == "same key"


def test_a_track_newer_than_the_bundle_is_suggested_too() -> None:
    crate = make_crate(8)
    new = make_report(77, bpm=crate[1].grid.bpm, key=str(crate[1].analysis.tonal.key))
    bundle = train_recommender(crate)
    found = recommend(crate[1], bundle, {r.track_id: r for r in [*crate, new]}, RecommendRules())
    item = next(item for item in found.items if item.track_id == new.track_id)
    assert item.distance is not None
    assert 0 <= item.distance <= 2


def test_weights_decide_the_order() -> None:
    close_key = make_report(2, bpm=132.0, key="A minor", energy=0.55)
    close_tempo = make_report(3, bpm=126.0, key="E minor", energy=0.55)
    nothing = Weights(similarity=0, tempo=0, key=0, energy=0, freshness=0)
    for weights, first in (
        (replace(nothing, key=1), close_key),
        (replace(nothing, tempo=1), close_tempo),
    ):
        found = ask([close_key, close_tempo], replace(STRICT, weights=weights))
        assert found.items[0].track_id == first.track_id
    assert len(ask([close_key], replace(STRICT, weights=nothing)).items) == 1


def test_energy_may_be_wished_to_rise() -> None:
    up, same = make_report(2, energy=0.7), make_report(3, energy=0.55)
    rules = replace(STRICT, energy_drift=1, weights=Weights(0, 0, 0, 1, 0))
    assert ask([up, same], rules).items[0].track_id == up.track_id


def test_a_query_of_which_nothing_is_known_still_gets_suggestions() -> None:
    blank = make_report(9, bpm=None, key=None, energy=None)
    crate = make_crate(6)
    found = recommend(
        blank, train_recommender(crate), {r.track_id: r for r in crate}, RecommendRules(at_least=0)
    )
    assert len(found.items) == 6
    assert "tempo of the playing track unknown" in found.items[0].reasons


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(0, 5), st.data())
def test_never_empty_never_itself_and_everything_accounted_for(
    count: int, at_least: int, data: st.DataObject
) -> None:
    crate = make_crate(count, seed=count)
    query = data.draw(st.sampled_from(crate))
    played = data.draw(st.lists(st.sampled_from([r.track_id for r in crate]), max_size=4))
    rules = RecommendRules(count=20, at_least=max(1, at_least))
    tracks = {report.track_id: report for report in crate}
    found = recommend(query, train_recommender(crate), tracks, rules, played)
    shown = [item.track_id for item in found.items]
    assert shown
    assert query.track_id not in shown
    assert len(set(shown)) == len(shown)
    gone = {entry.track_id for entry in found.hidden}
    assert gone.isdisjoint(shown)
    assert gone | set(shown) | {query.track_id} == set(tracks)
    stages = [bool(item.widened) for item in found.items]
    assert stages == sorted(stages)


@given(st.sampled_from(KEYS), st.sampled_from(KEYS))
def test_key_steps_follow_the_tones_that_scales_share(first: str, second: str) -> None:
    one, other = parse_key(first), parse_key(second)
    assert one is not None
    assert other is not None
    step = key_step(one, other)
    assert 0 <= step.harmony <= 1
    scale = {0, 2, 4, 5, 7, 9, 11}

    def tones(key) -> set[int]:  # type: ignore[no-untyped-def]
        root = key.root + 3 if key.minor else key.root
        return {(root + tone) % 12 for tone in scale}

    shared = len(tones(one) & tones(other))
    if step.harmony >= 0.85:
        assert shared >= 6
    if shared <= 4 and "semitone" not in step.name and "parallel" not in step.name:
        assert step.harmony < 0.4


@given(st.floats(60, 200), st.floats(0.92, 1.08))
def test_tempo_steps(bpm: float, ratio: float) -> None:
    step = tempo_step(bpm, bpm * ratio)
    assert step.percent == pytest.approx((ratio - 1) * 100)
    assert step.factor == 1
    assert tempo_step(bpm, bpm * ratio / 2).factor == 2
    assert tempo_step(bpm, bpm * ratio * 2).factor == 0.5


def test_words() -> None:
    assert energy_step_words(5, 5) == "same energy"
    assert energy_step_words(5, 4) == "energy −1"
    candidate = candidate_of(make_report(1, energy=1.0))
    assert isinstance(candidate, Candidate)
    assert candidate.level == 10
    assert candidate_of(make_report(1, energy=0.0)).level == 1
