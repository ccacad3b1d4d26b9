"""The command line: compose pairs, mix each three ways, judge, print the table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path

from rich.console import Console
from rich.table import Table

from analysis.files import write_atomically
from benchmarks._analysis.workers import use_one_thread
from benchmarks._transitions.judge import Score, judge, summarise
from benchmarks._transitions.mixes import MAKERS, Maker
from benchmarks._transitions.pairs import Pair, compose_pairs, real_pairs

DESCRIPTION = "Transitions: Segue beside a plain crossfade and librosa's beats and stretch."

SEED = 7000
"""Nothing in Segue is tuned on tracks of seeds 7000–7999; `benchmarks/fitting` refuses them."""

ROWS = (
    ("pairs", "pairs", "count"),
    ("sure", "of these with two sure grids (the rest of the table)", "count"),
    ("blends", "both tracks heard together", "share"),
    ("kicks heard", "pairs with kicks on both sides", "count"),
    ("kick_ok", "kicks within 5 ms (p95)", "share"),
    ("kick_ms", "kicks apart, p95 (median)", "ms"),
    ("beat_ms", "true beats apart (median)", "ms"),
    ("drift_ok", "drift within 2 ms", "share"),
    ("bars", "bar on bar", "share"),
    ("phrases", "phrase on phrase", "share"),
    ("step_ok", "loudness step within 2 LU", "share"),
    ("step_lu", "loudness step (median)", "lu"),
    ("bass_ok", "two basslines for a bar at most", "share"),
    ("bass_bars", "two basslines (median)", "bars"),
    ("peak_ok", "true peak under −1 dBTP (all pairs)", "share"),
    ("cpu", "CPU seconds a second of audio (median, all pairs)", "ratio"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit status."""
    options = _options(arguments)
    use_one_thread()
    progress = Console(stderr=True)
    with tempfile.TemporaryDirectory() as temporary:
        cache = options.cache or Path(temporary)
        if options.tracks is not None:
            pairs, told = real_pairs(options.tracks, cache), "real tracks"
        else:
            pairs, told = (
                compose_pairs(
                    cache,
                    options.seed,
                    options.quick,
                    lambda done, total, _: progress.print(f"composed {done} of {total}", end="\r"),
                ),
                f"seed {options.seed}",
            )
        makers = {name: MAKERS[name] for name in options.only or MAKERS}
        scores: dict[str, list[Score]] = {name: [] for name in makers}
        for done, total in _run(_in_turn(pairs), makers, Path(temporary), scores):
            progress.print(f"mixed {done} of {total}", end="\r")
            if options.json:
                _write(options.json, told, scores)
    summaries = {name: summarise(found) for name, found in scores.items()}
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(f"{len(pairs)} pairs, {told}")
    console.print(_table(summaries))
    if "Segue" in scores:
        console.print(_misses(scores["Segue"]))
    return 0


def _write(path: Path, told: str, scores: dict[str, list[Score]]) -> None:
    """Write what there is so far: a run that is stopped leaves that much."""
    payload = {
        "pairs of": told,
        "summary": {name: summarise(found) for name, found in scores.items()},
        "pairs": {name: [asdict(score) for score in found] for name, found in scores.items()},
    }
    write_atomically(path, json.dumps(payload, indent=1).encode())


def _in_turn(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs kind after kind in turn, so that the first few are of every kind."""
    kinds: dict[str, list[Pair]] = {}
    for pair in pairs:
        kinds.setdefault(pair.kind, []).append(pair)
    rows = zip_longest(*kinds.values())
    return [pair for row in rows for pair in row if pair is not None]


def _run(
    pairs: Sequence[Pair],
    makers: Mapping[str, Maker],
    folder: Path,
    scores: dict[str, list[Score]],
) -> Iterator[tuple[int, int]]:
    """Add every pair's scores; yield how many are done, of how many, after each."""
    for index, pair in enumerate(pairs):
        # Makers take turns pair by pair, so that a busy machine is busy for all of them.
        for name, make in makers.items():
            scores[name].append(judge(pair, make(pair, folder)))
        yield index + 1, len(pairs)


def _shown(value: float | None, form: str) -> str:
    if value is None:
        return "–"
    return {
        "count": f"{value:.0f}",
        "share": f"{100 * value:.0f} %",
        "ms": f"{value:.1f} ms",
        "lu": f"{value:.1f} LU",
        "bars": f"{value:.1f}",
        "ratio": f"{value:.3f}",
    }[form]


def _table(summaries: dict[str, dict[str, float | None]]) -> Table:
    table = Table()
    table.add_column("", no_wrap=True)
    for name in summaries:
        table.add_column(name, justify="right")
    for key, label, form in ROWS:
        table.add_row(label, *(_shown(summary[key], form) for summary in summaries.values()))
    return table


def _misses(scores: Sequence[Score]) -> Table:
    """Return the pairs in which Segue missed something, and what."""
    table = Table(title="Segue's misses")
    for heading in ("kind", "pair", "what"):
        table.add_column(heading)
    for score in scores:
        found = []
        if not score.sure:
            found.append("a grid is unsure")
        if score.kick_ms is not None and score.kick_ms > 5.0:
            found.append(f"kicks {score.kick_ms:.1f} ms")
        if score.drift_ms is not None and score.drift_ms > 2.0:
            found.append(f"drift {score.drift_ms:.1f} ms")
        if score.beat_ms is not None and score.beat_ms > 10.0:
            found.append(f"beats {score.beat_ms:.0f} ms")
        if score.bars_aligned is False:
            found.append("bars")
        if score.phrase_aligned is False:
            found.append("phrase")
        if score.loudness_step_lu is not None and score.loudness_step_lu > 2.0:
            found.append(f"step {score.loudness_step_lu:.1f} LU")
        if score.bass_bars is not None and score.bass_bars > 1.0:
            found.append(f"basslines {score.bass_bars:.1f} bars")
        if score.true_peak_dbtp > -0.95:
            found.append(f"peak {score.true_peak_dbtp:.2f} dBTP")
        if found:
            table.add_row(score.kind, score.names, ", ".join(found))
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument("--quick", action="store_true", help="three pairs of short tracks")
    parser.add_argument("--seed", type=int, default=SEED, help="compose other tracks")
    parser.add_argument(
        "--tracks", type=Path, metavar="DIR", help="mix the real tracks below a folder instead"
    )
    parser.add_argument("--cache", type=Path, help="keep composed tracks and reports here")
    parser.add_argument("--only", action="append", choices=MAKERS, help="one column of the table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    return parser.parse_args(arguments)
