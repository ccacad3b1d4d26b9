from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.library.factory import make_crate, make_report
from training import labels
from training.calibration import fit_sharpness, reliability, sharpen
from training.errors import TooFewTracks
from training.labels import LabelledTrack, LabelModel, context_features


def labelled(count: int) -> list[LabelledTrack]:
    return [LabelledTrack(report, report.metadata.genre) for report in make_crate(count)]


def test_two_kinds_of_music_are_told_apart() -> None:
    model = LabelModel("genre").fit(labelled(40))
    assert model.classes_ == ["Hip-Hop", "Techno"]
    new = [LabelledTrack(report) for report in make_crate(60, seed=9)[40:]]
    found = model.predict(new, "v1")
    right = [found[track.track_id].value == track.report.metadata.genre for track in new]
    assert np.mean(right) > 0.9
    answer = found[new[0].track_id]
    assert answer.status == "sure"
    assert answer.model_version == "v1"
    total = answer.probability + sum(p for _, p in answer.alternatives)
    assert total == pytest.approx(model.reliability_)
    assert 0.8 < model.reliability_ <= 1
    metrics = model.metrics_
    assert metrics["accuracy"] > 0.9 > metrics["majority_accuracy"]
    top = [name for name, _ in model.importances(6)]
    assert {"rhythm.tempo_bpm_global", "tonal.spectral_centroid.mean"} & set(top)


def test_a_track_that_was_learned_is_judged_by_trees_that_have_not_seen_it() -> None:
    tracks = labelled(30)
    wrong = LabelledTrack(tracks[0].report, "Techno")  # it is hip-hop
    model = LabelModel("genre").fit([wrong, *tracks[1:]])
    answer = model.predict([wrong])[wrong.track_id]
    assert answer.value == "Hip-Hop", "a forest that had seen it would repeat the label"


def test_a_track_with_several_labels_is_judged_by_trees_that_saw_none_of_them() -> None:
    tracks = labelled(30)
    wrong = replace(tracks[0], label="Polka", others=("Techno",))  # it is hip-hop
    model = LabelModel("genre").fit([wrong, *tracks[1:]])
    assert model.classes_ == ["Hip-Hop", "Polka", "Techno"]
    answer = model.predict([wrong])[wrong.track_id]
    assert answer.value == "Hip-Hop"
    likely = dict(answer.alternatives)
    # only this track is of it: a tree that saw one of its rows would say so
    assert likely["Polka"] < 0.01


def test_a_track_of_which_every_tree_has_seen_a_label_is_not_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(labels, "TREES", 2)
    tracks = [replace(one, others=("Dance",)) for one in labelled(20)]
    model = LabelModel("genre").fit(tracks)
    drawn = [set(rows // 2) for rows in model.forest_.estimators_samples_]  # two rows a track
    seen = {tracks[at].track_id for at in drawn[0] & drawn[1]}
    assert seen
    for track, answer in model.predict(tracks).items():
        assert (answer.value is None) == (track in seen)
        if track in seen:
            assert (answer.probability, answer.status) == (0.0, "unsure")
            assert "learned from it" in answer.reason
    assert model.metrics_["tracks"] == 20 - len(seen)


def test_several_labels_share_a_tracks_weight_and_each_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {}
    fit = RandomForestClassifier.fit

    def heard(self: Any, matrix: Any, truth: Any, sample_weight: Any) -> Any:
        told.update(rows=matrix, truth=list(truth), weights=list(sample_weight))
        return fit(self, matrix, truth, sample_weight)

    monkeypatch.setattr(RandomForestClassifier, "fit", heard)
    tracks = labelled(20)
    both = replace(tracks[0], others=("Techno",), weight=3.0)
    model = LabelModel("genre").fit([both, *tracks[1:]])
    assert told["rows"].shape[0] == 21
    assert np.array_equal(told["rows"][0], told["rows"][1])
    assert told["truth"][:2] == [0, 1]
    assert told["weights"] == [1.5, 1.5, *[1.0] * 19]
    assert model.metrics_["tracks"] == 20
    assert model.metrics_["majority_accuracy"] == 11 / 20
    # whichever of the two is answered counts as right
    spoilt = [replace(one, label="Hip-Hop", others=("Techno",)) for one in tracks]
    assert LabelModel("genre").fit(spoilt).metrics_["accuracy"] == 1.0


def test_a_class_with_one_member_is_never_sure_of_itself() -> None:
    tracks = labelled(16)
    lonely = LabelledTrack(tracks[0].report, "Polka")
    model = LabelModel("genre").fit([lonely, *tracks[1:]])
    answer = model.predict([lonely])[lonely.track_id]
    assert answer.value != "Polka"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.filterwarnings("error")
def test_tiny_libraries_train_and_predict(count: int) -> None:
    tracks = labelled(count)
    model = LabelModel("genre").fit(tracks)
    stranger = LabelledTrack(make_report(99))
    found = model.predict([*tracks, stranger])
    assert len(found) == count + 1
    for answer in found.values():
        assert 0 <= answer.probability <= 1
        assert answer.value in model.classes_


def test_one_label_only_is_unsure_and_says_so() -> None:
    tracks = [LabelledTrack(report, "Techno") for report in make_crate(6)]
    answer = LabelModel("genre").fit(tracks).predict([LabelledTrack(make_report(9))])
    (found,) = answer.values()
    assert (found.value, found.status) == ("Techno", "unsure")
    assert "only one genre" in found.reason


def test_without_any_label_there_is_nothing_to_learn() -> None:
    with pytest.raises(TooFewTracks, match="0 tracks with a bucket"):
        LabelModel("bucket").fit([LabelledTrack(make_report(1))])


@pytest.mark.parametrize(("missing", "word"), [({"bpm": None}, "tempo"), ({"key": None}, "key")])
def test_without_tempo_or_key_an_answer_is_unsure(missing: dict, word: str) -> None:  # type: ignore[type-arg]
    model = LabelModel("genre").fit(labelled(30))
    track = LabelledTrack(make_report(99, **missing))
    answer = model.predict([track])[track.track_id]
    assert answer.status == "unsure"
    assert answer.reason == f"its {word} is unknown"


def test_genre_is_heard_and_bucket_is_told_the_genre_too() -> None:
    track = LabelledTrack(make_report(1, genre="Deep House"), genre="Deep House/Techno")
    words = context_features(track)
    assert words["context.genre.deep"] == words["context.genre.techno"] == 1.0
    assert words["context.year"] == 2001
    genre = LabelModel("genre").fit(labelled(10))
    assert not any(name.startswith("context") for name in genre.columns_)
    bucket = LabelModel("bucket").fit(
        [LabelledTrack(t.report, t.label, genre=t.label) for t in labelled(10)]
    )
    assert "context.genre.techno" in bucket.columns_
    assert "context.duration_sec" in bucket.columns_


def test_training_twice_gives_the_same_answers() -> None:
    tracks = labelled(20)
    one, other = (LabelModel("genre").fit(order) for order in (tracks, tracks[::-1]))
    assert one.out_of_bag_ == other.out_of_bag_
    assert one.metrics_ == other.metrics_


def test_sharpening_keeps_the_choice_and_mends_timid_votes() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 4, 2000)
    likely = np.full((2000, 4), 0.2)
    likely[np.arange(2000), truth] = 0.4  # right every time, and only 40 % sure
    power = fit_sharpness(likely, truth)
    assert power > 3
    assert np.array_equal(sharpen(likely, power).argmax(axis=1), truth)
    assert np.allclose(sharpen(likely, power).sum(axis=1), 1)
    # bold votes that are right half of the time are made modest
    bold = np.full((2000, 2), 0.05)
    bold[np.arange(2000), draw.integers(0, 2, 2000)] = 0.95
    assert fit_sharpness(bold, draw.integers(0, 2, 2000)) < 0.5
    assert np.array_equal(sharpen(likely, 1.0), likely)


def test_two_labelled_tracks_make_nothing_sure() -> None:
    tracks = labelled(2)
    model = LabelModel("genre").fit(tracks)
    others = [LabelledTrack(report) for report in make_crate(12)[2:]]
    for answer in model.predict([*tracks, *others]).values():
        assert answer.status == "unsure"
        assert answer.reason


def test_probabilities_promise_no_more_than_was_kept() -> None:
    truth = np.array([0, 1] * 20)
    bold = np.where(np.arange(2) == 0, 0.9, 0.1) * np.ones((40, 2))  # always 0, right half the time
    assert reliability(bold, truth) == pytest.approx(20 / 42 / 0.9)
    modest = np.where(np.arange(2) == truth[:, None], 0.6, 0.4)
    assert reliability(modest, truth) == 1.0
    assert reliability(np.empty((0, 2)), np.empty(0, dtype=int)) == 0.0
