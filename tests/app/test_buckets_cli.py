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


def test_a_cell_may_name_several_buckets(home: Settings, tmp_path: Path) -> None:
    ids = [report.track_id for report in make_crate(16)]
    rows = [
        (ids[0], "techno; HIP-HOP"), (ids[1], "TECHNO;HIP-HOP"), (ids[1], "hip-hop; techno ;"),
        (ids[2], "TECHNO"), (ids[2], "TECHNO; HIP-HOP"), (ids[3], "TECHNO; Polka; Waltz"),
        (ids[4], "TECHNO; ../up"),
    ]  # fmt: skip
    path = tmp_path / "feedback.csv"
    pd.DataFrame(rows, columns=["track_id", "correct_bucket"]).to_csv(path, index=False)
    said = json.loads(buckets("feedback", path, "--no-train", "--json").stdout)
    assert said["recorded"] == 2
    text = " ".join(said["problems"])
    for part in (
        "no bucket 'Polka' or 'Waltz' yet", "'../up'",
        "contradicts itself (TECHNO and TECHNO; HIP-HOP)",
    ):  # fmt: skip
        assert part in text
    assert len(said["problems"]) == 3
    assert words(home) == {ids[0]: ["TECHNO", "HIP-HOP"], ids[1]: ["TECHNO", "HIP-HOP"]}
    again = json.loads(buckets("feedback", path, "--no-train", "--json").stdout)
    assert (again["recorded"], again["unchanged"]) == (0, 2)
    assert runner.invoke(app, ["undo"]).exit_code == 0
    assert words(home) == {ids[0]: ["TECHNO", "HIP-HOP"]}
    assert buckets("feedback", path).exit_code == 1
    done = buckets("report", "--json")
    assert json.loads(done.stdout)["reviews"] == 2


def test_an_edited_file_may_name_several_and_an_odd_folder_stays_one(
    home: Settings, tmp_path: Path
) -> None:
    odd = [make_report(n, path=f"/music/CLUB/Rock; Pop/{n}.wav", bpm=175, energy=0.9)
           for n in range(50, 62)]  # fmt: skip
    write_reports(odd, home.reports)
    runner.invoke(app, ["train", "buckets"])
    buckets("assign", "--out", tmp_path / "p.csv")
    table = read_csv(tmp_path / "p.csv").set_index("track_id", drop=False)
    assert (table["predicted_bucket"] == "Rock; Pop").sum() >= 6
    techno = table.index[table["predicted_bucket"] == "TECHNO"]
    table.loc[techno[0], "predicted_bucket"] = "TECHNO; HIP-HOP"
    table.loc[techno[1], "predicted_bucket"] = "Rock; Pop"
    table.to_csv(tmp_path / "p.csv", index=False)
    done = buckets("feedback", tmp_path / "p.csv", "--no-train", "--json")
    said = json.loads(done.stdout)
    assert (said["recorded"], len(said["problems"])) == (1, 1)
    assert "'Rock; Pop' holds a ';'" in said["problems"][0]
    assert words(home) == {techno[0]: ["TECHNO", "HIP-HOP"]}


def test_several_buckets_are_said_by_hand_and_shown(home: Settings) -> None:
    track = make_crate(1)[0].track_id
    said = ["correct", track, "--bucket", "Warm-up; Closing"]
    done = runner.invoke(app, said)
    assert done.exit_code == 0, done.output
    assert "bucket Warm-up · Closing." in " ".join(done.output.split())
    told = json.loads(runner.invoke(app, [*said, "--json"]).stdout)
    assert told["bucket"] == "Warm-up; Closing"
    assert words(home) == {track: ["Warm-up", "Closing"]}
    assert "Warm-up · Closing" in runner.invoke(app, ["history"]).output
    bad = runner.invoke(app, ["correct", track, "--bucket", " ; "])
    assert bad.exit_code != 0
    for _ in range(2):
        assert runner.invoke(app, ["undo"]).exit_code == 0
    assert words(home) == {}
    exported = runner.invoke(app, ["dataset", "export"])
    assert exported.exit_code == 0, exported.output


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


def test_what_was_answered_and_accepted_can_be_looked_up(home: Settings, tmp_path: Path) -> None:
    assert runner.invoke(app, ["train", "buckets"]).exit_code == 0
    library = Library(home)
    rows = [row for row in library.tracks() if row.bucket.value == "TECHNO"][:3]
    library.close()
    said = [(rows[0].track_id, "TECHNO"), (rows[1].track_id, "HIP-HOP")]
    pd.DataFrame(said, columns=["track_id", "correct_bucket"]).to_csv(
        tmp_path / "feedback.csv", index=False
    )
    assert buckets("feedback", tmp_path / "feedback.csv", "--no-train").exit_code == 0
    done = buckets("report", "--json")
    found = json.loads(done.stdout)
    assert (found["reviews"], found["accepted"]) == (2, 0.5)
    page = Path(found["path"]).read_text()
    assert "Answers accepted" in page
    assert "<td>TECHNO</td><td>HIP-HOP</td><td>1</td>" in page
    trail = json.loads(buckets("audit", rows[2].track_id, "--json").stdout)
    assert trail[0]["value"] == "TECHNO"
    assert len(trail[0]["inputs"]) == 16
    assert trail[0]["model_version"]


def test_a_kept_version_can_be_asked_compared_and_pictured(home: Settings, tmp_path: Path) -> None:
    runner.invoke(app, ["train", "buckets"])
    listed = json.loads(runner.invoke(app, ["models", "list", "--json"]).stdout)
    first = next(one["name"] for one in listed if one["kind"] == "bucket")
    pd.DataFrame(
        [(report.track_id, "PEAK") for report in make_crate(16)[::4]],
        columns=["track_id", "correct_bucket"],
    ).to_csv(tmp_path / "feedback.csv", index=False)
    done = buckets("feedback", tmp_path / "feedback.csv", "--new-buckets")
    second = done.output.split("bucket model ")[1][:8]
    assert second != first
    old = buckets("assign", "--model", first, "--json", "--out", tmp_path / "old.csv")
    assert {one["model_version"] for one in json.loads(old.stdout)["predictions"]} == {first}
    judged = runner.invoke(app, ["models", "ab", "bucket", first, second, "--json"])
    assert judged.exit_code == 0, judged.output
    assert json.loads(judged.stdout)["tracks"] >= 1
    assert json.loads(judged.stdout)["answers_apart"] >= 1
    told = runner.invoke(app, ["models", "importance", "bucket", "--json"])
    shares = json.loads(told.stdout)["importances"]
    assert 0 < sum(shares.values()) <= 1
    assert "What tells a bucket" in Path(json.loads(told.stdout)["path"]).read_text()
    unknown = buckets("assign", "--model", "nonesuch")
    assert unknown.exit_code != 0


def test_training_is_offered_where_libraries_changed(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.invoke(app, ["train", "buckets"])
    shown = runner.invoke(app, ["models", "show", "bucket"])
    assert "train it again" not in shown.output
    assert "holdout" not in shown.output
    monkeypatch.setattr("training.registry._libraries", lambda: {"scikit-learn": "99.0"})
    shown = runner.invoke(app, ["models", "show", "bucket"])
    assert "(now 99.0)" in shown.output
    assert "`segue train buckets`" in shown.output.replace("\n", " ")
    assert "train it again" in runner.invoke(app, ["models", "list"]).output
