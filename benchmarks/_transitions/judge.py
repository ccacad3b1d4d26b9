"""Figures of one transition, the same way whoever made it: from its audio and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.loudness import true_peak_dbtp
from benchmarks._transitions.mixes import Mix
from benchmarks._transitions.pairs import Pair
from mixing import levels
from mixing.kicks import find_kicks, onset_curve, pair_lags, usual_body
from mixing.measure import bass_envelope, bass_overlap_sec

SURE_GRID = 0.8
KICKS_MS = 5.0
DRIFT_MS = 2.0
BAR_SEC = 0.05
"""Downbeats this near each other are one bar line."""
PHRASE_BEATS = 0.5
"""A transition that begins within half a beat of a phrase begins with it."""
STEP_LU = 2.0
PEAK_DBTP = -0.95
"""−1 dBTP, with what a last rounding may add."""


@dataclass(frozen=True)
class Score:
    """What was found; None where it does not apply.

    Parameters
    ----------
    sure
        Both grids have a confidence of 0.8 or more.
    kick_ms, drift_ms
        From the kicks in the rendered audio.
    beat_ms
        Median distance of B's true beats from A's.
    bars_aligned, phrase_aligned
        Whether B's bar lines lie on A's, and whether the transition begins on a phrase of both.
    loudness_step_lu, bass_bars, true_peak_dbtp
        As in ``plan.json``, the bass in bars.
    cpu_share
        CPU seconds a second of audio.
    """

    kind: str
    names: str
    sure: bool
    blend: bool
    kick_ms: float | None
    drift_ms: float | None
    beat_ms: float | None
    bars_aligned: bool | None
    phrase_aligned: bool | None
    loudness_step_lu: float | None
    bass_bars: float | None
    true_peak_dbtp: float
    cpu_share: float


def judge(pair: Pair, mix: Mix) -> Score:
    """Score one transition."""
    grids = [side.report.analysis.rhythm.beat_grid for side in (pair.a, pair.b)]
    bar_sec = (mix.end_sec - mix.start_sec) / 16 if mix.plan is None else _bar_sec(mix)
    kick_ms, drift_ms = _kicks(pair, mix)
    overlap = levels.Overlap(mix.start_sec, mix.end_sec, bar_sec)
    step = None
    if mix.blend and (mix.plan is None or mix.plan.style != "drop_swap"):
        step = levels.loudness_step_lu(levels.step_energies(mix.samples, mix.rate), overlap)
    return Score(
        kind=pair.kind,
        names=f"{pair.a.path.stem} → {pair.b.path.stem}",
        sure=all(grid is not None and grid.confidence >= SURE_GRID for grid in grids),
        blend=mix.blend,
        kick_ms=kick_ms,
        drift_ms=drift_ms,
        beat_ms=_beat_ms(pair, mix),
        bars_aligned=_bars_aligned(pair, mix),
        phrase_aligned=_phrase_aligned(pair, mix),
        loudness_step_lu=step,
        bass_bars=_bass_bars(mix, bar_sec),
        true_peak_dbtp=float(true_peak_dbtp(mix.samples) or -120.0),
        cpu_share=mix.cpu_sec / (mix.samples.shape[1] / mix.rate),
    )


def _bar_sec(mix: Mix) -> float:
    assert mix.plan is not None
    return (mix.end_sec - mix.start_sec) / max(mix.plan.bars, 1)


def _heard(mix: Mix, times: np.ndarray) -> np.ndarray:
    """Return the times that fall into the overlap, ascending."""
    return np.sort(times[(times >= mix.start_sec - 1e-3) & (times < mix.end_sec - 1e-3)])


def _nearest_ms(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    return 1e3 * np.abs(these[:, None] - those[None, :]).min(axis=1)


def _beat_ms(pair: Pair, mix: Mix) -> float | None:
    """Return how far A's beats are from B's (half-time pairs: from the nearest of B's)."""
    if not mix.blend:
        return None
    a = _heard(mix, mix.place_a(pair.a.times("beats")))
    b = _heard(mix, mix.place_b(pair.b.times("beats")))
    if len(a) < 4 or len(b) < 4:
        return None
    fewer, more = (a, b) if len(a) <= len(b) else (b, a)
    return float(np.median(_nearest_ms(fewer, more)))


def _bars_aligned(pair: Pair, mix: Mix) -> bool | None:
    if not mix.blend:
        return None
    a = _heard(mix, mix.place_a(pair.a.times("downbeats")))
    b = _heard(mix, mix.place_b(pair.b.times("downbeats")))
    if len(a) < 2 or len(b) < 2:
        return None
    fewer, more = (a, b) if len(a) <= len(b) else (b, a)
    return bool(np.median(_nearest_ms(fewer, more)) <= 1e3 * BAR_SEC)


def _phrase_aligned(pair: Pair, mix: Mix) -> bool | None:
    """Return whether the first moment of the overlap is the start of a phrase in both tracks."""
    moment = np.array([mix.start_sec if mix.blend else mix.end_sec])
    for side, place in ((pair.a, mix.place_a), (pair.b, mix.place_b)):
        if not len(side.phrases_sec):
            return None
        beat_sec = 60.0 / side.bpm
        starts = place(side.phrases_sec)
        starts = starts[np.isfinite(starts)]
        if not len(starts) or _nearest_ms(moment, starts)[0] > 1e3 * PHRASE_BEATS * beat_sec:
            return False
    return True


def _kicks(pair: Pair, mix: Mix) -> tuple[float | None, float | None]:
    """Return p95 and drift of the kicks: what Segue measured, else the same on the stems."""
    if mix.plan is not None:
        measured = mix.plan.measured
        assert measured is not None
        return measured.kick_async_p95_ms, measured.drift_ms
    if mix.stems is None:
        return None, None
    found = []
    low, high = (round(sec * mix.rate) for sec in (mix.start_sec, mix.end_sec))
    for stem, side, place in zip(
        mix.stems, (pair.a, pair.b), (mix.place_a, mix.place_b), strict=True
    ):
        beats = _heard(mix, place(side.beats))
        if len(beats) < 8:
            return None, None
        body = usual_body(stem, mix.rate)
        curve = onset_curve(stem[:, low:high], mix.rate, body)
        found.append(
            find_kicks(curve, low / mix.rate, float(beats[0]), float(np.median(np.diff(beats))))
        )
    pairs = pair_lags(found[0], found[1])
    if len(pairs.lags_ms) < 4:
        return None, None
    slope, _ = pairs.line()
    return pairs.p95_ms, abs(slope) * (mix.end_sec - mix.start_sec)


def _bass_bars(mix: Mix, bar_sec: float) -> float | None:
    if not mix.blend:
        return None
    if mix.plan is not None and mix.plan.measured is not None:
        sec = mix.plan.measured.bass_overlap_sec
        return None if sec is None else sec / bar_sec
    if mix.stems is None:
        return None
    inside = slice(round(mix.start_sec * mix.rate), round(mix.end_sec * mix.rate))
    envelopes = [bass_envelope(stem[:, inside], mix.rate, bar_sec / 4) for stem in mix.stems]
    return bass_overlap_sec(envelopes[0], envelopes[1]) / bar_sec


def share(values: list[bool]) -> float | None:
    """Return the share that holds, None of nothing."""
    return sum(values) / len(values) if values else None


def summarise(scores: list[Score]) -> dict[str, float | None]:
    """Return the table's figures over the pairs with sure grids; cost and peaks over all."""
    sure = [score for score in scores if score.sure]

    def values(name: str) -> list[float]:
        found = [getattr(score, name) for score in sure]
        return [value for value in found if value is not None]

    def median(name: str) -> float | None:
        return float(np.median(values(name))) if values(name) else None

    return {
        "pairs": float(len(scores)),
        "sure": float(len(sure)),
        "blends": share([score.blend for score in sure]),
        "kicks heard": float(len(values("kick_ms"))),
        "kick_ok": share([value <= KICKS_MS for value in values("kick_ms")]),
        "kick_ms": median("kick_ms"),
        "beat_ms": median("beat_ms"),
        "drift_ok": share([value <= DRIFT_MS for value in values("drift_ms")]),
        "bars": share([bool(value) for value in values("bars_aligned")]),
        "phrases": share([bool(value) for value in values("phrase_aligned")]),
        "step_ok": share([value <= STEP_LU for value in values("loudness_step_lu")]),
        "step_lu": median("loudness_step_lu"),
        "bass_ok": share([value <= 1.0 for value in values("bass_bars")]),
        "bass_bars": median("bass_bars"),
        "peak_ok": share([score.true_peak_dbtp <= PEAK_DBTP for score in scores]),
        "cpu": float(np.median([score.cpu_share for score in scores])),
    }
