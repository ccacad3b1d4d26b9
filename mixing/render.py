"""A plan made audible: decode what is heard, align, mix, ride the level, write, measure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.loudness import true_peak_dbtp
from mixing.measure import loudness_figure
from mixing.output import Chunk, ceiling_dbtp, find_format, write_mix
from mixing.plan import Plan, Rendered, Segment
from mixing.stems import Tape
from mixing.zone import (
    ALIGNED,
    DECODED,
    MIXED,
    RATES_HZ,
    Progress,
    Window,
    Zone,
    aligned,
    bar_sec,
    check_tracks,
    decode,
    mix_zone,
)

Samples = NDArray[np.float32]

MAX_HEADROOM_DB = 12.0
"""How far the whole file is turned down, so that neither track's own peaks meet the limiter:
it is there for the sum of both. As much as a track may be trimmed up."""

MEETING_HEADROOM_DB = 8.0
"""How far the file is turned down for the sum of both."""
LIMITED_DB = 1.5
"""By how much that sum may still meet the limiter, as kicks that fall together do. More of it
would be heard as a dip: the limiter would undo what the level ride puts right."""

BLOCK_SEC = 10.0


def render(
    plan: Plan,
    out: Path | str,
    context_bars: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Render a plan to a file and measure the result.

    Parameters
    ----------
    plan
        From :func:`mixing.planner.plan_transition`.
    out
        ``.wav``, ``.flac``, ``.mp3`` or ``.ogg``; replaced only when the new file is whole.
    context_bars
        Bars of A before and of B after the transition; None writes all of A up to it and B to
        its end.
    progress
        Told how far it is; whatever it raises stops the rendering, and no file is left.

    Returns
    -------
    Plan
        On the clock of the file, with ``segments`` and ``timeline`` as played, ``measured``
        and ``rendered``.

    Raises
    ------
    MissingFile, UnwritableMix
        If a track is gone or the output cannot be written.
    analysis.errors.UnreadableAudio
        If a track cannot be decoded.
    """
    out = Path(out)
    form = find_format(out)
    check_tracks(plan)
    tell = progress or (lambda _share, _words: None)
    plan = plan.moved(0.0)  # the caller's own stays as it is
    rate = plan.a.sample_rate if plan.a.sample_rate in RATES_HZ else RATES_HZ[0]
    window = _window(plan, context_bars)

    tell(0.0, "decoding")
    tapes = decode(plan, window, rate)
    tell(DECODED, "finding the kicks")
    plan = aligned(plan, tapes)
    tell(ALIGNED, "stretching")
    plan, zone, measured = mix_zone(plan, tapes, window, tell)
    if context_bars is None:
        window = _window(plan, None)  # B's end has moved with its kicks
    plan.output_gain_db, quiet_alone = _headroom_db(plan, zone, ceiling_dbtp(form))
    tell(MIXED, "writing")

    total = max(1, round((window[1] - window[0]) * rate))
    written = 0

    def on_samples(count: int) -> None:
        nonlocal written
        written += count
        # Written again after a peak over the ceiling, the share must not fall back.
        tell(MIXED + (0.98 - MIXED) * min(1.0, written / total), "writing")

    def chunks() -> Iterator[Chunk]:
        for samples, inside in _blocks(plan, zone, tapes, window, rate):
            yield samples, inside or not quiet_alone

    peak, gain_db = write_mix(out, chunks, rate, on_samples)
    plan.output_gain_db = round(plan.output_gain_db + gain_db, 3)
    measured.true_peak_dbtp = round(peak, 2)
    loudness_figure(measured, plan, out, window[0])
    plan = plan.moved(-window[0])
    plan.measured = measured
    plan.rendered = Rendered(
        path=str(out),
        format=form.suffix.lstrip("."),
        sample_rate=rate,
        duration_sec=total / rate,
        context_bars=context_bars,
        clock_offset_sec=window[0],
    )
    tell(1.0, "done")
    return plan


def _window(plan: Plan, context_bars: int | None) -> Window:
    """Return the out times between which the file lies."""
    end = plan.segments.b[-1].out_end_sec
    if context_bars is None:
        return 0.0, end
    around = context_bars * bar_sec(plan)
    return (
        max(0.0, plan.transition_start_sec - around),
        min(end, plan.transition_end_sec + around),
    )


def _headroom_db(plan: Plan, zone: Zone, ceiling_db: float) -> tuple[float, bool]:
    """Return the file's gain, and whether it alone keeps either track below the ceiling."""
    both = true_peak_dbtp(zone.samples)
    together = 0.0 if both is None else both - LIMITED_DB - ceiling_db
    together = min(max(together, 0.0), MEETING_HEADROOM_DB)
    alone, known = 0.0, False
    if plan.a.true_peak_dbtp is not None and plan.b.true_peak_dbtp is not None:
        alone = max(plan.a.true_peak_dbtp, plan.b.true_peak_dbtp + plan.gain_db) - ceiling_db
        known = True
    down = max(min(max(alone, 0.0), MAX_HEADROOM_DB), together)
    # Rounded down to what plan.json holds, never up.
    gain = -np.ceil(1e3 * down) / 1e3
    return float(gain), known and alone <= down


def _blocks(
    plan: Plan, zone: Zone, tapes: tuple[Tape, Tape], window: Window, rate: int
) -> Iterator[Chunk]:
    """Yield the whole file in order: A alone, the zone (marked), B alone."""
    gain = np.float32(10 ** (plan.output_gain_db / 20))
    gain_b = np.float32(10 ** (plan.gain_db / 20)) * gain
    last_b: Segment = plan.segments.b[-1]
    position, end = round(window[0] * rate), round(window[1] * rate)
    zone_first = round(zone.start_sec * rate)
    zone_last = zone_first + zone.samples.shape[1]
    while position < end:
        stop = min(position + round(BLOCK_SEC * rate), end)
        if position < zone_first:
            stop = min(stop, zone_first)
            yield tapes[0].read(position / rate, stop - position) * gain, False
        elif position < zone_last:
            stop = min(stop, zone_last)
            yield zone.samples[:, position - zone_first : stop - zone_first] * gain, True
        else:
            samples = tapes[1].read(last_b.track_time(position / rate), stop - position)
            yield samples * gain_b, False
        position = stop
