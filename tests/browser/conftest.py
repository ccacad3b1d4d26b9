"""A real server in a process of its own, and a real Chromium, headless."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect, sync_playwright

from app.decks.build import ensure_built
from library.settings import PROJECT_ROOT, Settings

# Patience with a busy machine; nothing here measures speed (benchmarks/app.py does).
START_SEC = 120.0
PATIENCE_MS = 60_000
HOST = "127.0.0.1"
expect.set_options(timeout=PATIENCE_MS)


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    chosen = os.environ.get("SEGUE_CHROMIUM")
    return chosen or next((found for name in names if (found := shutil.which(name))), None)


@dataclass
class Server:
    """Segue, started like `streamlit run dj_interface.py`, for one home."""

    settings: Settings
    arguments: tuple[str, ...] = ()
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        return self.settings.home / "server.log"

    def start(self) -> Server:
        if not self.port:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "dj_interface.py"]
        command += [f"--server.port={self.port}", "--server.headless=true", "--", *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env={**os.environ, "SEGUE_HOME": str(self.settings.home)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SEC
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End the server as a crash would: it gets no chance to write anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # no longer than a module: its event loop would forbid `asyncio.run` to the tests that follow
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    executable = _chromium()
    if executable is None:
        pytest.skip("needs Chromium: install it, or name one in SEGUE_CHROMIUM")
    # a container's root may not use Chromium's sandbox; the pages shown are our own
    launched = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def _built() -> None:
    """The decks' scripts, made where they are not."""
    ensure_built()


@pytest.fixture(scope="module")
def serve(_built: None) -> Iterator[Callable[..., Server]]:
    """Start servers; every one of them is stopped at the end of the module."""
    servers: list[Server] = []

    def start(settings: Settings, *arguments: str) -> Server:
        servers.append(Server(settings, arguments))
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@dataclass
class Window:
    """One page in the browser, and what went wrong in it."""

    page: Page
    server: Server
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self) -> Window:
        self.page.goto(self.server.url)
        return self

    def decks(self) -> Window:
        """Wait until both decks hold a track that can be played, and the page stands still."""
        self.until("s.decks.a.playable && s.decks.b.playable")
        for deck in "ab":
            self.page.locator(f".st-key-facts-{deck}").wait_for()
        return self

    def until(self, condition: str) -> None:
        """Wait for a condition on ``s``, the decks' state."""
        self.page.wait_for_function(
            f"() => {{ const s = window.__segueDecks?.engine.state; return s && ({condition}); }}"
        )

    def state(self, path: str) -> Any:
        """Return a part of the decks' state, such as ``decks.a.playing``."""
        return self.page.evaluate(f"window.__segueDecks.engine.state.{path}")

    def act(self, control: str, deck: str = "a", value: float = 1, **more: int) -> None:
        """Move a control of the decks as a hand would, without looking for it on the screen."""
        action = {"control": control, "deck": deck, "value": value, "from": "test", **more}
        self.page.evaluate("action => window.__segueDecks.engine.dispatch(action)", action)

    def press(self, control: str, deck: str = "a", **more: int) -> None:
        """Press a button of the decks and let go."""
        self.act(control, deck, 1, **more)
        self.act(control, deck, 0, **more)

    def start_audio(self) -> None:
        """Start the sound by a click, as browsers demand."""
        self.page.get_by_role("button", name="Start audio").click()
        self.until("s.audio === 'running'")

    def title(self, deck: str) -> str:
        return str(self.state(f"decks.{deck}.track.title"))

    def shows(self, deck: str, name: str) -> None:
        """Wait until a deck holds the track of that name ('Artist – Title')."""
        title = name.rsplit(" – ", 1)[-1]
        self.until(f"s.decks.{deck}.track?.title === {json.dumps(title)}")
        self.until(f"s.decks.{deck}.playable")

    def time_sec(self, channel: str) -> float:
        """Where a deck (a, b) or a rendered transition (preview, plain) stands."""
        return float(self.page.evaluate(f"({_TIME})({json.dumps(channel)})"))

    def plays(self, channel: str, more_sec: float = 0.3) -> None:
        """Wait until a channel's sound has moved on by some time."""
        self.page.wait_for_function(
            f"([name, goal]) => ({_TIME})(name) > goal",
            arg=[channel, self.time_sec(channel) + more_sec],
        )


_TIME = """name => {
    if (name !== "a" && name !== "b") return window.__segue.channel(name).audio.currentTime;
    const { engine } = window.__segueDecks;
    engine.tick();
    return engine.state.decks[name].positionSec;
}"""


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Open windows on a server; at the end none may have logged an error or gone online."""
    opened: list[Window] = []

    def show(server: Server, width: int = 1280, height: int = 800) -> Window:
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        one = Window(page, server)
        page.on("pageerror", lambda error: one.errors.append(str(error)))
        page.on(
            "console",
            lambda line: one.errors.append(line.text) if line.type == "error" else None,
        )

        def watch(request: Request) -> None:
            if not request.url.startswith((server.url, "data:", "blob:")):
                one.strangers.append(request.url)

        page.on("request", watch)
        opened.append(one)
        return one

    yield show
    for one in opened:
        one.page.context.close()
        assert not one.strangers, "everything comes from this machine"
        assert not one.errors
