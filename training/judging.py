"""A new label model against the one in use, on tracks that are always the same.

A track of the holdout is learned from all the same; it is judged by those trees of each forest
that have not seen it (out of bag), so that no label is lost and no answer is flattered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from training.comparison import Comparison, compare
from training.labels import LabelledTrack, LabelModel

HOLDOUT_PART = 5
"""One track in five is in the holdout, by its sound, for ever."""


@dataclass(frozen=True)
class Verdict:
    """How two models did on the holdout.

    Parameters
    ----------
    tracks
        Tracks of the holdout with a label.
    before, after
        Share that each got right; of several buckets of a track each is right.
    comparison
        Whether the difference is real.
    """

    tracks: int
    before: float
    after: float
    comparison: Comparison

    def as_metrics(self) -> dict[str, Any]:
        """Return it for a version's metrics."""
        return {
            "tracks": self.tracks,
            "before": self.before,
            "after": self.after,
            **{name: value for name, value in asdict(self.comparison).items() if name != "names"},
            "verdict": self.comparison.verdict,
        }


def in_holdout(track_id: str) -> bool:
    """Return whether a track is one of those that models are compared on."""
    return hashlib.sha256(track_id.encode()).digest()[0] % HOLDOUT_PART == 0


def judge(
    before: LabelModel,
    after: LabelModel,
    tracks: Sequence[LabelledTrack],
    names: tuple[str, str] = ("the model in use", "the new one"),
) -> Verdict | None:
    """Return how two models answer the holdout; None where it has no label.

    Parameters
    ----------
    before, after
        Fitted models.
    tracks
        Tracks with the labels that hold now.
    names
        Of the models.
    """
    held = [one for one in tracks if one.label is not None and in_holdout(one.track_id)]
    if not held:
        return None
    right = []
    for model in (before, after):
        found = model.predict(held)
        right.append(np.array([found[one.track_id].value in one.labels for one in held]))
    return Verdict(
        len(held),
        float(right[0].mean()),
        float(right[1].mean()),
        compare(right[0], right[1], names),
    )
