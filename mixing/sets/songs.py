"""What choosing and ordering need to know of a track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.report import Report
from mixing.facts import TrackFacts
from training.recommender import embed

Vector = NDArray[np.float64]

MIN_SONG_SEC = 45.0
"""A shorter track has no room for a way in, some music of its own and a way out."""

USUAL_OUT_SHARE = 0.85
"""Where a track is left that has no mix-out point of its own."""


@dataclass(frozen=True, eq=False)
class Song:
    """One track as a set sees it.

    Parameters
    ----------
    track_id, title, artist
        The track.
    bpm
        Tempo of its grid; None where it cannot be beat-matched.
    camelot
        Key on the wheel, or None.
    energy
        0–10, or None.
    play_sec
        For how long it is heard in a set, by its mix points.
    vector
        Its place in the recommender's space, or None.
    """

    track_id: str
    title: str
    artist: str
    bpm: float | None
    camelot: str | None
    energy: float | None
    play_sec: float
    vector: Vector | None = None


def song_of(report: Report, vector: Vector | None = None) -> Song:
    """Return the song of a report that holds the DJ's word already."""
    facts = TrackFacts(report)
    energy = report.analysis.mood.energy
    return Song(
        track_id=report.track_id,
        title=facts.title,
        artist=report.metadata.artist,
        bpm=None if facts.grid_problem else facts.bpm,
        camelot=facts.camelot,
        energy=None if energy is None else 10.0 * energy,
        play_sec=play_sec(facts),
        vector=vector,
    )


def songs_of(reports: Sequence[Report], bundle: dict[str, Any] | None = None) -> list[Song]:
    """Return the songs of reports, with their place in a recommender's space where there is one.

    Tracks too short to be mixed in and out again are left out, and so are further copies of a
    sound.
    """
    unique = list({report.track_id: report for report in reversed(reports)}.values())[::-1]
    long_enough = [one for one in unique if audible_sec(TrackFacts(one)) >= MIN_SONG_SEC]
    if bundle is None or not long_enough:
        return [song_of(report) for report in long_enough]
    vectors = np.asarray(embed(bundle, long_enough), np.float64)
    return [song_of(one, vector) for one, vector in zip(long_enough, vectors, strict=True)]


def audible_sec(facts: TrackFacts) -> float:
    """Return the length of a track without the silence at its ends."""
    return facts.audible_end_sec - facts.audible_start_sec


def play_sec(facts: TrackFacts) -> float:
    """Return for how long a track is heard between its own mix points."""
    structure = facts.report.analysis.structure
    start = facts.audible_start_sec if structure.mix_in_sec is None else structure.mix_in_sec
    end = structure.mix_out_sec
    if end is None or end - start < MIN_SONG_SEC / 2:
        start = facts.audible_start_sec
        end = start + USUAL_OUT_SHARE * audible_sec(facts)
    return max(MIN_SONG_SEC / 2, end - start)
