"""The page's script as Streamlit runs it, without a browser: the script of our components is not
run here, what they are told is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.decks import component
from app.decks.protocol import Heard, apply_reports
from app.jobs import JobState
from app.studio import Studio, get_studio
from library.settings import Settings
from tests.app.widgets import IDS, button, decks, named, open_page


def wish(page: AppTest) -> dict[str, Any]:
    told = [json.loads(part.proto.json) for part in page.get("bidi_component")]
    return next(data for data in told if "ack" in data)


def greet(page: AppTest, a: str | None = None, b: str | None = None) -> AppTest:
    """Report as the decks do when the page opens; callbacks do not run here, so by hand."""
    hello = {"type": "hello", "seq": 1, "client": "c", "decks": {"a": a, "b": b}}
    assert apply_reports(get_studio(), page.session_state["live"], [hello])
    return page.run()


def toasts(page: AppTest) -> list[str]:
    return [toast.value for toast in page.toast]


def buttons_that_open(page: AppTest) -> list[str]:
    """Return the labels of the page's popovers."""
    found, waiting = [], [page.main]
    while waiting:
        block = waiting.pop()
        if block.type == "popover":
            found.append(block.proto.popover.label)
        waiting += [one for one in block.children.values() if hasattr(one, "children")]
    return found


@pytest.fixture
def page(studio: Studio) -> AppTest:
    return open_page()


def test_the_first_screen_has_two_tracks_and_no_error(page: AppTest) -> None:
    assert not page.exception
    a, b = decks(page)
    assert a is not None
    assert b is not None
    assert a != b
    assert page.query_params["a"] == a
    assert wish(page)["decks"] == {"a": None, "b": None}, "no opinion before the decks have spoken"
    told = wish(greet(page))
    assert told["ack"] == 1
    assert told["decks"]["a"]["id"] == a
    assert told["decks"]["b"]["id"] == b
    assert {one["id"] for one in told["browse"]} == set(IDS.values())


def test_what_plays_outranks_the_address(studio: Studio) -> None:
    page = open_page(a=IDS["Comet"], b=IDS["Lantern"])
    told = wish(greet(page, a=IDS["Harbour"]))
    assert told["decks"]["a"]["id"] == IDS["Harbour"]
    assert told["decks"]["b"]["id"] == IDS["Lantern"]
    assert page.query_params["a"] == IDS["Harbour"]


def test_without_the_bundle_the_page_says_what_to_run(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(component, "built", lambda: None)
    page = open_page()
    assert not page.exception
    assert len(page.error) == 1
    assert component.BUILD_COMMAND in page.error[0].value
    assert None not in decks(page)


def test_clearing_the_field_leaves_the_track_on_its_deck(page: AppTest) -> None:
    before = decks(page)
    named(page.selectbox, "pick-a").set_value(None).run()
    assert decks(page) == before
    assert named(page.selectbox, "pick-a").value == before[0]


def test_the_best_suggestion_is_loaded_on_the_idle_deck(page: AppTest) -> None:
    live = page.session_state["live"]
    live.playing["a"] = True
    page.run()
    assert button(page, "load-next-a").disabled, "nobody wants that track taken away"
    before = decks(page)
    button(page, "load-next-b").click().run()
    assert decks(page)[0] == before[0]
    assert decks(page)[1] not in (None, *before)


def test_suggestions_follow_what_is_heard(page: AppTest) -> None:
    def why() -> str:
        rows = [block.value for block in page.get("html") if 'class="why"' in block.value]
        return " ".join(rows)

    a = decks(page)[0]
    before = why()
    page.session_state["live"].heard["a"] = Heard(a, 140.0, "2A")
    page.run()
    assert not page.exception
    assert why() != before
    assert any("at 140.0 BPM" in block.value for block in page.get("html"))


def test_the_address_decides_what_is_on_the_decks(studio: Studio) -> None:
    page = open_page(a=IDS["Comet"], b="0" * 32)
    assert decks(page) == (IDS["Comet"], None)
    assert decks(open_page(a=IDS["Comet"], b=IDS["Lantern"])) == (IDS["Comet"], IDS["Lantern"])


def test_a_track_whose_report_went_bad_leaves_its_deck_with_a_word(studio: Studio) -> None:
    studio.row(IDS["Comet"]).report_path.write_text("{")
    page = open_page(a=IDS["Comet"], b=IDS["Lantern"])
    assert not page.exception
    assert decks(page) == (None, IDS["Lantern"])


def test_a_track_on_one_deck_is_not_offered_on_the_other(page: AppTest) -> None:
    a, b = decks(page)
    for deck, across in (("a", b), ("b", a)):
        pick = named(page.selectbox, f"pick-{deck}")
        assert len(pick.options) == 2
        assert pick.value != across


def test_picking_and_taking_a_suggestion_load_the_deck(page: AppTest) -> None:
    free = next(track for track in IDS.values() if track not in decks(page))
    button(page, f"take-b-{free}").click().run()
    assert decks(page)[1] == free
    assert page.query_params["b"] == free
    assert not page.exception


def test_a_bucket_is_corrected_at_once_and_taken_back(page: AppTest) -> None:
    a = decks(page)[0]
    studio = get_studio()
    assert studio.row(a).bucket.source == "folder"
    wanted = next(label for label in studio.labels("bucket") if label != studio.row(a).bucket.value)
    named(page.button_group, "bucket-chips-a").set_value(wanted).run()
    assert studio.library.notebook.latest(a) == {"bucket": wanted}
    assert studio.row(a).bucket.source == "dj"
    named(page.button, "undo-a-bucket").click().run()
    assert studio.library.notebook.latest(a) == {}
    assert studio.row(a).bucket.source == "folder"


def test_several_buckets_are_typed_shown_and_taken_back(page: AppTest) -> None:
    a = decks(page)[0]
    box = named(page.selectbox, "bucket-any-a")
    box.options.append("Warm-up; CLUB/TECHNO")  # as the browser does with what is typed
    box.set_value("Warm-up; CLUB/TECHNO").run()
    assert not page.exception
    assert get_studio().row(a).bucket.values == ("Warm-up", "CLUB/TECHNO")
    shown = [label.replace("\\", "") for label in buttons_that_open(page)]
    assert any("**Warm-up · TECHNO**" in label for label in shown)
    chips = named(page.button_group, "bucket-chips-a")
    assert chips.value == "Warm-up; CLUB/TECHNO"
    assert "Warm-up · TECHNO" in chips.options
    chips.set_value("CLUB/HOUSE").run()
    assert get_studio().row(a).bucket.values == ("CLUB/HOUSE",)
    named(page.button, "undo-a-bucket").click().run()
    assert get_studio().row(a).bucket.values == ("Warm-up", "CLUB/TECHNO")


def test_any_label_in_use_may_be_chosen(page: AppTest) -> None:
    a = decks(page)[0]
    named(page.selectbox, "bucket-any-a").set_value("CLUB/TECHNO").run()
    assert get_studio().row(a).bucket.value == "CLUB/TECHNO"
    assert named(page.selectbox, "bucket-any-a").value is None, "ready for the next track"
    assert not page.exception


def test_the_grid_is_doubled_and_halved_by_a_press(page: AppTest) -> None:
    a = decks(page)[0]
    before = get_studio().report(a).grid.bpm
    named(page.button, "grid-a-0-1").click().run()
    assert get_studio().report(a).grid.bpm == 2 * before
    named(page.button, "grid-a-0-0").click().run()
    assert get_studio().report(a).grid.bpm == before
    named(page.button, "undo-a-grid").click().run()
    assert get_studio().report(a).grid.bpm == 2 * before


def test_moving_bar_one_by_a_beat_and_back_changes_nothing(page: AppTest) -> None:
    a = decks(page)[0]
    bars = get_studio().report(a).analysis.rhythm.downbeat_times_sec
    named(page.button, "grid-a-2-1").click().run()
    later = get_studio().report(a).analysis.rhythm.downbeat_times_sec
    assert later[0] == pytest.approx(bars[0] + 60 / get_studio().report(a).grid.bpm, abs=1e-6)
    named(page.button, "grid-a-2-0").click().run()
    assert get_studio().report(a).analysis.rhythm.downbeat_times_sec == pytest.approx(bars)


def test_the_key_is_corrected(page: AppTest) -> None:
    a = decks(page)[0]
    box = next(one for one in page.selectbox if one.key.startswith("all-keys-a"))
    box.select("5A · C minor").run()
    assert get_studio().report(a).analysis.tonal.camelot == "5A"


def test_search_finds_by_folder_and_loads(page: AppTest) -> None:
    page.text_input(key="search-0").set_value("techno").run()
    loads = [one.key for one in page.button if one.key and one.key.startswith("found-b-")]
    assert loads == [f"found-b-{IDS['Comet']}"]
    if not button(page, loads[0]).disabled:
        button(page, loads[0]).click().run()
        assert decks(page)[1] == IDS["Comet"]
        assert page.text_input(key="search-1").value == "", "a field that hears no echo"


def test_the_mixer_shows_a_plan_with_reasons(page: AppTest) -> None:
    shown = " ".join(block.value for block in page.get("html"))
    assert 'class="plan' in shown
    assert button(page, "render-button").disabled is False


def test_turning_the_direction_plans_the_other_way(page: AppTest) -> None:
    page.button_group(key="mix-first").set_value("b").run()
    assert not page.exception
    shown = " ".join(block.value for block in page.get("html"))
    assert 'class="plan b' in shown


def test_without_a_model_the_page_learns_by_itself(small_home: Settings) -> None:
    small_home.recommender.unlink()
    page = open_page()
    assert not page.exception
    assert None not in decks(page)
    studio = get_studio()
    studio.jobs.close()
    job = studio.jobs.latest("training")
    assert job is not None
    assert job.state in (JobState.DONE, JobState.CANCELLED), job.error


def test_a_model_from_a_stranger_is_not_loaded(small_home: Settings) -> None:
    small_home.recommender.write_bytes(b"made elsewhere")
    page = open_page()
    assert not page.exception
    shown = " ".join(block.value for block in page.get("html"))
    assert "was not trained here" in shown
    assert button(page, "train-a").disabled is False


def test_instructions_set_the_defaults(small_home: Settings) -> None:
    small_home.instructions.write_text(
        json.dumps(
            {
                "deckA": {"query": "comet"},
                "deckB": {"query": "lantern"},
                "mix_style": "cut_mix",
                "effects": ["echo_tail"],
                "seek_position": 0.25,
                "auto_recommend": False,
                "made_up": 1,
            }
        )
    )
    page = open_page()
    assert decks(page) == (IDS["Comet"], IDS["Lantern"])
    assert page.session_state["mix-style"] == "cut_mix"
    assert page.session_state["mix-effects"] == ["echo_tail"]
    assert wish(page)["settings"]["seekShare"] == 0.25
    assert not [one for one in page.button if one.key and one.key.startswith("take-")]
    assert len(toasts(page)) == 1
    assert "made_up" in toasts(page)[0]
    assert toasts(page.run()) == [], "a warning is shown once"


def test_bad_instructions_open_the_page_with_one_sentence(small_home: Settings) -> None:
    small_home.instructions.write_text('{\n "crossfade_ms": "long"\n}')
    page = open_page()
    assert not page.exception
    assert len(toasts(page)) == 1
    assert "line 2" in toasts(page)[0]
    assert None not in decks(page)


def test_only_allowed_folders_are_listed(
    small_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(small_home.demo / "CLUB" / "HOUSE")
    monkeypatch.setattr("sys.argv", ["streamlit", "--allowed-folder", folder])
    page = open_page()
    assert get_studio().count() == 2
    assert set(decks(page)) == {IDS["Lantern"], IDS["Harbour"]}


def test_an_empty_library_invites(empty_home: Settings) -> None:
    page = open_page()
    assert not page.exception
    assert button(page, "welcome-make-demo").disabled is False
    page.text_input(key="folder").set_value("/no/such/folder").run()
    button(page, "add-folder").click().run()
    assert "no folder" in toasts(page)[0]


@pytest.mark.parametrize("control", ["first", "style", "bars", "format", "effects"])
def test_a_control_that_never_heard_its_value_gets_it_again(page: AppTest, control: str) -> None:
    before = page.session_state[f"mix-{control}"]
    page.session_state[f"mix-{control}"] = None
    page.run()
    assert not page.exception
    assert page.session_state[f"mix-{control}"] == before


@pytest.mark.parametrize("there", [True, False])
def test_the_usual_folder_is_offered_where_it_exists(
    empty_home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if there:
        (tmp_path / "Music").mkdir()
    page = open_page()
    field = page.text_input(key="folder")
    assert field.value == (str(tmp_path / "Music") if there else "")
    assert field.placeholder == f"such as {tmp_path / 'Music'}"
    if not there:
        button(page, "add-folder").click().run()
        assert "o folder named" in toasts(page)[0]


def test_labels_say_who_vouches_for_them(page: AppTest) -> None:
    a = decks(page)[0]
    get_studio().correct(a, "genre", "Dub *Techno*")
    page.run()
    shown = buttons_that_open(page)
    assert any("✓ yours" in label and r"Dub \*Techno\*" in label for label in shown)
    assert any(label.startswith("**Grid** :gray[sure]") for label in shown)
