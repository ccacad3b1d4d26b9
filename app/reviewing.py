"""What the page Buckets asks and does: the queue, a word on a track, why, and the model's card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.jobs import Job
from app.studio import Studio
from library.buckets import SEPARATOR
from library.predictions import UNSURE_BELOW, Prediction
from library.tracks import TrackRow
from training.audit import Acceptance, acceptance, reviews
from training.errors import TrainingError
from training.explain import Evidence, alike, evidence
from training.labels import LabelModel
from training.leaning import space_path
from training.learn import labelled_track, predict_all
from training.registry import Version, load_bundle, rollback, versions
from training.review import review_order
from training.saying import say_buckets, take_back_buckets
from training.space import read_space

LEAST_CERTAIN, NO_BUCKET = "Least certain", "In no bucket"
VIEWS = (LEAST_CERTAIN, NO_BUCKET)
"""Which tracks the queue holds: all without the DJ's word, or those that lie in no folder."""


@dataclass(frozen=True)
class Asked:
    """One track of the queue and what the model says."""

    track_id: str
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
        # rows cost a look at each file: a list that is on screen asks for its own
        library = studio.library
        said = library.notebook.latest_of()
        stored = library.predictions.all(["bucket"])
        lying = library.catalogue.folder_buckets() if view == NO_BUCKET else {}
        nothing = Prediction("bucket", None, 0.0, reason="no model has looked at it yet")
        answers = {
            track: stored.get(track, {}).get("bucket", nothing)
            for track in library.ids()
            if "bucket" not in said.get(track, {}) and track not in lying
        }
        return [Asked(track, answers[track]) for track in review_order(answers)]

    return studio.recall(("queue", view), ordered)


def rows(studio: Studio, asked: Sequence[Asked]) -> dict[str, TrackRow]:
    """Return {track id: row} of a part of the queue."""
    ids = tuple(one.track_id for one in asked)
    return studio.recall(("queue rows", ids), lambda: studio.library.rows(ids))


def say(studio: Studio, words: Mapping[str, str | Sequence[str]], how: str) -> None:
    """Keep the DJ's word on tracks, all or none, and let what sounds alike learn at once.

    Parameters
    ----------
    studio
        Whose library it is.
    words
        {track id: its bucket, or several}: text as the DJ types it, or a list of names.
    how
        See `Review`.

    Raises
    ------
    UnknownTrack, BadCorrection
        See `Library.correct`.
    """
    say_buckets(studio.library, words, how)
    studio.heard("bucket")


def acceptable(asked: Sequence[Asked]) -> dict[str, list[str]]:
    """Return {track id: its sure answer} of those that one press may accept.

    A bucket whose name cannot be said is passed over: its track stays in the queue.
    """
    return {
        one.track_id: [one.prediction.value]
        for one in asked
        if one.sure and one.prediction.value and SEPARATOR not in one.prediction.value
    }


def take_back(studio: Studio, tracks: Sequence[str]) -> None:
    """Withdraw the DJ's last bucket for each track, all or none.

    Raises
    ------
    NothingToUndo
        If on one of them none stands.
    """
    take_back_buckets(studio.library, tracks)
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
        near = alike(studio.library, space, asked.track_id)
        model = _model(studio)
        found: list[Evidence] = []
        if model is not None and space is not None and len(space.middles) == len(model.columns_):
            track = labelled_track(studio.library, asked.track_id)
            found = evidence(model, track, space.middles, asked.prediction.value or "")
        return Why(found, near)

    return studio.recall(("why", asked.track_id, asked.prediction.value), explain)


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
