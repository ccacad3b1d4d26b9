"""Kicks in audio: where they are, the straight line they lie on, and how far two decks are apart.

Grids come from frames of 10 ms and more; kicks that should sound as one need 5. So everything
here works on the audio itself, at 1 ms.

A kick is told by its body (35–150 Hz) and timed by its attack (200–1000 Hz). The body's rise
alone would not do: from the first sample of a kick it takes 5 ms in drum & bass and 26 ms in
techno, and two decks aligned by it would flam by the difference. Through the attack's band every
kick sweeps within its first milliseconds: over composed tracks of five styles its rise is within
0.3 ms of the kick's first sample, with 0.1 ms of spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import ndimage, signal

Floats = NDArray[np.float64]
Samples = NDArray[np.float32]

RATE_HZ = 1000
"""Resolution of every curve here: 1 ms."""
_FINE_HZ = 2 * RATE_HZ
_ATTACK_RATE_HZ = 8 * RATE_HZ

CENTRE_HZ = 92.5
WIDTH_HZ = 40.0
"""A Gaussian band over 35–150 Hz, where a kick's body lives. Gaussian in time too (4 ms), so
nothing rings before an onset as a sharp filter's response would."""

ATTACK_BAND_HZ = (200.0, 1_000.0)
ATTACK_WINDOW_SEC = 0.004
ATTACK_FLOOR = 0.3
"""Of the band's loud level, under the logarithm: soft onsets count, noise does not."""
RISE_SMOOTH_MS = 1.5
"""Smoothing of an envelope's slope, below the 5 ms that matter."""

BODY_BEFORE_MS = 5
BODY_AFTER_MS = 40
"""An attack is a kick's if the body rises from 5 ms before to 40 ms after it."""

MIN_RISE = 0.02
"""Of the low band's level in a millisecond: a kick is up within 50 ms."""
MIN_BODY = 0.3
"""Of the track's usual kick; weaker bodies are bass notes and ghosts."""

SEARCH_MS = 40
"""How far a whole grid may be off."""
SEARCH_SIGMA_MS = 15.0
"""Near offsets are likelier than far ones: a grid is fitted to the whole track."""
LOCAL_MS = 12
"""How far one kick may lie from the common offset; further is some other onset."""
INLIER_MS = 5.0
"""Kicks further from the fitted line do not take part in the fit."""
GRID_DOUBT = 5e-5
"""Relative error of a grid's tempo (one sigma): 0.006 BPM at 120, and 1.4 ms over 16 bars."""
NOISE_SEC = 0.001
"""No kick is located better than this."""
BAR_BEATS = 5
"""Lags are smoothed by a median over a bar, so that one stray onset is not taken for a flam."""
MAX_SPREAD_MS = 3.0
"""Kicks that lie further from their line (median) are no line."""
MIN_SHARE = 0.6
"""Of the kicks must be inliers, or there is no line."""
MIN_KICKS = 8
"""Two bars: fewer say nothing about a tempo."""
MIN_ATTACK = 0.3
"""Of the usual attack on the beat; weaker rises are not timed."""


@dataclass(frozen=True)
class BeatLine:
    """Beats on a straight line: beat k is at ``first_sec + k * period_sec``.

    Parameters
    ----------
    first_sec, period_sec
        The line.
    kicks
        Kicks it was fitted to.
    spread_ms
        Median distance of those kicks from the line.
    """

    first_sec: float
    period_sec: float
    kicks: int
    spread_ms: float

    def nearest(self, sec: float) -> float:
        """Return the beat nearest to ``sec``."""
        return self.first_sec + round((sec - self.first_sec) / self.period_sec) * self.period_sec


def usual_body(samples: Samples, sample_rate: int) -> float:
    """Return how steeply the low band rises at the usual kick of a stretch of audio.

    Parameters
    ----------
    samples
        Shape (channels, n); the longer, the surer it holds kicks.
    sample_rate
        In Hz.
    """
    envelope = _body_envelope(samples, sample_rate)
    curve = _rise(envelope)
    # The highest rise of each quarter second: most hold one kick where there are any.
    count = len(curve) // 250
    if count == 0:
        return 0.0
    usual = float(np.percentile(curve[: count * 250].reshape(count, 250).max(axis=1), 90))
    # A bass that only breathes has rises too; against its level they are nothing.
    return max(usual, MIN_RISE * float(np.percentile(envelope, 99)))


def onset_curve(samples: Samples, sample_rate: int, body: float) -> Floats:
    """Return how likely a kick begins, one value a millisecond, ≥ 0.

    Parameters
    ----------
    samples
        Shape (channels, n).
    sample_rate
        In Hz.
    body
        The track's usual kick, from :func:`usual_body`.
    """
    fine = _at_rate(samples, sample_rate, _ATTACK_RATE_HZ)
    low = np.asarray(soxr.resample(fine, _ATTACK_RATE_HZ, _FINE_HZ, "MQ"), dtype=np.float64)
    rise, attack = _rise(_envelope_of(low)), _attack_curve(fine)
    count = min(len(rise), len(attack))
    if body <= 0:
        return np.zeros(count)
    span = BODY_BEFORE_MS + BODY_AFTER_MS + 1
    # The window lies over t - before … t + after.
    shift = (BODY_BEFORE_MS - BODY_AFTER_MS) // 2
    near = ndimage.maximum_filter1d(rise[:count] / body, span, origin=shift)
    gate = np.where(near < MIN_BODY, 0.0, np.minimum(near, 1.0))
    return np.asarray(attack[:count] * gate, dtype=np.float64)


def _body_envelope(samples: Samples, sample_rate: int) -> Floats:
    """Return the amplitude of the low band at 2 kHz."""
    return _envelope_of(low_rate(samples, sample_rate))


def _envelope_of(low: Floats) -> Floats:
    """Return the amplitude of the low band, at 2 kHz as the samples."""
    reach = np.arange(-40, 41) / _FINE_HZ
    sigma_sec = 1 / (2 * np.pi * WIDTH_HZ)
    kernel = np.exp(-0.5 * (reach / sigma_sec) ** 2 + 2j * np.pi * CENTRE_HZ * reach)
    envelope = np.abs(signal.fftconvolve(low, kernel / np.abs(kernel).sum(), mode="same"))
    return np.asarray(envelope, dtype=np.float64)


def _attack_curve(mid: Floats) -> Floats:
    """Return the rise of the attack's band on a logarithmic scale, a value a millisecond.

    Parameters
    ----------
    mid
        Mono at 8 kHz.
    """
    sections = signal.butter(2, ATTACK_BAND_HZ, "bandpass", fs=_ATTACK_RATE_HZ, output="sos")
    power = signal.sosfilt(sections, mid) ** 2
    window = np.hanning(round(ATTACK_WINDOW_SEC * _ATTACK_RATE_HZ) + 1)
    smooth = signal.fftconvolve(power, window / window.sum(), mode="same")
    level = np.sqrt(np.maximum(smooth, 0.0))[:: _ATTACK_RATE_HZ // _FINE_HZ]
    loud = float(np.percentile(level, 99)) if len(level) else 0.0
    if loud <= 0:
        return np.zeros(len(level) // 2)
    return _rise(np.log(level / loud + ATTACK_FLOOR))


def _rise(envelope: Floats) -> Floats:
    """Return the smoothed slope per ms where it is positive, at 1 ms, of a curve at 2 kHz."""
    steps = np.arange(-12, 13) / 2.0
    # Convolution turns the kernel round, so its positive half weighs what is to come.
    slope = -steps * np.exp(-0.5 * (steps / RISE_SMOOTH_MS) ** 2)
    slope /= float(steps @ -slope)
    rise = signal.fftconvolve(envelope, slope, mode="same")[::2]
    return np.maximum(np.asarray(rise, dtype=np.float64), 0.0)


def low_rate(samples: Samples, sample_rate: int) -> Floats:
    """Return the channels' mean at 2 kHz, which holds all that is below 800 Hz."""
    return _at_rate(samples, sample_rate, _FINE_HZ)


def _at_rate(samples: Samples, sample_rate: int, rate: int) -> Floats:
    """Return the channels' mean at another sample rate."""
    mono = samples[0] if len(samples) == 1 else (samples[0] + samples[1]) * np.float32(0.5)
    # soxr's filters are of linear phase: nothing moves in time.
    return np.asarray(soxr.resample(mono, sample_rate, rate, "MQ"), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Kicks:
    """The kicks of a stretch of audio, on the line they were found by.

    Parameters
    ----------
    line
        The straight line through them.
    beats
        Numbers of the beats that have a kick; beat 0 is ``line.first_sec``.
    times_sec
        When each of them begins.
    """

    line: BeatLine
    beats: NDArray[np.int64]
    times_sec: Floats


def line_with_prior(
    x: Floats, y_sec: Floats, slope: float, slope_doubt: float
) -> tuple[float, float]:
    """Fit a line whose slope is known beforehand to within ``slope_doubt`` (one sigma).

    Least squares with a Gaussian prior: a few noisy kicks don't bend a tempo that was fitted
    to a whole track, many exact ones do.

    Returns
    -------
    slope, intercept
        In the units of the input.
    """
    centred = x - x.mean()
    rest = y_sec - slope * x
    rest = rest - rest.mean()
    noise = max(NOISE_SEC, 1.4826 * float(np.median(np.abs(rest - np.median(rest)))))
    pull = (noise / slope_doubt) ** 2
    slope = slope + float(centred @ rest) / (float(centred @ centred) + pull)
    return slope, float(y_sec.mean() - slope * x.mean())


def find_kicks(
    curve: Floats,
    start_sec: float,
    first_sec: float,
    period_sec: float,
    doubt: float = GRID_DOUBT,
) -> Kicks | None:
    """Find the kicks near a grid and the straight line they lie on.

    Parameters
    ----------
    curve
        From :func:`onset_curve`.
    start_sec
        Time of the curve's first value.
    first_sec, period_sec
        The grid: any beat of it, which becomes beat 0, and its beat length.
    doubt
        How far the beat length may be off, relative, one sigma.

    Returns
    -------
    Kicks or None
        None where too few kicks lie on one line.
    """
    reach = SEARCH_MS + LOCAL_MS
    end_sec = start_sec + len(curve) / RATE_HZ
    low = int(np.ceil((start_sec + reach / 1e3 - first_sec) / period_sec))
    high = int(np.floor((end_sec - reach / 1e3 - first_sec) / period_sec))
    if high - low + 1 < MIN_KICKS:
        return None
    number = np.arange(low, high + 1)
    centre = (first_sec + number * period_sec - start_sec) * RATE_HZ
    offsets = np.arange(-SEARCH_MS, SEARCH_MS + 1)
    around = np.interp(centre[:, None] + offsets, np.arange(len(curve)), curve)
    usual = float(np.percentile(around.max(axis=1), 80))
    if usual <= 0:
        return None
    # One loud hit must not outvote the regular ones.
    votes = np.minimum(around, usual).mean(axis=0)
    votes = votes * np.exp(-0.5 * (offsets / SEARCH_SIGMA_MS) ** 2)
    common = int(offsets[np.argmax(votes)])

    spot = np.arange(-LOCAL_MS, LOCAL_MS + 1)
    local = np.interp(centre[:, None] + common + spot, np.arange(len(curve)), curve)
    best = local.argmax(axis=1)
    strength = local[np.arange(len(best)), best]
    kept = (strength >= MIN_ATTACK * usual) & (best > 0) & (best < len(spot) - 1)
    if kept.sum() < MIN_KICKS:
        return None
    fine = np.array([_vertex(row, index) for row, index in zip(local, best, strict=True)])
    times = (centre + common + fine - LOCAL_MS) / RATE_HZ + start_sec
    number, times = number[kept], times[kept]
    slope, intercept = period_sec, float(np.median(times - period_sec * number))
    for _ in range(4):
        inside = np.abs(times - (intercept + slope * number)) * 1e3 <= INLIER_MS
        if inside.sum() < MIN_KICKS or inside.mean() < MIN_SHARE:
            return None
        slope, intercept = line_with_prior(
            number[inside].astype(np.float64), times[inside], period_sec, period_sec * doubt
        )
    distance_ms = np.abs(times - (intercept + slope * number)) * 1e3
    line = BeatLine(
        float(intercept), float(slope), int(inside.sum()), float(np.median(distance_ms[inside]))
    )
    if line.spread_ms > MAX_SPREAD_MS:
        return None
    near = distance_ms <= LOCAL_MS
    return Kicks(line, number[near], times[near])


def _vertex(row: Floats, index: int) -> float:
    """Return the position of a peak between samples (parabola through three points)."""
    if index <= 0 or index >= len(row) - 1:
        return float(index)
    left, top, right = row[index - 1 : index + 2]
    bend = left - 2 * top + right
    return float(index if bend == 0 else index + 0.5 * (left - right) / bend)


@dataclass(frozen=True, eq=False)
class PairLags:
    """How late deck B's kicks are against A's, beat by beat.

    Parameters
    ----------
    times_sec
        Beats at which both decks have a kick.
    lags_ms
        Positive where B is late.
    """

    times_sec: Floats
    lags_ms: Floats

    @property
    def p95_ms(self) -> float:
        """The distance that 95 % of the kicks keep to, each judged with its bar."""
        smooth = ndimage.median_filter(self.lags_ms, BAR_BEATS, mode="nearest")
        return float(np.percentile(np.abs(smooth), 95))

    @property
    def single_p95_ms(self) -> float:
        """The same of single kicks: the tracks' own swing and the measuring's noise included."""
        return float(np.percentile(np.abs(self.lags_ms), 95))

    @property
    def spread_ms(self) -> float:
        """Median distance of single lags from their line."""
        slope, at_zero = self.line()
        return float(np.median(np.abs(self.lags_ms - (at_zero + slope * self.times_sec))))

    def line(self) -> tuple[float, float]:
        """Return (slope in ms a second, lag in ms at time 0).

        Both grids are known to within ``GRID_DOUBT``, and so is their difference.
        """
        middle = np.median(self.lags_ms)
        near = np.abs(self.lags_ms - middle) <= 2 * INLIER_MS
        if not near.any():
            return 0.0, float(middle)  # two heaps of lags with nothing between: no line
        slope, at_zero = line_with_prior(
            self.times_sec[near], self.lags_ms[near] / 1e3, 0.0, np.sqrt(2) * GRID_DOUBT
        )
        return slope * 1e3, at_zero * 1e3


def pair_lags(a: Kicks | None, b: Kicks | None) -> PairLags:
    """Compare two decks' kicks where both have one on the same beat of A.

    The two sides are found independently of each other, each on its own line, so a deck that
    is off as a whole is seen to be off.

    Parameters
    ----------
    a, b
        Kicks of the two rendered stems, on one clock.
    """
    if a is None or b is None:
        return PairLags(np.zeros(0), np.zeros(0))
    nearest = np.abs(a.times_sec[:, None] - b.times_sec[None, :]).argmin(axis=1)
    lags_ms = (b.times_sec[nearest] - a.times_sec) * 1e3
    same_beat = np.abs(lags_ms) < 250 * min(a.line.period_sec, b.line.period_sec)
    return PairLags(a.times_sec[same_beat], lags_ms[same_beat])
