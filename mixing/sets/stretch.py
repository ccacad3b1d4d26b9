"""One stretch of a set: a track alone, its transition, and the next track until it is settled.

A stretch depends on its two tracks, its plan and where the stretch before ended, on nothing
else: whoever renders it again gets the same samples.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from analysis.files import write_atomically
from mixing.measure import loudness_figure
from mixing.output import Chunk, write_mix
from mixing.plan import Plan
from mixing.sets.set_plan import SetTrack
from mixing.stems import Tape, load_tape
from mixing.zone import ALIGNED, DECODED, MIXED, Progress, Zone, aligned, decode, mix_zone

Samples = NDArray[np.float32]

RENDER_VERSION = 5
"""Raised whenever the same plan would sound different, so that no old stretch is joined to new
ones."""

LEVEL_BARS = 8
"""Bars after a transition in which the incoming track goes from the level at which it met the
other one to its own."""

KEEP_CLEAR_SEC = 1.0
"""A stretch ends at least this long before the next transition begins: filters and echoes of
one transition do not reach into the other."""

BLOCK_SEC = 10.0


@dataclass(frozen=True)
class Stretch:
    """What is to be rendered.

    Parameters
    ----------
    before, after
        The tracks; ``after`` is None for the last track's way to its end.
    plan
        Their transition on its own clock, None for the last.
    first_sample
        Sample of ``before`` (at the set's rate) with which the stretch begins.
    until_sec
        Track time in ``after`` by which the stretch must have ended.
    sample_rate
        Of the set.
    gain_db
        Of the whole set.
    ceiling_db
        The limiter's.
    """

    before: SetTrack
    after: SetTrack | None
    plan: Plan | None
    first_sample: int
    until_sec: float
    sample_rate: int
    gain_db: float
    ceiling_db: float

    @property
    def fingerprint(self) -> str:
        """A word that changes whenever the stretch would sound different."""
        known = {
            "version": RENDER_VERSION,
            "tracks": [self.before.track_id, self.after.track_id if self.after else None],
            "levels": [self.before.gain_db, self.after.gain_db if self.after else None],
            "plan": self.plan.to_json() if self.plan else None,
            "place": [self.first_sample, self.until_sec, self.before.end_sec],
            "output": [self.sample_rate, self.gain_db, self.ceiling_db],
        }
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()

    @property
    def foreseen_sec(self) -> float:
        """About how long it lasts."""
        first = self.first_sample / self.sample_rate
        end = self.before.end_sec if self.plan is None else self.plan.transition_end_sec
        return max(1.0, end - first)


class Finished(BaseModel):
    """A stretch that lies in the work folder, as its ``.json`` says.

    ``next_sample`` is where the stretch after it begins in the incoming track. ``plan`` is as
    played, on its own clock.
    """

    fingerprint: str
    samples: int
    next_sample: int = 0
    true_peak_dbtp: float
    plan: Plan | None = None


def finished(folder: Path, number: int, stretch: Stretch) -> Finished | None:
    """Return what a work folder holds of a stretch, None where it is not (wholly) there."""
    audio, note = stretch_paths(folder, number)
    try:
        found = Finished.model_validate_json(note.read_bytes())
        size = audio.stat().st_size
    except (OSError, ValidationError):
        return None
    # 24-bit stereo behind a header.
    whole = size >= found.samples * 6
    return found if whole and found.fingerprint == stretch.fingerprint else None


def stretch_paths(folder: Path, number: int) -> tuple[Path, Path]:
    """Return a stretch's audio file and its note."""
    return folder / f"{number:04d}.wav", folder / f"{number:04d}.json"


def render_stretch(folder: Path, number: int, stretch: Stretch, tell: Progress) -> Finished:
    """Render a stretch into the work folder; it is there wholly or not at all.

    Raises
    ------
    MissingFile, UnwritableMix
        If a track is gone or the folder cannot be written.
    analysis.errors.UnreadableAudio
        If a track cannot be decoded.
    """
    audio, note = stretch_paths(folder, number)
    note.unlink(missing_ok=True)
    rate = stretch.sample_rate
    tell(0.0, "decoding")
    plan, next_sample = None, 0
    if stretch.plan is None:
        first_sec = stretch.first_sample / rate
        tape = load_tape(stretch.before.path, first_sec, stretch.before.end_sec, rate)
        end = round(stretch.before.end_sec * rate)
        total = end - stretch.first_sample
        own_level = partial(np.full_like, fill_value=stretch.before.gain_db)
        placed = partial(_alone, tape, stretch.first_sample, end)
        chunks = partial(_levelled, stretch, placed, own_level)
    else:
        meeting = _meet(stretch, stretch.plan, tell)
        plan, next_sample, total = meeting.plan, meeting.next_sample, meeting.samples
        chunks = partial(_levelled, stretch, meeting.chunks, meeting.level_db)
    written = 0

    def on_samples(count: int) -> None:
        nonlocal written
        written += count
        tell(MIXED + (1 - MIXED) * min(1.0, written / max(1, total)), "writing")

    peak, _ = write_mix(
        audio, chunks, rate, on_samples, ceiling_db=stretch.ceiling_db, keep_level=True
    )
    if plan is not None and plan.measured is not None:
        loudness_figure(plan.measured, plan, audio, stretch.first_sample / rate)
    done = Finished(
        fingerprint=stretch.fingerprint,
        samples=total,
        next_sample=next_sample,
        true_peak_dbtp=round(peak, 3),
        plan=plan,
    )
    # The note comes last: while it is missing the audio does not count.
    write_atomically(note, done.model_dump_json().encode())
    return done


Positions = NDArray[np.float64]
_Placed = tuple[int, Samples, bool]
"""Sample position on the stretch's clock, audio, and whether it may peak above the ceiling."""


@dataclass(frozen=True, eq=False)
class _Meeting:
    """A stretch with a transition, ready to be written."""

    plan: Plan
    zone: Zone
    tape: Tape
    first: int
    gains_db: tuple[float, float]

    @property
    def end(self) -> int:
        """Position behind the last sample."""
        count: int = self.zone.samples.shape[1]
        return round(self.zone.start_sec * self.zone.rate) + count

    @property
    def samples(self) -> int:
        """Length of the stretch."""
        return self.end - self.first

    @property
    def next_sample(self) -> int:
        """Sample of the incoming track with which the next stretch goes on."""
        last = self.plan.segments.b[-1]
        return round(last.track_time(self.end / self.zone.rate) * self.zone.rate)

    def chunks(self) -> Iterator[_Placed]:
        """Yield the outgoing track alone, then the zone."""
        rate = self.zone.rate
        zone_first = round(self.zone.start_sec * rate)
        yield from _alone(self.tape, self.first, zone_first)
        block = round(BLOCK_SEC * rate)
        for low in range(0, self.zone.samples.shape[1], block):
            yield zone_first + low, self.zone.samples[:, low : low + block], True

    def level_db(self, seconds: Positions) -> Positions:
        """Return the level at out times: the outgoing track's, then over to the other's own."""
        before, after = self.gains_db
        start = self.plan.transition_end_sec
        bar = (self.plan.transition_end_sec - self.plan.transition_start_sec) / self.plan.bars
        end = min(start + LEVEL_BARS * bar, self.end / self.zone.rate)
        own = after - self.plan.gain_db
        return np.asarray(np.interp(seconds, [start, end], [before, own]), np.float64)


def _meet(stretch: Stretch, plan: Plan, tell: Progress) -> _Meeting:
    """Decode, align and mix a stretch's two tracks."""
    assert stretch.after is not None
    rate = stretch.sample_rate
    plan = plan.moved(0.0)  # the set's own stays as it is
    window = (stretch.first_sample / rate, plan.transition_end_sec)
    tapes = decode(plan, window, rate)
    tell(DECODED, "finding the kicks")
    plan = aligned(plan, tapes)
    tell(ALIGNED, "stretching")
    window = (window[0], _out_sec(plan, stretch.until_sec))
    plan, zone, measured = mix_zone(plan, tapes, window, tell, limits=window)
    plan.measured = measured
    return _Meeting(
        plan, zone, tapes[0], stretch.first_sample, (stretch.before.gain_db, stretch.after.gain_db)
    )


def _out_sec(plan: Plan, track_sec: float) -> float:
    """Return when a moment of B is heard, once it plays as it is."""
    last = plan.segments.b[-1]
    return last.out_start_sec + track_sec - last.track_start_sec


def _alone(tape: Tape, first: int, end: int) -> Iterator[_Placed]:
    """Yield a track as it is between two of its samples."""
    block = round(BLOCK_SEC * tape.sample_rate)
    for low in range(first, end, block):
        yield low, tape.read(low / tape.sample_rate, min(block, end - low)), False


def _levelled(
    stretch: Stretch,
    placed: Callable[[], Iterator[_Placed]],
    level_db: Callable[[Positions], Positions],
) -> Iterator[Chunk]:
    """Yield chunks at the level of their place in the set."""
    for position, samples, needs_limit in placed():
        seconds = (position + np.arange(samples.shape[1])) / stretch.sample_rate
        gain = 10 ** ((level_db(seconds) + stretch.gain_db) / 20)
        yield samples * gain.astype(np.float32), needs_limit
