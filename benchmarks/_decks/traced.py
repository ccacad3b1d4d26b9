"""What the browser's own trace says: whose time passed, and whether it was worked or waited.

A clock in the page counts the moments in which the system let other programs run as well; the
trace tells both the time that passed and the processor time of the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

Times = NDArray[np.float64]

SCRIPTS = "/dj/decks/"
_CATEGORIES = ["devtools.timeline", "webaudio", "disabled-by-default-audio-worklet"]
_FRAME, _CALL, _BLOCK = "FireAnimationFrame", "FunctionCall", "AudioWorkletProcessor::Process"
_POLL_MS = 100


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[list[dict[str, Any]]]:
    """Trace the browser; the list is filled when the block ends."""
    session = browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    ended: list[object] = []
    session.on("Tracing.dataCollected", lambda piece: events.extend(piece["value"]))
    session.on("Tracing.tracingComplete", lambda last: ended.append(last))
    config = {"includedCategories": _CATEGORIES, "excludedCategories": ["*"]}
    session.send("Tracing.start", {"traceConfig": config, "transferMode": "ReportEvents"})
    yield events
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(_POLL_MS)
    session.detach()


def frames(events: list[dict[str, Any]]) -> tuple[Times, Times]:
    """Return, for each frame of the decks, ms that passed and ms of processor time."""
    whole = [one for one in events if one["name"] == _FRAME and "dur" in one]
    begins = np.asarray(sorted(one["ts"] for one in whole))
    frame_at = {one["ts"]: one for one in whole}
    calls = []
    for one in events:
        if one["name"] != _CALL or SCRIPTS not in one["args"]["data"].get("url", ""):
            continue
        at = np.searchsorted(begins, one["ts"], side="right") - 1
        frame = frame_at[begins[max(0, at)]]
        # the audio thread's calls fall into the same moments
        same_thread = (one["pid"], one["tid"]) == (frame["pid"], frame["tid"])
        if same_thread and 0 <= one["ts"] - frame["ts"] < frame["dur"] and "tdur" in one:
            calls.append(one)
    return _ms(calls, "dur"), _ms(calls, "tdur")


def blocks(events: list[dict[str, Any]]) -> tuple[Times, Times]:
    """Return, for each block of the audio thread, ms that passed and ms of processor time."""
    found = [one for one in events if one["name"] == _BLOCK and "tdur" in one]
    return _ms(found, "dur"), _ms(found, "tdur")


def _ms(events: list[dict[str, Any]], key: str) -> Times:
    return np.asarray([one[key] for one in events], dtype=np.float64) / 1000
