"""What a DJ decides by hand about one transition, as a pure value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.tasks import MixChoice
from mixing.by_hand import with_bass_swap
from mixing.curves import bass_swap_bar
from mixing.plan import MixPoint, Plan, ScoredCandidate, Side
from mixing.styles import BARS, PlainFade

NO_GRID_BEAT_SEC = 0.5
"""A nudge by a 'beat' in a track whose beats nobody knows: a beat at 120 BPM."""


@dataclass(frozen=True)
class Hand:
    """The parts of a transition that are the DJ's; None leaves a part to the mixer's controls.

    Parameters
    ----------
    style
        A style's name.
    bars
        A length in bars.
    mix_out_sec, mix_in_sec
        Points in track time.
    bass_bar
        Bar of the transition, from 1, at which the basslines change places.
    """

    style: str | None = None
    bars: int | None = None
    mix_out_sec: float | None = None
    mix_in_sec: float | None = None
    bass_bar: int | None = None

    def applied(self, choice: MixChoice) -> MixChoice:
        """Return the mixer's choice with the DJ's parts in place of its own."""
        return replace(
            choice,
            style=choice.style if self.style is None else self.style,
            bars=choice.bars if self.bars is None else str(self.bars),
            mix_out_sec=self.mix_out_sec,
            mix_in_sec=self.mix_in_sec,
        )

    def moved(self, plan: Plan) -> Plan:
        """Return the plan of the choice with the basslines where the DJ wants them.

        Another way across may have no such bar, or no basslines to change: it keeps its own.
        """
        if self.bass_bar is None or not may_move_bass(plan) or self.bass_bar > plan.bars + 1:
            return plan
        return with_bass_swap(plan, self.bass_bar)


def may_move_bass(plan: Plan) -> bool:
    """Return whether a plan has basslines that change places inside the transition."""
    return plan.blend and bass_swap_bar(plan) is not None


def bass_moved(hand: Hand, plan: Plan, by_bars: int) -> Hand:
    """Return the hand that lets the basslines change places so many bars later."""
    bar = (bass_swap_bar(plan) or 1) + by_bars
    return replace(hand, bass_bar=min(max(bar, 1), plan.bars + 1))


def taken(candidate: ScoredCandidate) -> Hand:
    """Return the hand that asks for exactly this candidate."""
    return Hand(candidate.style, candidate.bars, candidate.mix_out_sec, candidate.mix_in_sec)


def nudged(plan: Plan, side: Side, by_sec: float) -> Hand:
    """Return the hand that moves one point of a plan and keeps all else as it stands.

    Where the plan is a fade that stands in for what was asked, style and length are asked for
    again: at another point they may be possible.
    """
    stand_in = fell_back(plan)
    out, into = plan.mix_out.sec, plan.mix_in.sec
    return Hand(
        style=None if stand_in else plan.style,
        bars=None if stand_in or plan.bars not in BARS else plan.bars,
        mix_out_sec=out + (by_sec if side == "a" else 0.0),
        mix_in_sec=into + (by_sec if side == "b" else 0.0),
    )


def fell_back(plan: Plan) -> bool:
    """Return whether a plan is a plain fade that nobody asked for."""
    return plan.style == PlainFade.name != plan.requested_style


def beat_sec(point: MixPoint) -> float:
    """Return how far a nudge by a beat goes at a point."""
    return point.beat_sec or NO_GRID_BEAT_SEC
