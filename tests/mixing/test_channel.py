"""Channel strip, loudness ride, curves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mixing import levels
from mixing.channel import process
from mixing.curves import band_power, control_curve
from mixing.moves import fall, lane, rise, swap, sweep
from mixing.plan import Echo

RATE = 44_100


def tone(hz: float, seconds: float = 4.0, level: float = 0.2) -> np.ndarray:
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


def rms_db(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((samples**2).mean()) + 1e-9))


def test_a_strip_that_nobody_touches_changes_nothing() -> None:
    stem = tone(300.0)
    assert np.array_equal(process(stem, RATE, 0.0, "a", [], []), stem)
    others = [lane("b", "fader", [(0.0, 0.0), (4.0, 0.0)])]
    assert np.array_equal(process(stem, RATE, 0.0, "a", others, []), stem)


def test_bands_at_zero_db_add_up_to_the_input() -> None:
    stem = (np.random.default_rng(0).normal(0, 0.1, (2, 3 * RATE))).astype(np.float32)
    flat = [lane("a", band, [(0.0, 0.0), (3.0, 0.0)]) for band in ("low_db", "mid_db", "high_db")]
    out = process(stem, RATE, 0.0, "a", flat, [])
    assert np.abs(out - stem).max() < 1e-5


@pytest.mark.parametrize(
    ("band", "killed_hz", "kept_hz"),
    [("low_db", 60.0, 1000.0), ("mid_db", 800.0, 50.0), ("high_db", 8000.0, 600.0)],
)
def test_a_killed_band_is_gone_and_the_others_stay(
    band: str, killed_hz: float, kept_hz: float
) -> None:
    kill = [lane("a", band, [(0.0, -40.0), (4.0, -40.0)])]
    inner = slice(RATE, 3 * RATE)
    for hz, change in ((killed_hz, -40.0), (kept_hz, 0.0)):
        out = process(tone(hz), RATE, 0.0, "a", kill, [])
        assert rms_db(out[:, inner]) - rms_db(tone(hz)[:, inner]) == pytest.approx(change, abs=1.5)


def test_equal_power() -> None:
    lanes = [lane("a", "fader", fall(0.0, 8.0)), lane("b", "fader", rise(0.0, 8.0))]
    times = np.linspace(0, 8, 200)
    total = band_power(lanes, "a", "mid_db", times) + band_power(lanes, "b", "mid_db", times)
    assert np.abs(10 * np.log10(total)).max() < 0.03
    lows = swap("low_db", 2.0, 4.0)
    total = band_power(lows, "a", "low_db", times) + band_power(lows, "b", "low_db", times)
    assert np.abs(10 * np.log10(total)).max() < 0.15


def test_lanes_of_one_control_combine_as_on_a_mixer() -> None:
    times = np.array([0.0, 1.0])
    lanes = [
        lane("a", "fader", [(0.0, 0.5)]),
        lane("a", "fader", [(0.0, 0.5)]),
        lane("a", "low_db", [(0.0, -3.0)]),
        lane("a", "low_db", [(0.0, -4.0)]),
        lane("a", "highpass_hz", [(0.0, 100.0)]),
        lane("a", "highpass_hz", [(0.0, 400.0)]),
    ]
    assert control_curve(lanes, "a", "fader", times).tolist() == [0.25, 0.25]
    assert control_curve(lanes, "a", "low_db", times).tolist() == [-7.0, -7.0]
    assert control_curve(lanes, "a", "highpass_hz", times).tolist() == [400.0, 400.0]
    assert control_curve(lanes, "b", "fader", times).tolist() == [1.0, 1.0]


def test_a_rising_high_pass_takes_the_lows_first() -> None:
    lanes = [lane("a", "highpass_hz", sweep(0.0, 4.0, 40.0, 2000.0))]
    low, high = (
        process(tone(hz), RATE, 0.0, "a", lanes, [])[:, round(2.5 * RATE) : round(2.7 * RATE)]
        for hz in (100.0, 3000.0)
    )
    assert rms_db(low) < rms_db(high) - 20
    assert np.isfinite(low).all()


def test_echoes_come_at_their_delay_and_die_away() -> None:
    stem = np.zeros((2, 6 * RATE), np.float32)
    stem[:, RATE : RATE + 400] = tone(1500.0, 400 / RATE)
    echo = Echo(side="a", delay_sec=0.375, feedback=0.5, highpass_hz=200.0, tail_sec=3.0)
    lanes = [
        lane("a", "echo_send", [(0.9, 0.0), (0.95, 1.0), (1.2, 1.0), (1.25, 0.0)]),
        lane("a", "fader", [(1.2, 1.0), (1.25, 0.0)]),
    ]
    out = process(stem, RATE, 0.0, "a", lanes, [echo])
    peaks = [np.abs(out[:, round((1 + k * 0.375) * RATE) :][:, :500]).max() for k in range(5)]
    assert peaks[0] == pytest.approx(0.2, rel=0.1)
    for one, two in pairwise(peaks[1:]):
        assert two == pytest.approx(one / 2, rel=0.1)
    assert np.abs(out[:, round(1.1 * RATE) : round(1.3 * RATE)]).max() < 0.02
    assert not out[:, round(4.3 * RATE) :].any()


def test_a_hole_is_measured_and_ridden_out() -> None:
    noise = (np.random.default_rng(3).normal(0, 0.1, (2, 60 * RATE))).astype(np.float32)
    overlap = levels.Overlap(20.0, 40.0, 2.0)
    energies = levels.step_energies(noise, RATE)
    assert levels.loudness_step_lu(energies, overlap) < 0.3
    assert levels.ride(energies, overlap) == []
    holed = energies.copy()
    holed[270:330] *= 10 ** (-3.5 / 10)
    assert levels.loudness_step_lu(holed, overlap) == pytest.approx(3.5, abs=0.4)
    points = levels.ride(holed, overlap)
    assert points[0] == (20.0, 0.0)
    assert points[-1] == (40.0, 0.0)
    assert max(abs(db) for _, db in points) <= levels.MAX_RIDE_DB
    times = (np.arange(len(holed)) + 0.5) * 0.1
    gain = np.interp(times, *np.transpose(points))
    assert levels.loudness_step_lu(holed * 10 ** (gain / 10), overlap) < 1.2


def test_a_line_between_two_levels_is_no_step() -> None:
    slope = 10 ** (np.interp(np.arange(600) / 10, [20, 40], [-20, -10]) / 10)
    overlap = levels.Overlap(20.0, 40.0, 2.0)
    assert levels.loudness_step_lu(slope, overlap) < 1.0
    assert levels.loudness_step_lu(slope[:200], overlap) is None
