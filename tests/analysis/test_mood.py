from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.mood import describe, describe_mood
from analysis.report import BeatGrid, Dynamics, KeyCandidate, Mood, Rhythm, Stats, Tonal
from analysis.spectra import Spectra
from tests.analysis.music import RATE, as_audio, chords

SPECTRA = Spectra(chords([(0, "major")], repeats=1))


def tonal(mode: str = "major", centroid_hz: float = 2400.0, dissonance: float = 0.12) -> Tonal:
    return Tonal(
        key_candidates=[KeyCandidate(key=f"C {mode}", camelot="8B", score=1.0)],
        spectral_centroid=Stats(mean=centroid_hz),
        dissonance_index=dissonance,
    )


def rhythm(bpm: float | None = 122.0, danceability: float = 0.5) -> Rhythm:
    return Rhythm(
        tempo_bpm_global=bpm,
        danceability_score=danceability,
        beat_grid=BeatGrid(bpm=bpm, confidence=0.9 if bpm else 0.0),
    )


def mood(r: Rhythm | None = None, t: Tonal | None = None, lufs: float | None = -12.0) -> Mood:
    return describe_mood(r or rhythm(), t or tonal(), Dynamics(lufs=lufs), SPECTRA)


def value(found: Mood, name: str) -> float:
    number = getattr(found, name)
    assert number is not None
    return float(number)


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("valence", mood(t=tonal("minor")), mood(t=tonal("major"))),
        ("valence", mood(t=tonal(dissonance=0.2)), mood(t=tonal(dissonance=0.05))),
        ("arousal", mood(rhythm(80.0)), mood(rhythm(170.0))),
        ("arousal", mood(lufs=-22.0), mood(lufs=-7.0)),
        ("energy", mood(lufs=-22.0), mood(lufs=-7.0)),
        ("energy", mood(t=tonal(centroid_hz=900.0)), mood(t=tonal(centroid_hz=4500.0))),
        ("danceability", mood(rhythm(None, 0.1)), mood(rhythm(122.0, 0.7))),
        ("danceability", mood(rhythm(60.0)), mood(rhythm(122.0))),
    ],
)
def test_mood_follows_what_it_should(name: str, less: Mood, more: Mood) -> None:
    assert value(less, name) < value(more, name) - 0.05


@given(
    st.one_of(st.none(), st.floats(20, 400)),
    st.one_of(st.none(), st.floats(-100, 10)),
    st.floats(0, 20_000),
    st.floats(0, 1),
)
def test_mood_stays_inside_the_unit_range(
    bpm: float | None, lufs: float | None, centroid_hz: float, dissonance: float
) -> None:
    found = mood(rhythm(bpm), tonal("minor", centroid_hz, dissonance), lufs)
    for name in ("danceability", "valence", "arousal", "energy"):
        assert 0 < value(found, name) < 1
    assert " & " in found.descriptor


def test_missing_measures_are_in_the_middle() -> None:
    found = describe_mood(Rhythm(), Tonal(), Dynamics(), SPECTRA)
    assert value(found, "valence") == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("energy", "valence", "words"),
    [
        (0.1, 0.1, "calm & dark"),
        (0.5, 0.5, "moderate & neutral"),
        (0.9, 0.9, "energetic & positive"),
    ],
)
def test_words(energy: float, valence: float, words: str) -> None:
    assert describe(energy, valence) == words


def test_silence_has_a_word_of_its_own() -> None:
    found = describe_mood(Rhythm(), Tonal(), Dynamics(), Spectra(as_audio(np.zeros(RATE))))
    assert found == Mood(descriptor="silent")
