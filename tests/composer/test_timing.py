from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.timing import BeatMap, beat_times_sec


def test_constant_tempo_is_exact_to_the_last_beat() -> None:
    times = beat_times_sec(800, 123.47, lead_in_sec=0.41)
    assert times[0] == 0.41
    assert times[-1] == pytest.approx(0.41 + 800 * 60.0 / 123.47, abs=1e-9)


def test_drift_wanders_and_stays_near() -> None:
    tempo = 60.0 / np.diff(beat_times_sec(600, 120.0, drift=True))
    assert 1.0 < np.ptp(tempo) < 8.0
    assert np.max(np.abs(np.diff(tempo))) < 0.5
    assert np.mean(tempo) == pytest.approx(120.0, abs=1.0)


def test_a_tempo_step_changes_once() -> None:
    tempo = 60.0 / np.diff(beat_times_sec(64, 120.0, step_bpm=126.0, step_beat=32))
    assert tempo[:32] == pytest.approx(120.0)
    assert tempo[32:] == pytest.approx(126.0)


@given(st.floats(1.0, 3.0), st.sampled_from([0.25, 0.5]), st.integers(0, 500))
def test_swing_moves_only_the_second_of_a_pair(ratio: float, unit: float, pair: int) -> None:
    beats = BeatMap(beat_times_sec(2000, 100.0), 44100, ratio, unit)
    start = 2.0 * unit * pair
    first, second, following = beats.swung(np.array([start, start + unit, start + 2 * unit]))
    assert first == pytest.approx(start)
    assert following == pytest.approx(start + 2 * unit)
    assert (second - first) / (following - second) == pytest.approx(ratio)


def test_positions_go_on_beyond_both_ends() -> None:
    beats = BeatMap(beat_times_sec(4, 120.0, 1.0), 1000)
    assert beats.samples(np.array([-1.0, 0.0, 3.5, 6.0])).tolist() == [500, 1000, 2750, 4000]
