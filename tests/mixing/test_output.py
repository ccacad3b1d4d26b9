"""Writing a mix: formats, ceiling, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.audio import load_audio
from analysis.loudness import true_peak_dbtp
from mixing.errors import UnwritableMix
from mixing.output import FORMATS, Chunk, decoded_peak_dbtp, limited, write_mix

RATE = 44_100


def noise(seconds: float, level: float) -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.clip(rng.normal(0, level, (2, round(seconds * RATE))), -1, 1).astype(np.float32)


def chunks_of(samples: np.ndarray, size: int, needs_limit: bool = True) -> Iterator[Chunk]:
    for first in range(0, samples.shape[1], size):
        yield samples[:, first : first + size], needs_limit


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_no_format_peaks_above_the_ceiling(tmp_path: Path, suffix: str) -> None:
    samples = noise(6.0, 0.5)
    path = tmp_path / f"loud{suffix}"
    counted: list[int] = []
    peak, gain_db = write_mix(path, lambda: chunks_of(samples, 40_000), RATE, counted.append)
    assert peak <= -1.0
    assert gain_db <= 0
    assert decoded_peak_dbtp(path) == pytest.approx(peak, abs=1e-6)
    assert load_audio(path).samples.shape[1] == pytest.approx(samples.shape[1], abs=1)
    assert sum(counted) >= samples.shape[1]
    assert list(tmp_path.iterdir()) == [path]


def test_quiet_audio_goes_through_untouched(tmp_path: Path) -> None:
    samples = noise(3.0, 0.05)
    path = tmp_path / "quiet.wav"
    write_mix(path, lambda: chunks_of(samples, 30_000), RATE, lambda _count: None)
    assert np.abs(load_audio(path).samples - samples).max() < 1e-6


@pytest.mark.parametrize("size", [64, 1000, 44_100, 10**7])
def test_the_limiter_gives_back_what_it_takes(size: int) -> None:
    samples = noise(1.0, 0.5)
    out = np.concatenate(list(limited(chunks_of(samples, size), RATE, -3.0)), axis=1)
    assert out.shape == samples.shape
    assert 20 * np.log10(np.abs(out).max()) <= -3.0 + 0.01


def test_the_limiter_comes_and_goes_without_a_gap() -> None:
    samples = noise(3.0, 0.05)

    def mixed() -> Iterator[Chunk]:
        for index, (chunk, _) in enumerate(chunks_of(samples, RATE // 2)):
            yield chunk, index in (2, 3)

    out = np.concatenate(list(limited(mixed(), RATE, -1.0)), axis=1)
    assert out.shape == samples.shape
    assert np.abs(out - samples).max() < 1e-4


def test_stopping_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    path.write_bytes(b"the old mix")

    class StoppedByUser(Exception):
        pass

    def stop(_count: int) -> None:
        raise StoppedByUser

    with pytest.raises(StoppedByUser):
        write_mix(path, lambda: chunks_of(noise(1.0, 0.1), 10_000), RATE, stop)
    assert path.read_bytes() == b"the old mix"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_formats_and_bad_places_have_a_name(tmp_path: Path) -> None:
    with pytest.raises(UnwritableMix, match="not a format of ours"):
        write_mix(tmp_path / "mix.aac", lambda: iter(()), RATE, lambda _count: None)
    blocker = tmp_path / "file"
    blocker.write_text("not a folder")
    with pytest.raises(UnwritableMix):
        write_mix(
            blocker / "mix.wav", lambda: chunks_of(noise(0.1, 0.1), 999), RATE, lambda _count: None
        )


def test_wav_and_flac_hold_24_bits(tmp_path: Path) -> None:
    for suffix in (".wav", ".flac"):
        path = tmp_path / f"mix{suffix}"
        write_mix(path, lambda: chunks_of(noise(0.5, 0.1), 9_999), RATE, lambda _count: None)
        assert soundfile.info(path).subtype == "PCM_24"


@pytest.mark.parametrize("at", [3, 44_100 * 30 - 2, 44_100 * 30 + 1, 44_100 * 61 - 3])
def test_the_peak_of_a_long_file_is_found_wherever_it_stands(tmp_path: Path, at: int) -> None:
    samples = noise(61.0, 0.01)
    samples[1, at - 1 : at + 1] = 0.7  # between the two it peaks higher than either
    path = tmp_path / "long.wav"
    soundfile.write(path, samples.T, RATE, subtype="FLOAT")
    whole = true_peak_dbtp(samples)
    assert whole > 20 * np.log10(0.7) + 0.5
    assert decoded_peak_dbtp(path) == pytest.approx(whole, abs=0.02)
