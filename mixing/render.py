"""A plan made audible: decode what is heard, align, mix, ride the level, write, measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixing import levels
from mixing.channel import process
from mixing.curves import control_curve
from mixing.errors import MissingFile
from mixing.measure import bass_envelope, bass_overlap_sec, kick_figures
from mixing.moves import lane
from mixing.output import Chunk, ceiling_dbtp, find_format, write_mix
from mixing.phase import align
from mixing.plan import Lane, Measured, Plan, Rendered, Segment
from mixing.stacking import stack
from mixing.stems import Tape, load_tape

Samples = NDArray[np.float32]
Progress = Callable[[float, str], None]
"""Called with a share (0–1) and a word on what is going on; it may raise to cancel."""

RATES_HZ = (44_100, 48_000)
"""Sample rates a mix may have; A's own if it is one of them, else the first."""

CONTEXT_BARS = levels.CONTEXT_BARS + 1
"""Bars kept in memory either side of the transition: what the loudness measure looks at."""

MAX_HEADROOM_DB = 12.0
"""How far the whole file is turned down, so that neither track's own peaks meet the limiter:
it is there for the sum of both. As much as a track may be trimmed up."""

BLOCK_SEC = 10.0

# Shares of the work, for the progress bar.
_DECODED, _ALIGNED, _STRETCHED, _MIXED = 0.1, 0.2, 0.45, 0.6


@dataclass(frozen=True, eq=False)
class _Zone:
    """The part of the mix where anything happens, as finished audio."""

    start_sec: float
    samples: Samples
    rate: int


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
    for track in (plan.a, plan.b):
        if not Path(track.path).is_file():
            raise MissingFile(track.path)
    tell = progress or (lambda _share, _words: None)
    plan = plan.moved(0.0)  # the caller's own stays as it is
    rate = plan.a.sample_rate if plan.a.sample_rate in RATES_HZ else RATES_HZ[0]
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    window = _window(plan, context_bars, bar_sec)

    tell(0.0, "decoding")
    tapes = _decode(plan, window, bar_sec, rate)
    tell(_DECODED, "finding the kicks")
    if plan.beat_matched or (not plan.blend and plan.mix_in.beat_sec is not None):
        plan = align(plan, *tapes)
    tell(_ALIGNED, "stretching")
    plan, zone, measured = _mixed(plan, tapes, window, bar_sec, tell)
    if context_bars is None:
        window = _window(plan, None, bar_sec)  # B's end has moved with its kicks
    plan.output_gain_db, quiet_alone = _headroom_db(plan, ceiling_dbtp(form))
    tell(_MIXED, "writing")

    total = max(1, round((window[1] - window[0]) * rate))
    written = 0

    def on_samples(count: int) -> None:
        nonlocal written
        written += count
        # Written again after a peak over the ceiling, the share must not fall back.
        tell(_MIXED + (0.98 - _MIXED) * min(1.0, written / total), "writing")

    def chunks() -> Iterator[Chunk]:
        for samples, inside in _blocks(plan, zone, tapes, window, rate):
            yield samples, inside or not quiet_alone

    peak, gain_db = write_mix(out, chunks, rate, on_samples)
    plan.output_gain_db = round(plan.output_gain_db + gain_db, 3)
    measured.true_peak_dbtp = round(peak, 2)
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


def _window(plan: Plan, context_bars: int | None, bar_sec: float) -> tuple[float, float]:
    """Return the out times between which the file lies."""
    end = plan.segments.b[-1].out_end_sec
    if context_bars is None:
        return 0.0, end
    around = context_bars * bar_sec
    return (
        max(0.0, plan.transition_start_sec - around),
        min(end, plan.transition_end_sec + around),
    )


def _decode(
    plan: Plan, window: tuple[float, float], bar_sec: float, rate: int
) -> tuple[Tape, Tape]:
    """Decode what is heard of both tracks, and what aligning and measuring look at."""
    around = 2 * CONTEXT_BARS * bar_sec
    a_from = min(window[0], plan.transition_start_sec - around)
    tape_a = load_tape(plan.a.path, max(0.0, a_from), plan.transition_end_sec + 1.0, rate)
    first = plan.segments.b[0]
    b_to = None
    if window[1] < plan.segments.b[-1].out_end_sec:
        heard = max(window[1], plan.transition_end_sec + around) - first.out_start_sec
        b_to = first.track_start_sec + heard * max(1.0, plan.stretch_ratio) + 1.0
    tape_b = load_tape(plan.b.path, max(0.0, first.track_start_sec - 1.0), b_to, rate)
    return tape_a, tape_b


def _mixed(
    plan: Plan,
    tapes: tuple[Tape, Tape],
    window: tuple[float, float],
    bar_sec: float,
    tell: Progress,
) -> tuple[Plan, _Zone, Measured]:
    """Return the plan as played, the finished zone and what was measured in it."""
    rate = tapes[0].sample_rate
    start, end = _zone_bounds(plan, window, bar_sec)
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
    tell(_STRETCHED, "mixing")
    stem_b *= np.float32(10 ** (plan.gain_db / 20))
    out_a = process(stem_a, rate, start, "a", plan.eq_moves, plan.echoes)
    out_b = process(stem_b, rate, start, "b", plan.eq_moves, plan.echoes)
    mix = out_a + out_b
    overlap = levels.Overlap(
        plan.transition_start_sec - start, plan.transition_end_sec - start, bar_sec
    )
    if plan.blend:
        beat = bar_sec / plan.a.beats_per_bar
        inside = slice(int(overlap.start_sec * rate), int(overlap.end_sec * rate))
        measured.bass_overlap_sec = bass_overlap_sec(
            bass_envelope(out_a[:, inside], rate, beat), bass_envelope(out_b[:, inside], rate, beat)
        )
        energies = levels.step_energies(mix, rate)
        points = levels.ride(energies, overlap) if plan.style != "drop_swap" else []
        if points:
            moved: Lane = lane("a", "ride_db", [(sec + start, db) for sec, db in points])
            moved.side = "master"
            plan.eq_moves.append(moved)
            ridden = _ride(plan, mix, start, rate)
            energies = levels.step_energies(ridden, rate)
            mix = ridden
        measured.loudness_step_lu = _rounded(levels.loudness_step_lu(energies, overlap))
        if measured.loudness_step_lu is None:
            measured.why_null["loudness_step_lu"] = "less than a few bars either side to compare"
    else:
        measured.why_null |= {
            "bass_overlap_sec": "a switch has no overlap",
            "loudness_step_lu": "a switch has no overlap",
        }
    return plan, _Zone(start, mix, rate), measured


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _zone_bounds(plan: Plan, window: tuple[float, float], bar_sec: float) -> tuple[float, float]:
    """Return the out times between which the mix is more than one track as it is."""
    around = CONTEXT_BARS * bar_sec
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
    coarse = np.arange(int(mix.shape[1] / rate * 20) + 2) / 20
    gain = 10 ** (control_curve(plan.eq_moves, "master", "ride_db", start_sec + coarse) / 20)
    fine = np.interp(np.arange(mix.shape[1]) / rate, coarse, gain)
    return mix * fine.astype(np.float32)


def _headroom_db(plan: Plan, ceiling_db: float) -> tuple[float, bool]:
    """Return the file's gain, and whether it alone keeps either track below the ceiling."""
    peaks = (plan.a.true_peak_dbtp, plan.b.true_peak_dbtp)
    if peaks[0] is None or peaks[1] is None:
        return 0.0, False
    over = max(peaks[0], peaks[1] + plan.gain_db) - ceiling_db
    # Rounded down to what plan.json holds, never up.
    gain = -np.ceil(1e3 * min(max(over, 0.0), MAX_HEADROOM_DB)) / 1e3
    return float(gain), over <= MAX_HEADROOM_DB


def _blocks(
    plan: Plan, zone: _Zone, tapes: tuple[Tape, Tape], window: tuple[float, float], rate: int
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
