"""Kicks found in audio."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.audio import load_audio
from analysis.report import Report
from mixing.kicks import (
    PairLags,
    find_kicks,
    line_with_prior,
    onset_curve,
    pair_lags,
    usual_body,
)
from mixing.measure import kick_figures
from mixing.plan import Measured


def curve_of(report: Report):
    audio = load_audio(report.metadata.path)
    return onset_curve(
        audio.samples, audio.sample_rate, usual_body(audio.samples, audio.sample_rate)
    )


@pytest.mark.parametrize("kick_hz", [42.0, 55.0, 65.0])
def test_kicks_are_where_they_were_put(kick_track, kick_hz: float) -> None:
    report = kick_track(125.0, kick_hz=kick_hz, seconds=40.0)
    period = 60 / 125
    # A grid that is 9 ms late finds them all the same.
    kicks = find_kicks(curve_of(report), 0.0, 0.25 + 0.009, period)
    assert kicks is not None
    truth = 0.25 + kicks.beats * period
    assert np.abs(kicks.times_sec - truth).max() < 0.001
    assert kicks.line.period_sec == pytest.approx(period, abs=2e-6)
    assert kicks.line.nearest(10.0) == pytest.approx(0.25 + 20 * period + period * 0, abs=0.3)


@pytest.mark.parametrize("late_ms", [-21.0, -4.0, 0.0, 3.0, 17.0])
def test_a_deck_that_is_late_is_seen_to_be_late(kick_track, late_ms: float) -> None:
    period = 0.48
    a = curve_of(kick_track(125.0, seconds=40.0))
    b = curve_of(kick_track(125.0, seconds=40.0, kick_hz=58.0, first_sec=0.25 + late_ms / 1e3))
    lags = pair_lags(find_kicks(a, 0.0, 0.25, period), find_kicks(b, 0.0, 0.25, period))
    assert len(lags.lags_ms) > 60
    assert np.median(lags.lags_ms) == pytest.approx(late_ms, abs=1.0)
    assert lags.p95_ms == pytest.approx(abs(late_ms), abs=1.5)


def test_a_growing_lag_is_a_drift(kick_track) -> None:
    a = curve_of(kick_track(125.0, seconds=40.0))
    b = curve_of(kick_track(125.02, seconds=40.0))
    lags = pair_lags(find_kicks(a, 0.0, 0.25, 0.48), find_kicks(b, 0.0, 0.25, 60 / 125.02))
    slope_ms, _ = lags.line()
    assert slope_ms == pytest.approx(-1000 * 0.02 / 125.02, rel=0.15)


def test_silence_and_tones_have_no_kicks(kick_track) -> None:
    tones = kick_track(120.0, peak=0.0, tones=((55.0, 0.2), (440.0, 0.2)), seconds=30.0)
    assert find_kicks(curve_of(tones), 0.0, 0.25, 0.5) is None
    assert find_kicks(np.zeros(20_000), 0.0, 0.0, 0.5) is None
    assert len(pair_lags(None, None).lags_ms) == 0


def test_few_noisy_points_do_not_bend_a_known_slope() -> None:
    rng = np.random.default_rng(1)
    x = np.arange(8.0)
    y = 3 + 0.5 * x + rng.normal(0, 0.003, 8)
    slope, _ = line_with_prior(x, y, 0.5, 0.5 * 5e-5)
    assert slope == pytest.approx(0.5, abs=1e-5)


def test_many_exact_points_do() -> None:
    x = np.arange(200.0)
    slope, intercept = line_with_prior(x, 3 + 0.50002 * x, 0.5, 0.5 * 5e-5)
    assert slope == pytest.approx(0.50002, abs=1e-6)
    assert intercept == pytest.approx(3, abs=1e-4)


def test_lags_on_no_line_are_no_kicks() -> None:
    times = np.arange(16) * 0.45
    steady = PairLags(times, 6.0 + 0.4 * times)
    stray = np.array([-15, -25, -18, -13, -19, -25, -20, -15, -16, -18, -4, -23, -17, -22, -23, -9])
    for pairs, told in ((steady, True), (PairLags(times, stray + 0.0), False)):
        measured = Measured()
        kick_figures(measured, pairs, 7.2)
        assert (measured.kick_async_p95_ms is not None) is told
        assert ("kick_async_p95_ms" in measured.why_null) is not told
