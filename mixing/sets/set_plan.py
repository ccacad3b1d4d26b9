"""A whole set as a plan: its tracks in order, every transition, and when what is heard."""

from __future__ import annotations

from pydantic import Field

from analysis.document import Document, Part
from mixing.errors import UnreadablePlan
from mixing.plan import Plan

SCHEMA_VERSION = 1


class SetTrack(Part):
    """One track of a set. Out times are on the clock of the set."""

    track_id: str
    path: str
    title: str
    artist: str = ""
    duration_sec: float
    sample_rate: int
    bpm: float | None = None
    key: str | None = None
    camelot: str | None = None
    energy: float | None = None
    """0–10."""
    wished_energy: float = 0.0
    """What the arc asks for at its place, 0–10."""
    lufs: float | None = None
    true_peak_dbtp: float | None = None
    gain_db: float = 0.0
    """Its level while it plays alone, so that all tracks of the set are equally loud."""
    start_sec: float = 0.0
    end_sec: float
    """Track times between which there is sound."""
    enters_sec: float = 0.0
    """When it is first heard."""
    alone_from_sec: float = 0.0
    """When it plays alone, at its own tempo."""
    leaves_sec: float = 0.0
    """When it is last heard."""

    @property
    def name(self) -> str:
        """``"Artist – Title"``, or the title alone."""
        return f"{self.artist} – {self.title}" if self.artist else self.title


class RenderedSet(Part):
    """The file that was written."""

    path: str
    format: str
    sample_rate: int
    duration_sec: float
    true_peak_dbtp: float


class SetPlan(Document):
    """A set; a file that is none raises `UnreadablePlan`.

    Until it is rendered, each of ``transitions`` is on its own clock (its A starts at 0) and the
    tracks' times are foreseen; rendering puts all on the clock of the file.
    """

    unreadable = UnreadablePlan

    schema_version: int = SCHEMA_VERSION
    arc: str
    target_minutes: float | None = None
    style: str = "auto"
    seed: int = 0
    sample_rate: int = 44_100
    duration_sec: float = 0.0
    output_gain_db: float = 0.0
    """Gain of the whole file, so that no track alone meets the limiter."""
    costs: dict[str, float] = Field(default_factory=dict)
    """Points of the order by term (``mixing.sets.cost``)."""
    tracks: list[SetTrack] = Field(default_factory=list)
    transitions: list[Plan] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    rendered: RenderedSet | None = None
