"""The DJ's word put in place of analysis: a corrected report that everything downstream reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.report import (
    BeatGrid,
    KeyCandidate,
    Phrase,
    Report,
    Rhythm,
    Section,
    Structure,
)
from library.buckets import buckets_to_value, check_buckets
from library.errors import BadCorrection
from library.grids import Grid, Times, grid_of, parse_grid
from library.keys import parse_key

CORRECTABLE = ("grid", "key", "genre", "bucket", "zone", "hot_cues", "rating")
"""Kinds whose values are checked; any other kind is stored as it is."""

HOT_CUES = "ABCDEFGH"
"""The eight pads of a deck."""

ZONES = ("YELLOW", "GREEN", "PURPLE")
"""Energy zones, calm to peak."""

SAME_TEMPO = 1e-4
"""Relative difference below which a grid was moved, not re-timed: a drift of 24 ms in 4 min."""


def check_correction(kind: str, value: Any) -> Any:
    """Return ``value`` in the one form in which it is stored, or refuse it.

    Parameters
    ----------
    kind
        ``grid`` (a `Grid` or its JSON), ``key`` (any spelling), ``genre`` (text), ``bucket``
        (text, several parted by ``;`` and folders by ``/``, or a list), ``zone``, ``hot_cues``
        ({letter: {"at_sec", "name"}} or {letter: seconds}), ``rating`` (0–5).
    value
        What the DJ says. None takes back what was said before.

    Raises
    ------
    BadCorrection
        If the value cannot be true.
    """
    if value is None or kind not in CORRECTABLE:
        return value
    if kind == "grid":
        return parse_grid(value).to_value()
    if kind == "hot_cues":
        return _hot_cues(value)
    if kind == "rating":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 5:
            raise BadCorrection("rating", f"{value!r} is not a whole number of stars from 0 to 5")
        return value
    if kind == "bucket":
        return buckets_to_value(check_buckets(value))
    text = " ".join(str(value).split())
    if not isinstance(value, str) or not text:
        raise BadCorrection(kind, f"{value!r} is no name")
    if kind == "key":
        key = parse_key(text)
        if key is None:
            raise BadCorrection("key", f"{text!r} is no key; write it like 'A minor' or '8A'")
        return str(key)
    if kind == "zone":
        if text.upper() not in ZONES:
            raise BadCorrection("zone", f"{text!r} is none of {', '.join(ZONES)}")
        return text.upper()
    return text


def corrected(report: Report, latest: Mapping[str, Any]) -> Report:
    """Return the report with the DJ's word in place of what analysis found.

    Parameters
    ----------
    report
        As analysis wrote it; left as it is.
    latest
        `Notebook.latest` of the track: {kind: value}. Kinds that a report does not hold
        (bucket, hot cues …) are passed over.

    Returns
    -------
    Report
        The same object where there is nothing to correct. A corrected grid brings beats,
        downbeats and tempo with it, has confidence 1, and takes sections, phrases, drops and
        mix points along to its bar lines.
    """
    if not any(kind in latest for kind in ("grid", "key", "genre")):
        return report
    report = report.model_copy(deep=True)
    if "grid" in latest:
        _apply_grid(report, parse_grid(latest["grid"]))
    if "key" in latest and (key := parse_key(latest["key"])) is not None:
        tonal = report.analysis.tonal
        tonal.key, tonal.camelot, tonal.key_confidence = str(key), key.camelot, 1.0
        tonal.key_candidates = [KeyCandidate(key=str(key), camelot=key.camelot, score=1.0)]
    if "genre" in latest:
        report.metadata.genre = str(latest["genre"])
    return report


def _hot_cues(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise BadCorrection("hot_cues", "expected {letter: {'at_sec': …, 'name': …}}")
    cues: dict[str, dict[str, Any]] = {}
    for letter in sorted(value):
        cue = value[letter]
        cue = dict(cue) if isinstance(cue, Mapping) else {"at_sec": cue}
        at_sec = cue.get("at_sec")
        if letter not in HOT_CUES or len(letter) != 1:
            raise BadCorrection("hot_cues", f"{letter!r} is none of the pads {HOT_CUES}")
        if isinstance(at_sec, bool) or not isinstance(at_sec, int | float):
            raise BadCorrection("hot_cues", f"cue {letter} has no time in seconds")
        if not 0 <= at_sec < float("inf"):
            raise BadCorrection("hot_cues", f"cue {letter} at {at_sec} s lies outside the track")
        cues[letter] = {**cue, "at_sec": float(at_sec), "name": str(cue.get("name", ""))}
    return cues


def _apply_grid(report: Report, grid: Grid) -> None:
    duration = report.metadata.duration_sec
    rhythm = report.analysis.rhythm
    before = grid_of(rhythm)
    beats, downbeats = grid.beats(duration), grid.downbeats(duration)
    report.analysis.structure = _move_structure(
        report.analysis.structure, before, grid, downbeats, duration
    )
    _write_rhythm(rhythm, grid, beats, downbeats)


def _write_rhythm(rhythm: Rhythm, grid: Grid, beats: Times, downbeats: Times) -> None:
    rhythm.tempo_bpm_global = grid.bpm
    rhythm.beat_times_sec = beats.tolist()
    rhythm.downbeat_times_sec = downbeats.tolist()
    rhythm.beat_grid = BeatGrid(
        bpm=grid.bpm,
        first_beat_sec=grid.first_beat_sec,
        first_downbeat_sec=float(downbeats[0]) if downbeats.size else grid.first_downbeat_sec,
        beats_per_bar=grid.beats_per_bar,
        constant=grid.beat_times_sec is None,
        confidence=1.0,
        downbeat_confidence=1.0,
    )


def _move_structure(
    structure: Structure, before: Grid | None, after: Grid, downbeats: Times, duration_sec: float
) -> Structure:
    """Return the structure on the bar lines of the new grid.

    Where the tempo stays, everything moves by one offset of at most half a bar, so that equally
    long phrases stay equally long; otherwise each time goes to the nearest new bar line.
    """
    if downbeats.size == 0:
        return structure
    same_tempo = (
        before is not None
        and before.beat_times_sec is None
        and after.beat_times_sec is None
        and abs(before.bpm / after.bpm - 1) < SAME_TEMPO
        and before.beats_per_bar == after.beats_per_bar
    )
    offset = 0.0
    if same_tempo and before is not None:
        bar = after.period_sec * after.beats_per_bar
        offset = (after.first_downbeat_sec - before.first_downbeat_sec + bar / 2) % bar - bar / 2

    def to_bar_line(time: float) -> float:
        return float(downbeats[np.argmin(np.abs(downbeats - (time + offset)))])

    def moved(time: float | None) -> float | None:
        return None if time is None else to_bar_line(time)

    sections: list[Section] = []
    for index, section in enumerate(structure.sections):
        last = index == len(structure.sections) - 1
        start = section.start_sec if index == 0 else to_bar_line(section.start_sec)
        end = section.end_sec if last else to_bar_line(section.end_sec)
        if end > start:
            sections.append(section.model_copy(update={"start_sec": start, "end_sec": end}))
    old_bar = None if before is None else before.period_sec * before.beats_per_bar
    new_bar = after.period_sec * after.beats_per_bar
    phrases: dict[float, Phrase] = {}
    for phrase in structure.phrases:
        bars = phrase.bars if old_bar is None else max(1, round(phrase.bars * old_bar / new_bar))
        start = to_bar_line(phrase.start_sec)
        phrases.setdefault(start, phrase.model_copy(update={"start_sec": start, "bars": bars}))
    return structure.model_copy(
        update={
            "sections": sections,
            "phrases": list(phrases.values()),
            "drops": sorted({to_bar_line(drop) for drop in structure.drops}),
            "mix_in_sec": moved(structure.mix_in_sec),
            "mix_out_sec": moved(structure.mix_out_sec),
        }
    )
