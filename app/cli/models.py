"""`segue models`: versions of the trained models: look, compare, promote, go back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from app.cli import console
from app.cli.console import JsonFlag
from app.cli.tracks import open_library
from library.settings import Settings
from training import pages, table_training
from training.assigners import KINDS_OF_MODEL
from training.labels import KINDS
from training.learn import compare_versions, predict_all
from training.registry import (
    Version,
    find_version,
    load_bundle,
    outdated_libraries,
    rollback,
    trust,
    versions,
)

models_app = typer.Typer(
    help="Versions of the trained models.", no_args_is_help=True, add_completion=False
)


@models_app.command("list")
def list_models(as_json: JsonFlag = False) -> None:
    """List every kept version of every model."""
    settings = console.settings()
    found = [
        version for kind, path in _model_files(settings).items() for version in versions(path, kind)
    ]
    if as_json:
        console.print_json([version_row(version) for version in found])
        return
    table = Table("model", "version", "in use", "trained (UTC)", "tracks", box=None, pad_edge=False)
    for version in found:
        table.add_row(
            version.kind,
            version.name,
            "yes" if version.active else "",
            version.trained_at[:19].replace("T", " "),
            str(version.tracks),
        )
    console.out.print(table if found else "No model yet: `segue train recommender`.")
    for version in found:
        if version.active:
            _offer_training(version)


@models_app.command("trust")
def trust_bundle(
    path: Annotated[Path, typer.Argument(help="A model file whose maker you trust.")],
) -> None:
    """Let Segue load a model that was trained elsewhere. It could run any code: be sure."""
    console.out.print(f"Trusted: {path} ({trust(path)[:8]})", markup=False, soft_wrap=True)


@models_app.command("rollback")
def roll_back(
    kind: Annotated[str, typer.Argument(help="As `segue models list` names it.")],
    to: Annotated[
        str | None, typer.Argument(help="A version's name; without it, the one before.")
    ] = None,
) -> None:
    """Use an earlier version of a model again."""
    library = open_library()
    files = _model_files(library.settings)
    if kind not in files:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(files)}", param_hint="KIND")
    version = rollback(files[kind], kind, to)
    if kind in KINDS:
        predict_all(library, (kind,))
    console.out.print(f"{kind} is version {version.name} again.")


@models_app.command("show")
def show_model(
    kind: Annotated[str, typer.Argument(help="As `segue models list` names it.")],
    version: Annotated[
        str | None, typer.Argument(help="A version's name; without it, the one in use.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a version: what it learned from, how good it was, which libraries made it."""
    found = _find_version(console.settings(), kind, version)
    if as_json:
        console.print_json(version_row(found))
        return
    console.out.print(
        f"{kind} {found.name}{', in use' if found.active else ''}: trained {found.trained_at[:19]}"
        f" UTC on {found.tracks} tracks (data {found.data_fingerprint})"
    )
    for name, value in found.metrics.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{part} {_shown(one)}" for part, one in value.items())
        else:
            shown = _shown(value)
        console.out.print(f"  {name.replace('_', ' ')}: {shown}", markup=False, soft_wrap=True)
    made = ", ".join(f"{name} {one}" for name, one in found.libraries.items())
    console.out.print(f"  made with {made}")
    _offer_training(found)


@models_app.command("importance")
def importance(
    kind: Annotated[str, typer.Argument(help="genre or bucket.")],
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many features.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", help="Picture.  [default: data/importance.html]")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show which features tell a model most, and write a picture of them."""
    settings = console.settings()
    _check_learned(kind)
    model = load_bundle(settings.label_model(kind), kind)
    shares = model.importances(count)
    out = out or settings.data / "importance.html"
    pages.write_importance(shares, f"What tells a {kind}", out)
    if as_json:
        console.print_json({"path": str(out), "importances": dict(shares)})
        return
    for name, share in shares:
        console.out.print(f"  {share:6.2%}  {name}", markup=False)
    console.out.print(str(out), markup=False, soft_wrap=True)


@models_app.command("ab")
def ab(
    kind: Annotated[str, typer.Argument(help="genre or bucket.")],
    first: Annotated[str, typer.Argument(help="A version's name.")],
    second: Annotated[str, typer.Argument(help="Another one's.")],
    as_json: JsonFlag = False,
) -> None:
    """Compare two kept versions on your holdout, and say whether one is really better."""
    _check_learned(kind)
    library = open_library()
    settings = library.settings
    path = settings.label_model(kind)
    verdict, apart = compare_versions(
        library, kind, find_version(path, kind, first), find_version(path, kind, second)
    )
    if as_json:
        console.print_json(verdict.as_metrics() | {"answers_apart": apart})
        return
    found = verdict.comparison
    console.out.print(
        f"{found.verdict}: {verdict.before:.1%} and {verdict.after:.1%} right of {verdict.tracks}"
        f" tracks, gain {found.gain:+.3f} ({found.gain_low:+.3f} to {found.gain_high:+.3f});"
        f" they answer {apart} tracks differently",
        markup=False,
    )


@models_app.command("promote")
def promote(
    kind: Annotated[str, typer.Argument(help="As `segue models list` names it.")],
    version: Annotated[str, typer.Argument(help="The version to use from now on.")],
    even_worse: Annotated[
        bool, typer.Option("--even-worse", help="Also where it was less accurate.")
    ] = False,
) -> None:
    """Use a version from now on; one that was less accurate only when told to."""
    settings = console.settings()
    wanted = _find_version(settings, kind, version)
    now = next((one for one in versions(_model_files(settings)[kind], kind) if one.active), None)
    new, old = (one.metrics.get("accuracy") if one else None for one in (wanted, now))
    if not even_worse and new is not None and old is not None and new < old:
        raise typer.BadParameter(
            f"{wanted.name} was right in {new:.1%}, the one in use in {old:.1%};"
            " --even-worse promotes it all the same"
        )
    roll_back(kind, wanted.name)


@models_app.command("compare")
def compare_models(
    first: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS_OF_MODEL)}.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    csv: Annotated[Path, typer.Option("--csv", help="Labelled tracks.")],
    label: Annotated[str, typer.Option("--label", help="Its column of labels.")],
    group: Annotated[
        str | None, typer.Option("--group", help="Column whose rows are judged together: artist.")
    ] = None,
    kind: Annotated[str, typer.Option(help="genre (sound alone) or bucket.")] = "bucket",
    out: Annotated[
        Path | None, typer.Option("--out", help="Report.  [default: data/comparison.html]")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge two models on the same folds of a table, and say whether one is really better."""
    for name, among in ((first, KINDS_OF_MODEL), (second, KINDS_OF_MODEL), (kind, KINDS)):
        if name not in among:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(among)}")
    out = out or console.settings().data / "comparison.html"
    found = table_training.compare_on_table(csv, kind, label, (first, second), out, group=group)
    if as_json:
        console.print_json({**asdict(found), "verdict": found.verdict, "report": str(out)})
        return
    console.out.print(
        f"{found.verdict}; gain {found.gain:+.3f} ({found.gain_low:+.3f} to"
        f" {found.gain_high:+.3f}); {out}",
        markup=False,
        soft_wrap=True,
    )


def _model_files(settings: Settings) -> dict[str, Path]:
    return {
        "recommender": settings.recommender,
        "genre": settings.label_model("genre"),
        "bucket": settings.label_model("bucket"),
        **{
            table_training.table_kind(kind): table_training.table_model_path(settings, kind)
            for kind in KINDS
        },
    }


def _find_version(settings: Settings, kind: str, name: str | None) -> Version:
    files = _model_files(settings)
    if kind not in files:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(files)}", param_hint="KIND")
    return find_version(files[kind], kind, name)


def _check_learned(kind: str) -> None:
    if kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}", param_hint="KIND")


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _offer_training(version: Version) -> None:
    """Say that a model was made with other libraries, and what to do."""
    changed = outdated_libraries(version)
    if changed:
        what = ", ".join(f"{name} {then} (now {now})" for name, (then, now) in changed.items())
        command = {"bucket": "buckets"}.get(version.kind, version.kind.removesuffix("_table"))
        console.out.print(
            f"{version.kind} {version.name} was made with {what}: train it again"
            f" (`segue train {command}`)",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def version_row(version: Version) -> dict[str, Any]:
    """Return a version as JSON shows it."""
    return {"name": version.name, **vars(version)}
