"""What the command line does with what nobody should type: one line, exit 1 or 2, never a trace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.cli import main as segue
from library.settings import Settings


@pytest.fixture
def home(small_home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home of three tracks, and in the current folder a file that is no folder."""
    monkeypatch.setenv("SEGUE_HOME", str(small_home.home))
    monkeypatch.delenv("SEGUE_DEBUG", raising=False)
    monkeypatch.setattr(sys, "argv", sys.argv)  # `run` changes it
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    return small_home.home


def run(*arguments: str) -> int:
    """Run ``segue`` as a shell does; what it does not handle itself comes out of here."""
    sys.argv = ["segue", *arguments]
    with pytest.raises(SystemExit) as ended:
        segue()
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize(
    "command",
    [
        "mix Lantern Harbour --dry-run --plan file/plan.json",
        "mix Lantern Harbour --context-bars 0 --out file/mix.wav",
        "analyse {track} --output file/report.json",
        "backup file/copy.sqlite",
        "backup file/deeper/copy.sqlite",
        "backup {home}/data/notebook.sqlite",
        "dataset export --out file/table.csv",
        "train recommender --model-out file/model.joblib",
        "recommend ~nobody-of-this-name/x.mp3",
        "recommend " + 300 * "long",
        "mix ~nobody-of-this-name/x.mp3 Lantern",
        "set ~nobody-of-this-name/music --dry-run",
        "set " + 300 * "long",
        "correct Lantern --shift-ms nan",
        "correct Lantern --shift-ms inf",
        "correct Lantern --bar-one nan",
        "correct Lantern --bar-one inf",
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_1(
    home: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    track = home / "demo" / "CLUB" / "HOUSE" / "Ada Quill - Lantern.wav"
    words = [word.format(home=home, track=track) for word in command.split()]
    before = sorted(path for path in home.rglob("*") if path.is_file())
    assert run(*words) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    head, colon, _ = said.partition(": ")
    assert colon
    assert head.isidentifier()
    left = {path for path in home.rglob("*") if path.is_file()} - set(before)
    assert not [path for path in left if path.suffix == ".part"]


@pytest.mark.parametrize(
    "command",
    [
        ("app", "--port", "0"),
        ("app", "--port", "65536"),
        ("analyse", ".", "--pattern", ""),
        ("analyse", ".", "--pattern", "/absolute/**/*.mp3"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    home: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", lambda *_words: pytest.fail("the app was opened"))
    assert run(*command) == 2


def test_a_full_disk_is_one_line_and_debug_shows_the_trace(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_arguments: object, **_words: object) -> None:
        raise OSError(28, "No space left on device", "/music/plan.json")

    monkeypatch.setattr("mixing.plan.Plan.write", full)
    command = ("mix", "Lantern", "Harbour", "--dry-run", "--plan", "plan.json")
    assert run(*command) == 1
    assert capsys.readouterr().err == "OSError: /music/plan.json: No space left on device\n"
    monkeypatch.setenv("SEGUE_DEBUG", "1")
    sys.argv = ["segue", *command]
    with pytest.raises(OSError, match="No space left"):
        segue()
