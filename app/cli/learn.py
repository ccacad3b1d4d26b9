"""`segue train`, `segue recommend`: learning, and asking what was learned."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import TaskID
from rich.table import Table

from app.cli import console
from app.cli.console import JsonFlag, ReportsOption
from app.cli.models import version_row
from app.cli.tracks import find_track, open_library
from library.library import Library
from training import table_training
from training.assigners import KINDS_OF_MODEL
from training.bucket_rules import find_rules
from training.dataset import clean, collect
from training.errors import NoModel, TooFewTracks
from training.learn import (
    learn_labels,
    load_recommender,
    train_recommender_from,
)
from training.recommend import Recommendations, recommend_from
from training.rules import RecommendRules
from training.tables import need_columns, read_csv

train_app = typer.Typer(
    help="Train the models on your library.", no_args_is_help=True, add_completion=False
)

_DEFAULTS = RecommendRules()


@train_app.command("recommender")
def train_recommender(
    reports: ReportsOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--model-out", help="Bundle.  [default: models/recommender.joblib]"),
    ] = None,
    neighbors: Annotated[int, typer.Option(min=1, help="Neighbours kept a track.")] = 25,
    test_size: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share held out to evaluate; 0 or 1: none.")
    ] = 0.2,
    as_json: JsonFlag = False,
) -> None:
    """Train what `segue recommend` and the decks suggest with."""
    library = open_library(reports)
    bundle, version = train_recommender_from(
        library, neighbors=neighbors, test_size=test_size, out=out
    )
    if as_json:
        console.print_json(version_row(version))
        return
    evaluation = bundle["evaluation"]
    figures = ", ".join(
        f"{name.replace('_', ' ')} {value:.3f}"
        for name, value in evaluation.items()
        if isinstance(value, float)
    )
    console.out.print(
        f"Recommender {version.name}: {version.tracks} tracks, "
        f"{bundle['kmeans'].n_clusters} clusters" + (f"; {figures}" if figures else "")
    )


_CsvOption = Annotated[
    Path | None, typer.Option("--csv", help="Learn from this table instead of the library.")
]
_LabelOption = Annotated[
    str | None, typer.Option("--label", help="Its column of labels.  [default: as exported]")
]
_GroupOption = Annotated[
    str | None, typer.Option("--group", help="Column whose rows are judged together: artist.")
]
_ModelOption = Annotated[
    str | None,
    typer.Option("--model", help=f"For tables: {', '.join(KINDS_OF_MODEL)}.  [ensemble]"),
]


_EvenWorseOption = Annotated[
    bool, typer.Option("--even-worse", help="Use it even if it is worse than the one in use.")
]


@train_app.command("genre")
def train_genre(
    csv: _CsvOption = None,
    label: _LabelOption = None,
    group: _GroupOption = None,
    model: _ModelOption = None,
    even_worse: _EvenWorseOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Train the genre model on your tags and corrections, or on any table with genres."""
    _train("genre", csv, label, group, model, even_worse, as_json)


@train_app.command("buckets")
def train_buckets(
    csv: _CsvOption = None,
    label: _LabelOption = None,
    group: _GroupOption = None,
    model: _ModelOption = None,
    even_worse: _EvenWorseOption = False,
    as_json: JsonFlag = False,
) -> None:
    """Train the bucket model on your folders and corrections, or on any table with buckets."""
    _train("bucket", csv, label, group, model, even_worse, as_json)


def recommend(
    track: Annotated[str, typer.Argument(help="A path, a track id, or words of its name.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many.")] = 10,
    tempo_window: Annotated[
        float, typer.Option(min=0.0, help="Largest tempo step in per cent.")
    ] = _DEFAULTS.tempo_window_percent,
    key_harmony: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="1 only the same key, 0 any key.")
    ] = _DEFAULTS.key_harmony,
    energy_step: Annotated[
        int, typer.Option(min=0, help="Largest step of energy (1-10).")
    ] = _DEFAULTS.energy_step,
    energy_drift: Annotated[
        int, typer.Option(help="Wished step of energy, e.g. +1 while warming up.")
    ] = _DEFAULTS.energy_drift,
    artist_gap: Annotated[
        int, typer.Option(min=0, help="Tracks between two of one artist.")
    ] = _DEFAULTS.artist_gap,
    played: Annotated[
        list[str] | None, typer.Option(help="A track already played; may be given again.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Bundle.  [default: models/recommender.joblib]")
    ] = None,
    reports: ReportsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Suggest what to play after a track, and say why."""
    library = open_library(reports)
    row = find_track(library, track)
    bundle = load_recommender(model) if model else _recommender(library)
    rules = RecommendRules(
        count=count,
        tempo_window_percent=tempo_window,
        key_harmony=key_harmony,
        energy_step=energy_step,
        energy_drift=energy_drift,
        artist_gap=artist_gap,
    )
    before = [find_track(library, name).track_id for name in played or ()]
    found = recommend_from(library, bundle, row.track_id, rules, before)
    if as_json:
        console.print_json(_as_json(row.track_id, found, library))
        return
    table = Table("", "track", "score", "why", box=None, pad_edge=False)
    for rank, item in enumerate(found.items, 1):
        name = f"{item.artist} – {item.title}" if item.artist else item.title
        why = ", ".join(item.reasons)
        if item.widened:
            why += f" (outside the rule on {' and '.join(item.widened)})"
        table.add_row(str(rank), name, f"{item.score:.2f}", why)
    console.out.print(f"After {row.name}:", markup=False)
    console.out.print(table if found.items else "There is no other track yet: analyse more music.")
    if found.summary:
        console.out.print(found.summary)


def _recommender(library: Library) -> dict[str, Any]:
    """Load the bundle; train it first where there is none yet, as a newcomer would expect."""
    path = library.settings.recommender
    try:
        return load_recommender(path)
    except NoModel:
        bundle, _ = train_recommender_from(library)
        return bundle


def _train_labels(kind: str, even_worse: bool, as_json: bool) -> None:
    library = open_library()
    trained = learn_labels(library, (kind,), even_worse=even_worse)
    if kind not in trained:
        raise TooFewTracks(0, 1, f"tracks with a {kind}")
    version = trained[kind]
    if as_json:
        console.print_json(version_row(version))
        return
    console.out.print(f"{kind} model {version.name}: {version.tracks} labelled tracks")
    for name, value in version.metrics.items():
        if isinstance(value, float):
            console.out.print(f"  {name.replace('_', ' ')}: {value:.3f}")
    holdout = version.metrics.get("holdout")
    if holdout:
        console.out.print(
            f"  holdout of {holdout['tracks']}: {holdout['before']:.1%} before,"
            f" {holdout['after']:.1%} now; {holdout['verdict']}"
        )
    if not version.active:
        console.out.print(
            f"The one before stays in use; `segue models promote {kind} {version.name}"
            " --even-worse` uses this one all the same.",
            style="yellow",
        )


def _train(
    kind: str,
    csv: Path | None,
    label: str | None,
    group: str | None,
    model: str | None,
    even_worse: bool,
    as_json: bool,
) -> None:
    if csv is None and model is None:
        _train_labels(kind, even_worse, as_json)
        return
    model = model or "ensemble"
    if model not in KINDS_OF_MODEL:
        raise typer.BadParameter(f"{model!r} is none of {', '.join(KINDS_OF_MODEL)}")
    if csv is None:
        library = open_library()
        source, settings = clean(collect(library))[0], library.settings
    else:
        source, settings = read_csv(csv), console.settings()
    if label is None:
        # training.csv names its column plainly, our own export by contract
        label = next((name for name in (f"{kind}_label", kind) if name in source), f"{kind}_label")
    need_columns(source, (label, group), csv or "the library")
    with console.progress_bar("Judging on folds") as bar:
        _, version, scores = table_training.train_on_table(
            source,
            kind,
            label,
            settings,
            group=group,
            model=model,
            rules=find_rules(settings) if kind == "bucket" else None,
            progress=lambda done, total: bar.update(TaskID(0), completed=done, total=total),
        )
    if as_json:
        console.print_json(version_row(version) | {"scores": asdict(scores)})
        return
    console.out.print(f"{kind} table model {version.name} ({model}): {version.tracks} rows")
    for name, value in scores.summary().items():
        if isinstance(value, float):
            console.out.print(f"  {name.replace('_', ' ')}: {value:.3f}")


def _as_json(track_id: str, found: Recommendations, library: Library) -> dict[str, Any]:
    return {
        "track_id": track_id,
        "items": [
            {**vars(item), "path": str(library.row(item.track_id).path)} for item in found.items
        ],
        "hidden": [vars(one) for one in found.hidden],
        "widened": list(found.widened),
        "summary": found.summary,
    }
