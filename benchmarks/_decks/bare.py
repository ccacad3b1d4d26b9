"""A browser that nobody looks into: what its pages hold in memory is theirs alone.

Playwright asks for every response's body, and the page's process then keeps up to 100 MB of them;
here only scripts are run, by the DevTools protocol itself.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect  # comes with Streamlit

from benchmarks._pages import HOST

_PATIENCE_SEC = 120.0


class BarePage:
    """One page, driven by scripts alone."""

    def __init__(self, socket: ClientConnection, pid: int) -> None:
        self.pid = pid
        self._socket = socket
        self._calls = 0

    def evaluate(self, script: str) -> Any:
        """Run a script as if in a user's gesture, and return what it answers."""
        self._calls += 1
        parameters = {
            "expression": script,
            "awaitPromise": True,
            "returnByValue": True,
            "userGesture": True,
        }
        call = {"id": self._calls, "method": "Runtime.evaluate", "params": parameters}
        self._socket.send(json.dumps(call))
        while (answer := json.loads(self._socket.recv(_PATIENCE_SEC))).get("id") != self._calls:
            pass
        result = answer["result"]
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Wait until a script answers with something true."""
        deadline = time.monotonic() + _PATIENCE_SEC
        while not self.evaluate(script):
            if time.monotonic() > deadline:
                raise TimeoutError(script)
            time.sleep(0.2)


@contextmanager
def bare_page(chromium: str, url: str) -> Iterator[BarePage]:
    """Start a browser of its own on one address."""
    with tempfile.TemporaryDirectory(prefix="segue-browser-", ignore_cleanup_errors=True) as folder:
        browser = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--window-size=1280,800",
             "--remote-debugging-port=0", f"--user-data-dir={folder}", url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = _page_address(Path(folder) / "DevToolsActivePort", url)
            with connect(address, max_size=None, compression=None) as socket:
                yield BarePage(socket, browser.pid)
        finally:
            browser.terminate()
            browser.wait(30)


def _page_address(port_file: Path, url: str) -> str:
    deadline = time.monotonic() + _PATIENCE_SEC
    while time.monotonic() < deadline:
        time.sleep(0.2)
        if not port_file.is_file() or not (lines := port_file.read_text().split()):
            continue
        with urllib.request.urlopen(f"http://{HOST}:{lines[0]}/json", timeout=10) as answer:
            for page in json.load(answer):
                if page["type"] == "page" and page["url"].startswith(url.split("?")[0]):
                    return str(page["webSocketDebuggerUrl"])
    raise TimeoutError(f"no page at {url}")
