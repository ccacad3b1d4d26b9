"""Samples on disk: the same values, little memory."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from analysis import paged
from analysis.audio import load_audio
from analysis.dynamics import describe_dynamics
from analysis.essentia_bridge.rhythm import danceability
from analysis.paged import PagedSamples, room_for
from analysis.resample import resampled
from analysis.spatial import describe_spatial
from analysis.spectra import at_full_scale
from analysis.waveform import find_peaks


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def test_short_recordings_stay_in_memory() -> None:
    assert not isinstance(room_for((2, 44_100 * 600), 44_100), PagedSamples)
    assert isinstance(room_for((2, 1_000_000), 1_000), PagedSamples)


def test_reading_in_slices_keeps_little_in_memory() -> None:
    try:
        before = resident_mb()
    except OSError:
        pytest.skip("resident memory is read from /proc, which is not here")
    samples = room_for((1, 100_000_000), 1_000)  # 400 MB
    total = 0.0
    for start in range(0, samples.shape[1], 1_000_000):
        samples[:, start : start + 1_000_000] = start // 1_000_000
    for start in range(0, samples.shape[1], 1_000_000):
        total += float(samples[0, start : start + 1_000_000].mean())
        assert resident_mb() - before < 200
    assert total == sum(range(100))


def test_a_recording_on_disk_is_described_as_one_in_memory(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    sound = (rng.normal(size=(44_100 * 6, 2)) * np.linspace(0.01, 0.2, 44_100 * 6)[:, None]).astype(
        np.float32
    )
    soundfile.write(tmp_path / "a.wav", sound, 44_100, subtype="FLOAT")
    held = load_audio(tmp_path / "a.wav")
    monkeypatch.setattr(paged, "LONG_SEC", 1.0)
    stored = load_audio(tmp_path / "a.wav")
    assert isinstance(stored.samples, PagedSamples)
    assert isinstance(stored.mono, PagedSamples)
    np.testing.assert_array_equal(held.samples, stored.samples)
    np.testing.assert_array_equal(held.mono, stored.mono)
    assert describe_dynamics(held) == describe_dynamics(stored)
    assert describe_spatial(held) == describe_spatial(stored)
    np.testing.assert_array_equal(find_peaks(held).low, find_peaks(stored).low)
    stored.forget_channels()
    assert stored.samples.shape == (1, 44_100 * 6)
    assert stored.duration_sec == held.duration_sec


def test_resampling_in_stretches_is_resampling() -> None:
    time = np.arange(3_000_000) / 44_100
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    low = resampled(np.stack([tone, tone]), 44_100, 11_025, (0.75, 0.25))
    expected = np.sin(2 * np.pi * 440 * np.arange(len(low)) / 11_025)
    assert abs(len(low) - 750_000) <= 1
    assert np.abs(low - expected)[1_000:-1_000].max() < 1e-3


def test_measures_of_a_recording_on_disk_leave_it_there() -> None:
    try:
        before = resident_mb()
    except OSError:
        pytest.skip("resident memory is read from /proc, which is not here")
    samples = room_for((60_000_000,), 1_000)  # 240 MB
    noise = np.random.default_rng(4).uniform(-1.0, 1.0, 1_000_000).astype(np.float32)
    for start in range(0, len(samples), len(noise)):
        samples[start : start + len(noise)] = noise * np.float32(1 - start / 1e8)
    assert danceability(samples) is not None
    assert resident_mb() - before < 150
    assert at_full_scale(samples) is samples
    assert resident_mb() - before < 150


def test_clipping_a_stretch_at_a_time_is_clipping() -> None:
    loud = np.random.default_rng(5).normal(size=2_500_000).astype(np.float32)
    np.testing.assert_array_equal(at_full_scale(loud), np.clip(loud, -1.0, 1.0))
