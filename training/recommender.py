"""The recommender bundle: which tracks sound alike, and into which groups they fall.

Missing values take the column's median, columns are z-scored, neighbours are found by cosine
distance (the shape of a sound rather than its amount), groups by k-means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis.report import Report
from training.errors import BadTestSize, TooFewTracks
from training.features import FEATURE_COLUMNS, Matrix, column_medians, feature_matrix, impute

Bundle = dict[str, Any]

TRACKS_PER_CLUSTER = 10
FEWEST_CLUSTERS, MOST_CLUSTERS = 2, 25
"""Groups small enough to browse, never so many that each holds a track or two."""

SEED = 0
"""Of the split and of k-means: the same library trains the same bundle."""

SILHOUETTE_SAMPLE = 5_000
"""The silhouette costs n²; this many tracks estimate it to the second decimal."""

BUNDLE_VERSION = 1


def train_recommender(
    reports: Sequence[Report], *, neighbors: int = 25, test_size: float = 0.2
) -> Bundle:
    """Train the bundle on all tracks, after an evaluation on held-out ones.

    Parameters
    ----------
    reports
        One a track; of two with the same id the first counts.
    neighbors
        Neighbours found by default, at most the library's size.
    test_size
        Share of tracks held out for the evaluation; 0 or 1 skip it.

    Returns
    -------
    dict
        ``scaler`` (StandardScaler), ``nearest_neighbors`` (NearestNeighbors, cosine),
        ``kmeans`` (KMeans), ``feature_columns`` (names in matrix order), ``metadata``
        (DataFrame; row i is row i of the neighbours), ``median_impute`` ({name: median}),
        ``evaluation`` and ``bundle_version``.

    Raises
    ------
    TooFewTracks
        Without a single report.
    BadTestSize
        If ``test_size`` lies outside 0–1.
    """
    if not 0 <= test_size <= 1:
        raise BadTestSize(test_size)
    unique = list({report.track_id: report for report in reversed(reports)}.values())
    unique.sort(key=lambda report: report.track_id)
    if not unique:
        raise TooFewTracks(0, 1)
    matrix = feature_matrix(unique)
    # one thread, so that sums are added in the same order on every machine
    with threadpool_limits(limits=1):
        evaluation = _evaluate(matrix, neighbors, test_size)
        bundle = _fit(matrix, neighbors)
    metadata = _metadata(unique)
    metadata["cluster"] = bundle["kmeans"].labels_.astype(int)
    return bundle | {
        "metadata": metadata,
        "evaluation": evaluation,
        "bundle_version": BUNDLE_VERSION,
    }


def embed(bundle: Bundle, reports: Sequence[Report]) -> Matrix:
    """Return tracks in the bundle's z-scored space, shape (n, features)."""
    columns = bundle["feature_columns"]
    matrix = feature_matrix(reports)
    chosen = matrix[:, [FEATURE_COLUMNS.index(name) for name in columns]]
    scaled: Matrix = bundle["scaler"].transform(impute(chosen, columns, bundle["median_impute"]))
    return scaled


def cluster_count(tracks: int) -> int:
    """Return a tenth of the tracks, at least 2 and at most 25, never more than the tracks."""
    wanted = min(max(tracks // TRACKS_PER_CLUSTER, FEWEST_CLUSTERS), MOST_CLUSTERS)
    return min(wanted, tracks)


def _fit(matrix: Matrix, neighbors: int) -> Bundle:
    columns = list(FEATURE_COLUMNS)
    medians = column_medians(matrix, columns)
    filled = impute(matrix, columns, medians)
    scaler = StandardScaler().fit(filled)
    scaled = scaler.transform(filled)
    # k-means cannot part tracks that are the same point
    clusters = min(cluster_count(len(matrix)), len(np.unique(scaled, axis=0)))
    return {
        "scaler": scaler,
        "nearest_neighbors": NearestNeighbors(
            n_neighbors=max(1, min(neighbors, len(matrix))), metric="cosine", algorithm="brute"
        ).fit(scaled),
        "kmeans": KMeans(n_clusters=clusters, n_init="auto", random_state=SEED).fit(scaled),
        "feature_columns": columns,
        "median_impute": medians,
    }


def _evaluate(matrix: Matrix, neighbors: int, test_size: float) -> dict[str, Any]:
    tracks = len(matrix)
    held_out = round(tracks * test_size)
    if test_size in (0, 1) or held_out < 1 or tracks - held_out < 2:
        trained = _fit(matrix, neighbors)
        why = "not asked for" if test_size in (0, 1) else "too few tracks"
        return {
            "train_tracks": tracks,
            "test_tracks": 0,
            "silhouette": _silhouette(trained),
            "held_out_distance_mean": None,
            "held_out_distance_median": None,
            "held_out": why,
        }
    order = np.random.default_rng(SEED).permutation(tracks)
    test, train = matrix[order[:held_out]], matrix[order[held_out:]]
    trained = _fit(train, neighbors)
    asked = impute(test, trained["feature_columns"], trained["median_impute"])
    distances, _ = trained["nearest_neighbors"].kneighbors(trained["scaler"].transform(asked))
    return {
        "train_tracks": len(train),
        "test_tracks": held_out,
        "silhouette": _silhouette(trained),
        "held_out_distance_mean": float(distances.mean()),
        "held_out_distance_median": float(np.median(distances)),
        "held_out": "done",
    }


def _silhouette(trained: Bundle) -> float | None:
    """Return how well the groups are apart, −1 to 1, or None where that means nothing."""
    labels = trained["kmeans"].labels_
    points = trained["nearest_neighbors"]._fit_X
    groups = len(np.unique(labels))
    if not 2 <= groups < len(points):
        return None
    sample = SILHOUETTE_SAMPLE if len(points) > SILHOUETTE_SAMPLE else None
    return float(silhouette_score(points, labels, sample_size=sample, random_state=SEED))


def _metadata(reports: Sequence[Report]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "track_id": [report.track_id for report in reports],
            "path": [report.metadata.path for report in reports],
            "title": [report.metadata.title for report in reports],
            "artist": [report.metadata.artist for report in reports],
            "bpm": [report.analysis.rhythm.tempo_bpm_global for report in reports],
            "key": [report.analysis.tonal.key for report in reports],
            "energy": [report.analysis.mood.energy for report in reports],
        },
        index=pd.RangeIndex(len(reports)),
    )
