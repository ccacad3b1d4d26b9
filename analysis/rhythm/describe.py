"""The rhythm family of the report."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.report import BeatGrid, GridSegment, Rhythm, Stats, Swing
from analysis.rhythm.attacks import find_attacks
from analysis.rhythm.beat_this_engine import beat_this_beats
from analysis.rhythm.grid import find_grid_in
from analysis.rhythm.groove import competing_pulses, groove_confidence
from analysis.rhythm.madmom_engine import madmom_downbeats
from analysis.rhythm.onsets import OnsetCurves, measure_curves
from analysis.rhythm.pulse import TimeMap, raw_pulse
from analysis.rhythm.swing import local_tempi, measure_feel

DANCEABILITY_CENTRE_BPM = 120.0
DANCEABILITY_SPREAD_BPM = 30.0
"""σ of the seed's Gaussian, which it leaves open: 90 and 150 BPM still score 0.6 of the peak."""


def describe_rhythm(
    audio: Audio,
    curves: OnsetCurves | None = None,
    *,
    max_array_points: int = 512,
    disable_madmom: bool = False,
) -> Rhythm:
    """Describe tempo, beats, bars and feel.

    Parameters
    ----------
    audio
        The track.
    curves
        Its onset curves where they have been measured already (structure reads them too).
    max_array_points
        The onset curve is shortened to at most this many points; beats never are.
    disable_madmom
        Do not run madmom even where it is installed.
    """
    heard = measure_curves(audio.mono, audio.sample_rate) if curves is None else curves
    attacks = find_attacks(heard)
    grid = find_grid_in(heard, attacks)
    raw = raw_pulse(heard)
    rhythm = Rhythm(
        tempo_bpm_global=grid.bpm,
        onset_curve_summary=summarise_curve(heard.total, heard.hop_sec, max_array_points),
        danceability_score=danceability(grid.bpm, heard.total),
        polyrhythm_candidates=[dict(one) for one in competing_pulses(raw, heard.hop_sec)],
        madmom_downbeat=madmom_downbeats(audio, disabled=disable_madmom),
        beat_this=beat_this_beats(audio),
    )
    if grid.bpm is None:
        return rhythm
    rhythm.beat_times_sec = [float(t) for t in grid.beat_times_sec]
    rhythm.downbeat_times_sec = [float(t) for t in grid.downbeat_times_sec]
    rhythm.beat_grid = BeatGrid(
        bpm=grid.bpm,
        first_beat_sec=float(grid.beat_times_sec[0]),
        first_downbeat_sec=float(grid.downbeat_times_sec[0]),
        beats_per_bar=grid.beats_per_bar,
        constant=grid.constant,
        confidence=grid.confidence,
        downbeat_confidence=grid.downbeat_confidence,
        segments=[GridSegment(start_sec=start, bpm=bpm) for start, bpm in grid.segments],
    )
    beats = TimeMap(grid.beat_times_sec)
    feel = measure_feel(attacks, beats)
    rhythm.swing_analysis = Swing(
        swing_ratio=feel.swing_ratio, micro_timing_std=feel.micro_timing_sec
    )
    rhythm.tempo_variation_bpm = _stats(local_tempi(attacks, beats))
    rhythm.groove_confidence = groove_confidence(raw, heard.hop_sec, beats)
    return rhythm


def _stats(values: NDArray[np.float64]) -> Stats:
    if len(values) == 0:
        return Stats()
    return Stats(
        mean=float(values.mean()),
        std=float(values.std()),
        min=float(values.min()),
        max=float(values.max()),
    )


def danceability(bpm: float | None, onset_strength: NDArray[np.floating]) -> float:
    """Return 0.6·exp(−(BPM−120)²/2σ²) + 0.4·std(onset strength / its maximum), within 0–1."""
    peak = float(onset_strength.max(initial=0.0))
    variability = float(np.std(onset_strength / peak)) if peak > 0 else 0.0
    tempo = 0.0
    if bpm is not None:
        away = (bpm - DANCEABILITY_CENTRE_BPM) / DANCEABILITY_SPREAD_BPM
        tempo = math.exp(-0.5 * away * away)
    return min(1.0, 0.6 * tempo + 0.4 * variability)


def summarise_curve(curve: NDArray[np.floating], hop_sec: float, max_points: int) -> dict[str, Any]:
    """Return mean, std, max, hop and at most ``max_points`` points (means of equal stretches)."""
    if len(curve) == 0:
        return {"mean": None, "std": None, "max": None, "hop_sec": hop_sec, "curve": []}
    stride = max(1, math.ceil(len(curve) / max(1, max_points)))
    starts = np.arange(0, len(curve), stride)
    widths = np.diff(np.append(starts, len(curve)))
    points = np.add.reduceat(curve.astype(np.float64), starts) / widths
    return {
        "mean": float(curve.mean()),
        "std": float(curve.std()),
        "max": float(curve.max()),
        "hop_sec": hop_sec * stride,
        "curve": [round(float(value), 4) for value in points],
    }
