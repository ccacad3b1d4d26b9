"""The stereo picture of signals whose picture is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.spatial import describe_spatial
from tests.analysis.sounds import audio_of, noise, sine


def test_a_mono_file_has_only_a_status() -> None:
    found = describe_spatial(audio_of(noise(1, channels=1)))
    assert found.status == "mono_signal"
    assert found.stereo_width is None


def test_a_stereo_file_with_equal_channels_is_narrow_not_mono() -> None:
    wave = noise(1, channels=1)[0]
    found = describe_spatial(audio_of(np.stack([wave, wave])))
    assert found.status is None
    assert found.stereo_width == 0
    assert found.balance_db == 0
    assert found.phase_coherence == pytest.approx(1)
    assert found.side_mid_ratio_db is not None
    assert found.side_mid_ratio_db < -100


def test_opposite_phase() -> None:
    wave = noise(1, channels=1)[0]
    found = describe_spatial(audio_of(np.stack([wave, -wave])))
    assert found.phase_coherence == pytest.approx(-1)
    assert found.side_mid_ratio_db is not None
    assert found.side_mid_ratio_db > 100


def test_independent_channels() -> None:
    found = describe_spatial(audio_of(noise(10)))
    assert found.phase_coherence == pytest.approx(0, abs=0.02)
    assert found.stereo_width == pytest.approx(1, abs=0.02)
    assert found.side_mid_ratio_db == pytest.approx(0, abs=0.1)


def test_a_quarter_turn_between_channels() -> None:
    t = np.arange(44_100) / 44_100
    left, right = np.sin(2 * np.pi * 1_000 * t), np.cos(2 * np.pi * 1_000 * t)
    found = describe_spatial(audio_of(np.stack([left, right])))
    assert found.phase_coherence == pytest.approx(0, abs=0.02)


@given(st.floats(-40, 40))
@settings(max_examples=20)
def test_balance_is_the_level_difference(difference_db: float) -> None:
    wave = sine(440, 0.2, level_db=-41)
    found = describe_spatial(audio_of(np.stack([wave * 10 ** (difference_db / 20), wave])))
    assert found.balance_db == pytest.approx(difference_db, abs=0.01)


def test_one_silent_channel() -> None:
    wave = noise(1, channels=1)[0]
    found = describe_spatial(audio_of(np.stack([wave, np.zeros_like(wave)])))
    assert found.balance_db is not None
    assert 100 < found.balance_db < 130
    assert found.phase_coherence is None
    assert found.stereo_width == pytest.approx(1)
    assert found.side_mid_ratio_db == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("count", [1, 100, 3_000])
def test_silence_and_short_sounds(count: int) -> None:
    silent = describe_spatial(audio_of(np.zeros((2, count))))
    assert silent.model_dump(exclude_none=True) == {}
    short = describe_spatial(audio_of(noise(1)[:, :count]))
    assert short.stereo_width is not None
