"""Decoding: timing, stretches, down-mix, and files that are none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from analysis import decoders
from analysis.audio import AUDIO_SUFFIXES, MAX_SAMPLE_RATE, load_audio, stream_audio
from analysis.errors import UnreadableAudio
from tests.analysis.sounds import ALL_SUFFIXES, noise, save, sine

RATE = 48_000
NOBODY = 65_534  # the user id that owns nothing
IMPULSE = 30_000

# Raw streams and Windows Media do not declare their encoder's delay, so nothing can skip it;
# browsers do not either.
UNDECLARED_DELAY = {".aac": 1_024, ".wma": -2_048}


@pytest.mark.parametrize("suffix", ALL_SUFFIXES)
def test_an_impulse_is_heard_where_it_was_written(suffix: str, tmp_path: Path) -> None:
    clicks = np.zeros((2, 2 * RATE), np.float32)
    clicks[:, IMPULSE], clicks[:, IMPULSE + 1] = 0.9, -0.9
    audio = load_audio(save(tmp_path / f"click{suffix}", clicks, RATE))
    assert audio.sample_rate == audio.source_sample_rate == RATE
    assert audio.source_channels == 2
    expected = IMPULSE + UNDECLARED_DELAY.get(suffix, 0)
    assert expected - 1 <= int(np.abs(audio.mono).argmax()) <= expected + 1


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".alac.m4a", ".wv", ".tta"])
def test_lossless_formats_give_back_their_samples(suffix: str, tmp_path: Path) -> None:
    made = noise(0.5)
    audio = load_audio(save(tmp_path / f"noise{suffix}", made, 44_100))
    assert audio.samples.dtype == np.float32
    np.testing.assert_allclose(audio.samples, made, atol=2 / 32_768)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a"])
def test_a_stretch_is_the_same_as_a_slice_of_the_whole(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"noise{suffix}", noise(3.0, RATE), RATE)
    whole, part = load_audio(path), load_audio(path, 1.25, 2.5)
    first = round(1.25 * RATE)
    assert part.samples.shape == (2, round(1.25 * RATE))
    expected = whole.samples[:, first : first + part.samples.shape[1]]
    np.testing.assert_allclose(part.samples, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("suffix", "rate"),
    [(".wav", 96_000), (".flac", 96_000), (".ogg", RATE), (".mp3", RATE), (".m4a", RATE)],
)
def test_a_stream_is_what_is_loaded(suffix: str, rate: int, tmp_path: Path) -> None:
    path = save(tmp_path / f"noise{suffix}", noise(8.0, rate), rate)
    stream = stream_audio(path, max_sample_rate=RATE)
    blocks = list(stream.blocks)
    whole = load_audio(path, max_sample_rate=RATE)
    assert stream.sample_rate == whole.sample_rate == RATE
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole.samples)


@pytest.mark.parametrize(
    ("suffix", "rate"),
    [(".wav", 96_000), (".wav", 64_000), (".flac", RATE), (".ogg", RATE), (".mp3", RATE),
     (".alac.m4a", RATE), (".wma", RATE), (".mka", RATE)],
)  # fmt: skip
@pytest.mark.parametrize("start_sec", [0.7, 17.345])
def test_a_stream_from_further_on_is_the_rest_of_the_whole(
    suffix: str, rate: int, start_sec: float, tmp_path: Path
) -> None:
    path = save(tmp_path / f"noise{suffix}", noise(20.0, rate), rate)
    whole = load_audio(path, max_sample_rate=RATE)
    stream = stream_audio(path, start_sec=start_sec, max_sample_rate=RATE)
    rest = np.concatenate(list(stream.blocks), axis=1)
    expected = whole.samples[:, round(start_sec * stream.sample_rate) :]
    assert rest.shape == expected.shape
    np.testing.assert_allclose(rest, expected, atol=1e-6)


def test_aac_from_further_on_lies_on_the_same_frames(tmp_path: Path) -> None:
    # where a tone is played nothing is made up, and every frame of another place would show
    path = save(tmp_path / "sweep.m4a", _sweep(20.0), RATE)
    whole = load_audio(path)
    rest = np.concatenate(list(stream_audio(path, start_sec=17.345).blocks), axis=1)
    expected = whole.samples[:, round(17.345 * RATE) :]
    assert rest.shape == expected.shape
    np.testing.assert_allclose(rest, expected, atol=2e-3)


def _sweep(seconds: float) -> np.ndarray:
    sec = np.arange(round(seconds * RATE)) / RATE
    tone = 0.4 * np.sin(2 * np.pi * (200 * sec + 40 * sec**2))
    return np.stack([tone, tone]).astype(np.float32)


def test_what_lies_before_a_start_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "noise.mp3", noise(60.0, RATE), RATE)
    decoded: list[int] = []
    frames = decoders._frames

    def counted(packet):
        decoded.append(packet.pts)
        return frames(packet)

    monkeypatch.setattr(decoders, "_frames", counted)
    next(stream_audio(path, start_sec=50.0).blocks)
    assert 0 < len(decoded) < 200, "of 2300 packets"


def test_no_audio_after_the_end(tmp_path: Path) -> None:
    path = save(tmp_path / "noise.flac", noise(3.0, RATE), RATE)
    with pytest.raises(UnreadableAudio, match=r"ends before 4 s"):
        stream_audio(path, start_sec=4.0)


def test_a_stream_of_a_damaged_file_ends_early_and_of_none_is_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "noise.flac", noise(12.0, RATE), RATE)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4] + bytes(len(content) // 4))
    sent = sum(block.shape[1] for block in stream_audio(path).blocks)
    assert 2 * RATE < sent < 12 * RATE
    path.write_text("la la la" * 99)
    with pytest.raises(UnreadableAudio):
        stream_audio(path)


@pytest.fixture(scope="module")
def second_long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "second.wav"
    soundfile.write(path, np.linspace(-1, 1, 8_000), 8_000)
    return path


@given(start_sec=st.floats(0, 0.99), length_sec=st.floats(0.001, 1.2))
def test_any_stretch_lies_inside_the_file(
    second_long: Path, start_sec: float, length_sec: float
) -> None:
    audio = load_audio(second_long, start_sec, start_sec + length_sec)
    assert 0 < audio.duration_sec <= min(length_sec, 1.0 - start_sec) + 1 / 4_000


def test_stretches_outside_the_file_are_named_errors(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", noise(1.0), 44_100)
    with pytest.raises(UnreadableAudio, match="ends before 5 s"):
        load_audio(path, 5.0)
    with pytest.raises(UnreadableAudio, match="nothing lies between"):
        load_audio(path, 0.5, 0.5)


def test_mono_is_the_mean_of_the_channels(tmp_path: Path) -> None:
    made = noise(0.2)
    audio = load_audio(save(tmp_path / "a.wav", made, 44_100))
    np.testing.assert_allclose(audio.mono, audio.samples.mean(axis=0), atol=1e-7)
    assert audio.mono is audio.mono
    single = load_audio(save(tmp_path / "b.wav", made[:1], 44_100))
    assert single.samples.shape[0] == single.source_channels == 1


@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8])
def test_more_than_two_channels_are_mixed_down(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    same = np.tile(sine(440, 0.1, level_db=-1)[:, None], (1, channels))
    soundfile.write(path, same, 44_100)
    audio = load_audio(path)
    assert audio.source_channels == channels
    assert audio.samples.shape[0] == 2
    np.testing.assert_allclose(audio.samples[0], same[:, 0], atol=1e-3)  # never louder
    np.testing.assert_allclose(audio.samples[1], same[:, 0], atol=1e-3)


def test_centre_reaches_both_sides_and_left_stays_left(tmp_path: Path) -> None:
    path = tmp_path / "surround.wav"
    channels = np.zeros((4_410, 6))
    channels[:2_000, 0] = 0.5
    channels[2_000:, 2] = 0.5
    soundfile.write(path, channels, 44_100)
    left, right = load_audio(path).samples
    assert left[1_000] > 0
    assert right[1_000] == 0
    assert left[3_000] == right[3_000] > 0


def test_samples_that_are_no_numbers_are_silence(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    made = noise(0.1, channels=1)[0]
    made[[5, 6, 7]] = np.nan, np.inf, -1e30
    soundfile.write(path, made, 44_100, subtype="FLOAT")
    samples = load_audio(path).samples[0]
    assert np.isfinite(samples).all()
    assert not samples[[5, 6, 7]].any()
    np.testing.assert_array_equal(samples[8:], made[8:])


@pytest.mark.parametrize(
    ("rate", "limit", "kept"), [(96_000, 48_000, 48_000), (88_200, 48_000, 44_100)]
)
def test_high_rates_come_down_in_whole_steps(
    rate: int, limit: int, kept: int, tmp_path: Path
) -> None:
    clicks = np.zeros((2, rate), np.float32)
    clicks[:, rate // 2] = 0.9
    path = save(tmp_path / "a.wav", clicks, rate)
    assert load_audio(path).sample_rate == rate
    audio = load_audio(path, max_sample_rate=limit)
    assert (audio.sample_rate, audio.source_sample_rate) == (kept, rate)
    assert abs(int(np.abs(audio.mono).argmax()) - kept // 2) <= 1
    assert abs(audio.duration_sec - 1.0) < 1e-3


def test_absurd_rates(tmp_path: Path) -> None:
    fast, slow = tmp_path / "fast.wav", tmp_path / "slow.wav"
    soundfile.write(fast, noise(0.1, 705_600).T, 705_600)
    assert load_audio(fast).sample_rate <= MAX_SAMPLE_RATE
    soundfile.write(slow, noise(1.0, 100).T, 100)
    with pytest.raises(UnreadableAudio, match="100 Hz"):
        load_audio(slow)


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".m4a", ".wav"])
def test_a_file_cut_short_is_decoded_as_far_as_it_goes(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"a{suffix}", noise(4.0), 44_100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    if suffix == ".m4a":  # its index comes last: nothing can find the audio
        with pytest.raises(UnreadableAudio):
            load_audio(path)
    else:
        assert 1.0 < load_audio(path).duration_sec < 3.0


def test_what_is_no_audio_says_so(tmp_path: Path) -> None:
    def reason(name: str, content: bytes | None = None) -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UnreadableAudio) as caught:
            load_audio(path)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(f"UnreadableAudio: {path}: ")
        return caught.value.reason

    assert "no such file" in reason("missing.mp3")
    assert "empty" in reason("empty.mp3", b"")
    assert "not audio" in reason("text.mp3", b"Dear diary,\n" * 500)
    assert "not audio" in reason("noise.mp3", np.random.default_rng(1).bytes(20_000))
    assert "not audio" in reason("zeros.wav", bytes(20_000))
    assert "not audio" in reason("playlist.mp3", b"#EXTM3U\n#EXTINF:5,\n/etc/passwd\n")
    (tmp_path / "folder.mp3").mkdir()
    assert "folder" in reason("folder.mp3")
    assert reason("header.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ")


def test_a_playlist_never_opens_another_file(tmp_path: Path) -> None:
    save(tmp_path / "secret.wav", noise(1.0), 44_100)
    for name, content in {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile secret.wav\n",
    }.items():
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(UnreadableAudio):
            load_audio(path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid"), reason="Windows has no permission to read that a test could take"
)
def test_a_forbidden_file_says_so() -> None:
    # not below pytest's own folder, which nobody but its user may enter
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder) / "a.wav", noise(0.1), 44_100)
        Path(folder).chmod(0o755)
        path.chmod(0)
        with as_nobody(), pytest.raises(UnreadableAudio, match="Permission denied"):
            load_audio(path)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Give root's right to read everything away for a while; anybody else has none to give."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "a.mp3", noise(2.0), 44_100)
    content = path.read_bytes()
    path.write_bytes(b"junk" * 100 + content[:5_000] + b"\0" * 999 + content[9_000:15_000])
    load_audio(path)
    assert capfd.readouterr() == ("", "")


def test_suffixes_are_those_of_the_formats_read_here() -> None:
    for suffix in ALL_SUFFIXES:
        assert f".{suffix.rpartition('.')[2]}" in AUDIO_SUFFIXES
