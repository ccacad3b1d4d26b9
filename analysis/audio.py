"""Any audio file in, float32 samples at the file's own rate out.

Conventions
-----------
Sample 0 is what a browser plays first: encoder delay that the container declares (LAME tag,
m4a edit list, Opus pre-skip) is skipped, delay that it does not declare is kept. libsndfile
reads what it reads exactly (wav, aiff, flac, ogg, opus, caf …). FFmpeg, through PyAV, reads the
rest, mp3 among it: browsers decode with FFmpeg too, and on mp3 files without a LAME tag
libsndfile's mpg123 starts up to one frame (26 ms) elsewhere and prints warnings of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from analysis.containers import AUDIO_SUFFIXES, check_file, open_container, plain_reason
from analysis.downmix import down_mixed
from analysis.errors import UnreadableAudio
from analysis.hashing import content_hash
from analysis.paged import room_for

__all__ = [
    "AUDIO_SUFFIXES",
    "Audio",
    "AudioStream",
    "Samples",
    "content_hash",
    "load_audio",
    "reduced_rate",
    "stream_audio",
]

Samples = NDArray[np.float32]

MIN_SAMPLE_RATE = 4_000
"""Telephone audio is 8 kHz; below half of that nothing here has a meaning."""

MAX_SAMPLE_RATE = 192_000
"""DSD decodes to 352.8 kHz and more; the rest above 96 kHz is inaudible and only costs memory."""

MAX_CHANNELS = 64
"""Headers that claim more are damaged, not music."""

MAX_LEVEL = 1e6
"""Float files may exceed full scale, but a sample 120 dB above it is damage, not sound."""

_BLOCK_FRAMES = 1 << 18
"""Frames read at once: a few MB, so that decoding needs little beside the result itself."""

# Content that libsndfile reads exactly. Everything else goes to FFmpeg.
_SOUNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd")


@dataclass(frozen=True, eq=False)
class Audio:
    """Decoded audio.

    Parameters
    ----------
    samples
        float32, shape (channels, n), channels 1 or 2, full scale ±1; finite.
    sample_rate
        Of ``samples``, in Hz: the file's own unless a lower one was asked for.
    source_channels
        Channels in the file, before any down-mix.
    path
        The file.
    format
        Short name of the encoding: ``wav``, ``flac``, ``vorbis``, ``opus``, ``mp3``, ``aac`` …
    source_sample_rate
        The file's own sample rate in Hz.
    """

    samples: Samples = field(repr=False)
    sample_rate: int
    source_channels: int
    path: Path
    format: str
    source_sample_rate: int = 0

    def __post_init__(self) -> None:
        if not self.source_sample_rate:
            object.__setattr__(self, "source_sample_rate", self.sample_rate)

    @cached_property
    def mono(self) -> Samples:
        """Mean of the channels, float32, shape (n,)."""
        first: Samples = self.samples[0]
        if self.samples.shape[0] == 1:
            return first
        second = self.samples[1]
        mixed = room_for(first.shape, self.sample_rate)
        for start in range(0, first.size, _BLOCK_FRAMES):
            part = slice(start, start + _BLOCK_FRAMES)
            mixed[part] = np.float32(0.5) * (first[part] + second[part])
        return mixed

    def forget_channels(self) -> None:
        """Keep the mono mix alone: a long track's channels are most of the memory it takes."""
        object.__setattr__(self, "samples", self.mono[None])

    @property
    def duration_sec(self) -> float:
        """Length in seconds."""
        return int(self.samples.shape[1]) / self.sample_rate


@dataclass(frozen=True)
class AudioStream:
    """Audio while it is being decoded.

    Parameters
    ----------
    sample_rate
        Of the blocks, in Hz.
    blocks
        float32 of shape (channels, n), channels 1 or 2, in order: what `load_audio` gathers.
    """

    sample_rate: int
    blocks: Iterator[Samples]


@dataclass(frozen=True)
class _Source:
    """A stream being decoded: what it is, and its blocks of shape (channels, n)."""

    sample_rate: int
    channels: int
    format: str
    expected_frames: int
    blocks: Iterator[Samples]


_Decoder = Callable[[Path, float, float | None], _Source]


def load_audio(
    path: Path | str,
    start_sec: float = 0.0,
    end_sec: float | None = None,
    *,
    max_sample_rate: int = MAX_SAMPLE_RATE,
) -> Audio:
    """Decode a file, or a stretch of it.

    Parameters
    ----------
    path
        Any audio file, or a video file with a sound track (the first one is read).
    start_sec, end_sec
        The stretch wanted, in seconds of the whole decoded file; ``end_sec`` None means to the
        end. Ends beyond the file are cut off.
    max_sample_rate
        Files above this rate in Hz are brought down to 44.1 or 48 kHz times a whole number.

    Returns
    -------
    Audio
        At most two channels: more are mixed down (ITU-R BS.775). Samples that are not finite
        are 0. A file cut short is decoded as far as it goes.

    Raises
    ------
    UnreadableAudio
        If there is no such file, no audio in it, or none in the stretch asked for.
    """
    path = Path(path)
    check_file(path)
    start_sec = max(0.0, start_sec)
    if end_sec is not None and end_sec <= start_sec:
        raise UnreadableAudio(path, f"nothing lies between {start_sec:g} s and {end_sec:g} s")
    failure = ""
    for decode in _decoders(path):
        try:
            audio = _collect(path, decode(path, start_sec, end_sec), max_sample_rate)
        except UnreadableAudio as error:
            failure = failure or error.reason
            continue
        if audio.samples.shape[1]:
            return audio
        failure = failure or (
            "it holds no audio" if start_sec == 0 else f"it ends before {start_sec:g} s"
        )
    raise UnreadableAudio(path, failure)


def stream_audio(path: Path | str, *, max_sample_rate: int = MAX_SAMPLE_RATE) -> AudioStream:
    """Decode a file bit by bit: the same samples as `load_audio`, never all in memory.

    Parameters
    ----------
    path, max_sample_rate
        As in `load_audio`.

    Raises
    ------
    UnreadableAudio
        If there is no such file, or no audio in it. Damage further on ends the blocks early.
    """
    path = Path(path)
    check_file(path)
    failure = ""
    for decode in _decoders(path):
        try:
            source = decode(path, 0.0, None)
            rate = _checked_rate(path, source, max_sample_rate)
            blocks = _converted(source, rate)
            first = next(blocks, None)
        except UnreadableAudio as error:
            failure = failure or error.reason
            continue
        if first is not None:
            return AudioStream(rate, _as_far_as_it_goes(first, blocks))
        failure = failure or "it holds no audio"
    raise UnreadableAudio(path, failure)


def _as_far_as_it_goes(first: Samples, rest: Iterator[Samples]) -> Iterator[Samples]:
    yield first
    with suppress(UnreadableAudio):  # what was decoded before the damage is worth having
        yield from rest


def _decoders(path: Path) -> tuple[_Decoder, ...]:
    """Return the decoders to try for this file's content, the exact one first."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise UnreadableAudio(path, error.strerror or str(error)) from error
    return (_with_soundfile, _with_ffmpeg) if head in _SOUNDFILE_MAGIC else (_with_ffmpeg,)


def _with_soundfile(path: Path, start_sec: float, end_sec: float | None) -> _Source:
    """Open the file with libsndfile."""
    try:
        file = soundfile.SoundFile(str(path))
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise UnreadableAudio(path, plain_reason(error)) from error
    first = round(start_sec * file.samplerate)
    last = file.frames if end_sec is None else min(round(end_sec * file.samplerate), file.frames)

    def blocks() -> Iterator[Samples]:
        with file:
            try:
                if first:
                    file.seek(min(first, file.frames))
                left = last - first
                while left > 0:
                    block = file.read(min(left, _BLOCK_FRAMES), dtype="float32", always_2d=True)
                    if not len(block):
                        return
                    left -= len(block)
                    yield block.T
            except (soundfile.LibsndfileError, OSError, ValueError) as error:
                raise UnreadableAudio(path, plain_reason(error)) from error

    subtype = file.subtype.lower()
    name = subtype if subtype in {"vorbis", "opus"} else file.format.lower()
    return _Source(file.samplerate, file.channels, name, max(0, last - first), blocks())


def _with_ffmpeg(path: Path, start_sec: float, end_sec: float | None) -> _Source:
    """Open the file with FFmpeg. Decodes from its start: seeking is not exact in every format."""
    container = open_container(path)
    stream = container.streams.audio[0]
    rate, channels = int(stream.sample_rate or 0), int(stream.channels or 0)
    codec = stream.codec_context.name
    first = round(start_sec * rate)
    last = None if end_sec is None else round(end_sec * rate)
    expected = 0
    if stream.duration and stream.time_base:
        expected = int(stream.duration * stream.time_base * rate)

    def blocks() -> Iterator[Samples]:
        position = 0
        with container:
            for block in _ffmpeg_frames(container, stream, rate, channels):
                begin = position
                position += block.shape[1]
                if position <= first:
                    continue
                if last is not None and begin >= last:
                    return
                stop = block.shape[1] if last is None else min(block.shape[1], last - begin)
                yield block[:, max(0, first - begin) : stop]

    expected = max(0, min(expected, last or expected) - first)
    return _Source(rate, channels, _codec_word(codec), expected, blocks())


def _ffmpeg_frames(
    container: av.container.InputContainer, stream: av.AudioStream, rate: int, channels: int
) -> Iterator[Samples]:
    """Yield decoded frames as float32 (channels, n), stepping over damaged packets."""
    to_float = av.AudioResampler(format="fltp")
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return  # the end, or the container is damaged from here on
        try:
            for frame in packet.decode():
                if frame.sample_rate != rate or frame.layout.nb_channels != channels:
                    continue  # a damaged header, or another programme: not this track
                for converted in to_float.resample(frame):
                    yield converted.to_ndarray().astype(np.float32, copy=False)
        except (av.error.FFmpegError, ValueError):
            continue  # one damaged packet


def _checked_rate(path: Path, source: _Source, max_sample_rate: int) -> int:
    """Return the rate to decode to, or refuse what cannot be music."""
    if source.sample_rate < MIN_SAMPLE_RATE:
        raise UnreadableAudio(path, f"a sample rate of {source.sample_rate} Hz is not music")
    if not 1 <= source.channels <= MAX_CHANNELS:
        raise UnreadableAudio(path, f"{source.channels} channels are not music")
    return reduced_rate(source.sample_rate, max_sample_rate)


def _converted(source: _Source, rate: int) -> Iterator[Samples]:
    """Yield a source's blocks as sound: finite, at most two channels, at ``rate``."""
    if rate == source.sample_rate:
        for block in source.blocks:
            yield down_mixed(_sane(block))
        return
    kept = min(source.channels, 2)
    resampler = soxr.ResampleStream(source.sample_rate, rate, kept, dtype="float32")
    for block in source.blocks:
        yield resampler.resample_chunk(down_mixed(_sane(block)).T.copy()).T
    yield resampler.resample_chunk(np.zeros((0, kept), np.float32), last=True).T


def _collect(path: Path, source: _Source, max_sample_rate: int) -> Audio:
    """Gather a source's blocks into one array."""
    rate = _checked_rate(path, source, max_sample_rate)
    kept = min(source.channels, 2)
    expected = source.expected_frames
    if rate != source.sample_rate:
        expected = int(expected * rate / source.sample_rate) + 1
    # A header may claim any length; believe at most two hours before the audio shows it.
    buffer = room_for((kept, min(expected, 7200 * rate) + 1), rate)
    filled = 0

    def add(block: Samples) -> None:
        nonlocal buffer, filled
        needed = filled + block.shape[1]
        if needed > buffer.shape[1]:
            grown = room_for((kept, max(needed, buffer.shape[1] * 3 // 2)), rate)
            for start in range(0, filled, _BLOCK_FRAMES):
                part = slice(start, min(start + _BLOCK_FRAMES, filled))
                grown[:, part] = buffer[:, part]
            buffer = grown
        buffer[:, filled:needed] = block
        filled = needed

    try:
        for block in _converted(source, rate):
            add(block)
    except UnreadableAudio:
        if not filled:
            raise  # what was decoded before the damage is worth having
    samples = buffer[:, :filled]
    samples.setflags(write=False)
    return Audio(samples, rate, source.channels, path, source.format, source.sample_rate)


def _sane(block: Samples) -> Samples:
    """Return the block with values that cannot be sound set to 0."""
    # One pass in the usual case: a maximum that is small and not NaN vouches for all.
    peak = max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
    if peak <= MAX_LEVEL:
        return block
    return np.where(np.abs(block) <= MAX_LEVEL, block, np.float32(0.0))


def reduced_rate(rate: int, limit: int) -> int:
    """Return ``rate``, or the largest multiple of its family's base rate within ``limit``."""
    if rate <= limit:
        return rate
    base = 48_000 if rate % 48_000 == 0 else 44_100
    return max(base, limit // base * base)


def _codec_word(codec: str) -> str:
    """Return FFmpeg's codec name as people know it (``mp3float`` is mp3)."""
    return "mp3" if codec.startswith("mp3") else codec.removesuffix("float")
