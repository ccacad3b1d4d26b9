"""Tags of every format, of none, and artwork."""

from __future__ import annotations

from pathlib import Path

import mutagen
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCON, TDRC, TIT2, TPE1
from mutagen.mp4 import MP4, MP4Cover

from analysis.tags import Tags, read_artwork, read_tags, split_name
from tests.analysis.sounds import noise, save

PNG = b"\x89PNG\r\n\x1a\n" + b"not much of a picture"
JPEG = b"\xff\xd8\xff\xe0" + b"nor this"
FULL = Tags(title="Drüben", artist="Somebody", album="The Album", genre="Deep House", year=1998)


def write_id3(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for frame in (
        TIT2(text="Drüben"),
        TPE1(text="Somebody"),
        TALB(text="The Album"),
        TCON(text="Deep House"),
        TDRC(text="1998-05-01"),
        APIC(mime="image/jpeg", type=4, data=JPEG),
        APIC(mime="image/gif", type=3, data=PNG),  # the type it claims is wrong
    ):
        file.tags.add(frame)
    file.save()


def write_comments(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file["TITLE"], file["Artist"], file["ALBUM"] = "Drüben", "Somebody", "The Album"
    file["genre"], file["date"] = "Deep House", "May 1998"
    if isinstance(file, FLAC):
        picture = Picture()
        picture.data, picture.type = PNG, 3
        file.add_picture(picture)
    file.save()


def write_mp4(path: Path) -> None:
    file = MP4(path)
    file["\xa9nam"], file["\xa9ART"], file["\xa9alb"] = "Drüben", "Somebody", "The Album"
    file["\xa9gen"], file["\xa9day"] = "Deep House", "1998-05-01T00:00:00Z"
    file["covr"] = [MP4Cover(PNG, MP4Cover.FORMAT_PNG)]
    file.save()


def write_ape(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file["Title"], file["Artist"], file["Album"] = "Drüben", "Somebody", "The Album"
    file["Genre"], file["Year"] = "Deep House", "1998"
    file.save()
    file = mutagen.File(path)
    file["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.png\0" + PNG, mutagen.apev2.BINARY)
    file.save()


def write_asf(path: Path) -> None:
    file = mutagen.File(path)
    file["Title"], file["Author"], file["WM/AlbumTitle"] = "Drüben", "Somebody", "The Album"
    file["WM/Genre"], file["WM/Year"] = "Deep House", "1998"
    names = "image/png\0".encode("utf-16-le") + "\0".encode("utf-16-le")
    value = b"\x03" + len(PNG).to_bytes(4, "little") + names + PNG
    file["WM/Picture"] = mutagen.asf.ASFByteArrayAttribute(value)
    file.save()


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        (".mp3", write_id3),
        (".wav", write_id3),
        (".aiff", write_id3),
        (".flac", write_comments),
        (".ogg", write_comments),
        (".opus", write_comments),
        (".m4a", write_mp4),
        (".wv", write_ape),
        (".wma", write_asf),
    ],
)
def test_tags_of_every_format(suffix: str, write: object, tmp_path: Path) -> None:
    path = save(tmp_path / f"file{suffix}", noise(0.3, 48_000), 48_000)
    assert read_tags(path) == Tags(title="file")
    assert read_artwork(path) is None
    write(path)  # type: ignore[operator]
    assert read_tags(path) == FULL
    if suffix not in (".ogg", ".opus"):
        assert read_artwork(path) == ("image/png", PNG)


@pytest.mark.parametrize(
    ("stem", "artist", "title"),
    [
        ("Somebody - Track", "Somebody", "Track"),
        ("01 - Somebody - Track", "Somebody", "Track"),
        ("07. Somebody - Track - Remix", "Somebody", "Track - Remix"),
        ("Somebody_-_Long_Track_(Remix)", "Somebody", "Long Track (Remix)"),
        ("03 Track", "", "Track"),
        ("99 Luftballons", "", "99 Luftballons"),
        ("808 State - Pacific", "808 State", "Pacific"),
        ("jump-up", "", "jump-up"),
        ("  ", "", "untitled"),
        ("01", "", "01"),
        (" - Track", "", "- Track"),
    ],
)
def test_file_names_tell_artist_and_title(stem: str, artist: str, title: str) -> None:
    assert split_name(stem) == (artist, title)


@given(st.text(max_size=60))
def test_any_name_gives_a_title(stem: str) -> None:
    artist, title = split_name(stem)
    assert title
    assert title.encode()
    assert artist.isprintable()


def test_the_artist_comes_from_the_name_only_where_the_title_agrees(tmp_path: Path) -> None:
    path = save(tmp_path / "Somebody - Track.flac", noise(0.2), 44_100)
    file = FLAC(path)
    file["title"] = "track"
    file.save()
    assert read_tags(path) == Tags(title="track", artist="Somebody")
    file["title"] = "Something else"
    file.save()
    assert read_tags(path) == Tags(title="Something else")


def test_odd_text_is_cleaned(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mp3", noise(0.3), 44_100)
    tags = ID3()
    tags.add(TIT2(text="  two\nlines\0 and\ta tab  "))
    tags.add(TPE1(text=["One", "Two", "One"]))
    tags.add(TCON(text="(4)(8)"))
    tags.add(TDRC(text="0000"))
    tags.add(TALB(text="x" * 10_000))
    tags.save(path)
    found = read_tags(path)
    assert found.title == "two lines, and a tab"
    assert found.artist == "One, Two"
    assert found.genre == "Disco; Jazz"
    assert found.year is None
    assert len(found.album) == 500


def test_a_picture_that_is_none_is_left_out(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mp3", noise(0.3), 44_100)
    tags = ID3()
    tags.add(APIC(mime="image/png", type=3, data=b"<script>alert(1)</script>"))
    tags.save(path)
    assert read_artwork(path) is None


def test_tags_of_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_tags(tmp_path / "Nobody - Nothing.mp3") == Tags(title="Nothing", artist="Nobody")
    assert read_artwork(tmp_path / "missing.mp3") is None
    path = tmp_path / "text.flac"
    path.write_bytes(b"fLaC" + b"\xff" * 100)
    assert read_tags(path) == Tags(title="text")
    assert read_artwork(path) is None
