"""Every shape of truth that may lie beside audio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks._analysis.tracks import (
    BadTruth,
    Track,
    compose_tracks,
    hard_specs,
    read_tracks,
)

ENTRY: dict[str, Any] = {
    "bpm": 128,
    "constant_tempo": False,
    "beats": [0.1, 0.6],
    "downbeats": [0.1],
    "key": "Bb minor",
    "sections": [
        {"start_sec": 0.0, "end_sec": 15.0, "label": "intro"},
        {"start_sec": 15.0, "end_sec": 30.0, "label": "drop"},
    ],
}


def audio(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def the_one(folder: Path) -> Track:
    [track] = read_tracks(folder)
    return track


def test_all_that_an_entry_says(tmp_path: Path) -> None:
    audio(tmp_path, "a.ogg")
    write(tmp_path / "truth.json", {"tracks": [{"file": "a.ogg", **ENTRY}]})
    assert the_one(tmp_path) == Track(
        path=tmp_path / "a.ogg",
        bpm=128.0,
        constant_tempo=False,
        beats=(0.1, 0.6),
        downbeats=(0.1,),
        key="A# minor",
        boundaries=(15.0,),
    )


def test_a_list(tmp_path: Path) -> None:
    audio(tmp_path, "sub/a.ogg", "b.wav")
    write(tmp_path / "truth.json", [{"file": "sub/a.ogg", "bpm": 120}, {"file": "b.wav"}])
    assert [track.bpm for track in read_tracks(tmp_path)] == [120.0, None]


def test_names_to_entries_with_files_from_the_parent(tmp_path: Path) -> None:
    audio(tmp_path, "music/One.ogg")
    entry = {"file": "music/One.ogg", "bpm": 177.0, "metre": "4/4", "constant_tempo": True}
    write(tmp_path / "music" / "tempo.json", {"One": entry})
    track = the_one(tmp_path / "music")
    assert (track.path.name, track.bpm, track.beats, track.key) == ("One.ogg", 177.0, None, None)
    assert read_tracks(tmp_path / "music" / "tempo.json") == [track]


def test_one_json_beside_each_file(tmp_path: Path) -> None:
    audio(tmp_path, "x/a.flac", "x/b.mp3")
    write(tmp_path / "x" / "a.json", {"bpm": 120})
    write(tmp_path / "x" / "b.json", {"key": "C major", "file": "b.mp3"})
    assert [(t.path.name, t.bpm, t.key) for t in read_tracks(tmp_path)] == [
        ("a.flac", 120.0, None),
        ("b.mp3", None, "C major"),
    ]


def test_no_kicks_is_drumless_and_no_word_of_kicks_is_not(tmp_path: Path) -> None:
    audio(tmp_path, "a.ogg", "b.ogg")
    write(tmp_path / "a.json", {"bpm": 80, "kicks": []})
    write(tmp_path / "b.json", {"bpm": 80})
    assert [track.has_drums for track in read_tracks(tmp_path)] == [False, True]


def test_reports_beside_audio_are_not_truth(tmp_path: Path) -> None:
    audio(tmp_path, "a.ogg")
    write(tmp_path / "a.json", {"schema_version": 1, "metadata": {}, "analysis": {"rhythm": {}}})
    with pytest.raises(BadTruth, match="no truth beside audio"):
        read_tracks(tmp_path)


def test_a_missing_file_and_broken_json_are_named(tmp_path: Path) -> None:
    write(tmp_path / "truth.json", [{"file": "gone.ogg", "bpm": 1}])
    with pytest.raises(BadTruth, match=r"gone\.ogg, which is not there"):
        read_tracks(tmp_path)
    (tmp_path / "truth.json").write_text("{")
    with pytest.raises(BadTruth, match="cannot be read as JSON"):
        read_tracks(tmp_path)


def test_composed_tracks_are_kept(tmp_path: Path) -> None:
    [track] = compose_tracks(tmp_path, 5, 1, (0.3, 0.4))
    made = track.path.stat().st_mtime_ns
    assert track.beats is not None
    assert len(track.beats) > 30
    assert compose_tracks(tmp_path, 5, 1, (0.3, 0.4)) == [track]
    assert track.path.stat().st_mtime_ns == made


def test_hard_tracks_move_or_have_no_drums_or_begin_without_any() -> None:
    specs = hard_specs(7, 5, (1.0, 2.0))
    assert len(set(specs)) == 7
    assert all(not spec.constant_tempo for spec in specs[::3])
    assert all(spec.style == "ambient" and spec.constant_tempo for spec in specs[1::3])
    assert all(spec.drumless_intro and spec.style != "ambient" for spec in specs[2::3])
    assert specs == hard_specs(7, 5, (1.0, 2.0))
