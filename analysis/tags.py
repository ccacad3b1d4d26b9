"""What a file says of itself: title, artist, album, genre, year, artwork.

Tags are other people's text: any of them may be missing, damaged or nonsense. Whatever can be
read is returned, and a file name of the form "Artist - Title" fills the gaps.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APEv2, APEv2File
from mutagen.asf import ASF
from mutagen.flac import Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4

from analysis.containers import open_container
from analysis.errors import UnreadableAudio

_KEYS = {
    "title": ("TIT2", "TT2", "\xa9nam", "title"),
    "artist": ("TPE1", "TP1", "\xa9ART", "artist", "author", "TPE2", "TP2", "aART", "albumartist"),
    "album": ("TALB", "TAL", "\xa9alb", "album", "WM/AlbumTitle"),
    "genre": ("TCON", "TCO", "\xa9gen", "genre", "WM/Genre"),
    "year": ("TDRC", "TYER", "TYE", "TDRL", "TDOR", "\xa9day", "date", "year", "WM/Year",
             "originaldate", "originalyear"),
}  # fmt: skip
"""Tag names by field, the better one first: ID3v2.3/4, ID3v2.2, MP4, Vorbis and APE, ASF."""

_MAX_TEXT = 500
"""Characters kept of one field; no title is longer, and lyrics in a title field are."""

_FRONT_COVER = 3
"""The picture type that ID3, FLAC and ASF share for a front cover."""

_IMAGE_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

_TRACK_NUMBER = re.compile(r"^(?:\d{1,3}\s*[.)\-_]\s*|0\d\s+)(?=\S)")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True)
class Tags:
    """Tags of one file; missing text is empty, a missing year is None.

    ``title`` is never empty: the file's name stands in.
    """

    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    year: int | None = None


def read_tags(path: Path | str) -> Tags:
    """Return what the file's tags say, completed from its name.

    Parameters
    ----------
    path
        An audio file; it need not be readable, nor have tags.
    """
    path = Path(path)
    values = _fields(_opened(path)) or _container_fields(path)
    title, artist = values.get("title", ""), values.get("artist", "")
    named_artist, named_title = split_name(path.stem)
    if not title:
        title = named_title
        artist = artist or named_artist
    elif not artist and title.casefold() == named_title.casefold():
        artist = named_artist
    year = _YEAR.search(values.get("year", ""))
    return Tags(
        title=title,
        artist=artist,
        album=values.get("album", ""),
        genre=values.get("genre", ""),
        year=int(year.group()) if year else None,
    )


def read_artwork(path: Path | str) -> tuple[str, bytes] | None:
    """Return the front cover, else the first picture, as (MIME type, bytes); None without one.

    The MIME type is found from the picture itself; what is not an image is left out.
    """
    pictures = sorted(_pictures(_opened(Path(path))), key=lambda item: item[0] != _FRONT_COVER)
    for _, content in pictures:
        for magic, mime in _IMAGE_MAGIC:
            if content.startswith(magic):
                return mime, content
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return "image/webp", content
    return None


def split_name(stem: str) -> tuple[str, str]:
    """Return (artist, title) from a file name such as "01 - Artist - Title", without suffix.

    The artist is empty where the name has no " - ".
    """
    name = _clean(stem)
    if "_" in name and " " not in name:
        name = _clean(name.replace("_", " "))
    rest = _TRACK_NUMBER.sub("", name, count=1)
    artist, dash, title = rest.partition(" - ")
    if dash and artist.strip() and title.strip():
        return artist.strip(), title.strip()
    return "", rest or name or "untitled"


def _opened(path: Path) -> Any:
    """Return mutagen's view of the file, whatever tag format it can read, or None."""
    openings: tuple[Callable[[str], Any], ...] = (mutagen.File, ID3, APEv2)
    for opening in openings:
        try:
            found: Any = opening(str(path))
        except Exception:  # mutagen on damaged files: its own errors, struct.error, OverflowError …
            continue
        if found is not None and (getattr(found, "tags", found) or hasattr(found, "pictures")):
            return found
    return None


def _fields(opened: Any) -> dict[str, str]:
    """Return the fields found in a mutagen object, cleaned; empty ones are left out."""
    tags: Any = getattr(opened, "tags", opened)
    if not tags:
        return {}
    try:
        by_name = {str(key).casefold(): key for key in tags.keys()}  # noqa: SIM118
    except Exception:
        return {}
    fields = {}
    for field, names in _KEYS.items():
        for name in names:
            key = by_name.get(name.casefold())
            if key is None:
                continue
            text = _text(tags, key, separator="; " if field == "genre" else ", ")
            if text:
                fields[field] = text
                break
    return fields


def _text(tags: Any, key: Any, separator: str) -> str:
    """Return one tag's values as one line."""
    try:
        value = tags[key]
        if hasattr(value, "genres"):  # ID3 genres may be numbers
            parts: Iterable[Any] = value.genres
        elif hasattr(value, "text"):
            parts = value.text
        elif isinstance(value, list | tuple):
            parts = value
        else:
            parts = str(value).split("\0")
        cleaned = dict.fromkeys(_clean(str(part)) for part in parts)
    except Exception:  # a damaged value is no value
        return ""
    return separator.join(text for text in cleaned if text)[:_MAX_TEXT]


def _clean(text: str) -> str:
    """Return the text in one line without control characters and broken code points."""
    kept = (
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter
        for letter in unicodedata.normalize("NFC", text)
        if unicodedata.category(letter) not in {"Cs", "Cn"}
    )
    return " ".join("".join(kept).split())


def _container_fields(path: Path) -> dict[str, str]:
    """Return the fields that FFmpeg finds in containers that mutagen does not know."""
    try:
        with open_container(path) as container:
            metadata = {**container.streams.audio[0].metadata, **container.metadata}
    except UnreadableAudio:
        return {}
    return _fields({key: [value] for key, value in metadata.items()})


def _pictures(opened: Any) -> list[tuple[int, bytes]]:
    """Return every picture as (type, content)."""
    tags: Any = getattr(opened, "tags", opened)
    found: list[tuple[int, bytes]] = []
    try:
        if hasattr(opened, "pictures"):
            found += [(picture.type, bytes(picture.data)) for picture in opened.pictures]
        if isinstance(opened, MP4):
            found += [(_FRONT_COVER, bytes(cover)) for cover in (tags or {}).get("covr", ())]
        elif isinstance(opened, ASF):
            found += [_asf_picture(item.value) for item in (tags or {}).get("WM/Picture", ())]
        elif isinstance(tags, APEv2) or isinstance(opened, APEv2File):
            for key in tags or ():
                if key.casefold().startswith("cover art"):
                    kind = _FRONT_COVER if "front" in key.casefold() else 0
                    found.append((kind, bytes(tags[key].value).partition(b"\0")[2]))
        elif hasattr(tags, "getall"):
            found += [(int(item.type), bytes(item.data)) for item in tags.getall("APIC")]
        elif tags is not None:
            for text in tags.get("metadata_block_picture", ()):
                picture: Any = Picture(base64.b64decode(text))  # type: ignore[no-untyped-call]
                found.append((picture.type, bytes(picture.data)))
            for text in tags.get("coverart", ()):
                found.append((_FRONT_COVER, base64.b64decode(text)))
    except (binascii.Error, mutagen.MutagenError, AttributeError, TypeError, ValueError, KeyError):
        pass  # what was read before the damage still counts
    return [(kind, content) for kind, content in found if content]


def _asf_picture(value: bytes) -> tuple[int, bytes]:
    """Return (type, content) of a WM/Picture: type, size, two UTF-16 strings, then the image."""
    kind, size = value[0], int.from_bytes(value[1:5], "little")
    return kind, value[len(value) - size :]
