"""The training dataset: what was heard of each track, what its files say, and what it is called.

One row a track: Essentia's flat names, five derived columns, context, labels. `X_genre` is what can
be heard; `X_bucket` is that and every other column that is neither a name nor a label, so that a
new context column needs no change here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files import write_atomically
from analysis.report import Report
from library.library import Library
from training.errors import BadTable
from training.learn import gather, label_tracks

IDENTITY = ("track_id", "artist", "title")
"""Who a row is; never a feature."""

DERIVED = (
    "rhythm.bpm_corr",
    "rhythm.bpm_conf",
    "key_camelot",
    "key_strength",
    "energy_score_from_metrics",
)
"""Audio columns that are the report's (and the DJ's) rather than Essentia's."""

CONTEXT = ("bpm", "must_play", "year_suggest", "duration_suggest")
"""What the DJ's files and words say beside the sound."""

LABELS = ("genre_label", "bucket_label")

AUDIO_FAMILIES = ("lowlevel.", "rhythm.", "tonal.", "highlevel.", "sfx.")
"""How the names of Essentia's descriptors begin."""

BPM_RANGE = (20.0, 400.0)
"""A tempo outside is a slip of a program or of the keyboard."""

MUST_PLAY_STARS = 5
"""Tracks with all five stars are must-plays where the DJ has not said otherwise."""


@dataclass
class Cleaning:
    """What cleaning did to a table.

    Parameters
    ----------
    rows_in, rows_out
        Rows before and after.
    dropped
        {row number and track id: why it was left out}.
    mended
        {what was put right: how often}.
    empty_columns
        Columns that held no value and were left out.
    lonely
        Labels with one track only, ``"genre_label: Polka"``: kept, but nothing to learn from.
    """

    rows_in: int = 0
    rows_out: int = 0
    dropped: dict[str, str] = field(default_factory=dict)
    mended: dict[str, int] = field(default_factory=dict)
    empty_columns: list[str] = field(default_factory=list)
    lonely: list[str] = field(default_factory=list)

    def reasons(self) -> dict[str, int]:
        """Return {reason: rows dropped for it}, most first."""
        return dict(Counter(self.dropped.values()).most_common())


def flatten_essentia(payload: Mapping[str, Any]) -> dict[str, float | str]:
    """Return the report's Essentia family flat: one number or word a name, lists by index.

    ``status`` and what is missing or not finite are left out.
    """
    return {
        name: value for name, value in _leaves("", payload) if name.rpartition(".")[2] != "status"
    }


def dataset_row(report: Report) -> dict[str, Any]:
    """Return a track's columns without its labels; None where nothing is known.

    Parameters
    ----------
    report
        The corrected report: a grid of the DJ's gives ``rhythm.bpm_corr`` with confidence 1.
    """
    metadata, analysis = report.metadata, report.analysis
    tempo = analysis.rhythm.tempo_bpm_global
    return {
        "track_id": report.track_id,
        "artist": metadata.artist,
        "title": metadata.title,
        **flatten_essentia(analysis.essentia),
        "rhythm.bpm_corr": tempo,
        "rhythm.bpm_conf": analysis.rhythm.beat_grid.confidence,
        "key_camelot": analysis.tonal.camelot,
        "key_strength": analysis.tonal.key_confidence,
        "energy_score_from_metrics": analysis.mood.energy,
        "bpm": tempo,
        "year_suggest": metadata.year,
        "duration_suggest": metadata.duration_sec,
    }


def collect(library: Library, context: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the library as one raw table, a row a listed track, labels by their best source.

    Parameters
    ----------
    library
        Reports, tags, folders and the DJ's corrections.
    context
        Further columns by ``track_id``; they become part of `X_bucket`.
    """
    tracks = gather(library)
    said = library.notebook.latest_of()
    genres = {one.track_id: one.label for one in label_tracks(library, tracks, "genre")}
    buckets = {one.track_id: one.label for one in label_tracks(library, tracks, "bucket")}
    rows = [
        dataset_row(report)
        | {
            "must_play": _must_play(said.get(track_id, {})),
            "genre_label": genres[track_id],
            "bucket_label": buckets[track_id],
        }
        for track_id, report in tracks.items()
    ]
    table = pd.DataFrame(rows).reindex(columns=_column_order(rows))
    if context is None:
        return table
    if "track_id" not in context or context["track_id"].duplicated().any():
        raise BadTable("the context table", "needs a column track_id with each track once")
    if not set(context["track_id"].astype(str)) & set(tracks):
        raise BadTable("the context table", "names no track of this library")
    clash = sorted(str(name) for name in context if name in table and name != "track_id")
    if clash:
        raise BadTable("the context table", f"repeats columns of the dataset: {', '.join(clash)}")
    joined = table.merge(context.astype({"track_id": str}), on="track_id", how="left")
    return joined[[name for name in joined if name not in LABELS] + list(LABELS)]


def clean(table: pd.DataFrame) -> tuple[pd.DataFrame, Cleaning]:
    """Return a table fit for training, and what was dropped or mended on the way.

    Dropped: rows without a label of either kind, without any audio column, and repeated track
    ids (the first stays). Mended: tempos out of `BPM_RANGE` and infinite numbers become missing.
    Columns of the contract stay even where they are empty.
    """
    report = Cleaning(rows_in=len(table))
    table = table.copy()
    labels = [name for name in LABELS if name in table]
    for name in labels:
        words = table[name].astype("string").str.split().str.join(" ")
        table[name] = words.where(words.str.len() > 0).astype(object)
    for name in ("bpm", "rhythm.bpm_corr", "rhythm.bpm"):
        if name in table:
            tempo = pd.to_numeric(table[name], errors="coerce")
            outside = tempo.notna() & ~tempo.between(*BPM_RANGE)
            _note(report, f"{name} outside {BPM_RANGE[0]:g}–{BPM_RANGE[1]:g}", int(outside.sum()))
            table[name] = tempo.mask(outside)
    for name in map(str, table.select_dtypes("number")):
        infinite = table[name].isin([math.inf, -math.inf])
        _note(report, f"{name} infinite", int(infinite.sum()))
        table[name] = table[name].mask(infinite)
    essentia = [name for name in audio_columns(table) if name not in DERIVED]
    table = table.reset_index(drop=True)
    reasons = pd.Series("", index=table.index)
    reasons[table[labels].isna().all(axis=1)] = "no genre and no bucket"
    reasons[table[essentia].isna().all(axis=1)] = "no Essentia descriptors"
    if "track_id" in table:
        reasons[table["track_id"].duplicated()] = "its track id stands in an earlier row"
    for row, reason in enumerate(reasons):
        if reason:
            name = f" ({table['track_id'][row]})" if "track_id" in table else ""
            report.dropped[f"row {row + 1}{name}"] = reason
    table = table[reasons == ""].reset_index(drop=True)
    fixed = {*IDENTITY, *DERIVED, *CONTEXT, *LABELS}
    report.empty_columns = [
        str(name) for name in table if name not in fixed and bool(table[name].isna().all())
    ]
    table = table.drop(columns=report.empty_columns)
    for name in labels:
        counts = table[name].value_counts()
        report.lonely += [f"{name}: {label}" for label in sorted(counts[counts == 1].index)]
    report.rows_out = len(table)
    return table, report


def audio_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of `X_genre`: what can be heard, no metadata."""
    return [str(name) for name in table if name in DERIVED or str(name).startswith(AUDIO_FAMILIES)]


def bucket_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of `X_bucket`: the audio, the genre, and all context there is."""
    left_out = {*IDENTITY, "bucket_label"}
    return [str(name) for name in table if name not in left_out]


SUBSETS = {"X_genre": audio_columns, "X_bucket": bucket_columns}


def subset(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a named set of columns, ``X_genre`` or ``X_bucket``."""
    return table[SUBSETS[name](table)]


def write_dataset(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: the old file or the new one, never half."""
    write_atomically(path, table.to_csv(index=False, lineterminator="\n").encode())


def _must_play(words: Mapping[str, Any]) -> int:
    if "must_play" in words:
        return int(bool(words["must_play"]))
    return int(words.get("rating") == MUST_PLAY_STARS)


def _column_order(rows: list[dict[str, Any]]) -> list[str]:
    fixed = (*IDENTITY, *DERIVED, *CONTEXT, *LABELS)
    essentia = sorted({name for row in rows for name in row} - set(fixed), key=_natural)
    return [*IDENTITY, *essentia, *DERIVED, *CONTEXT, *LABELS]


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Order ``mfcc.2`` before ``mfcc.10``."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in name.split(".")]


def _leaves(prefix: str, value: Any) -> Iterator[tuple[str, float | str]]:
    if isinstance(value, bool | int | float):
        if math.isfinite(value):
            yield prefix, float(value)
    elif isinstance(value, str):
        yield prefix, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(f"{prefix}.{name}" if prefix else str(name), item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _leaves(f"{prefix}.{index}", item)


def _note(report: Cleaning, what: str, count: int) -> None:
    if count:
        report.mended[what] = report.mended.get(what, 0) + count
