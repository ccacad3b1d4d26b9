"""Where two tracks meet: decoding what is needed, aligning, mixing, riding the level, measuring.

A single transition and a whole set render their meetings here, sample for sample alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixing import levels
from mixing.channel import process
from mixing.curves import control_curve, ramped
from mixing.errors import MissingFile
from mixing.measure import kick_figures, overlap_figures
from mixing.moves import lane
from mixing.phase import align
from mixing.plan import Lane, Measured, Plan
from mixing.stacking import stack
from mixing.stems import Tape, load_tape

Samples = NDArray[np.float32]
Window = tuple[float, float]
"""Out times between which audio is wanted."""
Progress = Callable[[float, str], None]
"""Called with a share (0–1) and a word on what is going on; it may raise to cancel."""

RATES_HZ = (44_100, 48_000)
"""Sample rates a mix may have; A's own if it is one of them, else the first."""

CONTEXT_BARS = levels.CONTEXT_BARS + 1
"""Bars kept in memory either side of the transition: what the loudness measure looks at."""

RIDE_HZ = 20
"""The gain ride moves in steps of 50 ms, joined by straight lines."""

# Shares of the work, for the progress bar.
DECODED, ALIGNED, STRETCHED, MIXED = 0.1, 0.2, 0.45, 0.6


@dataclass(frozen=True, eq=False)
class Zone:
    """The part of a mix where anything happens, as finished audio.

    Parameters
    ----------
    start_sec
        Out time of the first sample.
    samples
        Shape (2, n), at the level of A.
    rate
        In Hz.
    """

    start_sec: float
    samples: Samples
    rate: int


def check_tracks(plan: Plan) -> None:
    """Make sure that both tracks are where the plan says.

    Raises
    ------
    MissingFile
        If one is not.
    """
    for track in (plan.a, plan.b):
        if not Path(track.path).is_file():
            raise MissingFile(track.path)


def bar_sec(plan: Plan) -> float:
    """Return the length of a bar of the transition."""
    return (plan.transition_end_sec - plan.transition_start_sec) / plan.bars


def aligned(plan: Plan, tapes: tuple[Tape, Tape]) -> Plan:
    """Return the plan with B's kicks put on A's as far as the tracks themselves tell."""
    if plan.beat_matched or (not plan.blend and plan.mix_in.beat_sec is not None):
        return align(plan, *tapes)
    return plan


def decode(plan: Plan, window: Window, rate: int) -> tuple[Tape, Tape]:
    """Decode what is heard of both tracks, and what aligning and measuring look at."""
    around = 2 * CONTEXT_BARS * bar_sec(plan)
    a_from = min(window[0], plan.transition_start_sec - around)
    tape_a = load_tape(plan.a.path, max(0.0, a_from), plan.transition_end_sec + 1.0, rate)
    first = plan.segments.b[0]
    b_to = None
    if window[1] < plan.segments.b[-1].out_end_sec:
        heard = max(window[1], plan.transition_end_sec + around) - first.out_start_sec
        b_to = first.track_start_sec + heard * max(1.0, plan.stretch_ratio) + 1.0
    tape_b = load_tape(plan.b.path, max(0.0, first.track_start_sec - 1.0), b_to, rate)
    return tape_a, tape_b


def mix_zone(
    plan: Plan,
    tapes: tuple[Tape, Tape],
    window: Window,
    tell: Progress,
    limits: Window | None = None,
) -> tuple[Plan, Zone, Measured]:
    """Mix where the tracks meet.

    Parameters
    ----------
    plan
        The plan, aligned.
    tapes
        From :func:`decode`.
    window
        Out times between which the mix is wanted; the zone may begin before or end after it
        where that is needed for measuring.
    tell
        Told how far it is.
    limits
        Out times beyond which the zone may not reach, whatever measuring would like: in a set
        the tracks' other transitions.

    Returns
    -------
    plan, zone, measured
        The plan as played, the finished audio, and what was measured in it; its loudness is
        measured in the file (:func:`mixing.measure.loudness_figure`).
    """
    rate, bar = tapes[0].sample_rate, bar_sec(plan)
    start, end = zone_bounds(plan, window)
    if limits is not None:
        start, end = max(start, limits[0]), min(end, limits[1])
    start = round(start * rate) / rate
    count = round((end - start) * rate)
    stacked = stack(plan, tapes, start, count)
    plan, stem_a, stem_b = stacked.plan, stacked.a, stacked.b
    measured = Measured()
    if stacked.pairs is not None:
        overlap_sec = plan.transition_end_sec - plan.transition_start_sec
        kick_figures(measured, stacked.pairs, overlap_sec)
    else:
        why = "beats are not matched" if plan.blend else "a switch has no overlap"
        measured.why_null |= {"kick_async_p95_ms": why, "drift_ms": why}
    tell(STRETCHED, "mixing")
    stem_b *= np.float32(10 ** (plan.gain_db / 20))
    out_a = process(stem_a, rate, start, "a", plan.eq_moves, plan.echoes)
    out_b = process(stem_b, rate, start, "b", plan.eq_moves, plan.echoes)
    mix = out_a + out_b
    overlap = levels.Overlap(
        plan.transition_start_sec - start, plan.transition_end_sec - start, bar
    )
    if plan.blend:
        inside = slice(int(overlap.start_sec * rate), int(overlap.end_sec * rate))
        overlap_figures(measured, plan, out_a[:, inside], out_b[:, inside], rate)
        energies = levels.step_energies(mix, rate)
        points = levels.ride(energies, overlap) if plan.style != "drop_swap" else []
        if points:
            moved: Lane = lane("a", "ride_db", [(sec + start, db) for sec, db in points])
            moved.side = "master"
            plan.eq_moves.append(moved)
            mix = _ride(plan, mix, start, rate)
    else:
        names = ("bass_overlap_sec", "vocal_overlap_sec", "harmonic_clash", "loudness_step_lu")
        measured.why_null |= dict.fromkeys(names, "a switch has no overlap")
    return plan, Zone(start, mix, rate), measured


def zone_bounds(plan: Plan, window: Window) -> Window:
    """Return the out times between which the mix is more than one track as it is."""
    around = CONTEXT_BARS * bar_sec(plan)
    tails = [echo.tail_sec for echo in plan.echoes]
    last = plan.transition_end_sec + max([around, *tails])
    gliding = [each.out_end_sec for each in plan.segments.b if each.rate != 1.0]
    if gliding:
        # The glide counts as far as it is heard; what is measured counts in any case.
        last = max(last, min(gliding[-1] + 1.0, window[1]))
    return (
        max(0.0, plan.transition_start_sec - around),
        min(last, plan.segments.b[-1].out_end_sec),
    )


def _ride(plan: Plan, mix: Samples, start_sec: float, rate: int) -> Samples:
    """Return the mix with the master's ride applied."""
    step = round(rate / RIDE_HZ)
    times = start_sec + np.arange(mix.shape[1] // step + 2) * step / rate
    gain = 10 ** (control_curve(plan.eq_moves, "master", "ride_db", times) / 20)
    mix *= ramped(gain, step, mix.shape[1])
    return mix
