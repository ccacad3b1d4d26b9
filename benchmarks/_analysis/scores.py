"""From truth and answers to scores: one track at a time, then one engine over all tracks.

Conventions
-----------
Beat scores are mir_eval's with its defaults: the first five seconds are left out, a hit is within
70 ms. Offsets are of hits alone; misses are what F counts. A score is None where the truth or the
engine is silent, and then takes no part in any mean.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import mir_eval
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks._analysis.engines import Answer
from benchmarks._analysis.tracks import Track
from benchmarks._analysis.workers import Run

FINE_BPM = 0.02
"""An error that a DJ begins to hear over a long track."""
COARSE_BPM = 0.05
ACC_SHARE = 0.04
"""Tolerance of Acc1 and Acc2 (Gouyon et al. 2006)."""
ACC2_RATIOS = (1.0, 2.0, 3.0, 1.0 / 2.0, 1.0 / 3.0)
HIT_SEC = 0.07
"""mir_eval's window for beats."""
RIGHT_F = 0.95
"""A grid with this beat F is right."""
SURE = 0.8
"""Confidence from which a grid is trusted unseen."""
BEATS_PER_BAR = 4


@dataclass(frozen=True)
class Score:
    """How one answer compares with the truth; None where there is nothing to compare."""

    tempo_error_bpm: float | None = None
    tempo_fine: float | None = None
    tempo_coarse: float | None = None
    acc1: float | None = None
    acc2: float | None = None
    beat_f: float | None = None
    cmlt: float | None = None
    amlt: float | None = None
    downbeat_f: float | None = None
    offsets_ms: tuple[float, ...] = field(default=(), repr=False)
    """Estimate minus truth of every beat that was hit."""
    key_weighted: float | None = None
    key_exact: float | None = None
    boundary_f: float | None = None
    drop_f: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a plain form, with the median offset in place of all offsets."""
        plain = {name: value for name, value in vars(self).items() if name != "offsets_ms"}
        median = float(np.median(self.offsets_ms)) if self.offsets_ms else None
        return plain | {"offset_median_ms": median}


def score_track(track: Track, answer: Answer) -> Score:
    """Compare one answer with the truth."""
    return Score(
        **_tempo_scores(track, answer),
        **_beat_scores(track.beats, answer.beats),
        downbeat_f=_beat_f(track.downbeats, answer.downbeats),
        **_key_scores(track.key, answer.key),
        boundary_f=_places_f(track.boundaries, answer.boundaries, _bar_sec(track)),
        drop_f=_places_f(track.drops, answer.drops, _bar_sec(track)),
    )


def _tempo_scores(track: Track, answer: Answer) -> dict[str, Any]:
    """Compare tempos where there is one: not on tracks that drift or change."""
    bpm = answer.bpm
    if track.bpm is None or not track.constant_tempo or (bpm is None and answer.beats is None):
        return {}
    if bpm is None:
        return {"tempo_fine": 0.0, "tempo_coarse": 0.0, "acc1": 0.0, "acc2": 0.0}
    error = bpm - track.bpm

    def near(ratio: float) -> bool:
        target = ratio * float(track.bpm or 0.0)
        return abs(bpm - target) <= ACC_SHARE * target

    return {
        "tempo_error_bpm": error,
        "tempo_fine": float(abs(error) <= FINE_BPM),
        "tempo_coarse": float(abs(error) <= COARSE_BPM),
        "acc1": float(near(1.0)),
        "acc2": float(any(near(ratio) for ratio in ACC2_RATIOS)),
    }


def _beat_scores(truth: Sequence[float] | None, beats: Sequence[float] | None) -> dict[str, Any]:
    if truth is None or beats is None:
        return {}
    reference, estimate = _trimmed(truth), _trimmed(beats)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an empty estimate scores 0, and that says enough
        _, cmlt, _, amlt = mir_eval.beat.continuity(reference, estimate)
    return {
        "beat_f": _beat_f(truth, beats),
        "cmlt": float(cmlt),
        "amlt": float(amlt),
        "offsets_ms": tuple(1000.0 * _offsets_sec(reference, estimate)),
    }


def _beat_f(truth: Sequence[float] | None, beats: Sequence[float] | None) -> float | None:
    if truth is None or beats is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(mir_eval.beat.f_measure(_trimmed(truth), _trimmed(beats), HIT_SEC))


def _trimmed(times: Sequence[float]) -> NDArray[np.float64]:
    trimmed: NDArray[np.float64] = mir_eval.beat.trim_beats(np.asarray(times, dtype=np.float64))
    return trimmed


def _offsets_sec(
    reference: NDArray[np.float64], estimate: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return estimate minus truth of each true beat that an estimate hits."""
    if not len(reference) or not len(estimate):
        return np.zeros(0)
    after = np.clip(np.searchsorted(estimate, reference), 1, max(len(estimate) - 1, 1))
    before_sec = estimate[after - 1] - reference
    after_sec = estimate[np.minimum(after, len(estimate) - 1)] - reference
    nearest = np.where(np.abs(before_sec) <= np.abs(after_sec), before_sec, after_sec)
    return np.asarray(nearest[np.abs(nearest) <= HIT_SEC])


def _key_scores(truth: str | None, key: str | None) -> dict[str, Any]:
    """Score a key as MIREX does since 2017: fifths either way count half."""
    if truth is None or key is None:
        return {}
    if not key:
        return {"key_weighted": 0.0, "key_exact": 0.0}
    # mir_eval counts a fifth up alone; asked the other way round as well it counts both.
    weighted = max(
        float(mir_eval.key.weighted_score(truth, key)),
        float(mir_eval.key.weighted_score(key, truth)),
    )
    return {"key_weighted": weighted, "key_exact": float(weighted == 1.0)}


def _bar_sec(track: Track) -> float:
    return BEATS_PER_BAR * 60.0 / track.bpm if track.bpm else 0.0


def _places_f(
    truth: Sequence[float] | None, places: Sequence[float] | None, window_sec: float
) -> float | None:
    """Return the F-measure of places matched one to one within a window."""
    if truth is None or places is None or not window_sec or not (truth or places):
        return None
    if not truth or not places:
        return 0.0
    hits = mir_eval.util.match_events(np.asarray(truth), np.asarray(places), window_sec)
    return 2.0 * len(hits) / (len(truth) + len(places))


@dataclass(frozen=True)
class Scored:
    """One engine's run on one track, scored where it answered."""

    track: Track
    run: Run
    score: Score | None

    @property
    def is_right(self) -> bool | None:
        """Whether the grid is right; None where that is not known."""
        if self.score is None or self.score.beat_f is None:
            return None
        return self.score.beat_f >= RIGHT_F


def score_run(track: Track, run: Run) -> Scored:
    """Score a run."""
    return Scored(track, run, None if run.answer is None else score_track(track, run.answer))


@dataclass(frozen=True)
class Row:
    """One line of the table: its name in JSON, its words, and how it is printed."""

    name: str
    label: str
    form: str
    """``share`` (0–1, printed in per cent), ``f`` (0–1), ``ms``, ``sec``, ``times``, ``count``."""
    part: str
    """Rows of one part stand together."""


Group = Callable[[Scored], bool]


def is_steady(scored: Scored) -> bool:
    """Constant tempo, with drums: what most dance music is."""
    return scored.track.constant_tempo and scored.track.has_drums


def is_drifting(scored: Scored) -> bool:
    """Tempo drifts or changes."""
    return not scored.track.constant_tempo


def is_drumless(scored: Scored) -> bool:
    """Constant tempo, but no kick in the whole track."""
    return scored.track.constant_tempo and not scored.track.has_drums


ROWS = (
    Row("tempo_fine", f"tempo within {FINE_BPM} BPM", "share", "tempo"),
    Row("tempo_coarse", f"tempo within {COARSE_BPM} BPM", "share", "tempo"),
    Row("acc1", "tempo, Acc1 (4 %)", "share", "tempo"),
    Row("acc2", "tempo, Acc2 (any octave)", "share", "tempo"),
    Row("beat_f", "beat F", "f", "beats"),
    Row("cmlt", "beat CMLt", "f", "beats"),
    Row("amlt", "beat AMLt", "f", "beats"),
    Row("offset_median_ms", "beat offset (absolute), median", "ms", "beats"),
    Row("offset_p95_ms", "beat offset (absolute), p95", "ms", "beats"),
    Row("downbeat_f", "downbeat F", "f", "bars"),
    Row("drifting_beat_f", "drifting: beat F", "f", "odd tracks"),
    Row("drifting_downbeat_f", "drifting: downbeat F", "f", "odd tracks"),
    Row("drumless_beat_f", "drumless: beat F", "f", "odd tracks"),
    Row("key_exact", "key exact", "share", "key"),
    Row("key_weighted", "key weighted", "f", "key"),
    Row("boundary_f", "boundaries within 1 bar, F", "f", "structure"),
    Row("drop_f", "drops within 1 bar, F", "f", "structure"),
    Row("sure_share", f"grids given confidence ≥ {SURE}", "share", "confidence"),
    Row("sure_right", f"of these right (F ≥ {RIGHT_F})", "share", "confidence"),
    Row("confidence_auc", "confidence, AUC", "f", "confidence"),
    Row("cpu_sec", "CPU seconds a track", "sec", "cost"),
    Row("cpu_times", "CPU, MusicExtractor = 1", "times", "cost"),
    Row("peak_mb", "peak memory, MB", "count", "cost"),
    Row("failed", "tracks without an answer", "count", "cost"),
)

_STEADY = (
    "tempo_fine", "tempo_coarse", "acc1", "acc2", "beat_f", "cmlt", "amlt", "downbeat_f",
)  # fmt: skip
_ALL = ("key_exact", "key_weighted", "boundary_f", "drop_f")


def summarise(results: Iterable[Scored]) -> dict[str, float | None]:
    """Return one engine's value in each row."""
    results = list(results)
    steady = [one for one in results if is_steady(one)]
    values = {name: _mean_score(steady, name) for name in _STEADY}
    values |= {name: _mean_score(results, name) for name in _ALL}
    drifting = [one for one in results if is_drifting(one)]
    values["drifting_beat_f"] = _mean_score(drifting, "beat_f")
    values["drifting_downbeat_f"] = _mean_score(drifting, "downbeat_f")
    values["drumless_beat_f"] = _mean_score([r for r in results if is_drumless(r)], "beat_f")
    return values | _offsets(steady) | _confidence(results) | _costs(results)


def _mean_score(results: Sequence[Scored], name: str) -> float | None:
    return _mean(getattr(one.score, name) for one in results if one.score is not None)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _offsets(results: Sequence[Scored]) -> dict[str, float | None]:
    """Return median and 95th percentile over all beats of all tracks, in ms."""
    parts = [one.score.offsets_ms for one in results if one.score is not None]
    pooled = np.abs(np.concatenate([np.asarray(part) for part in parts] or [np.zeros(0)]))
    if not len(pooled):
        return {"offset_median_ms": None, "offset_p95_ms": None}
    return {
        "offset_median_ms": float(np.median(pooled)),
        "offset_p95_ms": float(np.percentile(pooled, 95)),
    }


def _confidence(results: Sequence[Scored]) -> dict[str, float | None]:
    """Return what confidence is worth, over tracks of every kind."""
    judged = [
        (one.run.answer.confidence, one.is_right)
        for one in results
        if one.run.answer is not None
        and one.run.answer.confidence is not None
        and one.is_right is not None
    ]
    sure = [right for confidence, right in judged if confidence >= SURE]
    rights = [right for _, right in judged]
    both = len(set(rights)) == 2
    return {
        "sure_share": len(sure) / len(judged) if judged else None,
        "sure_right": float(np.mean(sure)) if sure else None,
        "confidence_auc": float(roc_auc_score(rights, [c for c, _ in judged])) if both else None,
    }


def _costs(results: Sequence[Scored]) -> dict[str, float | None]:
    """Return mean CPU time, its ratio to the yardstick on the same tracks, and highest peak."""
    timed = [
        (one.run.cpu_sec, one.run.yardstick_cpu_sec)
        for one in results
        if one.run.cpu_sec is not None and one.run.yardstick_cpu_sec
    ]
    peaks = [one.run.peak_mb for one in results if one.run.peak_mb is not None]
    return {
        "cpu_sec": _mean(one.run.cpu_sec for one in results),
        "cpu_times": sum(own for own, _ in timed) / sum(by for _, by in timed) if timed else None,
        "peak_mb": max(peaks) if peaks else None,
        "failed": float(sum(one.run.answer is None for one in results)),
    }
