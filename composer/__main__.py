"""``python -m composer OUT``: a crate from the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from composer.crate import crate_specs, make_tracks
from composer.errors import ComposerError
from composer.spec import benchmark_specs
from composer.styles import STYLES


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m composer", description="Compose and render tracks with truth.json."
    )
    parser.add_argument("out", type=Path, help="folder to make or to finish")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--styles", nargs="+", choices=sorted(STYLES), metavar="STYLE")
    parser.add_argument("--minutes", type=float, nargs=2, metavar=("MIN", "MAX"))
    parser.add_argument("--workers", type=int)
    parser.add_argument(
        "--benchmark",
        action="store_true",
        help="all styles with drift, swing, drumless intros, detuning and every format",
    )
    options = parser.parse_args(arguments)

    def show(done: int, total: int, name: str) -> None:
        print(f"{done}/{total} {name}", file=sys.stderr, flush=True)

    minutes = tuple(options.minutes) if options.minutes else None
    try:
        if options.benchmark:
            specs = benchmark_specs(options.tracks, options.seed, minutes or (3.0, 5.5))
        else:
            span = (minutes[0] * 60.0, minutes[1] * 60.0) if minutes else (102.0, 146.0)
            styles = tuple(options.styles) if options.styles else None
            specs = crate_specs(options.seed, options.tracks, styles, span)
        make_tracks(options.out, specs, options.seed, options.workers, show)
    except ComposerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
