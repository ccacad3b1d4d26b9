from __future__ import annotations

import csv
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training import estimators
from training.assign import SimpleMLBucketAssigner, assign, labelled_rows, log_low_confidence
from training.assigners import KINDS_OF_MODEL, make_model
from training.bucket_rules import BucketRule, BucketRules, read_rules
from training.calibration import fit_weights, pool
from training.errors import BadTable, TooFewTracks
from training.evaluation import calibration_error, out_of_fold, score, write_metrics
from training.synthetic import make_dataset
from training.tables import feature_columns
from training.text import TextFeatures, describe

HEARD = "genre_label"


@pytest.fixture(autouse=True)
def small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up tracks are easy: a tenth of the trees tells them apart."""
    monkeypatch.setattr(estimators, "TREES", 40)
    monkeypatch.setattr(estimators, "ROUNDS", 10)


def heard(rows: int, seed: int = 0, noise: float = 1.0) -> tuple[pd.DataFrame, list[str]]:
    table = make_dataset(rows, seed=seed, noise=noise)
    return table[feature_columns(table, "genre", HEARD)], table[HEARD].tolist()


@pytest.mark.parametrize("name", [name for name in KINDS_OF_MODEL if name != "simple"])
def test_every_model_learns_genres_from_sound(name: str) -> None:
    table, labels = heard(100)
    new, truth = heard(60, seed=1)
    model = make_model(name).fit(table, labels)
    likely = model.predict_proba(new)
    assert likely.sum(axis=1) == pytest.approx(1)
    guess = np.array(model.classes_)[likely.argmax(axis=1)]
    assert (guess == np.array(truth)).mean() > 0.9
    assert np.array_equal(likely, make_model(name).fit(table, labels).predict_proba(new))


def test_missing_values_and_columns_are_borne_and_a_foreign_table_is_refused() -> None:
    table, labels = heard(100)
    holes = table.mask(np.random.default_rng(0).random(table.shape) < 0.2)
    model = make_model("ensemble").fit(holes, labels)
    assert np.isfinite(model.predict_proba(table.drop(columns="lowlevel.mfcc.mean.3"))).all()
    with pytest.raises(BadTable, match="has 1 of the"):
        model.predict_proba(table[["rhythm.bpm"]])


def test_a_label_with_one_track_or_one_label_only() -> None:
    table, labels = heard(29)  # too few to calibrate, where rare labels would be named
    model = make_model("ensemble").fit(table, ["Polka", *labels[1:]])
    assert len(model.fitted_) == 3, "the support vector machine needs three of each"
    with pytest.raises(TooFewTracks):
        make_model("forest").fit(table, ["House"] * 29)


def test_titles_help_where_sound_says_nothing() -> None:
    draw = np.random.default_rng(0)
    words = {"A": "dub version", "B": "club edit"}
    labels = draw.choice(["A", "B"], 120).tolist()
    table = pd.DataFrame(
        {"artist": "x", "title": [f"{words[one]} {n}" for n, one in enumerate(labels)],
         "noise": draw.normal(size=120)}
    )  # fmt: skip
    hybrid, classes = out_of_fold(lambda: make_model("hybrid"), table, labels)
    plain, _ = out_of_fold(lambda: make_model("forest"), table[["noise"]], labels)
    assert score(hybrid, classes, labels).accuracy > 0.95
    assert score(plain, classes, labels).accuracy < 0.7


def test_a_track_is_described_as_the_seed_says() -> None:
    row = {"artist": "Noor", "title": "Salt", "genre_1": "House", "genre_2": "Deep", "bpm": 123.6,
           "key": "8A"}  # fmt: skip
    assert describe(row) == "Noor - Salt, House Deep, BPM 124, key 8A"
    assert describe({"title": "Salt", "bpm": float("nan"), "artist": None}) == "Salt"
    empty = TextFeatures().fit(pd.DataFrame({"title": ["a", "b"]}))
    assert empty.transform(pd.DataFrame({"title": ["c"]})).shape == (1, 0)


def test_probabilities_are_as_sure_as_they_are_right() -> None:
    table, labels = heard(250, noise=3.0)
    likely, classes = out_of_fold(lambda: make_model("forest"), table, labels)
    scores = score(likely, classes, labels)
    assert scores.accuracy < 0.95
    assert scores.calibration_error < 0.1


def test_members_are_pooled_by_powers_of_what_they_say() -> None:
    one, other = np.array([[0.5, 0.5]]), np.array([[0.8, 0.2]])
    assert pool([one, other], np.array([1.0, 1.0])) == pytest.approx(np.array([[0.8, 0.2]]))
    assert pool([other], np.array([2.0])) == pytest.approx(np.array([[0.64, 0.04]]) / 0.68)
    never = pool([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])], np.array([0.5, 0.5]))
    assert never == pytest.approx(np.array([[0.5, 0.5]])), "no member alone rules an answer out"


def test_a_member_counts_by_how_well_it_answers() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 3, 400)
    right = np.full((400, 3), 0.2)
    right[np.arange(400), np.where(draw.random(400) < 0.7, truth, (truth + 1) % 3)] = 0.6
    noise = draw.dirichlet(np.ones(3), 400)
    weights = fit_weights([right, noise], truth)
    assert weights[0] > 3 * weights[1] > 0
    alone = fit_weights([right], truth)[0]
    # of 400 answers 280 are right: said with 0.6, that is too timid
    sure = pool([right], np.array([alone])).max(axis=1)
    assert sure == pytest.approx((right.argmax(axis=1) == truth).mean(), abs=0.01)


def test_an_ensemble_learns_weights_and_bears_a_member_that_had_none() -> None:
    table, labels = heard(100)
    model = make_model("ensemble").fit(table, labels)
    assert set(model.weights_) == set(model.members)
    whole = model.predict_proba(table)
    del model.weights_["svm"]
    assert model.predict_proba(table).sum(axis=1) == pytest.approx(1)
    assert not np.array_equal(model.predict_proba(table), whole)


def test_scores_by_hand() -> None:
    likely = np.array([[0.9, 0.1, 0], [0.6, 0.4, 0], [0.2, 0.8, 0], [0.5, 0.2, 0.3]])
    scores = score(likely, ["a", "b", "c"], ["a", "b", "b", "c"], ["a", None, "b", "b"])
    assert scores.accuracy == 0.5
    assert scores.top3 == 1.0
    assert (scores.majority_accuracy, scores.rules_accuracy) == (0.5, 0.5)
    assert scores.confusion == [[1, 0, 0], [1, 1, 0], [1, 0, 0]]
    f1 = [one.f1 for one in scores.per_class]
    assert f1 == pytest.approx([0.5, 2 / 3, 0])
    assert scores.macro_f1 == pytest.approx(np.mean(f1))
    # 0.9 right: 0.1 off; 0.6 and 0.5 wrong: their own bins; 0.8 right: 0.2 off
    assert scores.calibration_error == pytest.approx((0.1 + 0.6 + 0.2 + 0.5) / 4)
    assert calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1])) == 0


def test_a_group_is_never_learned_and_asked() -> None:
    seen: list[set[int]] = []

    class Memory:
        name, classes_ = "memory", ["x", "y"]

        def fit(self, table, labels, groups=None):  # type: ignore[no-untyped-def]
            self.known = set(groups)
            return self

        def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
            asked = set(table["group"])
            assert not asked & self.known
            seen.append(asked)
            return np.full((len(table), 2), 0.5)

    groups = np.repeat(np.arange(10), 4)
    labels = ["x", "y"] * 20
    out_of_fold(Memory, pd.DataFrame({"group": groups}), labels, groups, folds=4)
    assert set.union(*seen) == set(range(10))


def test_rows_of_one_artist_and_identical_rows_are_grouped() -> None:
    table = pd.DataFrame(
        {"artist": ["A", "a ", None, None, "B"], "x": [1, 2, 3, 3, 4], "bucket": ["p", "q", " ",
         "q", "p"]}
    )  # fmt: skip
    rows, labels, groups = labelled_rows(table, "bucket", "artist")
    assert labels == ["p", "q", "q", "p"]
    assert len(rows) == 4
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3
    with pytest.raises(BadTable, match="no column 'style'"):
        labelled_rows(table, "style")


def training_csv(rows: int) -> pd.DataFrame:
    made = make_dataset(rows)
    return pd.DataFrame(
        {"track_id": made["track_id"], "artist": made["artist"], "title": made["title"],
         "bpm": made["bpm"], "key": made["key_camelot"], "genre_1": made["genre_label"],
         "genre_2": None, "genre_3": None, "fingerprint": "",
         "bucket": made["genre_label"].str.upper()}
    )  # fmt: skip


def test_v01_trains_on_training_csv_and_predicts_one_and_many(tmp_path: Path) -> None:
    table = training_csv(120)
    table.to_csv(tmp_path / "training.csv", index=False)
    simple = SimpleMLBucketAssigner().train(tmp_path / "training.csv")
    one = simple.predict({"bpm": 174, "key": "8A", "genre_1": "Drum and Bass"})
    assert (one.value, one.status) == ("DRUM AND BASS", "sure")
    many = simple.predict_batch(table.drop(columns="bucket"))
    assert [p.value for p in many] == table["bucket"].tolist()
    with pytest.raises(TooFewTracks):
        SimpleMLBucketAssigner().predict({"bpm": 120})


@pytest.mark.parametrize(
    ("hole", "word"), [({"bpm": None}, "tempo"), ({"key": None}, "key"), ({"key": "?"}, "key")]
)
def test_without_tempo_or_key_a_row_is_unsure(hole: dict[str, object], word: str) -> None:
    simple = SimpleMLBucketAssigner().train(training_csv(80))
    track = {"bpm": 174, "key": "8A", "genre_1": "Drum and Bass"} | hole
    answer = simple.predict(track)
    assert answer.status == "unsure"
    assert answer.reason == f"its {word} is unknown"


def test_a_failing_model_falls_back_to_rules_then_unsure(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        name, classes_ = "broken", ["x"]

        def fit(self, table, labels, groups=None):  # type: ignore[no-untyped-def]
            return self

        def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
            raise RuntimeError("no memory")

    rules = BucketRules((BucketRule("FAST", bpm=(150, 200)),))
    table = pd.DataFrame({"bpm": [174.0, 90.0], "key": "8A"})
    with caplog.at_level(logging.WARNING):
        by_rule, nothing = assign(table, Broken(), rules)
    assert (by_rule.value, by_rule.status, by_rule.model_version) == ("FAST", "sure", "rules")
    assert (nothing.value, nothing.status) == (None, "unsure")
    assert "no memory" in nothing.reason
    assert "no memory" in caplog.text
    assert assign(table, None)[0].reason == "there is no model, there are no rules"


def test_rules_answer_the_rows_of_which_a_model_cannot_say_anything() -> None:
    class Silent:
        name, classes_ = "silent", ["x", "y"]

        def fit(self, table, labels, groups=None):  # type: ignore[no-untyped-def]
            return self

        def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
            return np.array([[0.2, 0.8], [np.nan, np.nan], [0.9, 0.1]])

    rules = BucketRules((BucketRule("FAST", bpm=(150, 200)),))
    table = pd.DataFrame({"bpm": [90.0, 174.0, 174.0], "key": ["8A", "8A", "8A"]})
    found = assign(table, Silent(), rules, version="v")
    assert [one.value for one in found] == ["y", "FAST", "x"]
    assert [one.model_version for one in found] == ["v", "rules", "v"]
    assert found[0].alternatives == (("x", 0.2),)


def test_unsure_answers_are_logged_and_the_log_grows(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "low_confidence.csv"
    table = pd.DataFrame({"track_id": ["t1", "t2"], "title": ["One, two", None], "bpm": [174, 90]})
    rules = BucketRules((BucketRule("FAST", bpm=(150, 200)),))
    for _ in range(2):
        assert log_low_confidence(table, assign(table, None, rules), log) == 1
    rows = list(csv.DictReader(log.open()))
    assert [row["track_id"] for row in rows] == ["t2", "t2"]
    assert rows[0]["reason"] == "there is no model, no rule fits"


RULES = """
rules:
  - bucket: CLUB / TECHNO
    keywords: [techno, acid house]
    bpm: [120, 150]
  - bucket: CHILL
    bpm: [null, 100]
    energy: [0, 0.4]
  - bucket: REST
"""


@pytest.mark.parametrize(
    ("row", "bucket"),
    [
        ({"genre_1": "Hard Techno", "bpm": 140}, "CLUB/TECHNO"),
        ({"genre_label": "Acid House", "bpm": 120}, "CLUB/TECHNO"),
        ({"genre_1": "Acid", "genre_2": "House", "bpm": 120}, "REST"),
        ({"genre_1": "Techno"}, "REST"),
        ({"bpm": 90, "energy": 0.3}, "CHILL"),
        ({"bpm": 90, "energy_score_from_metrics": 0.9}, "REST"),
    ],
)
def test_the_first_rule_that_fits_wins(tmp_path: Path, row: dict, bucket: str) -> None:  # type: ignore[type-arg]
    (tmp_path / "rules.yaml").write_text(RULES)
    assert read_rules(tmp_path / "rules.yaml").bucket(row) == bucket


def test_rules_may_be_toml(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nbucket = "FAST"\nbpm = [150, 200]\n')
    assert read_rules(path).rules == (BucketRule("FAST", bpm=(150, 200)),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules: []", "no list named rules"),
        ("rules: [{bucket: A, tempo: 1}]", "rule 1 may have only"),
        ("rules: [{bucket: ''}]", "rule 1"),
        ("rules: [{bucket: ../../etc}]", "rule 1"),
        ("rules: [{bucket: A, bpm: [200, 100]}]", "begins above its end"),
        ("rules: [{bucket: A, bpm: 100}]", "lowest, highest"),
        ("rules: [{bucket: A, keywords: techno}]", "a list of words"),
        ("rules: [", "cannot be read"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(BadTable, match=words):
        read_rules(tmp_path / "rules.yaml")


def test_metrics_json_holds_everything(tmp_path: Path) -> None:
    scores = score(np.eye(2), ["a", "b"], ["a", "b"])
    write_metrics(scores, tmp_path / "metrics.json", model="forest")
    text = (tmp_path / "metrics.json").read_text()
    for name in ("accuracy", "macro_f1", "confusion", "per_class", "calibration_error", "forest"):
        assert f'"{name}"' in text or f'"model": "{name}"' in text
