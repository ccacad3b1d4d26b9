"""Every message of the DDJ-FLX4, played on the live decks."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.controllers.devices import FLX4, OFF, ON, Controller, connect, near

pytestmark = pytest.mark.browser


def test_every_message_of_the_flx4_moves_its_control_and_the_lamps_answer(view: Window) -> None:
    (flx4,) = connect(view, FLX4)
    page = view.page
    page.evaluate(
        """() => {
          window.__said = [];
          window.__segueDecks.engine.onAction(action => window.__said.push(action));
          window.__segueDecks.engine.on(event => window.__said.push(event));
        }"""
    )
    flx4.lamp(0x9F, 0x00, ON)
    flx4.lamp(0x9F, 0x01, ON)
    for deck, number in (("a", 0), ("b", 1)):
        _toggles(flx4, view, deck, 0x90 + number)
        _faders(flx4, view, deck, 0xB0 + number, 0x17 + number)
        _transport(flx4, view, deck, 0x90 + number, 0xB0 + number)
        _loops(flx4, view, deck, 0x90 + number)
        _pads(flx4, view, deck, 0x90 + number, 0x97 + 2 * number)
    _sync(flx4, view)
    _mixer(flx4, view)
    _effects(flx4, view)
    _browser(flx4, view)

    page.locator(".midi-all summary").click()
    page.locator(".midi-rows code").first.wait_for()
    rows = set(page.locator(".midi-rows code").all_inner_texts())
    assert len(rows) > 250
    assert not rows - flx4.played, "every message of the table was played"


def _toggles(flx4: Controller, view: Window, deck: str, note: int) -> None:
    for number, name in ((0x54, "pfl"), (0x4C, "slip"), (0x4E, "quantise"), (0x50, "keylock")):
        before = view.state(f"decks.{deck}.{name}")
        for wanted in (not before, before):
            flx4.press(note, number)
            view.until(f"s.decks.{deck}.{name} === {json.dumps(wanted)}")
            flx4.lamp(note, number, ON if wanted else OFF)
    flx4.press(note, 0x68)
    view.until(f"s.decks.{deck}.leader")
    flx4.lamp(note, 0x68, ON)
    for percent in (10, 16, 25, 6):
        flx4.press(note, 0x60)
        view.until(f"s.decks.{deck}.tempoRange === {percent}")
    keys = {
        0x1B: "hot_cue",
        0x69: "keyboard",
        0x20: "beat_jump",
        0x6D: "beat_loop",
        0x22: "sampler",
        0x6F: "key_shift",
    }
    for number, mode in keys.items():
        flx4.press(note, number)
        view.until(f"s.decks.{deck}.padMode === '{mode}'")
        for other in keys:
            flx4.lamp(note, other, ON if other == number else OFF)
    for number in (0x1E, 0x6B, 0x3F):  # pad effects and SHIFT itself move nothing
        said = view.page.evaluate("window.__said.length")
        flx4.press(note, number)
        assert view.page.evaluate("window.__said.length") == said


def _faders(flx4: Controller, view: Window, deck: str, turn: int, filter_number: int) -> None:
    faders = (
        (turn, 0x04, "trim"),
        (turn, 0x07, "eqHigh"),
        (turn, 0x0B, "eqMid"),
        (turn, 0x0F, "eqLow"),
        (turn, 0x13, "fader"),
        (0xB6, filter_number, "filter"),
    )
    for status, number, name in faders:
        flx4.sweep(status, number, number + 0x20, 0)
        near(view, f"decks.{deck}.{name}", 0.0)
        flx4.play((status, number, 0x40), (status, number + 0x20, 0))
        near(view, f"decks.{deck}.{name}", 0.5, 1e-9)
    flx4.play((turn, 0x13, ON), (turn, 0x33, ON))
    near(view, f"decks.{deck}.fader", 1.0, 1e-9)
    flx4.sweep(turn, 0x00, 0x20, 96)  # three quarters down towards +6 %
    near(view, f"decks.{deck}.tempo", 1.03, 0.0005)
    flx4.play((turn, 0x00, 0x40), (turn, 0x20, 0))
    near(view, f"decks.{deck}.tempo", 1.0, 1e-6)
    # moved on screen, the fader waits to be picked up
    flx4.page.wait_for_timeout(300)
    flx4.page.evaluate(
        "deck => window.__segueDecks.engine"
        ".dispatch({control: 'eq_low', deck, value: 0.1, from: 'mouse'})",
        deck,
    )
    flx4.play((turn, 0x0F, 0x48), (turn, 0x2F, 0))
    expect(flx4.page.locator(".midi-pickup")).to_contain_text(f"Deck {deck.upper()} · EQ low")
    near(view, f"decks.{deck}.eqLow", 0.1, 1e-9)
    flx4.sweep(turn, 0x0F, 0x2F, 64)
    near(view, f"decks.{deck}.eqLow", 0.5, 1e-9)


def _transport(flx4: Controller, view: Window, deck: str, note: int, turn: int) -> None:
    one = f"s.decks.{deck}"
    flx4.press(note, 0x0B)
    view.until(f"{one}.playing && {one}.positionSec > 1")
    for number in (0x0B, 0x47):
        flx4.lamp(note, number, ON)
    meter = "([name, lamp]) => window.__midi.lamps[name][lamp] > 0"
    flx4.page.wait_for_function(meter, arg=[FLX4, turn * 128 + 0x02])
    flx4.play((note, 0x0E, ON))
    view.until(f"{one}.reverse && {one}.rate < 0")
    flx4.play((note, 0x0E, OFF))
    view.until(f"!{one}.reverse && {one}.rate > 0")
    for number in (0x36, 0x67):
        flx4.play((note, number, ON))
        view.until(f"{one}.touched && Math.abs({one}.rate) < 0.01")
        flx4.play((note, number, OFF))
        view.until(f"!{one}.touched && {one}.rate > 0.9")
    flx4.press(note, 0x0B)
    view.until(f"!{one}.playing && {one}.rate === 0")
    flx4.lamp(note, 0x0B, OFF)  # blinks
    flx4.lamp(note, 0x0B, ON)
    flx4.press(note, 0x0C)  # sets the cue point here
    view.until(f"Math.abs({one}.cueSec - {one}.positionSec) < 0.01")
    for number in (0x0C, 0x48):
        flx4.lamp(note, number, ON)
    flx4.play((note, 0x0C, ON))
    view.until(f"{one}.cueing && {one}.positionSec > {one}.cueSec + 0.1")
    flx4.play((note, 0x0C, OFF))
    view.until(f"!{one}.cueing && Math.abs({one}.positionSec - {one}.cueSec) < 0.01")
    moved = {}
    for number in (0x22, 0x23, 0x21, 0x29):  # at rest all of them move the needle
        before = view.state(f"decks.{deck}.positionSec")
        flx4.play(*[(turn, number, 0x44)] * 5)
        view.until(f"{one}.positionSec > {before} + 0.01")
        flx4.page.wait_for_timeout(200)  # all five have arrived
        moved[number] = view.state(f"decks.{deck}.positionSec") - before
        flx4.play(*[(turn, number, 0x3C)] * 5)
        near(view, f"decks.{deck}.positionSec", before, 0.003)
    assert moved[0x29] == pytest.approx(10 * moved[0x22], rel=0.05)
    for number, sign in ((0x3D, 1), (0x3E, -1)):
        before = view.state(f"decks.{deck}.positionSec")
        flx4.press(note, number)
        beat = f"60 / {one}.track.bpm"
        view.until(f"Math.abs({one}.positionSec - {before} - {sign} * 4 * {beat}) < 0.05")
    flx4.press(note, 0x48)
    view.until(f"Math.abs({one}.positionSec) < 0.01")


def _loops(flx4: Controller, view: Window, deck: str, note: int) -> None:
    one = f"s.decks.{deck}"
    flx4.press(note, 0x0B)
    view.until(f"{one}.playing && {one}.positionSec > 1")
    flx4.press(note, 0x10)
    start = view.state(f"decks.{deck}.positionSec")
    view.until(f"{one}.positionSec > {start} + 1.5")
    flx4.press(note, 0x11)
    view.until(f"{one}.loop && {one}.loop.active")
    for number in (0x10, 0x11, 0x4D):
        flx4.lamp(note, number, ON)
    loop = view.state(f"decks.{deck}.loop")
    length = loop["endSec"] - loop["startSec"]
    for number, factor in ((0x51, 0.5), (0x53, 1.0)):
        flx4.press(note, number)
        wanted = f"{one}.loop.endSec - {one}.loop.startSec - {length * factor}"
        view.until(f"Math.abs({wanted}) < 0.02")
    flx4.press(note, 0x4D)
    view.until(f"{one}.loop && !{one}.loop.active")
    flx4.lamp(note, 0x10, OFF)
    flx4.press(note, 0x4D)
    view.until(f"{one}.loop && {one}.loop.active")
    flx4.press(note, 0x4D)
    flx4.press(note, 0x0B)
    view.until(f"!{one}.playing && !{one}.loop.active")


def _pads(flx4: Controller, view: Window, deck: str, note: int, pads: int) -> None:
    one = f"s.decks.{deck}"
    flx4.page.evaluate("window.__said.length = 0")
    for index in range(8):
        flx4.press(pads + 1, index)  # whatever was there is gone
    view.until(f"{one}.padMode === 'hot_cue' && {one}.hotCues.every(cue => cue === null)")
    for index in range(8):
        flx4.press(pads, index)
        view.until(f"{one}.hotCues[{index}] !== null")
        for status in (pads, pads + 1):
            flx4.lamp(status, index, ON)
        flx4.press(note, 0x53 if index % 2 else 0x3D)
    for index in range(8):
        flx4.press(pads + 1, index)
        view.until(f"{one}.hotCues[{index}] === null")
        for status in (pads, pads + 1):
            flx4.lamp(status, index, OFF)
    for status in (pads, pads + 1):
        for index, beats in enumerate((0.25, 0.5, 1, 2, 4, 8, 16, 32)):
            flx4.press(status, 0x60 + index)
            span = f"({one}.loop.endSec - {one}.loop.startSec) * {one}.track.bpm / 60"
            view.until(f"{one}.loop && {one}.loop.active && Math.abs({span} - {beats}) < 0.05")
            flx4.lamp(status, 0x60 + index, ON)
        flx4.press(note, 0x4D)
        view.until(f"!{one}.loop.active && {one}.padMode === 'beat_loop'")
        for index, semitones in enumerate((0, 1, 2, 3, -1, -2, -3, -4)):
            flx4.press(status, 0x70 + index)
            view.until(f"{one}.keyShift === {semitones} && {one}.padMode === 'key_shift'")
            flx4.lamp(status, 0x70 + index, ON)
        for index, semitones in enumerate((0, 2, 4, 5, 7, 9, 11, 12)):
            flx4.press(status, 0x40 + index)
            view.until(f"{one}.keyShift === {semitones} && {one}.padMode === 'keyboard'")
        flx4.press(note, 0x0B)
        view.until(f"!{one}.playing")
        flx4.press(status, 0x70)
        for index, beats in enumerate((-1, 1, -2, 2, -4, 4, -8, 8)):
            before = view.state(f"decks.{deck}.positionSec")
            moved = f"({one}.positionSec - {before}) * {one}.track.bpm / 60"
            flx4.press(note, 0x3D)
            flx4.press(note, 0x3D)
            # eight back from here would look like not having moved at all
            view.until(f"Math.abs({moved} - 8) < 0.1")
            flx4.press(status, 0x20 + index)
            view.until(f"Math.abs({moved} - 8 - {beats}) < 0.1")
        view.until(f"{one}.meterDb < -50")
        flx4.press(status, 0x30)
        view.until(f"{one}.meterDb > -40 && {one}.padMode === 'sampler'")  # a sample sounds
        for index in range(1, 8):
            flx4.press(status, 0x30 + index)
            said = flx4.page.evaluate("window.__said.at(-2)")
            assert (said["control"], said["deck"], said["index"]) == ("pad", deck, index)


def _sync(flx4: Controller, view: Window) -> None:
    for deck, note in (("a", 0x90), ("b", 0x91)):
        flx4.press(note, 0x58)
        view.until(f"s.decks.{deck}.synced")
        for number in (0x58, 0x60):
            flx4.lamp(note, number, ON)
        flx4.press(note, 0x5C)
        view.until(f"!s.decks.{deck}.synced")
        flx4.lamp(note, 0x58, OFF)


def _mixer(flx4: Controller, view: Window) -> None:
    for number, name in ((0x1F, "crossfader"), (0x0C, "phonesMix")):
        flx4.sweep(0xB6, number, number + 0x20, 0)
        near(view, f"mixer.{name}", 0.0, 1e-9)
        flx4.play((0xB6, number, ON), (0xB6, number + 0x20, ON))
        near(view, f"mixer.{name}", 1.0, 1e-9)
    flx4.play((0xB6, 0x1F, 0x40), (0xB6, 0x3F, 0))


def _effects(flx4: Controller, view: Window) -> None:
    for number, kind in ((0x63, 1), (0x63, 2), (0x64, 1), (0x64, 0), (0x64, 3), (0x63, 0)):
        flx4.press(0x94, number)
        view.until(f"s.mixer.fxKind === {kind}")
    length = view.state("mixer.fxBeats")
    for number, step in ((0x4A, -1), (0x4B, 0)):
        flx4.press(0x94, number)
        view.until(f"s.mixer.fxBeats === {length + step}")
    for status, on in ((0x94, True), (0x95, False)):
        flx4.press(status, 0x47)
        view.until(f"s.mixer.fxOn === {json.dumps(on)}")
        for lamp in (0x94, 0x95):
            flx4.lamp(lamp, 0x47, ON if on else OFF)
    flx4.sweep(0xB4, 0x02, None, 0)
    near(view, "mixer.fxLevel", 0.0)
    for deck, status, number in (("a", 0x94, 0x10), ("b", 0x95, 0x11)):
        for value in (ON, ON, OFF, OFF):
            flx4.play((status, number, value))
            view.until(f"s.decks.{deck}.fx === {json.dumps(value == ON)}")
    for deck, note, status in (("a", 0x90, 0x94), ("b", 0x91, 0x95)):
        flx4.press(note, 0x48)
        flx4.press(note, 0x0B)
        view.until(f"s.decks.{deck}.rate > 0.8")  # at the tempo that sync has left
        flx4.press(status, 0x43)
        view.until(f"s.decks.{deck}.rate > 0 && s.decks.{deck}.rate < 0.7")
        view.until(f"!s.decks.{deck}.playing")


def _browser(flx4: Controller, view: Window) -> None:
    page = view.page
    for status, number, value, line in (
        (0xB6, 0x40, 1, 1),
        (0xB6, 0x64, 1, 11),
        (0xB6, 0x64, ON, 1),
        (0xB6, 0x40, ON, 0),
    ):
        flx4.play((status, number, value))
        view.until(f"s.mixer.browseIndex === {line}")
    page.evaluate("window.__said.length = 0")
    flx4.press(0x96, 0x42)
    flx4.press(0x96, 0x41)
    said = page.evaluate("window.__said.map(each => each.control ?? each.type)")
    assert said == ["automix", "automix", "browse_press", "load_request", "browse_press"]
    for deck, number in (("a", 0x46), ("b", 0x47)):
        # the first line that lies on neither deck
        loaded = [view.state(f"decks.{each}.track?.id") for each in "ab"]
        for _ in range(8):
            flx4.play((0xB6, 0x40, 1))
            page.evaluate("window.__said.length = 0")
            flx4.press(0x96, number)
            wanted = page.evaluate("window.__said.find(each => each.type === 'load_request').id")
            if wanted not in loaded:
                break
        view.until(f"s.decks.{deck}.track?.id === {json.dumps(wanted)}")
        flx4.lamp(0x9F, 0 if deck == "a" else 1, ON)
