"""The demo crate: sixteen tracks in folders like a DJ's own, and the truth about them.

Making it can be interrupted at any time: a finished track leaves its truth in ``.composing/`` and
is not made again; ``truth.json`` is written last and says that the crate is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config

from composer import names
from composer.encode import write_audio
from composer.errors import OtherCrate
from composer.render import render_track
from composer.spec import TrackSpec, compose_spec, stream
from composer.styles import STYLES
from composer.tags import write_tags
from composer.theory import Key
from composer.truth import shifted

# Raised when the same seed makes other tracks than before; a whole crate is kept all the same.
COMPOSER_VERSION = 2
TRUTH_NAME = "truth.json"
_WORK_NAME = ".composing"
_COUNTS = {"deep house": 4, "techno": 3, "drum & bass": 3, "hip-hop": 3, "trance": 3}
# Tracks of a style stay this near to each other's tempo, so that each has neighbours (±4 %).
_TEMPO_SPREAD = 0.017
_SECONDS = (102.0, 146.0)
# LAME costs more than composing, hence only three; the order is spread over the styles.
_FORMATS = (
    "flac", "mp3", "ogg", "wav", "flac", "mp3", "ogg", "flac",
    "flac", "ogg", "wav", "mp3", "flac", "flac", "ogg", "wav",
)  # fmt: skip
# Steps on the circle of fifths between a style's tracks; None turns to the relative key.
_KEY_STEPS: tuple[int | None, ...] = (1, None, 1)

Progress = Callable[[int, int, str], None]


def _neighbour(key: Key, fifths: int | None) -> Key:
    """Find a key that mixes with another: so many fifths up, or its relative."""
    if fifths is None:
        if key.mode == "minor":
            return Key((key.tonic + 3) % 12, "major")
        return Key((key.tonic + 9) % 12, "minor")
    return Key((key.tonic + 7 * fifths) % 12, key.mode)


def crate_specs(
    seed: int = 1,
    tracks: int = 16,
    styles: tuple[str, ...] | None = None,
    seconds: tuple[float, float] = _SECONDS,
) -> list[TrackSpec]:
    """Draw the tracks of a crate.

    Parameters
    ----------
    seed
        Another seed, another crate.
    tracks
        How many; styles share them as evenly as the demo crate's do.
    styles
        Names in ``composer.styles.STYLES``; by default the demo crate's five.
    seconds
        Shortest and longest wished duration.
    """
    wanted = styles or tuple(_COUNTS)
    counts = {style: _COUNTS.get(style, 3) if styles is None else 1 for style in wanted}
    while sum(counts.values()) < tracks:
        for style in wanted:
            counts[style] += 1
    order = [style for style in wanted for _ in range(counts[style])][:tracks]
    specs: list[TrackSpec] = []
    taken: set[tuple[str, str]] = set()
    for style in dict.fromkeys(order):
        rng = stream(seed, f"crate {style}")
        low, high = STYLES[style].tempo_bpm
        middle = float(rng.uniform(low * (1 + _TEMPO_SPREAD), high * (1 - _TEMPO_SPREAD)))
        key = Key(int(rng.integers(12)), "minor" if rng.random() < 0.6 else "major")
        for index in range(order.count(style)):
            own = int(rng.integers(1, 2**30))
            bpm = middle * (1.0 + float(rng.uniform(-_TEMPO_SPREAD, _TEMPO_SPREAD)))
            flags: dict[str, object] = {
                "bpm": float(round(bpm)) if rng.random() < 0.3 else round(bpm, 2),
                "key": key.name,
                "format": _FORMATS[len(specs) % len(_FORMATS)],
                "drumless_intro": index == 2,
                "vocals": index != 1 or STYLES[style].vocal_share > 0.9,
            }
            if rng.random() < 0.4:
                flags["lead_in_sec"] = round(float(rng.uniform(0.08, 0.9)), 4)
                flags["pickup"] = bool(rng.random() < 0.5)
            spec = compose_spec(own, style, float(rng.uniform(*seconds)), **flags)
            attempt = 0
            while (spec.artist, spec.title) in taken or spec.title in {s.title for s in specs}:
                attempt += 1
                artist, title, album = names.invent(stream(own, f"names {attempt}"), style)
                spec = replace(spec, artist=artist, title=title, album=album)
            taken.add((spec.artist, spec.title))
            specs.append(spec)
            key = _neighbour(key, _KEY_STEPS[index % len(_KEY_STEPS)])
    return specs


def _file_of(spec: TrackSpec) -> str:
    safe = "".join(mark if mark not in '\\/:*?"<>|' else "_" for mark in spec.title)
    return f"{spec.bucket}/{spec.artist} - {safe}.{spec.format}"


def _write_json(path: Path, value: object) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _order_of(spec: TrackSpec) -> dict[str, Any]:
    return {"version": COMPOSER_VERSION, **asdict(spec)}


def _make_track(folder: Path, number: int, spec: TrackSpec) -> dict[str, Any]:
    """Render, write and tag one track, and note its truth."""
    name = _file_of(spec)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rendered = render_track(spec)
    # Tagged before it gets its name: whatever bears the name is whole.
    hidden = path.with_name(f".{path.stem}.{os.getpid()}.making{path.suffix}")
    try:
        delay_sec = write_audio(hidden, rendered.samples, rendered.sample_rate, spec.format)
        write_tags(hidden, spec)
        os.replace(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
    truth = {"file": name, "format": spec.format, **shifted(rendered.truth, delay_sec)}
    _write_json(
        folder / _WORK_NAME / f"{number:03d}.json", {"spec": _order_of(spec), "truth": truth}
    )
    return truth


def make_tracks(
    folder: Path,
    specs: list[TrackSpec],
    seed: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make tracks and their ``truth.json``; what is there already is kept.

    Parameters
    ----------
    folder
        Made if missing.
    specs
        What to make.
    seed
        Written into ``truth.json``; a whole folder with the same seed and files is left alone.
    workers
        Processes; by default one a processor.
    progress
        Called with (done, total, file just finished), first with (already done, total, "").

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OtherCrate
        If the folder holds a whole crate of another seed.
    """
    folder = Path(folder)
    truth_path = folder / TRUTH_NAME
    known = _read_json(truth_path)
    made: dict[int, dict[str, Any]] = {}
    if isinstance(known, dict) and "tracks" in known:
        if known.get("seed") != seed or len(known["tracks"]) != len(specs):
            raise OtherCrate(folder, known.get("seed"), seed)
        made = {
            number: truth
            for number, truth in enumerate(known["tracks"])
            if (folder / truth["file"]).is_file()
        }
        if len(made) == len(specs):
            return folder
    work = folder / _WORK_NAME
    work.mkdir(parents=True, exist_ok=True)
    for number, spec in enumerate(specs):
        note = _read_json(work / f"{number:03d}.json")
        if (
            number not in made
            and isinstance(note, dict)
            and note.get("spec") == _order_of(spec)
            and (folder / note["truth"]["file"]).is_file()
        ):
            made[number] = note["truth"]
    missing = [number for number in range(len(specs)) if number not in made]
    total = len(specs)
    if progress:
        progress(len(made), total, "")
    count = max(1, min(workers or os.cpu_count() or 1, len(missing) or 1))
    # The dearest first, so that no worker is left alone with it at the end.
    cost = {"mp3": 2.0, "m4a": 1.4, "ogg": 1.3}
    missing.sort(key=lambda n: -specs[n].seconds * cost.get(specs[n].format, 1.0))

    def finished(number: int, truth: dict[str, Any]) -> None:
        made[number] = truth
        if progress:
            progress(len(made), total, truth["file"])

    if count == 1:
        for number in missing:
            finished(number, _make_track(folder, number, specs[number]))
    else:
        with parallel_config(backend="loky", inner_max_num_threads=1):
            jobs = Parallel(n_jobs=count, return_as="generator_unordered", batch_size=1)
            for number, truth in jobs(
                delayed(_numbered)(folder, number, specs[number]) for number in missing
            ):
                finished(number, truth)
    truth = {
        "seed": seed,
        "composer_version": COMPOSER_VERSION,
        "tracks": [made[number] for number in range(total)],
    }
    _write_json(truth_path, truth)
    for note in sorted(work.glob("*.json")):
        note.unlink()
    work.rmdir()
    return folder


def _numbered(folder: Path, number: int, spec: TrackSpec) -> tuple[int, dict[str, Any]]:
    return number, _make_track(folder, number, spec)


def make_crate(
    folder: Path,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compose and render the demo crate: sixteen tracks in five styles, with ``truth.json``.

    A whole crate of the same seed is kept; an interrupted one is finished.

    Parameters
    ----------
    folder, seed, workers, progress
        As in ``make_tracks``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OtherCrate
        If the folder holds a whole crate of another seed.
    """
    return make_tracks(Path(folder), crate_specs(seed), seed, workers, progress)


def read_truth(folder: Path) -> dict[str, Any] | None:
    """Read a folder's truth, or None if there is no whole crate in it."""
    known = _read_json(Path(folder) / TRUTH_NAME)
    return known if isinstance(known, dict) and "tracks" in known else None
