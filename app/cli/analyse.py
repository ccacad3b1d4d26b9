"""`segue analyse`: reports for files and folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from analysis.availability import check_dependencies
from analysis.batch import (
    DEFAULT_PATTERN,
    BatchResult,
    Progress,
    analyse_batch,
    find_audio,
)
from analysis.files import write_atomically
from analysis.options import AnalysisOptions
from analysis.pipeline import analyse_file
from app.cli import console
from app.cli.console import JsonFlag
from library.library import Library

STDOUT = "-"


def analyse(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Audio files and folders.", show_default=False)
    ] = None,
    reports: Annotated[
        Path | None, typer.Option(help="Folder for the reports.  [default: reports/]")
    ] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help="Put each report beside its audio file.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(help="For one file: write its report here; '-' prints it."),
    ] = None,
    pattern: Annotated[str, typer.Option(help="Which files of a folder.")] = DEFAULT_PATTERN,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Analyse again what has a report.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.  [default: one a processor]")
    ] = None,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="Add a sound embedding.")
    ] = False,
    stems: Annotated[bool, typer.Option("--stems", help="Measure separated stems.")] = False,
    disable_essentia: Annotated[
        bool, typer.Option("--disable-essentia", help="Do without Essentia.")
    ] = False,
    disable_madmom: Annotated[
        bool, typer.Option("--disable-madmom", help="Do without madmom.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say which optional libraries are installed.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Analyse music: one JSON report a track. What has a report is skipped."""
    if check:
        show_dependencies(as_json)
        return
    if not paths:
        raise typer.BadParameter("name at least one audio file or folder", param_hint="PATH")
    if not pattern.strip() or Path(pattern).is_absolute():
        raise typer.BadParameter(
            f"{pattern!r} is no pattern of files below a folder, such as '**/*.mp3'",
            param_hint="--pattern",
        )
    options = AnalysisOptions(
        disable_essentia=disable_essentia,
        disable_madmom=disable_madmom,
        embeddings=embeddings,
        stems=stems,
    )
    if output is not None:
        _analyse_one(paths, output, options)
        return

    settings = console.settings()
    folder = None if beside else reports or settings.reports
    with console.progress_bar("Analysing") as bar:

        def show(event: Progress) -> None:
            bar.update(
                bar.task_ids[0],
                completed=event.done,
                total=event.total,
                description=f"Analysing {event.path.name[:40]}",
            )

        result = analyse_batch(
            paths,
            folder,
            options,
            pattern=pattern,
            overwrite=overwrite,
            workers=workers,
            progress=show,
        )
        bar.update(bar.task_ids[0], description="Analysed")
    if folder == settings.reports:
        library = Library(settings)
        library.refresh()
        library.note_files(result.reports)
    _show_result(result, folder, as_json)
    if result.interrupted:
        raise KeyboardInterrupt
    if result.failed:
        raise typer.Exit(1)


def show_dependencies(as_json: bool) -> None:
    """Print which optional libraries are here, what each adds, and what to do about the rest."""
    found = check_dependencies()
    if as_json:
        console.print_json([vars(dependency) for dependency in found])
        return
    table = Table("library", "state", "adds", "what to do", box=None, pad_edge=False)
    for one in found:
        state = one.version or "installed" if one.available else f"absent: {one.reason}"
        table.add_row(one.name, state, one.adds, one.advice)
    console.out.print(table)
    console.out.print("Reports are whole without any of them.")


def _analyse_one(paths: list[Path], output: str, options: AnalysisOptions) -> None:
    files = find_audio(paths)
    if len(files) != 1:
        raise typer.BadParameter(f"--output takes one file, not {len(files)}")
    report, _ = analyse_file(files[0], options)
    text = report.to_json()
    if output == STDOUT:
        sys.stdout.write(text)
    else:
        write_atomically(Path(output), text.encode())


def _show_result(result: BatchResult, folder: Path | None, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {
                "analysed": len(result.done),
                "skipped": len(result.skipped),
                "failed": [{"path": str(one.path), "error": one.error} for one in result.failed],
                "interrupted": result.interrupted,
                "reports": {str(path): str(report) for path, report in result.reports.items()},
                "elapsed_sec": round(result.elapsed_sec, 3),
            }
        )
        return
    place = "beside the audio" if folder is None else f"in {folder}"
    console.out.print(
        f"{len(result.done)} analysed, {len(result.skipped)} had a report, "
        f"{len(result.failed)} failed; reports {place}",
        markup=False,
        soft_wrap=True,
    )
    if result.failed:
        for one in result.failed:
            console.err.print(f"  {one.error}", markup=False, soft_wrap=True)
