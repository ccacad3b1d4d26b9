"""The parts of a track that get a label: stretches that sound alike, none longer than a phrase."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.report import VocalActivity
from analysis.rhythm.beatwise import Beatwise, features_by_beat
from analysis.rhythm.onsets import OnsetCurves
from analysis.structure.segment import (
    PHRASE_BARS,
    cut_sections,
    phrase_anchor,
    section_features,
)

KICK_BAND = 0
"""The band of kick and bass in the onset curves."""

KICK_FLUX = 0.3
"""Onsets of this strength in the kick's band are a beat; pads reach a third of it."""

_STRONG_QUANTILE = 0.98


@dataclass(frozen=True, eq=False)
class Parts:
    """A track's rows (bars, or spans of a fixed length without a grid) and its parts.

    Parameters
    ----------
    rows
        What sounds in each row.
    cuts
        First row of each part; the first is 0.
    anchor
        Row that phrases of eight bars are counted from; None without a grid.
    sung
        Share of each row that somebody sings, shape (rows,); zeros where nobody has listened.
    beat
        Whether the track has a beat at all: 0 for pads alone, 1 for drums.
    """

    rows: Beatwise
    cuts: list[int]
    anchor: int | None
    sung: NDArray[np.float64]
    beat: float

    @property
    def ends(self) -> list[int]:
        """One past the last row of each part."""
        return [*self.cuts[1:], len(self.sung)]

    def means(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of a value per row, or of several, over each part."""
        pairs = zip(self.cuts, self.ends, strict=True)
        return np.stack([values[start:end].mean(axis=0) for start, end in pairs])


def cut_parts(
    curves: OnsetCurves,
    starts_sec: NDArray[np.float64],
    gridded: bool,
    vocal: VocalActivity | None = None,
) -> Parts:
    """Cut a track into parts.

    Parameters
    ----------
    curves
        Its onset curves.
    starts_sec
        Where each row begins.
    gridded
        Whether rows are bars: then no part is longer than a phrase, so that what happens within
        a section can be told.
    vocal
        Where somebody sings.
    """
    rows = features_by_beat(curves, starts_sec)
    features = section_features(rows)
    anchor = phrase_anchor(features) if gridded else None
    cuts = set(cut_sections(features, anchor))
    if anchor is not None:
        cuts |= set(range(anchor, len(starts_sec), PHRASE_BARS))
    edges = np.append(starts_sec, max(curves.duration_sec, float(starts_sec[-1]) + 1e-3))
    kick = float(np.quantile(curves.flux[KICK_BAND], _STRONG_QUANTILE))
    return Parts(rows, sorted(cuts), anchor, _sung(edges, vocal), min(1.0, kick / KICK_FLUX))


def _sung(edges_sec: NDArray[np.float64], vocal: VocalActivity | None) -> NDArray[np.float64]:
    """Return the share of each span between edges that somebody sings."""
    before, after = edges_sec[:-1], edges_sec[1:]
    total = np.zeros(len(before))
    for part in () if vocal is None else vocal.segments:
        overlap = np.minimum(after, part.end_sec) - np.maximum(before, part.start_sec)
        total += np.maximum(0.0, overlap)
    return total / (after - before)
