"""What a track's sound is called: a hash of the encoded audio without tags and container.

Retagging, renaming and moving a file change nothing; two copies of one encoding are one track.
Nothing is decoded: streams that are frames from end to end (mp3, aac, ac3, flac) are hashed as
the bytes between their tags, container formats as the payload of their audio packets.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import av
import soundfile

from analysis.containers import check_file, open_container, plain_reason
from analysis.errors import UnreadableAudio

HASH_BYTES = 16
"""128 bits: no two tracks of any library will ever share a hash by chance."""

_CHUNK_BYTES = 1 << 20
_ID3V1_BYTES = 128
_APE_FOOTER_BYTES = 32
_LYRICS3_END_BYTES = 15  # six digits of size, then LYRICS200

_Hash = hashlib.blake2b


def content_hash(path: Path | str) -> str:
    """Return the identity of a file's sound.

    Parameters
    ----------
    path
        Any audio file.

    Returns
    -------
    str
        32 lower-case hex digits (BLAKE2b, 128 bits).

    Raises
    ------
    UnreadableAudio
        If the file cannot be read, or holds no audio that any decoder finds.
    """
    path = Path(path)
    check_file(path)
    failure: UnreadableAudio | None = None
    for hashed in (_hash_frames, _hash_packets, _hash_samples):
        try:
            digest = hashed(path)
        except UnreadableAudio as error:
            failure = failure or error
            continue
        if digest is not None:
            return digest
    raise failure or UnreadableAudio(path, "it holds no audio")


def _hash_frames(path: Path) -> str | None:
    """Hash a self-framed stream between its tags; None where the file is something else."""
    try:
        with path.open("rb") as file:
            start, end = _without_tags(file)
            file.seek(start)
            head = file.read(4)
            if head == b"fLaC":
                start = _flac_audio_start(file, start, end)
            elif not _is_frame_sync(head):
                return None
            if not start < end:
                return None
            digest = _Hash(digest_size=HASH_BYTES)
            file.seek(start)
            left = end - start
            while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
                digest.update(chunk)
                left -= len(chunk)
            return digest.hexdigest()
    except OSError as error:
        raise UnreadableAudio(path, error.strerror or str(error)) from error


def _hash_packets(path: Path) -> str | None:
    """Hash the payload of a container's audio packets; None where there is none."""
    container = open_container(path)
    with container:
        stream = container.streams.audio[0]
        digest = _Hash(digest_size=HASH_BYTES)
        # Raw PCM says nothing of its own rate and width, so they belong to the sound.
        codec = stream.codec_context
        digest.update(f"{codec.name}:{codec.sample_rate}:{stream.channels}".encode())
        size = 0
        try:
            for packet in container.demux(stream):
                size += packet.size
                digest.update(bytes(packet))
        except (av.error.FFmpegError, OSError):
            pass  # cut short: what is there identifies it
        return digest.hexdigest() if size else None


def _hash_samples(path: Path) -> str | None:
    """Hash the decoded samples: for files that only libsndfile takes apart."""
    digest = _Hash(digest_size=HASH_BYTES)
    try:
        with soundfile.SoundFile(str(path)) as file:
            digest.update(f"samples:{file.samplerate}:{file.channels}".encode())
            size = 0
            for block in file.blocks(_CHUNK_BYTES, dtype="float32", always_2d=True):
                size += len(block)
                digest.update(block.tobytes())
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise UnreadableAudio(path, plain_reason(error)) from error
    return digest.hexdigest() if size else None


def _without_tags(file: BinaryIO) -> tuple[int, int]:
    """Return where the audio begins and ends between ID3v2, APEv2, Lyrics3 and ID3v1 tags."""
    start, end = 0, file.seek(0, 2)
    while (size := _leading_tag_bytes(file, start)) and start + size < end:
        start += size
    while (size := _trailing_tag_bytes(file, end)) and end - size > start:
        end -= size
    return start, end


def _leading_tag_bytes(file: BinaryIO, start: int) -> int:
    """Return the size of the tag at ``start``, 0 if there is none."""
    file.seek(start)
    head = file.read(_APE_FOOTER_BYTES)
    if head[:3] == b"ID3" and len(head) >= 10:
        size = 0
        for byte in head[6:10]:  # "sync-safe": seven bits a byte
            size = size << 7 | byte & 0x7F
        has_footer = bool(head[5] & 0x10)
        return size + (20 if has_footer else 10)
    if head[:8] == b"APETAGEX" and len(head) == _APE_FOOTER_BYTES:
        return int.from_bytes(head[12:16], "little") + _APE_FOOTER_BYTES
    return 0


def _trailing_tag_bytes(file: BinaryIO, end: int) -> int:
    """Return the size of the tag that ends at ``end``, 0 if there is none."""
    if end >= _ID3V1_BYTES:
        file.seek(end - _ID3V1_BYTES)
        if file.read(3) == b"TAG":
            return _ID3V1_BYTES
    if end >= _APE_FOOTER_BYTES:
        file.seek(end - _APE_FOOTER_BYTES)
        foot = file.read(_APE_FOOTER_BYTES)
        if foot[:8] == b"APETAGEX":
            has_header = bool(foot[23] & 0x80)
            size = int.from_bytes(foot[12:16], "little")
            return size + (_APE_FOOTER_BYTES if has_header else 0)
        if foot[-10:-7] == b"3DI":  # ID3v2.4 appended, with its footer
            size = 0
            for byte in foot[-4:]:
                size = size << 7 | byte & 0x7F
            return size + 20
        if foot[-9:] == b"LYRICS200" and foot[-_LYRICS3_END_BYTES:-9].isdigit():
            return int(foot[-_LYRICS3_END_BYTES:-9]) + _LYRICS3_END_BYTES
    return 0


def _flac_audio_start(file: BinaryIO, start: int, end: int) -> int:
    """Return where the frames begin behind FLAC's metadata; ``end`` if its chain is broken."""
    position = start + 4
    while position + 4 <= end:
        file.seek(position)
        header = file.read(4)
        position += 4 + int.from_bytes(header[1:4], "big")
        if header[0] & 0x80:
            return position
    return end


def _is_frame_sync(head: bytes) -> bool:
    """Return whether a stream of MPEG audio, ADTS or AC-3 frames begins here."""
    if len(head) < 4:
        return False
    if head[:2] == b"\x0b\x77":
        return True
    if head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    if head[1] & 0x06 == 0:  # layer 0 is ADTS, whose sync word has twelve bits
        return head[1] & 0xF0 == 0xF0
    if head[1] & 0x06 == 0x06:  # layer I: nobody has any, and UTF-16 text begins like it
        return False
    reserved_version = head[1] & 0x18 == 0x08
    reserved_rate = head[2] & 0xF0 == 0xF0 or head[2] & 0x0C == 0x0C
    return not (reserved_version or reserved_rate)
