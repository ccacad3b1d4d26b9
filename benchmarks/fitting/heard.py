"""Composed tracks to fit keys and sections on: notes, onset curves, singing, and the truth.

Nothing of the rhythm analysis comes in: bars are the true ones, so that what is fitted does not
learn another family's mistakes. What is measured is kept on disk between runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.pitches import Pitches
from analysis.report import VocalActivity
from analysis.rhythm.onsets import OnsetCurves, measure_curves
from analysis.spectra import Spectra
from analysis.vocal import describe_vocals
from benchmarks.fitting.composed import unreported_seed
from composer.crate import COMPOSER_VERSION
from composer.render import render_track
from composer.spec import TrackSpec, benchmark_specs

MINUTES = (1.65, 3.2)
"""Shortest and longest track: as in the benchmark."""

SHORTEST_SEC = 0.05
"""A bar cut off sooner than this by the end of the file is none."""

_CURVES = ("flux", "power", "chroma")
_PITCHES = ("frame", "frequency_hz", "magnitude", "frames", "tuning_semitones")


@dataclass(frozen=True, eq=False)
class Heard:
    """One composed track.

    Parameters
    ----------
    truth
        What `composer.truth.truth_of` says of it.
    pitches, curves, vocal
        What the families measure of it; the curves are without ``fine_energy``.
    """

    truth: dict[str, Any]
    pitches: Pitches
    curves: OnsetCurves
    vocal: VocalActivity

    @property
    def bars_sec(self) -> NDArray[np.float64]:
        """Where bars begin: the true ones, and on at the same pace to both ends of the file."""
        bars = np.asarray(self.truth["downbeats"], np.float64)
        bar_sec = float(np.median(np.diff(bars)))
        before = np.arange(bars[0] - bar_sec, 0.0, -bar_sec)[::-1]
        after = np.arange(bars[-1] + bar_sec, self.curves.duration_sec - SHORTEST_SEC, bar_sec)
        return np.concatenate([before, bars, after])


def fitting_parser(description: str, out: str) -> argparse.ArgumentParser:
    """Return a command line with what every fit asks for; ``out`` is where weights usually go."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--tracks", type=int, default=130, metavar="N", help="how many to compose")
    parser.add_argument("--seed", type=unreported_seed, default=22000, help="of the first of them")
    parser.add_argument("--minutes", type=float, nargs=2, default=MINUTES, metavar="M")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"write weights, e.g. {out}")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", default=Path(tempfile.gettempdir(), "segue-fitting"),
        help="where measurements are kept (default: %(default)s)",
    )  # fmt: skip
    return parser


def heard_tracks(options: argparse.Namespace) -> Iterator[Heard]:
    """Compose and measure the tracks that the command line asks for, one by one."""
    minutes = (options.minutes[0], options.minutes[1])
    options.cache.mkdir(parents=True, exist_ok=True)
    for spec in benchmark_specs(options.tracks, options.seed, minutes):
        path = options.cache / f"{identity_of(spec)}.npz"
        if not path.is_file():
            _save(_measure(spec), path)
        yield _load(path)


def identity_of(spec: TrackSpec) -> str:
    """Return a name that changes with the composer and with what is asked of it."""
    return hashlib.sha256(f"heard {COMPOSER_VERSION} {spec}".encode()).hexdigest()[:16]


def _measure(spec: TrackSpec) -> Heard:
    rendered = render_track(spec)
    audio = Audio(rendered.samples, rendered.sample_rate, 2, Path("composed.wav"), "wav")
    spectra = Spectra(audio)
    curves = measure_curves(audio.mono, audio.sample_rate)
    return Heard(rendered.truth, spectra.pitches, curves, describe_vocals(spectra))


def _save(heard: Heard, path: Path) -> None:
    arrays = {name: getattr(heard.curves, name) for name in _CURVES}
    arrays |= {name: np.asarray(getattr(heard.pitches, name)) for name in _PITCHES}
    words = {"truth": heard.truth, "vocal": heard.vocal.model_dump()}
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez(part, words=json.dumps(words), duration_sec=heard.curves.duration_sec, **arrays)
    os.replace(part, path)


def _load(path: Path) -> Heard:
    with np.load(path) as stored:
        words = json.loads(str(stored["words"]))
        frame, frequency_hz, magnitude, frames, tuning = (stored[name] for name in _PITCHES)
        pitches = Pitches(frame, frequency_hz, magnitude, int(frames), float(tuning))
        curves = OnsetCurves(
            fine_energy=np.zeros((3, 0), np.float32),
            duration_sec=float(stored["duration_sec"]),
            **{name: stored[name] for name in _CURVES},
        )
    return Heard(words["truth"], pitches, curves, VocalActivity(**words["vocal"]))


def folds(count: int, parts: int) -> list[NDArray[np.bool_]]:
    """Return which tracks each fold holds out; styles take turns, so neighbours go together."""
    place = np.arange(count) // 2 % parts
    return [place == part for part in range(parts)]


def table_text(rows: NDArray[np.float64], digits: int = 2) -> str:
    """Return a table as Python source: a tuple of tuples, in lines of up to a hundred columns."""
    lines = []
    for row in rows:
        values = ", ".join(f"{value + 0.0:.{digits}f}" for value in row)
        lines.append(f"({values}),")
    wrapped = [
        textwrap.fill(line, 96, initial_indent="    ", subsequent_indent="     ") for line in lines
    ]
    return "(\n" + "\n".join(wrapped) + "\n)"
