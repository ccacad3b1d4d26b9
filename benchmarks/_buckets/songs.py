"""Songs' sub-genres from title, artist and features: the hybrid against v0.1, by our own report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from training.assigners import Assigner, make_model
from training.comparison import Comparison
from training.table_training import compare_on_table

FILE = "spotify_songs/spotify_songs.csv.gz"

ROWS = 6000
"""Songs in whole artists, drawn with a fixed seed: more change no verdict and take an hour."""

DRAW = 77

PITCHES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

FEATURES = (
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness",
    "liveness", "valence", "duration_ms",
)  # fmt: skip


def read_songs(path: Path, rows: int = ROWS) -> pd.DataFrame:
    """Return songs under our columns' names, each once, with ``bucket`` the playlist's sub-genre.

    The playlist's genre and name are left out: they would tell.
    """
    table = pd.read_csv(path).drop_duplicates("track_id").dropna(subset=["track_artist"])
    order = np.random.default_rng(DRAW).permutation(sorted(table["track_artist"].unique()))
    place = {artist: at for at, artist in enumerate(order)}
    table = table.sort_values(
        ["track_artist", "track_id"], key=lambda values: values.map(place).fillna(0)
        if values.name == "track_artist" else values
    )  # fmt: skip
    table = table.head(rows).reset_index(drop=True)
    keys = [
        f"{PITCHES[int(key)]} {'major' if mode else 'minor'}" if 0 <= key < 12 else None
        for key, mode in zip(table["key"], table["mode"], strict=True)
    ]
    return pd.DataFrame(
        {
            "track_id": table["track_id"],
            "artist": table["track_artist"],
            "title": table["track_name"],
            "bpm": table["tempo"],
            "key": keys,
            **{name: table[name] for name in FEATURES},
            "bucket": table["playlist_subgenre"],
        }
    )


def compare_songs(
    table: pd.DataFrame, report: Path, make: Callable[[str], Assigner] = make_model
) -> Comparison:
    """Return v0.1 against the hybrid on the same five folds, artists whole."""
    return compare_on_table(
        table, "bucket", "bucket", ("simple", "hybrid"), report, group="artist", make=make
    )
