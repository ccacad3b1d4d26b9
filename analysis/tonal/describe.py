"""The tonal family of the report."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.keys import KEYS, to_camelot
from analysis.pitches import FRAME_RATE_HZ
from analysis.report import KeyCandidate, Rhythm, Stats, Tonal
from analysis.spectra import Spectra
from analysis.tonal.chords import best_path, find_chords, histogram
from analysis.tonal.harmony import roughness, tension, tonnetz
from analysis.tonal.key import KeyEvidence, estimate_key

CANDIDATES = 5
"""Keys listed; the rest is seldom above a percent together."""

_MODULATION_WINDOW_SEC = 12.0  # about 6 bars of house: enough for a full turn of the chords
_MODULATION_SHARPNESS = 0.6  # a window's notes are fewer than the model was fitted to
_MODULATION_STAY = 0.995  # a dance track changes key once in hundreds of windows
_MODULATION_WHOLE = 0.5  # weight of the whole track's word: a window alone confuses relatives
_SILENT_POWER = 1e-7  # −70 dB under the common level: nothing to tell the timbre of


def stats(values: NDArray[Any]) -> Stats:
    """Return mean, standard deviation, least and greatest; all None for nothing."""
    if not len(values):
        return Stats()
    return Stats(
        mean=float(np.mean(values)),
        std=float(np.std(values)),
        min=float(np.min(values)),
        max=float(np.max(values)),
    )


def describe_tonal(spectra: Spectra, rhythm: Rhythm | None = None) -> Tonal:
    """Describe key, chords, harmonic movement and timbre.

    Parameters
    ----------
    spectra
        The track's transforms.
    rhythm
        Beats to set chords on; without, chords are found every half second.

    Returns
    -------
    Tonal
        ``key`` and what follows from it are None where nothing has a pitch.
        ``chroma_stats``: mean and std of the twelve pitch classes from C. ``tonnetz_stats``:
        mean and std of six tonal centroids. ``modulation``: ``segments`` of one key each with
        start_sec, end_sec, key and camelot, and ``count`` of changes. Spectral measures leave
        silence out; the centroid is that of the magnitude spectrum.
    """
    pitches = spectra.pitches
    beats = np.asarray(rhythm.beat_times_sec if rhythm else [], np.float64)
    chroma = spectra.chroma
    sounding = chroma[chroma.any(axis=1)]
    centroids = tonnetz(chroma)
    frames = spectra.frames
    heard = frames.power > _SILENT_POWER
    downbeats = np.asarray(rhythm.downbeat_times_sec if rhythm else [], np.float64)
    estimate = estimate_key(pitches, downbeats)
    chords = find_chords(pitches, beats, None if estimate is None else estimate.probabilities)
    tonal = Tonal(
        chroma_stats=_columns(sounding),
        tonnetz_stats=_columns(tonnetz(sounding)),
        tonal_tension=stats(tension(centroids, FRAME_RATE_HZ)),
        chords={
            "progression": [
                {
                    "start_sec": chord.start_sec,
                    "end_sec": chord.end_sec,
                    "chord": chord.name,
                    "confidence": chord.confidence,
                }
                for chord in chords
            ],
            "histogram": histogram(chords),
        },
        spectral_centroid=stats(frames.plain_centroid_hz[heard]),
        spectral_flatness=stats(frames.flatness[heard]),
        zero_crossing_rate=stats(frames.zero_crossing_rate[heard]),
        dissonance_index=roughness(pitches),
    )
    if estimate is not None:
        order = np.argsort(-estimate.probabilities, kind="stable")[:CANDIDATES]
        tonal.key = estimate.key
        tonal.camelot = to_camelot(estimate.key)
        tonal.key_confidence = estimate.confidence
        tonal.key_candidates = [
            KeyCandidate(
                key=KEYS[i], camelot=to_camelot(KEYS[i]), score=float(estimate.probabilities[i])
            )
            for i in order
        ]
        tonal.modulation = _modulation(spectra, estimate.probabilities)
    return tonal


def _columns(values: NDArray[Any]) -> dict[str, list[float]]:
    if not len(values):
        return {}
    return {
        "mean": [float(value) for value in values.mean(axis=0)],
        "std": [float(value) for value in values.std(axis=0)],
    }


def _modulation(spectra: Spectra, whole: NDArray[np.float64]) -> dict[str, Any]:
    """Return the stretches of one key each, found by the best path through windows."""
    evidence = KeyEvidence.of(spectra.pitches)
    size = round(_MODULATION_WINDOW_SEC * FRAME_RATE_HZ)
    starts = range(0, max(1, len(evidence.note) - size // 2), size)
    logits = np.stack([evidence.logits(slice(first, first + size)) for first in starts])
    prior = _MODULATION_WHOLE * np.log(whole + 1e-6)
    path = best_path(_MODULATION_SHARPNESS * logits + prior, _MODULATION_STAY)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    borders = [row * size / FRAME_RATE_HZ for row in range(len(path))] + [spectra.duration_sec]
    segments = [
        {
            "start_sec": borders[first],
            "end_sec": borders[last],
            "key": KEYS[path[first]],
            "camelot": to_camelot(KEYS[path[first]]),
        }
        for first, last in pairwise(edges)
    ]
    return {"count": len(segments) - 1, "segments": segments}
