"""`segue dataset` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from app.cli.main import app
from library.settings import Settings
from tests.library.factory import make_crate, write_reports
from training.tables import read_csv

runner = CliRunner()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(tmp_path / "home")
    crate = make_crate(6)
    for report in crate[1:]:
        report.analysis.essentia = {"rhythm.bpm": report.analysis.rhythm.tempo_bpm_global}
    write_reports(crate, settings.reports)
    monkeypatch.setenv("SEGUE_HOME", str(settings.home))
    return settings


def test_export_writes_the_table_and_says_what_was_left_out(home: Settings) -> None:
    done = runner.invoke(app, ["dataset", "export"])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(home.data / "training_dataset_full.csv")
    assert len(table) == 5
    assert "5 of 6 tracks" in done.output
    assert "left out 1: no Essentia descriptors" in done.output


def test_export_goes_where_told_with_further_context(home: Settings, tmp_path: Path) -> None:
    runner.invoke(app, ["dataset", "export"])
    first = read_csv(home.data / "training_dataset_full.csv")
    first[["track_id"]].assign(occasion_tags="wedding").to_csv(tmp_path / "more.csv", index=False)
    out = tmp_path / "deep" / "set.csv"
    command = ["dataset", "export", "--out", str(out), "--context", str(tmp_path / "more.csv")]
    done = runner.invoke(app, [*command, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["path"] == str(out)
    assert said["rows_out"] == 5
    assert list(said["dropped"].values()) == ["no Essentia descriptors"]
    assert set(pd.read_csv(out)["occasion_tags"]) == {"wedding"}
