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

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import soxr

from analysis.containers import AUDIO_SUFFIXES, check_file
from analysis.decoders import BLOCK_FRAMES, Samples, Source, decoders
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

MIN_SAMPLE_RATE = 4_000
"""Telephone audio is 8 kHz; below half of that nothing here has a meaning."""

MAX_SAMPLE_RATE = 192_000
"""DSD decodes to 352.8 kHz and more; the rest above 96 kHz is inaudible and only costs memory."""

MAX_CHANNELS = 64
"""Headers that claim more are damaged, not music."""

MAX_LEVEL = 1e6
"""Float files may exceed full scale, but a sample 120 dB above it is damage, not sound."""


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
        for start in range(0, first.size, BLOCK_FRAMES):
            part = slice(start, start + BLOCK_FRAMES)
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
    for decode in decoders(path):
        try:
            audio = _collect(path, decode(path, start_sec, end_sec), max_sample_rate)
        except UnreadableAudio as error:
            failure = failure or error.reason
            continue
        if audio.samples.shape[1]:
            return audio
        failure = failure or _nothing_from(start_sec)
    raise UnreadableAudio(path, failure)


def stream_audio(
    path: Path | str, *, start_sec: float = 0.0, max_sample_rate: int = MAX_SAMPLE_RATE
) -> AudioStream:
    """Decode a file bit by bit: the same samples as `load_audio`, never all in memory.

    Parameters
    ----------
    path, max_sample_rate
        As in `load_audio`.
    start_sec
        Where to begin, to the nearest frame. What lies before is passed over and not decoded
        wherever places can be told exactly; noise that a codec makes up (AAC's noise
        substitution) is other noise than in a stream from the start.

    Raises
    ------
    UnreadableAudio
        If there is no such file, or no audio from there on. Damage further on ends the blocks
        early.
    """
    path = Path(path)
    check_file(path)
    # at a whole second both rates have a frame, and a resampler has settled one second later
    before_sec = max(0, int(start_sec) - 1)
    failure = ""
    for decode in decoders(path, skipping=True):
        try:
            source = decode(path, float(before_sec), None)
            rate = _checked_rate(path, source, max_sample_rate)
            blocks = _without(_converted(source, rate), round(start_sec * rate) - before_sec * rate)
            first = next(blocks, None)
        except UnreadableAudio as error:
            failure = failure or error.reason
            continue
        if first is not None:
            return AudioStream(rate, _as_far_as_it_goes(first, blocks))
        failure = failure or _nothing_from(start_sec)
    raise UnreadableAudio(path, failure)


def _nothing_from(start_sec: float) -> str:
    return "it holds no audio" if start_sec == 0 else f"it ends before {start_sec:g} s"


def _without(blocks: Iterator[Samples], frames: int) -> Iterator[Samples]:
    """Yield the blocks without so many frames at their start."""
    for block in blocks:
        if frames < block.shape[1]:
            yield block[:, frames:]
        frames = max(0, frames - block.shape[1])


def _as_far_as_it_goes(first: Samples, rest: Iterator[Samples]) -> Iterator[Samples]:
    yield first
    with suppress(UnreadableAudio):  # what was decoded before the damage is worth having
        yield from rest


def _checked_rate(path: Path, source: Source, max_sample_rate: int) -> int:
    """Return the rate to decode to, or refuse what cannot be music."""
    if source.sample_rate < MIN_SAMPLE_RATE:
        raise UnreadableAudio(path, f"a sample rate of {source.sample_rate} Hz is not music")
    if not 1 <= source.channels <= MAX_CHANNELS:
        raise UnreadableAudio(path, f"{source.channels} channels are not music")
    return reduced_rate(source.sample_rate, max_sample_rate)


def _converted(source: Source, rate: int) -> Iterator[Samples]:
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


def _collect(path: Path, source: Source, max_sample_rate: int) -> Audio:
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
            for start in range(0, filled, BLOCK_FRAMES):
                part = slice(start, min(start + BLOCK_FRAMES, filled))
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
