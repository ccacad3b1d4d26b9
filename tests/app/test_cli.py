"""The command line end to end on the demo crate: what it prints, writes and exits with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from analysis.report import Report
from app.cli import system
from app.cli.main import app
from app.decks.build import DecksNotBuilt
from library.library import Library
from library.settings import Settings

runner = CliRunner()


@pytest.fixture
def segue(demo_home: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command in a home of its own; expected errors come back as exceptions."""
    monkeypatch.setenv("SEGUE_HOME", str(demo_home.home))

    def run(*arguments: object) -> Result:
        return runner.invoke(app, [str(part) for part in arguments])

    return run


def two_of_one_style(settings: Settings, style: str = "Techno") -> list[Path]:
    library = Library(settings)
    library.refresh()
    return [row.path for row in library.tracks() if style in str(row.genre.value)][:2]


def in_a_process(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={"SEGUE_HOME": str(home), "PATH": "/usr/bin:/bin", "HOME": str(home)},
        cwd=Path(__file__).parents[2],
        check=False,
    )


def test_an_error_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = in_a_process(tmp_path, "mix", "nowhere.mp3", "other.mp3")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nowhere.mp3" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_trace(tmp_path: Path) -> None:
    done = in_a_process(tmp_path, "--debug", "mix", "nowhere.mp3", "other.mp3")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_wrong_usage_exits_2(segue: Any) -> None:
    assert segue("mix").exit_code == 2
    assert segue("analyse").exit_code == 2
    assert segue("recommend", "x", "--count", 0).exit_code == 2


def test_help_does_not_wait_for_heavy_imports(tmp_path: Path) -> None:
    listing = "from typer.testing import CliRunner; from app.cli.main import app; import sys; "
    listing += "print(CliRunner().invoke(app, ['--help']).output, *sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    assert "Mix track A into track B" in done.stdout
    assert not {"scipy", "sklearn", "pandas", "streamlit"} & set(done.stdout.split())


COMMANDS = [
    *("analyse", "app", "backup", "correct", "demo", "doctor", "history", "mix", "recommend"),
    *("undo", "train recommender", "train genre", "train buckets"),
    *("models list", "models rollback", "models trust"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(segue: Any, command: str) -> None:
    result = segue(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_check_names_every_optional_library(segue: Any) -> None:
    found = json.loads(segue("analyse", "--check", "--json").output)
    names = {one["name"] for one in found}
    assert {"essentia", "madmom", "openl3", "pyloudnorm", "spleeter"} <= names
    assert all(one["available"] or (one["reason"] and one["advice"]) for one in found)


def test_analyse_skips_what_has_a_report_and_lists_what_fails(
    segue: Any, demo_home: Settings, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "text.mp3").write_text("this is no music")
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(44100 * 3) / 44100)
    soundfile.write(music / "tone.wav", tone, 44100)
    first = segue("analyse", music, "--json")
    assert first.exit_code == 1
    found = json.loads(first.stdout)
    assert found["analysed"] == 1
    assert [Path(one["path"]).name for one in found["failed"]] == ["text.mp3"]
    assert "\n" not in found["failed"][0]["error"]
    again = json.loads(segue("analyse", music, "--json").stdout)
    assert (again["analysed"], again["skipped"]) == (0, 1)
    assert not list(music.glob("*.json"))
    beside = json.loads(segue("analyse", music / "tone.wav", "--beside", "--json").stdout)
    assert beside["analysed"] == 1
    assert len(list(music.glob("tone-*.json"))) == 1


def test_output_dash_prints_the_report(segue: Any, demo_home: Settings) -> None:
    path = next(demo_home.demo.rglob("*.ogg"))
    result = segue("analyse", path, "--output", "-")
    assert result.exit_code == 0
    printed = Report.model_validate_json(result.stdout)
    library = Library(demo_home)
    library.refresh()
    stored = library.raw_report(printed.track_id).model_copy(deep=True)
    # the home was copied, so the same sound now lies elsewhere
    stored.metadata.path = printed.metadata.path
    assert result.stdout == stored.to_json()


def test_recommend_gives_reasons(segue: Any, demo_home: Settings) -> None:
    path = two_of_one_style(demo_home)[0]
    found = json.loads(segue("recommend", path, "-n", 3, "--json").stdout)
    assert 1 <= len(found["items"]) <= 3
    assert all(item["reasons"] for item in found["items"])
    assert found["track_id"] not in [item["track_id"] for item in found["items"]]


def test_recommend_trains_first_where_there_is_no_model(segue: Any, demo_home: Settings) -> None:
    demo_home.recommender.unlink()
    path = two_of_one_style(demo_home)[0]
    assert json.loads(segue("recommend", path, "--json").stdout)["items"]
    assert demo_home.recommender.is_file()


def test_a_bundle_from_elsewhere_is_refused_until_trusted(segue: Any, demo_home: Settings) -> None:
    path = two_of_one_style(demo_home)[0]
    joblib.dump({"bundle_version": "a stranger's"}, demo_home.recommender)
    assert type(segue("recommend", path).exception).__name__ == "UntrustedBundle"
    assert segue("models", "trust", demo_home.recommender).exit_code == 0
    assert type(segue("recommend", path).exception).__name__ == "UnusableBundle"


def test_mix_writes_file_and_plan(segue: Any, demo_home: Settings, tmp_path: Path) -> None:
    first, second = two_of_one_style(demo_home)
    out, plan_file = tmp_path / "mix.flac", tmp_path / "plan.json"
    options = ["--context-bars", 4, "--bars", 8, "--out", out, "--plan", plan_file]
    result = segue("mix", first, second, *options)
    assert result.exit_code == 0, result.output
    assert "Kicks together" in result.output
    plan = json.loads(plan_file.read_text())
    assert plan["measured"]["kick_async_p95_ms"] <= 10
    assert plan["measured"]["true_peak_dbtp"] <= -1.0
    assert soundfile.info(out).duration == pytest.approx(plan["rendered"]["duration_sec"], abs=0.01)


def test_the_same_track_twice_is_named(segue: Any, demo_home: Settings) -> None:
    path = two_of_one_style(demo_home)[0]
    assert type(segue("mix", path, path).exception).__name__ == "SameTrack"


def test_corrections_survive_a_new_analysis_and_can_be_undone(
    segue: Any, demo_home: Settings
) -> None:
    path = two_of_one_style(demo_home)[0]
    library = Library(demo_home)
    library.refresh()
    before = library.find(str(path))
    changed = json.loads(
        segue("correct", path, "--halve", "--key", "8A", "--bucket", "AFTER/HOURS", "--json").stdout
    )
    assert changed["bpm"] == pytest.approx(before.bpm.value / 2)
    assert changed["key"] == "A minor"
    assert segue("analyse", path, "--overwrite").exit_code == 0
    library.refresh()
    after = library.find(str(path))
    assert after.bpm.value == pytest.approx(before.bpm.value / 2)
    assert (after.key.value, after.bucket.value) == ("A minor", "AFTER/HOURS")
    assert after.bucket.source == "dj"
    kinds = [entry["kind"] for entry in json.loads(segue("history", "--json").stdout)]
    assert kinds[:3] == ["bucket", "key", "grid"]
    for _ in range(3):
        assert segue("undo").exit_code == 0
    library.refresh()
    assert library.find(str(path)).bpm.value == pytest.approx(before.bpm.value)


def test_backup_holds_every_word(segue: Any, demo_home: Settings, tmp_path: Path) -> None:
    path = two_of_one_style(demo_home)[0]
    segue("correct", path, "--genre", "Warehouse")
    copy = tmp_path / "kept.sqlite"
    assert segue("backup", copy).exit_code == 0
    demo_home.notebook.unlink()
    demo_home.notebook.write_bytes(copy.read_bytes())
    library = Library(demo_home)
    library.rebuild()
    assert library.find(str(path)).genre.value == "Warehouse"


def test_models_can_be_rolled_back(segue: Any, demo_home: Settings) -> None:
    first = json.loads(segue("train", "recommender", "--json").stdout)
    second = json.loads(segue("train", "recommender", "--test-size", 0, "--json").stdout)
    assert first["digest"] != second["digest"]
    assert segue("models", "rollback", "recommender").exit_code == 0
    active = [one for one in json.loads(segue("models", "list", "--json").stdout) if one["active"]]
    assert first["digest"] in [one["digest"] for one in active]


def test_doctor_counts_the_library(segue: Any) -> None:
    found = json.loads(segue("doctor", "--json").stdout)
    assert found["tracks"] == 16
    assert found["missing_audio"] == 0


@pytest.mark.parametrize("fails", [False, True])
def test_the_app_builds_the_decks_first_and_opens_whatever_comes_of_it(
    fails: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def build() -> None:
        done.append("built")
        if fails:
            raise DecksNotBuilt("there is no network")

    monkeypatch.setattr(system, "find_built", lambda: None)
    monkeypatch.setattr(system, "ensure_built", build)
    monkeypatch.setattr("os.chdir", lambda _path: None)
    monkeypatch.setattr("os.execv", lambda _program, arguments: done.append(arguments[3]))
    system.app(port=9000)
    assert done == ["built", "run"]
    assert ("there is no network" in capsys.readouterr().err) is fails
