"""Short tracks for tests that need hundreds: half a minute, well under a second of CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from composer.encode import write_audio
from composer.render import render_track
from composer.spec import TrackSpec, compose_spec
from composer.tags import write_tags
from composer.truth import shifted


def sketch_spec(
    seed: int, style: str | None = None, seconds: float = 30.0, fmt: str = "wav", **flags: object
) -> TrackSpec:
    """Draw a sketch: phrases of two or four bars, so that a form still fits."""
    flags.setdefault("phrase_bars", 2 if seconds < 26.0 else 4)
    return compose_spec(seed, style, seconds, format=fmt, **flags)


def make_sketch(
    folder: Path,
    seed: int,
    style: str | None = None,
    seconds: float = 30.0,
    fmt: str = "wav",
    tags: bool = True,
    **flags: object,
) -> tuple[Path, dict[str, Any]]:
    """Compose, render and write one short track.

    Parameters
    ----------
    folder
        Made if missing.
    seed, style, seconds
        As in ``composer.spec.compose_spec``; without a style the seed draws one.
    fmt
        One of ``composer.spec.FORMATS``.
    tags
        Write title, artist, album, genre, year and artwork into the file.
    **flags
        Any field of ``TrackSpec``: ``bpm=123.47, key="A# minor", drift=True, swing_ratio=1.5,
        lead_in_sec=0.4, drumless_intro=True, vocals=False, sample_rate=48000`` …

    Returns
    -------
    path, truth
        The file, and its truth with ``file`` relative to ``folder``.

    Raises
    ------
    BadSpec
        For flags that make no playable track.
    """
    spec = sketch_spec(seed, style, seconds, fmt, **flags)
    folder.mkdir(parents=True, exist_ok=True)
    rendered = render_track(spec)
    name = f"sketch-{spec.style.replace(' ', '-').replace('&', 'n')}-{seed}.{fmt}"
    path = folder / name
    delay_sec = write_audio(path, rendered.samples, rendered.sample_rate, fmt)
    if tags:
        write_tags(path, spec)
    return path, {"file": name, **shifted(rendered.truth, delay_sec)}
