"""Pairs of tracks that are hard in one way each, composed by seed, with their reports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analysis.batch import analyse_batch
from analysis.report import Report
from composer.crate import COMPOSER_VERSION, Progress, make_tracks, read_truth
from composer.spec import TrackSpec, compose_spec, stream
from composer.theory import NOTE_NAMES

FOUR_TO_THE_FLOOR = ("deep house", "techno", "trance", "afro house")
SHORT_SEC = 60.0
REAL_SEC = 60.0
"""Shorter files of a folder of real tracks are no tracks."""
SECONDS = (100.0, 140.0)
QUICK_SECONDS = (62.0, 70.0)

ORDERED = ((0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3), (2, 0), (3, 1))
"""The pairs of a group of four; the first two tracks are a pair of their own."""

QUICK_GROUPS = ("same tempo", "2–8 % apart", "no drums at the seam")

Draw = Callable[[np.random.Generator, int], dict[str, Any]]


@dataclass(frozen=True)
class Side:
    """One track of a pair: what Segue found, and what is true (of a real track hardly anything)."""

    report: Report
    truth: dict[str, Any]

    @property
    def path(self) -> Path:
        """The audio."""
        return Path(self.report.metadata.path)

    @property
    def bpm(self) -> float:
        """The true tempo, else the one found, else 120."""
        return float(self.truth.get("bpm") or self.report.grid.bpm or 120.0)

    def times(self, name: str) -> np.ndarray:
        """Return a list of the truth, such as ``beats``, as seconds of the decoded file."""
        return np.asarray(self.truth.get(name, ()), dtype=np.float64)

    @property
    def beats(self) -> np.ndarray:
        """True beats, else those that were found."""
        found = self.report.analysis.rhythm.beat_times_sec
        return self.times("beats") if "beats" in self.truth else np.asarray(found)

    @property
    def phrases_sec(self) -> np.ndarray:
        """Starts of phrases of eight bars, counted anew in every section; none where unknown."""
        if "sections" not in self.truth:
            return np.zeros(0)
        downbeats = self.times("downbeats")
        starts = []
        for section in self.truth["sections"]:
            inside = (downbeats >= section["start_sec"] - 0.05) & (
                downbeats < section["end_sec"] - 0.05
            )
            starts += downbeats[inside][::8].tolist()
        return np.append(starts, self.truth["sections"][-1]["end_sec"])


@dataclass(frozen=True)
class Pair:
    """A transition to make, and what is hard about it."""

    kind: str
    a: Side
    b: Side


def _tempo(base: float, ratios: tuple[float, ...]) -> Draw:
    return lambda _rng, index: {"bpm": round(base * ratios[index], 2)}


def _groups(rng: np.random.Generator) -> dict[str, tuple[tuple[str, ...], Draw]]:
    """Return the styles of each group, and what sets its four tracks apart."""
    base = round(float(rng.uniform(121.0, 134.0)), 2)
    slow = round(float(rng.uniform(85.5, 88.5)), 2)
    tonic = int(rng.integers(12))

    def clashing(_rng: np.random.Generator, index: int) -> dict[str, Any]:
        # Semitones and tritones apart, whoever follows whom.
        return {"bpm": base, "key": f"{NOTE_NAMES[(tonic + (0, 1, 6, 7)[index]) % 12]} minor"}

    house = FOUR_TO_THE_FLOOR
    level = (1.0, 1.004, 0.996, 1.0)
    return {
        "same tempo": (house, _tempo(base, (1.0,) * 4)),
        "2–8 % apart": (house, _tempo(base, (0.965, 1.0, 1.03, 0.99))),
        "half and double": (
            ("drum & bass", "hip-hop", "hip-hop", "drum & bass"),
            _tempo(slow, (2.0, 1.0, 1.012, 2.03)),
        ),
        "clashing keys": (house, clashing),
        "vocals on both": (house, lambda rng, i: {"bpm": base * level[i], "vocals": True}),
        "swing and straight": (
            ("deep house", "techno", "deep house", "techno"),
            lambda rng, i: {"bpm": base * level[i], "swing_ratio": (1.7, 1.0, 1.5, 1.0)[i]},
        ),
        "no drums at the seam": (
            house,
            lambda rng, i: {
                "bpm": base * level[i],
                "drumless_outro": i % 2 == 0,
                "drumless_intro": i % 2 == 1,
            },
        ),
        "tracks of a minute": (house, lambda rng, i: {"bpm": base * level[i]}),
    }


def specs_of(seed: int, quick: bool) -> list[tuple[str, TrackSpec]]:
    """Draw the tracks of all groups by seed, each with its group's name."""
    drawn = []
    for kind, (styles, draw) in _groups(stream(seed, "transition groups")).items():
        if quick and kind not in QUICK_GROUPS:
            continue
        for index, style in enumerate(styles[: 2 if quick else 4]):
            rng = stream(seed, f"transitions {kind} {index}")
            seconds = float(rng.uniform(*(QUICK_SECONDS if quick else SECONDS)))
            if kind == "tracks of a minute":
                seconds = SHORT_SEC
            own = int(rng.integers(1, 2**30))
            spec = compose_spec(own, style, seconds, format="flac", **draw(rng, index))
            drawn.append((kind, replace(spec, bpm=round(spec.bpm, 2), genre=kind)))
    return drawn


def compose_pairs(
    cache: Path, seed: int, quick: bool, progress: Progress | None = None
) -> list[Pair]:
    """Compose and analyse the tracks below ``cache``, or find them there, and pair them."""
    drawn = specs_of(seed, quick)
    asked = hashlib.sha256(f"{COMPOSER_VERSION} {drawn}".encode()).hexdigest()[:8]
    folder = cache / f"transitions-{seed}-{asked}"
    make_tracks(folder, [spec for _, spec in drawn], seed, progress=progress)
    truth = read_truth(folder)
    assert truth is not None
    files = [folder / entry["file"] for entry in truth["tracks"]]
    result = analyse_batch(files, folder / "reports")
    if result.failed:
        raise RuntimeError(f"{result.failed[0].path.name}: {result.failed[0].error}")
    groups: dict[str, list[Side]] = {}
    for (kind, _), entry, path in zip(drawn, truth["tracks"], files, strict=True):
        side = Side(Report.read(result.reports[path]), entry)
        groups.setdefault(kind, []).append(side)
    return [
        Pair(kind, sides[first], sides[second])
        for kind, sides in groups.items()
        for first, second in ORDERED
        if max(first, second) < len(sides)
    ]


def real_pairs(folder: Path, cache: Path) -> list[Pair]:
    """Analyse the tracks below a folder and pair each with the next by tempo.

    Where a ``tempo.json`` beside a track gives its ``bpm``, ``metre`` and that its tempo is
    constant, by the file's stem, that is its truth, with beats from the first sample on; else
    there is none.
    """
    word = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    result = analyse_batch([folder], cache / f"reports-{word}")
    sides = []
    for path, report in result.reports.items():
        side = Side(Report.read(report), _known(path))
        if side.report.metadata.duration_sec >= REAL_SEC and side.report.grid.bpm:
            sides.append(side)
    sides.sort(key=lambda side: (side.bpm, side.path.name))
    return [Pair("real tracks", one, two) for one, two in pairwise(sides)]


def _known(path: Path) -> dict[str, Any]:
    """Return what a ``tempo.json`` beside a track says of it."""
    try:
        listed = json.loads((path.parent / "tempo.json").read_bytes())
    except (OSError, ValueError):
        return {}
    entry = listed.get(path.stem, {})
    if not entry.get("constant_tempo"):
        return {}
    beats = np.arange(0.0, 3600.0, 60.0 / entry["bpm"])
    known = {"bpm": float(entry["bpm"]), "beats": beats}
    return known | ({"downbeats": beats[::4]} if entry.get("metre") == "4/4" else {})
