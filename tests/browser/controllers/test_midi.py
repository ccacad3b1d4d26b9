"""Controllers that have to be taught, and none at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Window
from tests.browser.controllers.devices import FLX4, ON, Controller, connect, near

pytestmark = pytest.mark.browser

STRANGER = "Strange Box"


def test_another_controller_is_taught_by_mouse_and_remembered(view: Window, tmp_path: Path) -> None:
    page = view.page
    connect(view, FLX4)
    page.evaluate("name => window.__midi.plug(name)", STRANGER)  # while the page is open
    expect(page.locator(".midi-device")).to_have_count(2)
    box = Controller(page, STRANGER)

    _choose(page, "Deck B · Play")
    box.play((0x9C, 0x21, 100), (0x8C, 0x21, 0))
    expect(page.locator(".midi-learning")).to_contain_text("Deck B · Play is now 9C 21 (button)")
    assert not view.state("decks.b.playing"), "learning plays nothing"
    box.play((0x9C, 0x21, 100), (0x8C, 0x21, 0))
    view.until("s.decks.b.playing")
    box.lamp(0x9C, 0x21, ON)

    _choose(page, "Deck A · EQ low")
    halves = ((place >> 7, place & 127) for place in range(16383, -1, -256))
    box.play(*[each for high, low in halves for each in ((0xB3, 7, high), (0xB3, 39, low))])
    learnt = "is now B3 07 and 27 (14-bit, the other way round)"
    expect(page.locator(".midi-learning")).to_contain_text(learnt)
    for place in range(0, 128, 4):
        box.play((0xB3, 0x07, place), (0xB3, 0x27, 0))
    near(view, "decks.a.eqLow", 1 - 124 / 128, 0.01)

    _choose(page, "Browse")
    box.play(*[(0xB3, 0x30, value) for value in (65, 66, 65, 63)])
    expect(page.locator(".midi-learning")).to_contain_text("B3 30 (relative)")
    box.play((0xB3, 0x30, 67))
    view.until("s.mixer.browseIndex === 3")

    _choose(page, "Master level")  # put away in the middle of learning, the controller plays on
    page.keyboard.press("Escape")
    expect(page.locator(".midi-learn")).to_have_text("Learn")
    box.play((0x9C, 0x21, 100), (0x8C, 0x21, 0))
    view.until("!s.decks.b.playing")
    page.get_by_role("button", name="MIDI controller", exact=True).click()

    _choose(page, "Crossfader")
    box.play((0x9C, 0x22, 100), (0x8C, 0x22, 0))
    expect(page.locator(".midi-learning")).to_contain_text("wants a fader or knob")

    # kept in the browser and as a file
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Export the map of {STRANGER}").click()
    kept = tmp_path / "map.json"
    download.value.save_as(kept)
    map_ = json.loads(kept.read_text())
    assert [row["control"] for row in map_["rows"]] == ["play", "eq_low", "browse"]
    map_["rows"][0]["control"] = "plya"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(map_))
    chooser = page.get_by_label(f"Import a map for {STRANGER}")
    chooser.set_input_files(wrong)
    expect(page.get_by_role("alert").filter(has_text="wrong.json")).to_contain_text(
        'rows[0].control: there is no control "plya"'
    )
    page.reload()
    view.decks()
    connect(view, STRANGER)
    box.play((0x9C, 0x21, 100), (0x8C, 0x21, 0))
    view.until("s.decks.b.playing")
    page.get_by_role("button", name=f"Forget what {STRANGER} has learnt").click()
    expect(page.locator(".midi-device")).to_contain_text("no map yet")
    chooser.set_input_files(kept)
    expect(page.locator(".midi-device")).to_contain_text("3 messages")


def _choose(page: Page, control: str) -> None:
    page.get_by_label("Controller to learn from").select_option(label=STRANGER)
    page.get_by_label("Control to learn", exact=True).select_option(label=control)
    page.get_by_role("button", name="Learn", exact=True).click()
    expect(page.locator(".midi-learning")).to_contain_text(control)


def test_refused_midi_is_said_and_all_else_works(view: Window) -> None:
    page = view.page
    page.evaluate("window.__midi.refuse = true")
    page.get_by_role("button", name="MIDI controller", exact=True).click()
    page.get_by_role("button", name="Connect controllers").click()
    expect(page.locator(".midi-status")).to_contain_text("not allowed to use MIDI")
    page.keyboard.press("Escape")
    expect(page.locator(".midi-panel")).to_be_hidden()
    page.get_by_role("button", name="Play, deck A", exact=True).click()
    view.until("s.decks.a.playing && s.decks.a.positionSec > 0.5")
