"""The tonal family of the report."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.keys import KEYS, to_camelot
from analysis.pitches import FRAME_RATE_HZ
from analysis.report import KeyCandidate, Rhythm, Stats, Structure, Tonal
from analysis.spectra import Spectra
from analysis.structure.segment import PHRASE_BARS
from analysis.tonal.chords import find_chords, histogram
from analysis.tonal.harmony import roughness, tension, tonnetz
from analysis.tonal.key import Floats, KeyEstimate, KeyEvidence
from analysis.tonal.modulation import KeySpan, find_keys

CANDIDATES = 5
"""Keys listed; the rest is seldom above a percent together."""

UNSURE_PHRASE_BARS = 4
"""Where bars are known but phrases are not, one line in two may be a phrase's."""

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


def describe_tonal(
    spectra: Spectra, rhythm: Rhythm | None = None, structure: Structure | None = None
) -> Tonal:
    """Describe key, chords, harmonic movement and timbre.

    Parameters
    ----------
    spectra
        The track's transforms.
    rhythm
        Beats to set chords on; without, chords are found every half second.
    structure
        Phrases, whose first chords tell a key from its relative; without, every fourth bar line.

    Returns
    -------
    Tonal
        ``key`` and what follows from it are None where nothing has a pitch; where the key
        changes, ``key`` is that of the longest stretch.
        ``chroma_stats``: mean and std of the twelve pitch classes from C. ``tonnetz_stats``:
        mean and std of six tonal centroids. ``modulation``: ``segments`` of one key each with
        start_sec, end_sec, key, camelot and confidence, and ``count`` of changes. Spectral
        measures leave silence out; the centroid is that of the magnitude spectrum.
    """
    pitches = spectra.pitches
    beats = np.asarray(rhythm.beat_times_sec if rhythm else [], np.float64)
    chroma = spectra.chroma
    sounding = chroma[chroma.any(axis=1)]
    centroids = tonnetz(chroma)
    frames = spectra.frames
    heard = frames.power > _SILENT_POWER
    downbeats = np.asarray(rhythm.downbeat_times_sec if rhythm else [], np.float64)
    estimate, spans = None, []
    if pitches.sustained.any():
        evidence = KeyEvidence.of(pitches)
        lines = phrase_lines(structure, downbeats)
        spans = find_keys(evidence, spectra.duration_sec, lines)
        estimate = _main_key(spans, KeyEstimate.of(evidence.logits(lines)))
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
        tonal.modulation = _modulation(spans)
    return tonal


def _columns(values: NDArray[Any]) -> dict[str, list[float]]:
    if not len(values):
        return {}
    return {
        "mean": [float(value) for value in values.mean(axis=0)],
        "std": [float(value) for value in values.std(axis=0)],
    }


def phrase_lines(structure: Structure | None, downbeats_sec: Floats) -> Floats | None:
    """Return where phrases of eight bars begin.

    Parameters
    ----------
    structure
        Its phrases are eight bars long, save where a section's border cuts one: what starts on
        the other bars is left out.
    downbeats_sec
        Where there is no structure: every fourth of these. None where there are none either.
    """
    if structure is None or not structure.phrases:
        return downbeats_sec[::UNSURE_PHRASE_BARS] if len(downbeats_sec) else None
    bars = np.cumsum([0, *(phrase.bars for phrase in structure.phrases[:-1])])
    starts = np.array([phrase.start_sec for phrase in structure.phrases])
    place = bars % PHRASE_BARS
    return np.asarray(starts[place == np.bincount(place).argmax()])


def _modulation(spans: list[KeySpan]) -> dict[str, Any]:
    segments = [
        {
            "start_sec": span.start_sec,
            "end_sec": span.end_sec,
            "key": span.key.key,
            "camelot": to_camelot(span.key.key),
            "confidence": span.key.confidence,
        }
        for span in spans
    ]
    return {"count": len(segments) - 1, "segments": segments}


def _main_key(spans: list[KeySpan], whole: KeyEstimate) -> KeyEstimate:
    """Return the key of the longest stretch where there are several, else the whole track's."""
    if len(spans) == 1:
        return whole
    return max(spans, key=lambda span: span.end_sec - span.start_sec).key
