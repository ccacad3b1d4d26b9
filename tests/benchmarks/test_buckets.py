"""The benchmark's own parts: what it draws, what it counts, what it leaves out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks._buckets import learning
from benchmarks._buckets.command import main
from benchmarks._buckets.kept import KeptModel
from benchmarks._buckets.learning import POINTS, compare_orders
from benchmarks._buckets.songs import read_songs
from benchmarks._buckets.synthetic import KINDS, made_up_tracks
from training import estimators, labels
from training.assigners import TableModel, make_model
from training.synthetic import make_dataset


def test_words_make_answers_better_in_either_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "TREES", 30)
    tracks = made_up_tracks(200)
    assert len({one.label for one in tracks}) == KINDS
    queue, at_random = compare_orders(tracks, 1, folder=tmp_path)
    assert queue.accuracy.shape == (1, len(POINTS))
    assert queue.mean()[0] == at_random.mean()[0], "both start from the same labels"
    for course in (queue, at_random):
        assert course.mean()[-1] > course.mean()[0]
    monkeypatch.setattr(learning, "_course", None)  # kept: nothing is gone through again
    again = compare_orders(tracks, 1, folder=tmp_path)
    assert [one.mean() for one in again] == [queue.mean(), at_random.mean()]
    with pytest.raises(TypeError):
        compare_orders(tracks[1:], 1, folder=tmp_path)


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
    places = ["--tables", str(tmp_path), "--answers", str(tmp_path / "answers")]
    assert main(["--quick", "--only", "tables", "songs", *places]) == 0
    said = capsys.readouterr().out
    assert "made up" in said
    assert "songs: left out" in said


def test_an_answer_is_worked_out_once_for_the_same_rows_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimators, "TREES", 10)
    asked = make_dataset(40, seed=2)[["rhythm.bpm"]]
    known = make_dataset(60, seed=1)
    learned = known[["rhythm.bpm"]], known["genre_label"].tolist()
    fitted: list[str] = []
    fit = TableModel.fit
    monkeypatch.setattr(
        TableModel, "fit", lambda self, *rest: fitted.append(self.name) or fit(self, *rest)
    )
    spent: list[float] = []

    def answer(labels: list[str] = learned[1]) -> np.ndarray:
        return KeptModel("forest", tmp_path, spent).fit(learned[0], labels).predict_proba(asked)

    first = answer()
    assert np.array_equal(answer(), first)
    assert fitted == ["forest"]
    assert spent[0] == spent[1] > 0
    assert np.array_equal(first, make_model("forest").fit(*learned).predict_proba(asked))
    fitted.clear()
    answer(list(reversed(learned[1])))
    assert fitted == ["forest"], "other labels are another question"
    monkeypatch.setattr(estimators, "TREES", 12)
    answer()
    assert fitted == ["forest", "forest"], "and so are other settings"
