"""`segue train … --csv` end to end: any table, judged on folds, kept as a version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from library.settings import Settings
from training import estimators
from training.errors import BadTable, UnknownVersion, UntrustedBundle, UnusableBundle
from training.registry import save_bundle, versions
from training.synthetic import make_dataset
from training.table_training import load_table_model, table_model_path, train_on_table

runner = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(estimators, "TREES", 40)
    settings = Settings(tmp_path / "home")
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    return settings


def test_a_public_table_trains_a_genre_model(home: Settings, tmp_path: Path) -> None:
    made = make_dataset(90)
    public = made.filter(like="lowlevel").rename(columns=lambda name: name.replace("lowlevel.", ""))
    public.assign(bpm=made["bpm"], style=made["genre_label"], artist=made["artist"]).to_csv(
        tmp_path / "public.csv"
    )
    done = runner.invoke(
        app,
        ["train", "genre", "--csv", str(tmp_path / "public.csv"), "--label", "style",
         "--group", "artist", "--model", "forest", "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["kind"] == "genre_table"
    assert said["metrics"]["accuracy"] > 0.9 > said["metrics"]["majority_accuracy"]
    written = json.loads((home.models / "metrics.json").read_text())
    assert written["version"] == said["name"]
    assert written["confusion"] == said["scores"]["confusion"]
    bundle, version = load_table_model(table_model_path(home, "genre"), "genre")
    assert version == said["name"]
    assert "Unnamed: 0" not in bundle.columns
    likely = bundle.model.predict_proba(pd.read_csv(tmp_path / "public.csv"))
    assert likely.shape == (90, 4)
    listed = runner.invoke(app, ["models", "list", "--json"])
    assert [one["kind"] for one in json.loads(listed.stdout)] == ["genre_table"]


def test_a_bucket_model_finds_its_label_and_is_set_against_the_rules(
    home: Settings, tmp_path: Path
) -> None:
    make_dataset(60, noise=0.5).to_csv(tmp_path / "set.csv", index=False)
    home.home.mkdir()
    (home.home / "bucket_rules.yaml").write_text("rules: [{bucket: TECHNO/PEAK, bpm: [125, 140]}]")
    command = ["train", "buckets", "--csv", str(tmp_path / "set.csv"), "--model", "forest"]
    done = runner.invoke(app, command)
    assert done.exit_code == 0, done.output
    (version,) = versions(table_model_path(home, "bucket"), "bucket_table")
    assert version.metrics["accuracy"] > version.metrics["rules_accuracy"] > 0
    assert "calibration error" in done.output


def test_the_same_table_gives_the_same_version_and_strangers_are_refused(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make_dataset(40)
    first, second = (
        train_on_table(table, "genre", "genre_label", home, model="forest")[1] for _ in range(2)
    )
    assert first.digest == second.digest
    assert first.data_fingerprint == second.data_fingerprint
    path = table_model_path(home, "genre")
    with pytest.raises(UnusableBundle, match="is not a bucket model"):
        load_table_model(path, "bucket")
    save_bundle({"any": "thing"}, path, "genre_table", data_fingerprint="", tracks=0)
    with pytest.raises(UnusableBundle, match="is not a genre model"):
        load_table_model(path, "genre")
    monkeypatch.setenv("SEGUE_TRUST", str(tmp_path / "nobody"))
    with pytest.raises(UntrustedBundle):
        load_table_model(path, "genre")


def test_a_table_without_the_label_is_named(home: Settings, tmp_path: Path) -> None:
    make_dataset(10).drop(columns="genre_label").to_csv(tmp_path / "set.csv", index=False)
    done = runner.invoke(app, ["train", "genre", "--csv", str(tmp_path / "set.csv")])
    assert isinstance(done.exception, BadTable)
    assert "no column 'genre_label'" in str(done.exception)
    wrong = runner.invoke(app, ["train", "genre", "--csv", "x", "--model", "oracle"])
    assert wrong.exit_code == 2


def test_versions_are_shown_and_a_worse_one_is_promoted_only_when_told(home: Settings) -> None:
    good = train_on_table(make_dataset(60), "genre", "genre_label", home, model="forest")[1]
    shuffled = make_dataset(60)
    shuffled["genre_label"] = shuffled["genre_label"].sample(frac=1, random_state=0).tolist()
    bad = train_on_table(shuffled, "genre", "genre_label", home, model="forest")[1]
    assert bad.metrics["accuracy"] < good.metrics["accuracy"]

    def models(*arguments: str) -> Any:
        return runner.invoke(app, ["models", *arguments])

    shown = models("show", "genre_table")
    assert f"genre_table {bad.name}, in use" in shown.output
    assert "scikit-learn" in shown.output
    assert models("promote", "genre_table", good.name).exit_code == 0
    assert json.loads(models("show", "genre_table", "--json").stdout)["name"] == good.name
    refused = models("promote", "genre_table", bad.name)
    assert refused.exit_code == 2
    assert json.loads(models("show", "genre_table", "--json").stdout)["name"] == good.name
    assert models("promote", "genre_table", bad.name, "--even-worse").exit_code == 0
    assert json.loads(models("show", "genre_table", "--json").stdout)["name"] == bad.name
    assert isinstance(models("show", "genre_table", "ffffff").exception, UnknownVersion)
    assert models("show", "oracle").exit_code == 2
