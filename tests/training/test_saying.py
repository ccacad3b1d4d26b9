"""The DJ's word on buckets, wherever it is said, and what the acceptance rate makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.errors import BadCorrection, NothingToUndo
from library.library import Library
from library.predictions import Prediction
from library.settings import Settings
from tests.library.factory import make_crate, write_reports
from training.audit import reviews
from training.saying import say_buckets, take_back_buckets, take_back_word

FIRST, SECOND, THIRD = (report.track_id for report in make_crate(3))


@pytest.fixture
def library(tmp_path: Path) -> Library:
    settings = Settings(tmp_path / "home")
    write_reports(make_crate(3), settings.reports)
    found = Library(settings)
    found.refresh()
    answered = {
        track: Prediction("bucket", "A", 0.9, model_version="v1") for track in (FIRST, SECOND)
    }
    found.predictions.write("bucket", answered)
    return found


def reviewed(library: Library) -> list[tuple[str, str | None, object, str]]:
    return [
        (one.track_id, one.predicted, one.said, one.how) for one in reviews(library.settings.logs)
    ]


def test_the_first_word_on_an_answer_is_its_review(library: Library) -> None:
    say_buckets(library, {FIRST: "A", SECOND: "B; C", THIRD: "A"}, "bulk")
    first = [(FIRST, "A", "A", "bulk"), (SECOND, "A", ["B", "C"], "bulk")]
    assert reviewed(library) == [*first, (THIRD, None, "A", "bulk")]
    say_buckets(library, {FIRST: "C"}, "correct")
    assert reviewed(library)[:2] == first, "a change of mind says nothing on the model"
    assert len(reviewed(library)) == 3
    assert library.notebook.latest(FIRST) == {"bucket": "C"}


def test_a_review_stands_as_long_as_any_word_does(library: Library) -> None:
    say_buckets(library, {FIRST: "B", SECOND: "A"}, "correct")
    say_buckets(library, {FIRST: "C"}, "correct")
    assert take_back_word(library).value == "C"
    assert [one[0] for one in reviewed(library)] == [FIRST, SECOND]
    take_back_buckets(library, [FIRST])
    assert [one[0] for one in reviewed(library)] == [SECOND]
    assert take_back_word(library, SECOND, "bucket").value == "A"
    assert reviewed(library) == []
    with pytest.raises(NothingToUndo):
        take_back_word(library)


def test_an_undo_of_something_else_leaves_reviews_alone(library: Library) -> None:
    say_buckets(library, {FIRST: "B"}, "correct")
    library.correct(FIRST, "genre", "Techno")
    assert take_back_word(library, FIRST).kind == "genre"
    assert len(reviewed(library)) == 1


def test_what_cannot_be_said_is_no_review(library: Library) -> None:
    with pytest.raises(BadCorrection):
        say_buckets(library, {FIRST: "B", SECOND: ["Rock; Pop"]}, "correct")
    with pytest.raises(NothingToUndo):
        take_back_buckets(library, [FIRST])
    assert reviewed(library) == []
    assert library.notebook.latest_of() == {}
