"""`segue set`: choose and order tracks, mix them into one file, say how it went."""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analysis.batch import Progress, analyse_batch
from analysis.errors import SegueError
from analysis.report import Report
from app.cli import console
from app.cli.console import JsonFlag, ReportsOption
from app.cli.tracks import open_library
from app.errors import NoSuchCrate
from app.set_picture import write_picture
from library.folders import typed_path
from library.library import Library
from mixing.sets.arcs import ARCS, DEFAULT_ARC, find_arc
from mixing.sets.planner import plan_set
from mixing.sets.render import find_set_format, render_set
from mixing.sets.set_plan import SetPlan
from mixing.sets.tracklist import clock, read_playlist, write_beside
from mixing.sets.wishes import Wishes
from mixing.styles import AUTO, style_names
from training.errors import NoModel
from training.learn import load_recommender
from training.recommender import Bundle

PLAYLIST_SUFFIXES = (".m3u8", ".m3u")

ArcName = enum.StrEnum("ArcName", {name: name for name in ARCS})  # type: ignore[misc]
_DEFAULT_ARC = ArcName(DEFAULT_ARC)


def set_command(
    crate: Annotated[str, typer.Argument(metavar="FOLDER|M3U8", help="The tracks to choose from.")],
    minutes: Annotated[
        float, typer.Option(min=0.0, help="About how long; 0 plays every track.")
    ] = 60.0,
    arc: Annotated[
        ArcName,
        typer.Option(
            help="How the energy goes: "
            + "; ".join(f"{each.name} {each.says}" for each in ARCS.values())
            + "."
        ),
    ] = _DEFAULT_ARC,
    first: Annotated[str | None, typer.Option(help="The track that opens the set.")] = None,
    last: Annotated[str | None, typer.Option(help="The track that closes it.")] = None,
    lock: Annotated[
        list[str] | None,
        typer.Option(help="'A,B': B comes directly after A; may be given again."),
    ] = None,
    style: Annotated[
        str, typer.Option(help=f"Of all transitions: {', '.join(style_names())}.")
    ] = AUTO,
    seed: Annotated[int, typer.Option(help="Of the search; another one finds another set.")] = 0,
    out: Annotated[Path, typer.Option(help="File to write: .wav, .flac or .mp3.")] = Path(
        "set.wav"
    ),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only; render nothing.")] = False,
    reports: ReportsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a whole set: order, transitions, one continuous file, a tracklist.

    A render that was stopped goes on where it was when the same command is given again.
    """  # fmt: skip
    if not dry_run:
        find_set_format(out)
    library = open_library(reports)
    candidates = _candidates(library, crate)
    wishes = Wishes(
        first=None if first is None else _named(candidates, first),
        last=None if last is None else _named(candidates, last),
        locks=tuple(_lock(candidates, pair) for pair in lock or ()),
    )
    with console.progress_bar("Choosing and ordering"):
        plan = plan_set(
            candidates,
            find_arc(arc.value),
            minutes or None,
            style,
            wishes,
            seed,
            _recommender(library),
        )
    if not as_json:
        _show_plan(plan)
    written: list[Path] = []
    if not dry_run:
        plan = _render(plan, out)
        written = [out, *write_beside(plan, out), out.with_suffix(".html")]
        write_picture(plan, written[-1])
    if as_json:
        console.print_json(plan.model_dump(mode="json"))
        return
    if written:
        _show_measured(plan)
        names = ", ".join(path.name for path in written[1:])
        console.out.print(f"Written: {out}, beside it {names}", markup=False, soft_wrap=True)


def _candidates(library: Library, crate: str) -> list[Report]:
    """Return the reports of a crate's tracks; what has none is analysed first.

    Raises
    ------
    NoSuchCrate
        If it is neither a folder nor a playlist.
    """
    path = typed_path(crate)
    if os.path.isdir(path):
        files = [path]
    elif os.path.isfile(path) and path.suffix.lower() in PLAYLIST_SUFFIXES:
        files = [file for file in read_playlist(path) if file.is_file()]
    else:
        raise NoSuchCrate(crate)
    with console.progress_bar("Reading the crate") as bar:

        def show(event: Progress) -> None:
            bar.update(
                bar.task_ids[0],
                completed=event.done,
                total=event.total,
                description=f"Reading {event.path.name[:40]}",
            )

        result = analyse_batch(files, library.settings.reports, progress=show)
    if result.interrupted:
        raise KeyboardInterrupt
    library.refresh()
    library.note_files(result.reports)
    for failure in result.failed:
        console.err.print(f"  {failure.error}", markup=False, soft_wrap=True)
    found: dict[str, Report] = {}
    for file, report in result.reports.items():
        track_id = Report.read(report).track_id
        # Where the file is now, not where it was when it was analysed.
        found.setdefault(track_id, library.report(track_id).at(file))
    return list(found.values())


def _recommender(library: Library) -> Bundle | None:
    """Return the recommender, None where nothing was learned yet."""
    try:
        return load_recommender(library.settings.recommender)
    except NoModel:
        return None


def _render(plan: SetPlan, out: Path) -> SetPlan:
    with console.progress_bar("Rendering") as bar:
        task = bar.task_ids[0]
        bar.update(task, total=100)

        def show(share: float, doing: str) -> None:
            bar.update(task, completed=round(100 * share), description=doing[:60])

        return render_set(plan, out, progress=show)


def _show_plan(plan: SetPlan) -> None:
    table = Table(
        "", "at", "track", "BPM", "key", "energy", "mixed in by", box=None, pad_edge=False
    )
    for number, track in enumerate(plan.tracks):
        into = plan.transitions[number - 1] if number else None
        how = "" if into is None else f"{into.style}, {into.bars} bars"
        energy = "" if track.energy is None else f"{track.energy:.1f} of {track.wished_energy:.1f}"
        table.add_row(
            str(number + 1),
            clock(track.enters_sec),
            track.name,
            f"{track.bpm:.1f}" if track.bpm else "",
            track.camelot or "",
            energy,
            how,
        )
    console.out.print(table)
    minutes = plan.duration_sec / 60
    console.out.print(f"{len(plan.tracks)} tracks, {minutes:.1f} minutes, {plan.arc}")
    for line in plan.warnings:
        console.out.print(f"  {line}", markup=False, style="yellow")


def _show_measured(plan: SetPlan) -> None:
    worst: dict[str, float] = {}
    for meeting in plan.transitions:
        measured: dict[str, Any] = meeting.measured.model_dump() if meeting.measured else {}
        for name in ("kick_async_p95_ms", "drift_ms", "loudness_step_lu", "bass_overlap_sec"):
            if measured.get(name) is not None:
                worst[name] = max(worst.get(name, 0.0), measured[name])
    said = {
        "kick_async_p95_ms": "kicks {:.1f} ms apart",
        "drift_ms": "drift {:.1f} ms",
        "loudness_step_lu": "loudness step {:.1f} LU",
        "bass_overlap_sec": "two basslines for {:.1f} s",
    }
    words = [said[name].format(value) for name, value in worst.items()]
    if plan.rendered is not None:
        words.append(f"true peak {plan.rendered.true_peak_dbtp:.1f} dBTP")
    console.out.print("At worst: " + ", ".join(words))


class UnclearTrack(SegueError):
    """A name that fits none, or several, of a crate's tracks."""

    def __init__(self, name: str, fitting: list[str]) -> None:
        super().__init__(name, fitting)
        self.name = name
        self.fitting = fitting

    def __str__(self) -> str:
        if not self.fitting:
            return f"UnclearTrack: no track of this crate fits {self.name!r}"
        return f"UnclearTrack: {self.name!r} fits {', '.join(self.fitting[:4])}; say more of it"


def _named(candidates: list[Report], name: str) -> str:
    """Return the id of the one track of the crate that a person names."""
    wanted = name.strip().casefold()

    def names(report: Report) -> tuple[str, ...]:
        data = report.metadata
        return (
            data.title.casefold(),
            Path(data.path).stem.casefold(),
            Path(data.path).name.casefold(),
            f"{data.artist} – {data.title}".casefold(),
            f"{data.artist} - {data.title}".casefold(),
        )

    exact = [
        one
        for one in candidates
        if wanted in names(one)
        or typed_path(name).absolute() == Path(one.metadata.path)
        or one.track_id == name
    ]
    within = [one for one in candidates if any(wanted in each for each in names(one))]
    for found in (exact, within):
        if len(found) == 1:
            return found[0].track_id
    fitting = [one.metadata.title or Path(one.metadata.path).name for one in exact or within]
    raise UnclearTrack(name, fitting)


def _lock(candidates: list[Report], pair: str) -> tuple[str, str]:
    """Return the ids of 'A,B'; names that hold commas themselves are tried too."""
    cuts = [place for place, letter in enumerate(pair) if letter == ","]
    if not cuts:
        raise typer.BadParameter(f"{pair!r} names no two tracks; write A,B", param_hint="--lock")
    failure: UnclearTrack | None = None
    for cut in cuts:
        try:
            return _named(candidates, pair[:cut]), _named(candidates, pair[cut + 1 :])
        except UnclearTrack as error:
            failure = failure or error
    assert failure is not None
    raise failure
