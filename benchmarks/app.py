"""How quickly the decks page opens and answers, in headless Chromium, beside a bare Streamlit page.

``python benchmarks/app.py`` composes and analyses the demo crate in a folder of its own, starts
the server on it and measures; ``--home DIR`` measures on a home you have (nothing in it is
changed but its catalogue and its log of reviews), ``--quick`` on sixteen short tracks. The bare
page is what one would write first instead: two pickers and two ``st.audio`` over the same files.

First load: from the address to both decks playable, in a fresh browser context. Rerun: from the
click until the page's script has ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A script's folder comes first, and there `app` would be this file, not the package.
sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from analysis.batch import analyse_batch  # noqa: E402
from app.decks.build import ensure_built  # noqa: E402
from app.demo import learn, make_demo  # noqa: E402
from benchmarks._pages import ROOT, find_chromium, page_options, serving  # noqa: E402
from composer.crate import crate_specs, make_tracks  # noqa: E402
from library.library import Library  # noqa: E402
from library.settings import Settings  # noqa: E402

FIRST_LOAD_TARGET_SEC = 3.0
RERUN_TARGET_SEC = 0.5
QUEUE_TARGET_SEC = 1.0
PATIENCE_MS = 120_000
# Short tracks for --quick: composing and analysing sixteen of them takes under a minute.
QUICK_SECONDS = (24.0, 40.0)

BARE_PAGE = """
import json, os
import streamlit as st
tracks = json.loads(os.environ["SEGUE_BENCHMARK_TRACKS"])
for name, column in zip("AB", st.columns(2)):
    with column:
        st.audio(tracks[st.selectbox(f"Deck {name}", list(tracks), index="AB".index(name))])
st.button("Again")
"""

# The page says itself whether its script runs.
RUNS = "document.querySelector('[data-testid=stApp]').dataset.testScriptState"

# A short run may begin and end between two looks, so what the state was before counts too.
WATCH_NEXT_CLICK = f"""() => {{
    window.__rerunMs = null;
    let pressed = null, ran = false;
    addEventListener("click", () => pressed ??= performance.now(), {{ capture: true, once: true }});
    new MutationObserver((changes, watcher) => {{
        if (pressed === null) return;
        ran ||= {RUNS} === "running" || changes.some(change => change.oldValue === "running");
        if (!ran || {RUNS} !== "notRunning") return;
        watcher.disconnect();
        window.__rerunMs = performance.now() - pressed;
    }}).observe(document.querySelector("[data-testid=stApp]"), {{
        attributeFilter: ["data-test-script-state"], attributeOldValue: true,
    }});
}}"""


def main(argv: list[str] | None = None) -> int:
    """Measure and print one table; returns the exit status."""
    options = _options(argv)
    chromium = find_chromium(options.chromium)
    if chromium is None:
        print("benchmarks/app.py needs Chromium: install it, or name one with --chromium")
        return 0
    ensure_built()
    with tempfile.TemporaryDirectory(prefix="segue-benchmark-") as folder:
        os.environ.setdefault("SEGUE_TRUST", str(Path(folder) / "trust"))
        settings = options.home or _home(Path(folder) / "home", options.quick)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            rows = _measure(browser, settings, 3 if options.quick else 7)
            browser.close()
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = page_options(__doc__)
    parser.add_argument(
        "--home", type=lambda text: Settings(Path(text).resolve()), help="a home with music"
    )
    return parser.parse_args(argv)


def _home(folder: Path, quick: bool) -> Settings:
    settings = Settings(folder)
    if not quick:
        make_demo(settings, lambda words, share: print(f"\r{share:4.0%} {words:60.60}", end=""))
        print("\r" + " " * 70, end="\r")
        return settings
    make_tracks(settings.demo, crate_specs(seconds=QUICK_SECONDS), seed=1)
    analyse_batch(settings.demo, settings.reports)
    learn(settings)
    return settings


# -- measuring -------------------------------------------------------------------------------------


def _measure(browser: Browser, settings: Settings, times: int) -> dict[str, dict[str, float]]:
    library = Library(settings)
    library.refresh()
    tracks = {row.name: str(row.path) for row in library.tracks(limit=16)}
    library.close()
    rows = {"Segue": _segue(browser, settings, times)}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE_PAGE)
        environment = {"SEGUE_BENCHMARK_TRACKS": json.dumps(tracks)}
        with serving(script, environment) as (url, start_sec):
            row, page = _first_loads(browser, url, times, _bare_ready)
            row["server start"] = start_sec
            press = page.get_by_role("button", name="Again")
            row["rerun"] = _median(times, lambda: _timed_click(page, press.click))
            page.context.close()
    rows["bare page"] = row
    return rows


def _segue(browser: Browser, settings: Settings, times: int) -> dict[str, float]:
    environment = {"SEGUE_HOME": str(settings.home)}
    with serving(ROOT / "dj_interface.py", environment) as (url, start_sec):
        row, page = _first_loads(browser, url, times, _decks_ready)
        row["server start"] = start_sec
        ways = page.locator(".st-key-mix-first [role=radio][aria-checked=false]")
        row["rerun"] = _median(times, lambda: _timed_click(page, ways.click))
        loads = page.locator(".st-key-suggestions-b [class*=st-key-take-] button")
        row["load a suggestion"] = _median(times, lambda: _timed_click(page, loads.first.click))
        page.locator(".st-key-label-bucket-a button").click()
        page.wait_for_timeout(500)  # the choices show which one stands a moment after they open
        row["correct a bucket"] = _median(times, lambda: _corrected_on_deck(page))
        page.get_by_role("radio", name="Buckets").click()
        row["correct in the queue"] = _median(times, lambda: _corrected_in_queue(page))
        page.context.close()
    return row


def _corrected_on_deck(page: Page) -> float:
    """Choose another bucket on deck A; return the seconds until the script has ended."""
    row = ".st-key-bucket-a [role=radiogroup]"
    _wait_for_one(page, row)
    passed = _timed_click(page, page.locator(f"{row} [aria-checked=false]").first.click)
    _wait_for_one(page, row)
    page.locator(".st-key-bucket-a").get_by_role("button", name="Undo").click()  # as it stood
    page.wait_for_timeout(50)  # until the page says that it runs
    _at_rest(page)
    return passed


def _corrected_in_queue(page: Page) -> float:
    """Choose another bucket for the track on top; return the seconds until the queue has moved."""
    _at_rest(page)
    title = page.locator(".bucket-title b")
    before = title.inner_text()
    passed = _timed_click(page, page.locator(".st-key-buckets-answer-2 button").click)
    if title.inner_text() == before:
        raise RuntimeError(f"the queue still asks about {before}")
    # leave the notebook as it stood
    page.locator(".st-key-buckets-undo").get_by_role("button", name="Undo").click()
    page.wait_for_function("d => d === document.querySelector('.bucket-title b')?.innerText",
                           arg=before)  # fmt: skip
    return passed


def _first_loads(
    browser: Browser, url: str, times: int, ready: Callable[[Page], None]
) -> tuple[dict[str, float], Page]:
    """Open the page in fresh contexts; return figures and the last page, still open."""
    taken: list[float] = []
    page: Page | None = None
    for _ in range(times + 1):
        if page is not None:
            page.context.close()
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        began = time.perf_counter()
        page.goto(url)
        ready(page)
        taken.append(time.perf_counter() - began)
        _at_rest(page)
    assert page is not None
    figures = {"very first load": taken[0], "first load": statistics.median(taken[1:])}
    return figures, page


def _decks_ready(page: Page) -> None:
    playable = "d => window.__segueDecks?.engine.state.decks[d].playable"
    for deck in "ab":
        page.wait_for_function(playable, arg=deck)
        page.locator(f".st-key-facts-{deck}").wait_for()


def _bare_ready(page: Page) -> None:
    page.get_by_role("button", name="Again").wait_for()
    page.wait_for_function(
        "[...document.querySelectorAll('audio')].filter(a => a.readyState >= 1).length === 2"
    )


def _at_rest(page: Page) -> None:
    page.wait_for_function(f"{RUNS} === 'notRunning'")


def _wait_for_one(page: Page, selector: str) -> None:
    """Wait until what the last run has replaced is gone from the page."""
    page.wait_for_function("found => document.querySelectorAll(found).length === 1", arg=selector)


def _timed_click(page: Page, click: Callable[[], None]) -> float:
    """Click and return the seconds until the script that the click started has ended."""
    _at_rest(page)
    page.evaluate(WATCH_NEXT_CLICK)
    click()
    page.wait_for_function("window.__rerunMs !== null")
    return float(page.evaluate("window.__rerunMs")) / 1000


def _median(times: int, once: Callable[[], float]) -> float:
    return statistics.median([once() for _ in range(times)])


def _print(rows: dict[str, dict[str, float]]) -> None:
    targets = {"first load": FIRST_LOAD_TARGET_SEC, "rerun": RERUN_TARGET_SEC}
    targets |= dict.fromkeys(("load a suggestion", "correct a bucket"), RERUN_TARGET_SEC)
    targets["correct in the queue"] = QUEUE_TARGET_SEC
    names = ["server start", "very first load", "first load", *list(targets)[1:]]
    print(f"{'seconds (median)':<20}{'Segue':>8}{'bare page':>12}{'target':>10}")
    for name in names:
        cells = [rows[who].get(name) for who in ("Segue", "bare page")]
        target = targets.get(name)
        met = "" if target is None or cells[0] is None else "met" if cells[0] < target else "missed"
        shown = "".join(
            f"{'' if cell is None else f'{cell:.2f}':>{width}}"
            for cell, width in zip(cells, (8, 12), strict=True)
        )
        goal = "" if target is None else f"< {target:.1f}"
        print(f"{name:<20}{shown}{goal:>10}  {met}".rstrip())


if __name__ == "__main__":
    sys.exit(main())
