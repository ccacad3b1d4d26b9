"""A track's identity: the same for the same sound, whatever its tags, name and place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1
from mutagen.mp4 import MP4, MP4Cover

from analysis.audio import content_hash as exported
from analysis.errors import UnreadableAudio
from analysis.hashing import content_hash
from tests.analysis.sounds import ALL_SUFFIXES, noise, save

COVER = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


def tag_generally(path: Path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, ID3):
        file.tags.add(TIT2(text="A title"))
        file.tags.add(APIC(mime="image/png", type=3, data=COVER))
        file.tags.add(COMM(text="long comment " * 2_000))
    else:
        file["title"] = "A title"
        file["comment"] = "long comment " * 2_000
    file.save()


def tag_mp4(path: Path) -> None:
    file = MP4(path)
    file["\xa9nam"] = "A title " * 200
    file["covr"] = [MP4Cover(COVER, MP4Cover.FORMAT_PNG)]
    file.save()


def tag_asf(path: Path) -> None:
    file = mutagen.File(path)
    file["Title"] = "A title " * 200
    file.save()


def tag_flac_with_art(path: Path) -> None:
    file = FLAC(path)
    picture = Picture()
    picture.data, picture.mime, picture.type = COVER, "image/png", 3
    file.add_picture(picture)
    file["title"] = "A title"
    file.save(padding=lambda _: 5_000)


def tag_id3_every_way(path: Path) -> None:
    tags = ID3()
    tags.add(TPE1(text="Somebody"))
    tags.add(APIC(mime="image/png", type=3, data=COVER))
    tags.save(path, v1=2, v2_version=3, padding=lambda _: 3_000)
    ape = APEv2()
    ape["Title"] = "A title"
    ape.save(path)


def tag_id3_at_the_end(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"LYRICSBEGININD0000210" + b"000021LYRICS200")
        file.write(b"TAG" + b"title".ljust(125, b"\0"))


TAGGERS: dict[str, list[Callable[[Path], None]]] = {
    ".wav": [tag_generally],
    ".aiff": [tag_generally],
    ".flac": [tag_generally, tag_flac_with_art],
    ".ogg": [tag_generally],
    ".opus": [tag_generally],
    ".mp3": [tag_generally, tag_id3_every_way, tag_id3_at_the_end],
    ".m4a": [tag_mp4],
    ".alac.m4a": [tag_mp4],
    ".aac": [tag_id3_every_way],
    ".wma": [tag_asf],
    ".tta": [tag_generally],
    ".wv": [tag_generally],
}


@pytest.mark.parametrize(
    ("suffix", "tagger"),
    [(suffix, tagger) for suffix, taggers in TAGGERS.items() for tagger in taggers],
)
def test_tags_names_and_places_change_nothing(
    suffix: str, tagger: Callable[[Path], None], tmp_path: Path
) -> None:
    path = save(tmp_path / f"a{suffix}", noise(1.0), 48_000)
    before = content_hash(path)
    size = path.stat().st_size
    tagger(path)
    assert path.stat().st_size != size
    assert content_hash(path) == before
    if tagger is not tag_id3_at_the_end:
        (ID3(path) if suffix == ".aac" else mutagen.File(path)).delete()
        assert content_hash(path) == before
    (tmp_path / "b").mkdir()
    moved = Path(shutil.move(path, tmp_path / "b" / f"other name{suffix}"))
    assert content_hash(moved) == before


@pytest.mark.parametrize("suffix", ALL_SUFFIXES)
def test_other_sounds_have_other_hashes(suffix: str, tmp_path: Path) -> None:
    hashes = {
        content_hash(save(tmp_path / f"{seed}{suffix}", noise(0.5, 48_000, seed), 48_000))
        for seed in range(3)
    }
    assert len(hashes) == 3
    assert all(len(digest) == 32 and int(digest, 16) >= 0 for digest in hashes)


def test_one_changed_sample_is_another_sound(tmp_path: Path) -> None:
    samples = noise(0.5)
    first = content_hash(save(tmp_path / "a.wav", samples, 44_100))
    samples[0, -1] += 0.1
    assert content_hash(save(tmp_path / "b.wav", samples, 44_100)) != first


def test_the_same_bytes_at_another_rate_are_another_sound(tmp_path: Path) -> None:
    samples = np.zeros((1, 8_000), np.float32)
    hashes = {content_hash(save(tmp_path / f"{r}.wav", samples, r)) for r in (8_000, 16_000)}
    assert len(hashes) == 2


def test_the_container_does_not_matter(tmp_path: Path) -> None:
    samples = noise(1.0)
    wav = save(tmp_path / "a.wav", samples, 44_100)
    rf64 = tmp_path / "a.rf64"
    soundfile.write(rf64, samples.T, 44_100, format="RF64", subtype="PCM_16")
    assert content_hash(rf64) == content_hash(wav)


def test_a_flac_whose_metadata_cannot_be_passed_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "a.flac", noise(0.5), 44_100)
    content = bytearray(path.read_bytes())
    content[4:8] = b"\x00\xff\xff\xff"  # a first block that claims 16 MB
    path.write_bytes(content)
    with pytest.raises(UnreadableAudio, match="damaged"):
        content_hash(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"ID3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"fLaC", b"TAG" + bytes(125), bytes(500),
     "Grüße an alle".encode("utf-16"), b"APETAGEX" + b"\xff" * 24],
)  # fmt: skip
def test_what_is_no_audio_has_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(UnreadableAudio):
        content_hash(path)


def test_it_is_exported_where_audio_is_read() -> None:
    assert exported is content_hash
