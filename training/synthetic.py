"""Datasets made of nothing, with known truth: for tests, demonstrations and timing."""

from __future__ import annotations

import numpy as np
import pandas as pd

STYLES = {
    "House": (124.0, 2200.0, 0.60),
    "Techno": (132.0, 2900.0, 0.75),
    "Drum and Bass": (174.0, 3300.0, 0.85),
    "Hip-Hop": (91.0, 1500.0, 0.40),
}
"""Tempo, spectral centroid in Hz and energy about which a style's tracks lie."""

PEAK_ENERGY = 0.65
"""Tracks of higher energy go to the peak-time bucket of their style."""


def make_dataset(rows: int, *, seed: int = 0, noise: float = 1.0, artists: int = 0) -> pd.DataFrame:
    """Return a training dataset of made-up tracks in the exported layout.

    Parameters
    ----------
    rows
        Tracks.
    seed
        The same seed gives the same table.
    noise
        How far tracks stray from their style: 0 not at all, 1 so that styles touch.
    artists
        How many artists share the tracks; 0: one in four tracks.

    Returns
    -------
    pandas.DataFrame
        Columns as ``segue dataset export`` writes them. The genre follows tempo, centroid and
        energy; the bucket follows genre and energy.
    """
    draw = np.random.default_rng(seed)
    styles = list(STYLES)
    kinds = draw.integers(0, len(styles), rows)
    centre = np.array([STYLES[name] for name in styles])[kinds].reshape(rows, 3)
    tempo = centre[:, 0] + noise * draw.normal(0, 4, rows)
    centroid = centre[:, 1] + noise * draw.normal(0, 350, rows)
    energy = np.clip(centre[:, 2] + noise * draw.normal(0, 0.12, rows), 0, 1)
    genres = np.array(styles, dtype=object)[kinds]
    time = np.where(energy > PEAK_ENERGY, "PEAK", "WARM UP")
    table = {
        "track_id": [f"{seed:08x}{index:024x}" for index in range(rows)],
        "artist": [f"Artist {n}" for n in draw.integers(0, artists or max(1, rows // 4), rows)],
        "title": [f"Track {index}" for index in range(rows)],
        "lowlevel.spectral_centroid.mean": centroid,
    }
    for index in range(13):
        table[f"lowlevel.mfcc.mean.{index}"] = draw.normal(kinds * (index % 3), 1 + noise, rows)
    table |= {
        "rhythm.bpm": tempo,
        "rhythm.bpm_corr": tempo,
        "rhythm.bpm_conf": draw.uniform(0.5, 1, rows),
        "key_camelot": [
            f"{number}{letter}"
            for number, letter in zip(
                draw.integers(1, 13, rows), draw.choice(["A", "B"], rows), strict=True
            )
        ],
        "key_strength": draw.uniform(0.3, 1, rows),
        "energy_score_from_metrics": energy,
        "bpm": tempo,
        "must_play": draw.integers(0, 2, rows),
        "year_suggest": draw.integers(1995, 2026, rows),
        "duration_suggest": draw.uniform(180, 420, rows),
        "genre_label": genres,
        "bucket_label": [f"{one.upper()}/{at}" for one, at in zip(genres, time, strict=True)],
    }
    return pd.DataFrame(table)
