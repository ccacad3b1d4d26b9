"""The two decoders behind `analysis.audio`: libsndfile, and FFmpeg through PyAV."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from analysis.containers import open_container, plain_reason
from analysis.errors import UnreadableAudio

if TYPE_CHECKING:
    _Packet = av.Packet[av.AudioStream]

Samples = NDArray[np.float32]

BLOCK_FRAMES = 1 << 18
"""Frames read at once: a few MB, so that decoding needs little beside the result itself."""

PREROLL_PACKETS = 32
"""Packets decoded before the one that is wanted: what a codec remembers (mp3's bit reservoir,
overlapping windows, band replication) reaches less far back."""

WORTH_SKIPPING_SEC = 10.0
"""A start nearer than this is reached as fast by decoding all of it."""

# Content that libsndfile reads exactly. Everything else goes to FFmpeg.
_SOUNDFILE_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd")


@dataclass(frozen=True)
class Source:
    """A stream being decoded: what it is, and its blocks of shape (channels, n)."""

    sample_rate: int
    channels: int
    format: str
    expected_frames: int
    blocks: Iterator[Samples]


Decoder = Callable[[Path, float, float | None], Source]


def decoders(path: Path, *, skipping: bool = False) -> tuple[Decoder, ...]:
    """Return the decoders to try for this file's content, the exact one first.

    Parameters
    ----------
    path
        The file.
    skipping
        Whether FFmpeg may pass over what lies before a start instead of decoding it. Places stay
        exact; noise that a codec makes up (AAC's noise substitution) is other noise then.

    Raises
    ------
    UnreadableAudio
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise UnreadableAudio(path, error.strerror or str(error)) from error
    with_ffmpeg = partial(_with_ffmpeg, skipping=skipping)
    return (_with_soundfile, with_ffmpeg) if head in _SOUNDFILE_MAGIC else (with_ffmpeg,)


def _with_soundfile(path: Path, start_sec: float, end_sec: float | None) -> Source:
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
                    block = file.read(min(left, BLOCK_FRAMES), dtype="float32", always_2d=True)
                    if not len(block):
                        return
                    left -= len(block)
                    yield block.T
            except (soundfile.LibsndfileError, OSError, ValueError) as error:
                raise UnreadableAudio(path, plain_reason(error)) from error

    subtype = file.subtype.lower()
    name = subtype if subtype in {"vorbis", "opus"} else file.format.lower()
    return Source(file.samplerate, file.channels, name, max(0, last - first), blocks())


def _with_ffmpeg(path: Path, start_sec: float, end_sec: float | None, *, skipping: bool) -> Source:
    """Open the file with FFmpeg. Seeking is not exact in every format: packets are counted."""
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
        with ExitStack() as opened:
            opened.enter_context(container)
            near = None
            packets = container.demux(stream)
            if skipping and first > WORTH_SKIPPING_SEC * rate:
                near = _skipped(stream, packets, rate, first)
                if near is None:  # these packets do not tell where they are
                    again = opened.enter_context(open_container(path))
                    packets = again.demux(again.streams.audio[0])
            position, held = near or (0, [])
            for block in _decoded(chain(held, _until_damaged(packets)), rate, channels):
                begin = position
                position += block.shape[1]
                if position <= first:
                    continue
                if last is not None and begin >= last:
                    return
                stop = block.shape[1] if last is None else min(block.shape[1], last - begin)
                yield block[:, max(0, first - begin) : stop]

    expected = max(0, min(expected, last or expected) - first)
    return Source(rate, channels, _codec_word(codec), expected, blocks())


def _until_damaged(packets: Iterator[_Packet]) -> Iterator[_Packet]:
    """Yield packets up to the end, or to where the container is damaged."""
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return
        yield packet


def _frames(packet: _Packet) -> list[av.AudioFrame]:
    """Decode one packet; a damaged one holds nothing."""
    try:
        return list(packet.decode())
    except (av.error.FFmpegError, ValueError):
        return []


def _decoded(packets: Iterable[_Packet], rate: int, channels: int) -> Iterator[Samples]:
    """Yield decoded frames as float32 (channels, n), stepping over damaged packets."""
    to_float = av.AudioResampler(format="fltp")
    for packet in packets:
        for frame in _frames(packet):
            if frame.sample_rate != rate or frame.layout.nb_channels != channels:
                continue  # a damaged header, or another programme: not this track
            for converted in to_float.resample(frame):
                yield converted.to_ndarray().astype(np.float32, copy=False)


def _skipped(
    stream: av.AudioStream, packets: Iterator[_Packet], rate: int, first: int
) -> tuple[int, list[_Packet]] | None:
    """Pass over packets to shortly before frame ``first``, where the decoder is warmed up.

    Returns
    -------
    tuple of int and list, or None
        The frame that comes out next, and the packets taken but not decoded; None where the
        packets' times are not whole frames without a gap, so that places would be guesses.
    """
    frames_a_tick = Fraction(stream.time_base or 0) * rate
    if not frames_a_tick:
        return None
    wanted_ticks = int(first / frames_a_tick)
    near: deque[_Packet] = deque(maxlen=PREROLL_PACKETS)
    origin = end = None
    for packet in _until_damaged(packets):
        if packet.pts is None or not packet.duration or packet.is_corrupt:
            return None
        if end is not None and packet.pts != end:
            return None
        end = packet.pts + packet.duration
        if origin is None:
            begun = _frames(packet)
            origin = begun[0].pts if begun else None
            continue
        if end - origin > wanted_ticks:
            break
        near.append(packet)
    else:
        return None
    stream.codec_context.flush_buffers()
    position, regular = -1, 0
    for frame in chain.from_iterable(map(_frames, near)):
        if frame.pts is None:
            return None
        place = (frame.pts - origin) * frames_a_tick
        if place.denominator != 1:
            return None
        regular = regular + 1 if place == position else 0
        position = int(place) + int(frame.samples)
    if regular < PREROLL_PACKETS // 2 or position > first:
        return None
    return position, [packet]


def _codec_word(codec: str) -> str:
    """Return FFmpeg's codec name as people know it (``mp3float`` is mp3)."""
    return "mp3" if codec.startswith("mp3") else codec.removesuffix("float")
