"""The report: everything analysis found in one track, as typed models over one JSON form.

Keys are fixed by the product's contract; others may be added freely, and unknown keys survive
a read and a write. Numbers are finite or null, never NaN. Times are seconds from the first
decoded sample, levels are dB, loudness is LUFS.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from analysis.document import Document, Part, plain
from analysis.errors import UnreadableReport

SCHEMA_VERSION = 1

ANALYSIS_VERSION = 5
"""Goes up whenever the same file would get other values; batches then analyse it anew."""


def finite_or_none(value: Any) -> float | None:
    """Return ``value`` as a float, or None where it is missing, infinite or not a number."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


Number = Annotated[float | None, BeforeValidator(finite_or_none)]
Status = dict[Literal["status"], str]


class Stats(Part):
    """Summary of a curve, in the curve's own unit."""

    mean: Number = None
    std: Number = None
    min: Number = None
    max: Number = None


class Metadata(Part):
    """What the file is and says of itself."""

    path: str
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    year: int | None = None
    sample_rate: int
    duration_sec: float
    channels: int
    format: str
    content_hash: str
    """Hex digest of the encoded audio without tags and container: the track's identity."""
    dependencies: dict[str, bool] = Field(default_factory=dict)
    """Which optional libraries ran: essentia madmom openl3 pyloudnorm spleeter."""
    analysis_version: int = 0
    requested: dict[str, bool] = Field(default_factory=dict)
    """Which optional families were asked for: embeddings stems."""


class GridSegment(Part):
    """A stretch of constant tempo inside a grid that changes."""

    start_sec: float
    bpm: float


class BeatGrid(Part):
    """The beat grid that decks and transitions use.

    ``bpm`` is None where no beat was found; then there is nothing to match.
    """

    bpm: Number = None
    first_beat_sec: Number = None
    first_downbeat_sec: Number = None
    """The first bar 1 at or after the start of the track."""
    beats_per_bar: int = 4
    constant: bool = True
    """False where the tempo drifts or changes; then ``beat_times_sec`` is the truth."""
    confidence: float = 0.0
    """0–1, meant as the probability that every beat and bar 1 is right."""
    downbeat_confidence: float = 0.0
    segments: list[GridSegment] = Field(default_factory=list)


class Swing(Part):
    """Swing ratio (long/short, 1 = straight) and spread of onsets about the grid in seconds."""

    swing_ratio: Number = None
    micro_timing_std: Number = None


class Rhythm(Part):
    """Tempo, beats, bars and their feel."""

    tempo_bpm_global: Number = None
    beat_times_sec: list[float] = Field(default_factory=list)
    downbeat_times_sec: list[float] = Field(default_factory=list)
    beat_grid: BeatGrid = Field(default_factory=BeatGrid)
    tempo_variation_bpm: Stats = Field(default_factory=Stats)
    polyrhythm_candidates: list[dict[str, Number]] = Field(default_factory=list)
    """Competing periodicities: ``tempo_bpm``, ``strength`` and ``ratio`` to the strongest."""
    swing_analysis: Swing = Field(default_factory=Swing)
    groove_confidence: Number = None
    danceability_score: Number = None
    onset_curve_summary: dict[str, Any] = Field(default_factory=dict)
    madmom_downbeat: dict[str, Any] = Field(default_factory=dict)
    beat_this: dict[str, Any] = Field(default_factory=dict)


class KeyCandidate(Part):
    """One key the track may be in; scores of all candidates sum to 1."""

    key: str
    camelot: str
    score: float


class Tonal(Part):
    """Key, chords and timbre. Keys are written with sharps: ``"A# minor"``."""

    key: str | None = None
    key_confidence: Number = None
    camelot: str | None = None
    key_candidates: list[KeyCandidate] = Field(default_factory=list)
    chroma_stats: dict[str, Any] = Field(default_factory=dict)
    tonnetz_stats: dict[str, Any] = Field(default_factory=dict)
    tonal_tension: Stats = Field(default_factory=Stats)
    modulation: dict[str, Any] = Field(default_factory=dict)
    chords: dict[str, Any] = Field(default_factory=dict)
    """``progression``: [{start_sec, end_sec, chord, confidence}]; ``histogram``: {chord: share}."""
    spectral_centroid: Stats = Field(default_factory=Stats)
    spectral_flatness: Stats = Field(default_factory=Stats)
    zero_crossing_rate: Stats = Field(default_factory=Stats)
    dissonance_index: Number = None


class AttackDecay(Part):
    """First attack to a share of the loudest onset; fall from the loudest frame to half."""

    attack_time_sec: Number = None
    decay_time_sec: Number = None


class Dynamics(Part):
    """Level and loudness (ITU-R BS.1770, EBU Tech 3342)."""

    rms: Stats = Field(default_factory=Stats)
    attack_decay: AttackDecay = Field(default_factory=AttackDecay)
    crest_factor: Number = None
    lufs: Number = None
    loudness_range_lu: Number = None
    true_peak_dbtp: Number = None
    short_term_lufs: list[Number] = Field(default_factory=list)
    """Short-term loudness (3 s windows) once a second, first window ending at 3 s."""


class Spatial(Part):
    """The stereo picture; a mono file has only ``status: mono_signal``."""

    status: str | None = None
    stereo_width: Number = None
    balance_db: Number = None
    phase_coherence: Number = None
    side_mid_ratio_db: Number = None


class VocalSegment(Part):
    """A stretch where singing is likely."""

    start_sec: float
    end_sec: float
    confidence: float


class VocalActivity(Part):
    """Where somebody sings, and how high."""

    voiced_ratio: Number = None
    pitch_mean_hz: Number = None
    pitch_std_hz: Number = None
    voiced_probability_mean: Number = None
    segments: list[VocalSegment] = Field(default_factory=list)


class Instrumentation(Part):
    """Band balance and coarse instrument proxies, all 0–1."""

    bass_presence: Number = None
    mid_presence: Number = None
    treble_presence: Number = None
    percussive_ratio: Number = None
    vocal_presence_proxy: Number = None
    vocal_probability_mean: Number = None
    likely_bass_heavy: bool = False
    likely_bright_timbre: bool = False


class Mood(Part):
    """Aggregate mood, all 0–1, with a word for it."""

    danceability: Number = None
    valence: Number = None
    arousal: Number = None
    energy: Number = None
    descriptor: str = ""


class Section(Part):
    """One part of the arrangement; starts and ends on bar lines where there is a grid."""

    start_sec: float
    end_sec: float
    label: str
    """intro, build, drop, break, verse or outro."""
    energy: int
    """1 (sparse) to 10 (peak)."""


class Phrase(Part):
    """A run of whole bars that belongs together."""

    start_sec: float
    bars: int


class Structure(Part):
    """The arrangement, and where a DJ would mix in and out."""

    sections: list[Section] = Field(default_factory=list)
    phrases: list[Phrase] = Field(default_factory=list)
    drops: list[float] = Field(default_factory=list)
    """Start of each drop in seconds."""
    mix_in_sec: Number = None
    mix_out_sec: Number = None
    silence_before_sec: Number = None
    silence_after_sec: Number = None


class Analysis(Part):
    """All feature families."""

    rhythm: Rhythm = Field(default_factory=Rhythm)
    tonal: Tonal = Field(default_factory=Tonal)
    dynamics: Dynamics = Field(default_factory=Dynamics)
    spatial: Spatial = Field(default_factory=Spatial)
    vocal_activity: VocalActivity = Field(default_factory=VocalActivity)
    instrumentation: Instrumentation = Field(default_factory=Instrumentation)
    mood: Mood = Field(default_factory=Mood)
    structure: Structure = Field(default_factory=Structure)
    essentia: dict[str, Any] = Field(default_factory=dict)
    embeddings: dict[str, Any] = Field(default_factory=dict)
    stems: dict[str, Any] = Field(default_factory=dict)


class Report(Document):
    """One track's report; one that can't be read raises `UnreadableReport`."""

    unreadable = UnreadableReport

    schema_version: int = SCHEMA_VERSION
    metadata: Metadata
    analysis: Analysis = Field(default_factory=Analysis)

    @property
    def track_id(self) -> str:
        """The content hash: the track's identity everywhere in Segue."""
        return self.metadata.content_hash

    @property
    def grid(self) -> BeatGrid:
        """Short for ``analysis.rhythm.beat_grid``."""
        return self.analysis.rhythm.beat_grid

    def at(self, path: Path) -> Report:
        """Return this report for a copy of the file at another place."""
        metadata = self.metadata.model_copy(update={"path": str(path.absolute())})
        return self.model_copy(update={"metadata": metadata})

    def payload(self) -> Any:
        """Return what is written; numbers that an engine could not give are null."""
        payload = super().payload()
        spatial = payload["analysis"]["spatial"]
        if spatial.get("status"):
            payload["analysis"]["spatial"] = {
                key: value for key, value in spatial.items() if value is not None
            }
        return plain(payload, null_for_nan=True)
