"""A mixer's channel strip: three bands, two filters, fader and echo, moved by lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from mixing.curves import control_curve, moves_control
from mixing.moves import OPEN_HIGHPASS_HZ, OPEN_LOWPASS_HZ
from mixing.plan import Control, Echo, Lane, Side

Samples = NDArray[np.float32]

LOW_HZ = 180.0
"""Below: kick and bassline."""
HIGH_HZ = 2_500.0
"""Above: hats, air."""
CROSSOVER_ORDER = 6
"""Steepness of the band split: 36 dB an octave, so that a killed bass is gone."""

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
        out = stem.copy()
        if high > low:
            moved = _banded(stem[:, low:high], sample_rate, start_sec + low / sample_rate, own)
            moved = _filtered(moved, sample_rate, start_sec + low / sample_rate, own)
            out[:, low:high] = moved
        out *= _gain(own, side, "fader", start_sec, stem.shape[1], sample_rate)
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
    sample_rate: int,
) -> Samples:
    """Return a control's amplitude for every sample."""
    coarse = np.arange(int(count / sample_rate * CONTROL_HZ) + 3) / CONTROL_HZ
    values = control_curve(lanes, side, control, start_sec + coarse)
    if control.endswith("_db"):
        values = 10 ** (values / 20)
    fine = np.interp(np.arange(count) / sample_rate, coarse, values)
    return fine.astype(np.float32)


def _banded(samples: Samples, sample_rate: int, start_sec: float, lanes: list[Lane]) -> Samples:
    """Return the samples with their three bands at the lanes' levels.

    The split is of zero phase and its bands add up to the input exactly, so that a band at
    0 dB changes nothing and kicks stay where they are.
    """
    side = lanes[0].side
    bands: tuple[Control, ...] = ("low_db", "mid_db", "high_db")
    if not any(moves_control(lanes, side, band) for band in bands):
        return samples
    count = samples.shape[1]
    size = fft.next_fast_len(count + sample_rate // 4, real=True)
    spectrum = fft.rfft(samples, size, axis=1)
    hz = fft.rfftfreq(size, 1 / sample_rate).astype(np.float32)
    shares: dict[Control, NDArray[np.float32]] = {
        "low_db": _below(hz, LOW_HZ),
        "high_db": 1 - _below(hz, HIGH_HZ),
    }
    out = np.zeros_like(samples)
    middle = samples.copy()
    for band, share in shares.items():
        if moves_control(lanes, side, band) or moves_control(lanes, side, "mid_db"):
            part = fft.irfft(spectrum * share, size, axis=1)[:, :count].astype(np.float32)
            middle -= part
            part *= _gain(lanes, side, band, start_sec, count, sample_rate)
            out += part
    middle *= _gain(lanes, side, "mid_db", start_sec, count, sample_rate)
    out += middle
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
