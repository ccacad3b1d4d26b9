"""What the page does besides the main promise: looks, reloads, uploads, refusals, first steps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from composer.sketch import make_sketch
from library.settings import PROJECT_ROOT, Settings
from tests.browser.conftest import Server, Window

pytestmark = pytest.mark.browser

Show = Callable[..., Window]


@pytest.fixture(scope="module")
def server(
    demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Server]
) -> Server:
    """One server for the tests of this module, on a copy of the demo home."""
    home = tmp_path_factory.mktemp("page") / "home"
    shutil.copytree(demo_settings.home, home)
    return serve(Settings(home))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_one_screen_no_scrolling(server: Server, window: Show, width: int, height: int) -> None:
    view = window(server, width, height).open().decks()
    scrolls = """() => ["stMain", "stApp"].map(name => {
        const box = document.querySelector(`[data-testid=${name}]`);
        return [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth];
    }).flat()"""
    assert view.page.evaluate(scrolls) == [0, 0, 0, 0]
    render = view.page.get_by_role("button", name="Render the transition")
    for control in (render, view.page.locator(".st-key-bucket-b [role=radio]").first):
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    strips = [view.page.locator(f".strip.deck-{deck}").bounding_box() for deck in "ab"]
    assert all(strip is not None and strip["width"] > 0.97 * width for strip in strips)


def test_both_waveforms_are_drawn_in_their_colours(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    drawn = """deck => {
        const host = [...document.querySelectorAll("*")].find(
            one => one.shadowRoot?.querySelector(".waves"));
        const canvas = host.shadowRoot.querySelector(`.strip.deck-${deck} canvas`);
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let red = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i] > 240 && data[i + 1] < 110 && data[i + 2] < 120) red += 1;
        return red / (canvas.width * canvas.height);
    }"""
    for deck in "ab":
        view.page.wait_for_function(f"deck => ({drawn})(deck) > 0.03", arg=deck)


def test_a_deck_plays_seeks_and_jumps(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    page.get_by_role("button", name="Play deck A").click()
    view.plays("a")
    page.get_by_role("button", name="Play deck B").click()
    view.plays("b")
    assert page.evaluate("window.__segue.channel('a').playing") is False, "one at a time"
    page.get_by_role("button", name="Pause deck B").click()
    strip = page.locator(".strip.deck-a")
    box = strip.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    length = float(page.evaluate("window.__segue.channel('a').audio.duration"))
    assert view.time_sec("a") == pytest.approx(length / 2, rel=0.02)
    page.locator(".transport.deck-a").get_by_role("button", name="Jump to mix-in").click()
    assert view.time_sec("a") < length / 3


def test_the_wheel_zooms_to_the_beats_and_a_double_click_back(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    box = page.locator(".strip.deck-b").bounding_box()
    assert box is not None
    left, middle, y = box["x"] + 10, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    length = float(page.evaluate("window.__segue.channel('b').audio.duration"))
    page.mouse.move(middle, y)
    for _ in range(10):
        page.mouse.wheel(0, -200)
    page.mouse.click(left, y)
    page.wait_for_function("window.__segue.channel('b').audio.currentTime > 0")
    assert view.time_sec("b") == pytest.approx(length / 2, rel=0.1), "only the middle is shown"
    page.mouse.dblclick(middle, y)
    page.mouse.click(left, y)
    page.wait_for_function("window.__segue.channel('b').audio.currentTime < 3")


def test_music_plays_on_while_the_page_works(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    page.get_by_role("button", name="Play deck A").click()
    view.plays("a")
    page.locator(".st-key-mix-first").get_by_role("radio", name="B → A").click()
    page.locator(".st-key-genre-b [role=radio][aria-checked=false]").first.click()
    expect(page.locator(".st-key-genre-b .said.good")).to_contain_text("yours")
    view.plays("a")
    page.locator(".st-key-genre-b").get_by_role("button", name="Undo").click()
    expect(page.locator(".st-key-genre-b .said.good")).to_have_count(0)
    view.plays("a")


def test_a_new_bucket_is_typed(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    page.locator(".st-key-bucket-other-b button").first.click()
    page.get_by_role("combobox", name=re.compile("^Bucket of")).fill("SUNRISE")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-bucket-b [aria-checked=true]")).to_have_text("SUNRISE")
    page.reload()
    view.decks()
    expect(page.locator(".st-key-bucket-b [aria-checked=true]")).to_have_text("SUNRISE")


def test_bar_one_is_set_where_the_track_stands(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    tile = page.locator(".st-key-bpm-a")
    expect(tile).not_to_contain_text("yours")
    page.evaluate("window.__segue.channel('a').seek(30)")
    page.get_by_role("button", name=re.compile("is a bar 1")).first.click()
    expect(tile).to_contain_text("yours")


def test_the_search_finds_a_track_and_loads_it(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    page = view.page
    loaded = {view.title("a"), view.title("b")}
    page.get_by_placeholder(re.compile("^Search")).press_sequentially("trance")
    found = page.locator("[class*='st-key-found-'] .name")
    expect(found.first).to_be_visible()
    fresh = next(
        index
        for index, name in enumerate(found.all_inner_texts())
        if not any(name.endswith(title) for title in loaded)
    )
    name = found.nth(fresh).inner_text()
    page.get_by_role("button", name="Load A", exact=True).nth(fresh).click()
    view.shows("a", name)
    expect(page.locator(".st-key-results")).to_have_count(0)


@pytest.fixture
def sketch(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A short track that no library knows, and the truth about it."""
    return make_sketch(tmp_path / "mine", 77, "deep house", 24.0, bpm=121.0)


def test_a_dropped_file_is_analysed_and_loaded(
    server: Server, window: Show, sketch: tuple[Path, dict[str, Any]]
) -> None:
    path, truth = sketch
    view = window(server).open().decks()
    page = view.page
    page.locator(".st-key-drop-b button").first.click()
    page.locator("[data-testid=stPopoverBody] input[type=file]").first.set_input_files(path)
    expect(page.locator(".light.busy").first).to_contain_text("Analysing")
    title = page.locator(".st-key-deck-b .card .title")
    expect(title).to_have_text(truth["title"], timeout=120_000)
    expect(page.locator(".st-key-bpm-b .value")).to_have_text(f"{truth['bpm']:.2f}")


def test_a_bad_file_is_one_sentence(server: Server, window: Show, tmp_path: Path) -> None:
    view = window(server).open().decks()
    page, before = view.page, view.title("a")
    bad = tmp_path / "lyrics.mp3"
    bad.write_text("la la la\n" * 50)
    page.locator(".st-key-drop-a button").first.click()
    page.locator("[data-testid=stPopoverBody] input[type=file]").first.set_input_files(bad)
    toast = page.get_by_test_id("stToast")
    expect(toast).to_contain_text("lyrics.mp3 cannot be used", timeout=120_000)
    assert "Traceback" not in toast.inner_text()
    assert view.title("a") == before
    assert not (server.settings.uploads / "lyrics.mp3").exists()


def test_nobody_else_is_served(server: Server, window: Show) -> None:
    view = window(server).open().decks()
    for name in ("0" * 32, "..%2f..%2finstructions.json", "%2fetc%2fpasswd", "x/y"):
        assert view.page.request.get(f"{server.url}/dj/audio/{name}").status in (400, 404)
    stranger = view.page.request.get(server.url, headers={"Host": "evil.example"})
    assert stranger.status == 403


@pytest.fixture
def empty_home(tmp_path: Path) -> Iterator[Settings]:
    home = tmp_path / "empty"
    home.mkdir()
    shutil.copy(PROJECT_ROOT / "instructions.json", home)
    return Settings(home)


def test_an_empty_home_opens_at_once_and_composes(
    empty_home: Settings, serve: Callable[..., Server], window: Show
) -> None:
    view = window(serve(empty_home, "--demo")).open()
    page = view.page
    expect(page.get_by_text("Drop a folder, or play with the demo crate")).to_be_visible()
    work = page.locator(".st-key-welcome-demo .light.busy")
    expect(work).to_contain_text("Making the demo crate")
    expect(work).to_contain_text(re.compile(r"composing \d+/16"), timeout=120_000)
    page.locator(".st-key-welcome-demo").get_by_role("button", name="Cancel").click()
    again = page.get_by_role("button", name="Play with the demo crate")
    expect(again).to_be_enabled(timeout=120_000)


def test_an_empty_home_waits_to_be_asked(
    empty_home: Settings,
    serve: Callable[..., Server],
    window: Show,
    sketch: tuple[Path, dict[str, Any]],
) -> None:
    path, truth = sketch
    view = window(serve(empty_home)).open()
    page = view.page
    expect(page.get_by_role("button", name="Play with the demo crate")).to_be_enabled()
    assert not empty_home.demo.exists()
    page.get_by_label("My music folder").fill(str(path.parent))
    page.get_by_role("button", name="Analyse this folder").click()
    title = page.locator(".st-key-deck-a .card .title")
    expect(title).to_have_text(truth["title"], timeout=120_000)
    expect(page.locator(".st-key-deck-b")).to_contain_text("Pick a track")
