"""Both stems on one clock, kick on kick: rendered, measured, corrected by what was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixing.kicks import Kicks, PairLags, find_kicks, onset_curve, pair_lags, usual_body
from mixing.phase import bent, remaining_lag, shifted
from mixing.plan import Plan, Segments
from mixing.stems import Tape, render_course

Samples = NDArray[np.float32]

MARGIN_SEC = 0.15
"""Audio beside the overlap in which its first and last kick are found whole."""
SPARE_SEC = 0.1
"""Audio of B beside the zone, so that it can be moved without being stretched again."""
KICK_CONTEXT_SEC = 30.0
"""Audio either side of the meeting point that tells what a usual kick of a track is."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Two rendered stems.

    Parameters
    ----------
    plan
        With B's course as it is played.
    a, b
        Stems from the same out time on, each of shape (2, n).
    pairs
        How B's kicks lie against A's; None where beats are not matched.
    """

    plan: Plan
    a: Samples
    b: Samples
    pairs: PairLags | None


def stack(plan: Plan, tapes: tuple[Tape, Tape], start_sec: float, count: int) -> Stack:
    """Render both tracks' courses and take out what the stretching left between the kicks.

    Parameters
    ----------
    plan
        The plan, aligned as far as the tracks themselves tell.
    tapes
        A's and B's audio.
    start_sec, count
        Out time of the first sample, and how many.
    """
    rate = tapes[0].sample_rate
    spare = round(SPARE_SEC * rate)
    early = start_sec - spare / rate
    stem_a, _ = render_course(tapes[0], plan.segments.a, start_sec, count)
    wide_b, course = render_course(tapes[1], plan.segments.b, early, count + 2 * spare)
    plan = _played(plan, Segments(a=plan.segments.a, b=course))
    stem_b = wide_b[:, spare : spare + count]
    if not (plan.blend and plan.beat_matched):
        return Stack(plan, stem_a, stem_b.copy(), None)

    body_b = _usual_body(tapes[1], plan.mix_in.sec)
    kicks_a = _kicks(plan, stem_a, start_sec, rate, _usual_body(tapes[0], plan.mix_out.sec), 1.0)
    multiple = plan.tempo_multiple
    pairs = pair_lags(kicks_a, _kicks(plan, stem_b, start_sec, rate, body_b, multiple))
    lag = remaining_lag(plan, pairs)
    if lag is not None:
        lag_sec, growth = lag
        moved = round(lag_sec * rate)
        if growth:
            plan = bent(plan, lag_sec, growth)
            stem_b, course = render_course(tapes[1], plan.segments.b, start_sec, count)
            plan = _played(plan, Segments(a=plan.segments.a, b=course))
        elif abs(moved) <= spare:
            plan = shifted(plan, -moved / rate)
            stem_b = wide_b[:, spare + moved : spare + moved + count]
        pairs = pair_lags(kicks_a, _kicks(plan, stem_b, start_sec, rate, body_b, multiple))
    return Stack(plan, stem_a, stem_b.copy(), pairs)


def _played(plan: Plan, segments: Segments) -> Plan:
    """Return the plan with the courses as played; B still ends where its track does."""
    last = segments.b[-1]
    if last.rate == 1.0:
        last.out_end_sec = last.out_start_sec + plan.b.duration_sec - last.track_start_sec
    return plan.model_copy(update={"segments": segments})


def _kicks(
    plan: Plan, stem: Samples, start_sec: float, rate: int, body: float, multiple: float
) -> Kicks | None:
    """Find the kicks of a rendered stem in the overlap."""
    beat_sec = (plan.transition_end_sec - plan.transition_start_sec) / (
        plan.bars * plan.a.beats_per_bar * multiple
    )
    low = max(0, round((plan.transition_start_sec - MARGIN_SEC - start_sec) * rate))
    high = round((plan.transition_end_sec + MARGIN_SEC - start_sec) * rate)
    curve = onset_curve(stem[:, low:high], rate, body)
    return find_kicks(curve, start_sec + low / rate, plan.transition_start_sec, beat_sec)


def _usual_body(tape: Tape, around_sec: float) -> float:
    """Return the usual kick of a track near a moment: the overlap alone may have none."""
    first = max(tape.start_sec, around_sec - KICK_CONTEXT_SEC)
    last = tape.start_sec + tape.samples.shape[1] / tape.sample_rate
    length = min(last, around_sec + KICK_CONTEXT_SEC) - first
    samples = tape.read(first, max(1, round(length * tape.sample_rate)))
    return usual_body(samples, tape.sample_rate)
