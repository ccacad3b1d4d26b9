"""Opening files that others made: what may be opened, and errors in plain words."""

from __future__ import annotations

import os
from pathlib import Path

import av

from analysis.errors import UnreadableAudio

AUDIO_SUFFIXES = frozenset(
    {
        ".wav", ".wave", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".snd",
        ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2", ".m4a", ".m4b", ".mp4",
        ".aac", ".3gp", ".3g2", ".mov", ".mka", ".mkv", ".webm", ".wma", ".asf", ".ape",
        ".wv", ".tta", ".tak", ".mpc", ".ac3", ".eac3", ".dsf", ".dff", ".avi", ".ts",
    }
)  # fmt: skip
"""Lower-case suffixes of files worth trying; what a file holds is decided by its content."""

# Containers that FFmpeg may try. Playlists, images and captures are left out: a "track" must
# never make us open other files or the network.
_FFMPEG_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,latm,loas,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,ogg,rm,tak,tta,voc,w64,wav,wv,xwma"
)

# Streams without a header are known by their first frames; where junk precedes those, FFmpeg
# looks for them only when told what to look for.
_BY_SUFFIX = {".mp3": "mp3", ".mp2": "mp3", ".aac": "aac"}

# How libsndfile and FFmpeg say that the content is none they know.
_UNKNOWN_CONTENT = (
    "Format not recognised",
    "unimplemented format",
    "Invalid data found",
    "Invalid argument",
    "End of file",
)


def check_file(path: Path) -> None:
    """Check that there is a readable file with something in it.

    Raises
    ------
    UnreadableAudio
        If it is missing, a folder, empty, not an ordinary file or not ours to read.
    """
    try:
        if path.is_dir():
            raise UnreadableAudio(path, "it is a folder; name a file, or analyse the folder")
        size = path.stat().st_size
        if not path.is_file():
            raise UnreadableAudio(path, "it is not an ordinary file")
    except FileNotFoundError:
        raise UnreadableAudio(path, "there is no such file") from None
    except OSError as error:
        raise UnreadableAudio(path, error.strerror or str(error)) from error
    except ValueError as error:  # a null character in the name
        raise UnreadableAudio(str(path).replace("\0", "?"), "not a file name") from error
    if not size:
        raise UnreadableAudio(path, "the file is empty")
    if not os.access(path, os.R_OK):
        raise UnreadableAudio(path, "no permission to read it")


def open_container(path: Path) -> av.container.InputContainer:
    """Open a media file with FFmpeg, as a plain local file and nothing else.

    Raises
    ------
    UnreadableAudio
        If FFmpeg knows no such format, or the file has no sound track.
    """
    options = {"format_whitelist": _FFMPEG_FORMATS, "protocol_whitelist": "file"}
    try:
        try:
            container = av.open(str(path), options=options, metadata_errors="replace")
        except av.error.InvalidDataError:
            forced = _BY_SUFFIX.get(path.suffix.lower())
            if forced is None:
                raise
            container = av.open(
                str(path), format=forced, options=options, metadata_errors="replace"
            )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UnreadableAudio(path, plain_reason(error)) from error
    if not container.streams.audio:
        container.close()
        raise UnreadableAudio(path, "it holds no audio")
    return container


def plain_reason(error: Exception) -> str:
    """Return a decoding library's error as one plain clause."""
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    text = text.rpartition("': ")[2].removeprefix("Error : ").rstrip(".")
    if not text or any(words in text for words in _UNKNOWN_CONTENT):
        return "this is not audio, or it is damaged"
    return f"damaged audio ({text})"
