"""Reports as numbers: the recommender's compact row, and everything numeric for label models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.report import Report
from library.keys import parse_key

Matrix = npt.NDArray[np.float64]

FEATURE_COLUMNS = (
    "tempo_bpm",
    "danceability",
    "groove_conf",
    "swing_ratio",
    "key_root",
    "key_mode_minor",
    "spectral_centroid",
    "spectral_flatness",
    "dissonance",
    "rms_mean",
    "crest_factor",
    "lufs",
    "valence",
    "arousal",
    "energy",
    "bass_presence",
    "mid_presence",
    "treble_presence",
    "percussive_ratio",
)
"""The recommender's features, in the order of its matrix. Other programs rely on the names."""

LONGEST_VECTOR = 64
"""Lists up to this long are fixed-size summaries (12 chroma bins, 13 MFCCs, 40 mel bands);
longer ones are curves or events whose length says how long the track is."""

_NOT_TIMBRE = {
    "rhythm": ("beat_times_sec", "downbeat_times_sec", "beat_grid", "polyrhythm_candidates",
               "madmom_downbeat"),
    "tonal": ("key_candidates", "chords", "modulation"),
    "dynamics": ("short_term_lufs",),
    "vocal_activity": ("segments",),
    "structure": None,
    "stems": None,
}  # fmt: skip
"""What describes one recording's layout in time, not its kind of music. None: the whole family."""


def feature_row(report: Report) -> dict[str, float]:
    """Return the recommender's features of one track; NaN where the report has no value.

    Returns
    -------
    dict
        The names of `FEATURE_COLUMNS` in their order: BPM, 0–1 scores, pitch class 0–11,
        0/1 for minor, Hz, full-scale RMS, LUFS.
    """
    analysis = report.analysis
    key = parse_key(analysis.tonal.key)
    values = (
        analysis.rhythm.tempo_bpm_global,
        analysis.rhythm.danceability_score,
        analysis.rhythm.groove_confidence,
        analysis.rhythm.swing_analysis.swing_ratio,
        None if key is None else key.root,
        None if key is None else float(key.minor),
        analysis.tonal.spectral_centroid.mean,
        analysis.tonal.spectral_flatness.mean,
        analysis.tonal.dissonance_index,
        analysis.dynamics.rms.mean,
        analysis.dynamics.crest_factor,
        analysis.dynamics.lufs,
        analysis.mood.valence,
        analysis.mood.arousal,
        analysis.mood.energy,
        analysis.instrumentation.bass_presence,
        analysis.instrumentation.mid_presence,
        analysis.instrumentation.treble_presence,
        analysis.instrumentation.percussive_ratio,
    )
    return {
        name: math.nan if value is None else float(value)
        for name, value in zip(FEATURE_COLUMNS, values, strict=True)
    }


def feature_matrix(reports: Iterable[Report]) -> Matrix:
    """Return one row a report, shape (n, 19), NaN where a value is missing."""
    rows = [list(feature_row(report).values()) for report in reports]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(FEATURE_COLUMNS))


def impute(matrix: Matrix, columns: Sequence[str], medians: Mapping[str, float]) -> Matrix:
    """Return the matrix with each missing value replaced by its column's median, else by 0."""
    filled = np.array(matrix, dtype=np.float64)
    for index, name in enumerate(columns):
        missing = ~np.isfinite(filled[:, index])
        filled[missing, index] = medians.get(name, 0.0)
    return filled


def column_medians(matrix: Matrix, columns: Sequence[str]) -> dict[str, float]:
    """Return each column's median over the values it has; 0 where it has none."""
    medians = {}
    for index, name in enumerate(columns):
        known = matrix[np.isfinite(matrix[:, index]), index]
        medians[name] = float(np.median(known)) if known.size else 0.0
    return medians


def audio_features(report: Report) -> dict[str, float]:
    """Return everything numeric that analysis heard in a track, flat, for label models.

    Names are the path in the report, parted by dots (``dynamics.rms.mean``,
    ``tonal.chroma_stats.mean.3``). Beat times, sections and other marks in time are left out,
    and so is metadata: a genre must be heard, not read.
    """
    payload = report.model_dump(include={"analysis"})["analysis"]
    flat: dict[str, float] = {}
    for family, content in payload.items():
        unwanted = _NOT_TIMBRE.get(family, ())
        if unwanted is None or not isinstance(content, dict):
            continue
        kept = {name: value for name, value in content.items() if name not in unwanted}
        flat.update(_numbers(family, kept))
    key = parse_key(report.analysis.tonal.key)
    if key is not None:
        flat["tonal.key_root"], flat["tonal.key_mode_minor"] = float(key.root), float(key.minor)
    return flat


def table(rows: Sequence[Mapping[str, float]], columns: Sequence[str]) -> Matrix:
    """Return rows of named values as a matrix, shape (n, len(columns)), NaN where missing."""
    matrix = np.full((len(rows), len(columns)), np.nan)
    for index, row in enumerate(rows):
        matrix[index] = [row.get(name, math.nan) for name in columns]
    return matrix


def _numbers(prefix: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool | int | float):
        if math.isfinite(value):
            yield prefix, float(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(f"{prefix}.{name}", item)
    elif isinstance(value, list | tuple) and len(value) <= LONGEST_VECTOR:
        for index, item in enumerate(value):
            if isinstance(item, bool | int | float):
                yield from _numbers(f"{prefix}.{index}", item)
