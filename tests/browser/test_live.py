"""The decks while everything around them moves: reruns, pages, a server that comes and goes."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from analysis.peaks import Peaks, write_peaks
from analysis.report import (
    Analysis,
    BeatGrid,
    Metadata,
    Report,
    Rhythm,
    Section,
    Structure,
    Tonal,
)
from library.library import Library
from library.notebook import Notebook
from library.settings import Settings
from tests.browser.conftest import Server, Window

pytestmark = pytest.mark.browser

RATE = 44_100
LENGTH_SEC = 150.0
SYNCED_SEC = 60.0
PHASE_MS = 3.0
TONES = {"a": (220.0, 120.0), "b": (330.0, 122.0)}
"""Frequency and tempo of the tracks: pure tones, whose sum says what its next sample will be."""

EVENTS = 600


@pytest.fixture
def tones(tmp_path: Path) -> Settings:
    """A home with two tracks that are one tone each."""
    settings = Settings(tmp_path / "home")
    folder = settings.home / "music"
    folder.mkdir(parents=True)
    clock = np.arange(int(RATE * LENGTH_SEC)) / RATE
    for letter, (hz, bpm) in TONES.items():
        path = folder / f"{letter}.flac"
        soundfile.write(path, 0.25 * np.sin(2 * np.pi * hz * clock), RATE)
        beats = np.arange(0.0, LENGTH_SEC, 60 / bpm).tolist()
        report = Report(
            metadata=Metadata(
                path=str(path),
                title=f"Tone {letter}",
                artist="Test",
                sample_rate=RATE,
                duration_sec=LENGTH_SEC,
                channels=1,
                format="flac",
                content_hash=letter * 32,
            ),
            analysis=Analysis(
                rhythm=Rhythm(
                    tempo_bpm_global=bpm,
                    beat_times_sec=beats,
                    downbeat_times_sec=beats[::4],
                    beat_grid=BeatGrid(
                        bpm=bpm, first_beat_sec=0.0, first_downbeat_sec=0.0, confidence=0.9
                    ),
                ),
                tonal=Tonal(key="A minor", camelot="8A", key_confidence=0.8),
                structure=Structure(
                    sections=[Section(start_sec=0.0, end_sec=LENGTH_SEC, label="a", energy=5)],
                    mix_in_sec=0.0,
                    mix_out_sec=LENGTH_SEC - 16,
                ),
            ),
        )
        report_path = settings.reports / f"{letter}.json"
        report.write(report_path)
        columns = np.full(int(LENGTH_SEC * 150), 200, np.uint8)
        write_peaks(Peaks(columns, columns, columns), report_path.with_suffix(".peaks"))
    Library(settings).refresh()
    return settings


RECORD = """async () => { window.__tap = await window.__segueDecks.engine.tap(); }"""

# 16 bits are enough to tell a gap from a tone, and a fifth of the way through the browser's door
RECORDED = """async () => {
    const { channels } = await window.__tap.stop();
    const samples = Int16Array.from(channels[0], x => Math.round(32767 * x));
    const bytes = new Uint8Array(samples.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768)
        text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return { rate: window.__tap.sampleRate, data: btoa(text) };
}"""

# Notes how far apart the beats are, twenty times a second.
WATCH = """() => {
    window.__phase = [];
    window.__watch = setInterval(() => {
        const { engine } = window.__segueDecks;
        engine.tick();
        const { phaseBeats, bpm } = engine.state.decks.b;
        window.__phase.push(phaseBeats === null ? null : 1000 * phaseBeats * 60 / bpm);
    }, 50);
}"""


def test_two_decks_stay_together_through_reruns_pages_and_a_restart(
    tones: Settings, serve: Callable[..., Server], window: Callable[..., Window]
) -> None:
    server = serve(tones)
    view = window(server).open().decks()
    page = view.page
    view.start_audio()
    view.until("s.decks.a.loadedShare === 1 && s.decks.b.loadedShare === 1")
    for deck in "ab":
        if view.state(f"decks.{deck}.keylock"):
            view.press("keylock", deck)  # a stretched tone is no pure tone any more
        view.act("fader", deck, 1)
    view.act("tempo_range", "b", 1)  # room for half a BPM more than 122 is away from 120
    view.press("play", "a")
    view.plays("a")
    view.press("sync", "b")
    view.press("play", "b")
    view.until("s.decks.b.playing && s.decks.b.synced && s.decks.b.phaseBeats !== null")
    page.wait_for_timeout(1_500)

    page.evaluate(RECORD)
    page.evaluate(WATCH)
    from_sec = {deck: view.time_sec(deck) for deck in "ab"}
    for _ in range(2):
        _work_on_the_page(view)
    server.restart()
    view.until("s.decks.a.playing && s.decks.b.playing")
    page.locator("[data-testid=stApp][data-test-connection-state=CONNECTED]").wait_for()
    view.errors.clear()  # the page noticed that the server was away, as it should
    # by what is heard: on a busy machine the sound of a headless browser runs behind the clock
    while view.time_sec("a") - from_sec["a"] < SYNCED_SEC + 1:
        _work_on_the_page(view)
    phases = page.evaluate("() => { clearInterval(window.__watch); return window.__phase; }")
    ended = {deck: view.time_sec(deck) for deck in "ab"}
    told = page.evaluate(RECORDED)

    master = np.frombuffer(base64.b64decode(told["data"]), "<i2") / 32_767
    assert len(master) / told["rate"] >= SYNCED_SEC
    assert None not in phases
    assert max(np.abs(phases)) <= PHASE_MS
    # what was heard of each deck is as long as what was recorded
    for deck, rate in (("a", 1.0), ("b", 120 / 122)):
        heard = (ended[deck] - from_sec[deck]) / rate
        assert heard == pytest.approx(len(master) / told["rate"], abs=1.0)
    hz = (TONES["a"][0], TONES["b"][0] * 120 / 122)
    residual = np.abs(_unforeseen(master, hz, told["rate"]))
    assert np.abs(master).max() > 0.2, "both are heard"
    # a lost block of 128 samples, or a jump by one, is a hundred times this
    assert residual.max() < 0.01, f"a gap after {residual.argmax() / told['rate']:.2f} s"


def _unforeseen(samples: np.ndarray, hz: tuple[float, ...], rate: float) -> np.ndarray:
    """Return what the sum of steady tones does not say of each sample from those before it.

    The polynomial whose roots are the tones' turning points annihilates them all.
    """
    roots = [np.exp(sign * 2j * np.pi * each / rate) for each in hz for sign in (1, -1)]
    return np.convolve(samples, np.poly(roots).real, "valid")


def _work_on_the_page(view: Window) -> None:
    """Turn the direction, search, and look at the other page: reruns of every kind."""
    page = view.page
    for direction in ("B → A", "A → B"):
        page.locator(".st-key-mix-first").get_by_role("radio", name=direction).click()
    field = page.locator("[class*='st-key-search-'] input")
    field.press_sequentially("tone")
    page.locator(".st-key-results").first.wait_for()
    field.fill("")
    expect(page.locator(".st-key-results")).to_have_count(0)
    page.locator("[class*='st-key-page-']").get_by_text("Set", exact=True).click()
    page.locator(".st-key-set-page").first.wait_for()
    page.locator("[class*='st-key-page-']").get_by_text("Decks", exact=True).click()
    page.locator(".st-key-facts-a").first.wait_for()  # the old one may still be there


def test_every_event_arrives_once_under_load(
    tones: Settings, serve: Callable[..., Server], window: Callable[..., Window]
) -> None:
    view = window(serve(tones)).open().decks()
    page = view.page
    track = view.state("decks.a.track.id")
    page.evaluate(
        """([id, count]) => {
            let sent = 0;
            const more = setInterval(() => {
                for (let n = 0; n < 7 && sent < count; n += 1, sent += 1) {
                    const cue = { sec: sent / 10, loop_end_sec: null };
                    window.__segueDecks.engine.emit({ type: "hot_cue", id, slot: sent % 8, cue });
                }
                if (sent >= count) clearInterval(more);
            }, 30);
        }""",
        [track, EVENTS],
    )
    notebook = Notebook(tones.notebook)
    try:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            for direction in ("B → A", "A → B"):
                page.locator(".st-key-mix-first").get_by_role("radio", name=direction).click()
            found = notebook.history(track, "hot_cues")
            if len(found) >= EVENTS:
                break
        page.wait_for_timeout(1_000)
        found = notebook.history(track, "hot_cues")[::-1]
        assert len(found) == EVENTS
        last = [entry.value["ABCDEFGH"[number % 8]]["at_sec"] for number, entry in enumerate(found)]
        assert last == pytest.approx([number / 10 for number in range(EVENTS)])
        assert len({entry.source for entry in found}) == EVENTS
    finally:
        notebook.close()


def test_hot_cues_outlive_a_server_that_is_killed(
    tones: Settings, serve: Callable[..., Server], window: Callable[..., Window]
) -> None:
    server = serve(tones)
    view = window(server).open().decks()
    track = view.state("decks.a.track.id")

    def kept() -> dict[str, float]:
        notebook = Notebook(tones.notebook)
        try:
            cues = notebook.latest(track).get("hot_cues", {})
            return {letter: cue["at_sec"] for letter, cue in cues.items()}
        finally:
            notebook.close()

    def wait_for(letters: str) -> None:
        deadline = time.monotonic() + 90
        while set(kept()) != set(letters) and time.monotonic() < deadline:
            view.page.wait_for_timeout(200)
        assert set(kept()) == set(letters)

    # the page stays open, and tells the server that comes back
    view.act("seek", value=0.2)
    view.press("pad", index=0)
    view.until("s.decks.a.hotCues[0] !== null")
    server.kill()
    server.start()
    wait_for("A")

    # the page is closed as well, and the next one tells it
    view.act("seek", value=0.4)
    view.press("pad", index=1)
    view.until("s.decks.a.hotCues[1] !== null")
    server.kill()
    server.start()
    view.page.reload()
    wait_for("AB")
    view.errors.clear()
    view.decks()
    cues = view.state("decks.a.hotCues")
    assert [cue["sec"] for cue in cues[:2]] == pytest.approx(list(kept().values()))
