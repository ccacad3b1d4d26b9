"""Tracks whose tempo, beats, key and sections are known: composed here, or brought along.

Truth is JSON beside the audio, in any of these shapes: ``{"tracks": [entry, …]}``, a list of
entries, ``{name: entry, …}``, or one entry a file with the audio's name (``a.json``, ``a.flac``).
An entry has any of ``file bpm constant_tempo beats downbeats key sections drops kicks style``.
What it does not say is not scored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.audio import AUDIO_SUFFIXES
from analysis.keys import parse_key
from composer.crate import COMPOSER_VERSION, TRUTH_NAME, Progress, make_tracks
from composer.spec import TrackSpec, benchmark_specs

KNOWN_KEYS = frozenset(("bpm", "beats", "downbeats", "key", "sections", "drops"))
"""An object with one of these beside audio is taken for truth; Segue's reports have none."""

AMBIENT = "ambient"
"""The composer's style without drums."""


class BadTruth(Exception):
    """There is no truth to measure against, or it cannot be read."""


@dataclass(frozen=True)
class Track:
    """A file and what is known of it; None is unknown.

    Parameters
    ----------
    path
        The audio.
    bpm
        Tempo, beats a minute; the mean where the tempo is not constant.
    constant_tempo
        Whether one tempo holds throughout.
    has_drums
        False where it is known that no kick sounds; such tracks are scored apart.
    beats, downbeats
        Ascending, seconds of the decoded file.
    key
        Like ``"A# minor"``.
    boundaries
        Where a section ends and another begins, seconds.
    drops
        Starts of drops, seconds.
    style
        A word for the listing.
    """

    path: Path
    bpm: float | None = None
    constant_tempo: bool = True
    has_drums: bool = True
    beats: tuple[float, ...] | None = field(default=None, repr=False)
    downbeats: tuple[float, ...] | None = field(default=None, repr=False)
    key: str | None = None
    boundaries: tuple[float, ...] | None = field(default=None, repr=False)
    drops: tuple[float, ...] | None = None
    style: str = ""


def compose_tracks(
    cache: Path,
    seed: int,
    count: int,
    minutes: tuple[float, float],
    progress: Progress | None = None,
    *,
    hard: bool = False,
) -> list[Track]:
    """Compose tracks by seed below ``cache``, or find them there from an earlier run."""
    specs = (hard_specs if hard else benchmark_specs)(count, seed, minutes)
    # The folder is named for what is asked, so that a changed composer makes its tracks anew.
    asked = hashlib.sha256(f"{COMPOSER_VERSION} {specs}".encode()).hexdigest()[:8]
    folder = cache / f"tracks-{seed}-{count}-{asked}"
    make_tracks(folder, specs, seed, progress=progress)
    return read_tracks(folder / TRUTH_NAME)


def hard_specs(count: int, seed: int, minutes: tuple[float, float]) -> list[TrackSpec]:
    """Return tracks that grids go wrong on: three kinds in turn, the first of a seed of each.

    Tempo that drifts or changes; ambient, which has no drums; and a start without drums in music
    that swings or whose bass falls between the beats.
    """
    drawn = 0
    kinds: list[list[TrackSpec]] = [[], [], []]
    while min(len(kind) for kind in kinds) < -(-count // len(kinds)):
        drawn += 16 * count
        specs = benchmark_specs(drawn, seed, minutes)
        moving = [spec for spec in specs if not spec.constant_tempo]
        steady = [spec for spec in specs if spec.constant_tempo]
        ambient = [spec for spec in steady if spec.style == AMBIENT]
        bare = [spec for spec in steady if spec.style != AMBIENT and spec.drumless_intro]
        misleading = [spec for spec in bare if spec.swing_ratio > 1.0 or spec.offbeat_bass]
        kinds = [moving, ambient, misleading]
    return [kinds[number % len(kinds)][number // len(kinds)] for number in range(count)]


def read_tracks(place: Path) -> list[Track]:
    """Read all truth in a folder and below, or in one JSON file.

    Raises
    ------
    BadTruth
        If there is none, or a truth names a file that is missing.
    """
    files = sorted(place.rglob("*.json")) if place.is_dir() else [place]
    tracks: dict[Path, Track] = {}
    for json_path in files:
        for entry, name in _entries(json_path):
            audio = _find_audio(json_path, entry, name)
            tracks.setdefault(audio.resolve(), _track(audio, entry))
    if not tracks:
        raise BadTruth(f"no truth beside audio in {place}: expected JSON with {_expected()}")
    return list(tracks.values())


def _expected() -> str:
    return "file, " + ", ".join(sorted(KNOWN_KEYS))


def _entries(json_path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield each entry of a truth file, and the name it goes by; nothing from other JSON."""
    try:
        payload = json.loads(json_path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadTruth(f"{json_path} cannot be read as JSON: {error}") from error
    if isinstance(payload, dict) and isinstance(payload.get("tracks"), list):
        payload = payload["tracks"]
    if isinstance(payload, dict) and KNOWN_KEYS & payload.keys():
        yield payload, json_path.stem
    elif isinstance(payload, dict):
        for name, entry in payload.items():
            if isinstance(entry, dict) and KNOWN_KEYS & entry.keys():
                yield entry, str(name)
    elif isinstance(payload, list):
        for entry in payload:
            if isinstance(entry, dict) and "file" in entry:
                yield entry, Path(str(entry["file"])).stem


def _find_audio(json_path: Path, entry: dict[str, Any], name: str) -> Path:
    """Return the entry's audio: relative to the truth or its parent, or by name beside it."""
    folder = json_path.parent
    if "file" in entry:
        given = Path(str(entry["file"]))
        candidates = [folder / given, folder.parent / given, folder / given.name]
    else:
        candidates = [folder / f"{name}{suffix}" for suffix in sorted(AUDIO_SUFFIXES)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BadTruth(f"{json_path} speaks of {entry.get('file', name)}, which is not there")


def _track(audio: Path, entry: dict[str, Any]) -> Track:
    """Return an entry as a track."""
    sections = entry.get("sections")
    key = entry.get("key")
    return Track(
        path=audio,
        bpm=None if entry.get("bpm") is None else float(entry["bpm"]),
        constant_tempo=bool(entry.get("constant_tempo", True)),
        has_drums=entry.get("kicks") != [],
        beats=_times(entry, "beats"),
        downbeats=_times(entry, "downbeats"),
        key=parse_key(key) if key else None,
        # The start of the first section is no choice between two places.
        boundaries=None
        if sections is None
        else tuple(float(section["start_sec"]) for section in sections[1:]),
        drops=_times(entry, "drops"),
        style=str(entry.get("style", "")),
    )


def _times(entry: dict[str, Any], name: str) -> tuple[float, ...] | None:
    return None if entry.get(name) is None else tuple(float(time) for time in entry[name])
