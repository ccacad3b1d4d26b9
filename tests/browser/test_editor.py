"""The transition editor, by the mouse: pick, nudge, render once, compare, go back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from library.settings import Settings
from tests.browser.conftest import Server, Window

pytestmark = pytest.mark.browser

# Rendering shares a busy machine with everything else; nothing here measures speed.
RENDER_MS = 300_000


def test_a_transition_is_picked_nudged_rendered_once_and_compared(
    demo_home: Settings, serve: Callable[..., Server], window: Callable[..., Window]
) -> None:
    view = window(serve(demo_home)).open().decks()
    page = view.page
    page.get_by_role("button", name="Edit", exact=True).click()

    # both tracks are drawn, the decks stay, nothing scrolls
    picture = page.locator(".transition")
    expect(picture).to_have_attribute("aria-label", re.compile(r"\d+ bars?.*out at bar \d+"))
    drawn = """() => {
        const host = [...document.querySelectorAll("*")].find(
            one => one.shadowRoot?.querySelector(".transition"));
        const canvas = host.shadowRoot.querySelector(".transition canvas");
        const red = half => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(
                0, half * height / 2, width, height / 2);
            let found = 0;
            for (let i = 0; i < data.length; i += 4)
                if (data[i] > 200 && data[i + 1] < 110 && data[i + 2] < 120) found += 1;
            return found / (width * height);
        };
        return red(0) > 0.005 && red(1) > 0.005;
    }"""
    page.wait_for_function(drawn)
    scrolls = """() => ["stMain", "stApp"].map(name => {
        const box = document.querySelector(`[data-testid=${name}]`);
        return [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth];
    }).flat()"""
    assert page.evaluate(scrolls) == [0, 0, 0, 0]
    for seen in (".strip.deck-a", ".strip.deck-b", ".st-key-facts-a", ".st-key-editor"):
        expect(page.locator(seen)).to_be_in_viewport(ratio=1)

    # another way across is taken, nudged, and given back
    ways = page.locator(".st-key-way-list [role=radiogroup] > div")
    taken = page.locator(".st-key-way-list [role=radiogroup] > [data-selected=true]")
    automatic = taken.inner_text()
    ways.nth(1).click()
    expect(taken).not_to_have_text(automatic)
    point = page.locator(".st-key-nudge-b .point span")
    page.locator(".st-key-nudge-b").get_by_role("button", name="+beat").click()
    expect(point).to_have_text(re.compile(r"^bar \d+\.2$"))
    page.get_by_role("button", name="Back to automatic").click()
    expect(taken).to_contain_text(automatic.split("\n")[0])

    # it is rendered once
    render = page.get_by_role("button", name="Render the transition")
    render.click()
    expect(page.locator(".measured")).to_contain_text("True peak", timeout=RENDER_MS)
    page.get_by_role("button", name="Rendered").wait_for()
    ways.nth(1).click()
    render.wait_for()
    page.get_by_role("button", name="Back to automatic").click()
    page.get_by_role("button", name="Rendered").wait_for()

    # and heard against a plain crossfade, at the same moment of the mix
    plain = page.get_by_role("radio", name="Plain crossfade", exact=True)
    expect(plain).to_be_enabled()
    page.get_by_role("button", name="Play the transition").click()
    view.plays("preview", 1.0)
    plain.click()
    view.plays("plain", 0.5)
    assert not page.evaluate("window.__segue.channel('preview').playing"), "one at a time"
    assert view.time_sec("plain") >= view.time_sec("preview")
    page.get_by_role("button", name="Pause the plain crossfade").click()
    styles = sorted(
        path.stem.rsplit(" - ")[-1].split()[0] for path in demo_home.mixes.glob("*.wav")
    )
    assert len(styles) == 2
    assert "plain_fade" in styles
