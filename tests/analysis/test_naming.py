"""Report names, and finding reports by hash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.naming import ReportFolder, report_name

HASH = "0123456789abcdef0123456789abcdef"
TWIN = "01234567ffffffffffffffffffffffff"


def put(folder: Path, name: str, content_hash: str) -> Path:
    path = folder / name
    path.write_text(json.dumps({"metadata": {"content_hash": content_hash}}))
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Track", "Track-01234567.json"),
        ("a/b\\c:d*e?f", "a b c d e f-01234567.json"),
        ("...", "track-01234567.json"),
        ("", "track-01234567.json"),
        ("CON", "_CON-01234567.json"),
        ("Ünïcode 音楽", "Ünïcode 音楽-01234567.json"),
        ("dots. and dots.", "dots. and dots-01234567.json"),
    ],
)
def test_names(name: str, expected: str) -> None:
    assert report_name(name, HASH) == expected


@given(st.text(max_size=400))
def test_any_name_fits_a_file_system(name: str) -> None:
    made = report_name(name, HASH)
    assert len(made.encode()) < 200
    assert "/" not in made
    assert made.endswith("-01234567.json")


def test_a_report_is_found_by_its_whole_hash(tmp_path: Path) -> None:
    put(tmp_path, "other-01234567.json", TWIN)
    mine = put(tmp_path, "name-01234567.json", HASH)
    (tmp_path / "broken-01234567.json").write_text("{")
    (tmp_path / "odd-01234567.json").write_text("[1]")
    (tmp_path / "notes.json").write_text("{}")
    folder = ReportFolder(tmp_path)
    found = folder.find(HASH)
    assert found is not None
    assert found[0] == mine
    assert folder.find("f" * 32) is None


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "reports")
    assert folder.find(HASH) is None
    path = folder.free_path("name", HASH)
    assert path == tmp_path / "reports" / "name-01234567.json"


def test_a_report_keeps_its_place_when_the_track_is_renamed(tmp_path: Path) -> None:
    mine = put(tmp_path, "old-01234567.json", HASH)
    assert ReportFolder(tmp_path).free_path("new", HASH) == mine


def test_twins_in_name_and_short_hash_get_long_names(tmp_path: Path) -> None:
    put(tmp_path, "track-01234567.json", TWIN)
    folder = ReportFolder(tmp_path)
    path = folder.free_path("track", HASH)
    assert path.name == f"track-{HASH}.json"
    put(tmp_path, path.name, HASH)
    folder.add(path, HASH)
    found = folder.find(HASH)
    assert found is not None
    assert found[0] == path
    again = ReportFolder(tmp_path).find(HASH)
    assert again is not None
    assert again[0] == path
