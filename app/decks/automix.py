"""A planned set as the live decks play it: each transition in the units of their controls.

A rendered transition may do what two decks cannot: loops, spins and echoes are left out, the rest
(points, rates, faders, bands, filters) is the plan's own.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import SegueError
from analysis.files import write_atomically
from app.studio import Studio
from mixing.curves import control_curve, moves_control
from mixing.moves import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ
from mixing.plan import Control, Lane, Plan, Side

if TYPE_CHECKING:
    from mixing.sets.set_plan import SetPlan

EQ_CUT_DB, EQ_BOOST_DB = 26.0, 6.0
"""What a band's knob does at its ends; the engine's `units.ts` says the same."""

LOWEST_LOWPASS_HZ, HIGHEST_HIGHPASS_HZ = 60.0, 8_000.0
"""Where the filter's knob ends, below and above its centre."""

CURVE_POINTS = 129
"""Places at which a curve is read: finer than a beat in the longest overlap."""

SHORTEST_SEC = 0.02
"""Length of a cut."""

_STRAIGHT = 0.004  # points nearer to a straight line than this are left out
_NAME = re.compile(r"[0-9a-f]{12}$")

Values = NDArray[np.float64]


class NoSuchAutomix(SegueError):
    """A set that was never sent to the decks, or a step that it does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"NoSuchAutomix: {self.name!r} is not here; send the set to the decks again"


# -- units -----------------------------------------------------------------------------------------


def eq_knob(level_db: Values) -> Values:
    """Return the position of an EQ knob for levels in dB."""
    span = np.where(level_db < 0, EQ_CUT_DB, EQ_BOOST_DB)
    return np.clip(0.5 + level_db / span / 2, 0.0, 1.0)


def filter_knob(highpass_hz: Values, lowpass_hz: Values) -> Values:
    """Return the position of the filter's knob; where both filters act, the deeper one's."""
    up = np.log(highpass_hz / OPEN_HIGHPASS_HZ) / math.log(HIGHEST_HIGHPASS_HZ / OPEN_HIGHPASS_HZ)
    down = np.log(lowpass_hz / OPEN_LOWPASS_HZ) / math.log(LOWEST_LOWPASS_HZ / OPEN_LOWPASS_HZ)
    up, down = np.clip(up, 0.0, 1.0), np.clip(down, 0.0, 1.0)
    return np.asarray(np.where(up >= down, 0.5 + up / 2, 0.5 - down / 2))


_BANDS: dict[Control, str] = {"low_db": "eq_low", "mid_db": "eq_mid", "high_db": "eq_high"}


# -- one transition --------------------------------------------------------------------------------


def step_of(plan: Plan) -> dict[str, Any]:
    """Return a transition as `AutomixStep` of the contract.

    A blend begins where the plan has B enter. A switch hands over at one moment: both decks run
    through it, so that B stands at its own start just then; as much of what A does before it is
    kept as B's track has room for.
    """
    rate_out = plan.timeline.a.rate if plan.timeline else 1.0
    rate_in = plan.timeline.b.rate if plan.timeline else plan.stretch_ratio
    start, end = plan.transition_start_sec, plan.transition_end_sec
    out_start, in_start = plan.mix_out.sec, plan.mix_in.sec
    if plan.timeline is None:
        room = min(end - start, out_start / rate_out, in_start / rate_in)
        start = end - max(room, SHORTEST_SEC)
        if room >= SHORTEST_SEC:  # else it is all over within a moment from the hand-over on
            out_start, in_start = out_start - room * rate_out, in_start - room * rate_in
    return {
        "style": plan.style,
        "bars": plan.bars,
        "outStartSec": out_start,
        "inStartSec": in_start,
        "lengthSec": end - start,
        "rateOut": rate_out,
        "rateIn": rate_in,
        "beatMatched": plan.beat_matched,
        "curves": _curves(plan, start, end),
        "glideSec": sum(
            each.out_end_sec - each.out_start_sec for each in plan.segments.b if each.glide
        ),
        "reason": plan.reasons[0] if plan.reasons else "",
    }


def _curves(plan: Plan, start: float, end: float) -> list[dict[str, Any]]:
    curves: list[dict[str, Any]] = []
    sides: tuple[tuple[str, Side], ...] = (("out", "a"), ("in", "b"))
    for deck, side in sides:
        times = _times(plan.eq_moves, side, start, end)
        shares = (times - start) / (end - start)

        def add(control: str, values: Values, deck: str = deck, shares: Values = shares) -> None:
            points = _thinned(shares, values)
            curves.append({"deck": deck, "control": control, "points": points})

        fader = control_curve(plan.eq_moves, side, "fader", times)
        if plan.timeline is None:  # the other one is not heard yet, or no longer
            fader = _switched(fader, side)
        add("fader", fader)
        for band, control in _BANDS.items():
            if moves_control(plan.eq_moves, side, band):
                add(control, eq_knob(control_curve(plan.eq_moves, side, band, times)))
        if any(moves_control(plan.eq_moves, side, each) for each in ("highpass_hz", "lowpass_hz")):
            high = control_curve(plan.eq_moves, side, "highpass_hz", times)
            low = control_curve(plan.eq_moves, side, "lowpass_hz", times)
            add("filter", filter_knob(high, low))
    return curves


def _switched(fader: Values, side: Side) -> Values:
    """Return a fader that is shut on the side that is not heard: all but the last moment."""
    fader = fader.copy()
    if side == "a":
        fader[-1] = 0.0
    elif len(fader) > 2:
        fader[:-1], fader[-1] = 0.0, 1.0
    return fader


def _times(lanes: Sequence[Lane], side: Side, start: float, end: float) -> Values:
    """Return the moments at which a side's controls are read: evenly, and at every corner."""
    corners = [sec for each in lanes if each.side == side for sec, _ in each.points]
    even = np.linspace(start, end, CURVE_POINTS)
    # a switch closes within its last instant
    last = [end - min(SHORTEST_SEC, (end - start) / 2)]
    times = np.unique(np.concatenate([even, corners, last]))
    return times[(times >= start) & (times <= end)]


def _thinned(shares: Values, values: Values) -> list[list[float]]:
    """Return the points that a polyline needs to stay within `_STRAIGHT` of all of them."""
    kept = [0]
    at = 0
    while at < len(shares) - 1:
        reach = at + 1
        for candidate in range(at + 2, len(shares)):
            between = slice(at + 1, candidate)
            line = np.interp(
                shares[between], [shares[at], shares[candidate]], [values[at], values[candidate]]
            )
            if np.abs(line - values[between]).max() > _STRAIGHT:
                break
            reach = candidate
        kept.append(reach)
        at = reach
    return [[round(float(shares[i]), 5), round(float(values[i]), 4)] for i in kept]


# -- a whole set -----------------------------------------------------------------------------------


def keep(folder: Path, plan: SetPlan) -> dict[str, Any]:
    """Put a set where the decks find its steps, also after a restart of the server.

    Parameters
    ----------
    folder
        For sets sent to the decks.
    plan
        The set.

    Returns
    -------
    dict
        ``{id, tracks: [{id, title}], steps}``.
    """
    content = {
        "tracks": [{"id": track.track_id, "title": track.name} for track in plan.tracks],
        "steps": [step_of(each) for each in plan.transitions],
    }
    written = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    name = hashlib.sha256(written).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{name}.json", written)
    return {"id": name, "tracks": content["tracks"], "steps": len(content["steps"])}


def kept_step(folder: Path, name: str, number: int) -> dict[str, Any]:
    """Return a step of a set that was sent to the decks.

    Raises
    ------
    NoSuchAutomix
        If there is none.
    """
    if not _NAME.match(name):
        raise NoSuchAutomix(name)
    try:
        steps = json.loads((folder / f"{name}.json").read_bytes())["steps"]
    except (OSError, ValueError, KeyError):
        raise NoSuchAutomix(name) from None
    if not 0 <= number < len(steps):
        raise NoSuchAutomix(f"{name}/{number}")
    step: dict[str, Any] = steps[number]
    return step


def automix_folder(studio: Studio) -> Path:
    """Return where sets for the decks are kept."""
    return studio.settings.cache / "automix"


def wish_of(studio: Studio, plan: SetPlan, revision: Callable[[], str]) -> dict[str, Any]:
    """Keep a set for the decks and return it as `AutomixWish` of the contract.

    Parameters
    ----------
    studio
        Knows the tracks.
    plan
        The set.
    revision
        Gives a new word each time, so that the same set may be played again.
    """
    kept = keep(automix_folder(studio), plan)
    tracks = [{**track, "rev": studio.revision(track["id"])} for track in kept["tracks"]]
    return {**kept, "tracks": tracks, "rev": revision()}
