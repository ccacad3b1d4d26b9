"""From the library to its models and back: who labelled what, training, predictions for all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.report import Report
from library.errors import NoReports
from library.library import Library
from library.predictions import Prediction
from library.tracks import fold
from training.errors import TooFewTracks, TrainingError, UnusableBundle
from training.features import feature_row
from training.labels import KINDS, LabelledTrack, LabelModel
from training.recommender import BUNDLE_VERSION, Bundle, train_recommender
from training.registry import Version, fingerprint, load_bundle, save_bundle, version_name

DJ_WEIGHT = 3.0
"""A correction is deliberate; a tag or folder may be years old, or somebody else's."""

Progress = Callable[[int, int], None]


def train_recommender_from(
    library: Library, *, neighbors: int = 25, test_size: float = 0.2, out: Path | None = None
) -> tuple[Bundle, Version]:
    """Train the recommender on every listed track and make it the active one.

    Raises
    ------
    NoReports
        If the library lists no track.
    """
    reports = list(library.reports())
    if not reports:
        raise NoReports(library.settings.reports)
    bundle = train_recommender(reports, neighbors=neighbors, test_size=test_size)
    version = save_bundle(
        bundle,
        out or library.settings.recommender,
        "recommender",
        data_fingerprint=_fingerprint_of(reports, {}),
        tracks=len(bundle["metadata"]),
        metrics=bundle["evaluation"],
    )
    return bundle, version


def load_recommender(path: Path) -> Bundle:
    """Load the recommender.

    Raises
    ------
    NoModel, UntrustedBundle, UnusableBundle
        See `registry.load_bundle`.
    """
    bundle = load_bundle(path, "recommender")
    if not isinstance(bundle, dict) or bundle.get("bundle_version") != BUNDLE_VERSION:
        raise UnusableBundle(path, "is not a recommender of this version")
    return bundle


def learn_labels(
    library: Library, kinds: tuple[str, ...] = KINDS, progress: Progress | None = None
) -> dict[str, Version]:
    """Train the label models on the whole library and write their predictions for every track.

    Parameters
    ----------
    library
        Where tracks and labels come from and predictions go to.
    kinds
        ``genre``, ``bucket`` or both.
    progress
        Told (done, total) stages.

    Returns
    -------
    dict
        {kind: version}. A kind for which no track has a label is left out; its tracks are
        predicted ``unsure`` with the reason.
    """
    tracks = gather(library)
    trained: dict[str, Version] = {}
    wanted = [kind for kind in KINDS if kind in kinds]
    for done, kind in enumerate(wanted, 1):
        labelled = label_tracks(library, tracks, kind)
        try:
            model = LabelModel(kind).fit(labelled)
        except TooFewTracks:
            _write_unsure(library, kind, list(tracks), f"no track has a {kind} yet")
            continue
        version = save_bundle(
            model,
            library.settings.label_model(kind),
            kind,
            data_fingerprint=_fingerprint_of(
                [track.report for track in labelled],
                {track.track_id: (track.label, track.weight) for track in labelled},
            ),
            tracks=sum(track.label is not None for track in labelled),
            metrics=model.metrics_,
        )
        found = model.predict(labelled, version.name)
        library.predictions.write(kind, found, replace_all=True)
        trained[kind] = version
        if progress:
            progress(done, len(wanted))
    library.refresh_words()
    return trained


def predict_all(library: Library, kinds: tuple[str, ...] = KINDS) -> None:
    """Write the predictions of the models that are there for every track.

    Where a model is missing, untrusted or damaged, its tracks are ``unsure`` with the reason.
    """
    tracks = gather(library)
    for kind in KINDS:
        if kind not in kinds:
            continue
        path = library.settings.label_model(kind)
        try:
            model, version = load_bundle(path, kind), version_name(path)
        except TrainingError as error:
            _write_unsure(library, kind, list(tracks), f"no {kind} model: {error.message}")
            continue
        found = model.predict(label_tracks(library, tracks, kind), version)
        library.predictions.write(kind, found, replace_all=True)
    library.refresh_words()


def gather(library: Library) -> dict[str, Report]:
    """Return {track id: corrected report} of every listed track."""
    return {report.track_id: report for report in library.reports()}


def label_tracks(library: Library, tracks: Mapping[str, Report], kind: str) -> list[LabelledTrack]:
    """Return every track with its label of ``kind`` and its genre, from whoever said it."""
    said = library.notebook.latest_of()
    heard = library.predictions.all(["genre"]) if kind == "bucket" else {}
    folders = library.catalogue.folder_buckets()
    found: dict[str, tuple[str | None, float]] = {}
    for track_id, report in tracks.items():
        word = said.get(track_id, {}).get(kind)
        other = first_genre(report.metadata.genre) if kind == "genre" else folders.get(track_id)
        found[track_id] = (word, DJ_WEIGHT) if word else (other, 1.0)
    spelling = one_spelling(found.values())
    return [
        LabelledTrack(
            report,
            label=spelling[fold(label)] if label else None,
            genre=first_genre(report.metadata.genre) or _sure_genre(heard.get(track_id, {})),
            weight=weight,
        )
        for (track_id, report), (label, weight) in zip(tracks.items(), found.values(), strict=True)
    ]


def first_genre(tag: str) -> str | None:
    """Return the first genre of a tag that may list several, or None where it names none."""
    first = re.split(r"[;,|\0]", tag, maxsplit=1)[0].strip()
    return first or None


def one_spelling(labels: Iterable[tuple[str | None, float]]) -> dict[str, str]:
    """Return {folded label: its weightiest spelling}, so that 'techno' and 'Techno' are one."""
    weights: dict[str, defaultdict[str, float]] = {}
    for label, weight in labels:
        if label:
            weights.setdefault(fold(label), defaultdict(float))[label] += weight
    return {
        folded: max(spellings, key=lambda name: (spellings[name], name))
        for folded, spellings in weights.items()
    }


def _sure_genre(predictions: Mapping[str, Prediction]) -> str | None:
    prediction = predictions.get("genre")
    if prediction is None or prediction.status == "unsure":
        return None
    return prediction.value


def _write_unsure(library: Library, kind: str, tracks: list[str], reason: str) -> None:
    found = {
        track: Prediction(kind, None, 0.0, reason=reason, model_version="") for track in tracks
    }
    library.predictions.write(kind, found, replace_all=True)


def _fingerprint_of(reports: Iterable[Report], labels: Mapping[str, Any]) -> str:
    rows = {report.track_id: list(feature_row(report).values()) for report in reports}
    return fingerprint({"features": rows, "labels": labels})
