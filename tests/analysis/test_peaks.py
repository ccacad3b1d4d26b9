"""Waveform peaks: bands, time, size, and the file."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.errors import UnreadableReport
from analysis.peaks import RATE_HZ, Peaks, read_peaks, write_peaks
from analysis.waveform import find_peaks
from tests.analysis.sounds import audio_of, noise, sine

RATES = (4_000, 8_000, 22_050, 44_100, 48_000)


@pytest.mark.parametrize(
    ("frequency_hz", "band"), [(50, "low"), (100, "low"), (800, "mid"), (1_200, "mid"),
                               (8_000, "high"), (14_000, "high")],
)  # fmt: skip
def test_a_tone_shows_in_its_band(frequency_hz: float, band: str) -> None:
    peaks = find_peaks(audio_of(sine(frequency_hz, 2, level_db=-6.0206)))
    scales = dict(zip(("low", "mid", "high"), peaks.scales, strict=True))
    level = scales.pop(band) * float(np.median(getattr(peaks, band)[100:-100])) / 255
    assert level == pytest.approx(0.5, rel=0.1)
    # A filter that starts in the middle of a wave rings; the steady rest is what counts.
    for other, scale in scales.items():
        assert scale * float(np.median(getattr(peaks, other)[100:-100])) / 255 < 0.05


@pytest.mark.parametrize("rate", RATES)
def test_columns_cover_the_track_at_any_rate(rate: int) -> None:
    peaks = find_peaks(audio_of(noise(2.5, rate), rate))
    assert peaks.low.size == peaks.mid.size == peaks.high.size == 375
    assert peaks.duration_sec == pytest.approx(2.5)
    assert peaks.low.dtype == np.uint8


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_hit_stands_in_its_column(rate: int) -> None:
    samples = np.zeros((2, 3 * rate), np.float32)
    at_sec = 1.5
    samples[:, round(at_sec * rate) : round((at_sec + 0.01) * rate)] = 0.9
    peaks = find_peaks(audio_of(samples, rate))
    column = int(at_sec * RATE_HZ)
    for band in (peaks.low, peaks.mid, peaks.high):
        assert abs(int(np.argmax(band > 100)) - column) <= 1
        assert not band[: column - 1].any()


def test_the_same_track_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_peaks(find_peaks(audio_of(noise(3))), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 100, 1_000])
def test_short_and_silent_tracks(count: int) -> None:
    assert find_peaks(audio_of(noise(1)[:, :count])).low.size == -(-count // 294)
    silent = find_peaks(audio_of(np.zeros((2, count))))
    assert not silent.low.any()
    assert silent.scales == (0, 0, 0)


bands = st.integers(0, 700).flatmap(lambda n: arrays.arrays(np.uint8, (3, n)))


@given(bands, st.integers(1, 900))
def test_an_overview_keeps_every_peak(columns: np.ndarray, wanted: int) -> None:
    overview = Peaks(*columns).overview(wanted)
    assert overview.shape == (3, wanted)
    assert overview.dtype == np.uint8
    if columns.shape[1]:
        np.testing.assert_array_equal(overview.max(axis=1), columns.max(axis=1))


def test_an_overview_has_columns() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Peaks(*np.zeros((3, 5), np.uint8)).overview(0)


@given(bands)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, columns: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("peaks") / "a.peaks"
    write_peaks(Peaks(*columns, 150.0, (1.0, 0.5, 0.25)), path)
    found = read_peaks(path)
    np.testing.assert_array_equal(np.stack([found.low, found.mid, found.high]), columns)
    assert (found.rate_hz, found.scales) == (150.0, (1.0, 0.5, 0.25))


def test_the_file_is_laid_out_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "a.peaks"
    low, mid, high = np.arange(12, dtype=np.uint8).reshape(3, 4)
    write_peaks(Peaks(low, mid, high, 150.0, (1.0, 0.5, 0.25)), path)
    content = path.read_bytes()
    assert content[:4] == b"SGPK"
    assert struct.unpack_from("<HHfI3f", content, 4) == (1, 3, 150.0, 4, 1.0, 0.5, 0.25)
    assert content[28:] == bytes(range(12))


@pytest.mark.parametrize("content", [b"", b"SGPK", b"RIFF" * 20, None])
def test_a_damaged_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "a.peaks"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableReport):
        read_peaks(path)


def test_a_file_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.peaks"
    write_peaks(Peaks(*np.zeros((3, 50), np.uint8)), path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnreadableReport, match="damaged"):
        read_peaks(path)
