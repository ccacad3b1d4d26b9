"""Loudness against the standards' own signals and closed forms; levels against arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import loudness
from analysis.audio import load_audio
from analysis.dynamics import HOP_SEC, describe_dynamics, rms_curve
from analysis.loudness import k_weighting, measure_loudness, true_peak_dbtp
from analysis.report import Dynamics
from tests.analysis.sounds import audio_of, noise, sine

EBU = Path(__file__).parents[3] / "shared" / "data" / "loudness"
KNOWN = {
    "1kHz_sine_-20LUFS-16bit.flac": -20.0,
    "1kHz_sine_-26LUFS-16bit.flac": -26.0,
    "seq-3341-1-16bit.flac": -23.0,
    "seq-3341-2-16bit.flac": -33.0,
    "seq-3341-3-16bit-v02.flac": -23.0,
}
RATES = (8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000)


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.stack([mono, mono])


@pytest.mark.parametrize(("name", "lufs"), KNOWN.items())
def test_the_ebu_sequences(name: str, lufs: float) -> None:
    if not (EBU / name).is_file():
        pytest.skip(f"the EBU's files are not here: {EBU}")
    audio = load_audio(EBU / name)
    measured = measure_loudness(audio.samples, audio.sample_rate)
    assert measured.integrated_lufs == pytest.approx(lufs, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_a_sine_of_997_hz_reads_its_level_at_any_rate(rate: int) -> None:
    # BS.1770: 0 dBFS in one channel is −3.01 LKFS, so −20 dBFS in two is −20.0 LUFS.
    both = measure_loudness(stereo(sine(997, 10, rate, -20)), rate)
    assert both.integrated_lufs == pytest.approx(-20.0, abs=0.1)
    one = measure_loudness(sine(997, 10, rate, -20)[None], rate)
    assert one.integrated_lufs == pytest.approx(-23.01, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_loudness_agrees_with_pyloudnorm(rate: int) -> None:
    samples = noise(6, rate, seed=rate)
    samples[:, : 3 * rate] *= 0.05
    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    expected = meter.integrated_loudness(samples.T.astype(float))
    measured = measure_loudness(samples, rate)
    assert measured.integrated_lufs == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_the_filters_are_the_same_without_pyloudnorm(
    rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_library = k_weighting.__wrapped__(rate)
    monkeypatch.setattr(loudness, "PYLOUDNORM", None)
    np.testing.assert_allclose(k_weighting.__wrapped__(rate), with_library, atol=1e-9)


def test_k_weighting_is_the_standards_table_at_48_khz() -> None:
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
    shelf += [1, -1.69065929318241, 0.73248077421585]
    high_pass = [1, -2, 1, 1, -1.99004745483398, 0.99007225036621]
    expected = [shelf, high_pass]
    np.testing.assert_allclose(k_weighting(48_000), expected, atol=1e-8)


@pytest.mark.parametrize(("quiet_db", "loud_db"), [(-30, -20), (-25, -20), (-40, -20)])
def test_loudness_range_of_two_levels(quiet_db: float, loud_db: float) -> None:
    # EBU Tech 3342, minimum requirements: two tones of 20 s, range = their difference ± 1 LU.
    mono = np.concatenate([sine(1_000, 20, 48_000, quiet_db), sine(1_000, 20, 48_000, loud_db)])
    measured = measure_loudness(stereo(mono), 48_000)
    assert measured.range_lu == pytest.approx(loud_db - quiet_db, abs=1.0)


def test_quiet_passages_are_gated() -> None:
    mono = np.concatenate([sine(997, 60, level_db=-20), sine(997, 20, level_db=-50)])
    measured = measure_loudness(stereo(mono), 44_100)
    assert measured.integrated_lufs == pytest.approx(-20.0, abs=0.1)
    assert measured.range_lu == pytest.approx(0.0, abs=1.0)  # 30 LU below is gated as well


def test_long_files_in_chunks_are_measured_as_whole_ones() -> None:
    once = noise(10, 44_100, seed=3)
    measured = measure_loudness(np.tile(once, (1, 3)), 44_100)
    assert measured.short_term_lufs.size == 300 - 30 + 1
    expected = measure_loudness(once, 44_100).integrated_lufs
    assert measured.integrated_lufs == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("frequency_share", [1 / 4, 1 / 6, 1 / 8, 0.01])
@pytest.mark.parametrize("phase_deg", [0, 30, 45, 60, 67.5])
def test_true_peak_of_sines_between_samples(frequency_share: float, phase_deg: float) -> None:
    # EBU Tech 3341 asks for +0.2/−0.4 dB.
    n = np.arange(24_000)
    fade = np.clip(np.minimum(n, n[::-1]) / 2_000, 0, 1)
    wave = 0.5 * fade * np.sin(2 * np.pi * frequency_share * n + np.deg2rad(phase_deg))
    peak = true_peak_dbtp(wave[None].astype(np.float32))
    assert peak is not None
    assert -0.4 < peak - 20 * np.log10(0.5) < 0.2


@given(st.integers(0, 2**32 - 1))
def test_true_peak_is_never_below_the_sample_peak(seed: int) -> None:
    samples = noise(0.05, 44_100, seed)
    peak = true_peak_dbtp(samples)
    assert peak is not None
    assert peak >= 20 * np.log10(np.abs(samples).max()) - 1e-6


def test_true_peak_sees_the_other_channel() -> None:
    samples = np.stack([sine(1_000, 0.1, level_db=-20), sine(1_000, 0.1, level_db=-6)])
    assert true_peak_dbtp(samples) == pytest.approx(-6, abs=0.2)


def test_levels_of_a_sine() -> None:
    found = describe_dynamics(audio_of(stereo(sine(441, 5, level_db=-6.0206))))
    assert found.rms.mean == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
    assert found.rms.std == pytest.approx(0, abs=1e-3)
    assert found.crest_factor == pytest.approx(np.sqrt(2), rel=1e-3)
    assert found.true_peak_dbtp == pytest.approx(-6.02, abs=0.05)
    assert found.loudness_range_lu == pytest.approx(0, abs=0.05)


def test_opposite_phase_is_not_silence() -> None:
    wave = sine(441, 4)
    found = describe_dynamics(audio_of(np.stack([wave, -wave])))
    assert found.rms.mean == pytest.approx(1 / np.sqrt(2), rel=1e-3)


def test_attack_and_decay_of_a_struck_tone() -> None:
    rate, onset_sec, half_life_sec = 44_100, 1.0, 0.25
    t = np.arange(4 * rate) / rate - onset_sec
    wave = np.where(t >= 0, 0.8 * 2 ** (-np.maximum(t, 0) / half_life_sec), 0) * sine(800, 4)
    found = describe_dynamics(audio_of(wave)).attack_decay
    assert found.attack_time_sec == pytest.approx(onset_sec, abs=2 * HOP_SEC)
    assert found.decay_time_sec == pytest.approx(half_life_sec, abs=2 * HOP_SEC)


def test_a_tone_that_never_falls_has_no_decay() -> None:
    assert describe_dynamics(audio_of(sine(440, 2))).attack_decay.decay_time_sec is None


def test_the_short_term_curve_is_once_a_second() -> None:
    mono = np.concatenate([np.zeros(5 * 44_100, np.float32), sine(997, 5, level_db=-20)])
    curve = describe_dynamics(audio_of(stereo(mono))).short_term_lufs
    assert len(curve) == 8  # windows ending at 3, 4, … 10 s
    assert curve[:3] == [None, None, None]
    assert curve[-1] == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize("seconds", [0.001, 0.2, 1.0, 4.0])
def test_silence_has_levels_but_no_loudness(seconds: float) -> None:
    found = describe_dynamics(audio_of(np.zeros((2, round(seconds * 44_100)))))
    assert found.rms.max == 0
    assert found.crest_factor is None
    assert (found.lufs, found.loudness_range_lu, found.true_peak_dbtp) == (None, None, None)
    assert found.attack_decay.attack_time_sec is None
    assert set(found.short_term_lufs) <= {None}
    Dynamics.model_validate(found.model_dump())


@pytest.mark.parametrize("count", [1, 2, 100, 2_000, 17_640])
def test_the_shortest_sounds(count: int) -> None:
    found = describe_dynamics(audio_of(noise(1)[:, :count]))
    assert found.rms.mean is not None
    assert found.loudness_range_lu is None
    assert (found.lufs is None) == (count < 0.4 * 44_100)


def test_frames_cover_the_track() -> None:
    curve, hop_sec = rms_curve(audio_of(noise(2)))
    assert hop_sec == pytest.approx(HOP_SEC, rel=0.01)
    assert len(curve) == 2 * 44_100 // 512 - 3
