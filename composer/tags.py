"""Tags and artwork, in each container's own way."""

from __future__ import annotations

import base64
import colorsys
import io
from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.mp4
import mutagen.oggvorbis
import mutagen.wave
import numpy as np
from PIL import Image, ImageDraw

from composer.spec import TrackSpec, stream

# mutagen says that it is typed, but most of its functions are not.
_mutagen: Any = mutagen

_SIDE = 480
_FRONT_COVER = 3


def artwork(spec: TrackSpec) -> bytes:
    """Draw a cover by seed: a gradient, some shapes, no words. JPEG bytes."""
    rng = stream(spec.seed, "artwork")
    hue = float(rng.random())

    def colour(turn: float, saturation: float, value: float) -> tuple[int, int, int]:
        red, green, blue = colorsys.hsv_to_rgb((hue + turn) % 1.0, saturation, value)
        return int(255 * red), int(255 * green), int(255 * blue)

    ramp = np.linspace(0.0, 1.0, _SIDE)[:, None, None]
    top, bottom = np.array(colour(0.0, 0.7, 0.28)), np.array(colour(0.12, 0.8, 0.75))
    sky = np.broadcast_to(top + (bottom - top) * ramp, (_SIDE, _SIDE, 3)).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(sky))
    draw = ImageDraw.Draw(image)
    kind = int(rng.integers(4))
    if kind == 0:  # rings
        x, y = rng.uniform(0.2, 0.8, 2) * _SIDE
        for index in range(int(rng.integers(4, 11)), 0, -1):
            radius = index * _SIDE * 0.06
            draw.ellipse(
                (x - radius, y - radius, x + radius, y + radius),
                outline=colour(0.5 + 0.02 * index, 0.6, 0.95),
                width=int(rng.integers(3, 12)),
            )
    elif kind == 1:  # a skyline
        for left in range(0, _SIDE, 40):
            height = float(rng.uniform(0.15, 0.7)) * _SIDE
            draw.rectangle((left, _SIDE - height, left + 34, _SIDE), fill=colour(0.55, 0.5, 0.25))
        draw.ellipse((300, 60, 400, 160), fill=colour(0.45, 0.35, 1.0))
    elif kind == 2:  # waves
        across = np.arange(0, _SIDE + 8, 8)
        for index in range(9):
            height = _SIDE * (0.2 + 0.08 * index)
            wave = height + 22 * np.sin(across / float(rng.uniform(28, 70)) + index)
            points = [(float(a), float(b)) for a, b in zip(across, wave, strict=True)]
            draw.line(points, fill=colour(0.03 * index + 0.4, 0.5, 0.95), width=5)
    else:  # facets
        for _ in range(16):
            points = [(float(a), float(b)) for a, b in rng.uniform(0, _SIDE, (3, 2))]
            draw.polygon(points, fill=colour(float(rng.uniform(0, 0.25)), 0.6, rng.uniform(0.3, 1)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=84)
    return out.getvalue()


def write_tags(path: Path, spec: TrackSpec) -> None:
    """Write title, artist, album, genre, year and a cover into a file."""
    cover = artwork(spec)
    words = {
        "title": spec.title,
        "artist": spec.artist,
        "album": spec.album,
        "genre": spec.genre,
        "date": str(spec.year),
    }
    suffix = path.suffix
    if suffix in (".flac", ".ogg"):
        picture = _mutagen.flac.Picture()
        picture.type, picture.mime, picture.data = _FRONT_COVER, "image/jpeg", cover
        picture.width = picture.height = _SIDE
        picture.depth = 24
        vorbis = (
            _mutagen.flac.FLAC(path) if suffix == ".flac" else _mutagen.oggvorbis.OggVorbis(path)
        )
        vorbis.update(words)
        if suffix == ".flac":
            vorbis.add_picture(picture)
        else:
            vorbis["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
        vorbis.save()
    elif suffix == ".m4a":
        atoms = _mutagen.mp4.MP4(path)
        names = {"title": "\xa9nam", "artist": "\xa9ART", "album": "\xa9alb"}
        names |= {"genre": "\xa9gen", "date": "\xa9day"}
        for name, atom in names.items():
            atoms[atom] = [words[name]]
        atoms["covr"] = [_mutagen.mp4.MP4Cover(cover, _mutagen.mp4.MP4Cover.FORMAT_JPEG)]
        atoms.save()
    else:
        file = _mutagen.mp3.MP3(path) if suffix == ".mp3" else _mutagen.wave.WAVE(path)
        if file.tags is None:
            file.add_tags()
        id3 = _mutagen.id3
        frames = {"title": id3.TIT2, "artist": id3.TPE1, "album": id3.TALB}
        frames |= {"genre": id3.TCON, "date": id3.TDRC}
        for name, frame in frames.items():
            file.tags.add(frame(encoding=3, text=[words[name]]))
        file.tags.add(id3.APIC(3, "image/jpeg", _FRONT_COVER, "", cover))
        file.save()
