"""The benchmark's own parts: what it draws, what it counts, what it leaves out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks._buckets.command import main
from benchmarks._buckets.learning import POINTS, compare_orders
from benchmarks._buckets.songs import read_songs
from benchmarks._buckets.synthetic import KINDS, made_up_tracks
from training import estimators, labels


def test_words_make_answers_better_in_either_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "TREES", 30)
    tracks = made_up_tracks(200)
    assert len({one.label for one in tracks}) == KINDS
    queue, at_random = compare_orders(tracks, 1)
    assert queue.accuracy.shape == (1, len(POINTS))
    assert queue.mean()[0] == at_random.mean()[0], "both start from the same labels"
    for course in (queue, at_random):
        assert course.mean()[-1] > course.mean()[0]


def test_songs_come_once_in_whole_artists_without_what_would_tell(tmp_path: Path) -> None:
    rows = 60
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "track_id": [f"t{number % 50}" for number in range(rows)],
            "track_name": [f"Song {number}" for number in range(rows)],
            "track_artist": [f"Artist {number % 10}" for number in range(rows)],
            "tempo": draw.uniform(80, 170, rows),
            "key": draw.integers(-1, 12, rows),
            "mode": draw.integers(0, 2, rows),
            "playlist_genre": "pop",
            "playlist_subgenre": [f"kind {number % 3}" for number in range(rows)],
            **{
                name: draw.uniform(0, 1, rows)
                for name in (
                    "danceability", "energy", "loudness", "speechiness", "acousticness",
                    "instrumentalness", "liveness", "valence", "duration_ms",
                )
            },
        }
    )  # fmt: skip
    table.to_csv(tmp_path / "songs.csv.gz", index=False)
    songs = read_songs(tmp_path / "songs.csv.gz", 25)
    assert songs["track_id"].is_unique
    assert len(songs) == 25
    assert songs["artist"].nunique() == 5
    assert "playlist_genre" not in songs
    assert set(songs["key"].dropna().str.split().str[1]) <= {"major", "minor"}


def test_a_quick_run_needs_no_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(estimators, "TREES", 10)
    monkeypatch.setattr(estimators, "ROUNDS", 5)
    assert main(["--quick", "--only", "tables", "songs", "--tables", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "made up" in said
    assert "songs: left out" in said
