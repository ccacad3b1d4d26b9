"""What the benchmarks of pages share: a server of our own, and the browser to open it in."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def page_options(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with what every such benchmark takes; ``doc`` is the command's own."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short tracks, fewer repetitions")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--chromium", help="the browser's program")
    return parser


def find_chromium(named: str | None) -> str | None:
    """Return the browser's program: the one that was named, else the first installed one."""
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def serving(script: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """Start a Streamlit script; yield its address and the seconds until it answered.

    Parameters
    ----------
    script
        What `streamlit run` takes; it runs in the repository's folder.
    environment
        What is added to this process's environment.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}",
         f"--server.address={HOST}", "--server.headless=true"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://{HOST}:{port}"
    try:
        while True:
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                    break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(f"the server of {script} ended") from None
                time.sleep(0.02)
        yield url, time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(30)
