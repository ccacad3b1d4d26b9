from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from analysis.instrumentation import describe_instrumentation
from analysis.report import Instrumentation, VocalActivity
from analysis.spectra import Spectra
from tests.analysis.music import RATE, as_audio, chords, sketch


def banded(low_hz: float, high_hz: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(4 * RATE)
    sos = butter(6, (low_hz, high_hz), "bandpass", fs=RATE, output="sos")
    return 0.2 * np.asarray(sosfilt(sos, noise))


def describe(samples: np.ndarray, vocal: VocalActivity | None = None) -> Instrumentation:
    return describe_instrumentation(Spectra(as_audio(samples)), vocal or VocalActivity())


@pytest.mark.parametrize(
    ("band", "name"),
    [
        ((30, 120), "bass_presence"),
        ((300, 1500), "mid_presence"),
        ((3000, 12000), "treble_presence"),
    ],
)
def test_each_band_is_heard_as_itself(band: tuple[float, float], name: str) -> None:
    found = describe(banded(*band))
    assert getattr(found, name) > 0.8
    shares = (found.bass_presence, found.mid_presence, found.treble_presence)
    assert sum(share or 0 for share in shares) == pytest.approx(1)
    assert found.likely_bass_heavy == (name == "bass_presence")
    assert found.likely_bright_timbre == (name == "treble_presence")


def test_drums_are_more_percussive_than_chords() -> None:
    clicks = np.zeros(4 * RATE)
    clicks[:: RATE // 4] = 1.0
    held = describe_instrumentation(Spectra(chords([(0, "major")])), VocalActivity())
    assert (held.percussive_ratio or 1) < 0.5 < (describe(clicks).percussive_ratio or 0)


def test_singing_raises_the_vocal_proxy() -> None:
    music = banded(300, 3000)
    none = describe(music, VocalActivity(voiced_ratio=0.0, voiced_probability_mean=0.02))
    some = describe(music, VocalActivity(voiced_ratio=0.5, voiced_probability_mean=0.4))
    assert none.vocal_presence_proxy == 0
    assert 0.3 < (some.vocal_presence_proxy or 0) <= 1
    assert some.vocal_probability_mean == 0.4


def test_level_does_not_matter() -> None:
    music = banded(100, 8000)
    quiet, loud = (describe(gain * music) for gain in (0.05, 0.9))
    assert quiet.bass_presence == pytest.approx(loud.bass_presence, rel=0.02)
    assert quiet.percussive_ratio == pytest.approx(loud.percussive_ratio, rel=0.02)


def test_composed_music_lies_inside_the_unit_range() -> None:
    audio, _ = sketch(1600, "trance", 30.0)
    found = describe_instrumentation(Spectra(audio), VocalActivity()).model_dump()
    for name, value in found.items():
        assert value is None or 0 <= value <= 1, name


def test_silence_has_no_instruments() -> None:
    assert describe(np.zeros(RATE)) == Instrumentation()
