"""A track as a row: every fact with its value, its confidence and who says so.

The DJ's word outranks a model that is sure, which outranks tags, folders and analysis; a model
that is unsure speaks only where nobody else does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.report import Report
from library.buckets import buckets_of_value
from library.grids import parse_grid
from library.keys import parse_key
from library.predictions import UNSURE_BELOW, Prediction

DJ, MODEL, TAGS, FOLDER, ANALYSIS, NOBODY = "dj", "model", "tags", "folder", "analysis", "nobody"
"""Who may say a fact."""


@dataclass(frozen=True)
class Fact:
    """One value shown to the DJ.

    Parameters
    ----------
    value
        A number or text; None where nobody knows.
    confidence
        0–1; None where the source gives none (tags, folders).
    source
        ``dj model tags folder analysis`` or ``nobody``.
    others
        Further values that hold as well: a track may belong in several buckets.
    """

    value: Any = None
    confidence: float | None = None
    source: str = NOBODY
    others: tuple[Any, ...] = ()

    @property
    def values(self) -> tuple[Any, ...]:
        """Everything that holds, ``value`` first; empty where nobody knows."""
        return () if self.value is None else (self.value, *self.others)

    @property
    def unsure(self) -> bool:
        """True where there is no value, or one that is less likely than not."""
        if self.value is None:
            return True
        return self.confidence is not None and self.confidence < UNSURE_BELOW


@dataclass(frozen=True)
class TrackRow:
    """One track in lists, suggestions and decks.

    Parameters
    ----------
    track_id
        The content hash.
    path
        The first copy that exists when the row is read, else where it was last seen.
    missing
        True where no copy exists.
    bpm, key, energy, genre, bucket, zone
        Facts; ``energy.value`` is 0–1, ``key.value`` like ``"A minor"``.
    camelot
        Label of ``key``, empty where unknown.
    suggested_genre, suggested_bucket
        What the model says, whoever else outranks it.
    folders
        Those below the library's root that its copies lie in, whatever the DJ or a model calls
        its buckets.
    rating
        The DJ's stars 0–5, or None.
    added
        When the report was first indexed, UTC ISO 8601.
    """

    track_id: str
    path: Path
    report_path: Path
    title: str
    artist: str
    album: str
    year: int | None
    duration_sec: float
    format: str
    bpm: Fact
    key: Fact
    camelot: str
    energy: Fact
    genre: Fact
    bucket: Fact
    zone: Fact
    suggested_genre: Fact
    suggested_bucket: Fact
    folders: tuple[str, ...]
    lufs: float | None
    rating: int | None
    added: str
    copies: int = 1
    missing: bool = False

    @property
    def name(self) -> str:
        """``"Artist – Title"``, or the title alone."""
        return f"{self.artist} – {self.title}" if self.artist else self.title

    @property
    def energy_level(self) -> int | None:
        """Energy as 1–10, or None where unknown."""
        return None if self.energy.value is None else energy_level(self.energy.value)


def energy_level(energy: float) -> int:
    """Return energy 0–1 as a level 1–10."""
    return min(10, max(1, 1 + int(energy * 10)))


def fold(text: str) -> str:
    """Return ``text`` without case, accents and repeated blanks, for searching."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def facts_of(report: Report) -> dict[str, Any]:
    """Return what a raw report contributes to a row, as plain JSON values."""
    metadata, analysis = report.metadata, report.analysis
    grid = analysis.rhythm.beat_grid
    return {
        "title": metadata.title,
        "artist": metadata.artist,
        "album": metadata.album,
        "year": metadata.year,
        "duration_sec": metadata.duration_sec,
        "format": metadata.format,
        "bpm": analysis.rhythm.tempo_bpm_global,
        "bpm_confidence": grid.confidence,
        "key": analysis.tonal.key,
        "key_confidence": analysis.tonal.key_confidence,
        "energy": analysis.mood.energy,
        "lufs": analysis.dynamics.lufs,
        "genre": metadata.genre,
    }


def merge(
    facts: Mapping[str, Any],
    folders: Sequence[str],
    said: Mapping[str, Any],
    predicted: Mapping[str, Prediction],
) -> dict[str, Fact]:
    """Return every fact of a track, each from whoever has the highest word on it.

    Parameters
    ----------
    facts
        `facts_of` the report.
    folders
        Folders below the library's root that its copies lie in.
    said
        `Notebook.latest`.
    predicted
        {kind: prediction}.
    """
    grid = said.get("grid")
    bpm = (
        Fact(parse_grid(grid).bpm, 1.0, DJ)
        if grid is not None
        else _known(facts["bpm"], facts["bpm_confidence"], ANALYSIS)
    )
    key = _known(said.get("key"), 1.0, DJ)
    if key.value is None:
        key = _known(facts["key"], facts["key_confidence"], ANALYSIS)
    return {
        "bpm": bpm,
        "key": key,
        "energy": _known(facts["energy"], None, ANALYSIS),
        "genre": _label("genre", said, predicted, _known(facts["genre"] or None, None, TAGS)),
        "bucket": _label("bucket", said, predicted, _several(folders, None, FOLDER)),
        "zone": _label("zone", said, predicted, Fact()),
        "suggested_genre": _suggested(predicted.get("genre")),
        "suggested_bucket": _suggested(predicted.get("bucket")),
    }


def camelot_of(key: str | None) -> str:
    """Return the Camelot label of a key's name, empty where there is none."""
    parsed = parse_key(key)
    return parsed.camelot if parsed else ""


def _known(value: Any, confidence: float | None, source: str) -> Fact:
    return Fact() if value is None else Fact(value, confidence, source)


def _several(values: Sequence[str], confidence: float | None, source: str) -> Fact:
    return Fact(values[0], confidence, source, tuple(values[1:])) if values else Fact()


def _suggested(prediction: Prediction | None) -> Fact:
    if prediction is None or prediction.value is None:
        return Fact()
    return Fact(prediction.value, prediction.probability, MODEL)


def _label(
    kind: str, said: Mapping[str, Any], predicted: Mapping[str, Prediction], found: Fact
) -> Fact:
    if said.get(kind) is not None:
        # of these only a bucket is ever more than one
        return _several(buckets_of_value(said[kind]), 1.0, DJ)
    guess = _suggested(predicted.get(kind))
    if not guess.unsure or found.value is None:
        return guess
    return found
