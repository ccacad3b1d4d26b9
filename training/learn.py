"""From the library to its models and back: who labelled what, training, predictions for all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.report import Report
from library.buckets import buckets_of_value, show_buckets
from library.errors import NoReports
from library.library import Library
from library.predictions import Prediction
from library.tracks import fold
from training.audit import note_predictions
from training.errors import TooFewTracks, TrainingError, UnusableBundle
from training.features import audio_features, feature_row, table
from training.judging import Verdict, in_holdout, judge
from training.labels import KINDS, LabelledTrack, LabelModel
from training.leaning import learn_now, space_path, words_since
from training.recommender import BUNDLE_VERSION, Bundle, train_recommender
from training.registry import (
    Version,
    fingerprint,
    load_bundle,
    save_bundle,
    version_name,
    version_path,
)
from training.space import make_space, read_space
from training.words import word_weights

DJ_WEIGHT = 3.0
"""A correction is deliberate; a tag or folder may be years old, or somebody else's. An old one, or
one of several on the same track, counts less, but never less than a tag."""

CURVE_SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""Parts of the labels that the learning curve is drawn from."""

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
    library: Library,
    kinds: tuple[str, ...] = KINDS,
    progress: Progress | None = None,
    *,
    even_worse: bool = False,
) -> dict[str, Version]:
    """Train the label models on the whole library and write their predictions for every track.

    A new model is judged against the one in use on the frozen holdout; one that is worse beyond
    luck is kept as a version, and the old one goes on answering.

    Parameters
    ----------
    library
        Where tracks and labels come from and predictions go to.
    kinds
        ``genre``, ``bucket`` or both.
    progress
        Told (done, total) stages.
    even_worse
        Use the new model whatever the holdout says.

    Returns
    -------
    dict
        {kind: version}; one that is not ``active`` was worse. A kind for which no track has a
        label is left out; its tracks are predicted ``unsure`` with the reason.
    """
    mark = library.notebook.last_id()  # before anything is read: a later word is learned twice
    tracks = gather(library)
    heard = {track_id: audio_features(report) for track_id, report in tracks.items()}
    trained: dict[str, Version] = {}
    wanted = [kind for kind in KINDS if kind in kinds]
    for done, kind in enumerate(wanted, 1):
        labelled = label_tracks(library, tracks, kind, heard)
        try:
            model = LabelModel(kind).fit(labelled)
        except TooFewTracks:
            _write_unsure(library, kind, list(tracks), f"no track has a {kind} yet")
            continue
        old = _in_use(library, kind)
        verdict = None if old is None else judge(old, model, labelled)
        version = save_bundle(
            model,
            library.settings.label_model(kind),
            kind,
            data_fingerprint=_fingerprint_of(
                [track.report for track in labelled],
                {one.track_id: (list(one.labels) if one.others else one.label, one.weight)
                 for one in labelled},
            ),
            tracks=sum(track.label is not None for track in labelled),
            metrics=model.metrics_ | ({} if verdict is None else {"holdout": verdict.as_metrics()}),
            activate=even_worse or verdict is None or not verdict.comparison.really_worse,
        )  # fmt: skip
        if version.active:
            _write_answers(library, model, version.name, labelled, mark)
        else:
            assert old is not None
            _write_answers(library, old, version_name(library.settings.label_model(kind)), labelled)
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
        _write_answers(library, model, version, label_tracks(library, tracks, kind))
    library.refresh_words()


def predict_with(library: Library, kind: str, version: Version) -> dict[str, Prediction]:
    """Return the answers of a kept version for every track; nothing is written.

    Raises
    ------
    NoModel, UntrustedBundle, UnusableBundle
        See `registry.load_bundle`.
    """
    model = load_bundle(version_path(library.settings.label_model(kind), version), kind)
    if not isinstance(model, LabelModel):
        raise UnusableBundle(library.settings.label_model(kind), f"is no {kind} model")
    return model.predict(label_tracks(library, gather(library), kind), version.name)


def compare_versions(
    library: Library, kind: str, first: Version, second: Version
) -> tuple[Verdict, int]:
    """Compare two kept versions on the frozen holdout; also return how many tracks answer apart.

    Raises
    ------
    TooFewTracks
        If no track of the holdout has a label.
    """
    labelled = label_tracks(library, gather(library), kind)
    path = library.settings.label_model(kind)
    models = [load_bundle(version_path(path, one), kind) for one in (first, second)]
    verdict = judge(models[0], models[1], labelled, (first.name, second.name))
    if verdict is None:
        raise TooFewTracks(0, 1, f"tracks of the holdout with a {kind}")
    answers = [model.predict(labelled) for model in models]
    apart = sum(answers[0][track].value != answers[1][track].value for track in answers[0])
    return verdict, apart


def learning_curve(library: Library, kind: str = "bucket") -> list[tuple[int, float]]:
    """Return (labels learned from, accuracy on the frozen holdout) for growing parts of them."""
    labelled = [one for one in label_tracks(library, gather(library), kind) if one.label]
    held = [one for one in labelled if in_holdout(one.track_id)]
    others = sorted(
        (one for one in labelled if not in_holdout(one.track_id)), key=lambda one: one.track_id
    )
    curve = []
    for share in CURVE_SHARES:
        part = others[: max(1, round(share * len(others)))]
        if not held or not part:
            continue
        found = LabelModel(kind).fit(part).predict(held)
        right = sum(found[one.track_id].value in one.labels for one in held)
        curve.append((len(part), right / len(held)))
    return curve


def labelled_track(library: Library, track_id: str) -> LabelledTrack:
    """Return one track as the bucket model sees it.

    Raises
    ------
    UnknownTrack, UnreadableReport
        See `Library.report`.
    """
    return label_tracks(library, {track_id: library.report(track_id)}, "bucket")[0]


def gather(library: Library) -> dict[str, Report]:
    """Return {track id: corrected report} of every listed track."""
    return {report.track_id: report for report in library.reports()}


def label_tracks(
    library: Library,
    tracks: Mapping[str, Report],
    kind: str,
    heard: Mapping[str, Mapping[str, float]] | None = None,
) -> list[LabelledTrack]:
    """Return every track with its labels of ``kind`` and its genre, from whoever said it.

    Parameters
    ----------
    library
        Tags, folders, the DJ's words and the genres predicted.
    tracks
        {track id: corrected report}.
    kind
        ``genre`` or ``bucket``.
    heard
        {track id: `audio_features`}, where they are known already.
    """
    weights = word_weights(library.notebook.history(kind=kind, standing=True))
    heard = heard or {}
    said = library.notebook.latest_of()
    genres = library.predictions.all(["genre"]) if kind == "bucket" else {}
    folders = library.catalogue.folder_buckets()
    found: dict[str, tuple[tuple[str, ...], float]] = {}
    for track_id, report in tracks.items():
        if word := buckets_of_value(said.get(track_id, {}).get(kind)):
            found[track_id] = word, max(1.0, DJ_WEIGHT * weights.get(track_id, 1.0))
        elif kind == "genre":
            found[track_id] = buckets_of_value(first_genre(report.metadata.genre)), 1.0
        else:
            found[track_id] = folders.get(track_id, ()), 1.0
    spelling = one_spelling((name, weight) for names, weight in found.values() for name in names)
    labelled = []
    for (track_id, report), (names, weight) in zip(tracks.items(), found.values(), strict=True):
        each = tuple(dict.fromkeys(spelling[fold(name)] for name in names))
        genre = first_genre(report.metadata.genre) or _sure_genre(genres.get(track_id, {}))
        first = each[0] if each else None
        one = LabelledTrack(report, first, genre, weight, heard.get(track_id), each[1:])
        labelled.append(one)
    return labelled


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


def _in_use(library: Library, kind: str) -> LabelModel | None:
    """Return the model that answers now, None where there is none that may be used."""
    try:
        model = load_bundle(library.settings.label_model(kind), kind)
    except TrainingError:
        return None
    return model if isinstance(model, LabelModel) else None


def _write_answers(
    library: Library,
    model: LabelModel,
    version: str,
    labelled: Sequence[LabelledTrack],
    mark: int | None = None,
) -> None:
    """Write a model's answers for every track, their trail, and where buckets' tracks lie.

    ``mark`` is the notebook's newest entry when the model learned; None for one that had answered
    before.
    """
    kind = model.kind
    before = {
        track: one[kind] for track, one in library.predictions.all([kind]).items() if kind in one
    }
    found = model.predict(labelled, version)
    library.predictions.write(kind, found, replace_all=True)
    rows = {track.track_id: model.row_of(track) for track in labelled}
    note_predictions(library.settings.logs, kind, before, found, rows)
    if kind == "bucket" and model.forest_ is not None and len(rows) > 1:
        path = space_path(library.settings)
        if mark is None:
            known = read_space(path)
            mark = library.notebook.last_id() if known is None else known.mark
        make_space(
            list(rows),
            [show_buckets(track.labels) for track in labelled],
            table(list(rows.values()), model.columns_),
            model.forest_.feature_importances_,
            mark,
        ).write(path)
        learn_now(library, words_since(library, mark))


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
