"""Beat grids as the DJ edits them: pure functions from one whole grid to another.

A grid is the line ``first_beat_sec + k · 60 / bpm``, or, for music that drifts, its beat times.
Every edit returns a whole grid, which is what the notebook stores.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.report import Rhythm
from library.errors import BadCorrection

SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
"""No dance music lies outside, even counted at half or double time."""

ON_BEAT_SEC = 0.002
"""How far bar 1 may lie from a beat: above the rounding of stored times, below hearing."""

Times = npt.NDArray[np.float64]


class Grid(BaseModel):
    """One whole beat grid, in seconds from the first decoded sample.

    Parameters
    ----------
    bpm
        Tempo, 20–400.
    first_beat_sec
        The first beat at or after the start.
    first_downbeat_sec
        A bar 1; it lies on a beat, and every ``beats_per_bar`` beats from it, both ways, is one.
    beats_per_bar
        1–12.
    beat_times_sec
        Every beat of music whose tempo is not constant; None for a constant grid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bpm: Annotated[float, Field(ge=SLOWEST_BPM, le=FASTEST_BPM)]
    first_beat_sec: Annotated[float, Field(ge=0)]
    first_downbeat_sec: Annotated[float, Field(ge=0)]
    beats_per_bar: Annotated[int, Field(ge=1, le=12)] = 4
    beat_times_sec: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _bar_one_lies_on_a_beat(self) -> Grid:
        times = self.beat_times_sec
        if times is not None and (len(times) < 2 or bool(np.any(np.diff(times) <= 0))):
            raise ValueError("beat_times_sec must be two or more rising times")
        if self._distance_from_beat(self.first_downbeat_sec) > ON_BEAT_SEC:
            raise ValueError("first_downbeat_sec does not lie on a beat")
        return self

    @property
    def period_sec(self) -> float:
        """Seconds from beat to beat (the mean, where the tempo is not constant)."""
        return 60.0 / self.bpm

    def beats(self, duration_sec: float) -> Times:
        """Return every beat before ``duration_sec``, shape (n,)."""
        if self.beat_times_sec is not None:
            times = np.asarray(self.beat_times_sec)
            return times[times < duration_sec]
        count = max(0, math.ceil((duration_sec - self.first_beat_sec) / self.period_sec - 1e-9))
        return self.first_beat_sec + np.arange(count, dtype=np.float64) * self.period_sec

    def downbeats(self, duration_sec: float) -> Times:
        """Return every bar 1 before ``duration_sec``, shape (n,)."""
        offset = self.beat_index(self.first_downbeat_sec) % self.beats_per_bar
        return self.beats(duration_sec)[offset :: self.beats_per_bar]

    def beat_index(self, at_sec: float) -> int:
        """Return the index of the beat nearest to ``at_sec``; beat 0 is ``first_beat_sec``."""
        if self.beat_times_sec is not None:
            return int(np.argmin(np.abs(np.asarray(self.beat_times_sec) - at_sec)))
        return max(0, round((at_sec - self.first_beat_sec) / self.period_sec))

    def beat_time(self, index: int) -> float:
        """Return the time of beat ``index``."""
        if self.beat_times_sec is not None:
            return self.beat_times_sec[index]
        return self.first_beat_sec + index * self.period_sec

    def to_value(self) -> dict[str, Any]:
        """Return the JSON form that the notebook stores."""
        return self.model_dump(mode="json", exclude_none=True)

    def _distance_from_beat(self, at_sec: float) -> float:
        return abs(self.beat_time(self.beat_index(at_sec)) - at_sec)


def grid_of(rhythm: Rhythm) -> Grid | None:
    """Return the grid that analysis found, or None where it found no beat."""
    found = rhythm.beat_grid
    if not found.bpm or found.first_beat_sec is None:
        return None
    drifting = not found.constant and len(rhythm.beat_times_sec) >= 2
    first = max(0.0, rhythm.beat_times_sec[0] if drifting else found.first_beat_sec)
    plain = Grid(
        bpm=found.bpm,
        first_beat_sec=first,
        first_downbeat_sec=first,
        beats_per_bar=found.beats_per_bar,
        beat_times_sec=tuple(rhythm.beat_times_sec) if drifting else None,
    )
    if found.first_downbeat_sec is None:
        return plain
    return _with_bar_one(plain, found.first_downbeat_sec)


def parse_grid(value: Any) -> Grid:
    """Return the grid in a JSON value.

    Raises
    ------
    BadCorrection
        If it cannot be a grid; says which number is wrong.
    """
    try:
        return Grid.model_validate(value.model_dump() if isinstance(value, Grid) else value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadCorrection(
            "grid", f"{where}: {first['msg']}" if where else first["msg"]
        ) from error


def shift_grid(grid: Grid, shift_ms: float) -> Grid:
    """Return the grid moved by ``shift_ms`` (later where positive).

    A grid that starts with the track still does: beats that move before 0 are dropped, and room
    for a beat that opens at the start is filled.

    Raises
    ------
    BadCorrection
        If ``shift_ms`` is no length of time, or no beats are left.
    """
    if not math.isfinite(shift_ms):
        raise BadCorrection("grid", f"{shift_ms} ms is no shift")
    shift = shift_ms / 1000.0
    if grid.beat_times_sec is not None:
        bar_one = grid.beat_index(grid.first_downbeat_sec) % grid.beats_per_bar
        moved = [time + shift for time in grid.beat_times_sec]
        dropped = sum(time < 0 for time in moved)
        times = tuple(moved[dropped:])
        if len(times) < 2:
            raise BadCorrection("grid", f"shifting by {shift_ms:g} ms leaves no beats")
        offset = (bar_one - dropped) % grid.beats_per_bar
        return grid.model_copy(
            update={
                "beat_times_sec": times,
                "first_beat_sec": times[0],
                "first_downbeat_sec": times[min(offset, len(times) - 1)],
            }
        )
    bar = grid.period_sec * grid.beats_per_bar
    downbeat = grid.first_downbeat_sec + shift
    first = grid.first_beat_sec + shift
    if first < 0:
        first += math.ceil(-first / grid.period_sec) * grid.period_sec
    elif grid.first_beat_sec < grid.period_sec:
        first -= math.floor(first / grid.period_sec) * grid.period_sec
    if downbeat < first - ON_BEAT_SEC:
        downbeat += math.ceil((first - ON_BEAT_SEC - downbeat) / bar) * bar
    return grid.model_copy(update={"first_beat_sec": first, "first_downbeat_sec": downbeat})


def double_grid(grid: Grid) -> Grid:
    """Return the grid at twice the tempo; every bar 1 stays one.

    Raises
    ------
    BadCorrection
        If the tempo would leave 20–400 BPM.
    """
    _check_tempo(grid.bpm * 2)
    if grid.beat_times_sec is None:
        return grid.model_copy(update={"bpm": grid.bpm * 2})
    times = np.asarray(grid.beat_times_sec)
    doubled = np.empty(2 * times.size - 1)
    doubled[::2], doubled[1::2] = times, (times[:-1] + times[1:]) / 2
    return grid.model_copy(update={"bpm": grid.bpm * 2, "beat_times_sec": tuple(doubled.tolist())})


def halve_grid(grid: Grid) -> Grid:
    """Return the grid at half the tempo; ``first_downbeat_sec`` stays a bar 1.

    Raises
    ------
    BadCorrection
        If the tempo would leave 20–400 BPM.
    """
    _check_tempo(grid.bpm / 2)
    kept = grid.beat_index(grid.first_downbeat_sec) % 2
    times = None if grid.beat_times_sec is None else grid.beat_times_sec[kept::2]
    if times is not None and len(times) < 2:
        raise BadCorrection("grid", "too few beats to halve")
    return grid.model_copy(
        update={
            "bpm": grid.bpm / 2,
            "first_beat_sec": grid.beat_time(kept),
            "beat_times_sec": times,
        }
    )


def bar_one_here(grid: Grid, at_sec: float) -> Grid:
    """Return the grid with bar 1 on the beat nearest to ``at_sec``.

    Raises
    ------
    BadCorrection
        If ``at_sec`` is no moment.
    """
    if not math.isfinite(at_sec):
        raise BadCorrection("grid", f"bar 1 cannot be at {at_sec} s")
    return _with_bar_one(grid, at_sec)


def _with_bar_one(grid: Grid, at_sec: float) -> Grid:
    offset = grid.beat_index(at_sec) % grid.beats_per_bar
    if grid.beat_times_sec is not None:
        offset = min(offset, len(grid.beat_times_sec) - 1)
    return grid.model_copy(update={"first_downbeat_sec": grid.beat_time(offset)})


def _check_tempo(bpm: float) -> None:
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise BadCorrection("grid", f"{bpm:g} BPM lies outside {SLOWEST_BPM:g}–{FASTEST_BPM:g}")
