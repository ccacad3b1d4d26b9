"""The transition plan: where, how and why, as the typed form of ``plan.json``.

Clocks
------
*Track time* is seconds from a track's first decoded sample. *Out time* is seconds on the
rendered file's clock. A plan that has not been rendered uses the clock of the whole mix, where
track A starts at 0; rendering with ``context_bars`` moves everything to the clock of the file.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from analysis.document import Document, Part
from mixing.errors import UnreadablePlan

SCHEMA_VERSION = 1

Side = Literal["a", "b"]
Control = Literal[
    "fader", "low_db", "mid_db", "high_db", "highpass_hz", "lowpass_hz", "echo_send", "ride_db"
]


class PlanTrack(Part):
    """One side of the transition, with what was known of it when the plan was made."""

    path: str
    track_id: str
    title: str
    artist: str = ""
    duration_sec: float
    sample_rate: int
    bpm: float | None = None
    beats_per_bar: int = 4
    first_downbeat_sec: float | None = None
    grid_confidence: float = 0.0
    key: str | None = None
    camelot: str | None = None
    lufs: float | None = None
    true_peak_dbtp: float | None = None
    sung: list[tuple[float, float, float]] | None = None
    """(start, end, probability) of sung stretches in track time; None where nobody listened."""


class MixPoint(Part):
    """A moment in a track, in seconds and in the DJ's words."""

    sec: float
    bar: int | None = None
    """Bar number, the first downbeat being bar 1; None without a grid."""
    beat_sec: float | None = None
    """Length of a beat there."""
    section: str = ""


class Segment(Part):
    """A stretch of a track heard at one rate.

    During it, out time ``t`` holds track time ``track_start_sec + (t - out_start_sec) * rate``.
    A negative rate plays backwards. ``keylock`` tells whether the pitch is kept, ``glide``
    whether the rate is on its way back to 1.
    """

    out_start_sec: float
    out_end_sec: float
    track_start_sec: float
    rate: float = 1.0
    keylock: bool = True
    glide: bool = False

    @property
    def track_end_sec(self) -> float:
        """Track time at the end of the segment."""
        return self.track_start_sec + (self.out_end_sec - self.out_start_sec) * self.rate

    def track_time(self, out_sec: float) -> float:
        """Return the track time heard at ``out_sec``."""
        return self.track_start_sec + (out_sec - self.out_start_sec) * self.rate


class Segments(Part):
    """What is heard of each track, and when."""

    a: list[Segment] = Field(default_factory=list)
    b: list[Segment] = Field(default_factory=list)


class TrackClock(Part):
    """Time ``t`` of the track is heard at ``zero_sec + t / rate``; zero may be negative."""

    zero_sec: float
    rate: float

    def out_time(self, track_sec: float) -> float:
        """Return when ``track_sec`` of the track is heard."""
        return self.zero_sec + track_sec / self.rate


class Timeline(Part):
    """Both tracks' clocks during the overlap of a blend."""

    a: TrackClock
    b: TrackClock
    overlap_start_sec: float
    overlap_end_sec: float


class Lane(Part):
    """One control moving over time: straight lines between points of (out time, value).

    Before its first and after its last point a lane keeps that point's value. ``fader`` and
    ``echo_send`` are amplitudes 0–1; ``*_db`` and ``*_hz`` are what they say.
    """

    side: Side | Literal["master"]
    control: Control
    points: list[tuple[float, float]]


class Echo(Part):
    """A feedback delay that ``echo_send`` lanes feed."""

    side: Side
    delay_sec: float
    feedback: float
    highpass_hz: float
    tail_sec: float


class Verdict(Part):
    """What one rule says of one candidate. ``penalty`` is 0 where all is well."""

    rule: str
    penalty: float
    rejected: bool = False
    reason: str


class ScoredCandidate(Part):
    """A possible transition and how the rules judged it; the lowest score wins."""

    kind: str
    style: str
    bars: int
    mix_out_sec: float
    mix_in_sec: float
    score: float
    rejected: bool = False
    chosen: bool = False
    verdicts: list[Verdict] = Field(default_factory=list)


class Measured(Part):
    """Figures taken from the rendered audio; null with a word in ``why_null``."""

    kick_async_p95_ms: float | None = None
    """95 % of B's kicks are this near to A's, each judged with its bar."""
    kick_single_p95_ms: float | None = None
    """The same of single kicks, the tracks' own swing and strays included."""
    drift_ms: float | None = None
    loudness_step_lu: float | None = None
    bass_overlap_sec: float | None = None
    vocal_overlap_sec: float | None = None
    """Seconds of two voices at once, less where one covers the other."""
    harmonic_clash: float | None = None
    """How much notes of the two rub beyond what each does alone: 0.1 in one key, 1 in keys a
    semitone apart (:func:`mixing.clash.harmonic_clash`)."""
    true_peak_dbtp: float | None = None
    kicks_compared: int = 0
    why_null: dict[str, str] = Field(default_factory=dict)


class Rendered(Part):
    """The file that was written from the plan."""

    path: str
    format: str
    sample_rate: int
    duration_sec: float
    context_bars: int | None = None
    clock_offset_sec: float = 0.0
    """Out time 0 of this file on the clock of the whole mix."""


class Plan(Document):
    """One transition from track A to track B; a file that is none raises `UnreadablePlan`."""

    unreadable = UnreadablePlan

    schema_version: int = SCHEMA_VERSION
    a: PlanTrack
    b: PlanTrack
    requested_style: str = "auto"
    style: str
    bars: int
    effects: list[str] = Field(default_factory=list)
    beat_matched: bool
    """Whether B plays at A's tempo, downbeat on downbeat."""
    blend: bool
    """Whether both tracks are heard together (else B takes over at one moment)."""
    mix_out: MixPoint
    """Where the transition begins in A (a switch: where A ends)."""
    mix_in: MixPoint
    """Where B begins."""
    stretch_ratio: float = 1.0
    """B's rate during the overlap: 1.02 plays it 2 % faster than it is."""
    tempo_multiple: float = 1.0
    """Beats of B on one beat of A: 2 when 174 BPM is laid over 87."""
    loop_bars: int = 0
    """Bars of A before its mix-out that go round during the overlap; 0: A goes on."""
    glide_bars: int = 0
    gain_db: float = 0.0
    """Trim of B, so that the parts that meet are equally loud."""
    output_gain_db: float = 0.0
    """Gain of the whole file, so that peaks keep their distance from full scale."""
    transition_start_sec: float
    transition_end_sec: float
    segments: Segments = Field(default_factory=Segments)
    timeline: Timeline | None = None
    eq_moves: list[Lane] = Field(default_factory=list)
    echoes: list[Echo] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    steps: list[str] = Field(default_factory=list)
    candidates: list[ScoredCandidate] = Field(default_factory=list)
    measured: Measured | None = None
    rendered: Rendered | None = None

    def moved(self, by_sec: float) -> Plan:
        """Return the plan with its whole out clock moved by ``by_sec``."""
        plan = self.model_copy(
            update={
                "segments": self.segments.model_copy(deep=True),
                "eq_moves": [each.model_copy() for each in self.eq_moves],
                "timeline": self.timeline.model_copy(deep=True) if self.timeline else None,
            }
        )
        plan.transition_start_sec += by_sec
        plan.transition_end_sec += by_sec
        for segment in (*plan.segments.a, *plan.segments.b):
            segment.out_start_sec += by_sec
            segment.out_end_sec += by_sec
        for lane in plan.eq_moves:
            lane.points = [(sec + by_sec, value) for sec, value in lane.points]
        if plan.timeline is not None:
            plan.timeline.a.zero_sec += by_sec
            plan.timeline.b.zero_sec += by_sec
            plan.timeline.overlap_start_sec += by_sec
            plan.timeline.overlap_end_sec += by_sec
        return plan
