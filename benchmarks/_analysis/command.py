"""The command line: find tracks, run engines on them, print and write the table."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from analysis.files import write_atomically
from analysis.hashing import content_hash
from benchmarks._analysis.engines import ENGINES, SEGUE, YARDSTICK, Engine
from benchmarks._analysis.scores import Scored, score_run, summarise
from benchmarks._analysis.tables import fault_table, markdown_table, result_table
from benchmarks._analysis.tracks import BadTruth, Track, compose_tracks, read_tracks
from benchmarks._analysis.workers import Pool, Run, use_one_thread

DESCRIPTION = "Grids, bars, keys, sections and their cost: Segue beside its peers, in one table."

SEED = 5000
"""Nothing in Segue is tuned on tracks of seeds 5000–5999; `benchmarks/fitting` refuses them."""

TRACKS = 39
"""Three of each of the composer's thirteen styles."""

MINUTES = (1.65, 3.3)
"""98 to 198 s."""

QUICK_TRACKS = 4
QUICK_MINUTES = (0.6, 0.75)
QUICK_ENGINES = (SEGUE, "degara", "edma", YARDSTICK, "librosa")
"""One of each kind, for a look within two minutes."""

SLOW_TRACKS = 2
"""How many tracks the slowest engines get: a minute each."""

TABLE_WIDTH = 150
"""Of what is printed into a pipe."""

Results = dict[str, list[Scored]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit status."""
    options = _options(arguments)
    use_one_thread()
    console = Console(width=None if sys.stdout.isatty() else TABLE_WIDTH)
    progress_console = Console(stderr=True)
    try:
        with _progress(progress_console) as progress:
            tracks = _find_tracks(options, progress)
            engines = _wanted_engines(options, progress_console)
            results = _run_all(tracks, engines, options, progress)
    except BadTruth as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    summaries = {name: summarise(scored) for name, scored in results.items()}
    console.print(_title(tracks, options), highlight=False)
    console.print(result_table(summaries))
    if SEGUE in results:
        _print_faults(results[SEGUE], console)
    if options.json:
        write_atomically(options.json, _json(results, summaries, options).encode())
    if options.markdown:
        text = f"{_title(tracks, options)}\n\n{markdown_table(summaries)}"
        write_atomically(options.markdown, text.encode())
    return 0


def _print_faults(results: Sequence[Scored], console: Console) -> None:
    """Print the tracks in which Segue is not right in everything that is known."""
    table = fault_table(results)
    console.print(f"Segue is right in everything on {len(results) - table.row_count} tracks.")
    if table.row_count:
        console.print(table)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/analysis.py", description=DESCRIPTION)
    parser.add_argument("--quick", action="store_true", help="few short tracks, fewer engines")
    parser.add_argument(
        "--hard", action="store_true",
        help="compose only what grids go wrong on: moving tempo, no drums, misleading starts",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table")
    parser.add_argument("--tracks", type=Path, metavar="DIR", help="own tracks, truth beside them")
    parser.add_argument("--seed", type=int, default=SEED, help="of the composed tracks")
    parser.add_argument("--tracks-count", type=int, metavar="N", help="how many to compose")
    parser.add_argument(
        "--engines", nargs="+", choices=[engine.name for engine in ENGINES], metavar="NAME",
        help="only these: " + " ".join(engine.name for engine in ENGINES),
    )  # fmt: skip
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", default=Path(tempfile.gettempdir(), "segue-benchmark"),
        help="where composed tracks and peers' answers are kept (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--keep-peers", action="store_true",
        help="take peers' answers and times from the cache, and run only what is not there",
    )  # fmt: skip
    return parser.parse_args(arguments)


def _wanted_engines(options: argparse.Namespace, console: Console) -> list[Engine]:
    """Return the engines to run, and say which cannot."""
    chosen = options.engines or (QUICK_ENGINES if options.quick else None)
    wanted = [engine for engine in ENGINES if chosen is None or engine.name in chosen]
    for engine in wanted:
        if reason := engine.missing():
            console.print(f"without {engine.name}: {reason}", style="dim")
    return [engine for engine in wanted if engine.missing() is None]


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _find_tracks(options: argparse.Namespace, progress: Progress) -> list[Track]:
    """Read the tracks named, or compose some."""
    if options.tracks:
        tracks = read_tracks(options.tracks)
        return tracks[:QUICK_TRACKS] if options.quick else tracks
    count = options.tracks_count or (QUICK_TRACKS if options.quick else TRACKS)
    task = progress.add_task("composing", total=count)

    def done(finished: int, total: int, name: str) -> None:
        progress.update(task, completed=finished)

    minutes = QUICK_MINUTES if options.quick else MINUTES
    return compose_tracks(options.cache, options.seed, count, minutes, done, hard=options.hard)


def _run_all(
    tracks: Sequence[Track],
    engines: Sequence[Engine],
    options: argparse.Namespace,
    progress: Progress,
) -> Results:
    """Run every engine on every track, all on one track before the next.

    Engines take turns, so that a busy machine is as busy for one as for the other.
    """
    task = progress.add_task("analysing", total=len(tracks))
    results: Results = {engine.name: [] for engine in engines}
    kept = _Answers(options.cache / "answers", in_use=options.keep_peers)
    with Pool() as pool:
        for number, track in enumerate(tracks):
            here = [engine for engine in engines if not engine.slow or number < SLOW_TRACKS]
            for engine, run in _run_track(track, here, pool, kept):
                results[engine].append(score_run(track, run))
            progress.advance(task)
    return results


def _run_track(
    track: Track, engines: Sequence[Engine], pool: Pool, kept: _Answers
) -> list[tuple[str, Run]]:
    """Return each engine's run on one track, with the yardstick's time of the same run."""
    identity = content_hash(track.path)
    runs: dict[str, Run] = {}
    for engine in engines:
        old = kept.read(engine.name, identity)
        runs[engine.name] = old or pool.run(engine.name, track.path)
    yardstick = runs.get(YARDSTICK)
    for name, run in runs.items():
        if yardstick is not None and run.yardstick_cpu_sec is None:
            runs[name] = replace(run, yardstick_cpu_sec=yardstick.cpu_sec)
        kept.write(name, identity, runs[name])
    return list(runs.items())


class _Answers:
    """Peers' answers on disk, by engine and by the track's sound.

    Segue changes from day to day, and the yardstick must be timed beside it: they are not kept.
    """

    def __init__(self, folder: Path, *, in_use: bool) -> None:
        self._folder = folder
        self._in_use = in_use

    def _path(self, engine: str, identity: str) -> Path:
        return self._folder / engine / f"{identity}.json"

    def read(self, engine: str, identity: str) -> Run | None:
        """Return a run that was kept, or None."""
        path = self._path(engine, identity)
        if not self._in_use or not path.is_file():
            return None
        return Run.from_json(json.loads(path.read_bytes()))

    def write(self, engine: str, identity: str, run: Run) -> None:
        """Keep a run."""
        if run.answer is None or engine in (SEGUE, YARDSTICK):
            return
        path = self._path(engine, identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(run.to_json()).encode())


def _machine() -> str:
    """Return processor, cores and Python in a few words."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _title(tracks: Sequence[Track], options: argparse.Namespace) -> str:
    """Return what was measured, when and where."""
    source = (
        str(options.tracks)
        if options.tracks
        else f"composed{', hard' * options.hard}, seed {options.seed}"
    )
    drifting = sum(not track.constant_tempo for track in tracks)
    drumless = sum(not track.has_drums for track in tracks)
    return (
        f"{len(tracks)} tracks ({source}; {drifting} drift or change tempo, {drumless} drumless), "
        f"{datetime.date.today().isoformat()}, {_machine()}"
    )


def _json(results: Results, summaries: dict[str, Any], options: argparse.Namespace) -> str:
    """Return every figure: one summary an engine, one score a track and engine."""
    some = next(iter(results.values()), [])
    payload = {
        "title": _title([scored.track for scored in some], options),
        "date": datetime.date.today().isoformat(),
        "machine": _machine(),
        "summary": summaries,
        "tracks": {
            name: [_track_json(scored) for scored in several] for name, several in results.items()
        },
    }
    return json.dumps(payload, indent=1, ensure_ascii=False) + "\n"


_SHOWN_TRUTH = ("bpm", "key", "boundaries", "drops")


def _track_json(scored: Scored) -> dict[str, Any]:
    track, run = scored.track, scored.run
    said = {} if run.answer is None else asdict(run.answer)
    return {
        "file": track.path.name,
        "style": track.style,
        "constant_tempo": track.constant_tempo,
        "has_drums": track.has_drums,
        "truth": {name: getattr(track, name) for name in _SHOWN_TRUTH},
        "said": {name: said.get(name) for name in (*_SHOWN_TRUTH, "confidence")},
        "score": None if scored.score is None else scored.score.to_json(),
        "error": run.error,
        "cpu_sec": run.cpu_sec,
        "peak_mb": run.peak_mb,
    }
