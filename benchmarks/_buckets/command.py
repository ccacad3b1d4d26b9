"""The command line: each part measured, one table printed, every figure written where asked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.files import write_atomically
from benchmarks._analysis.workers import use_one_thread
from benchmarks._buckets.kept import KeptModel
from benchmarks._buckets.learning import POINTS, compare_orders
from benchmarks._buckets.sketches import read_sketches
from benchmarks._buckets.songs import FILE, ROWS, compare_songs, read_songs
from benchmarks._buckets.synthetic import made_up_tracks
from benchmarks._buckets.timing import LEARNED, time_model
from benchmarks._buckets.timing import ROWS as ASKED
from training.assigners import KINDS_OF_MODEL
from training.evaluation import out_of_fold, score
from training.features import audio_features
from training.labels import LabelledTrack
from training.synthetic import make_dataset
from training.tables import feature_columns, identical_rows, read_csv

FOLDS = 10
"""Every model is fitted on nine tenths of the rows and asked about the last."""

DRAWS = 10
"""How often the cold start of the corrections is drawn."""

LIFT = 0.15
"""Accuracy that 50 corrections have to bring."""

REAL = 0.01
"""Chance below which the hybrid counts as better than v0.1."""

ANSWER_SEC = 10.0
"""Time that 50,000 answers may take."""

QUICK_ROWS, QUICK_TRACKS = 300, 260

CHOICE_SEED = 123
CHOICE_SHARE = 0.6
"""The ensemble's members were chosen on this share of each table's rows, drawn with this seed;
accuracy on the other rows is given beside that on all."""


ALL_PARTS = ("tables", "corrections", "songs", "time")


@dataclass(frozen=True)
class Part:
    """One public table.

    Parameters
    ----------
    name, file, label
        How it is called, where it lies below the folder of tables, and its column of labels.
    left_out
        Columns that are no features.
    wanted
        Accuracy that the ensemble has to reach.
    wanted_ece
        Largest calibration error, or None.
    repeats
        How often the ten folds are drawn anew.
    """

    name: str
    file: str
    label: str
    left_out: tuple[str, ...]
    wanted: float
    wanted_ece: float | None
    repeats: int


PARTS = (
    Part("beatsdataset", "beatsdataset/beatsdataset.csv", "class", (), 0.565, 0.05, 1),
    # its length in samples would tell where a clip came from
    Part("gtzan", "gtzan/features_30_sec.csv", "label", ("filename", "length"), 0.775, None, 2),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns 1 where a wanted figure was measured and missed."""
    options = _options(arguments)
    use_one_thread()
    progress = Console(stderr=True)
    console = Console(width=None if sys.stdout.isatty() else 120)
    found: dict[str, Any] = {}
    if "tables" in options.only:
        rows = _tables(options, progress)
        console.print(_table(rows))
        found["tables"] = rows
    if "corrections" in options.only:
        found["corrections"] = _corrections(options, console, progress)
    if "songs" in options.only:
        found["songs"] = _songs(options, console)
    if "time" in options.only:
        found["time"] = _times(options, console)
    if options.json:
        write_atomically(options.json, (json.dumps(found, indent=1) + "\n").encode())
    reached = [row["reached"] for row in found.get("tables", [])]
    reached += [found[name].get("reached") for name in ("corrections", "songs", "time")
                if name in found]  # fmt: skip
    return int(any(one is False for one in reached))


def _tables(options: argparse.Namespace, progress: Console) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for part in PARTS:
        path = options.tables / part.file
        if path.is_file():
            table = read_csv(path).drop(columns=list(part.left_out))
            rows += measure(part, table, options.answers, quick=options.quick, progress=progress)
        else:
            progress.print(f"{part.name}: left out, there is no {path}", markup=False)
    if not rows:
        made = make_dataset(QUICK_ROWS, seed=1).drop(columns="bucket_label")
        part = Part("made up", "", "genre_label", (), 0.0, None, 1)
        rows = measure(part, made, options.answers, quick=True, progress=progress)
    return rows


def _corrections(
    options: argparse.Namespace, console: Console, progress: Console
) -> dict[str, Any]:
    """Let a DJ correct answers in the queue's order and at random; wanted: see `LIFT`."""
    if options.quick:
        tracks, draws, music = made_up_tracks(QUICK_TRACKS), 1, "made-up tracks"
    else:
        sketches = read_sketches(
            options.cache,
            progress=lambda done, total: progress.print(f"sketch {done} of {total}", end="\r"),
        )
        tracks = [
            LabelledTrack(one.report, label=one.bucket, heard=audio_features(one.report))
            for one in sketches
        ]
        draws, music = DRAWS, "composed sketches"
    queue, at_random = compare_orders(
        tracks,
        draws,
        lambda done, total: progress.print(f"course {done} of {total}", end="\r"),
        options.answers,
    )
    table = Table(f"{len(tracks)} {music}, {draws} draws", *(f"{one} words" for one in POINTS),
                  box=None)  # fmt: skip
    for course in (queue, at_random):
        table.add_row(f"in {course.order} order", *(f"{one:.3f}" for one in course.mean()))
    console.print(table)
    ahead = all(a > b for a, b in zip(queue.mean()[1:], at_random.mean()[1:], strict=True))
    lift = queue.mean()[POINTS.index(50)] - queue.mean()[0]
    console.print(f"queue ahead at every point: {ahead}; 50 corrections in its order: {lift:+.3f}")
    return {
        "tracks": len(tracks), "draws": draws, "points": POINTS, "queue": queue.mean(),
        "random": at_random.mean(), "lift_50": lift, "queue_ahead": ahead,
        "reached": None if options.quick else ahead and lift >= LIFT,
    }  # fmt: skip


def _songs(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    path = options.tables / FILE
    if not path.is_file():
        console.print(f"songs: left out, there is no {path}", markup=False)
        return {"reached": None}
    with tempfile.TemporaryDirectory() as scratch:
        report = options.report or Path(scratch) / "songs.html"
        rows = read_songs(path, QUICK_ROWS if options.quick else ROWS)
        found = compare_songs(rows, report, lambda name: KeptModel(name, options.answers))
    console.print(
        f"{len(rows)} songs, sub-genres, artists whole: {found.verdict}; gain {found.gain:+.3f}"
        f" ({found.gain_low:+.3f} to {found.gain_high:+.3f})"
    )
    better = found.gain > 0 and found.p_value < REAL
    return {
        "rows": len(rows), "gain": found.gain, "low": found.gain_low, "high": found.gain_high,
        "p": found.p_value, "reached": None if options.quick else better,
    }  # fmt: skip


def _times(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    sizes, asked = ((500,), 5_000) if options.quick else (LEARNED, ASKED)
    found = [time_model(name, learn=learn, ask=asked) for learn in sizes for name in KINDS_OF_MODEL]
    table = Table("model", "learned from", "CPU s", "answered", "CPU s", "passed s", box=None)
    for one in found:
        table.add_row(one.model, str(one.train_rows), f"{one.train_cpu_sec:.1f}",
                      str(one.asked_rows), f"{one.answer_cpu_sec:.1f}",
                      f"{one.answer_sec:.1f}")  # fmt: skip
    console.print(table)
    slowest = max(one.answer_sec for one in found)
    return {"models": [asdict(one) for one in found],
            "reached": None if options.quick else slowest < ANSWER_SEC}  # fmt: skip


def measure(
    part: Part, table: pd.DataFrame, answers: Path, *, quick: bool, progress: Console
) -> list[dict[str, Any]]:
    """Cross-validate each model on a table; one row of figures a model and repeat.

    Answers that lie in ``answers`` are not worked out again.
    """
    labels = [str(label) for label in table[part.label]]
    features = table[feature_columns(table, "genre", part.label)]
    copies = identical_rows(features)
    unseen = ~_chosen_on(copies)
    models = ("boosting",) if quick else ("forest", "ensemble")
    repeats = 1 if quick else part.repeats
    found = []
    for model in models:
        for repeat in range(repeats if model == "ensemble" else 1):
            progress.print(f"{part.name}: {model}, draw {repeat + 1}", end="\r")
            spent: list[float] = []
            likely, classes = out_of_fold(
                lambda name=model, spent=spent: KeptModel(name, answers, spent),  # type: ignore[misc]
                features,
                labels,
                copies,
                folds=3 if quick else FOLDS,
                seed=repeat,
            )
            scores = score(likely, classes, labels)
            truth = np.array([classes.index(label) for label in labels])
            right = likely.argmax(axis=1) == truth
            ok = scores.accuracy >= part.wanted and (
                part.wanted_ece is None or scores.calibration_error <= part.wanted_ece
            )
            found.append(
                {
                    "table": part.name,
                    "model": model,
                    "draw": repeat,
                    **scores.summary(),
                    "accuracy_unchosen": float(right[unseen].mean()),
                    "cpu_sec": sum(spent),
                    "wanted": part.wanted,
                    "reached": ok if model == "ensemble" else None,
                }
            )
    return found


def _chosen_on(copies: npt.NDArray[np.int_]) -> npt.NDArray[np.bool_]:
    names = int(copies.max()) + 1
    drawn = np.random.default_rng(CHOICE_SEED).permutation(names)
    return np.isin(copies, drawn[: int(CHOICE_SHARE * names)])


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table("table", "model", "draw", "accuracy", "on rows not chosen on", "macro-F1",
                  "top 3", "ECE", "majority", "wanted", "CPU s", box=None)  # fmt: skip
    for row in rows:
        mark = {True: " reached", False: " missed", None: ""}[row["reached"]]
        table.add_row(
            row["table"],
            row["model"],
            str(row["draw"] + 1),
            *(
                f"{row[name]:.3f}"
                for name in (
                    "accuracy",
                    "accuracy_unchosen",
                    "macro_f1",
                    "top3",
                    "calibration_error",
                    "majority_accuracy",
                )
            ),
            f"{row['wanted']:.3f}{mark}",
            f"{row['cpu_sec']:.0f}",
        )
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small parts of everything")
    parser.add_argument(
        "--only", nargs="+", choices=ALL_PARTS, default=ALL_PARTS, help="which parts to run"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("data/benchmarks/sketches"),
        help="where the composed sketches' reports are kept",
    )
    parser.add_argument(
        "--answers",
        type=Path,
        default=Path("data/benchmarks/answers"),
        help="where each fold's answers are kept; an interrupted run goes on from them",
    )
    parser.add_argument("--report", type=Path, help="keep the songs' HTML report here")
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument(
        "--tables", type=Path, default=Path("data/tables"), help="folder of public tables"
    )
    return parser.parse_args(arguments)
