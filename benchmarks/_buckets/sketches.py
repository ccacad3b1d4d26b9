"""400 short composed tracks in twelve buckets, analysed once and kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.options import AnalysisOptions
from analysis.pipeline import analyse_file
from analysis.report import Report
from composer.sketch import make_sketch

BUCKETS = (
    "afro house", "breakbeat", "deep house", "drum & bass", "dubstep", "electro", "hip-hop",
    "nu-disco", "reggaeton", "techno", "trance", "uk garage",
)  # fmt: skip
"""Styles of the composer, each a bucket; ambient, which has no drums, is left out as too easy."""

TRACKS = 400
FIRST_SEED = 610_000
"""Seed of the first reported sketch; whatever is tried out is tried out on others."""

SKETCH_SEC = 16.0


@dataclass(frozen=True)
class Sketch:
    """One track and the bucket it truly belongs in."""

    report: Report
    bucket: str


def read_sketches(
    folder: Path,
    count: int = TRACKS,
    *,
    first_seed: int = FIRST_SEED,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sketch]:
    """Return the sketches, composing and analysing those whose report is not in ``folder`` yet.

    Parameters
    ----------
    folder
        Where reports are kept; the audio is not.
    count, first_seed
        Sketch ``i`` is of seed ``first_seed + i`` and of bucket ``i`` modulo twelve.
    progress
        Told (done, total).
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number in range(count):
        bucket, seed = BUCKETS[number % len(BUCKETS)], first_seed + number
        path = folder / f"sketch-{seed}.json"
        if not path.is_file():
            _make(path, seed, bucket)
        found.append(Sketch(Report.read(path), bucket))
        if progress:
            progress(number + 1, count)
    return found


def _make(path: Path, seed: int, bucket: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        # without tags: the bucket has to be heard
        audio, _ = make_sketch(Path(scratch), seed, bucket, SKETCH_SEC, tags=False)
        report, _ = analyse_file(audio, AnalysisOptions())
    report.write(path)
