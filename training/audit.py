"""What the models answered and what the DJ said to it, line by line, for good.

``logs/predictions_audit.jsonl``: every answer that changed, with time, model version and a hash of
what the model was given. ``logs/reviews.jsonl``: every answer that the DJ accepted or corrected.
Both only ever grow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from library.buckets import buckets_of_value
from library.predictions import Prediction
from training.registry import fingerprint

PREDICTIONS, REVIEWS = "predictions_audit.jsonl", "reviews.jsonl"

NOTABLE_CHANGE = 0.05
"""Probabilities that move less are the same answer again."""

RECENT = 50
"""Reviews that the recent acceptance rate looks back on: one long evening's."""


@dataclass(frozen=True)
class Review:
    """One word of the DJ's on one answer.

    Parameters
    ----------
    track_id
        The track.
    predicted, probability, model_version
        What was answered; no value where nothing was.
    said
        The DJ's bucket, or a list of several; empty where a review is taken back.
    how
        ``accept correct bulk feedback`` or ``undo``.
    time
        UTC, ISO 8601.
    """

    track_id: str
    predicted: str | None
    probability: float
    model_version: str
    said: str | list[str]
    how: str
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def answered(self) -> bool:
        """True where the model gave an answer to accept or correct."""
        return self.predicted is not None

    @property
    def accepted(self) -> bool:
        """True where the DJ said what the model had said, or that among others."""
        return self.answered and self.predicted in buckets_of_value(self.said)


@dataclass(frozen=True)
class Acceptance:
    """How many answers were accepted up to a moment: of all, and of the last `RECENT`."""

    time: str
    overall: float
    recent: float


def note_predictions(
    logs: Path,
    kind: str,
    before: Mapping[str, Prediction],
    after: Mapping[str, Prediction],
    inputs: Mapping[str, Mapping[str, float]],
) -> int:
    """Write down every answer that is not the one before; return how many.

    Parameters
    ----------
    logs
        Folder of logs.
    kind
        Of the answers.
    before, after
        {track id: prediction}.
    inputs
        {track id: what the model was given}.
    """
    lines = []
    for track, one in after.items():
        old = before.get(track)
        if (
            old is not None
            and (old.value, old.status) == (one.value, one.status)
            and abs(old.probability - one.probability) < NOTABLE_CHANGE
        ):
            continue
        lines.append(
            {"time": one.time, "track_id": track, "kind": kind, "value": one.value,
             "probability": round(one.probability, 4), "model_version": one.model_version,
             "inputs": fingerprint(inputs[track]) if track in inputs else ""}
        )  # fmt: skip
    _append(logs / PREDICTIONS, lines)
    return len(lines)


def audit_of(logs: Path, track_id: str) -> list[dict[str, Any]]:
    """Return every answer ever given about a track, oldest first."""
    return [line for line in _lines(logs / PREDICTIONS) if line.get("track_id") == track_id]


def note_reviews(
    logs: Path,
    said: Mapping[str, str | list[str]],
    answers: Mapping[str, Prediction | None],
    how: str,
) -> None:
    """Write down what the DJ said to answers, {track id: bucket or several}; how: see `Review`."""
    lines = []
    for track, word in said.items():
        one = answers.get(track)
        answer = (None, 0.0, "") if one is None else (one.value, one.probability, one.model_version)
        lines.append(asdict(Review(track, *answer, word, how)))
    _append(logs / REVIEWS, lines)


def reviews(logs: Path) -> list[Review]:
    """Return the reviews that stand, oldest first; an undo takes a track's newest back."""
    found: list[Review] = []
    for line in _lines(logs / REVIEWS):
        try:
            one = Review(**line)
        except TypeError:
            continue  # a line of another version says nothing here
        if one.how != "undo":
            found.append(one)
            continue
        last = next((k for k, r in reversed(list(enumerate(found))) if r.track_id == one.track_id),
                    None)  # fmt: skip
        if last is not None:
            del found[last]
    return found


def acceptance(found: Sequence[Review]) -> list[Acceptance]:
    """Return the acceptance rate after each review of an answer, oldest first."""
    right: list[bool] = []
    course = []
    for one in found:
        if not one.answered:
            continue
        right.append(one.accepted)
        recent = right[-RECENT:]
        course.append(Acceptance(one.time, sum(right) / len(right), sum(recent) / len(recent)))
    return course


def _append(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    if not lines:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue  # cut short by a crash
    return [line for line in found if isinstance(line, dict)]
