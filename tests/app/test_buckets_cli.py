"""`segue buckets` as a person types it: predict, edit, hand back, learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app
from library.library import Library
from library.settings import Settings
from tests.library.factory import make_crate, make_report, write_reports
from training import estimators
from training.errors import BadTable
from training.feedback import PREDICTION_COLUMNS, read_predictions
from training.synthetic import make_dataset
from training.tables import read_csv

runner = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SEGUE_TRUST", str(tmp_path / "trusted"))
    monkeypatch.setattr(estimators, "TREES", 40)
    settings = Settings(tmp_path / "home")
    crate = make_crate(16)
    crate.append(make_report(90, path="/music/CLUB/TECHNO/90.wav", bpm=None))
    write_reports(crate, settings.reports)
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    return settings


def buckets(*arguments: object) -> Result:
    return runner.invoke(app, ["buckets", *(str(part) for part in arguments)])


def words(settings: Settings) -> dict[str, Any]:
    library = Library(settings)
    said = {track: one["bucket"] for track, one in library.notebook.latest_of().items()}
    library.close()
    return said


def test_predictions_are_a_file_with_the_contracts_columns(home: Settings) -> None:
    assert runner.invoke(app, ["train", "buckets"]).exit_code == 0
    done = buckets("assign", "--debug")
    assert done.exit_code == 0, done.output
    table = read_predictions(home.data / "bucket_predictions.csv")
    assert list(table) == list(PREDICTION_COLUMNS)
    assert len(table) == 17
    sure = table[table["status"] == "sure"]
    assert set(sure["predicted_bucket"]) == {"TECHNO", "HIP-HOP"}
    silent = table.set_index("title").loc["Track 90"]
    assert (silent["predicted_bucket"], silent["status"]) == ("unsure", "unsure")
    assert "its tempo is unknown" in done.output
    log = read_csv(home.logs / "low_confidence.csv")
    assert "Track 90" in set(log["title"])
    assert len(log) == (table["status"] == "unsure").sum()


def test_without_a_model_the_djs_rules_answer(home: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{bucket: FAST, bpm: [120, 140]}]")
    done = buckets("assign", "--rules", rules, "--json", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["tracks"] == 17
    by = {one["predicted_bucket"] for one in found["predictions"]}
    assert by == {"FAST", "unsure"}
    assert found["unsure"] == 9
    library = Library(home)
    fast = [row for row in library.tracks() if row.suggested_bucket.value == "FAST"]
    assert len(fast) == 8
    library.close()


def test_an_edited_file_comes_back_as_the_djs_word(home: Settings, tmp_path: Path) -> None:
    runner.invoke(app, ["train", "buckets"])
    buckets("assign", "--out", tmp_path / "p.csv")
    table = read_csv(tmp_path / "p.csv")
    at = table.index[table["predicted_bucket"] == "HIP-HOP"][0]
    table.loc[at, "predicted_bucket"] = "techno"
    table.to_csv(tmp_path / "p.csv", index=False)
    done = buckets("feedback", tmp_path / "p.csv")
    assert done.exit_code == 0, done.output
    assert words(home) == {table.loc[at, "track_id"]: "TECHNO"}
    assert "1 taken, 16 without news; bucket model" in done.output
    again = buckets("feedback", tmp_path / "p.csv", "--json")
    assert json.loads(again.stdout)["recorded"] == 0


def test_feedback_names_what_it_cannot_take_and_takes_the_rest(
    home: Settings, tmp_path: Path
) -> None:
    ids = [report.track_id for report in make_crate(16)]
    rows = [
        (ids[0], "TECHNO"), (ids[1], "TECHNO"), (ids[1], "hip-hop"), ("nobody", "TECHNO"),
        (ids[2], "POLKA"), (ids[3], "../up"), (ids[4], ""), (ids[5], "unsure"),
    ]  # fmt: skip
    path = tmp_path / "feedback.csv"
    pd.DataFrame(rows, columns=["track_id", "correct_bucket"]).to_csv(path, index=False)
    done = buckets("feedback", path, "--no-train", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert said["recorded"] == 1
    assert said["model_version"] is None
    text = " ".join(said["problems"])
    for part in ("no track 'nobody'", "'POLKA'", "'../up'", "TECHNO and HIP-HOP"):
        assert part in text
    assert len(said["problems"]) == 4
    assert words(home) == {ids[0]: "TECHNO"}
    buckets("feedback", path, "--no-train", "--new-buckets")
    assert words(home)[ids[2]] == "POLKA"


def test_a_table_of_tracks_is_assigned_by_the_table_model(home: Settings, tmp_path: Path) -> None:
    made = make_dataset(80, noise=0.5)
    made.to_csv(tmp_path / "set.csv", index=False)
    nobody = buckets("assign", "--csv", tmp_path / "set.csv", "--json")
    assert json.loads(nobody.stdout)["unsure"] == 80
    runner.invoke(
        app, ["train", "buckets", "--csv", str(tmp_path / "set.csv"), "--model", "forest"]
    )
    new = make_dataset(20, seed=5, noise=0.5)
    new.drop(columns="bucket_label").to_csv(tmp_path / "new.csv", index=False)
    done = buckets("assign", "--csv", tmp_path / "new.csv", "--out", tmp_path / "p.csv")
    assert done.exit_code == 0, done.output
    found = read_predictions(tmp_path / "p.csv")
    assert (found["predicted_bucket"] == new["bucket_label"]).mean() > 0.7


def test_a_file_of_predictions_that_was_spoilt_is_named(tmp_path: Path) -> None:
    row = dict.fromkeys(PREDICTION_COLUMNS, "x") | {"confidence": 1.5, "status": "sure"}
    for change, text in (
        ({}, "no probability"),
        ({"confidence": 0.5, "status": "maybe"}, "neither sure nor unsure"),
    ):
        pd.DataFrame([row | change]).to_csv(tmp_path / "p.csv", index=False)
        with pytest.raises(BadTable, match=text):
            read_predictions(tmp_path / "p.csv")
