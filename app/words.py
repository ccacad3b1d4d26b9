"""Numbers with their meaning: every value on the page says what it is and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

# Under this a confidence is said as 'unsure', with the button that mends it beside it.
UNSURE_BELOW = 0.5

# Offsets of two kicks that a listener hears as one, as a slight flam, or as two.
TIGHT_KICKS_MS = 5.0
LOOSE_KICKS_MS = 15.0
DRIFT_MS = 2.0
LOUDNESS_STEP_LU = 2.0
# Two basslines may touch for a beat or two at a swap before they are heard as mud.
BASS_OVERLAP_SEC = 2.0
TRUE_PEAK_DBTP = -1.0

# Rounding alone may lift a peak by this much over its limit.
_PEAK_ROUNDING_DB = 0.05


class Tone(StrEnum):
    """The sign that stands with a word: colour and shape both follow from it."""

    GOOD = "good"
    UNSURE = "unsure"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True)
class Said:
    """A value in words.

    Parameters
    ----------
    text
        What the DJ reads.
    tone
        Whether that is good, doubtful, bad, or just so.
    """

    text: str
    tone: Tone = Tone.PLAIN


def clock(seconds: float) -> str:
    """Return seconds as ``m:ss`` (``h:mm:ss`` from an hour on), rounded to the second."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, sec = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{sec:02d}" if hours else f"{minutes}:{sec:02d}"


def time_left(seconds: float | None) -> str:
    """Return an estimate as '40 s left' or '3 min left', '' where there is none."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left"


def percent(probability: float) -> str:
    """Return 0–1 as a whole per cent: '72 %' (with a narrow no-break space)."""
    return f"{round(100 * probability)}\u202f%"


def signed(value: float, digits: int = 1) -> str:
    """Return a number with its sign, a true minus: '+1.8', '−4.7'."""
    return f"{value:+.{digits}f}".replace("-", "−")


def confidence(probability: float | None, *, by_dj: bool = False) -> Said:
    """Say how much a value can be trusted.

    Parameters
    ----------
    probability
        0–1, or None where nobody estimated it.
    by_dj
        Whether the DJ said the value; then no model's doubt matters.
    """
    if by_dj:
        return Said("yours", Tone.GOOD)
    if probability is None or probability < UNSURE_BELOW:
        return Said("unsure", Tone.UNSURE)
    return Said("sure")


def energy_word(energy: float | None) -> str:
    """Return the name of an energy 0–1: 'calm', 'steady', 'driving' or 'peak'."""
    if energy is None:
        return "unknown"
    for limit, word in ((0.3, "calm"), (0.55, "steady"), (0.8, "driving")):
        if energy < limit:
            return word
    return "peak"


def kicks(async_p95_ms: float) -> Said:
    """Say how well two kicks fall together (95th percentile of their distance)."""
    shown = f"Kicks together: {async_p95_ms:.0f} ms"
    if async_p95_ms <= TIGHT_KICKS_MS:
        return Said(f"{shown} (tight)", Tone.GOOD)
    if async_p95_ms <= LOOSE_KICKS_MS:
        return Said(f"{shown} (a little loose)", Tone.UNSURE)
    return Said(f"{shown} (audibly apart)", Tone.BAD)


def drift(drift_ms: float) -> Said:
    """Say how far the two grids slide apart over the overlap."""
    shown = f"Drift: {abs(drift_ms):.1f} ms"
    if abs(drift_ms) <= DRIFT_MS:
        return Said(f"{shown} (none to hear)", Tone.GOOD)
    return Said(f"{shown} (the grids slide apart)", Tone.UNSURE)


def loudness_step(step_lu: float) -> Said:
    """Say how far loudness strays from a straight line through the transition."""
    shown = f"Loudness step: {abs(step_lu):.1f} LU"
    if abs(step_lu) <= LOUDNESS_STEP_LU:
        return Said(f"{shown} (even)", Tone.GOOD)
    return Said(f"{shown} (a jump)", Tone.UNSURE)


def bass_overlap(overlap_sec: float) -> Said:
    """Say for how long two basslines sound at once."""
    shown = f"Two basslines: {overlap_sec:.1f} s"
    if overlap_sec <= BASS_OVERLAP_SEC:
        return Said(f"{shown} (one at a time)", Tone.GOOD)
    return Said(f"{shown} (muddy)", Tone.UNSURE)


def true_peak(peak_dbtp: float) -> Said:
    """Say whether the rendered file can clip in a converter."""
    shown = f"True peak: {signed(peak_dbtp)} dBTP"
    if peak_dbtp <= TRUE_PEAK_DBTP + _PEAK_ROUNDING_DB:
        return Said(f"{shown} (clean)", Tone.GOOD)
    return Said(f"{shown} (may clip)", Tone.BAD)
