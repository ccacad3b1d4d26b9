"""Putting kick on kick: from the grid's idea of the beats to where they are in the audio."""

from __future__ import annotations

import numpy as np

from mixing.course import b_course
from mixing.kicks import BeatLine, PairLags, find_kicks, onset_curve, usual_body
from mixing.plan import MixPoint, Plan, Segment, Segments, TrackClock
from mixing.stems import Tape

FIT_BARS = 16
"""Bars beside the overlap that are searched for kicks too: many an outro has none."""

MAX_RATE_DOUBT = 0.004
"""A fitted tempo further from the grid's than this has counted something else than beats."""

MIN_PAIRS = 8
"""Beats that must agree before the stems' own lag is believed."""
STEADY_MS = 6.0
"""Half of those lags must lie this close together."""
SURE_GRID = 0.8
"""From this confidence on, grids lie within a millisecond of the kicks (docs/analysis.md)."""
GRID_DOUBT_MS = 8.0
"""A larger lag between two sure grids is believed only where it is the same on every beat:"""
EXACT_MS = 1.5
"""kicks repeat this exactly; what else sounds near the beats of an intro does not."""
WORTH_MS = 0.5
"""Corrections below this are below what is measured."""


def align(plan: Plan, tape_a: Tape, tape_b: Tape) -> Plan:
    """Return the plan with B moved and stretched so that its kicks meet A's.

    Kicks near the meeting point are located in both tracks and fitted with straight lines;
    where a track has none there, its grid stands.

    Parameters
    ----------
    plan
        A plan whose tracks have grids.
    tape_a, tape_b
        Audio around the transition.
    """
    if plan.mix_out.beat_sec is None or plan.mix_in.beat_sec is None:
        return plan
    reach_a = FIT_BARS * plan.a.beats_per_bar * plan.mix_out.beat_sec
    line_a = _line(
        tape_a, plan.transition_start_sec - reach_a, plan.transition_end_sec, plan.mix_out
    )
    heard_b = (plan.transition_end_sec - plan.transition_start_sec) * plan.stretch_ratio
    reach_b = FIT_BARS * plan.b.beats_per_bar * plan.mix_in.beat_sec
    line_b = _line(tape_b, plan.mix_in.sec, plan.mix_in.sec + heard_b + reach_b, plan.mix_in)
    ratio = plan.stretch_ratio
    if plan.beat_matched:
        period_a = line_a.period_sec if line_a else plan.mix_out.beat_sec
        period_b = line_b.period_sec if line_b else plan.mix_in.beat_sec
        ratio = period_b * plan.tempo_multiple / period_a
        if abs(ratio / plan.stretch_ratio - 1) > MAX_RATE_DOUBT:
            ratio = plan.stretch_ratio
    start = plan.transition_start_sec if plan.blend else plan.transition_end_sec
    beat_a = line_a.nearest(start) if line_a else start
    beat_b = line_b.nearest(plan.mix_in.sec) if line_b else plan.mix_in.sec
    return _with_course(plan, start, beat_b + (start - beat_a) * ratio, ratio)


def _line(tape: Tape, start_sec: float, end_sec: float, point: MixPoint) -> BeatLine | None:
    """Fit beats to the kicks between two track times."""
    assert point.beat_sec is not None
    start_sec = max(start_sec, tape.start_sec)
    end_sec = min(end_sec, tape.start_sec + tape.samples.shape[1] / tape.sample_rate)
    if end_sec <= start_sec:
        return None
    samples = tape.read(start_sec, round((end_sec - start_sec) * tape.sample_rate))
    curve = onset_curve(samples, tape.sample_rate, usual_body(samples, tape.sample_rate))
    kicks = find_kicks(curve, start_sec, point.sec, point.beat_sec)
    return kicks.line if kicks is not None else None


def remaining_lag(plan: Plan, pairs: PairLags) -> tuple[float, float] | None:
    """Return how late B still is on the stretched stems, None where it is not or not surely.

    Parameters
    ----------
    plan
        The plan as rendered so far.
    pairs
        Lags of B's kicks against A's in the overlap, on the plan's out clock.

    Returns
    -------
    lag_sec, growth
        B's lag at the start of the overlap, and its growth in seconds a second (0 where it is
        too small to matter).
    """
    if len(pairs.lags_ms) < MIN_PAIRS:
        return None
    middle = float(np.median(pairs.lags_ms))
    sure = min(plan.a.grid_confidence, plan.b.grid_confidence) >= SURE_GRID
    steady_ms = EXACT_MS if sure and abs(middle) > GRID_DOUBT_MS else STEADY_MS
    if np.median(np.abs(pairs.lags_ms - middle)) > steady_ms:
        return None
    start, end = plan.transition_start_sec, plan.transition_end_sec
    slope, at_zero = pairs.line()
    if abs(slope) * (end - start) < 2 * WORTH_MS:
        slope, at_zero = 0.0, middle
    lag_ms = at_zero + slope * start
    if max(abs(lag_ms), abs(at_zero + slope * end)) < WORTH_MS:
        return None
    return lag_ms / 1e3, slope / 1e3


def bent(plan: Plan, lag_sec: float, growth: float) -> Plan:
    """Return the plan with a lag that grows over the overlap taken out of B's rate."""
    first = plan.segments.b[0]
    start = plan.transition_start_sec
    ratio = first.rate * (1 + growth)
    return _with_course(plan, start, first.track_time(start) + lag_sec * ratio, ratio)


def _with_course(plan: Plan, start_sec: float, mix_in_sec: float, ratio: float) -> Plan:
    """Return the plan with B entering at another moment of its own and at another rate."""
    assert plan.mix_in.beat_sec is not None
    course = b_course(
        start_sec,
        plan.transition_end_sec,
        mix_in_sec,
        ratio,
        plan.mix_in.beat_sec * plan.b.beats_per_bar,
        plan.glide_bars,
        plan.b.duration_sec,
    )
    return _with_b(plan, course, ratio)


def shifted(plan: Plan, by_sec: float) -> Plan:
    """Return the plan with all of B heard ``by_sec`` later."""
    course = [
        each.model_copy(
            update={
                "out_start_sec": each.out_start_sec + by_sec,
                "out_end_sec": each.out_end_sec + by_sec,
            }
        )
        for each in plan.segments.b
    ]
    return _with_b(plan, course, plan.stretch_ratio)


def _with_b(plan: Plan, course: list[Segment], ratio: float) -> Plan:
    """Return the plan with another course of B."""
    timeline = plan.timeline
    if timeline is not None:
        timeline = timeline.model_copy(update={"b": clock_of(course[0])})
    return plan.model_copy(
        update={
            "stretch_ratio": ratio,
            "segments": Segments(a=plan.segments.a, b=course),
            "timeline": timeline,
        }
    )


def clock_of(segment: Segment) -> TrackClock:
    """Return the clock of a track while a segment plays."""
    return TrackClock(
        zero_sec=segment.out_start_sec - segment.track_start_sec / segment.rate,
        rate=segment.rate,
    )
