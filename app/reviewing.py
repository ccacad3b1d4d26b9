"""What the page Buckets asks and does: the queue, a word on a track, why, and the model's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.jobs import Job
from app.studio import Studio
from library.buckets import SEPARATOR, buckets_of_value
from library.predictions import UNSURE_BELOW, Prediction
from library.tracks import TrackRow
from training.audit import Acceptance, acceptance, note_review, reviews
from training.errors import TrainingError
from training.explain import Evidence, alike, evidence
from training.labels import LabelModel
from training.learn import labelled_track, learn_now, predict_all, space_path, unlearn
from training.registry import Version, load_bundle, rollback, versions
from training.review import review_order
from training.space import read_space

LEAST_CERTAIN, NO_BUCKET = "Least certain", "In no bucket"
VIEWS = (LEAST_CERTAIN, NO_BUCKET)
"""Which tracks the queue holds: all without the DJ's word, or those that lie in no folder."""


@dataclass(frozen=True)
class Asked:
    """One track of the queue and what the model says."""

    row: TrackRow
    prediction: Prediction

    @property
    def answers(self) -> list[tuple[str, float]]:
        """Every answer with its probability, likeliest first."""
        one = self.prediction
        first = [] if one.value is None else [(one.value, one.probability)]
        return [*first, *one.alternatives]

    @property
    def sure(self) -> bool:
        """Whether the answer is likelier than not."""
        return self.prediction.value is not None and self.prediction.probability >= UNSURE_BELOW


@dataclass(frozen=True)
class Why:
    """What speaks for an answer, and (name, bucket, likeness) of labelled tracks like it."""

    evidence: list[Evidence]
    alike: list[tuple[str, str, float]]


def queue(studio: Studio, view: str) -> list[Asked]:
    """Return the tracks that the DJ has not spoken on, those least certain first."""

    def ordered() -> list[Asked]:
        library = studio.library
        said = library.notebook.latest_of()
        stored = library.predictions.all(["bucket"])
        rows = {
            row.track_id: row
            for row in library.tracks()
            if "bucket" not in said.get(row.track_id, {}) and (view != NO_BUCKET or not row.folders)
        }
        nothing = Prediction("bucket", None, 0.0, reason="no model has looked at it yet")
        answers = {track: stored.get(track, {}).get("bucket", nothing) for track in rows}
        return [Asked(rows[track], answers[track]) for track in review_order(answers)]

    return studio.recall(("queue", view), ordered)


def say(studio: Studio, track_id: str, said: str | Sequence[str], how: str) -> None:
    """Keep the DJ's word on a track and let what sounds alike learn from it at once.

    Parameters
    ----------
    studio
        Whose library it is.
    track_id
        The track.
    said
        Its bucket, or several: text as the DJ types it, or a list of names.
    how
        See `Review`.

    Raises
    ------
    UnknownTrack, BadCorrection
        See `Library.correct`.
    """
    answer = studio.library.predictions_of(track_id).get("bucket")
    studio.correct(track_id, "bucket", said)
    kept = studio.library.notebook.latest(track_id)["bucket"]
    note_review(studio.settings.logs, track_id, answer, kept, how)
    learn_now(studio.library, track_id, buckets_of_value(kept))
    studio.heard("bucket")


def accept_all(studio: Studio, asked: Sequence[Asked]) -> int:
    """Accept the answer on each track that has one; return how many.

    A bucket whose name cannot be said is passed over: its track stays in the queue.
    """
    count = 0
    for one in asked:
        answer = one.prediction.value
        if answer is not None and SEPARATOR not in answer:
            say(studio, one.row.track_id, [answer], "bulk")
            count += 1
    return count


def take_back(studio: Studio, track_id: str) -> None:
    """Withdraw the DJ's last bucket for a track.

    Raises
    ------
    NothingToUndo
        If none stands.
    """
    withdrawn = studio.undo(track_id, "bucket")
    unlearn(studio.library, track_id, buckets_of_value(withdrawn.value))
    note_review(studio.settings.logs, track_id, None, "", "undo")
    studio.heard("bucket")


def accepted(studio: Studio) -> Acceptance | None:
    """Return how many answers were accepted so far; None before the first review."""

    def last() -> Acceptance | None:
        course = acceptance(reviews(studio.settings.logs))
        return course[-1] if course else None

    return studio.recall(("accepted",), last)


def why(studio: Studio, asked: Asked) -> Why:
    """Return why a track was answered as it was; empty where nothing was learned."""

    def explain() -> Why:
        space = read_space(space_path(studio.settings))
        near = alike(studio.library, space, asked.row.track_id)
        model = _model(studio)
        found: list[Evidence] = []
        if model is not None and space is not None and len(space.middles) == len(model.columns_):
            track = labelled_track(studio.library, asked.row.track_id)
            found = evidence(model, track, space.middles, asked.prediction.value or "")
        return Why(found, near)

    return studio.recall(("why", asked.row.track_id, asked.prediction.value), explain)


def model_versions(studio: Studio) -> list[Version]:
    """Return the kept versions of the bucket model, newest first."""
    path = _path(studio)
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    return studio.recall(("bucket versions", stamp), lambda: versions(path, "bucket"))


def start_rollback(studio: Studio, to: str) -> Job:
    """Use a kept version of the bucket model again, and let it answer for every track."""

    def run(job: Job) -> None:
        job.report("asking it about every track")
        try:
            rollback(_path(studio), "bucket", to)
            predict_all(studio.library, ("bucket",))
        finally:
            studio.reload()

    return studio.jobs.submit("rollback", f"Going back to {to}", run)


def _path(studio: Studio) -> Path:
    return studio.settings.label_model("bucket")


def _model(studio: Studio) -> LabelModel | None:
    path = _path(studio)
    stamp = path.stat().st_mtime_ns if path.is_file() else 0

    def load() -> LabelModel | None:
        try:
            found = load_bundle(path, "bucket")
        except TrainingError:
            return None
        return found if isinstance(found, LabelModel) else None

    return studio.recall(("bucket model", stamp), load)
