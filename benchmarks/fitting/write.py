"""Write weights as Python: constants that a reader can follow and a diff can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.files import write_atomically
from analysis.rhythm.confidence import EVIDENCE_NAMES
from analysis.rhythm.downbeats import FEATURE_NAMES as BAR_NAMES
from analysis.rhythm.hypotheses import ACCENT_NAMES, BAR_LINE_NAMES, FEATURE_NAMES, PATTERN_BANDS

Floats = NDArray[np.float64]

CELLS = 16
PATTERN_ROWS = len(PATTERN_BANDS) + len(ACCENT_NAMES)
FITTED = "fitted on composed tracks by ``benchmarks/fitting/beats.py``."


def write_beats(path: Path, weights: Floats) -> None:
    """Write the weights of hypotheses, bar lines and the bar's pattern, in this order."""
    level, line, pattern = np.split(
        weights, [len(FEATURE_NAMES), len(FEATURE_NAMES) + len(BAR_LINE_NAMES)]
    )
    halves = pattern.reshape(-1, 2, CELLS // 2)
    rows = "\n".join(f"    [{_numbers(first)},\n     {_numbers(last)}]," for first, last in halves)
    _write(
        path,
        f'"""Weights of the beat score, {FITTED}\n\n'
        "The names are those of ``analysis.rhythm.hypotheses``; the pattern has a row for each\n"
        "group of bands there, then for each accent, and a column for each sixteenth of the bar.\n"
        '"""',
        _mapping("LEVEL_WEIGHTS", FEATURE_NAMES, level),
        _mapping("BAR_LINE_WEIGHTS", BAR_LINE_NAMES, line),
        f"PATTERN_WEIGHTS = [\n{rows}\n]  # fmt: skip",
    )


def write_bars(path: Path, weights: Floats) -> None:
    """Write the weights of the bar-line score."""
    _write(
        path,
        f'"""Weights of the bar-line score, {FITTED}"""',
        _mapping("BAR_WEIGHTS", BAR_NAMES, weights),
    )


def write_confidence(path: Path, weights: Floats) -> None:
    """Write the weights of the evidence for a grid."""
    _write(
        path,
        f'"""Weights of evidence for a grid, {FITTED}"""',
        _mapping("CONFIDENCE_WEIGHTS", EVIDENCE_NAMES, weights),
    )


def _numbers(values: Floats) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _mapping(name: str, keys: Sequence[str], values: Iterable[float]) -> str:
    lines = "\n".join(f'    "{key}": {value:.3f},' for key, value in zip(keys, values, strict=True))
    return f"{name} = {{\n{lines}\n}}"


def _write(path: Path, *parts: str) -> None:
    write_atomically(path, ("\n\n".join(parts) + "\n").encode())
