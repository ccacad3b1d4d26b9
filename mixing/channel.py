"""A mixer's channel strip: three bands, two filters, fader and echo, moved by lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import fft, signal

from mixing.curves import control_curve, moves_control, ramped
from mixing.moves import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ
from mixing.plan import Control, Echo, Lane, Side

Samples = NDArray[np.float32]

LOW_HZ = 220.0
"""Below: kick and bassline. A killed band is 40 dB down at 150 Hz, the top of a bassline."""
HIGH_HZ = 2_500.0
"""Above: hats, air."""
CROSSOVER_ORDER = 6
"""Steepness of the band split: 36 dB an octave, so that a killed bass is gone."""

LOW_FACTOR, HIGH_FACTOR = 16, 4
"""The bands below the two corners are split off at these parts of the sample rate."""

CONTROL_HZ = 200
"""Controls move in steps of 5 ms, joined by straight lines; a cut takes one step."""
FILTER_BLOCK = 512
"""Samples for which a sweeping filter stands still (12 ms)."""
PAD_SEC = 0.5
"""Context either side of what is filtered, so that filters are settled."""
ECHO_FLOOR = 0.003
"""Repeats below −50 dB are left out."""


def process(
    stem: Samples,
    sample_rate: int,
    start_sec: float,
    side: Side,
    lanes: Sequence[Lane],
    echoes: Sequence[Echo],
) -> Samples:
    """Return a stem after its channel strip.

    Parameters
    ----------
    stem
        Shape (2, n).
    sample_rate
        In Hz.
    start_sec
        Out time of its first sample.
    side
        Whose lanes apply.
    lanes, echoes
        From the plan.

    Returns
    -------
    ndarray
        Shape (2, n).
    """
    own = [each for each in lanes if each.side == side and each.points]
    out = stem
    if own:
        times = [sec for each in own for sec, _ in each.points]
        low = max(0, int((min(times) - PAD_SEC - start_sec) * sample_rate))
        high = min(stem.shape[1], int((max(times) + PAD_SEC - start_sec) * sample_rate))
        low, high = min(low, stem.shape[1]), max(low, high)
        begin_sec = start_sec + low / sample_rate
        moved = _banded(stem[:, low:high], sample_rate, begin_sec, own)
        moved = _filtered(moved, sample_rate, begin_sec, own)
        moved = moved * _gain(own, side, "fader", begin_sec, high - low, sample_rate)
        # Before its first and after its last point a lane keeps that point's value.
        ends = control_curve(own, side, "fader", np.array([min(times), max(times)]))
        rests = [
            each if level == 1.0 else each * np.float32(level)
            for each, level in zip((stem[:, :low], stem[:, high:]), ends, strict=True)
        ]
        out = np.concatenate([rests[0], moved, rests[1]], axis=1)
    for echo in echoes:
        if echo.side == side:
            out = out + _echoed(stem, sample_rate, start_sec, own, echo)
    return np.asarray(out, np.float32)


def _gain(
    lanes: Sequence[Lane],
    side: Side | str,
    control: Control,
    start_sec: float,
    count: int,
    sample_rate: float,
) -> Samples:
    """Return a control's amplitude for every sample."""
    step = round(sample_rate / CONTROL_HZ)
    times = start_sec + np.arange(count // step + 2) * step / sample_rate
    values = control_curve(lanes, side, control, times)
    if control.endswith("_db"):
        values = 10 ** (values / 20)
    return ramped(values, step, count)


def _banded(samples: Samples, sample_rate: int, start_sec: float, lanes: list[Lane]) -> Samples:
    """Return the samples with their three bands at the lanes' levels.

    The split is of zero phase and its bands add up to the input exactly, so that a band at
    0 dB changes nothing and kicks stay where they are.
    """
    side = lanes[0].side
    out = samples
    if moves_control(lanes, side, "high_db"):
        out = samples * _gain(lanes, side, "high_db", start_sec, samples.shape[1], sample_rate)
    # What is below each corner takes the step from the gain above it to the gain below it.
    corners: tuple[tuple[Control, Control, float, int], ...] = (
        ("mid_db", "high_db", HIGH_HZ, HIGH_FACTOR),
        ("low_db", "mid_db", LOW_HZ, LOW_FACTOR),
    )
    for below, above, corner_hz, factor in corners:
        if moves_control(lanes, side, below) or moves_control(lanes, side, above):
            out = out + _stepped(
                samples, sample_rate, start_sec, lanes, (below, above), corner_hz, factor
            )
    return np.asarray(out, np.float32)


def _stepped(
    samples: Samples,
    sample_rate: int,
    start_sec: float,
    lanes: list[Lane],
    bands: tuple[Control, Control],
    corner_hz: float,
    factor: int,
) -> Samples:
    """Return what is below a corner, times how much more gain it gets than what is above.

    Parameters
    ----------
    samples, sample_rate, start_sec, lanes
        As of :func:`_banded`.
    bands
        The band below the corner and the one above it.
    corner_hz
        The corner.
    factor
        Everything here happens at so small a part of the sample rate, a tenth of the work; what
        the band holds above the new Nyquist frequency is below −80 dB.
    """
    rate = sample_rate / factor
    # soxr's filters are of linear phase: the band stays where it is in time.
    slow = soxr.resample(np.ascontiguousarray(samples.T), sample_rate, rate)
    count = len(slow)
    size = fft.next_fast_len(count + int(rate / 4), real=True)
    hz = fft.rfftfreq(size, 1 / rate).astype(np.float32)
    spectrum = fft.rfft(slow, size, axis=0) * _below(hz, corner_hz)[:, None]
    part = fft.irfft(spectrum, size, axis=0)[:count]
    side = lanes[0].side
    below, above = (_gain(lanes, side, band, start_sec, count, rate) for band in bands)
    part = np.asarray(part * (below - above)[:, None], np.float32)
    fine = soxr.resample(part, rate, sample_rate).T
    out = np.zeros_like(samples)
    length = min(out.shape[1], fine.shape[1])
    out[:, :length] = fine[:, :length]
    return out


def _below(hz: NDArray[np.float32], corner_hz: float) -> NDArray[np.float32]:
    """Return the share of each frequency that belongs below a corner (Butterworth power)."""
    share = 1 / (1 + (hz / np.float32(corner_hz)) ** (2 * CROSSOVER_ORDER))
    return np.asarray(share, np.float32)


def _filtered(samples: Samples, sample_rate: int, start_sec: float, lanes: list[Lane]) -> Samples:
    """Return the samples after the lanes' high-pass and low-pass (24 dB an octave)."""
    side = lanes[0].side
    out = samples
    sweeps: tuple[tuple[Control, Literal["highpass", "lowpass"], float], ...] = (
        ("highpass_hz", "highpass", OPEN_HIGHPASS_HZ),
        ("lowpass_hz", "lowpass", OPEN_LOWPASS_HZ),
    )
    for control, kind, rest_hz in sweeps:
        if not moves_control(lanes, side, control):
            continue
        starts = np.arange(0, out.shape[1], FILTER_BLOCK)
        hz = control_curve(lanes, side, control, start_sec + starts / sample_rate)
        # Keep clear of the Nyquist frequency, where a digital filter is no longer defined.
        hz = np.minimum(hz, 0.45 * sample_rate)
        swept = np.empty_like(out)
        state: NDArray[np.float64] = np.zeros((2, 2, 2))
        for start, cutoff in zip(starts, hz, strict=True):
            block = out[:, start : start + FILTER_BLOCK]
            sections = signal.butter(4, float(cutoff), kind, fs=sample_rate, output="sos")
            filtered, after = signal.sosfilt(sections, block, axis=1, zi=state)
            swept[:, start : start + FILTER_BLOCK] = filtered
            state = np.asarray(after, np.float64)
        out = _where_open(out, swept, hz, rest_hz, kind)
    return out


def _where_open(
    dry: Samples, wet: Samples, hz: NDArray[np.float64], rest_hz: float, kind: str
) -> Samples:
    """Return ``wet``, crossfaded to ``dry`` in the blocks where the filter is out of the way."""
    closed = hz > rest_hz * 1.01 if kind == "highpass" else hz < rest_hz * 0.99
    blocks = np.arange(len(closed)) * FILTER_BLOCK
    share = np.interp(np.arange(dry.shape[1]), blocks, closed.astype(np.float64))
    mixed = dry + (wet - dry) * share.astype(np.float32)
    return np.asarray(mixed, np.float32)


def _echoed(
    stem: Samples, sample_rate: int, start_sec: float, lanes: list[Lane], echo: Echo
) -> Samples:
    """Return the repeats of an echo alone."""
    out = np.zeros_like(stem)
    points = [
        sec for each in lanes if each.control == "echo_send" for sec, value in each.points if value
    ]
    if not points:
        return out
    low = max(0, int((min(points) - 1.0 - start_sec) * sample_rate))
    high = min(stem.shape[1], int((max(points) + 1.0 - start_sec) * sample_rate))
    if high <= low:
        return out
    sent = stem[:, low:high] * _gain(
        lanes, echo.side, "echo_send", start_sec + low / sample_rate, high - low, sample_rate
    )
    sections = signal.butter(2, echo.highpass_hz, "highpass", fs=sample_rate, output="sos")
    sent = signal.sosfilt(sections, sent, axis=1).astype(np.float32)
    delay = round(echo.delay_sec * sample_rate)
    last = int((max(points) + echo.tail_sec - start_sec) * sample_rate)
    level, at = 1.0, low + delay
    while level > ECHO_FLOOR and at < min(last, out.shape[1]):
        length = min(sent.shape[1], out.shape[1] - at)
        out[:, at : at + length] += np.float32(level) * sent[:, :length]
        level *= echo.feedback
        at += delay
    # The tail is over when the plan says so: fade what is left of it.
    fade = np.clip((last - np.arange(out.shape[1])) / (0.5 * sample_rate), 0.0, 1.0)
    return out * fade.astype(np.float32)
