"""Reads recordings of the test signals: bursts in time, tones that run on, steps that stand out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

_ENVELOPE_SEC = 0.006
_PEAK_SHARE = 0.4
_NEAR_SEC = 0.03
_WINDOW_SEC = 0.05


def _mixed_down(signal: Signal, rate: float, hz: float, width_sec: float) -> NDArray[np.complex128]:
    """Shift a frequency to zero and average over a Hann window; shape as `signal`."""
    turned = signal * np.exp(-2j * np.pi * hz * np.arange(len(signal)) / rate)
    window = np.hanning(2 * round(width_sec * rate / 2) + 1)
    return np.convolve(turned, window / window.sum(), mode="same")


def burst_times(signal: Signal, rate: float, hz: float) -> Signal:
    """Return when bursts of a frequency sound, in seconds: the middle of each one's energy."""
    power = np.abs(_mixed_down(signal, rate, hz, _ENVELOPE_SEC)) ** 2
    loud = power > _PEAK_SHARE * np.quantile(power, 0.995)
    edges = np.flatnonzero(np.diff(loud.astype(np.int8)) == 1)
    reach = round(_NEAR_SEC * rate)
    times: list[float] = []
    for edge in edges:
        low, high = max(0, edge - reach), min(len(power), edge + reach)
        near = power[low:high]
        at = float(np.average(np.arange(low, high), weights=near)) / rate
        if not times or at - times[-1] > 2 * _NEAR_SEC:
            times.append(at)
    return np.asarray(times)


def phase_errors(signal: Signal, rate: float, first_hz: float, second_hz: float) -> Signal:
    """Return, for each burst of the second deck, (when, ms it comes after the first deck's)."""
    first = burst_times(signal, rate, first_hz)
    second = burst_times(signal, rate, second_hz)
    if not len(first) or not len(second):
        return np.empty((0, 2))
    nearest = first[np.abs(second[:, None] - first[None, :]).argmin(axis=1)]
    return np.stack([second, 1000.0 * (second - nearest)], axis=1)


def tone_hz(signal: Signal, rate: float, about_hz: float) -> float:
    """Return the frequency of a steady tone, by the turn of its phase."""
    turned = _mixed_down(signal, rate, about_hz, 4 * _WINDOW_SEC)
    edge = round(4 * _WINDOW_SEC * rate)
    angle = np.unwrap(np.angle(turned[edge:-edge]))
    slope = np.polyfit(np.arange(len(angle)) / rate, angle, 1)[0]
    return about_hz + float(slope) / (2 * np.pi)


def tone_breaks(signal: Signal, rate: float, hz: float) -> int:
    """Count places where a tone that should run on evenly is silent or leaps in phase.

    Five milliseconds left out of 220 Hz turn its phase by more than a revolution; a missing block
    of 128 samples still turns it by 230°.
    """
    turned = _mixed_down(signal, rate, hz, _WINDOW_SEC)
    step = round(_WINDOW_SEC * rate)
    looked = turned[step:-step:step]
    level = np.abs(looked)
    silent = level < 0.3 * np.median(level)
    drift = np.diff(np.unwrap(np.angle(looked)))
    leaps = np.abs(drift - np.median(drift)) > np.deg2rad(25)
    return int(np.count_nonzero(silent)) + int(np.count_nonzero(leaps))


def steepest(signal: Signal, rate: float) -> float:
    """Return the largest change from sample to sample, per second."""
    return float(np.abs(np.diff(signal)).max() * rate)
