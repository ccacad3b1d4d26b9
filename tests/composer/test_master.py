from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from composer.master import integrated_lufs, limited, mastered, soft_clipped, true_peak_db


def _tone(freq: float, level: float, rate: int, seconds: float = 4.0) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * freq * np.arange(int(seconds * rate)) / rate)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_loudness_of_the_standards_calibration_tone(rate: int) -> None:
    # BS.1770: 997 Hz at full scale in one channel reads -3.01; in both, 0.
    assert integrated_lufs(_tone(997.0, 0.1, rate), rate) == pytest.approx(-20.0, abs=0.1)


def test_loudness_agrees_with_pyloudnorm_on_gated_material() -> None:
    rng = np.random.default_rng(3)
    loud = rng.standard_normal((2, 44100 * 6)).astype(np.float32) * 0.1
    quiet = loud * 0.02
    x = np.concatenate([loud, quiet], axis=1)
    theirs = pyloudnorm.Meter(44100).integrated_loudness(x.T)
    assert integrated_lufs(x, 44100) == pytest.approx(theirs, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert integrated_lufs(np.zeros((2, 44100), np.float32), 44100) == float("-inf")


def test_true_peak_sees_between_samples() -> None:
    rate = 44100
    wave = np.sin(2 * np.pi * rate / 4 * np.arange(rate) / rate + np.pi / 4)
    x = np.stack([wave, wave]).astype(np.float32)  # samples at ±0.707 only
    assert true_peak_db(x) == pytest.approx(0.0, abs=0.15)


def test_limiter_keeps_peaks_and_leaves_quiet_sound_alone() -> None:
    rng = np.random.default_rng(4)
    x = (0.9 * rng.standard_normal((2, 44100))).astype(np.float32)
    assert true_peak_db(limited(x, 44100)) <= -0.5
    quiet = 0.05 * x
    assert limited(quiet, 44100) is quiet


def test_limiter_only_scales() -> None:
    x = _tone(60.0, 2.0, 44100, 0.5)
    out = limited(x, 44100)
    moving = np.abs(x) > 1e-3
    assert np.all(out[moving] / x[moving] > 0)
    assert np.all(out[~moving] == pytest.approx(0.0, abs=1e-3))


def test_soft_clipping_is_odd_monotonic_and_transparent_below_the_knee() -> None:
    x = np.linspace(-2.0, 2.0, 401, dtype=np.float32)[None, :]
    out = soft_clipped(x)
    assert np.allclose(out, -out[:, ::-1], atol=1e-6)
    assert np.all(np.diff(out) >= 0)
    assert np.array_equal(out[np.abs(x) <= 0.5], x[np.abs(x) <= 0.5])
    assert np.max(np.abs(out)) < 1.0


def test_mastering_reaches_the_loudness() -> None:
    rng = np.random.default_rng(5)
    beat = np.exp(-np.arange(44100 // 2) / 4000.0)
    level = np.tile(beat, 40)
    x = (0.05 * rng.standard_normal((2, len(level))) * level).astype(np.float32)
    out = mastered(x, 44100, -10.0)
    assert integrated_lufs(out, 44100) == pytest.approx(-10.0, abs=0.7)
    assert true_peak_db(out) <= -0.5
