"""What was rendered, measured: from the two stems and the mix, never from the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from analysis.audio import load_audio
from mixing import levels
from mixing.clash import Phrase, harmonic_clash, vocal_overlap_sec
from mixing.kicks import RATE_HZ, PairLags, low_rate
from mixing.plan import Measured, Plan, Segment

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

MIN_PAIRS = 4
"""Beats with a kick on both sides; a bar's worth at least."""

MAX_SPREAD_MS = 2.5
"""Half of the lags lie this close to their line, or they are no kicks but what else sounds near
the beats of an intro. Kicks of composed tracks, swung ones too, stay within 1.7 ms."""

BASS_HZ = 150.0
BASS_WITHIN_DB = 6.0
BASS_FRAME_SEC = 0.1
"""Frames are looked at together over a beat, so that the gap between kicks is no silence."""
BASS_FLOOR_DB = -30.0
"""Below the loudest bass of the pair by this much, a band is silent."""


def kick_figures(measured: Measured, pairs: PairLags, overlap_sec: float) -> None:
    """Note how far the kicks are apart and how much that changes over the overlap."""
    measured.kicks_compared = len(pairs.lags_ms)
    if len(pairs.lags_ms) < MIN_PAIRS or pairs.spread_ms > MAX_SPREAD_MS:
        reason = "no steady kicks on both sides of the overlap"
        measured.why_null["kick_async_p95_ms"] = reason
        measured.why_null["drift_ms"] = reason
        return
    measured.kick_async_p95_ms = round(pairs.p95_ms, 2)
    measured.kick_single_p95_ms = round(pairs.single_p95_ms, 2)
    slope, _ = pairs.line()
    measured.drift_ms = round(float(abs(slope) * overlap_sec), 2)


def overlap_figures(
    measured: Measured, plan: Plan, a: Samples, b: Samples, sample_rate: int
) -> None:
    """Note what the tracks do to each other: basslines, voices, harmony.

    Parameters
    ----------
    measured
        Takes the figures.
    plan
        As played.
    a, b
        Both tracks in the overlap as they go into the sum, shape (2, n).
    sample_rate
        In Hz.
    """
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    beat_sec = bar_sec / plan.a.beats_per_bar
    measured.bass_overlap_sec = bass_overlap_sec(
        bass_envelope(a, sample_rate, beat_sec), bass_envelope(b, sample_rate, beat_sec)
    )
    clash = harmonic_clash(a, b, sample_rate)
    if clash is None:
        measured.why_null["harmonic_clash"] = "no notes are heard of both at once"
    else:
        measured.harmonic_clash = round(clash, 4)
    if plan.a.sung is None or plan.b.sung is None or plan.timeline is None:
        measured.why_null["vocal_overlap_sec"] = "nobody listened for vocals"
        return
    start = plan.transition_start_sec
    sung_a = _heard(plan.segments.a, plan.a.sung, start)
    sung_b = _heard(plan.segments.b, plan.b.sung, start)
    overlap = vocal_overlap_sec(a, b, sample_rate, sung_a, sung_b)
    measured.vocal_overlap_sec = round(overlap, 2)


def _heard(segments: Sequence[Segment], sung: Sequence[Phrase], zero_sec: float) -> list[Phrase]:
    """Return when sung phrases are heard, a looped one each time, counted from an out time."""
    found: list[Phrase] = []
    for each in segments:
        for start, end, sure in sung:
            first, last = max(start, each.track_start_sec), min(end, each.track_end_sec)
            if last > first:
                origin = each.out_start_sec - zero_sec - each.track_start_sec / each.rate
                found.append((origin + first / each.rate, origin + last / each.rate, sure))
    return found


def loudness_figure(measured: Measured, plan: Plan, path: Path, zero_sec: float = 0.0) -> None:
    """Note the loudness step of the written file, limiter and encoder included.

    Parameters
    ----------
    measured
        Takes the figure.
    plan
        As played.
    path
        A file that holds the transition.
    zero_sec
        Time on the plan's clock at which the file begins.
    """
    if not plan.blend:
        return
    bar_sec = (plan.transition_end_sec - plan.transition_start_sec) / plan.bars
    around = levels.CONTEXT_BARS * bar_sec + levels.WINDOW_STEPS * levels.STEP_SEC
    start = plan.transition_start_sec - zero_sec
    end = plan.transition_end_sec - zero_sec
    first = max(0.0, start - around)
    heard = load_audio(path, first, end + around)
    energies = levels.step_energies(heard.samples, heard.sample_rate)
    step = levels.loudness_step_lu(energies, levels.Overlap(start - first, end - first, bar_sec))
    if step is None:
        measured.why_null["loudness_step_lu"] = "less than a few bars either side to compare"
    else:
        measured.loudness_step_lu = round(step, 2)


def bass_envelope(samples: Samples, sample_rate: int, beat_sec: float) -> Floats:
    """Return the power below 150 Hz over about a beat, a value each 0.1 s."""
    low = low_rate(samples, sample_rate)
    sections = signal.butter(4, BASS_HZ, "lowpass", fs=2 * RATE_HZ, output="sos")
    power = signal.sosfiltfilt(sections, low) ** 2
    frame = round(BASS_FRAME_SEC * 2 * RATE_HZ)
    count = len(power) // frame
    frames = power[: count * frame].reshape(count, frame).mean(axis=1)
    width = max(1, round(beat_sec / BASS_FRAME_SEC))
    return np.convolve(frames, np.full(width, 1 / width), "same")


def bass_overlap_sec(a: Floats, b: Floats) -> float:
    """Return for how long both basslines are up within 6 dB of each other.

    Parameters
    ----------
    a, b
        From :func:`bass_envelope`, after the channel strips.
    """
    count = min(len(a), len(b))
    a, b = a[:count], b[:count]
    top = max(float(a.max(initial=0.0)), float(b.max(initial=0.0)))
    if top <= 0:
        return 0.0
    floor = top * 10 ** (BASS_FLOOR_DB / 10)
    near = 10 ** (BASS_WITHIN_DB / 10)
    both = (np.minimum(a, b) > floor) & (a < b * near) & (b < a * near)
    return round(float(both.sum()) * BASS_FRAME_SEC, 2)


@dataclass(frozen=True)
class _Limits:
    """From which figure on a quality is unsure, and from which a clash."""

    unsure: float
    clash: float


_KICKS_MS = _Limits(5.0, 10.0)
_DRIFT_MS = _Limits(2.0, 5.0)
_LOUDNESS_LU = _Limits(2.0, 4.0)
_PEAK_DBTP = _Limits(-1.0, 0.0)
_VOICES_SEC = _Limits(0.35, 2.0)
_HARMONY = _Limits(0.4, 0.75)


def _level(value: float, limits: _Limits) -> str:
    return "good" if value <= limits.unsure else "unsure" if value <= limits.clash else "clash"


def say_voices(overlap_sec: float) -> tuple[str, str]:
    """Return for how long two voices are heard, in words, and its level."""
    words = f"Two voices: {overlap_sec:.1f} s" if overlap_sec >= 0.05 else "No two voices"
    return words, _level(overlap_sec, _VOICES_SEC)


def say_harmony(clash: float) -> tuple[str, str]:
    """Return how well the notes of both go together, in words, and its level."""
    level = _level(clash, _HARMONY)
    how = {"good": "they agree", "unsure": "some notes rub", "clash": "the keys clash"}
    return f"Harmony: {how[level]}", level


def describe_quality(plan: Plan) -> list[tuple[str, str]]:
    """Return the measured quality in plain words.

    Parameters
    ----------
    plan
        A plan that has been rendered.

    Returns
    -------
    list of (text, level)
        Levels are ``good``, ``unsure`` and ``clash``. Empty before rendering.
    """
    measured = plan.measured
    if measured is None:
        return []
    words: list[tuple[str, str]] = []
    kicks = measured.kick_async_p95_ms
    if kicks is not None:
        how = {"good": "tight", "unsure": "a little loose", "clash": "apart, a flam"}
        level = _level(kicks, _KICKS_MS)
        words.append((f"Kicks together: {kicks:.0f} ms ({how[level]})", level))
    else:
        level = "good" if not plan.blend else "unsure"
        words.append((f"Kicks: {measured.why_null.get('kick_async_p95_ms', 'unknown')}", level))
    if measured.drift_ms is not None:
        level = _level(measured.drift_ms, _DRIFT_MS)
        how = {"good": "none to hear", "unsure": "slight", "clash": "the beats slide apart"}
        words.append((f"Drift: {measured.drift_ms:.1f} ms ({how[level]})", level))
    if measured.loudness_step_lu is not None:
        step = measured.loudness_step_lu
        level = _level(step, _LOUDNESS_LU)
        how = {"good": "even", "unsure": "a step can be heard", "clash": "a jump"}
        words.append((f"Loudness within {step:.1f} LU ({how[level]})", level))
    if measured.bass_overlap_sec is not None:
        bass = measured.bass_overlap_sec
        bar = (plan.mix_out.beat_sec or 0.5) * plan.a.beats_per_bar
        level = _level(bass, _Limits(bar, 2 * bar))
        words.append((f"Two basslines: {bass:.1f} s ({bass / bar:.1f} bars)", level))
    if measured.vocal_overlap_sec is not None:
        words.append(say_voices(measured.vocal_overlap_sec))
    if measured.harmonic_clash is not None:
        words.append(say_harmony(measured.harmonic_clash))
    if measured.true_peak_dbtp is not None:
        peak = measured.true_peak_dbtp
        words.append((f"True peak {peak:.1f} dBTP", _level(peak, _PEAK_DBTP)))
    return words
