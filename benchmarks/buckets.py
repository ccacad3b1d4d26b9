"""How well Segue names genres and buckets, what corrections bring, and how long it takes.

``python benchmarks/buckets.py --tables DIR`` reads ``beatsdataset/beatsdataset.csv``,
``gtzan/features_30_sec.csv`` and ``spotify_songs/spotify_songs.csv.gz`` below ``DIR``, and composes
sketches into ``--cache``; ``docs/buckets.md`` says what each line means.
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
