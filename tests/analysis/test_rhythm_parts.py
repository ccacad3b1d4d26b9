"""The layers of the grid, each alone, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.rhythm.attacks import Attacks
from analysis.rhythm.bar_weights import BAR_WEIGHTS
from analysis.rhythm.beat_weights import BAR_LINE_WEIGHTS, LEVEL_WEIGHTS, PATTERN_WEIGHTS
from analysis.rhythm.beatwise import novelty
from analysis.rhythm.confidence import EVIDENCE_NAMES, adrift, confidence, slipped, wobble
from analysis.rhythm.confidence_weights import CONFIDENCE_WEIGHTS
from analysis.rhythm.downbeats import FEATURE_NAMES as BAR_NAMES
from analysis.rhythm.drift import best_path, follow, map_from_path, tempo_path
from analysis.rhythm.groove import competing_pulses, groove_confidence, passage_matches
from analysis.rhythm.hypotheses import (
    ACCENT_NAMES,
    BAR_LINE_NAMES,
    FEATURE_NAMES,
    PATTERN_BANDS,
    bar_rotations,
)
from analysis.rhythm.phases import PHASE_SHARE, likely_phases
from analysis.rhythm.pulse import TimeMap, fold
from analysis.rhythm.tempo import comb

HOP = 128 / 22050


def strokes(times_sec: np.ndarray, duration_sec: float) -> np.ndarray:
    """Pulse curve of single-frame strokes, less its mean, shape (1, frames)."""
    curve = np.zeros(int(duration_sec / HOP) + 1)
    curve[np.round(times_sec / HOP).astype(int)] = 1.0
    return (curve - curve.mean())[None, :].astype(np.float32)


@given(period=st.floats(0.3, 1.2), phase=st.floats(0.0, 2.0), at=st.floats(-5.0, 130.0))
def test_time_map_is_its_own_inverse(period: float, phase: float, at: float) -> None:
    beats = TimeMap.steady(period, phase, 120.0)
    position = beats.position(np.array([at]))
    assert beats.time(position)[0] == pytest.approx(at, abs=1e-6)


@given(period=st.floats(0.3, 1.2), phase=st.floats(0.0, 2.0))
def test_steady_map_has_a_beat_at_its_phase_and_covers_the_track(
    period: float, phase: float
) -> None:
    beats = TimeMap.steady(period, phase, 60.0).beat_times
    assert np.abs(beats - phase).min() < 1e-9
    assert beats[0] <= 1e-9
    assert beats[0] > -period - 1e-9
    assert beats[-1] >= 60.0


@pytest.mark.parametrize(("factor", "offset"), [(2.0, 0.0), (0.5, 1.0), (1.5, 0.25), (1.0, 0.5)])
def test_relevel_keeps_time(factor: float, offset: float) -> None:
    beats = TimeMap(np.array([0.0, 0.5, 1.0, 1.52, 2.06, 2.62, 3.2]))
    other = beats.relevel(factor, offset, 3.0)
    at = np.linspace(0.1, 2.9, 7)
    expected = (beats.position(at) - offset) * factor
    got = other.position(at)
    # The new beat 0 may be numbered otherwise: positions agree up to a whole number of beats.
    shift = np.round(got[0] - expected[0])
    assert got[0] - expected[0] == pytest.approx(shift, abs=0.05)
    np.testing.assert_allclose(got - expected, shift, atol=0.05)


def test_fold_puts_strokes_where_they_are_in_the_beat() -> None:
    times = np.arange(0.4, 60.0, 0.5) + 0.125  # a quarter of a beat late
    curve = np.zeros((1, 12000))
    curve[0, np.round(times / HOP).astype(int)[times < 69]] = 1.0
    folded = fold(curve, HOP, TimeMap.steady(0.5, 0.4, 60.0), 1.0, 24)
    assert int(np.argmax(folded[0])) == 6


@settings(max_examples=20, deadline=None)
@given(bpm=st.floats(70.0, 190.0))
def test_comb_finds_any_tempo_not_only_those_of_a_lattice(bpm: float) -> None:
    found = comb(strokes(np.arange(0.3, 118.0, 60.0 / bpm), 120.0), HOP).best()
    ratio = found.bpm / bpm
    octave = 2.0 ** round(np.log2(ratio))
    assert octave in (0.5, 1.0, 2.0)
    assert found.bpm / octave == pytest.approx(bpm, abs=0.03)


def test_path_follows_a_drifting_tempo() -> None:
    tempo = 120.0 * (1 + 0.03 * np.sin(np.arange(240) / 240 * 2 * np.pi))
    times = 0.5 + np.concatenate([[0.0], np.cumsum(60.0 / tempo)])
    at, bpm = tempo_path(strokes(times, times[-1] + 0.5), HOP)
    true = np.interp(at, times[:-1], tempo)
    inner = slice(3, -3)
    assert np.abs(bpm / true - 1)[inner].max() < 0.012


def test_follow_moves_beats_onto_the_pattern() -> None:
    tempo = 120.0 * (1 + 0.02 * np.sin(np.arange(240) / 240 * 2 * np.pi))
    times = 0.5 + np.concatenate([[0.0], np.cumsum(60.0 / tempo)])
    pulse = strokes(times, times[-1] + 0.5)
    at, bpm = tempo_path(pulse, HOP)
    rough = map_from_path(at, bpm, times[-1], 60.0 / 120.0)
    beats = rough
    for _ in range(2):
        beats, _ = follow(pulse, HOP, beats)
    position = beats.position(times)[4:-4]
    away = position - np.arange(len(position))
    assert np.ptp(away) < 0.1
    assert np.ptp(away) < np.ptp(rough.position(times)[4:-4] - np.arange(len(position)))


def test_best_path_prefers_staying_unless_the_score_pays() -> None:
    score = np.array([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 5.0], [0.0, 5.0]])
    cost = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert best_path(score, cost).tolist() == [0, 0, 0, 1, 1]


def test_novelty_peaks_at_the_change() -> None:
    rows = np.vstack([np.zeros((12, 3)), np.ones((10, 3))])
    change = novelty(rows, 4)
    assert int(np.argmax(change)) == 12
    assert change[12] == pytest.approx(np.sqrt(3.0))
    assert change[0] == 0.0


def test_confidence_rises_with_the_evidence() -> None:
    assert EVIDENCE_NAMES[:7] == (
        "one", "contrast", "strength", "odds", "focus", "heard", "spread",
    )  # fmt: skip
    assert EVIDENCE_NAMES[7:] == ("unmatched", "slipped", "adrift", "wobble")
    weak = np.array([1.0, 1.3, -1.6, 0.0, 1.3, 0.4, 0.5, 0.6, 0.0, 0.0, 0.0])
    strong = np.array([1.0, 3.0, -0.7, 4.0, 2.2, 0.9, 0.1, 0.0, 0.0, 0.0, 0.0])
    assert confidence(weak) < 0.5 < 0.8 < confidence(strong) <= 1.0


@pytest.mark.parametrize("fault", ["slipped", "wobble"])
def test_a_grid_that_went_astray_takes_all_confidence(fault: str) -> None:
    astray = np.array([1.0, 3.0, -0.7, 4.0, 2.2, 0.9, 0.1, 0.0, 0.0, 0.0, 0.0])
    astray[EVIDENCE_NAMES.index(fault)] = 1.0
    assert confidence(astray) < 0.5


def test_a_grid_that_loses_half_a_beat_is_noticed() -> None:
    pulse = strokes(np.arange(0.0, 99.0, 0.5), 100.0)
    straight = TimeMap.steady(0.5, 0.0, 100.0)
    beats = straight.beat_times
    late = TimeMap(np.where(beats < 60.0, beats, beats + 0.25))
    assert slipped(pulse, HOP, straight) == 0.0
    assert slipped(pulse, HOP, late) == 1.0


def attacks_at(times_sec: np.ndarray, duration_sec: float) -> Attacks:
    """Attack curves with a stroke in every band at each time, shape (3, steps)."""
    hop = 0.0005
    strength = np.zeros((3, int(duration_sec / hop) + 1), dtype=np.float32)
    strength[:, np.round(times_sec / hop).astype(int)] = 1.0
    return Attacks(strength, hop)


def test_beats_far_from_any_drum_are_adrift() -> None:
    beats = np.arange(0.25, 120.0, 0.5)
    assert adrift(attacks_at(beats, 120.0), beats) == 0.0
    assert adrift(attacks_at(beats[:0], 120.0), beats) == 1.0
    silent = (beats > 40.0) & (beats < 70.0)
    # Thirty seconds without drums less two bars on either side, and what the mean reaches.
    assert adrift(attacks_at(beats[~silent], 120.0), beats) == pytest.approx(22 / 120, abs=0.04)
    rng = np.random.default_rng(5)
    loose = beats + np.where(silent, rng.uniform(-0.02, 0.02, len(beats)), 0.0)
    # Strokes at random near the beats hold them no better than none.
    assert adrift(attacks_at(loose, 120.0), beats) > 0.1


def test_a_bend_that_no_drift_has_is_a_wobble() -> None:
    index = np.arange(240)
    drift = np.cumsum(0.5 * (1.0 + 0.025 * np.sin(2 * np.pi * index / 160)))
    lost = np.cumsum(0.5 * np.where((index > 104) & (index <= 128), 0.93, 1.0))
    assert wobble(drift) == 0.0
    assert wobble(lost) > 0.5
    assert wobble(drift[:8]) == 0.0


def test_the_beat_may_lie_opposite_its_strokes() -> None:
    beats = TimeMap.steady(0.6, 0.0, 60.0)
    attacks = attacks_at(np.arange(0.3, 60.0, 0.6), 60.0)
    (on, strongest), (opposite, strength) = likely_phases(attacks, beats, 100.0)
    assert on == pytest.approx(0.5, abs=0.01)
    assert opposite == pytest.approx(0.0, abs=0.01)
    assert strongest == 1.0
    assert 0.0 < strength < PHASE_SHARE


def test_a_stroke_opposite_the_strongest_is_no_second_candidate() -> None:
    beats = TimeMap.steady(0.6, 0.0, 60.0)
    attacks = attacks_at(np.arange(0.0, 60.0, 0.3), 60.0)
    places = sorted(place for place, _ in likely_phases(attacks, beats, 100.0))
    assert places == pytest.approx([0.0, 0.5], abs=0.01)


def test_every_weight_has_a_feature() -> None:
    assert set(LEVEL_WEIGHTS) == set(FEATURE_NAMES)
    assert set(BAR_WEIGHTS) == set(BAR_NAMES)
    assert set(BAR_LINE_WEIGHTS) == set(BAR_LINE_NAMES)
    assert set(CONFIDENCE_WEIGHTS) == set(EVIDENCE_NAMES)
    assert np.array(PATTERN_WEIGHTS).shape == (len(PATTERN_BANDS) + len(ACCENT_NAMES), 16)
    turned = bar_rotations(np.arange(64.0).reshape(4, 16))
    assert turned.shape == (4, 4, 16)
    assert turned[1, 0, 4] == 0.0  # bar 1 on the second beat


def test_a_loop_grooves_more_than_chance() -> None:
    rng = np.random.default_rng(2)
    beats = TimeMap.steady(0.5, 0.0, 60.0)
    loop = strokes(np.arange(0.0, 59.0, 0.25), 60.0)
    chance = strokes(np.sort(rng.uniform(0, 59, 240)), 60.0)
    looped, random = (groove_confidence(one, HOP, beats) for one in (loop, chance))
    assert looped is not None
    assert random is not None
    assert looped > 0.9
    assert random < 0.5


def test_less_than_one_passage_has_nothing_to_compare() -> None:
    beats = TimeMap.steady(0.5, 0.0, 2.0)
    short = np.vstack([strokes(np.arange(0.0, 2.0, 0.5), 2.0)] * 2)
    match, size = passage_matches(short, HOP, beats)
    assert len(match) == len(size) == 0
    assert groove_confidence(short, HOP, beats) is None


def test_three_against_two_is_heard() -> None:
    two = strokes(np.arange(0.0, 59.0, 0.5), 60.0)
    three = strokes(np.arange(0.0, 59.0, 1.0 / 3.0), 60.0)
    found = competing_pulses(np.vstack([two, 0.9 * three]), HOP)
    assert found[0]["strength"] == 1.0
    tempi = [one["tempo_bpm"] for one in found]
    assert any(abs(bpm - 120.0) < 1.0 for bpm in tempi)
    assert any(abs(bpm - 180.0) < 1.0 for bpm in tempi)
