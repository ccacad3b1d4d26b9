"""The beat grid: samples in, beats and bars with a confidence out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.attacks import Attacks, find_attacks
from analysis.rhythm.beatwise import features_by_beat
from analysis.rhythm.changes import Changes, find_changes
from analysis.rhythm.confidence import confidence, grid_evidence, moving_evidence
from analysis.rhythm.downbeats import find_downbeat
from analysis.rhythm.drift import follow, map_from_path, tempo_path, warp
from analysis.rhythm.hypotheses import (
    Hypothesis,
    all_hypotheses,
    best_hypothesis,
    describe_changes,
)
from analysis.rhythm.islands import join_islands
from analysis.rhythm.onsets import OnsetCurves, measure_curves
from analysis.rhythm.pulse import TimeMap, accents, even_pulse, raw_pulse
from analysis.rhythm.refine import refine_moving, refine_steady
from analysis.rhythm.tempo import comb

Floats = NDArray[np.floating]

EARLY_BEAT_SEC = 0.0015
"""A beat found this little before the first sample is the first sample; one found earlier is
outside the track, and moving it in would shift every grid drawn from it."""

SHORTEST_SEC = 4.0
"""Less than two bars of music show no beat that could be trusted."""

MOVING_GAIN = 1.5
"""A grid that follows the tempo must explain half as much again as one that does not: steady
music gains under 1.15 (measured), drifting and stepping music more than 2."""

LEAST_BEATS = 8
"""Two bars."""

_PATH_SPACING_SEC = 0.25
_DRIFT_STRETCH_BEATS = 16


@dataclass(frozen=True, eq=False)
class GridResult:
    """A beat grid.

    Attributes
    ----------
    bpm
        Global tempo; None where no beat was found.
    beat_times_sec
        Every beat from the first at or after 0 to the end, shape (beats,).
    first_downbeat
        Index of the first bar 1 among the beats.
    beats_per_bar
        4 or 3.
    constant
        Whether one tempo holds throughout.
    confidence
        Probability, 0–1, that the beats are right.
    downbeat_confidence
        Probability, 0–1, that bar 1 is right, given right beats.
    segments
        (start_sec, bpm) of each stretch of steady tempo; one for a constant grid.
    evidence
        What ``confidence`` rests on, in the order of ``analysis.rhythm.confidence``.
    """

    bpm: float | None
    beat_times_sec: NDArray[np.float64]
    first_downbeat: int = 0
    beats_per_bar: int = 4
    constant: bool = True
    confidence: float = 0.0
    downbeat_confidence: float = 0.0
    segments: list[tuple[float, float]] = field(default_factory=list)
    evidence: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def downbeat_times_sec(self) -> NDArray[np.float64]:
        """Time of every bar 1, shape (bars,)."""
        return self.beat_times_sec[self.first_downbeat :: self.beats_per_bar]


@dataclass(frozen=True, eq=False)
class Pulse:
    """The track's steadiest pulse, at whatever metrical level.

    Attributes
    ----------
    beats
        Where its strokes are.
    constant
        Whether one tempo holds.
    strength
        Share of onset energy in the pulse's comb.
    contrast
        The same relative to the median over all tempi.
    """

    beats: TimeMap
    constant: bool
    strength: float
    contrast: float


def find_grid(samples: Floats, sample_rate: int) -> GridResult:
    """Find the beat grid of a track.

    Parameters
    ----------
    samples
        Mono samples, shape (n,).
    sample_rate
        In Hz.
    """
    return find_grid_in(measure_curves(samples, sample_rate))


def find_grid_in(curves: OnsetCurves, attacks: Attacks | None = None) -> GridResult:
    """Find the beat grid from onset curves, and attack curves where they are there already."""
    candidates = find_candidates(curves, attacks)
    if candidates is None:
        return GridResult(None, np.zeros(0))
    return settle(candidates, *best_hypothesis(candidates.options))


@dataclass(frozen=True, eq=False)
class Candidates:
    """A track's pulse and all ways of counting it.

    Attributes
    ----------
    curves, attacks
        What was heard.
    raw
        Pulse curves with loud and soft parts as they are, shape (bands, frames).
    pulse
        The steadiest pulse.
    changes
        Where the music changes.
    options
        Every level and phase worth considering, at least one.
    """

    curves: OnsetCurves
    attacks: Attacks
    raw: NDArray[np.float32]
    pulse: Pulse
    changes: tuple[Changes, ...]
    options: list[Hypothesis]


def find_candidates(curves: OnsetCurves, attacks: Attacks | None = None) -> Candidates | None:
    """Return all ways of counting a track, or None where there is no pulse to count."""
    if curves.duration_sec < SHORTEST_SEC or float(curves.flux.max(initial=0.0)) <= 0.0:
        return None
    onsets = even_pulse(curves)
    attacks = find_attacks(curves) if attacks is None else attacks
    raw = raw_pulse(curves)
    pulse = find_pulse(onsets, raw, curves.hop_sec, curves.duration_sec)
    changes = find_changes(curves, pulse.beats)
    options = all_hypotheses(
        onsets,
        accents(curves),
        curves.hop_sec,
        attacks,
        changes,
        pulse.beats,
        curves.duration_sec,
    )
    return Candidates(curves, attacks, raw, pulse, changes, options) if options else None


def settle(candidates: Candidates, chosen: Hypothesis, probability: float) -> GridResult:
    """Return the grid of one hypothesis, to the millisecond, with its bars and confidence.

    Parameters
    ----------
    candidates
        What was heard.
    chosen
        One of its options.
    probability
        That it is the right one of them.
    """
    curves, pulse = candidates.curves, candidates.pulse
    duration = curves.duration_sec
    beats, segments, curve = _refine(candidates.attacks, chosen.beats, pulse.constant, duration)
    times = beats.beat_times
    times = times[(times >= -EARLY_BEAT_SEC) & (times < duration)]
    times = np.maximum(times, 0.0)
    if len(times) < LEAST_BEATS:
        return GridResult(None, np.zeros(0))
    _, clear = describe_changes(candidates.changes, TimeMap(times))
    first, sure = find_downbeat(features_by_beat(curves, times), clear)
    moving = (0.0, 0.0, 0.0, 0.0)
    if not pulse.constant:
        moving = moving_evidence(
            candidates.attacks, candidates.raw, curves.hop_sec, beats, curve=curve
        )
    evidence = grid_evidence(
        candidates.attacks,
        beats,
        duration,
        pulse.contrast,
        pulse.strength,
        probability,
        moving,
    )
    span = float(beats.beat_times[-1] - beats.beat_times[0])
    return GridResult(
        bpm=60.0 * (len(beats.beat_times) - 1) / span,
        beat_times_sec=times,
        first_downbeat=first,
        constant=pulse.constant,
        confidence=confidence(evidence),
        evidence=evidence,
        downbeat_confidence=sure,
        segments=segments,
    )


def find_pulse(onsets: Floats, raw: Floats, hop_sec: float, duration_sec: float) -> Pulse:
    """Find the steadiest pulse, of one tempo if that explains the onsets, else following them.

    Parameters
    ----------
    onsets
        Pulse curves of even level, shape (bands, frames).
    raw
        The same with loud and soft parts as they are: where the tempo moves, a breakdown's
        chords must not outvote the drums around it.
    hop_sec
        Seconds a frame.
    duration_sec
        Length of the track.
    """
    steady = comb(onsets, hop_sec).best()
    times, path = tempo_path(raw, hop_sec)
    base = map_from_path(times, path, duration_sec, _PATH_SPACING_SEC)
    if np.ptp(path) > 0:
        rough = comb(warp(onsets, hop_sec, base, _PATH_SPACING_SEC), hop_sec).best()
        beats = base.relevel(_PATH_SPACING_SEC * rough.bpm / 60.0, 0.0, duration_sec)
        for _ in range(2):
            beats, _ = follow(raw, hop_sec, beats)
        # Islands counted alike make a sharper pattern, and that another look at where they lie.
        beats, _ = follow(raw, hop_sec, join_islands(raw, hop_sec, beats, duration_sec))
        beats = join_islands(raw, hop_sec, beats, duration_sec)
        near = comb(
            warp(onsets, hop_sec, beats, 60.0 / rough.bpm),
            hop_sec,
            rough.bpm - 1.0,
            rough.bpm + 1.0,
        ).best()
        if near.strength > MOVING_GAIN * steady.strength:
            return Pulse(beats, False, near.strength, near.strength / steady.floor)
    period = 60.0 / steady.bpm
    return Pulse(
        TimeMap.steady(period, 0.0, duration_sec),
        True,
        steady.strength,
        steady.strength / steady.floor,
    )


def _refine(
    attacks: Attacks, beats: TimeMap, constant: bool, duration_sec: float
) -> tuple[TimeMap, list[tuple[float, float]], bool]:
    """Return the beats to the millisecond, the stretches of steady tempo, and whether it drifts."""
    if constant:
        fitted = refine_steady(attacks, beats, duration_sec)
        times = fitted.beat_times
        start = float(times[times >= -EARLY_BEAT_SEC][0])
        return fitted, [(max(0.0, start), 60.0 / float(times[1] - times[0]))], False
    fitted, corners = refine_moving(attacks, beats)
    times = fitted.beat_times
    curve = not corners
    if curve:
        corners = list(range(0, len(times) - 1, _DRIFT_STRETCH_BEATS))
    ends = [*corners[1:], len(times) - 1]
    segments = [
        (max(0.0, float(times[a])), 60.0 * (b - a) / float(times[b] - times[a]))
        for a, b in zip(corners, ends, strict=True)
    ]
    return fitted, segments, curve
