"""Reading lanes: the value of a control at given times, whichever lanes move it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mixing.moves import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ
from mixing.plan import Control, Lane, Plan, Side

Values = NDArray[np.float64]

_REST: dict[str, float] = {
    "fader": 1.0,
    "low_db": 0.0,
    "mid_db": 0.0,
    "high_db": 0.0,
    "highpass_hz": OPEN_HIGHPASS_HZ,
    "lowpass_hz": OPEN_LOWPASS_HZ,
    "echo_send": 0.0,
    "ride_db": 0.0,
}


def moves_control(lanes: Iterable[Lane], side: Side | str, control: Control) -> bool:
    """Return whether any lane moves this control of this side."""
    return any(each.side == side and each.control == control for each in lanes)


def control_curve(
    lanes: Iterable[Lane], side: Side | str, control: Control, times_sec: Values
) -> Values:
    """Return a control's value at each out time.

    Lanes of one control combine as on a mixer: faders multiply, decibels add, of two filters
    the one that cuts more is heard.
    """
    value = np.full(len(times_sec), _REST[control])
    for each in lanes:
        if each.side != side or each.control != control or not each.points:
            continue
        own = np.interp(
            times_sec, [sec for sec, _ in each.points], [level for _, level in each.points]
        )
        if control == "fader":
            value = value * own
        elif control.endswith("_db"):
            value = value + own
        elif control == "lowpass_hz":
            value = np.minimum(value, own)
        else:
            value = np.maximum(value, own)
    return value


def ramped(values: Values, step: int, count: int) -> NDArray[np.float32]:
    """Return ``count`` samples of straight lines between values that stand ``step`` samples apart.

    Parameters
    ----------
    values
        At samples 0, ``step``, 2 ``step`` …, reaching beyond ``count``.
    """
    whole = -(-count // step)
    ends = values[: whole + 1].astype(np.float32)
    share = np.arange(step, dtype=np.float32) / np.float32(step)
    lines = ends[:-1, None] + (ends[1:] - ends[:-1])[:, None] * share
    return np.asarray(lines.ravel()[:count], np.float32)


def bass_swap_bar(plan: Plan) -> int | None:
    """Return the bar, from 1 at the transition's start, at which A's bass is gone; None: never."""
    ends = [
        each.points[-1][0]
        for each in plan.eq_moves
        if each.side == "a" and each.control == "low_db" and each.points
    ]
    if not ends:
        return None
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    return round((max(ends) - plan.transition_start_sec) / bar_sec) + 1


def band_power(lanes: list[Lane], side: Side, control: Control, times_sec: Values) -> Values:
    """Return the power (1 = untouched) of a side's band at each out time, fader included."""
    fader = control_curve(lanes, side, "fader", times_sec)
    band = control_curve(lanes, side, control, times_sec)
    return np.asarray(fader**2 * 10 ** (band / 10))
