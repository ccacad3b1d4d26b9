"""Where the music changes, and what that says of beats and bar lines."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.rhythm.changes import KINDS, MOST_SAY, Changes, find_changes
from analysis.rhythm.hypotheses import (
    ACCENT_NAMES,
    BAR_LINE_NAMES,
    FEATURE_NAMES,
    describe_accents,
    describe_changes,
)
from analysis.rhythm.onsets import OnsetCurves, measure_curves
from analysis.rhythm.pulse import TimeMap, accents

RATE = 22050
BAR_SEC = 2.0
"""Four beats at 120 BPM."""


def chords(first_sec: float, every_sec: float = BAR_SEC, duration_sec: float = 64.0) -> OnsetCurves:
    """Hear triads of which another begins at each change, over an even noise."""
    time_sec = np.arange(int(duration_sec * RATE)) / RATE
    number = np.floor((time_sec - first_sec) / every_sec).astype(int)
    sound = 0.01 * np.random.default_rng(0).normal(size=len(time_sec))
    for interval in (0, 4, 7):
        note = 57 + (number * 5) % 12 + interval
        sound += 0.1 * np.sin(2 * np.pi * 440.0 * 2.0 ** ((note - 69) / 12) * time_sec)
    return measure_curves(sound.astype(np.float32), RATE)


@pytest.mark.parametrize("first_sec", [0.0, 0.25, 1.3])
def test_chords_change_where_they_do(first_sec: float) -> None:
    # The pulse counted lies elsewhere, and at another phase.
    pulse = TimeMap.steady(0.5, 0.17, 64.0)
    found = find_changes(chords(first_sec), pulse)[KINDS.index("chord")]
    apart = (found.times_sec - first_sec + BAR_SEC / 2) % BAR_SEC - BAR_SEC / 2
    assert len(found.times_sec) >= 20
    assert np.median(np.abs(apart)) < 0.05
    assert found.weights.sum() == pytest.approx(1.0)


def test_one_change_has_no_more_than_its_say() -> None:
    found = find_changes(chords(32.0, every_sec=64.0), TimeMap.steady(0.5, 0.0, 64.0))
    assert all(one.weights.max(initial=0.0) <= MOST_SAY for one in found)


def test_silence_does_not_change() -> None:
    curves = measure_curves(np.zeros(20 * RATE, dtype=np.float32), RATE)
    assert all(len(one.times_sec) == 0 for one in find_changes(curves, TimeMap.steady(0.5, 0, 20)))


@pytest.mark.parametrize("bar", [0, 1, 2, 3])
def test_changes_speak_for_their_beats_and_bar_lines(bar: int) -> None:
    beats = TimeMap.steady(0.5, 0.0, 64.0)
    times = 0.5 * bar + BAR_SEC * np.arange(1, 21)
    changes = (Changes(times, np.full(20, 0.05)),) * len(KINDS)
    evidence, bars = describe_changes(changes, beats)
    np.testing.assert_allclose(evidence, 1.0)
    assert bars.shape == (4, len(BAR_LINE_NAMES))
    assert (bars.argmax(axis=0) == bar).all()
    half_off, _ = describe_changes(changes, beats.relevel(1.0, 0.5, 64.0))
    np.testing.assert_allclose(half_off[: len(KINDS)], -1.0, atol=1e-6)


def test_accents_tell_loud_strokes_from_soft_ones() -> None:
    rng = np.random.default_rng(1)
    sound = np.zeros(32 * RATE)
    for number, at in enumerate(np.arange(0.5, 31.5, 0.25)):
        stroke = rng.normal(size=1000) * np.exp(-np.arange(1000) / 200.0)
        sound[int(at * RATE) :][:1000] += (1.0 if number % 2 == 0 else 0.2) * stroke
    curves = measure_curves(sound.astype(np.float32), RATE)
    rising = accents(curves)
    assert rising.shape == (len(ACCENT_NAMES), curves.flux.shape[1])
    assert rising.max() <= 1.0
    at = np.round(np.arange(4.5, 28.0, 0.5) / curves.hop_sec).astype(int)
    soft = np.round(np.arange(4.75, 28.0, 0.5) / curves.hop_sec).astype(int)
    near = np.arange(-2, 3)
    loud_mean = rising[2, at[:, None] + near].max(axis=1).mean()
    assert loud_mean > 3.0 * rising[2, soft[:, None] + near].max(axis=1).mean()


def test_accents_on_the_beat_speak_for_it() -> None:
    pattern = np.full((3, 96), 0.01)
    pattern[:, ::24] = 1.0
    names = [name for name in FEATURE_NAMES if name.startswith("accent")]
    on, cells = describe_accents(pattern, 0.0)
    off, _ = describe_accents(pattern, 0.5)
    assert on.shape == (len(names),)
    assert cells.shape == (3, 16)
    assert (on[:3] > 0).all()
    np.testing.assert_allclose(on[:3], -off[:3])
