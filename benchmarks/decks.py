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
ROOT = HERE.parent
# A script's folder comes first, and there `app` would be this file's neighbour, not the package.
sys.path[:] = [str(ROOT), *(path for path in sys.path if Path(path).resolve() != HERE)]

import argparse  # noqa: E402
import base64  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import shutil  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from app.decks.build import DecksNotBuilt, ensure_built  # noqa: E402
from benchmarks._decks import listening  # noqa: E402
from benchmarks._decks.crate import FORMATS, TESTS, make_home, track_ids  # noqa: E402
from benchmarks._decks.serving import renderer_mb, serving  # noqa: E402
from library.settings import Settings  # noqa: E402

PATIENCE_MS = 120_000
SETTLED_SEC = 0.5  # after this long, a change of tempo must be made good
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
    chromium = options.chromium or next(
        (found for name in ("chromium", "chromium-browser", "google-chrome")
         if (found := shutil.which(name))),
        None,
    )  # fmt: skip
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
        with serving(ROOT, settings.home) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            rows = _measure(browser, url, settings, options.quick)
            browser.close()
    width = max(len(row.what) for row in rows)
    for row in rows:
        print(f"{row.what:<{width}}  {row.value:>22}  {row.target}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short tracks, fewer repetitions")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--home", type=Path, help="keep the tracks there")
    parser.add_argument("--chromium", help="the browser's program")
    return parser.parse_args(argv)


def _measure(browser: Browser, url: str, settings: Settings, quick: bool) -> list[Row]:
    ids = track_ids(settings)
    pid = _browser_pid(browser)
    empty = browser.new_page()
    empty.goto(f"{url}/_stcore/health")
    empty_mb = renderer_mb(pid)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.wait_for_function("window.__segueDecks")
    page.evaluate(SCRIPTS)
    page.evaluate("bench.start()")
    rows = _loading(page, settings, ids, 3 if quick else 10)
    for deck, name in zip("ab", TESTS, strict=True):
        page.evaluate("([deck, id]) => bench.loadWhole(deck, id)", [deck, ids[f"{name}.flac"]])
    rows += _memory(pid, empty_mb)
    rows += _synced(page)
    rows += _undisturbed(page, 15 if quick else 60)
    rows += _key_lock(page)
    rows += _scratch(page)
    return rows


def _browser_pid(browser: Browser) -> int:
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return int(next(one["id"] for one in found if one["type"] == "browser"))


# -- measures --------------------------------------------------------------------------------------


def _loading(page: Page, settings: Settings, ids: dict[str, str], times: int) -> list[Row]:
    rows = []
    for ending in FORMATS:
        track_id = ids[f"song.{ending}"]
        for kept in (False, True):
            taken = []
            for _ in range(times):
                if not kept:
                    page.evaluate("bench.unload('a')")
                    page.wait_for_timeout(1500)  # a decoder at work would write it again
                    for path in (settings.cache / "pcm").glob(f"{track_id}*"):
                        path.unlink()
                taken.append(page.evaluate("id => bench.load('a', id)", track_id))
            how = "decoded before" if kept else "first time"
            value = f"{statistics.median(taken):.0f} ms (max {max(taken):.0f})"
            rows.append(Row(f"load to playable, {ending}, {how}", value, "≤ 1000 ms"))
    return rows


def _memory(pid: int, empty_mb: float | None) -> list[Row]:
    held = renderer_mb(pid)
    if held is None or empty_mb is None:
        return [Row("memory above an empty page", "unknown on this system")]
    # both pages are open now, so the empty one is in both figures
    value = f"{held - empty_mb:.0f} MB"
    return [Row("memory above an empty page, two test tracks", value, "≤ 350 MB")]


def _record(page: Page, script: str, argument: Any = None) -> tuple[np.ndarray, float, Any]:
    """Run a script of `inside.js` while the master is recorded: sound, its rate, the answer."""
    answer = page.evaluate(f"argument => bench.record(() => {script})", argument)
    sound = np.frombuffer(base64.b64decode(answer["sound"]), dtype="<f4").astype(np.float64)
    return sound, float(answer["rate"]), answer["result"]


def _synced(page: Page) -> list[Row]:
    sound, rate, changes = _record(page, "bench.tempoChanges()")
    (_, _, burst_a, _), (_, _, burst_b, _) = TESTS.values()
    errors = listening.phase_errors(sound, rate, burst_a, burst_b)
    when, off = errors[:, 0], np.abs(errors[:, 1])
    settled = when > changes[0] + SETTLED_SEC
    for change in changes:
        settled &= (when < change) | (when > change + SETTLED_SEC)
    judged = off[settled]
    value = f"{np.median(judged):.2f} ms (max {judged.max():.2f})"
    what = f"phase error, {len(judged)} beats, from {SETTLED_SEC} s after {len(changes)} changes"
    return [Row(what, value, "≤ 3 ms")]


def _undisturbed(page: Page, seconds: int) -> list[Row]:
    before = page.evaluate("bench.underruns()")
    page.evaluate("bench.playBoth()")
    page.evaluate("bench.beginRecording()")
    page.evaluate("bench.watchFrames()")
    for turn in range(seconds // 5):
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
    frames = page.evaluate("bench.frames()")
    answer = page.evaluate("bench.endRecording()")
    sound = np.frombuffer(base64.b64decode(answer["sound"]), dtype="<f4").astype(np.float64)
    (_, _, _, tone_a), _ = TESTS.values()
    breaks = listening.tone_breaks(sound, float(answer["rate"]), tone_a)
    after = page.evaluate("bench.underruns()")
    length = len(sound) / float(answer["rate"])
    return [
        Row(
            f"breaks in {length:.0f} s recorded through reruns and page switches", f"{breaks}", "0"
        ),
        Row("underruns the browser counted meanwhile", f"{after - before}", "0"),
        Row(
            "script time a frame, both decks scrolling",
            f"{np.median(frames):.2f} ms (p95 {np.quantile(frames, 0.95):.2f})",
            "≤ 4 ms",
        ),
    ]


def _key_lock(page: Page) -> list[Row]:
    _, (_, _, _, tone_b) = TESTS.values()
    worst = 0.0
    for tempo in (0.0, 0.25, 0.75, 1.0):  # of the range of 16 %
        sound, rate, _ = _record(page, "bench.lockedAt(argument)", tempo)
        heard = listening.tone_hz(sound[round(rate) :], rate, tone_b)
        worst = max(worst, abs(1200 * np.log2(heard / tone_b)), key=abs)
    return [Row("key lock, worst pitch error from −16 to +16 %", f"{worst:.2f} cents")]


def _scratch(page: Page) -> list[Row]:
    sound, rate, fastest = _record(page, "bench.scratch()")
    plain, _, _ = _record(page, "bench.plain()")
    # what a test signal's own slope is at this level, times the fastest speed of the record
    steepest_plain = listening.steepest(plain, rate)
    value = f"{listening.steepest(sound, rate) / (steepest_plain * fastest):.2f}"
    what = f"scratch: steepest step over what {fastest:.1f}-fold speed makes of the sound"
    return [Row(what, value, "≤ 1: no break")]


if __name__ == "__main__":
    sys.exit(main())
