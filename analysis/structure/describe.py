"""The structure family of the report."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.report import Phrase, Rhythm, Section, Structure, VocalActivity
from analysis.rhythm.onsets import OnsetCurves, measure_curves
from analysis.structure.label import ROW_FEATURES, label_parts, row_features
from analysis.structure.mixpoints import mix_in, mix_out
from analysis.structure.parts import Parts, cut_parts

SILENCE_DB = -60.0
"""Below this, relative to full scale, a track has not begun or is over (Mixxx's cue rule)."""

ROW_SEC = 2.0
"""Without a grid the track is described every two seconds, about a bar."""

MIN_ROWS = 8
"""Shorter music has no parts worth naming."""

DRUMS_SHARE = 0.4
"""A phrase whose low onsets reach this share of the loud bars' has a beat to mix by."""

SHORTEST_ROW_SEC = 0.05
"""A bar cut off sooner than this by the end of the track is none."""


def describe_structure(
    audio: Audio,
    rhythm: Rhythm,
    curves: OnsetCurves | None = None,
    vocal: VocalActivity | None = None,
) -> Structure:
    """Describe sections, phrases, drops and mix points.

    Parameters
    ----------
    audio
        The track.
    rhythm
        Its rhythm; bars are its downbeats. Without any, sections are cut by time alone and
        there are no phrases and no mix points.
    curves
        Onset curves where they have been measured already.
    vocal
        Where somebody sings: it tells verses from drops, and mix points keep clear of it.
    """
    heard = measure_curves(audio.mono, audio.sample_rate) if curves is None else curves
    before, after = _silence(audio)
    structure = Structure(silence_before_sec=before, silence_after_sec=after)
    bars = np.asarray(rhythm.downbeat_times_sec, dtype=np.float64)
    gridded = len(bars) >= MIN_ROWS
    if gridded:
        starts = bars[bars < audio.duration_sec - SHORTEST_ROW_SEC]
    else:
        starts = np.arange(0.0, audio.duration_sec, ROW_SEC)
    if len(starts) < MIN_ROWS:
        return structure
    parts = cut_parts(heard, starts, gridded, vocal)
    structure.sections = _sections(parts, starts, audio.duration_sec)
    structure.drops = [s.start_sec for s in structure.sections if s.label == "drop"]
    if gridded:
        structure.phrases = _phrases(starts, parts.cuts)
        kick = row_features(parts.rows)[:, ROW_FEATURES.index("kick")]
        drums = [bool(share > DRUMS_SHARE) for share in parts.means(kick)]
        structure.mix_in_sec = mix_in(structure.phrases, drums)
        structure.mix_out_sec = mix_out(
            structure.phrases, structure.sections, structure.mix_in_sec, vocal
        )
    return structure


def _sections(parts: Parts, starts: NDArray[np.float64], duration_sec: float) -> list[Section]:
    labels, energy = label_parts(parts)
    cuts, ends = parts.cuts, parts.ends
    sections: list[Section] = []
    first = 0
    for label, group in itertools.groupby(range(len(cuts)), key=lambda part: labels[part]):
        members = list(group)
        weights = [ends[part] - cuts[part] for part in members]
        end = ends[members[-1]]
        sections.append(
            Section(
                start_sec=float(starts[first]) if first else 0.0,
                end_sec=float(starts[end]) if end < len(starts) else duration_sec,
                label=label,
                energy=round(float(np.average(energy[members], weights=weights))),
            )
        )
        first = end
    return sections


def _phrases(starts: NDArray[np.float64], cuts: list[int]) -> list[Phrase]:
    return [
        Phrase(start_sec=float(starts[line]), bars=end - line)
        for line, end in itertools.pairwise([*cuts, len(starts)])
    ]


def _silence(audio: Audio) -> tuple[float, float]:
    """Return seconds of silence before and after the music."""
    threshold = 10 ** (SILENCE_DB / 20)
    samples, rate = audio.mono, audio.sample_rate
    # Block by block from either end: a long mix is not copied to find its first sound.
    first = None
    for start in range(0, len(samples), rate):
        loud = np.flatnonzero(np.abs(samples[start : start + rate]) > threshold)
        if len(loud):
            first = start + int(loud[0])
            break
    if first is None:
        return audio.duration_sec, 0.0
    end = len(samples)
    while end > 0:
        start = max(0, end - rate)
        loud = np.flatnonzero(np.abs(samples[start:end]) > threshold)
        if len(loud):
            return first / rate, (len(samples) - start - int(loud[-1]) - 1) / rate
        end = start
    return first / rate, 0.0
