"""The page Set in Chromium: built, put into another order, locked, rendered, fetched."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


# Planning and rendering share a busy machine with everything else; nothing here measures speed.
WORK_MS = 240_000


def names(page: Page) -> list[str]:
    return page.locator(".st-key-set-list .set-row .name").all_inner_texts()


def button(page: Page, key: str) -> Locator:
    # A button with a tooltip is in the page twice, once unseen.
    return page.locator(f".st-key-{key} button:visible").first


def test_a_set_is_built_reordered_locked_and_rendered(serve, window, demo_home) -> None:
    shown = window(serve(demo_home)).open().decks()
    page = shown.page
    page.locator("[class*='st-key-page-']").get_by_text("Set", exact=True).click()
    minutes = page.locator(".st-key-set-minutes input")
    minutes.fill("6")
    minutes.press("Enter")
    button(page, "set-build").click()
    rows = page.locator(".st-key-set-list .set-row")
    expect(rows.nth(2)).to_be_visible(timeout=WORK_MS)
    page.locator(".st-key-set-picture .js-plotly-plot").wait_for()
    before = names(page)

    button(page, "set-move-1-0").click()
    swapped = [before[1], before[0], *before[2:]]
    expect(page.locator(".st-key-set-list .set-row .name")).to_have_text(swapped, timeout=WORK_MS)

    button(page, "set-lock-0").click()
    expect(button(page, "set-lock-0")).to_contain_text("locked")
    button(page, "set-build").click()
    expect(button(page, "set-build")).to_be_disabled()
    expect(button(page, "set-build")).to_be_enabled(timeout=WORK_MS)

    button(page, "set-render-button").click()
    page.locator("[class*='st-key-cancel-set-'] button").first.click()
    expect(page.locator(".st-key-set-side")).to_contain_text(
        "What was finished is kept", timeout=WORK_MS
    )
    button(page, "set-render-button").click()
    with page.expect_download(timeout=WORK_MS) as download:
        page.locator(".set-download").click(timeout=WORK_MS)
    assert download.value.suggested_filename.endswith(".wav")
    again = names(page)
    assert again[again.index(swapped[0]) + 1] == swapped[1]
    [plan_file] = demo_home.mixes.glob("Set *.json")
    plan = json.loads(plan_file.read_text())
    assert [track["title"] for track in plan["tracks"]] == [
        name.rsplit(" – ", 1)[-1] for name in again
    ]
    assert plan["rendered"]["true_peak_dbtp"] <= -1.0

    overflow = page.evaluate("document.documentElement.scrollHeight > window.innerHeight")
    assert not overflow, "one screen, no scrolling"
