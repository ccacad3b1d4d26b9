"""The page Buckets as Streamlit runs it, without a browser."""

from __future__ import annotations

import hashlib

import pytest
from streamlit.testing.v1 import AppTest

from app.reviewing import LEAST_CERTAIN, NO_BUCKET, accepted, queue, say, take_back
from app.studio import Studio, get_studio
from library.errors import BadCorrection, NothingToUndo, UnknownTrack
from library.predictions import Prediction
from library.settings import PROJECT_ROOT
from training.learn import learn_labels

IDS = {name: hashlib.md5(name.encode()).hexdigest() for name in ("Lantern", "Harbour", "Comet")}


@pytest.fixture
def asked(studio: Studio) -> Studio:
    """A studio whose model is surest of Lantern and least sure of Comet."""
    learn_labels(studio.library, ("bucket",))
    studio.library.predictions.write(
        "bucket",
        {
            IDS["Lantern"]: Prediction("bucket", "CLUB/HOUSE", 0.9, (("CLUB/TECHNO", 0.1),)),
            IDS["Harbour"]: Prediction("bucket", "CLUB/HOUSE", 0.6, (("CLUB/TECHNO", 0.4),)),
            IDS["Comet"]: Prediction("bucket", "CLUB/HOUSE", 0.45, (("CLUB/TECHNO", 0.4),)),
        },
    )
    studio.library.refresh_words()
    studio.forget()
    return studio


def open_page() -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "app/pages/main.py"), default_timeout=120)
    page.session_state["page-0"] = "Buckets"
    return page.run()


def press(page: AppTest, key: str) -> AppTest:
    return next(one for one in page.button if str(one.key).startswith(key)).click().run()


def titles(studio: Studio, view: str = LEAST_CERTAIN) -> list[str]:
    return [studio.row(one.track_id).title for one in queue(studio, view)]


def test_the_least_certain_answer_is_looked_at_first_and_taken(asked: Studio) -> None:
    page = open_page()
    assert not page.exception
    assert titles(get_studio()) == ["Comet", "Harbour", "Lantern"]
    page = press(page, "buckets-say-2")
    assert not page.exception
    row = get_studio().library.row(IDS["Comet"])
    assert (row.bucket.value, row.bucket.source) == ("CLUB/TECHNO", "dj")
    assert "Comet" not in titles(get_studio())
    page = press(page, "buckets-say-1")
    assert len(titles(get_studio())) == 1
    rate = accepted(get_studio())
    assert rate is not None
    assert rate.overall == 0.5
    page = press(page, "buckets-undo")
    assert not page.exception
    assert len(titles(get_studio())) == 2
    rate = accepted(get_studio())
    assert rate is not None
    assert rate.overall == 0.0


def test_skipping_looks_at_the_next_one_and_says_nothing(asked: Studio) -> None:
    page = open_page()
    page = press(page, "buckets-skip")
    assert page.session_state["buckets-at"] == IDS["Harbour"]
    assert get_studio().library.notebook.latest_of() == {}


def test_all_sure_answers_are_accepted_at_once(asked: Studio) -> None:
    page = press(open_page(), "buckets-bulk")
    assert not page.exception
    assert titles(get_studio()) == ["Comet"]
    assert get_studio().library.row(IDS["Lantern"]).bucket.source == "dj"


def test_undo_takes_all_back_that_one_press_said(asked: Studio) -> None:
    before = asked.library.predictions.all(["bucket"])
    page = press(press(open_page(), "buckets-bulk"), "buckets-undo")
    assert not page.exception
    assert titles(get_studio()) == ["Comet", "Harbour", "Lantern"]
    assert accepted(get_studio()) is None
    for track, one in get_studio().library.predictions.all(["bucket"]).items():
        was = before[track]["bucket"]
        assert (one["bucket"].value, one["bucket"].probability) == (
            was.value,
            pytest.approx(was.probability),
        )


def test_words_on_several_tracks_are_all_kept_or_none(asked: Studio) -> None:
    with pytest.raises(UnknownTrack):
        say(asked, {IDS["Comet"]: "CLUB/HOUSE", "0" * 32: "CLUB/HOUSE"}, "bulk")
    with pytest.raises(BadCorrection):
        say(asked, {IDS["Comet"]: "CLUB/HOUSE", IDS["Harbour"]: ["Rock; Pop"]}, "bulk")
    say(asked, {IDS["Comet"]: "CLUB/HOUSE"}, "accept")
    with pytest.raises(NothingToUndo):
        take_back(asked, [IDS["Comet"], IDS["Harbour"]])
    assert titles(asked) == ["Harbour", "Lantern"]


def test_a_word_on_a_deck_counts_like_one_in_the_queue(asked: Studio) -> None:
    asked.correct(IDS["Comet"], "bucket", ["CLUB/TECHNO"])
    asked.correct(IDS["Lantern"], "bucket", ["CLUB/HOUSE"])
    rate = accepted(asked)
    assert rate is not None
    assert rate.overall == 0.5
    asked.undo(IDS["Comet"], "bucket")
    rate = accepted(asked)
    assert rate is not None
    assert rate.overall == 1.0


def test_what_lies_in_no_bucket_is_a_view_of_its_own(asked: Studio) -> None:
    assert titles(asked, NO_BUCKET) == []


def test_several_buckets_are_typed_and_taken_back(asked: Studio) -> None:
    page = open_page()
    box = next(one for one in page.selectbox if str(one.key).startswith("buckets-other-"))
    box.options.append("Warm-up; CLUB/TECHNO")  # as the browser does with what is typed
    page = box.set_value("Warm-up; CLUB/TECHNO").run()
    assert not page.exception
    studio = get_studio()
    assert studio.library.row(IDS["Comet"]).bucket.values == ("Warm-up", "CLUB/TECHNO")
    assert "Comet" not in titles(studio)
    assert "Warm-up" in studio.labels("bucket")
    rate = accepted(studio)
    assert rate is not None
    assert rate.overall == 0.0, "the answer was another one"
    page = press(page, "buckets-undo")
    assert not page.exception
    assert "Comet" in titles(get_studio())
    say(asked, {IDS["Comet"]: "Warm-up; CLUB/HOUSE"}, "correct")
    rate = accepted(asked)
    assert rate is not None
    assert rate.overall == 1.0, "the answer is one of the two"


def test_an_answer_that_cannot_be_said_stays_in_the_queue(asked: Studio) -> None:
    asked.library.predictions.write(
        "bucket", {IDS["Harbour"]: Prediction("bucket", "Rock; Pop", 0.8)}
    )
    asked.library.refresh_words()
    asked.forget()
    page = press(open_page(), "buckets-bulk")
    assert not page.exception
    assert sorted(titles(get_studio())) == ["Comet", "Harbour"]


def test_a_correction_moves_what_sounds_alike_in_the_queue(asked: Studio) -> None:
    before = {one.track_id: one.prediction for one in queue(asked, LEAST_CERTAIN)}
    say(asked, {IDS["Harbour"]: "CLUB/TECHNO"}, "correct")
    after = {one.track_id: one.prediction for one in queue(asked, LEAST_CERTAIN)}
    assert IDS["Harbour"] not in after
    assert any(after[name] != before[name] for name in after)
    take_back(asked, [IDS["Harbour"]])
    assert "Harbour" in titles(asked)
