"""The transition editor's logic: points by hand, ways in words, the picture, finished previews."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import hand, previews, transition_view
from app.jobs import Job, JobState
from app.pages.editor import level
from app.pages.mixer import measured_words
from app.studio import Studio
from app.tasks import MixChoice
from app.words import Tone
from library.settings import PROJECT_ROOT
from mixing.curves import bass_swap_bar
from mixing.facts import TrackFacts
from mixing.plan import Measured, Plan, Verdict
from tests.app.widgets import named

LANTERN, HARBOUR, COMET = (
    hashlib.md5(name.encode()).hexdigest() for name in ("Lantern", "Harbour", "Comet")
)
CHOICE = MixChoice(LANTERN, HARBOUR)


@pytest.fixture
def plan(studio: Studio) -> Plan:
    return studio.plan(CHOICE)


def facts(studio: Studio) -> tuple[TrackFacts, TrackFacts]:
    return TrackFacts(studio.report(LANTERN)), TrackFacts(studio.report(HARBOUR))


# -- by hand ---------------------------------------------------------------------------------------


def test_every_candidate_that_is_taken_is_planned_as_it_stands(studio: Studio, plan: Plan) -> None:
    possible = [each for each in plan.candidates if not each.rejected]
    assert len(possible) > 1
    for each in possible:
        again = studio.plan(hand.taken(each).applied(CHOICE))
        assert (again.style, again.bars) == (each.style, each.bars)
        assert again.mix_out.sec == pytest.approx(each.mix_out_sec)
        assert again.mix_in.sec == pytest.approx(each.mix_in_sec)


def test_a_nudge_moves_one_point_by_a_beat_and_nothing_else(studio: Studio, plan: Plan) -> None:
    beat = hand.beat_sec(plan.mix_in)
    assert beat == pytest.approx(60 / 122, rel=1e-3)
    moved = studio.plan(hand.nudged(plan, "b", beat).applied(CHOICE))
    assert moved.mix_in.sec == pytest.approx(plan.mix_in.sec + beat)
    assert moved.mix_out.sec == pytest.approx(plan.mix_out.sec)
    assert (moved.style, moved.bars) == (plan.style, plan.bars)
    a, b = facts(studio)
    assert transition_view.bars_apart(plan, a, b) is None
    said = transition_view.bars_apart(moved, a, b)
    if moved.beat_matched:
        assert said is not None
        assert said.text == "B's bars begin on beat 4 of A's"
    back = studio.plan(hand.nudged(moved, "b", -beat).applied(CHOICE))
    assert back.mix_in.sec == pytest.approx(plan.mix_in.sec)


def test_a_fade_that_stands_in_asks_for_style_and_length_again(plan: Plan) -> None:
    stand_in = plan.model_copy(update={"style": "plain_fade", "requested_style": "bass_swap"})
    assert hand.fell_back(stand_in)
    assert hand.nudged(stand_in, "a", 1.0).style is None
    wanted = stand_in.model_copy(update={"requested_style": "plain_fade"})
    assert not hand.fell_back(wanted)


def test_an_empty_hand_changes_nothing() -> None:
    assert hand.Hand().applied(CHOICE) == CHOICE


# -- words -----------------------------------------------------------------------------------------


def test_places_are_counted_in_bars_and_beats(studio: Studio) -> None:
    track = facts(studio)[0]
    beat = 60 / 120
    line = track.bar_line(8)
    assert transition_view.place(track, line) == (9, 1)
    assert transition_view.place(track, line + beat) == (9, 2)
    assert transition_view.place(track, line - beat) == (8, 4)
    assert transition_view.place_words(track, line + 2 * beat) == "bar 9, beat 3"
    studio.report(LANTERN).grid.confidence = 0.0
    blind = TrackFacts(studio.report(LANTERN))
    assert transition_view.place_words(blind, 75.0) == "1:15"


def test_the_worst_rule_speaks_and_what_forbids_speaks_first() -> None:
    mild = Verdict(rule="key", penalty=0.5, reason="a fifth apart")
    bad = Verdict(rule="tempo", penalty=6.0, reason="stretched")
    forbids = Verdict(rule="vocals", penalty=2.0, rejected=True, reason="two voices")
    assert transition_view.against([mild]) == ""
    assert transition_view.against([mild, bad]) == "tempo: stretched"
    assert transition_view.against([mild, bad, forbids]) == "vocals: two voices"


def test_a_pair_that_cannot_be_mixed_says_so_before_rendering(studio: Studio) -> None:
    studio.report(HARBOUR).grid.confidence = 0.05
    choice = replace(CHOICE, style="bass_swap")
    grave, *rest = transition_view.doubts(studio.plan(choice), choice)
    assert grave.tone is Tone.BAD
    assert grave.text.startswith("This pair can't be mixed well: beats are not matched")
    assert "5%" in grave.text
    assert any("bass_swap was asked for" in each.text for each in rest)
    wanted = replace(CHOICE, style="plain_fade")
    said = transition_view.doubts(studio.plan(wanted), wanted)
    assert Tone.BAD not in {each.tone for each in said}, "it is what was asked for"


# -- the picture -----------------------------------------------------------------------------------


def test_the_picture_lies_on_the_common_beat_line(studio: Studio) -> None:
    choice = replace(CHOICE, style="bass_swap", bars="4")
    plan = studio.plan(choice)
    assert plan.beat_matched
    drawn = transition_view.picture(plan)
    start, end = drawn["overlap"]
    assert drawn["from"] < start < end < drawn["to"]
    for side in ("a", "b"):
        pieces = drawn[side]["pieces"]
        spans = sorted((piece[0], piece[1]) for piece in pieces)
        assert spans[0][0] == pytest.approx(drawn["from"])
        assert spans[-1][1] == pytest.approx(drawn["to"])
        assert all(one[1] == pytest.approx(two[0]) for one, two in pairwise(spans))
    heard = next(piece for piece in drawn["b"]["pieces"] if piece[4])
    assert heard[0] == pytest.approx(start)
    assert heard[2] == pytest.approx(plan.mix_in.sec)
    assert heard[3] == pytest.approx(120 / 122)
    times = np.linspace(drawn["from"], drawn["to"], transition_view.CURVE_POINTS)
    fader_b = np.array(drawn["b"]["lanes"]["fader"])
    assert fader_b[times < start - 0.1].max() == 0
    assert fader_b[times > end + 0.1].min() == 1
    assert np.array(drawn["a"]["lanes"]["fader"])[times > end + 0.1].max() == 0
    low_a = np.array(drawn["a"]["lanes"]["low_db"])
    assert low_a[times < start].min() == 1
    assert low_a[times > end].max() == 0


# -- previews --------------------------------------------------------------------------------------


def ended(job: Job) -> Job:
    while job.active:
        job.stopping.wait(0.05)
    assert job.state is JobState.DONE, job.error
    return job


def test_a_finished_preview_is_found_again_until_something_changes(studio: Studio) -> None:
    choice = replace(CHOICE, style="cut_mix")
    assert previews.find(studio, choice) is None
    job = ended(previews.start(studio, choice))
    assert previews.start(studio, choice) is job
    plan = studio.plan(choice)
    same = replace(choice, mix_out_sec=plan.mix_out.sec, mix_in_sec=plan.mix_in.sec)
    assert previews.find(studio, same) is job, "the same points, by hand"
    later = hand.nudged(plan, "b", hand.beat_sec(plan.mix_in)).applied(choice)
    for other in (later, replace(choice, file_format="mp3"), replace(choice, style="echo_out")):
        assert previews.find(studio, other) is None
    assert previews.find(studio, choice, previews.PLAIN) is None
    studio.mix_path(job.id).unlink()
    assert previews.find(studio, choice) is None, "its file is gone"


def test_the_plain_crossfade_has_the_same_points_and_level(studio: Studio) -> None:
    choice = replace(CHOICE, style="bass_swap", bars="4")
    mine = ended(previews.start(studio, choice)).result
    plain = ended(previews.start(studio, choice, previews.PLAIN)).result
    assert plain.style == "plain_fade"
    assert not plain.beat_matched
    assert plain.mix_out.sec == pytest.approx(mine.mix_out.sec)
    assert plain.mix_in.sec == pytest.approx(mine.mix_in.sec, abs=0.02), "but for the kicks"
    assert plain.gain_db == pytest.approx(studio.plan(choice).gain_db)
    first, second = level(mine, plain)
    assert max(first, second) == 1
    sounds = [
        20 * np.log10(volume) + plan.output_gain_db
        for volume, plan in ((first, mine), (second, plain))
    ]
    assert sounds[0] == pytest.approx(sounds[1])


def test_the_bass_by_hand_is_another_preview(studio: Studio) -> None:
    choice = replace(CHOICE, style="bass_swap", bars="4")
    plan = studio.plan(choice)
    moved = hand.bass_moved(hand.Hand(), plan, 1).moved(plan)
    assert bass_swap_bar(moved) == bass_swap_bar(plan) + 1
    assert previews.word_of(studio, choice, moved) != previews.word_of(studio, choice, None)
    assert previews.word_of(studio, choice, plan) == previews.word_of(studio, choice, None)
    cut = studio.plan(replace(CHOICE, style="cut_mix"))
    assert hand.Hand(bass_bar=2).moved(cut) is cut, "no basslines to change"
    assert hand.Hand(bass_bar=30).moved(plan) is plan, "no such bar"
    far = hand.bass_moved(hand.Hand(), plan, 99)
    assert far.bass_bar == plan.bars + 1


def test_old_previews_go_and_what_may_be_playing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "KEPT", 2)
    now = time.time()

    def write(name: str, age_sec: float, note: bool = True) -> Path:
        path = tmp_path / name
        path.write_bytes(bytes(100))
        if note:
            path.with_suffix(".plan.json").write_text("{}")
        os.utime(path, (now - age_sec, now - age_sec))
        return path

    old = [
        write(f"one [{number}] to two - cut_mix a1b2c{number}.wav", 9_000 + number)
        for number in range(3)
    ]
    fresh = write("three to four - cut_mix 0d1e2f.mp3", 60)
    theirs = write("Set journey 60 min.wav", 99_999, note=False)
    mine = write("for Friday.wav", 99_999)
    assert previews.tidy(tmp_path) == old[1:]
    assert [path.is_file() for path in (*old, fresh, theirs)] == [True, False, False, True, True]
    assert mine.is_file(), "a plan beside it makes no preview of it"
    assert not old[2].with_suffix(".plan.json").exists()
    assert old[0].with_suffix(".plan.json").exists()
    monkeypatch.setattr(previews, "KEPT", 0)
    assert previews.tidy(tmp_path) == old[:1], "shown within the hour"
    monkeypatch.setattr(previews, "IN_USE_SEC", 0.0)
    monkeypatch.setattr(previews, "KEPT", 9)
    monkeypatch.setattr(previews, "KEPT_BYTES", 50)
    assert previews.tidy(tmp_path) == [fresh], "too large"


def test_voices_and_harmony_are_told_like_the_rest() -> None:
    said = measured_words(Measured(vocal_overlap_sec=3.0, harmonic_clash=0.1))
    assert [(each.text, each.tone) for each in said] == [
        ("Two voices: 3.0 s", Tone.BAD),
        ("Harmony: they agree", Tone.GOOD),
    ]


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture
def page(studio: Studio) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "app/pages/main.py"), default_timeout=60)
    page.query_params["a"] = LANTERN
    page.query_params["b"] = HARBOUR
    page.run()
    return press(page, "edit-button")


def press(page: AppTest, key: str) -> AppTest:
    next(one for one in page.button if one.key == key).click().run()
    assert not page.exception
    return page


def radio(page: AppTest) -> Any:
    return named(page.radio, "way-")


def way(page: AppTest) -> str | None:
    return radio(page).value


def test_picking_a_way_nudging_it_and_going_back(page: AppTest, studio: Studio) -> None:
    automatic = way(page)
    ways = radio(page).options
    assert automatic is not None
    assert len(ways) > 1
    assert page.button(key="edit-automatic").disabled
    keys = [
        transition_view.way_key(each.style, each.bars, each.mix_out_sec, each.mix_in_sec)
        for each in studio.plan(CHOICE).candidates
        if not each.rejected
    ]
    other = next(key for key in keys if key != automatic)
    field = radio(page).key
    radio(page).set_value(other).run()
    assert not page.exception
    assert (radio(page).key, way(page)) == (field, other)
    press(page, "nudge-b-+beat")
    assert radio(page).key != field, "what the browser still shows of it would undo the nudge"
    assert way(page) not in (automatic, other)
    assert len(radio(page).options) == len(ways) + 1, "a way of one's own"
    press(page, "edit-automatic")
    assert way(page) == automatic
    assert radio(page).options == ways


def test_another_style_is_planned_at_the_points_of_the_dj(page: AppTest) -> None:
    press(page, "nudge-b-+bar")
    points = way(page).split("|")[2:]
    named(page.selectbox, "mix-style-").select("cut_mix").run()
    assert not page.exception
    assert way(page).startswith("cut_mix|")
    assert way(page).split("|")[2:] == points


def test_the_basslines_change_where_the_dj_wants(page: AppTest) -> None:
    named(page.selectbox, "mix-style-").select("bass_swap").run()

    def said() -> str:
        return next(one.value for one in page.get("html") if "<b>Bass at</b>" in str(one.value))

    before = said()
    press(page, "nudge-bass-+")
    assert said() != before
    press(page, "nudge-b-+bar")
    assert said() != before, "a nudge keeps it"
    press(page, "edit-automatic")
    assert not page.exception


def test_the_hand_is_about_one_pair_only(page: AppTest) -> None:
    automatic = way(page)
    press(page, "nudge-b-+bar")
    assert way(page) != automatic
    page.button_group(key="mix-first").set_value("b").run()
    assert not page.exception
    page.button_group(key="mix-first").set_value("a").run()
    assert way(page) != automatic, "still there when the direction comes back"
    press(page, "edit-automatic")
    press(page, "edit-button")
    assert not [one for one in page.radio if str(one.key).startswith("way-")], "closed"
