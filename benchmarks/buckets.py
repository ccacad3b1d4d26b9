"""How well Segue's table models name genres, on public tables of features.

``python benchmarks/buckets.py --tables DIR`` reads ``beatsdataset/beatsdataset.csv`` and
``gtzan/features_30_sec.csv`` below ``DIR``; ``docs/buckets.md`` says what each line means.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if __name__ == "__main__":
    # A script's folder comes first, and there `analysis` would be the other benchmark.
    sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

    from benchmarks._buckets.command import main

    sys.exit(main())
