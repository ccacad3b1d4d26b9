"""Mood: four numbers and a word, from rhythm, harmony and level.

Each number is a logistic of a weighted sum of measures in units of their spread over electronic
and acoustic music, so that the middle of a library lies near 0.5 and nothing needs clamping. The
directions are those that studies of musical emotion agree on: arousal follows tempo, level,
onset density and brightness; valence follows mode, tempo, consonance and brightness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.report import Dynamics, Mood, Rhythm, Tonal
from analysis.spectra import Spectra


@dataclass(frozen=True)
class _Measure:
    """A measure's middle and spread over the music this was set on."""

    middle: float
    spread: float

    def score(self, value: float | None) -> float:
        """Return the distance from the middle in spreads, at most 2.5; 0 where unknown."""
        if value is None or not math.isfinite(value):
            return 0.0
        return max(-2.5, min(2.5, (value - self.middle) / self.spread))


# Medians and half the interdecile ranges over 27 real tracks (electronic, lo-fi, jazz, pop,
# game music).
_LUFS = _Measure(-13.0, 6.0)
_TEMPO_BPM = _Measure(118.0, 28.0)
_CENTROID_HZ = _Measure(2400.0, 1000.0)
_FLUX = _Measure(0.095, 0.045)
_PERCUSSIVE = _Measure(0.45, 0.10)
_DISSONANCE = _Measure(0.125, 0.045)
_DYNAMIC_DB = _Measure(4.0, 3.0)
_TEMPO_BEST_BPM = 122.0  # people dance most readily at 120–125 BPM
_TEMPO_WIDTH_BPM = 30.0


def describe_mood(rhythm: Rhythm, tonal: Tonal, dynamics: Dynamics, spectra: Spectra) -> Mood:
    """Describe the mood of a track.

    Returns
    -------
    Mood
        ``energy``: level, onset strength, brightness and drums. ``arousal``: energy and tempo.
        ``valence``: major against minor (by probability), tempo, brightness, consonance.
        ``danceability``: the rhythm family's score, drums and a tempo people dance to.
        ``descriptor``: a word for energy and one for valence, for example
        ``"energetic & positive"``.
    """
    frames = spectra.frames
    heard = frames.power > 1e-7
    if not heard.any():
        return Mood(descriptor="silent")
    split = spectra.split
    percussive = float(split.percussive.mean())
    drums = _PERCUSSIVE.score(percussive / (percussive + float(split.harmonic.mean()) + 1e-12))
    level = _LUFS.score(dynamics.lufs)
    tempo = _TEMPO_BPM.score(rhythm.tempo_bpm_global)
    bright = _CENTROID_HZ.score(tonal.spectral_centroid.mean)
    onsets = _FLUX.score(float(frames.flux[heard].mean()))
    rough = _DISSONANCE.score(tonal.dissonance_index)
    levels_db = 10 * np.log10(np.maximum(frames.power[heard], 1e-9))
    restless = _DYNAMIC_DB.score(float(np.abs(levels_db - np.median(levels_db)).mean()))
    energy = _logistic(0.8 * level + 0.5 * onsets + 0.4 * drums + 0.4 * bright - 0.2 * restless)
    arousal = _logistic(0.6 * level + 0.5 * tempo + 0.4 * onsets + 0.3 * bright + 0.3 * drums)
    valence = _logistic(1.6 * _majorness(tonal) + 0.4 * tempo + 0.3 * bright - 0.4 * rough)
    return Mood(
        danceability=_danceability(rhythm, drums),
        valence=valence,
        arousal=arousal,
        energy=energy,
        descriptor=describe(energy, valence),
    )


def describe(energy: float, valence: float) -> str:
    """Return words for energy and valence, both 0–1."""
    strength = "calm" if energy < 0.35 else "moderate" if energy < 0.6 else "energetic"
    colour = "dark" if valence < 0.4 else "neutral" if valence < 0.6 else "positive"
    return f"{strength} & {colour}"


def _danceability(rhythm: Rhythm, drums: float) -> float:
    score = rhythm.danceability_score
    tempo = rhythm.tempo_bpm_global
    fit = 0.0
    if tempo:
        fit = math.exp(-(((tempo - _TEMPO_BEST_BPM) / _TEMPO_WIDTH_BPM) ** 2) / 2)
    steady = rhythm.beat_grid.confidence
    own = 0.0 if score is None else 3.0 * (score - 0.5)
    return _logistic(own + 1.2 * (fit - 0.5) + 1.0 * (steady - 0.5) + 0.4 * drums)


def _majorness(tonal: Tonal) -> float:
    """Return how far the key candidates lean to major, −0.5 to 0.5."""
    total = sum(candidate.score for candidate in tonal.key_candidates)
    if total <= 0:
        return 0.0
    major = sum(
        candidate.score for candidate in tonal.key_candidates if candidate.key.endswith("major")
    )
    return major / total - 0.5


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
