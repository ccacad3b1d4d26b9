"""Which pulse is the beat: metrical level and phase, decided by evidence.

The comb finds the pulse to 0.01 BPM but not whether a dancer counts it, its half or two thirds
of it, nor on which of its strokes the beat lies. Every level and phase that the onsets allow is
a hypothesis; each is described by what falls on, between and across its beats and by the changes
of section, chord and bass note that start on its bar lines, and a linear score learned on
composed tracks (``benchmarks/fitting/beats.py``) chooses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.rhythm.attacks import Attacks
from analysis.rhythm.beat_weights import BAR_LINE_WEIGHTS, LEVEL_WEIGHTS, PATTERN_WEIGHTS
from analysis.rhythm.changes import KINDS, Changes
from analysis.rhythm.phases import likely_phases
from analysis.rhythm.pulse import TimeMap, fold

Floats = NDArray[np.floating]

RATIOS = (0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0, 4 / 3, 1.5, 2.0, 3.0, 4.0)
"""Tempi related to a pulse by what drums play: halves, triplets, dotted notes."""

LOWEST_BPM = 68.0
HIGHEST_BPM = 185.0
"""Slower is counted double, faster half: the range in which DJ software and charts count."""

FAST_BPM = 155.0
FAST_SOFTNESS_BPM = 5.0
"""Between trance and drum & bass hardly any music is counted: there the two ways part."""

TOGETHER_POWER = 3.0

PATTERN_BANDS = ((0,), (1,), (3, 4), (5,))
"""Kick and bass; their upper half; snare; hats."""

ACCENT_NAMES = ("low", "mid", "high")
"""Rows of the accents: kick and bass; snare and clap; hats."""

ON_BEAT_SEC = 0.035
"""A change so far from a beat (one sigma) still counts as on it."""

PHRASE_BEATS = 32

CYCLE_BEATS = 4
BINS_PER_BEAT = 24


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One way of counting.

    Attributes
    ----------
    beats
        Where the beats would be.
    bpm
        Mean tempo.
    features
        Evidence that does not depend on where the bar starts, shape (features,).
    cells
        Log strength on the sixteenths of four beats in four groups of bands, then of accents in
        three, shape (7, 16).
    bars
        Evidence for a bar line on beat 0 … 3, in the order of ``BAR_LINE_NAMES``,
        shape (4, features).
    """

    beats: TimeMap
    bpm: float
    features: NDArray[np.float64]
    cells: NDArray[np.float64]
    bars: NDArray[np.float64]


def all_hypotheses(
    pulse: Floats,
    accents: Floats,
    hop_sec: float,
    attacks: Attacks,
    changes: tuple[Changes, ...],
    base: TimeMap,
    duration_sec: float,
) -> list[Hypothesis]:
    """Return every level and phase worth considering for a pulse.

    Parameters
    ----------
    pulse
        Pulse curves, shape (bands, frames).
    accents
        How much louder it gets, in the order of ``ACCENT_NAMES``, shape (3, frames).
    hop_sec
        Seconds a frame.
    attacks
        Attack curves.
    changes
        Where the music changes, in the order of ``analysis.rhythm.changes.KINDS``.
    base
        The pulse found, at any level.
    duration_sec
        Length of the track.
    """
    span = base.position(np.array([0.0, duration_sec]))
    base_bpm = 60.0 * float(span[1] - span[0]) / duration_sec
    rising = np.maximum(pulse, 0.0)
    # Where all bands strike at once a part begins, and parts begin on beats.
    together = rising.sum(axis=0) ** TOGETHER_POWER
    rising = np.vstack([rising, together, accents])
    found: list[Hypothesis] = []
    for ratio in RATIOS:
        bpm = base_bpm * ratio
        if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
            continue
        level = base.relevel(ratio, 0.0, duration_sec)
        pattern = fold(rising, hop_sec, level, CYCLE_BEATS, CYCLE_BEATS * BINS_PER_BEAT)
        for phase, strength in likely_phases(attacks, level, bpm):
            shifted = level.relevel(1.0, phase, duration_sec)
            # The pattern is turned so that it starts on beat 0 of the hypothesis, as beats do.
            start = level.position(shifted.beat_times[:1])[0]
            evidence, cells = describe_pattern(pattern[:-3], start)
            features = np.concatenate([_tempo_features(bpm), [np.log(strength)], evidence])
            features = np.concatenate([features, _fast_features(bpm, features)])
            loud, accent_cells = describe_accents(pattern[-3:], start)
            on_beat, bars = describe_changes(changes, shifted)
            features = np.concatenate([features, loud, on_beat])
            cells = np.vstack([cells, accent_cells])
            found.append(Hypothesis(shifted, bpm, features, cells, bars))
    return found


FEATURE_NAMES = (
    "bpm", "bpm^2", "bpm^3", "stroke",
    *(f"on/off8 {band}" for band in range(6)),
    *(f"8/16 {band}" for band in range(6)),
    "backbeat kick-snare", "backbeat snare", "backbeat kick", "half snare", "half kick",
    "eighths hats", "triplet", "on snare share", "on kick share",
    "four floor", "backbeat level", "empty backbeat", "together", "together most",
    "fast", "fast eighth hats", "fast on/off8 kick", "fast on/off8 snare", "fast 8/16",
    "fast backbeat", "fast four floor", "fast busy",
    *(f"accent on/off8 {name}" for name in ACCENT_NAMES),
    *(f"accent 8/16 {name}" for name in ACCENT_NAMES),
    *(f"accent backbeat {name}" for name in ACCENT_NAMES),
    "accent backbeat low-mid",
    *(f"{kind} on/off8" for kind in KINDS),
    *(f"{kind} on beat" for kind in KINDS),
)  # fmt: skip

BAR_LINE_NAMES = (*(f"{kind} on bar" for kind in KINDS), "section on phrase")


def _tempo_features(bpm: float) -> NDArray[np.float64]:
    octave = np.log2(bpm / 125.0)
    return np.array([octave, octave**2, octave**3])


def _fast_features(bpm: float, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a count this fast must show: fast music fills its eighths.

    Slow music counted double has kick and snare on every beat and nothing between them.
    """
    fast = 1.0 / (1.0 + np.exp(-(bpm - FAST_BPM) / FAST_SOFTNESS_BPM))
    at = {name: features[index] for index, name in enumerate(FEATURE_NAMES[: len(features)])}
    filled = -np.mean([at[f"on/off8 {band}"] for band in range(6)])
    sixteenths = np.mean([at[f"8/16 {band}"] for band in range(6)])
    shown = [
        1.0, at["eighths hats"], at["on/off8 0"], at["on/off8 3"], sixteenths,
        at["backbeat kick-snare"], at["four floor"], filled,
    ]  # fmt: skip
    return np.asarray(fast * np.array(shown))


def describe_pattern(
    pattern: Floats, phase_beats: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what falls on, between and across the beats of a hypothesis.

    Parameters
    ----------
    pattern
        Mean pulse over four beats of six bands and of all struck at once, shape (7, 96).
    phase_beats
        Where the hypothesis's beat lies, in beats of the pattern.

    Returns
    -------
    evidence
        In the order of ``FEATURE_NAMES`` from the fifth on.
    cells
        As in :class:`Hypothesis`.
    """
    bins = pattern.shape[1]
    pattern, together = pattern[:-1], np.roll(pattern[-1], -round(phase_beats * BINS_PER_BEAT))
    struck = np.stack([np.roll(together, step) for step in range(-2, 3)]).max(axis=0)
    struck_on = struck[::BINS_PER_BEAT]
    shift = round(phase_beats * BINS_PER_BEAT)
    turned = np.roll(pattern, -shift, axis=1)
    turned = turned / np.maximum(turned.mean(axis=1, keepdims=True), 1e-6)
    near = np.stack([np.roll(turned, step, axis=1) for step in range(-2, 3)]).max(axis=0)
    sixteenth = BINS_PER_BEAT // 4
    cells = near[:, ::sixteenth].reshape(len(pattern), CYCLE_BEATS, 4)
    # Swung second sixteenths come up to a third of a sixteenth pair late.
    late = np.roll(near, -2, axis=1)[:, ::sixteenth].reshape(len(pattern), CYCLE_BEATS, 4)
    on, off = cells[:, :, 0].mean(axis=1), cells[:, :, 2].mean(axis=1)
    between = np.maximum(cells[:, :, 1::2], late[:, :, 1::2]).mean(axis=(1, 2))
    on_off = np.log((on + 0.3) / (off + 0.3))
    eighths = np.log((on + off + 0.3) / (2 * between + 0.3))
    beats = cells[:, :, 0]
    sums = np.maximum(beats.sum(axis=1), 1e-6)
    alternate = (beats[:, 0] + beats[:, 2] - beats[:, 1] - beats[:, 3]) / sums
    snare = float(alternate[2:5].mean())
    kick = float(alternate[0])
    half = (np.abs(beats[:, 0] - beats[:, 2]) + np.abs(beats[:, 1] - beats[:, 3])) / sums
    floor = float(beats[0].min() / max(float(cells[0].max()), 1e-6))
    drums = cells[2:5].mean(axis=0)
    quiet = beats[2:5].mean(axis=0)[1 if kick >= 0 else 0 :: 2].mean()
    backbeat = float(quiet / max(float(drums.max()), 1e-6))
    triplets = np.concatenate(
        [
            near[:, BINS_PER_BEAT // 3 :: BINS_PER_BEAT],
            near[:, 2 * BINS_PER_BEAT // 3 :: BINS_PER_BEAT],
        ],
        axis=1,
    ).mean(axis=1)
    triplet = float(np.log((triplets.mean() + 0.3) / (cells[:, :, 1:].mean() + 0.3)))
    evidence = np.concatenate(
        [
            on_off,
            eighths,
            [
                -kick * snare,
                abs(snare),
                abs(kick),
                float(half[2:5].mean()),
                float(half[0]),
                float(np.log(off[5] + 0.3)),
                triplet,
                float(on[2:5].mean() * BINS_PER_BEAT / bins),
                float(on[0] * BINS_PER_BEAT / bins),
                floor,
                backbeat,
                abs(kick) * (1.0 - backbeat),
                float(np.log(struck_on.mean() / max(float(struck.mean()), 1e-9) + 0.1)),
                float(np.log(struck_on.max() / max(float(struck.max()), 1e-9) + 0.1)),
            ],
        ]
    )
    strongest = np.maximum(near[:, ::sixteenth], _next_bins(near)[:, ::sixteenth])
    groups = np.stack([strongest[list(bands)].mean(axis=0) for bands in PATTERN_BANDS])
    return evidence, np.log(groups + 0.3)


def describe_accents(
    pattern: Floats, phase_beats: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the loudest strokes fall for a hypothesis.

    Onset strength hardly tells a loud stroke from a soft one; a listener counts by the loud ones.

    Parameters
    ----------
    pattern
        Mean accents over four beats, in the order of ``ACCENT_NAMES``, shape (3, 96).
    phase_beats
        Where the hypothesis's beat lies, in beats of the pattern.

    Returns
    -------
    evidence
        Beats against off-beats, eighths against sixteenths and every other beat against the rest,
        each by row, and whether lows and mids take turns, shape (10,).
    cells
        Log strength on the sixteenths, shape (3, 16).
    """
    turned = np.roll(pattern, -round(phase_beats * BINS_PER_BEAT), axis=1)
    turned = turned / np.maximum(turned.mean(axis=1, keepdims=True), 1e-9)
    near = np.stack([np.roll(turned, step, axis=1) for step in range(-2, 3)]).max(axis=0)
    near = np.maximum(near, _next_bins(near))[:, :: BINS_PER_BEAT // 4]
    cells = near.reshape(len(pattern), CYCLE_BEATS, 4)
    on, off = cells[:, :, 0].mean(axis=1), cells[:, :, 2].mean(axis=1)
    between = cells[:, :, 1::2].mean(axis=(1, 2))
    beats = cells[:, :, 0]
    alternate = beats[:, ::2].sum(axis=1) - beats[:, 1::2].sum(axis=1)
    alternate = alternate / np.maximum(beats.sum(axis=1), 1e-6)
    evidence = np.concatenate(
        [
            np.log((on + 0.3) / (off + 0.3)),
            np.log((on + off + 0.3) / (2 * between + 0.3)),
            np.abs(alternate),
            [-alternate[0] * alternate[1]],
        ]
    )
    return evidence, np.log(near + 0.3)


def describe_changes(
    changes: tuple[Changes, ...], beats: TimeMap
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how well the music's changes fall on a hypothesis's beats and bar lines.

    Parameters
    ----------
    changes
        In the order of ``analysis.rhythm.changes.KINDS``.
    beats
        Where the beats would be.

    Returns
    -------
    evidence
        Share of changes on beats less share on off-beats by kind, then the share on beats.
    bars
        As in :class:`Hypothesis`.
    """
    versus, share = [], []
    bars = np.zeros((CYCLE_BEATS, len(BAR_LINE_NAMES)))
    for column, change in enumerate(changes):
        halves = 2.0 * beats.position(change.times_sec)
        nearest = np.round(halves).astype(np.int64)
        apart = (change.times_sec - beats.time(nearest / 2.0)) / ON_BEAT_SEC
        there = change.weights * np.exp(-0.5 * apart**2)
        on = there * (nearest % 2 == 0)
        versus.append(float(2.0 * on.sum() - there.sum()))
        share.append(float(on.sum()))
        beat = nearest // 2
        phrases = np.bincount(beat % PHRASE_BEATS, weights=on, minlength=PHRASE_BEATS)
        by_bar = phrases.reshape(-1, CYCLE_BEATS)
        bars[:, column] = by_bar.sum(axis=0)
        if column == 0:
            bars[:, -1] = by_bar.max(axis=0)
    return np.array(versus + share), bars


def _next_bins(near: Floats) -> Floats:
    """Return the strength a twelfth of a beat later, where swung sixteenths fall."""
    late = np.roll(near, -2, axis=1)
    even = np.arange(near.shape[1]) // (BINS_PER_BEAT // 4) % 2 == 0
    return np.where(even, near, late)


def best_hypothesis(options: list[Hypothesis]) -> tuple[Hypothesis, float]:
    """Return the most probable hypothesis, and its probability among all.

    Each way of counting is scored with the bar line on each of its four beats; a hypothesis is
    as probable as its four together.
    """
    level = np.array([LEVEL_WEIGHTS.get(name, 0.0) for name in FEATURE_NAMES])
    line = np.array([BAR_LINE_WEIGHTS.get(name, 0.0) for name in BAR_LINE_NAMES])
    bars = bar_rotations(np.array(PATTERN_WEIGHTS))
    scores = np.array(
        [
            one.features @ level + (bars * one.cells).sum(axis=(1, 2)) + one.bars @ line
            for one in options
        ]
    )
    odds = np.exp(scores - scores.max()).sum(axis=1)
    best = int(np.argmax(odds))
    return options[best], float(odds[best] / odds.sum())


def bar_rotations(pattern: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a bar's pattern (groups, 16) as heard with bar 1 on beat 0 … 3, shape (4, …)."""
    return np.stack([np.roll(pattern, 4 * beat, axis=1) for beat in range(4)])
