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
from training import table_training
from training.assigners import KINDS_OF_MODEL
from training.errors import UnknownVersion
from training.labels import KINDS
from training.learn import predict_all
from training.registry import Version, rollback, trust, versions

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
        shown = f"{value:.3f}" if isinstance(value, float) else str(value)
        console.out.print(f"  {name.replace('_', ' ')}: {shown}", markup=False)
    made = ", ".join(f"{name} {one}" for name, one in found.libraries.items())
    console.out.print(f"  made with {made}")


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
    for one in versions(files[kind], kind):
        if one.active if name is None else name and one.digest.startswith(name):
            return one
    raise UnknownVersion(kind, name or "in use")


def version_row(version: Version) -> dict[str, Any]:
    """Return a version as JSON shows it."""
    return {"name": version.name, **vars(version)}
