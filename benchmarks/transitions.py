"""How well Segue's transitions sit, and what they cost, beside what people would script instead.

``python benchmarks/transitions.py`` composes pairs by seed, renders every transition three ways and
prints one table; ``docs/mixing.md`` says what each line means.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    # A script's folder comes first, and there `analysis` would be the other benchmark.
    sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

    from benchmarks._transitions.command import main

    sys.exit(main())
