"""How well Segue finds grids, bars, keys and sections, and what it costs, beside its peers.

``python benchmarks/analysis.py`` composes tracks by seed and prints one table; ``--tracks DIR``
measures on your own instead, with truth as JSON beside the audio. ``docs/analysis.md`` says what
each line means.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    # A script's folder comes first, and there `analysis` would be this file, not the package.
    sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

    # Only here: the engines' processes import this file too, and their memory is measured.
    from benchmarks._analysis.command import main

    sys.exit(main())
