from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.rhythm.attacks import find_attacks
from analysis.rhythm.onsets import ANALYSIS_RATE_HZ, measure_curves

RATE = 44100


def bursts(times_sec: list[float], duration_sec: float, rate: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    samples = np.zeros(int(duration_sec * rate), dtype=np.float32)
    length = int(0.08 * rate)
    for time in times_sec:
        start = round(time * rate)
        decay = np.exp(-np.arange(length) / (0.02 * rate))
        samples[start : start + length] += (rng.standard_normal(length) * decay * 0.3).astype(
            np.float32
        )
    return samples


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_onset_strength_peaks_at_the_onset(rate: int) -> None:
    times = [1.0, 2.5, 4.25, 6.1]
    curves = measure_curves(bursts(times, 8.0, rate), rate)
    for time in times:
        near = slice(int((time - 0.3) / curves.hop_sec), int((time + 0.3) / curves.hop_sec))
        peak = (near.start + int(np.argmax(curves.total[near]))) * curves.hop_sec
        assert abs(peak - time) < 2 * curves.hop_sec


@pytest.mark.parametrize("rate", [44100, 48000])
def test_attack_curve_finds_the_first_sample_within_a_millisecond(rate: int) -> None:
    times = [1.0, 2.5031, 4.2507, 6.1]
    attacks = find_attacks(measure_curves(bursts(times, 8.0, rate), rate))
    for time in times:
        near = slice(int((time - 0.1) / attacks.hop_sec), int((time + 0.1) / attacks.hop_sec))
        peak = (near.start + int(np.argmax(attacks.total[near]))) * attacks.hop_sec
        assert abs(peak - time) < 0.0015


def test_strength_does_not_depend_on_level() -> None:
    samples = bursts([1.0, 2.0, 3.0], 5.0, RATE)
    loud = measure_curves(samples, RATE)
    soft = measure_curves(samples * np.float32(0.01), RATE)
    np.testing.assert_allclose(soft.flux, loud.flux, rtol=1e-3, atol=1e-4)


def test_curves_cover_the_track() -> None:
    curves = measure_curves(bursts([1.0], 7.3, RATE), RATE)
    assert curves.duration_sec == pytest.approx(7.3)
    assert curves.flux.shape == curves.power.shape
    assert abs(curves.flux.shape[1] * curves.hop_sec - 7.3) < 3 * curves.hop_sec
    assert abs(curves.fine_energy.shape[1] * curves.fine_hop_sec - 7.3) < 0.01
    assert curves.flux.dtype == np.float32


def test_blocks_leave_no_seam() -> None:
    # 12 s blocks: a steady tone must show no onset where one block ends.
    t = np.arange(30 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    inner = measure_curves(tone, RATE).total[200:-200]
    assert float(inner.max()) < 0.02 * float(measure_curves(tone, RATE).total.max())


def test_a_tone_sits_in_its_pitch_class() -> None:
    t = np.arange(6 * RATE) / RATE
    curves = measure_curves((0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32), RATE)
    upper = curves.chroma[12:, 10:-10].mean(axis=1)
    assert int(np.argmax(upper)) == 9  # A


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(50), np.zeros(RATE)])
def test_silence_and_nothing_give_flat_curves(samples: NDArray[np.float64]) -> None:
    curves = measure_curves(samples, RATE)
    assert float(curves.flux.max(initial=0.0)) == 0.0
    assert find_attacks(curves).strength.max(initial=0.0) == 0.0


def test_analysis_rate_is_what_the_hops_say() -> None:
    curves = measure_curves(np.zeros(RATE), RATE)
    assert curves.hop_sec == pytest.approx(128 / ANALYSIS_RATE_HZ)
    assert curves.fine_hop_sec < 0.0006
