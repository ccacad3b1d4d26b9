"""What the live decks do, measured in headless Chromium on a server of our own.

``python benchmarks/decks.py`` composes one four-minute track in three formats and two six-minute
test signals, analyses them, and measures loading, script time, memory, gaps, sync, key lock and
scratching; everything heard is judged in a recording of the master. ``--home DIR`` keeps the
tracks for the next time, ``--quick`` takes shorter tracks and fewer repetitions.

Run it on an idle machine: a browser that is kept waiting by others has gaps of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A script's folder comes first, and there `app` would be this file's neighbour, not the package.
sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

import argparse  # noqa: E402
import base64  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterable, Iterator  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from playwright.sync_api import Browser, Page, Playwright, sync_playwright  # noqa: E402

from app.decks.build import DecksNotBuilt, ensure_built  # noqa: E402
from benchmarks._decks import listening, traced  # noqa: E402
from benchmarks._decks.bare import bare_page  # noqa: E402
from benchmarks._decks.crate import FORMATS, TESTS, make_home, track_ids  # noqa: E402
from benchmarks._decks.memory import renderer_mb  # noqa: E402
from benchmarks._pages import ROOT, find_chromium, page_options, serving  # noqa: E402
from library.settings import Settings  # noqa: E402

PATIENCE_MS = 120_000
WIDTH = 58
SETTLE_SEC = 8.0  # until a page has given back what it used while it loaded
SETTLED_SEC = 0.5  # after this long, a change of tempo must be made good
TURN_SEC = 5  # about what one turn of `_use` takes
BLOCK_FRAMES = 128  # of the audio thread
ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]

SCRIPTS = (HERE / "_decks" / "inside.js").read_text(encoding="utf-8")


@dataclass
class Row:
    """One line of the table."""

    what: str
    value: str
    target: str = ""


def main(argv: list[str] | None = None) -> int:
    """Measure and print one table; returns the exit status."""
    options = _options(argv)
    chromium = find_chromium(options.chromium)
    if chromium is None:
        print("benchmarks/decks.py needs Chromium: install it, or name one with --chromium")
        return 0
    try:
        ensure_built()
    except DecksNotBuilt as error:
        print(error)
        return 1
    with tempfile.TemporaryDirectory(prefix="segue-benchmark-") as folder:
        os.environ.setdefault("SEGUE_TRUST", str(Path(folder) / "trust"))
        home = options.home or Path(folder) / "home"
        settings = make_home(home, options.quick, lambda words: print(f"… {words}", flush=True))
        environment = {"SEGUE_HOME": str(settings.home)}
        server = serving(ROOT / "dj_interface.py", environment)
        with server as (url, _), sync_playwright() as playwright:
            rows = []
            for row in _measure(playwright, chromium, url, settings, options):
                print(f"{row.what:<{WIDTH}}  {row.value:>22}  {row.target}", flush=True)
                rows.append(row)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = page_options(__doc__)
    parser.add_argument("--only", help="loading,memory,sync,steady,keylock,scratch")
    parser.add_argument("--home", type=Path, help="keep the tracks there")
    return parser.parse_args(argv)


def _measure(
    playwright: Playwright, chromium: str, url: str, settings: Settings, options: argparse.Namespace
) -> Iterator[Row]:
    ids, quick = track_ids(settings), options.quick
    tests = [ids[f"{name}.flac"] for name in TESTS]
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    page = _open(browser, url)
    measures: dict[str, Callable[[], Iterable[Row]]] = {
        "loading": lambda: _loading(page, settings, ids, 3 if quick else 10),
        "memory": lambda: [_memory(chromium, url, tests)],
        "sync": lambda: [_synced(page)],
        "steady": lambda: _undisturbed(browser, page, 15 if quick else 60),
        "keylock": lambda: [_key_lock(page)],
        "scratch": lambda: [_scratch(page)],
    }
    for name, measure in measures.items():
        if options.only and name not in options.only.split(","):
            continue
        if name not in ("loading", "memory"):
            for deck, track_id in zip("ab", tests, strict=True):
                page.evaluate("([deck, id]) => bench.loadWhole(deck, id)", [deck, track_id])
        yield from measure()
    browser.close()


def _open(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_function("window.__segueDecks")
    page.evaluate(SCRIPTS)
    page.evaluate("bench.start()")
    return page


# -- measures --------------------------------------------------------------------------------------


def _loading(page: Page, settings: Settings, ids: dict[str, str], times: int) -> Iterator[Row]:
    for ending in FORMATS:
        track_id = ids[f"song.{ending}"]
        for kept in (False, True):
            taken = []
            for _ in range(times):
                page.evaluate("bench.unload('a')")
                # the page's script answers, and a decoder at work would write its file again
                page.wait_for_timeout(1500)
                if not kept:
                    for path in (settings.cache / "pcm").glob(f"{track_id}*"):
                        path.unlink()
                taken.append(page.evaluate("id => bench.load('a', id)", track_id))
            how = "decoded before" if kept else "first time"
            value = f"{statistics.median(taken):.0f} ms ({min(taken):.0f}–{max(taken):.0f})"
            yield Row(f"load to playable, {ending}, {how}", value, "≤ 1000 ms")


def _memory(chromium: str, url: str, ids: list[str]) -> Row:
    what = "memory above an empty page, both test tracks playing"
    with bare_page(chromium, f"{url}/_stcore/health") as empty:
        time.sleep(SETTLE_SEC)
        empty_mb = renderer_mb(empty.pid)
    with bare_page(chromium, f"{url}/?a={ids[0]}&b={ids[1]}") as page:
        page.wait_for("!!window.__segueDecks")
        page.evaluate(SCRIPTS)
        page.evaluate("bench.start()")
        page.wait_for("bench.whole()")
        page.evaluate("bench.playBoth()")
        time.sleep(SETTLE_SEC)
        held_mb = renderer_mb(page.pid)
    if held_mb is None or empty_mb is None:
        return Row(what, "unknown on this system")
    return Row(what, f"{held_mb - empty_mb:.0f} MB", "≤ 350 MB")


def _record(page: Page, script: str, argument: Any = None) -> tuple[np.ndarray, float, Any]:
    """Run a script of `inside.js` while the master is recorded: sound, its rate, the answer."""
    answer = page.evaluate(f"argument => bench.record(() => {script})", argument)
    sound = np.frombuffer(base64.b64decode(answer["sound"]), dtype="<f4").astype(np.float64)
    return sound, float(answer["rate"]), answer["result"]


def _synced(page: Page) -> Row:
    sound, rate, changes = _record(page, "bench.tempoChanges()")
    (_, _, burst_a, _), (_, _, burst_b, _) = TESTS.values()
    errors = listening.phase_errors(sound, rate, burst_a, burst_b)
    when, off = errors[:, 0], np.abs(errors[:, 1])
    settled = when > changes[0] + SETTLED_SEC
    for change in changes:
        settled &= (when < change) | (when > change + SETTLED_SEC)
    judged = off[settled]
    value = f"{np.median(judged):.2f} ms (max {judged.max():.2f})"
    what = f"phase error of {len(judged)} beats, {SETTLED_SEC} s after tempo changes"
    return Row(what, value, "≤ 3 ms")


def _undisturbed(browser: Browser, page: Page, seconds: int) -> list[Row]:
    page.evaluate("bench.startBare()")
    page.evaluate("bench.playBoth()")
    before, before_bare = page.evaluate("[bench.underruns(), bench.bareUnderruns()]")
    page.evaluate("bench.beginRecording()")
    page.evaluate("bench.watchFrames()")
    _use(page, seconds // TURN_SEC)
    shown = page.evaluate("bench.frames()")
    answer = page.evaluate("bench.endRecording()")
    after, after_bare = page.evaluate("[bench.underruns(), bench.bareUnderruns()]")
    page.evaluate("bench.endBare()")
    with traced.traced(browser, page) as events:
        _use(page, 2)
    (_, frame_ms), (block_ms, block_own_ms) = traced.frames(events), traced.blocks(events)
    sound = np.frombuffer(base64.b64decode(answer["sound"]), dtype="<f4").astype(np.float64)
    (_, _, _, tone_a), _ = TESTS.values()
    rate = float(answer["rate"])
    breaks = listening.tone_breaks(sound, rate, tone_a)
    return [
        Row(
            f"breaks in {len(sound) / rate:.0f} s through reruns and page switches",
            f"{breaks}",
            "0",
        ),
        Row("underruns the browser counted meanwhile", f"{after - before}", "0"),
        Row("the same of a bare oscillator beside it", f"{after_bare - before_bare}"),
        Row(f"audio thread, of each {BLOCK_FRAMES / rate * 1000:.2f} ms", _spread(block_ms)),
        Row("the same, processor time", _spread(block_own_ms)),
        Row(
            f"{len(shown)} frames, both decks scrolling, script by the clock",
            _spread(shown),
            "≤ 4 ms",
        ),
        Row("the same, processor time", _spread(frame_ms), "≤ 4 ms"),
    ]


def _spread(times: Any) -> str:
    middle, most, slowest = np.quantile(times, [0.5, 0.95, 1.0])
    return f"{middle:.2f} ms (p95 {most:.2f}, max {slowest:.1f})"


def _use(page: Page, turns: int) -> None:
    """Do what makes the page run anew: switch pages, search, scroll the table."""
    for turn in range(turns):
        for name in ("Set", "Decks"):
            page.get_by_role("radio", name=name, exact=True).click()
            page.wait_for_timeout(1200)
        search = page.get_by_placeholder("Search")
        search.fill(f"bur{'s' * (turn % 2)}")
        search.press("Enter")
        page.mouse.move(640, 700)
        for _ in range(12):
            page.mouse.wheel(0, 60)
            page.wait_for_timeout(100)
        search.fill("")
        search.press("Enter")
        page.wait_for_timeout(1200)


def _key_lock(page: Page) -> Row:
    _, (_, _, _, tone_b) = TESTS.values()
    worst = 0.0
    for tempo in (0.0, 0.25, 0.75, 1.0):  # of the range of 16 %
        sound, rate, _ = _record(page, "bench.lockedAt(argument)", tempo)
        heard = listening.tone_hz(sound[round(rate) :], rate, tone_b)
        worst = max(worst, abs(1200 * np.log2(heard / tone_b)), key=abs)
    return Row("key lock, worst pitch error from −16 to +16 %", f"{worst:.2f} cents")


def _scratch(page: Page) -> Row:
    sound, rate, fastest = _record(page, "bench.scratch()")
    plain, _, _ = _record(page, "bench.plain()")
    # what a test signal's own slope is at this level, times the fastest speed of the record
    steepest_plain = listening.steepest(plain, rate)
    value = f"{listening.steepest(sound, rate) / (steepest_plain * fastest):.2f}"
    what = f"scratch, steepest step ÷ what {fastest:.1f}-fold speed makes"
    return Row(what, value, "≤ 1: no break")


if __name__ == "__main__":
    sys.exit(main())
