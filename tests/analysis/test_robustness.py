"""Any file in: a report or a named error out, on one line, and nothing printed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.batch import analyse_batch
from analysis.errors import SegueError
from analysis.isolation import Limits
from analysis.pipeline import analyse_file
from analysis.report import Report
from tests.analysis.sounds import noise, save, sine

MATERIAL = Path(__file__).parents[3] / "shared" / "data" / "robustness"


def beats(seconds: float, rate: int, channels: int = 2) -> np.ndarray:
    """Return a click a half second over a tone: something to find for every family."""
    wave = 0.2 * sine(220, seconds, rate)
    for start in range(0, wave.size, rate // 2):
        wave[start : start + rate // 50] += noise(1, rate, channels=1)[0, : rate // 50][
            : wave.size - start
        ]
    return np.tile(wave, (channels, 1))


def truncated_mp3(folder: Path) -> Path:
    path = save(folder / "truncated.mp3", beats(12, 44_100), 44_100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3 + 77])
    return path


def four_channels(folder: Path) -> Path:
    path = folder / "four.wav"
    soundfile.write(path, beats(5, 44_100, 4).T, 44_100)
    return path


GOOD = {
    "truncated mp3": truncated_mp3,
    "silence": lambda folder: save(folder / "a.wav", np.zeros((2, 441_000), np.float32), 44_100),
    "0.2 s": lambda folder: save(folder / "a.wav", noise(0.2), 44_100),
    "one sample": lambda folder: save(folder / "a.wav", noise(1)[:, :1], 44_100),
    "mono": lambda folder: save(folder / "a.wav", beats(8, 44_100, 1), 44_100),
    "8 kHz": lambda folder: save(folder / "a.wav", beats(8, 8_000), 8_000),
    "96 kHz": lambda folder: save(folder / "a.flac", beats(8, 96_000), 96_000),
    "4 channels": four_channels,
    "constant": lambda folder: save(folder / "a.wav", np.full((2, 99_999), 0.5, "f4"), 44_100),
    "full-scale noise": lambda folder: save(folder / "a.wav", 2 * noise(6), 44_100),
    "barely audible": lambda folder: save(folder / "a.flac", 1e-4 * noise(6), 44_100),
}


@pytest.mark.parametrize("name", GOOD)
def test_odd_audio_gets_a_report(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = GOOD[name](tmp_path)
    capfd.readouterr()
    report, peaks = analyse_file(path)
    assert capfd.readouterr().out == ""
    payload = json.loads(report.to_json())  # to_json refuses what is not finite
    assert payload["metadata"]["duration_sec"] > 0
    assert peaks.low.size > 0
    if name == "mono":
        assert payload["analysis"]["spatial"] == {"status": "mono_signal"}
    if name == "silence":
        assert payload["analysis"]["dynamics"]["lufs"] is None
        assert payload["analysis"]["rhythm"]["beat_times_sec"] == []
        assert payload["analysis"]["tonal"]["key"] is None
    if name == "truncated mp3":
        assert payload["metadata"]["duration_sec"] == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.mp3", b"Dear diary, this is no music.\n" * 100),
        ("empty.mp3", b""),
        ("page.flac", b"<!doctype html><title>404</title>" * 50),
        ("half a header.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00"),
        (
            "no data.wav",
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x44\xac\0\0\x10\xb1\2\0\4\0\x10\0",
        ),
        ("zip.m4a", b"PK\x03\x04" + bytes(500)),
    ],
)
def test_what_is_no_audio_is_named_on_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SegueError) as caught:
        analyse_file(path)
    assert str(caught.value).startswith(f"UnreadableAudio: {path}: ")
    assert "\n" not in str(caught.value)


def test_a_folder_of_everything_in_one_batch(tmp_path: Path) -> None:
    music = tmp_path / "music"
    for number, make in enumerate(GOOD.values()):
        (music / str(number)).mkdir(parents=True)
        make(music / str(number))
    (music / "text.mp3").write_text("no music")
    (music / "empty.ogg").touch()
    result = analyse_batch(music, tmp_path / "reports", workers=2)
    assert {failure.path.name for failure in result.failed} == {"text.mp3", "empty.ogg"}
    assert len(result.done) == len(GOOD)
    assert not [failure for failure in result.failed if not failure.error.startswith("Unreadable")]
    for path in result.reports.values():
        Report.read(path)


def test_the_worker_and_this_process_write_the_same_report(tmp_path: Path) -> None:
    path = save(tmp_path / "track.wav", beats(10, 44_100), 44_100)
    result = analyse_batch(path, tmp_path / "reports", workers=1)
    assert result.reports[path].read_text() == analyse_file(path)[0].to_json()


def test_the_collection_of_broken_files(tmp_path: Path) -> None:
    if not MATERIAL.is_dir():
        pytest.skip(f"the collection of broken files is not here: {MATERIAL}")
    files = [path for path in sorted(MATERIAL.rglob("*")) if path.is_file()]
    result = analyse_batch(files, tmp_path / "reports", workers=2, limits=Limits(memory_mb=3_000))
    assert len(result.done) + len(result.skipped) + len(result.failed) == len(files)
    assert len(result.done) + len(result.skipped) >= 80
    for failure in result.failed:
        assert failure.error.startswith("UnreadableAudio: "), failure
        assert "\n" not in failure.error
    # Of the faulty FLAC files only those without a usable header are given up.
    faulty = {one.path.name[:2] for one in result.failed if one.path.parent.name == "faulty"}
    assert faulty == {"06", "08", "11", "RE"}
