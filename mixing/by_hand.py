"""What a DJ's own hand does to a finished plan: when the basslines change, and any band's curve."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixing import moves
from mixing.curves import band_power
from mixing.errors import BadCurve
from mixing.moves import KILL_DB
from mixing.plan import Control, Lane, Plan, Side
from mixing.policies.sound import basslines_share
from mixing.words import describe_steps

BANDS: dict[str, Control] = {"low": "low_db", "mid": "mid_db", "high": "high_db"}
MAX_DB = 6.0
"""As far as a mixer's EQ turns up."""
MAX_BASS_BARS = 1.0
"""Two basslines for longer are worth a warning, but they are the DJ's to choose."""

_CURVE = re.compile(r"^\s*([ab])\.(low|mid|high)\s*=\s*(.+)$")


@dataclass(frozen=True)
class BandCurve:
    """One band of one side over the transition, in place of what the style does with it.

    Parameters
    ----------
    side
        ``a`` goes out, ``b`` comes in.
    band
        One of :data:`BANDS`.
    points
        (bar, dB), straight lines between. Bars count from 1 where the transition begins.
    """

    side: Side
    band: str
    points: tuple[tuple[float, float], ...]


def parse_curve(text: str) -> BandCurve:
    """Return the curve of a line such as ``a.low=1:0,8.75:0,9:-40``.

    Raises
    ------
    BadCurve
        If it is no such line.
    """
    match = _CURVE.match(text)
    if match is None:
        raise BadCurve(text, "write side.band=bar:dB,… such as a.low=1:0,9:-40")
    points = []
    for each in match[3].split(","):
        bar, sign, level = each.partition(":")
        try:
            points.append((float(bar), float(level)))
        except ValueError:
            raise BadCurve(text, f"{each.strip()!r} is no bar:dB") from None
        if not sign or not np.isfinite(points[-1]).all():
            raise BadCurve(text, f"{each.strip()!r} is no bar:dB")
    side: Side = "a" if match[1] == "a" else "b"
    return BandCurve(side, match[2], tuple(points))


def with_curves(plan: Plan, curves: Sequence[BandCurve]) -> Plan:
    """Return the plan with bands moved as the DJ says.

    Parameters
    ----------
    plan
        Not rendered yet; it stays as it is.
    curves
        At most one for each band of each side.

    Raises
    ------
    BadCurve
        If a curve goes back in time, or further than an EQ goes.
    """
    lanes = list(plan.eq_moves)
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    for curve in curves:
        name = f"{curve.side}.{curve.band}"
        bars = [bar for bar, _ in curve.points]
        if not bars or sorted(bars) != bars:
            raise BadCurve(name, "bars must go up")
        if any(not KILL_DB <= level <= MAX_DB for _, level in curve.points):
            raise BadCurve(name, f"levels lie between {KILL_DB:.0f} and {MAX_DB:+.0f} dB")
        control = BANDS[curve.band]
        lanes = [each for each in lanes if (each.side, each.control) != (curve.side, control)]
        points = [
            (plan.transition_start_sec + (bar - 1) * bar_sec, level) for bar, level in curve.points
        ]
        lanes.append(moves.lane(curve.side, control, points))
    said = [f"by hand: the {each.band}s of {each.side.upper()}" for each in curves]
    return _moved_by_hand(plan, lanes, said)


def with_bass_swap(plan: Plan, bar: int) -> Plan:
    """Return the plan with its basslines changing places at the beginning of a bar.

    Parameters
    ----------
    plan
        Not rendered yet; it stays as it is.
    bar
        Counted from 1 where the transition begins; one more than its bars is its end.

    Raises
    ------
    BadCurve
        If there is no such bar, or nothing in which basslines could change places.
    """
    if not plan.blend:
        raise BadCurve("bass", f"{plan.style} has no overlap in which basslines change places")
    if not 1 <= bar <= plan.bars + 1:
        raise BadCurve("bass", f"bar {bar} is not one of 1 to {plan.bars + 1}")
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    at_sec = plan.transition_start_sec + (bar - 1) * bar_sec
    beat_sec = bar_sec / plan.a.beats_per_bar
    lanes = [each for each in plan.eq_moves if each.control != "low_db"]
    lanes += moves.swap("low_db", at_sec - beat_sec, at_sec)
    return _moved_by_hand(plan, lanes, [f"by hand: the basslines change places at bar {bar}"])


def _moved_by_hand(plan: Plan, lanes: list[Lane], said: list[str]) -> Plan:
    """Return the plan with other moves, what was done by hand first among its reasons."""
    plan = plan.model_copy(update={"eq_moves": lanes, "reasons": [*said, *plan.reasons]})
    plan.steps = describe_steps(plan)
    bars = _bass_bars(plan)
    if bars > MAX_BASS_BARS:
        plan.warnings = [*plan.warnings, f"bass: two basslines for {bars:.1f} bars, by hand"]
    return plan


def _bass_bars(plan: Plan) -> float:
    """Return for how many bars both basslines are foreseen."""
    if not plan.blend:
        return 0.0
    times = np.linspace(plan.transition_start_sec, plan.transition_end_sec, 16 * plan.bars)
    a, b = (band_power(plan.eq_moves, side, "low_db", times) for side in _SIDES)
    return basslines_share(a, b) * plan.bars


_SIDES: tuple[Side, Side] = ("a", "b")
