from __future__ import annotations

import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from analysis.report import Report
from tests.library.factory import make_crate, make_report
from training.errors import BadTestSize, TooFewTracks
from training.features import FEATURE_COLUMNS, feature_matrix
from training.recommender import cluster_count, embed, train_recommender
from training.registry import save_bundle

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"


def test_the_bundle_has_its_documented_parts() -> None:
    crate = make_crate(16)
    bundle = train_recommender(crate)
    assert isinstance(bundle["scaler"], StandardScaler)
    assert isinstance(bundle["nearest_neighbors"], NearestNeighbors)
    assert bundle["nearest_neighbors"].metric == "cosine"
    assert isinstance(bundle["kmeans"], KMeans)
    assert bundle["feature_columns"] == list(FEATURE_COLUMNS)
    assert bundle["median_impute"].get("tempo_bpm") == pytest.approx(
        np.median([report.analysis.rhythm.tempo_bpm_global or 0 for report in crate])
    )
    assert bundle["median_impute"].get("nothing", 0.0) == 0.0
    metadata = bundle["metadata"]
    assert isinstance(metadata.index, pd.RangeIndex)
    assert {"track_id", "path", "title", "artist"} <= set(metadata.columns)
    # fitted on plain arrays: asking with an array raises no warning about names
    assert not hasattr(bundle["scaler"], "feature_names_in_")


def test_every_track_is_in_it_and_row_i_is_row_i() -> None:
    crate = make_crate(16)
    bundle = train_recommender(crate, test_size=0.5)
    metadata = bundle["metadata"]
    assert set(metadata["track_id"]) == {report.track_id for report in crate}
    for report in crate:
        distances, rows = bundle["nearest_neighbors"].kneighbors(embed(bundle, [report]), 1)
        assert distances[0, 0] == pytest.approx(0, abs=1e-9)
        assert metadata.loc[rows[0, 0], "track_id"] == report.track_id
        assert metadata.loc[rows[0, 0], "path"] == report.metadata.path
    clusters = bundle["kmeans"].predict(embed(bundle, crate))
    by_id = metadata.set_index("track_id")["cluster"]
    assert [by_id[report.track_id] for report in crate] == clusters.tolist()


@pytest.mark.parametrize(
    ("tracks", "clusters"),
    [(1, 1), (2, 2), (3, 2), (19, 2), (20, 2), (30, 3), (249, 24), (250, 25), (5000, 25)],
)
def test_clusters_are_a_tenth_of_the_tracks(tracks: int, clusters: int) -> None:
    assert cluster_count(tracks) == clusters


@pytest.mark.parametrize("tracks", [1, 2, 3, 4])
@pytest.mark.parametrize("test_size", [0, 0.2, 0.5, 1])
@pytest.mark.filterwarnings("error")
def test_tiny_libraries_train(tracks: int, test_size: float) -> None:
    crate = make_crate(tracks)
    bundle = train_recommender(crate, neighbors=25, test_size=test_size)
    assert bundle["nearest_neighbors"].n_neighbors == tracks
    assert len(bundle["metadata"]) == tracks
    distances, _ = bundle["nearest_neighbors"].kneighbors(embed(bundle, crate))
    assert np.isfinite(distances).all()


def test_nothing_to_learn_from_is_a_named_error() -> None:
    with pytest.raises(TooFewTracks) as caught:
        train_recommender([])
    assert str(caught.value).startswith("TooFewTracks: 0 analysed tracks, 1 needed")


@pytest.mark.parametrize("test_size", [-0.1, 1.01, math.nan])
def test_a_share_outside_0_to_1_is_refused(test_size: float) -> None:
    with pytest.raises(BadTestSize):
        train_recommender(make_crate(4), test_size=test_size)


@pytest.mark.parametrize("test_size", [0, 1])
def test_no_share_skips_the_split(test_size: float) -> None:
    evaluation = train_recommender(make_crate(20), test_size=test_size)["evaluation"]
    assert (evaluation["test_tracks"], evaluation["train_tracks"]) == (0, 20)
    assert evaluation["held_out_distance_mean"] is None


def test_evaluation_is_on_tracks_that_were_held_out() -> None:
    evaluation = train_recommender(make_crate(40), neighbors=5, test_size=0.25)["evaluation"]
    assert (evaluation["train_tracks"], evaluation["test_tracks"]) == (30, 10)
    assert 0 < evaluation["held_out_distance_median"] < 2
    # two kinds of music that lie well apart
    assert evaluation["silhouette"] > 0.1


@pytest.mark.filterwarnings("error")
def test_copies_and_missing_columns_train() -> None:
    same = [make_report(number, seed=1) for number in range(1, 31)]
    for report in same:
        report.analysis.dynamics.lufs = None
        report.analysis.tonal.key = None
    bundle = train_recommender([*same, same[0]])
    assert len(bundle["metadata"]) == 30, "one track once"
    assert bundle["kmeans"].n_clusters == 1, "one point is one group"
    assert bundle["median_impute"]["lufs"] == 0.0


def test_the_same_reports_in_any_order_train_the_same_bytes() -> None:
    crate = make_crate(24)
    one, other = io.BytesIO(), io.BytesIO()
    joblib.dump(train_recommender(crate), one)
    joblib.dump(train_recommender(list(reversed(crate))), other)
    assert one.getvalue() == other.getvalue()


def test_similar_tracks_are_neighbours() -> None:
    crate = make_crate(60)
    bundle = train_recommender(crate, neighbors=5)
    metadata = bundle["metadata"]
    kinds = {report.track_id: report.metadata.genre for report in crate}
    hits = 0
    for report in crate:
        _, rows = bundle["nearest_neighbors"].kneighbors(embed(bundle, [report]), 6)
        near = [kinds[metadata.loc[row, "track_id"]] for row in rows[0][1:]]
        hits += sum(kind == report.metadata.genre for kind in near)
    assert hits / (60 * 5) > 0.85


def write_home(folder: Path, crate: list[Report]) -> None:
    bundle = train_recommender(crate)
    save_bundle(
        bundle, folder / "models" / "recommender.joblib", "recommender",
        data_fingerprint="test", tracks=len(crate),
    )  # fmt: skip
    crate[0].write(folder / "reports" / "some_track.json")


def test_a_program_that_knows_only_the_documents_can_use_the_bundle(tmp_path: Path) -> None:
    """The steps of the documented consumer: load, flatten, impute, scale, query, print."""
    crate = make_crate(16)
    write_home(tmp_path, crate)
    bundle = joblib.load(tmp_path / "models" / "recommender.joblib")
    analysis = json.loads((tmp_path / "reports" / "some_track.json").read_text())["analysis"]

    def at(*path: str) -> Any:
        found: Any = analysis
        for name in path:
            found = (found or {}).get(name)
        return found

    notes = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    known = {
        "tempo_bpm": at("rhythm", "tempo_bpm_global"),
        "danceability": at("rhythm", "danceability_score"),
        "groove_conf": at("rhythm", "groove_confidence"),
        "swing_ratio": at("rhythm", "swing_analysis", "swing_ratio"),
        "key_root": notes.index(at("tonal", "key").split(" ")[0]),
        "spectral_centroid": at("tonal", "spectral_centroid", "mean"),
        "spectral_flatness": at("tonal", "spectral_flatness", "mean"),
        "dissonance": at("tonal", "dissonance_index"),
        "rms_mean": at("dynamics", "rms", "mean"),
        "crest_factor": at("dynamics", "crest_factor"),
        "lufs": at("dynamics", "lufs"),
        "valence": at("mood", "valence"),
        "arousal": at("mood", "arousal"),
        "energy": at("mood", "energy"),
        "bass_presence": at("instrumentation", "bass_presence"),
        "mid_presence": at("instrumentation", "mid_presence"),
        "treble_presence": at("instrumentation", "treble_presence"),
        "percussive_ratio": at("instrumentation", "percussive_ratio"),
    }
    assert None not in known.values()
    columns, medians = bundle["feature_columns"], bundle["median_impute"]
    point = [known.get(name) for name in columns]
    point = [medians.get(c, 0.0) if v is None else v for v, c in zip(point, columns, strict=True)]
    scaled = bundle["scaler"].transform(np.asarray([point], dtype=float))
    metadata = bundle["metadata"]
    distances, rows = bundle["nearest_neighbors"].kneighbors(
        scaled, n_neighbors=min(10, len(metadata))
    )
    assert metadata.loc[rows[0][0]]["title"] == crate[0].metadata.title
    assert np.all(np.diff(distances[0]) >= 0)
    # the document's row has no key_mode_minor: the median stands in for it, the rest is ours
    ours = feature_matrix([crate[0]])[0]
    for name, value, mine in zip(columns, point, ours, strict=True):
        if name != "key_mode_minor":
            assert value == pytest.approx(mine, abs=1e-5), name


def test_the_documents_own_example_runs_unchanged(tmp_path: Path) -> None:
    documents = sorted(SEEDS.glob("001*.txt")) if SEEDS.is_dir() else []
    if not documents:
        pytest.skip(f"the document that holds the example is not in {SEEDS}")
    text = documents[0].read_text()
    after = text.index("### Example: Load, Query, and Print Recommendations")
    example = re.search(r"```python\n(.*?)```", text[after:], re.DOTALL)
    assert example is not None
    crate = make_crate(16)
    write_home(tmp_path, crate)
    program = tmp_path / "example.py"
    program.write_text(example[1])
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("#1: Track 1 — Artist 1  (cosine_dist=")
