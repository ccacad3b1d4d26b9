from __future__ import annotations

import numpy as np
import pytest

from analysis.partials import find_partials
from analysis.report import VocalActivity
from analysis.spectra import Spectra
from analysis.vocal import (
    RATE_HZ,
    describe_vocals,
    find_segments,
    singing,
    sung_pitch_hz,
    voice_probability,
)
from analysis.voice import FEATURES, voice_features
from tests.analysis.music import RATE, as_audio, chords, sketch


def sung(hz: float, seconds: float, vibrato_cents: float = 35.0) -> np.ndarray:
    """Return a tone of many harmonics with vibrato and a formant, like a held vowel."""
    time = np.arange(round(seconds * RATE)) / RATE
    bend = 2 ** (vibrato_cents / 1200 * np.sin(2 * np.pi * 5.5 * time))
    phase = 2 * np.pi * np.cumsum(hz * bend) / RATE
    tone = np.zeros_like(time)
    for order in range(1, 16):
        level = order**-0.8 * (1 + 3 * np.exp(-(((order * hz - 900) / 400) ** 2)))
        tone += level * np.sin(order * phase)
    return 0.05 * tone


def overlap(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def spans(activity: VocalActivity) -> list[tuple[float, float]]:
    return [(segment.start_sec, segment.end_sec) for segment in activity.segments]


def test_a_voice_over_chords_is_found_where_it_is() -> None:
    backing = chords([(9, "minor"), (5, "major")], repeats=10).mono[: 40 * RATE]
    voice = np.zeros(len(backing))
    for start in (8, 24):
        voice[start * RATE : (start + 6) * RATE] = sung(330.0, 6.0)
    activity = describe_vocals(Spectra(as_audio(backing + 2 * voice)))
    found = spans(activity)
    truth = [(8.0, 14.0), (24.0, 30.0)]
    assert overlap(found, truth) > 0.8 * 12
    assert sum(end - start for start, end in found) < 12 + 4
    assert activity.pitch_mean_hz == pytest.approx(330, rel=0.15)
    assert activity.voiced_ratio == pytest.approx(0.3, abs=0.08)


def test_chords_alone_do_not_sing() -> None:
    audio = chords([(9, "minor"), (5, "major")], repeats=6, drums=True)
    activity = describe_vocals(Spectra(audio))
    assert activity.voiced_ratio == 0
    assert activity.segments == []
    assert activity.pitch_mean_hz is None


@pytest.mark.parametrize(("seed", "style"), [(1602, "reggaeton"), (1603, "hip-hop")])
def test_composed_phrases_are_mostly_found(seed: int, style: str) -> None:
    audio, truth = sketch(seed, style, 40.0, vocals=True)
    reference = [tuple(phrase) for phrase in truth["vocal_phrases"]]
    found = spans(describe_vocals(Spectra(audio)))
    both = overlap(found, reference)
    assert both > 0.5 * sum(end - start for start, end in reference)
    assert both > 0.5 * sum(end - start for start, end in found)


def test_segments_close_breaths_and_leave_out_blips() -> None:
    probability = np.full(round(30 * RATE_HZ), 1e-3)

    def sing(start: float, end: float) -> None:
        probability[round(start * RATE_HZ) : round(end * RATE_HZ)] = 0.98

    sing(2, 5)
    sing(5.6, 8)
    sing(15, 15.3)
    sing(20, 24)
    found = [(s.start_sec, s.end_sec) for s in find_segments(probability)]
    assert np.allclose(found, [(2, 8), (20, 24)], atol=0.2)
    assert all(0.5 < segment.confidence <= 1 for segment in find_segments(probability))


def test_singing_changes_seldom() -> None:
    noisy = np.clip(0.05 + np.random.default_rng(0).normal(0, 0.03, 500), 0.001, 0.5)
    assert not singing(noisy).any()
    assert singing(np.full(100, 0.9)).all()
    assert len(singing(np.zeros(0))) == 0


@pytest.mark.parametrize("hz", [110.0, 220.0, 523.25, 880.0])
def test_pitch_of_a_voice(hz: float) -> None:
    samples = np.interp(
        np.arange(0, 3 * 11_025) / 11_025, np.arange(3 * RATE) / RATE, sung(hz, 3.0)
    ).astype(np.float32)
    partials = find_partials(samples, None)
    pitch = sung_pitch_hz(partials, np.ones(partials.frames, bool))
    assert np.median(pitch) == pytest.approx(hz, rel=0.04)


def test_features_have_their_columns_and_are_finite() -> None:
    table = voice_features(Spectra(as_audio(sung(300.0, 3.0))))
    assert table.shape[1] == len(FEATURES)
    assert np.isfinite(table).all()
    probability = voice_probability(table)
    assert probability.min() >= 0
    assert probability.max() <= 1


def test_a_side_signal_is_not_in_the_centre() -> None:
    tone = sung(300.0, 3.0)
    centred, wide = (
        voice_features(Spectra(as_audio(np.stack(pair))))[:, FEATURES.index("centred")].mean()
        for pair in ((tone, tone), (tone, -0.6 * tone))
    )
    assert centred > 0.9
    assert wide < 0.2


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.zeros(64), np.zeros((2, RATE))])
def test_silence_and_scraps_have_no_voice(samples: np.ndarray) -> None:
    assert describe_vocals(Spectra(as_audio(samples))) == VocalActivity()
