"""Feel, against drums that were played with it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.rhythm.attacks import find_attacks
from analysis.rhythm.onsets import measure_curves
from analysis.rhythm.pulse import TimeMap
from analysis.rhythm.swing import local_tempi, measure_feel
from composer.render import render_track
from composer.spec import compose_spec

RATE = 44100


def played(times_sec: NDArray[np.float64], duration_sec: float) -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    samples = np.zeros(int(duration_sec * RATE), dtype=np.float32)
    decay = np.exp(-np.arange(2000) / 500.0)
    for time in times_sec:
        start = round(time * RATE)
        part = samples[start : start + 2000]
        part += (rng.standard_normal(2000) * decay * 0.3).astype(np.float32)[: len(part)]
    return samples


@pytest.mark.parametrize("ratio", [1.0, 1.2, 1.5, 2.0])
@pytest.mark.parametrize("pair_beats", [0.5, 1.0])
def test_swing_ratio_is_long_over_short(ratio: float, pair_beats: float) -> None:
    beat = 60 / 104
    pairs = np.arange(0.0, 90.0, pair_beats)
    times = np.concatenate([pairs, pairs + pair_beats * ratio / (1 + ratio)]) * beat + 0.2
    attacks = find_attacks(measure_curves(played(times, 54.0), RATE))
    feel = measure_feel(attacks, TimeMap.steady(beat, 0.2, 53.0))
    assert feel.swing_ratio == pytest.approx(ratio, abs=0.05)


def test_nothing_between_the_beats_has_no_swing() -> None:
    attacks = find_attacks(measure_curves(played(np.arange(0.2, 50.0, 0.5), 51.0), RATE))
    assert measure_feel(attacks, TimeMap.steady(0.5, 0.2, 50.0)).swing_ratio is None


def test_micro_timing_is_the_spread_of_the_player() -> None:
    rng = np.random.default_rng(9)
    grid = np.arange(0.2, 100.0, 0.25)
    spread = []
    for late in (0.0, 0.006):
        times = grid + np.clip(rng.normal(0.0, late, len(grid)) if late else 0.0, -0.015, 0.015)
        attacks = find_attacks(measure_curves(played(times, 101.0), RATE))
        spread.append(measure_feel(attacks, TimeMap.steady(0.5, 0.2, 100.0)).micro_timing_sec)
    assert spread[0] is not None
    assert spread[1] is not None
    assert spread[0] < 0.0015
    assert spread[1] == pytest.approx(0.006, abs=0.0015)


def test_local_tempo_is_still_for_a_machine_and_moves_for_a_player() -> None:
    steady = np.arange(0.2, 60.0, 0.5)
    attacks = find_attacks(measure_curves(played(steady, 61.0), RATE))
    local = local_tempi(attacks, TimeMap.steady(0.5, 0.2, 60.0))
    assert local.mean() == pytest.approx(120.0, abs=0.02)
    assert local.std() < 0.1
    wander = 0.5 * (1 + 0.02 * np.sin(np.arange(120) / 120 * 4 * np.pi))
    moving = 0.2 + np.concatenate([[0.0], np.cumsum(wander)])
    attacks = find_attacks(measure_curves(played(moving, moving[-1] + 1), RATE))
    local = local_tempi(attacks, TimeMap(moving))
    assert local.max() - local.min() == pytest.approx(120 * 0.04, rel=0.25)


@pytest.mark.parametrize("ratio", [1.0, 1.45])
def test_composed_swing(ratio: float) -> None:
    track = render_track(compose_spec(1201, "hip-hop", 45.0, phrase_bars=4, swing_ratio=ratio))
    attacks = find_attacks(measure_curves(track.samples.mean(axis=0), track.sample_rate))
    feel = measure_feel(attacks, TimeMap(np.array(track.truth["beats"])))
    assert feel.swing_ratio == pytest.approx(ratio, abs=0.05)
