"""Composed tracks to fit on: onset curves and true beats, kept on disk between runs."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.onsets import OnsetCurves, measure_curves
from composer import TrackSpec, benchmark_specs, drums, render_track
from composer.crate import COMPOSER_VERSION

BARE_BPM = (80.0, 165.0)
BARE_SEC = 60.0
BARE_RATE_HZ = 22050

HALF_TIME = "dubstep"
"""The composer's style with half-time drums."""

HALF_TIME_BPM = (130.0, 176.0)
"""Trap to half-time drum & bass."""

REPORTED_SEEDS = (range(5000, 6000), range(7000, 8000))
"""What figures are reported on must not be fitted on."""

_CURVES = ("flux", "power", "fine_energy", "chroma")


@dataclass(frozen=True, eq=False)
class Composed:
    """One track as the fit sees it.

    Parameters
    ----------
    name
        Of its file in the cache.
    style
        The composer's word; for listings and for folds, never a feature.
    constant_tempo, has_drums
        As in the benchmark's truth.
    bpm
        Tempo as composed; the mean where it moves.
    beats, downbeats
        Seconds, ascending; no downbeats where any beat might be one.
    curves
        What the rhythm family hears.
    """

    name: str
    style: str
    constant_tempo: bool
    has_drums: bool
    bpm: float
    beats: NDArray[np.float64]
    downbeats: NDArray[np.float64]
    curves: OnsetCurves


def unreported_seed(text: str) -> int:
    """Read a seed from the command line; refuses those that figures are reported on."""
    seed = int(text)
    if any(seed in seeds for seeds in REPORTED_SEEDS):
        raise argparse.ArgumentTypeError(f"figures are reported on seed {seed}: take another")
    return seed


def moving_specs(count: int, seed: int, minutes: tuple[float, float]) -> list[TrackSpec]:
    """Return the first tracks of a seed whose tempo drifts or changes: one in five does."""
    found: list[TrackSpec] = []
    drawn = 0
    while len(found) < count:
        drawn += 8 * count
        specs = benchmark_specs(drawn, seed, minutes)
        found = [spec for spec in specs if spec.drift or spec.step_bpm is not None]
    return found[:count]


def half_time_specs(count: int, seed: int, minutes: tuple[float, float]) -> list[TrackSpec]:
    """Return half-time music of one tempo: a seed's, every other at any tempo from trap on.

    Its snare falls on every fourth beat, and all that tells it from music half as fast is what
    sounds in between. One track in thirteen is too few to learn that from.
    """
    drawn = 0
    found: list[TrackSpec] = []
    while len(found) < count:
        drawn += 16 * count
        specs = benchmark_specs(drawn, seed, minutes)
        found = [spec for spec in specs if spec.style == HALF_TIME and spec.constant_tempo]
    rng = np.random.default_rng(seed)
    return [
        replace(spec, bpm=round(float(rng.uniform(*HALF_TIME_BPM)), 2)) if number % 2 else spec
        for number, spec in enumerate(found[:count])
    ]


def composed_tracks(specs: Sequence[TrackSpec], cache: Path) -> Iterator[Composed]:
    """Compose tracks one by one, or read them from ``cache`` where an earlier run left them."""
    cache.mkdir(parents=True, exist_ok=True)
    for spec in specs:
        identity = hashlib.sha256(f"{COMPOSER_VERSION} {spec}".encode()).hexdigest()[:16]
        path = cache / f"{identity}.npz"
        if not path.is_file():
            _compose(spec, path)
        yield _read(path)


def bare_tracks(count: int, seed: int) -> Iterator[Composed]:
    """Make kicks at one tempo and nothing else, or hats on the off-beats: the beat at its plainest.

    Composed music always has more to count by; these say what to do where there is no more.
    """
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        bpm = float(rng.uniform(*BARE_BPM))
        beats = np.arange(float(rng.uniform(0.0, 1.0)), BARE_SEC, 60.0 / bpm)
        kinds = ("punchy", "soft", "techno", "acoustic")
        strokes = [(beats, drums.kick(kinds[number % len(kinds)], BARE_RATE_HZ, rng))]
        if number % 3 == 2:
            strokes.append((beats + 30.0 / bpm, 0.3 * drums.hat("closed", BARE_RATE_HZ, rng)))
        samples = np.zeros(int((BARE_SEC + 3.0) * BARE_RATE_HZ), dtype=np.float32)
        for times, sound in strokes:
            for at in np.round(times * BARE_RATE_HZ).astype(np.int64):
                samples[at : at + len(sound)] += sound
        samples = samples[: int(BARE_SEC * BARE_RATE_HZ)]
        yield Composed(
            name=f"bare {number}", style="bare", constant_tempo=True, has_drums=True, bpm=bpm,
            beats=beats, downbeats=beats[:0], curves=measure_curves(samples, BARE_RATE_HZ),
        )  # fmt: skip


def _compose(spec: TrackSpec, path: Path) -> None:
    rendered = render_track(spec)
    curves = measure_curves(rendered.samples.mean(axis=0), rendered.sample_rate)
    wanted = ("style", "constant_tempo", "bpm", "beats", "downbeats", "kicks")
    truth = json.dumps({name: rendered.truth[name] for name in wanted})
    arrays = {name: getattr(curves, name) for name in _CURVES}
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez(part, truth=np.array(truth), duration_sec=curves.duration_sec, **arrays)
    os.replace(part, path)


def _read(path: Path) -> Composed:
    with np.load(path) as stored:
        truth = json.loads(str(stored["truth"]))
        arrays = {name: stored[name] for name in _CURVES}
        curves = OnsetCurves(duration_sec=float(stored["duration_sec"]), **arrays)
    return Composed(
        name=path.stem,
        style=truth["style"],
        constant_tempo=truth["constant_tempo"],
        has_drums=bool(truth["kicks"]),
        bpm=truth["bpm"],
        beats=np.array(truth["beats"]),
        downbeats=np.array(truth["downbeats"]),
        curves=curves,
    )
