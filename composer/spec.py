"""What is asked for: one track's complete description, and ways to draw many by seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace

import numpy as np

from composer import names
from composer.errors import BadSpec
from composer.styles import STYLES, style_named
from composer.theory import NOTE_NAMES, Key

FORMATS = ("wav", "flac", "ogg", "mp3", "m4a")
SAMPLE_RATES = (44100, 48000)


def stream(seed: int, name: str) -> np.random.Generator:
    """Open a random stream for one purpose, so that a change does not move the others."""
    return np.random.default_rng([seed & 0x7FFFFFFF, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class TrackSpec:
    """Everything that decides how a track sounds. The same spec gives the same samples.

    Parameters
    ----------
    seed
        Decides all that is not given here.
    style
        A name in ``composer.styles.STYLES``.
    bpm, key
        Tempo and key as composed; ``key`` like ``"A# minor"``.
    seconds
        Wished duration; the music ends on a whole bar near it.
    swing_ratio, swing_unit_beats
        Long over short of a pair, and the length of one part (0.25 = sixteenths).
    drift
        The tempo wanders by about ±2.5 %.
    step_bpm
        From the middle on, the tempo is this.
    lead_in_sec
        Near-silence before bar 1.
    pickup
        Fill the last beat of the lead-in with an upbeat.
    drumless_intro, drumless_outro
        No drums in the first or last section.
    detune_cents
        Master tuning against A4 = 440 Hz.
    vocals
        Whether someone sings.
    offbeat_bass
        The bass plays between the kicks, whatever the style.
    loudness_lufs
        Integrated loudness of the finished track.
    phrase_bars
        Length of a phrase; 8 in full tracks, less in sketches.
    """

    seed: int
    style: str
    bpm: float
    key: str
    seconds: float
    swing_ratio: float = 1.0
    swing_unit_beats: float = 0.25
    drift: bool = False
    step_bpm: float | None = None
    lead_in_sec: float = 0.0
    pickup: bool = False
    drumless_intro: bool = False
    drumless_outro: bool = False
    detune_cents: float = 0.0
    vocals: bool = True
    offbeat_bass: bool = False
    loudness_lufs: float = -8.5
    phrase_bars: int = 8
    sample_rate: int = 44100
    format: str = "wav"
    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    bucket: str = ""
    year: int = 2020

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        style_named(self.style)
        if not 40.0 <= self.bpm <= 240.0:
            raise BadSpec(f"bpm {self.bpm} is outside 40 to 240")
        if self.seconds < 8.0:
            raise BadSpec(f"{self.seconds} s is too short: ask for 8 s or more")
        if self.format not in FORMATS:
            raise BadSpec(f"unknown format {self.format!r}: one of {', '.join(FORMATS)}")
        if not 1.0 <= self.swing_ratio <= 3.0:
            raise BadSpec(f"swing_ratio {self.swing_ratio} is outside 1 to 3")

    @property
    def constant_tempo(self) -> bool:
        """Whether one tempo holds from the first beat to the last."""
        return not self.drift and self.step_bpm is None


def compose_spec(
    seed: int, style: str | None = None, seconds: float = 150.0, **flags: object
) -> TrackSpec:
    """Draw a track of a style by seed; flags overrule any field of ``TrackSpec``.

    Raises
    ------
    BadSpec
        For a style, flag or value that is not known.
    """
    rng = stream(seed, "spec")
    names_of_styles = sorted(STYLES)
    drawn = names_of_styles[int(rng.integers(len(names_of_styles)))]
    chosen = style_named(style or drawn)
    mode = "minor" if rng.random() < chosen.minor_share else "major"
    key = Key(int(rng.integers(12)), mode)
    low, high = chosen.tempo_bpm
    bpm = round(float(rng.uniform(low, high)), 2)
    if rng.random() < 0.4:  # most producers type whole numbers
        bpm = float(round(bpm))
    swing_low, swing_high = chosen.swing
    swing = round(float(rng.uniform(swing_low, swing_high)), 2)
    artist, title, album = names.invent(stream(seed, "names"), chosen.name)
    spec = TrackSpec(
        seed=seed,
        style=chosen.name,
        bpm=bpm,
        key=key.name,
        seconds=seconds,
        swing_ratio=swing,
        swing_unit_beats=chosen.swing_unit_beats,
        vocals=bool(rng.random() < chosen.vocal_share),
        loudness_lufs=round(float(rng.uniform(*chosen.loudness_lufs)), 1),
        title=title,
        artist=artist,
        album=album,
        genre=chosen.genre,
        bucket=chosen.bucket,
        year=int(rng.integers(chosen.years[0], chosen.years[1] + 1)),
    )
    known = {entry.name for entry in fields(TrackSpec)}
    unknown = sorted(set(flags) - known)
    if unknown:
        raise BadSpec(f"unknown flag {unknown[0]!r}: one of {', '.join(sorted(known))}")
    return replace(spec, **flags)  # type: ignore[arg-type]


def benchmark_specs(
    n: int, seed: int = 1, minutes: tuple[float, float] = (3.0, 5.5), m4a: bool = True
) -> list[TrackSpec]:
    """Mix styles and difficulties for benchmarks, by seed.

    Styles take turns; keys are drawn evenly over all 24 in the styles' own shares of minor. About
    one track in eight drifts, one in sixteen changes tempo once; a third begin after a lead-in;
    a third have a drumless intro or outro; a sixth are tuned away from 440 Hz; formats take turns.

    Parameters
    ----------
    n
        How many.
    seed
        Another seed, other tracks.
    minutes
        Shortest and longest duration.
    m4a
        Include AAC, which needs PyAV to read.
    """
    order = list(STYLES)
    formats = FORMATS if m4a else FORMATS[:-1]
    specs = []
    for index in range(n):
        rng = stream(seed, f"benchmark {index}")
        style = order[index % len(order)]
        own = int(rng.integers(1, 2**30))
        flags: dict[str, object] = {
            "seconds": float(rng.uniform(minutes[0], minutes[1]) * 60.0),
            "format": formats[int(rng.integers(len(formats)))],
            "sample_rate": SAMPLE_RATES[int(rng.random() < 0.2)],
            "drumless_intro": bool(rng.random() < 0.25),
            "drumless_outro": bool(rng.random() < 0.15),
        }
        difficulty = rng.random()
        spec = compose_spec(own, style, **flags)  # type: ignore[arg-type]
        changes: dict[str, object] = {}
        if difficulty < 0.125:
            changes["drift"] = True
        elif difficulty < 0.19:
            changes["step_bpm"] = round(spec.bpm * float(rng.choice([0.94, 1.05, 1.08])), 2)
        if rng.random() < 0.35:
            changes["lead_in_sec"] = round(float(rng.uniform(0.05, 1.4)), 4)
            changes["pickup"] = bool(rng.random() < 0.5)
        if rng.random() < 0.17:
            changes["detune_cents"] = round(float(rng.uniform(-30.0, 30.0)), 1)
        changes["offbeat_bass"] = bool(rng.random() < 0.12)
        specs.append(replace(spec, **changes))  # type: ignore[arg-type]
    return specs


def all_keys() -> list[str]:
    """List the 24 key names."""
    return [f"{note} {mode}" for mode in ("major", "minor") for note in NOTE_NAMES]
