"""A planned transition as it is shown: its picture, its rivals in words, what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.hand import fell_back
from app.tasks import MixChoice
from app.words import Said, Tone
from mixing.curves import control_curve, moves_control
from mixing.facts import TrackFacts
from mixing.moves import KILL_DB, OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ
from mixing.plan import Control, Plan, ScoredCandidate, Segment, Side, Verdict
from mixing.styles import AUTO, STYLES

CURVE_POINTS = 241
"""Points of a drawn curve: one every three pixels or so."""

CONTEXT_BARS = (8, 16)
"""Bars shown on either side of the overlap: half its length, within these bounds."""

HARMLESS = 1.0
"""A rule that costs less speaks neither for nor against a candidate."""

_DRAWN: tuple[Control, ...] = (
    "fader",
    "low_db",
    "mid_db",
    "high_db",
    "highpass_hz",
    "lowpass_hz",
    "echo_send",
)


# -- places ----------------------------------------------------------------------------------------


def place(track: TrackFacts, sec: float) -> tuple[int, int] | None:
    """Return (bar, beat) of a moment, both counted from 1; None without a grid."""
    if track.grid_problem is not None:
        return None
    index = track.bar_index(sec)
    line = track.bar_line(index)
    beats = round((sec - line) / track.bar_sec(line, 1) * track.beats_per_bar)
    bars, beat = divmod(beats, track.beats_per_bar)
    return index + bars + 1, beat + 1


def place_words(track: TrackFacts, sec: float) -> str:
    """Return a moment as 'bar 97', 'bar 97, beat 3', or '3:12' without a grid."""
    found = place(track, sec)
    if found is None:
        return f"{int(sec) // 60}:{int(sec) % 60:02d}"
    bar, beat = found
    return f"bar {bar}" if beat == 1 else f"bar {bar}, beat {beat}"


def where(a: TrackFacts, mix_out_sec: float, b: TrackFacts, mix_in_sec: float) -> str:
    """Return both points: 'bar 97 → bar 1'."""
    return f"{place_words(a, mix_out_sec)} → {place_words(b, mix_in_sec)}"


def bars_apart(plan: Plan, a: TrackFacts, b: TrackFacts) -> Said | None:
    """Return a warning where the two tracks' bar lines do not fall together, else None."""
    found_a, found_b = place(a, plan.mix_out.sec), place(b, plan.mix_in.sec)
    if not plan.beat_matched or found_a is None or found_b is None or found_a[1] == found_b[1]:
        return None
    beat = (found_a[1] - found_b[1]) % a.beats_per_bar + 1
    return Said(f"B's bars begin on beat {beat} of A's", Tone.UNSURE)


# -- candidates ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """One candidate in words.

    Parameters
    ----------
    key
        The same for candidates that sound the same.
    style, bars
        As in the plan.
    where
        Both points: 'bar 97 → bar 1'.
    kind
        Which idea it came from.
    score
        Points of all rules, fewer are better; None where no rule was asked.
    against
        What speaks most against it, with its rule.
    ruled_out
        Whether that rule forbids it.
    """

    key: str
    style: str
    bars: int
    where: str
    kind: str
    score: float | None
    against: str
    ruled_out: bool


def way_key(style: str, bars: int, mix_out_sec: float, mix_in_sec: float) -> str:
    """Return the word by which a candidate is found again."""
    return f"{style}|{bars}|{mix_out_sec:.2f}|{mix_in_sec:.2f}"


def plan_key(plan: Plan) -> str:
    """Return the key of the way that a plan takes."""
    return way_key(plan.style, plan.bars, plan.mix_out.sec, plan.mix_in.sec)


def ways(candidates: Sequence[ScoredCandidate], a: TrackFacts, b: TrackFacts) -> list[Way]:
    """Return candidates in words, in their order."""
    return [
        Way(
            key=way_key(each.style, each.bars, each.mix_out_sec, each.mix_in_sec),
            style=each.style,
            bars=each.bars,
            where=where(a, each.mix_out_sec, b, each.mix_in_sec),
            kind=each.kind,
            score=each.score,
            against=against(each.verdicts),
            ruled_out=each.rejected,
        )
        for each in candidates
    ]


def against(verdicts: Sequence[Verdict]) -> str:
    """Return what the worst of the rules says, '' where none says anything against it."""
    if not verdicts:
        return ""
    worst = max(verdicts, key=lambda verdict: (verdict.rejected, verdict.penalty))
    if not worst.rejected and worst.penalty < HARMLESS:
        return ""
    return f"{worst.rule}: {worst.reason}"


def doubts(plan: Plan, choice: MixChoice) -> list[Said]:
    """Return what a DJ should know before rendering, the gravest first; empty where all is well.

    A fade that stands in for a mix is bad; a pair in which every blend is ruled out is unsure,
    and so is a length other than asked for, and whatever the plan itself warns of.
    """
    by_hand = choice.mix_out_sec is not None or choice.mix_in_sec is not None
    if fell_back(plan):
        what = "This can't be mixed well here" if by_hand else "This pair can't be mixed well"
        first, *rest = plan.warnings
        return [
            Said(f"{what}: {first}", Tone.BAD),
            *(Said(line, Tone.UNSURE) for line in rest),
        ]
    said = [Said(line, Tone.UNSURE) for line in plan.warnings]
    asked = choice.bar_count
    if plan.blend and asked is not None and plan.bars != asked:
        said.append(Said(f"{asked} bars were asked for; {plan.bars} do better here", Tone.UNSURE))
    blends = [each for each in plan.candidates if STYLES[each.style].blend]
    if plan.requested_style == AUTO and blends and all(each.rejected for each in blends):
        # the best of them is what came nearest
        why = against(blends[0].verdicts)
        rule = why.partition(":")[0]
        said = [each for each in said if each.text.partition(":")[0] != rule]
        said.insert(0, Said(f"No blend works for this pair ({why})", Tone.UNSURE))
    return said


# -- the picture -----------------------------------------------------------------------------------


def picture(plan: Plan) -> dict[str, Any]:
    """Return what the browser draws of a plan, on the clock of the whole mix.

    Returns
    -------
    dict
        ``from``, ``to``, ``overlap`` in out seconds; for side ``a`` and ``b`` ``pieces``
        (``[out start, out end, track start, rate, heard]``), ``lanes`` (control → values 0–1
        at `CURVE_POINTS` times from ``from`` to ``to``) and ``voices`` (spans of track time, or
        None where nobody listened).
    """
    start, end = plan.transition_start_sec, plan.transition_end_sec
    bar = (end - start) / plan.bars
    around = bar * min(max(plan.bars / 2, CONTEXT_BARS[0]), CONTEXT_BARS[1])
    low, high = start - around, end + around
    times = np.linspace(low, high, CURVE_POINTS)
    return {
        "from": low,
        "to": high,
        "overlap": [start, end],
        "a": _side(plan, "a", times),
        "b": _side(plan, "b", times),
    }


def _side(plan: Plan, side: Side, times: Any) -> dict[str, Any]:
    segments = plan.segments.a if side == "a" else plan.segments.b
    track = plan.a if side == "a" else plan.b
    low, high = float(times[0]), float(times[-1])
    heard_from, heard_to = segments[0].out_start_sec, segments[-1].out_end_sec
    pieces = [_piece(each, low, high, heard=True) for each in segments if _meets(each, low, high)]
    # what is not heard is drawn all the same, dimmed: it is where a point may be moved to
    if heard_to < high:
        # a loop or a spin ends elsewhere; the record itself runs on at its own speed
        rest = Segment(out_start_sec=heard_to, out_end_sec=high, track_start_sec=heard_to)
        if side == "b":
            rest.track_start_sec = segments[-1].track_end_sec
        pieces.append(_piece(rest, low, high, heard=False))
    if heard_from > low:
        rate = segments[0].rate
        lead = segments[0].track_start_sec - (heard_from - low) * rate
        before = Segment(out_start_sec=low, out_end_sec=heard_from, track_start_sec=lead, rate=rate)
        pieces.append(_piece(before, low, high, heard=False))
    lanes = {
        control: _shown(control, control_curve(plan.eq_moves, side, control, times))
        for control in _DRAWN
        if control == "fader" or moves_control(plan.eq_moves, side, control)
    }
    silent = (times < heard_from - 1e-6) | (times > heard_to + 1e-6)
    lanes["fader"] = np.where(silent, 0.0, lanes["fader"])
    return {
        "pieces": pieces,
        "lanes": {name: np.round(curve, 3).tolist() for name, curve in lanes.items()},
        "voices": None if track.sung is None else [[s, e] for s, e, _ in track.sung],
    }


def _meets(segment: Segment, low: float, high: float) -> bool:
    return segment.out_end_sec > low and segment.out_start_sec < high


def _piece(segment: Segment, low: float, high: float, *, heard: bool) -> list[float | bool]:
    start, end = max(low, segment.out_start_sec), min(high, segment.out_end_sec)
    return [start, end, segment.track_time(start), segment.rate, heard]


def _shown(control: Control, values: Any) -> Any:
    """Return a control's values as heights 0–1."""
    if control.endswith("_db"):
        shown = 1 - values / KILL_DB
    elif control.endswith("_hz"):
        octaves = np.log2(OPEN_LOWPASS_HZ / OPEN_HIGHPASS_HZ)
        shown = np.log2(np.maximum(values, OPEN_HIGHPASS_HZ) / OPEN_HIGHPASS_HZ) / octaves
    else:
        shown = values
    return np.clip(shown, 0.0, 1.0)
