"""Corrections and what they bring: at once, after training, on the holdout, and on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from library.library import Library
from library.notebook import Notebook
from library.predictions import Prediction
from library.settings import Settings
from tests.library.factory import make_crate, write_reports
from training import labels
from training.audit import acceptance, audit_of, note_predictions, note_reviews, reviews
from training.explain import evidence, in_words, middling, reasons
from training.judging import in_holdout, judge
from training.labels import LabelledTrack, LabelModel
from training.leaning import learn_now, space_path
from training.learn import (
    compare_versions,
    gather,
    label_tracks,
    learn_labels,
    learning_curve,
    predict_all,
    predict_with,
)
from training.registry import find_version, outdated_libraries, versions
from training.review import review_order
from training.space import leaned, make_space, read_space
from training.words import OLDEST, word_weights


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(labels, "TREES", 60)
    settings = Settings(tmp_path / "home")
    write_reports(make_crate(40), settings.reports)
    found = Library(settings)
    found.refresh()
    return found


def answers(library: Library) -> dict[str, tuple[object, ...]]:
    """Return everything but the time of what stands on each track."""
    return {
        track: (one["bucket"].value, one["bucket"].probability, one["bucket"].alternatives,
                one["bucket"].reason, one["bucket"].model_version)
        for track, one in library.predictions.all(["bucket"]).items()
    }  # fmt: skip


def test_newer_words_count_more_and_wavering_ones_less(tmp_path: Path) -> None:
    now = [datetime(2024, 1, 1, tzinfo=UTC)]
    notebook = Notebook(tmp_path / "n.sqlite", clock=lambda: now[0])
    notebook.record("old", "bucket", "A")
    now[0] += timedelta(days=3650)
    for value in ("A", "B", "A"):
        notebook.record("wavering", "bucket", value)
    for value in ("A", ["B", "A"], ["B", "A", "C"]):
        notebook.record("more", "bucket", value)
    for value in (["A", "B"], ["C", "B"]):
        notebook.record("half", "bucket", value)
    notebook.record("new", "bucket", "A")
    weights = word_weights(notebook.history(kind="bucket", standing=True))
    assert weights["new"] == 1.0
    assert weights["wavering"] == pytest.approx(0.5)
    assert weights["more"] == 1.0, "one more bucket takes nothing back"
    assert weights["half"] == 0.5
    assert weights["old"] == pytest.approx(OLDEST, abs=0.01)
    assert word_weights([]) == {}


def test_a_correction_reaches_what_sounds_alike_at_once(library: Library) -> None:
    learn_labels(library)
    space = read_space(space_path(library.settings))
    assert space is not None
    assert len(space.track_ids) == 40
    own = answers(library)
    before = library.predictions.all(["bucket"])
    track = next(t for t, one in before.items() if one["bucket"].value == "TECHNO")
    near = [other for other, _ in space.nearest(track, 5)]
    assert {dict(zip(space.track_ids, space.labels, strict=True))[one] for one in near} == {
        "TECHNO"
    }
    library.correct(track, "bucket", "PEAK")
    assert learn_now(library, [track]) > 0
    after = library.predictions.all(["bucket"])
    leans = dict(after[near[0]]["bucket"].alternatives) | {
        after[near[0]]["bucket"].value: after[near[0]]["bucket"].probability
    }
    assert leans["PEAK"] > 0.05
    assert after[near[0]]["bucket"].model_version.endswith("+")
    assert after[track] == before[track]
    far = max(set(before) - {track}, key=lambda one: -space.felt_by(track).get(one, 0.0))
    assert after[far] == before[far]
    assert learn_now(library, ["nobody"]) == 0
    library.undo(track, "bucket")
    assert learn_now(library, [track]) > 0
    assert answers(library) == own


def test_no_undo_leaves_a_trace_in_whatever_order(library: Library) -> None:
    learn_labels(library, ("bucket",))
    own = answers(library)
    tracks = sorted(own)[:12]
    words = {one: ["PEAK", "TECHNO", "HOUSE"][at % 3] for at, one in enumerate(tracks)}
    library.correct_all("bucket", words)
    learn_now(library, words)
    together = answers(library)
    assert together != own
    for one in tracks[::2]:
        library.undo(one, "bucket")
        learn_now(library, [one])
    half = answers(library)
    library.undo_all(tracks[1::2], "bucket")
    learn_now(library, tracks[1::2])
    assert answers(library) == own
    for one in tracks[1::2]:
        library.correct(one, "bucket", words[one])
        learn_now(library, [one])
    again = answers(library)
    unspoken = set(own) - set(tracks[1::2])
    assert {one: again[one] for one in unspoken} == {one: half[one] for one in unspoken}


def test_what_a_word_has_leaned_stays_so_until_the_next_training(library: Library) -> None:
    learn_labels(library, ("bucket",))
    track = sorted(answers(library))[0]
    library.correct(track, "bucket", "PEAK")
    learn_now(library, [track])
    leaned_answers = answers(library)
    assert any(version.endswith("+") for *_, version in leaned_answers.values())
    predict_all(library, ("bucket",))  # as after new tracks
    assert answers(library) == leaned_answers | {track: answers(library)[track]}
    learn_labels(library, ("bucket",), even_worse=True)
    assert not any(version.endswith("+") for *_, version in answers(library).values())


def test_a_neighbours_bucket_gains_what_the_others_lose() -> None:
    one = Prediction("bucket", "A", 0.6, (("B", 0.3),), model_version="x")
    same = leaned(one, ["B"], 1.0)
    assert (same.value, same.probability) == ("B", pytest.approx(0.15 + 0.5))
    assert dict(same.alternatives) == {"A": pytest.approx(0.3)}
    assert leaned(one, ["B"], 0.0).value == "A"


def test_several_buckets_share_what_a_neighbour_gains() -> None:
    one = Prediction("bucket", "A", 0.6, (("B", 0.3),), model_version="x")
    both = leaned(one, ["B", "C"], 1.0)
    likely = {both.value: both.probability} | dict(both.alternatives)
    assert likely == {
        "A": pytest.approx(0.3), "B": pytest.approx(0.15 + 0.25), "C": pytest.approx(0.25),
    }  # fmt: skip


def test_each_bucket_of_a_track_is_learned_and_each_is_a_right_answer(library: Library) -> None:
    learn_labels(library, ("bucket",))
    rows = {row.track_id: row for row in library.tracks()}
    for track, row in rows.items():
        other = "HIP-HOP" if "TECHNO" in row.folders else "TECHNO"
        library.correct(track, "bucket", [other, "Closing", *row.folders])
    tracks = label_tracks(library, gather(library), "bucket")
    assert {one.labels[1:] for one in tracks} == {("Closing", "TECHNO"), ("Closing", "HIP-HOP")}
    path = library.settings.label_model("bucket")
    version = learn_labels(library, ("bucket",), even_worse=True)["bucket"]
    assert version.metrics["holdout"]["before"] == 1.0, "its one answer is among the three"
    assert version.metrics["accuracy"] == 1.0
    assert version.name != versions(path, "bucket")[-1].name
    curve = learning_curve(library)
    assert curve[-1][1] == 1.0
    space = read_space(space_path(library.settings))
    assert space is not None
    assert "TECHNO · Closing · HIP-HOP" in space.labels


def test_points_lie_near_where_what_matters_is_alike() -> None:
    draw = np.random.default_rng(2)
    kind = np.repeat([0, 1], 20)
    matrix = np.column_stack([kind + draw.normal(0, 0.1, 40), draw.normal(0, 5, 40)])
    matrix[3, 1] = np.nan
    names = [str(n) for n in range(40)]
    space = make_space(names, [None, *names[1:]], matrix, np.array([0.99, 0.01]))
    assert all(kind[int(one)] == 0 for one, _ in space.nearest("5", 8))
    assert "0" not in [one for one, _ in space.nearest("5", 39)]


def test_a_worse_model_is_kept_but_not_used_unless_told(library: Library) -> None:
    first = learn_labels(library, ("bucket",))["bucket"]
    assert first.active
    ids = [row.track_id for row in library.tracks()]
    draw = np.random.default_rng(0)
    # a hand on the wrong keys: every word random, except on the holdout
    for track in ids:
        if not in_holdout(track):
            library.notebook.record(track, "bucket", str(draw.choice(["TECHNO", "HIP-HOP"])))
    library.refresh_words()
    second = learn_labels(library, ("bucket",))["bucket"]
    told = second.metrics["holdout"]
    assert told["tracks"] == sum(map(in_holdout, ids))
    assert told["after"] < told["before"]
    assert (second.active, told["gain_high"] < 0) == (False, True)
    assert find_version(library.settings.label_model("bucket"), "bucket").name == first.name
    kept = {one["bucket"].model_version for one in library.predictions.all().values()}
    assert {one.removesuffix("+") for one in kept} == {first.name}, (
        "leaning to the words, not made of them"
    )
    third = learn_labels(library, ("bucket",), even_worse=True)["bucket"]
    assert third.active
    path = library.settings.label_model("bucket")
    verdict, apart = compare_versions(
        library, "bucket", first, find_version(path, "bucket", third.name)
    )
    assert verdict.before > verdict.after
    assert apart > 0
    asked = predict_with(library, "bucket", versions(path, "bucket")[-1])
    assert {one.model_version for one in asked.values()} == {first.name}


def test_the_holdout_is_the_same_for_ever_and_about_a_fifth() -> None:
    held = [in_holdout(f"{number:032x}") for number in range(5000)]
    assert 0.18 < np.mean(held) < 0.23
    assert [number for number in range(30) if held[number]] == [
        number for number in range(30) if in_holdout(f"{number:032x}")
    ]


def test_more_labels_make_a_better_curve(library: Library) -> None:
    curve = learning_curve(library)
    counts = [count for count, _ in curve]
    assert counts == sorted(counts)
    assert curve[-1][1] == 1.0


def test_answers_and_words_are_on_record(tmp_path: Path) -> None:
    one = Prediction("bucket", "A", 0.9, model_version="v1")
    assert note_predictions(tmp_path, "bucket", {}, {"t": one}, {"t": {"bpm": 126.0}}) == 1
    assert note_predictions(tmp_path, "bucket", {"t": one}, {"t": one}, {}) == 0
    other = Prediction("bucket", "B", 0.7, model_version="v2")
    note_predictions(tmp_path, "bucket", {"t": one}, {"t": other}, {"t": {"bpm": 127.0}})
    first, second = audit_of(tmp_path, "t")
    assert (first["value"], second["value"]) == ("A", "B")
    assert first["inputs"] != second["inputs"]
    assert (second["model_version"], second["time"]) == ("v2", other.time)
    for track, said, how in (("t", "A", "accept"), ("u", "B", "correct"), ("v", "A", "accept")):
        note_reviews(tmp_path, {track: said}, {track: one}, how)
    note_reviews(tmp_path, {"w": "B"}, {}, "correct")
    assert [round(step.overall, 2) for step in acceptance(reviews(tmp_path))] == [1.0, 0.5, 0.67]
    note_reviews(tmp_path, {"u": ""}, {}, "undo")
    note_reviews(tmp_path, {"x": ["B", "A"]}, {"x": one}, "correct")
    with (tmp_path / "reviews.jsonl").open("a") as file:
        file.write('{"track_id": "cut sho')
    assert acceptance(reviews(tmp_path))[-1].overall == 1.0
    assert len(reviews(tmp_path)) == 4
    assert reviews(tmp_path)[-1].accepted, "what was answered is among what was said"


def test_the_reason_is_the_feature_that_decides(library: Library) -> None:
    learn_labels(library, ("bucket",))
    tracks = label_tracks(library, gather(library), "bucket")
    model = LabelModel("bucket").fit(tracks)
    middles = middling(model, tracks)
    for track in tracks[:6]:
        found = evidence(model, track, middles, str(track.label))
        assert found
        assert all(one.push > 0 for one in found)
        assert [one.push for one in found] == sorted((o.push for o in found), reverse=True)
    assert evidence(model, tracks[0], middles, "NEVER HEARD OF") == []
    line = reasons(library)[tracks[0].track_id]
    assert line.startswith("for it: ")
    assert f"({tracks[0].label})" in line
    assert in_words([], []) == "no single feature decides"


def test_equally_good_models_are_judged_equal(library: Library) -> None:
    tracks = label_tracks(library, gather(library), "bucket")
    model = LabelModel("bucket").fit(tracks)
    verdict = judge(model, model, tracks)
    assert verdict is not None
    assert verdict.comparison.p_value == 1.0
    assert not verdict.comparison.really_worse
    nobody = [LabelledTrack(one.report) for one in tracks]
    assert judge(model, model, nobody) is None


def test_the_least_certain_answers_come_first() -> None:
    found = {
        "sure": Prediction("bucket", "A", 0.9),
        "doubt": Prediction("bucket", "A", 0.3),
        "nothing": Prediction("bucket", None, 0.0),
    }
    assert review_order(found) == ["nothing", "doubt", "sure"]


def test_other_libraries_are_named(library: Library) -> None:
    version = learn_labels(library, ("bucket",))["bucket"]
    assert outdated_libraries(version) == {}
    old = version.__class__(**{**vars(version), "libraries": {"scikit-learn": "0.9.1"}})
    assert outdated_libraries(old)["scikit-learn"][0] == "0.9.1"
