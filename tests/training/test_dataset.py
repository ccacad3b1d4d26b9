from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from library.library import Library
from library.settings import Settings
from tests.library.factory import make_crate, write_reports
from training.dataset import (
    CONTEXT,
    DERIVED,
    LABELS,
    clean,
    collect,
    flatten_essentia,
    subset,
    write_dataset,
)
from training.errors import BadTable
from training.synthetic import make_dataset
from training.tables import Encoder, feature_columns, identical_rows, joined_groups, read_csv


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    settings = Settings(tmp_path / "home")
    crate = make_crate(8)
    for number, report in enumerate(crate[:-1]):  # the last was analysed without descriptors
        report.analysis.essentia = {
            "status": "ok",
            "rhythm.bpm": report.analysis.rhythm.tempo_bpm_global,
            "lowlevel.mfcc.mean": [float(number), 1.0, *range(11)],
            "lowlevel.spectral_energy.mean": None,
            "tonal.key_edma.key": "A",
            "highlevel": {"status": "no models"},
        }
    write_reports(crate, settings.reports)
    library = Library(settings)
    library.refresh()
    yield library
    library.close()


def test_lists_go_flat_and_what_is_missing_is_left_out() -> None:
    flat = flatten_essentia(
        {"status": "ok", "a.mean": [1, 2.5], "b": math.nan, "c": None, "highlevel": {"x": {"y": 1}}}
    )
    assert flat == {"a.mean.0": 1.0, "a.mean.1": 2.5, "highlevel.x.y": 1.0}


def test_the_export_has_the_contracts_columns_and_labels(library: Library) -> None:
    table, report = clean(collect(library))
    assert {*DERIVED, *CONTEXT, *LABELS} <= set(table)
    assert list(table)[-2:] == list(LABELS)
    assert (report.rows_in, report.rows_out) == (8, 7)
    assert list(report.reasons()) == ["no Essentia descriptors"]
    row = table.iloc[0]
    assert row["genre_label"] in ("Techno", "Hip-Hop")
    assert row["bucket_label"] == row["genre_label"].upper()
    assert row["rhythm.bpm_corr"] == row["bpm"]
    names = [name for name in table if name.startswith("lowlevel.mfcc")]
    assert names == [f"lowlevel.mfcc.mean.{index}" for index in range(13)]


def test_the_djs_word_is_in_the_table(library: Library) -> None:
    track = library.tracks(sort="title")[0].track_id
    library.correct(track, "genre", "Electro")
    library.correct(track, "bucket", "CLUB/ELECTRO")
    library.correct(track, "rating", 5)
    library.correct(track, "key", "8A")
    library.correct(track, "grid", {"bpm": 99.0, "first_beat_sec": 0.1, "first_downbeat_sec": 0.1})
    row = collect(library).set_index("track_id").loc[track]
    assert (row["genre_label"], row["bucket_label"]) == ("Electro", "CLUB/ELECTRO")
    assert (row["rhythm.bpm_corr"], row["rhythm.bpm_conf"], row["key_camelot"]) == (99.0, 1.0, "8A")
    assert row["must_play"] == 1
    library.correct(track, "must_play", False)
    assert collect(library).set_index("track_id").loc[track, "must_play"] == 0


def test_new_context_joins_the_bucket_subset_only(library: Library) -> None:
    ids = [row.track_id for row in library.tracks()]
    more = pd.DataFrame({"track_id": ids, "pop_playcount": range(8)})
    table = collect(library, more)
    assert "pop_playcount" in subset(table, "X_bucket")
    assert "genre_label" in subset(table, "X_bucket")
    assert set(subset(table, "X_genre")) & {"pop_playcount", *CONTEXT, *LABELS} == set()
    assert "rhythm.bpm" in subset(table, "X_genre")
    with pytest.raises(BadTable, match="repeats columns of the dataset: bpm"):
        collect(library, pd.DataFrame({"track_id": ids, "bpm": range(8)}))
    with pytest.raises(BadTable, match="names no track"):
        collect(library, pd.DataFrame({"track_id": ["elsewhere"], "x": [1]}))
    with pytest.raises(BadTable, match="each track once"):
        collect(library, pd.concat([more, more]))


def test_cleaning_says_what_it_dropped_and_mended() -> None:
    table = make_dataset(12)
    table.loc[0, ["genre_label", "bucket_label"]] = [None, "  "]
    table.loc[1, "bpm"] = 900.0
    table.loc[2, "lowlevel.spectral_centroid.mean"] = math.inf
    table.loc[3, "genre_label"] = "  Deep   House "
    table["lowlevel.nothing"] = np.nan
    table = pd.concat([table, table.iloc[[5]]])
    kept, report = clean(table)
    assert report.reasons() == {
        "no genre and no bucket": 1,
        "its track id stands in an earlier row": 1,
    }
    assert len(report.dropped) == 2
    assert report.rows_out == len(kept) == 11
    assert report.mended == {
        "bpm outside 20–400": 1,
        "lowlevel.spectral_centroid.mean infinite": 1,
    }
    assert report.empty_columns == ["lowlevel.nothing"]
    assert "genre_label: Deep House" in report.lonely
    assert np.isnan(kept["bpm"][0])


def test_a_written_dataset_reads_back_and_no_half_is_left(tmp_path: Path) -> None:
    table = make_dataset(5)
    write_dataset(table, tmp_path / "data" / "set.csv")
    pd.testing.assert_frame_equal(read_csv(tmp_path / "data" / "set.csv"), table)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["set.csv"]


def test_made_up_tracks_follow_their_seed_and_their_style() -> None:
    assert make_dataset(20, seed=3).equals(make_dataset(20, seed=3))
    assert not make_dataset(20, seed=3).equals(make_dataset(20, seed=4))
    tempo = make_dataset(400, noise=0).groupby("genre_label")["bpm"].mean()
    assert tempo["Drum and Bass"] == 174


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no such file"), (b"", "is empty"), (b"a,b\n", "no rows"),
                           (b"\xff\xfe\x00,", "cannot be read")]
)  # fmt: skip
def test_a_file_that_is_no_table_is_named(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadTable, match=words):
        read_csv(path)


def test_any_table_gives_features_but_no_ids_or_labels() -> None:
    table = pd.DataFrame(
        {"Unnamed: 0": [0, 1], "track_id": [5, 6], "mfcc": [0.1, 0.2], "key": ["8A", "9B"],
         "artist": ["x", "y"], "style": ["a", "b"]}
    )  # fmt: skip
    assert feature_columns(table, "genre", "style") == ["mfcc"]
    assert feature_columns(table, "bucket", "style") == ["mfcc", "key"]
    ours = make_dataset(4)
    assert "bpm" not in feature_columns(ours, "genre", "genre_label")
    assert "genre_label" in feature_columns(ours, "bucket", "bucket_label")
    assert "bucket_label" not in feature_columns(ours, "bucket", "bucket_label")


def test_keys_lie_on_a_circle_and_words_are_columns() -> None:
    table = pd.DataFrame(
        {"key": ["12A", "1A", "6A", None], "genre": ["Deep House", "house", None, "Techno"],
         "n": ["1", "x", "3", "4"], "same": [1, 1, 1, 1]}
    )  # fmt: skip
    encoder = Encoder().fit(table)
    assert encoder.names_ == [
        "key.fifths_x", "key.fifths_y", "key.minor",
        "genre.deep", "genre.house", "genre.techno", "n",
    ]  # fmt: skip
    matrix = encoder.transform(table)
    near = np.linalg.norm(matrix[0, :2] - matrix[1, :2])
    assert near < 0.6 < np.linalg.norm(matrix[0, :2] - matrix[2, :2])
    assert np.isnan(matrix[3, :3]).all()
    assert matrix[:, 3:6].tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert np.isnan(matrix[1, 6])
    assert np.isnan(encoder.transform(table.drop(columns="n"))[:, 6]).all()


def test_identical_rows_and_artists_stay_together() -> None:
    table = pd.DataFrame({"a": [1.0, 2.0, 1.0, 3.0]})
    same = identical_rows(table)
    assert same[0] == same[2] != same[1]
    together = joined_groups(same, np.array([0, 1, 2, 0]))
    assert together[0] == together[2] == together[3] != together[1]
