"""`segue set` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from analysis.audio import load_audio
from app.cli.main import app
from app.cli.set import UnclearTrack
from app.errors import NoSuchCrate
from library.settings import Settings
from mixing.errors import UnwritableMix

runner = CliRunner()


@pytest.fixture
def segue(demo_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in the demo home; expected errors come back as exceptions."""
    monkeypatch.setenv("SEGUE_HOME", str(demo_settings.home))

    def run(*arguments: object) -> Result:
        return runner.invoke(app, ["set", *(str(part) for part in arguments)])

    return run


def make_playlist(demo_crate: Path, path: Path, count: int) -> list[str]:
    truth = json.loads((demo_crate / "truth.json").read_text())
    files = [track["file"] for track in truth["tracks"]] if "tracks" in truth else list(truth)
    chosen = sorted(files)[:count]
    path.write_text("#EXTM3U\n" + "".join(f"{demo_crate / name}\n" for name in chosen))
    return chosen


def test_a_dry_run_chooses_by_arc_and_writes_nothing(segue, demo_crate, tmp_path) -> None:
    done = segue(demo_crate, "--minutes", 6, "--arc", "peak", "--dry-run", "--json",
                 "--out", tmp_path / "set.wav")  # fmt: skip
    assert done.exit_code == 0, done.output
    plan = json.loads(done.stdout)
    assert plan["arc"] == "peak"
    assert plan["duration_sec"] / 60 == pytest.approx(6, abs=1.5)
    assert len(plan["transitions"]) == len(plan["tracks"]) - 1
    assert plan["rendered"] is None
    assert list(tmp_path.iterdir()) == []


def test_a_playlist_becomes_one_file_with_all_that_goes_beside(segue, demo_crate, tmp_path) -> None:
    make_playlist(demo_crate, tmp_path / "in.m3u8", 3)
    out = tmp_path / "out" / "set.flac"
    done = segue(tmp_path / "in.m3u8", "--minutes", 0, "--out", out)
    assert done.exit_code == 0, done.output
    assert "true peak" in done.output
    names = sorted(path.name for path in out.parent.iterdir())
    assert names == sorted(
        f"set.{suffix}" for suffix in ["cue", "flac", "html", "json", "m3u8", "txt"]
    )
    plan = json.loads(out.with_suffix(".json").read_text())
    assert load_audio(out).duration_sec == pytest.approx(plan["duration_sec"], abs=0.01)
    assert len(out.with_suffix(".txt").read_text().splitlines()) == 3
    page = out.with_suffix(".html").read_text()
    assert "Plotly.newPlot" in page
    assert "<script src=" not in page  # nothing from the network
    for track in plan["tracks"]:
        assert track["title"][:12] in page


def test_first_last_and_lock_are_named_in_words(segue, demo_crate, tmp_path) -> None:
    done = segue(demo_crate, "--minutes", 0, "--dry-run", "--json")
    titles = [track["title"] for track in json.loads(done.stdout)["tracks"]]
    first, last, one, two = titles[5], titles[0], titles[7], titles[3]
    done = segue(demo_crate, "--minutes", 8, "--dry-run", "--json", "--first", first,
                 "--last", last.upper(), "--lock", f"{one},{two}")  # fmt: skip
    assert done.exit_code == 0, done.exception
    again = [track["title"] for track in json.loads(done.stdout)["tracks"]]
    assert (again[0], again[-1]) == (first, last)
    assert again[again.index(one) + 1] == two


def test_what_cannot_be_done_is_named(segue, demo_crate, tmp_path) -> None:
    assert isinstance(segue("Friday night").exception, NoSuchCrate)
    assert isinstance(segue(demo_crate, "--first", "nobody").exception, UnclearTrack)
    assert isinstance(segue(demo_crate, "--lock", "no,body").exception, UnclearTrack)
    assert isinstance(segue(demo_crate, "--out", tmp_path / "set.ogg").exception, UnwritableMix)
    assert segue(demo_crate, "--lock", "nobody").exit_code == 2
    assert segue(demo_crate, "--arc", "sideways").exit_code == 2
    assert segue().exit_code == 2
