"""`segue app`, `segue demo`, `segue doctor`: opening, trying and checking Segue."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analysis.availability import check_dependencies
from app.cli import console
from app.cli.analyse import show_dependencies
from app.cli.console import JsonFlag
from app.cli.tracks import open_library
from app.decks.build import DecksNotBuilt, ensure_built, find_built
from app.demo import make_demo
from library.folders import typed_path
from library.settings import PROJECT_ROOT, Settings

HOST = "127.0.0.1"
FIRST_PORT = 8501


def app(
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65_535, help=f"Port.  [default: {FIRST_PORT}, or the next free one]"
        ),
    ] = None,
    allowed_folder: Annotated[
        list[Path] | None, typer.Option(help="Only music below this folder; may be given again.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    demo_crate: Annotated[
        bool, typer.Option("--demo/--no-demo", help="No music yet? Compose the demo crate.")
    ] = True,
) -> None:
    """Open Segue in the browser: the same as `streamlit run dj_interface.py`."""
    arguments = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(PROJECT_ROOT / "dj_interface.py"),
        f"--server.address={HOST}",
        f"--server.port={port or free_port()}",
        f"--server.headless={str(not browser).lower()}",
    ]
    arguments.append("--")
    if demo_crate:
        arguments.append("--demo")
    for folder in allowed_folder or ():
        arguments += ["--allowed-folder", str(typed_path(folder).resolve())]
    _build_decks()
    # Streamlit reads .streamlit/config.toml from the working directory
    os.chdir(PROJECT_ROOT)
    os.execv(sys.executable, arguments)


def _build_decks() -> None:
    """Make the live decks' scripts where they are missing; without them the page says so."""
    if find_built() is not None:
        return
    console.err.print("Building the live decks …")
    try:
        ensure_built()
    except DecksNotBuilt as error:
        console.err.print(str(error), markup=False)


def free_port() -> int:
    """Return the first port from 8501 up that nobody listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) != 0:
                return port
    raise typer.BadParameter("no free port from 8501 to 8600; name one with --port")


def demo(as_json: JsonFlag = False) -> None:
    """Compose a small crate, analyse it and train on it: music at once, for a first try."""
    with console.progress_bar("Composing") as bar:
        task = bar.task_ids[0]
        bar.update(task, total=100)

        def show(doing: str, share: float) -> None:
            bar.update(task, completed=round(100 * share), description=doing[:60].capitalize())

        result = make_demo(console.settings(), show)
    if as_json:
        failed = [{"path": str(one.path), "error": one.error} for one in result.failed]
        console.print_json(
            {"folder": str(result.folder), "tracks": result.tracks, "failed": failed}
        )
    else:
        console.out.print(
            f"{result.tracks} tracks in {result.folder}, analysed and learned from. "
            "`segue app` opens them.",
            markup=False,
            soft_wrap=True,
        )
        for one in result.failed:
            console.err.print(f"  {one.error}", markup=False, soft_wrap=True)
    if result.failed:
        raise typer.Exit(1)


def doctor(as_json: JsonFlag = False) -> None:
    """Say what is installed, what is missing, and what to do about it."""
    settings = console.settings()
    facts = _facts(settings)
    if as_json:
        libraries = [vars(one) for one in check_dependencies()]
        console.print_json({**facts, "libraries": libraries})
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    console.out.print(table)
    console.out.print()
    show_dependencies(as_json=False)


def _facts(settings: Settings) -> dict[str, Any]:
    library = open_library()
    models = [path.stem for path in sorted(settings.models.glob("*.joblib"))]
    return {
        "python": platform.python_version(),
        "home": str(settings.home),
        "tracks": library.count(),
        "missing_audio": sum(row.missing for row in library.tracks()),
        "models": ", ".join(models) or "none yet: `segue train recommender`",
        "free_disk_gb": round(shutil.disk_usage(settings.home).free / 1e9, 1),
        "ffmpeg": shutil.which("ffmpeg") or "absent (not needed)",
    }
