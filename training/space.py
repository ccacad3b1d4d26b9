"""Where tracks lie to each other in what decides their bucket: neighbours, and learning at once.

Features are standardised, weighted by how much the forest relies on each, and squeezed into a few
directions. There, a correction reaches the tracks around it in milliseconds; a full training
puts everything on firm ground again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.files import write_atomically
from library.predictions import Prediction
from training.features import Matrix
from training.labels import ALTERNATIVES

DIRECTIONS = 24
"""So many hold nearly all of what tells a few dozen buckets apart."""

REACH = 5
"""A correction reaches about as far as a track's fifth neighbour lies."""

STRENGTH = 1.0
"""A correction of the very same sound weighs as much as all that the forest knew."""

FELT = 0.05
"""Weights below change nothing that anybody would see."""


@dataclass(frozen=True, eq=False)
class Space:
    """Points of tracks.

    Parameters
    ----------
    track_ids
        In the order of ``points``.
    points
        Shape (n, directions).
    labels
        What each is called by its DJ or folder, '' where nobody said.
    reach
        Distance at which a correction has lost most of its weight.
    middles
        Medians of the features that the points were made of.
    mark
        The notebook's newest entry when the model learned; later words lean its answers.
    """

    track_ids: tuple[str, ...]
    points: npt.NDArray[np.float32]
    labels: tuple[str, ...]
    reach: float
    middles: npt.NDArray[np.float64]
    mark: int = 0

    @cached_property
    def _places(self) -> dict[str, int]:
        return {track: at for at, track in enumerate(self.track_ids)}

    def nearest(self, track_id: str, count: int = 3) -> list[tuple[str, float]]:
        """Return the nearest labelled tracks with their likeness, 1 the same to 0 far."""
        if track_id not in self._places:
            return []
        weights = self._weights(track_id)
        others = [
            at
            for at in np.argsort(-weights, kind="stable").tolist()
            if self.labels[at] and self.track_ids[at] != track_id
        ]
        return [(self.track_ids[at], float(weights[at])) for at in others[:count]]

    def felt_by(self, track_id: str) -> dict[str, float]:
        """Return {track id: weight} of the tracks that a correction of this one reaches."""
        if track_id not in self._places:
            return {}
        weights = self._weights(track_id)
        return {
            self.track_ids[at]: float(weights[at])
            for at in np.flatnonzero(weights > FELT)
            if self.track_ids[at] != track_id
        }

    def _weights(self, track_id: str) -> Matrix:
        gaps = self.points - self.points[self._places[track_id]]
        squared = np.einsum("ij,ij->i", gaps, gaps)
        return np.asarray(np.exp(-squared / (2 * self.reach**2)), dtype=np.float64)

    def write(self, path: Path) -> None:
        """Write the points: the old file or the new one, never half."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            track_ids=np.array(self.track_ids, dtype=np.str_),
            points=self.points,
            labels=np.array(self.labels, dtype=np.str_),
            reach=self.reach,
            middles=self.middles,
            mark=self.mark,
        )
        write_atomically(path, buffer.getvalue())


def make_space(
    track_ids: Sequence[str],
    labels: Sequence[str | None],
    matrix: Matrix,
    importances: npt.NDArray[np.float64],
    mark: int = 0,
) -> Space:
    """Return the tracks as points.

    Parameters
    ----------
    track_ids, labels
        The tracks, and what each is called (None: nobody said).
    matrix
        Their features, shape (n, columns), NaN where missing.
    importances
        How much each column tells, shape (columns,).
    mark
        See `Space`.
    """
    known = np.where(np.isfinite(matrix), matrix, np.nan)
    with np.errstate(all="ignore"):
        middle = np.nan_to_num(np.nanmedian(known, axis=0)) if len(known) else np.zeros(0)
    filled = np.where(np.isfinite(known), known, middle)
    spread = filled.std(axis=0)
    scaled = (filled - filled.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weighted = np.clip(scaled, -5, 5) * np.sqrt(importances)
    _, _, directions = np.linalg.svd(weighted, full_matrices=False)
    points = (weighted @ directions[:DIRECTIONS].T).astype(np.float32)
    return Space(
        tuple(track_ids),
        points,
        tuple(label or "" for label in labels),
        _reach(points),
        middle,
        mark,
    )


def read_space(path: Path) -> Space | None:
    """Read points; None where there are none, or none that can be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Space(
                tuple(stored["track_ids"].tolist()),
                stored["points"],
                tuple(stored["labels"].tolist()),
                float(stored["reach"]),
                stored["middles"],
                int(stored["mark"]),
            )
    except (OSError, ValueError, KeyError):
        return None


def leaned(prediction: Prediction, buckets: Sequence[str], weight: float) -> Prediction:
    """Return a prediction after a neighbour was said to be of ``buckets``.

    Parameters
    ----------
    prediction
        The answer so far.
    buckets
        What the DJ called the neighbour, each once; they share its weight.
    weight
        How near it is, 1 the same sound.
    """
    likely: dict[str, float] = (
        {} if prediction.value is None else {prediction.value: prediction.probability}
    )
    likely |= dict(prediction.alternatives)
    push = STRENGTH * weight
    share = push / (1 + push) / len(buckets)
    likely = {name: p / (1 + push) for name, p in likely.items()}
    likely |= {name: likely.get(name, 0.0) + share for name in buckets}
    falling = sorted(likely.items(), key=lambda item: (-item[1], item[0]))
    version = prediction.model_version
    return Prediction(
        prediction.kind,
        falling[0][0],
        falling[0][1],
        tuple(falling[1 : ALTERNATIVES + 1]),
        prediction.reason if prediction.reason.startswith("its ") else "",
        version if version.endswith("+") else f"{version}+",
        own=prediction.own or prediction,
    )


def _reach(points: npt.NDArray[np.float32]) -> float:
    """Return the median distance to the `REACH`-th neighbour, of at most a thousand tracks."""
    some = points[:: max(1, len(points) // 1000)]
    if len(some) < 2:
        return 1.0
    squared = (some**2).sum(axis=1)[:, None] + (points**2).sum(axis=1)[None] - 2 * some @ points.T
    at = min(REACH, len(points) - 1)
    near = np.sqrt(np.maximum(np.partition(squared, at, axis=1)[:, at], 0))
    return float(np.median(near)) or 1.0


def leanings(
    space: Space, track_id: str, buckets: Sequence[str], predictions: Mapping[str, Prediction]
) -> dict[str, Prediction]:
    """Return the predictions that change because a track was said to be of ``buckets``."""
    return {
        track: leaned(predictions[track], buckets, weight)
        for track, weight in space.felt_by(track_id).items()
        if track in predictions
    }
