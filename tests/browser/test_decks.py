"""The main promise, by the mouse: two decks, a suggestion, a transition, a correction."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from library.settings import PROJECT_ROOT, Settings
from tests.browser.conftest import Server, Window

pytestmark = pytest.mark.browser

# Rendering shares a busy machine with everything else; nothing here measures speed.
RENDER_MS = 300_000


@pytest.mark.smoke
def test_from_two_tracks_to_a_transition_and_a_lasting_correction(
    demo_home: Settings, serve: Callable[..., Server], window: Callable[..., Window]
) -> None:
    server = serve(demo_home)
    view = window(server).open().decks()
    page = view.page
    assert view.title("a") != view.title("b")

    # a suggestion is taken
    first = page.locator(".st-key-suggestions-b [class*='st-key-next-b-']").first
    wanted = first.locator(".name").inner_text()
    first.get_by_role("button", name="Load").click()
    view.shows("b", wanted)
    assert view.title("b") != view.title("a")

    # a deck plays
    page.get_by_role("button", name="Play, deck A", exact=True).click()
    view.plays("a", 0.5)
    page.get_by_role("button", name="Play, deck A", exact=True).click()

    # a bucket is corrected
    label = page.locator(".st-key-label-bucket-a button")
    label.click()
    chosen = page.locator(".st-key-bucket-a [role=radio][aria-checked=true]")
    expect(chosen).to_have_count(1)  # what stands is pressed in
    stood = chosen.inner_text()
    page.locator(".st-key-bucket-a [role=radio][aria-checked=false]").first.click()
    expect(label).to_contain_text("yours")
    expect(label).not_to_contain_text(stood)
    expect(chosen).to_have_count(1)  # the chips from before stay until the run has ended
    mine = chosen.inner_text()
    page.keyboard.press("Escape")

    # a transition is rendered, measured and played
    page.get_by_role("button", name="Render the transition").click()
    page.locator(".measured").wait_for(timeout=RENDER_MS)
    expect(page.locator(".measured")).to_contain_text("True peak")
    page.get_by_role("button", name="Play the transition").click()
    view.plays("preview", 1.0)
    _take_screenshot(view)
    page.get_by_role("button", name="Pause the transition").click()
    assert list(demo_home.mixes.glob("*.wav"))

    # it is all there after the server was restarted
    before = view.title("a"), view.title("b")
    server.restart()
    page.goto(page.url)
    view.errors.clear()  # the page noticed that the server was away, as it should
    view.decks()
    assert (view.title("a"), view.title("b")) == before
    expect(label).to_contain_text(mine)
    expect(label).to_contain_text("yours")


def _take_screenshot(view: Window) -> None:
    """Take the README's picture where ``SEGUE_SCREENSHOT`` asks for it (1, or a path)."""
    wanted = os.environ.get("SEGUE_SCREENSHOT")
    if not wanted:
        return
    chosen = PROJECT_ROOT / "docs" / "images" / "decks.png" if wanted == "1" else Path(wanted)
    chosen.parent.mkdir(parents=True, exist_ok=True)
    view.page.mouse.move(640, 20)
    view.page.screenshot(path=chosen)
