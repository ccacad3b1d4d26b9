"""The plan as a DJ would tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixing.curves import bass_swap_bar

if TYPE_CHECKING:
    from mixing.plan import MixPoint, Plan


def clock(sec: float) -> str:
    """Return a time as minutes and seconds: ``3:12``."""
    whole = int(sec)
    return f"{whole // 60}:{whole % 60:02d}"


def _moment(point: MixPoint) -> str:
    bar = f" (bar {point.bar})" if point.bar is not None else ""
    section = f", {point.section}" if point.section else ""
    return f"{clock(point.sec)}{bar}{section}"


def describe_steps(plan: Plan) -> list[str]:
    """Return what to do, step by step, at the decks."""
    a, b = plan.a.title, plan.b.title
    bars = f"{plan.bars} bar{'s' if plan.bars != 1 else ''}"
    steps: list[str] = []
    if plan.beat_matched and abs(plan.stretch_ratio - 1) > 5e-4:
        change = 100 * (plan.stretch_ratio - 1)
        steps.append(f"Set {b} to {change:+.2f} % with key lock on, trim {plan.gain_db:+.1f} dB")
    else:
        steps.append(f"Cue {b} at its own tempo, trim {plan.gain_db:+.1f} dB")
    if plan.loop_bars:
        steps.append(f"Loop {plan.loop_bars} bars of {a} up to {_moment(plan.mix_out)}")
    if plan.blend:
        steps.append(f"At {_moment(plan.mix_out)} of {a} start {b} at {_moment(plan.mix_in)}")
    else:
        steps.append(f"At {_moment(plan.mix_out)} of {a} switch to {b} at {_moment(plan.mix_in)}")
    half = (bass_swap_bar(plan) or plan.bars // 2 + 1) - 1
    steps += _STYLE_STEPS.get(plan.style, lambda _bars, _half: [])(bars, half)
    if "echo_tail" in plan.effects:
        steps.append(f"Leave {a} with an echo on its last two beats")
    if "filter_drop" in plan.effects:
        steps.append(f"Raise the high-pass on {a} over the last two bars and let it go")
    if plan.glide_bars:
        steps.append(f"Bring {b} back to its own tempo over {plan.glide_bars} bars")
    return steps


_STYLE_STEPS = {
    "beatmatch_crossfade": lambda bars, half: [
        f"Crossfade over {bars}, swapping the bass at bar {half + 1}"
    ],
    "bass_swap": lambda bars, half: [
        "Keep the incoming bass closed",
        f"Swap the basslines at bar {half + 1} of {bars}",
        "Take the outgoing track away",
    ],
    "eq_blend": lambda bars, half: [
        f"Hand over the highs, the bass at bar {half + 1}, then the mids, over {bars}"
    ],
    "long_blend": lambda bars, half: [f"Layer both for {bars}, bass swapped at bar {half + 1}"],
    "filter_sweep": lambda bars, half: [
        f"Raise the outgoing high-pass over {bars}, open the incoming low-pass by bar {half + 1}"
    ],
    "drop_swap": lambda bars, half: [
        f"Build for {bars} without the incoming bass, cut over on the drop"
    ],
    "cut_mix": lambda bars, half: ["Cut on the downbeat"],
    "echo_transition": lambda bars, half: [f"Drown the last {bars} in echo, then cut"],
    "echo_out": lambda bars, half: ["Throw the last beat into a one-beat echo and cut"],
    "loop_roll": lambda bars, half: [f"Roll halving loops for {bars}, then cut"],
    "backspin": lambda bars, half: ["Spin the record back on the last two beats"],
    "plain_fade": lambda bars, half: [f"Fade over {bars}, beats not matched"],
}
