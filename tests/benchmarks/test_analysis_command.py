"""The command as a user types it; in `.ci/run` ``--quick`` as well, with all its engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._analysis.tables import markdown_table, shown
from library.settings import PROJECT_ROOT


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/analysis.py", *map(str, arguments)],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_tracks_without_truth_are_a_line(tmp_path: Path) -> None:
    done = bench("--tracks", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("BadTruth: no truth beside audio in ")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    "SEGUE_SLOW_TESTS" not in os.environ,
    reason="takes a minute or two; `.ci/run` runs it, and so does SEGUE_SLOW_TESTS=1 make test",
)
def test_quick_prints_one_table_and_writes_every_figure(tmp_path: Path) -> None:
    figures, table = tmp_path / "figures.json", tmp_path / "table.md"
    done = bench("--quick", "--json", figures, "--markdown", table, "--cache", tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert "beat F" in done.stdout
    written = json.loads(figures.read_text())
    assert set(written["summary"]["segue"]) >= {"tempo_fine", "beat_f", "cpu_times", "peak_mb"}
    assert all(track["error"] == "" for track in written["tracks"]["segue"])
    assert table.read_text().count("| Segue |") == 1


def test_values_as_printed() -> None:
    assert shown(None, "f") == "–"
    assert [shown(0.9751, form) for form in ("share", "f", "ms", "times")] == [
        "98 %", "0.975", "1.0 ms", "0.98",
    ]  # fmt: skip


def test_markdown_leaves_out_rows_of_which_nobody_speaks() -> None:
    lines = markdown_table({"segue": {"beat_f": 1.0, "failed": 0.0}}).splitlines()
    assert lines == ["| | Segue |", "|---|---:|", "| beat F | 1.000 |"]
