"""What the browser still shows of a page that has changed since is nobody's word."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.report import KeyCandidate
from app.pages import session
from app.studio import Studio, get_studio
from tests.app.widgets import IDS, button, decks, named, open_page


@pytest.fixture
def page(studio: Studio) -> AppTest:
    return open_page()


def test_what_the_browser_still_shows_of_the_last_track_is_no_word_on_the_next(
    page: AppTest,
) -> None:
    a, b = decks(page)
    free = next(track for track in IDS.values() if track not in (a, b))
    shown = [named(page.selectbox, "pick-a").key, named(page.button_group, "bucket-chips-a").key]
    button(page, f"take-a-{free}").click().run()
    now = [named(page.selectbox, "pick-a").key, named(page.button_group, "bucket-chips-a").key]
    assert not set(shown) & set(now)
    undone = now[1]
    named(page.button_group, "bucket-chips-a").set_value("CLUB/TECHNO").run()
    assert named(page.button_group, "bucket-chips-a").key != undone


def test_a_press_is_about_the_track_that_it_was_made_on(page: AppTest) -> None:
    a, b = decks(page)
    free = next(track for track in IDS.values() if track not in (a, b))

    def words() -> set[str]:
        """Return the buttons that change what is known of the track on deck A."""
        starts = ("undo-a-", "grid-a-", "key-a-")
        return {str(one.key) for one in page.button if str(one.key).startswith(starts)}

    for track in (a, free):
        report = get_studio().report(track)
        report.analysis.tonal.key_candidates = [KeyCandidate(key="C minor", camelot="5A", score=1)]
        for kind, value in (("grid", get_studio().library.grid(track)), ("genre", "House")):
            get_studio().library.correct(track, kind, value)
    get_studio().forget("report")
    page.run()
    before = words()
    assert {key.split("-")[0] for key in before} == {"undo", "grid", "key"}
    button(page, f"take-a-{free}").click().run()
    assert len(words()) == len(before)
    assert not words() & before


@pytest.mark.parametrize(("part", "value"), [("style", "cut_mix"), ("bars", "8")])
def test_what_the_browser_still_shows_of_a_control_is_no_choice(
    page: AppTest, part: str, value: str
) -> None:
    button(page, "edit-button").click().run()

    def control() -> Any:
        return named([*page.selectbox, *page.button_group], f"mix-{part}-")

    first = control().key
    control().set_value(value).run()
    assert (control().key, control().value) == (first, value), "the DJ's own word keeps its field"
    assert page.session_state[f"mix-{part}"] == value
    button(page, "edit-automatic").click().run()
    assert control().value == page.session_state[f"mix-{part}"] == "auto"
    assert control().key != first, "the page's word makes a new one"
    assert not page.exception


def test_a_choice_that_is_heard_once_more_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"way-1": "swap"}
    monkeypatch.setattr(session.st, "session_state", state)
    assert [session.news("way-1") for _ in range(2)] == ["swap", None]
    for chosen in ("blend", "swap"):
        state["way-1"] = chosen
        assert session.news("way-1") == chosen
