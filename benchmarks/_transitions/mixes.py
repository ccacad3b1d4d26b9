"""The three ways to make a transition: Segue, a plain crossfade, and librosa's beats and stretch.

Each returns what is heard around the transition and where the tracks lie in it, so that one judge
can look at all of them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile

from analysis.audio import load_audio
from benchmarks._transitions.pairs import Pair, Side
from mixing.plan import Plan, Segment
from mixing.planner import plan_transition
from mixing.render import render

Samples = np.ndarray
Clock = Callable[[np.ndarray], np.ndarray]

BARS = 16
CONTEXT_BARS = 10
"""Bars either side that are rendered: loudness is compared over eight."""

NEAR_SEC = 0.02
"""A beat this near to the edge of what is played counts as played."""

HEARD_SEC = 75.0
"""How much of each track the peers get: their crossfade and ten bars either side."""


@dataclass(frozen=True, eq=False)
class Mix:
    """A rendered transition.

    Parameters
    ----------
    samples, rate
        What is heard, float32 of shape (2, n).
    start_sec, end_sec
        Between these both tracks are heard, on the clock of ``samples``.
    place_a, place_b
        From seconds of a track to seconds of ``samples``; NaN where that is not heard.
    cpu_sec
        What rendering took, decoding included, analysis not.
    blend
        Whether both tracks are heard together.
    stems
        Both tracks as they go into the sum, where the maker gives them.
    plan
        Segue's plan with what it measured.
    """

    samples: Samples
    rate: int
    start_sec: float
    end_sec: float
    place_a: Clock
    place_b: Clock
    cpu_sec: float
    blend: bool = True
    stems: tuple[Samples, Samples] | None = None
    plan: Plan | None = field(default=None, repr=False)


def _courses(segments: list[Segment]) -> Clock:
    """Return the clock of a course of several stretches."""

    def place(track_sec: np.ndarray) -> np.ndarray:
        heard = np.full(len(track_sec), np.nan)
        for each in segments:
            first, last = each.track_start_sec - NEAR_SEC, each.track_end_sec + NEAR_SEC
            inside = (track_sec >= first) & (track_sec <= last)
            heard[inside] = each.out_start_sec + (track_sec[inside] - each.track_start_sec) / (
                each.rate
            )
        return heard

    return place


def by_segue(pair: Pair, folder: Path) -> Mix:
    """Let Segue choose style and place, and render what is near the transition."""
    out = folder / "segue.wav"
    started = time.process_time()
    plan = plan_transition(pair.a.report, pair.b.report)
    plan = render(plan, out, context_bars=CONTEXT_BARS)
    cpu_sec = time.process_time() - started
    samples, rate = soundfile.read(out, dtype="float32", always_2d=True)
    return Mix(
        samples.T,
        rate,
        plan.transition_start_sec,
        plan.transition_end_sec,
        _courses(plan.segments.a),
        _courses(plan.segments.b),
        cpu_sec,
        blend=plan.blend,
        plan=plan,
    )


def _ends(pair: Pair) -> tuple[Samples, float, Samples, int]:
    """Return A's end, the second at which it begins, B's beginning, and the sample rate."""
    tail = max(0.0, pair.a.report.metadata.duration_sec - HEARD_SEC)
    a = load_audio(pair.a.path, tail)
    b = load_audio(pair.b.path, 0.0, HEARD_SEC)
    return a.samples, tail, b.samples, a.sample_rate


def _overlap_sec(side: Side) -> float:
    return BARS * 4 * 60.0 / side.bpm


def by_crossfade(pair: Pair, folder: Path) -> Mix:
    """Append B to A by pydub with a crossfade of 16 bars, knowing nothing of either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no FFmpeg, which is not needed here
        from pydub import AudioSegment
    started = time.process_time()
    a, tail, b, rate = _ends(pair)
    length_ms = round(1000 * min(_overlap_sec(pair.a), a.shape[1] / rate, b.shape[1] / rate))

    def segment(samples: Samples) -> Any:
        pcm = np.clip(np.round(samples.T * 32767), -32768, 32767).astype("<i2")
        return AudioSegment(pcm.tobytes(), frame_rate=rate, sample_width=2, channels=2)

    def back(sound: Any) -> Samples:
        flat = np.asarray(sound.get_array_of_samples(), dtype=np.float32) / 32768
        return np.ascontiguousarray(flat.reshape(-1, 2).T)

    joined = segment(a).append(segment(b), crossfade=length_ms)
    mix = back(joined)
    cpu_sec = time.process_time() - started
    start = a.shape[1] / rate - length_ms / 1000
    # The same fades on each track alone, for the judge.
    still_a = segment(np.zeros_like(a)).append(segment(b), crossfade=length_ms)
    stem_b = back(still_a)[:, : mix.shape[1]]
    return Mix(
        mix,
        rate,
        start,
        start + length_ms / 1000,
        lambda sec: np.where(sec >= tail, sec - tail, np.nan),
        lambda sec: sec + start,
        cpu_sec,
        stems=(mix - stem_b, stem_b),
    )


def by_librosa(pair: Pair, folder: Path) -> Mix:
    """Track beats with librosa, stretch B to A's tempo, meet on a beat, fade with equal power."""
    started = time.process_time()
    a, tail, b, rate = _ends(pair)
    tempo_a, beats_a = _beats(a, rate)
    tempo_b, beats_b = _beats(b, rate)
    ratio = tempo_a / tempo_b
    while ratio > 1.5:
        ratio /= 2
    while ratio < 0.67:
        ratio *= 2
    needed = min(b.shape[1], round((_overlap_sec(pair.a) + 25.0) * ratio * rate))
    stretched = librosa.effects.time_stretch(b[:, :needed], rate=ratio)
    length = _overlap_sec(pair.a)
    late = [beat for beat in beats_a if beat <= a.shape[1] / rate - length]
    start = late[-1] if late else 0.0
    first = float(beats_b[0]) / ratio if len(beats_b) else 0.0
    skip, at = round(first * rate), round(start * rate)
    count = min(round(length * rate), a.shape[1] - at, stretched.shape[1] - skip)
    fade = np.linspace(0.0, np.pi / 2, count, dtype=np.float32)
    total = at + stretched.shape[1] - skip
    stem_a, stem_b = (np.zeros((2, total), dtype=np.float32) for _ in range(2))
    stem_a[:, : at + count] = a[:, : at + count]
    stem_a[:, at : at + count] *= np.cos(fade)
    stem_b[:, at:] = stretched[:, skip:]
    stem_b[:, at : at + count] *= np.sin(fade)
    mix = stem_a + stem_b
    cpu_sec = time.process_time() - started
    return Mix(
        mix,
        rate,
        start,
        start + count / rate,
        lambda sec: np.where(sec >= tail, sec - tail, np.nan),
        lambda sec: start + sec / ratio - first,
        cpu_sec,
        stems=(stem_a, stem_b),
    )


def _beats(samples: Samples, rate: int) -> tuple[float, np.ndarray]:
    tempo, beats = librosa.beat.beat_track(y=samples.mean(axis=0), sr=rate, units="time")
    return float(np.atleast_1d(tempo)[0]) or 120.0, np.asarray(beats)


Maker = Callable[[Pair, Path], Mix]
MAKERS: dict[str, Maker] = {
    "Segue": by_segue,
    "pydub crossfade": by_crossfade,
    "librosa": by_librosa,
}
