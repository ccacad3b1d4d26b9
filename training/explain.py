"""Why a bucket was answered: the features that speak for it here, and labelled tracks like it.

A feature speaks for an answer by how much likelier the forest holds it with this track's value
than with the value of a middling track, all else being equal.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from library.library import Library
from training.features import table
from training.labels import LabelledTrack, LabelModel
from training.leaning import space_path
from training.learn import gather, label_tracks
from training.registry import find_version, load_bundle, version_path
from training.space import Space, read_space

Middles = npt.NDArray[np.float64]

ASKED = 24
"""Only the features that tell most overall are tried: the others move nothing."""


@dataclass(frozen=True)
class Evidence:
    """One feature's part in an answer.

    Parameters
    ----------
    name
        The feature.
    value, middle
        This track's value, and a middling track's.
    push
        By how much it raises the answer's probability.
    """

    name: str
    value: float
    middle: float
    push: float


def middling(model: LabelModel, tracks: Sequence[LabelledTrack]) -> Middles:
    """Return the median of every feature of a model over tracks, shape (columns,)."""
    matrix = table([model.row_of(one) for one in tracks], model.columns_)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice")
        return np.asarray(np.nanmedian(matrix, axis=0), dtype=np.float64)


def evidence(
    model: LabelModel, track: LabelledTrack, middles: Middles, answer: str, count: int = 3
) -> list[Evidence]:
    """Return the features that speak most for an answer, strongest first.

    Parameters
    ----------
    model
        A fitted model.
    track
        The track asked about.
    middles
        `middling` of the library.
    answer
        The bucket or genre in question.
    count
        How many.
    """
    if model.forest_ is None or answer not in model.classes_:
        return []
    row = table([model.row_of(track)], model.columns_)[0]
    asked = np.argsort(-model.forest_.feature_importances_, kind="stable")[:ASKED]
    changed = np.tile(row, (len(asked) + 1, 1))
    changed[np.arange(len(asked)), asked] = middles[asked]
    likely = model.forest_.predict_proba(changed)[:, model.classes_.index(answer)]
    pushes = likely[-1] - likely[:-1]
    best = [int(at) for at in np.argsort(-pushes, kind="stable")[:count] if pushes[at] > 0]
    return [
        Evidence(
            model.columns_[asked[at]], float(row[asked[at]]), float(middles[asked[at]]),
            float(pushes[at]),
        )
        for at in best
    ]  # fmt: skip


def alike(library: Library, space: Space | None, track_id: str) -> list[tuple[str, str, float]]:
    """Return (name, bucket, likeness 0–1) of the labelled tracks nearest to one."""
    if space is None:
        return []
    labels = dict(zip(space.track_ids, space.labels, strict=True))
    return [
        (row.name, labels[other], likeness)
        for other, likeness in space.nearest(track_id)
        if (row := library.catalogue.row(other)) is not None
    ]


def reasons(library: Library, version: str | None = None) -> dict[str, str]:
    """Return {track id: why its bucket was answered, in a line}.

    Raises
    ------
    NoModel, UntrustedBundle, UnusableBundle
        See `registry.load_bundle`.
    """
    path = library.settings.label_model("bucket")
    if version is not None:
        path = version_path(path, find_version(path, "bucket", version))
    if not path.is_file():
        return {}
    model: LabelModel = load_bundle(path, "bucket")
    tracks = label_tracks(library, gather(library), "bucket")
    space = read_space(space_path(library.settings))
    if not tracks:
        return {}
    answers, middles = model.predict(tracks), middling(model, tracks)
    return {
        one.track_id: in_words(
            evidence(model, one, middles, answers[one.track_id].value or ""),
            alike(library, space, one.track_id),
        )
        for one in tracks
    }


def in_words(found: Sequence[Evidence], near: Sequence[tuple[str, str, float]]) -> str:
    """Return evidence and neighbours as one line."""
    parts = [
        f"{one.name} {one.value:.3g} (middling {one.middle:.3g}) {one.push:+.2f}" for one in found
    ]
    text = "for it: " + ", ".join(parts) if parts else "no single feature decides"
    if near:
        text += "; like " + ", ".join(f"{name} ({bucket})" for name, bucket, _ in near)
    return text
