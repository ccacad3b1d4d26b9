"""Weights that turn a magnitude spectrum into bands, and the filters behind them.

Every table here is for the one spectrum that `analysis.spectra` computes: 2048-sample frames at
44.1 kHz, 1025 bins. The definitions are Essentia's (MelBands, BarkBands, ERBBands, EnergyBand,
EqualLoudness), so that what is built on them agrees with Essentia's descriptors of that name.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

Array = NDArray[np.float32]

SAMPLE_RATE_HZ = 44_100
FRAME_SIZE = 2048
BINS = FRAME_SIZE // 2 + 1
NYQUIST_HZ = SAMPLE_RATE_HZ / 2
CEPSTRUM_SIZE = 13

BARK_EDGES_HZ = (
    0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0,
    1480.0, 1720.0, 2000.0, 2320.0, 2700.0, 3150.0, 3700.0, 4400.0, 5300.0, 6400.0, 7700.0,
    9500.0, 12000.0, 15500.0, 20500.0,
)  # fmt: skip
"""Edges of 27 critical bands (Zwicker), the lowest two split in half."""

ENERGY_BANDS_HZ = ((20.0, 150.0), (150.0, 800.0), (800.0, 4000.0), (4000.0, 20000.0))
"""Low, middle-low, middle-high and high, as MusicExtractor cuts them."""

# Replay Gain's equal-loudness filter at 44.1 kHz (proposal of 2001): a 10th-order Yule-Walker
# fit of the inverted equal-loudness contours, then a 2nd-order Butterworth high-pass at 150 Hz.
_YULE_B = (
    0.05418656406430, -0.02911007808948, -0.00848709379851, -0.00851165645469, -0.00834990904936,
    0.02245293253339, -0.02596338512915, 0.01624864962975, -0.00240879051584, 0.00674613682247,
    -0.00187763777362,
)  # fmt: skip
_YULE_A = (
    1.0, -3.47845948550071, 6.36317777566148, -8.54751527471874, 9.47693607801280,
    -8.81498681370155, 6.85401540936998, -4.39470996079559, 2.19611684890774, -0.75104302451432,
    0.13149317958808,
)  # fmt: skip
_BUTTER_B = (0.98500175787242, -1.97000351574484, 0.98500175787242)
_BUTTER_A = (1.0, -1.96977855582618, 0.97022847566350)

_FILTER_BLOCK = 1 << 14  # samples filtered at once
_FILTER_HISTORY = 3087  # of which this much is history


def bin_frequencies_hz() -> NDArray[np.float64]:
    """Return the centre of every bin, shape (1025,)."""
    return np.linspace(0.0, NYQUIST_HZ, BINS)


@cache
def window() -> Array:
    """Return the 62 dB Blackman-Harris window (3 terms), scaled so that a sine reads its peak."""
    weights = scipy.signal.windows.general_cosine(FRAME_SIZE, [0.44959, 0.49364, 0.05677])
    return np.asarray(weights * 2 / weights.sum(), np.float32)


@cache
def mel_weights(bands: int, high_hz: float) -> Array:
    """Return triangles on the HTK mel scale from 0 to ``high_hz``, shape (1025, bands).

    Slopes are straight in mel, and each band's weights sum to 1.
    """

    def to_mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray(1127.01048 * np.log1p(np.asarray(hz) / 700.0))

    edges = np.linspace(0.0, float(to_mel(high_hz)), bands + 2)
    mel = to_mel(bin_frequencies_hz())[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-12), np.float32)


@cache
def bark_weights() -> Array:
    """Return the plain sums over the 27 critical bands, shape (1025, 27)."""
    return np.stack([_box(low, high) for low, high in pairwise(BARK_EDGES_HZ)], axis=1)


@cache
def energy_band_weights() -> Array:
    """Return the sums over `ENERGY_BANDS_HZ`, both edge bins included, shape (1025, 4)."""
    columns = []
    for low, high in ENERGY_BANDS_HZ:
        column = np.zeros(BINS, np.float32)
        column[round(low / NYQUIST_HZ * (BINS - 1)) : round(high / NYQUIST_HZ * (BINS - 1)) + 1] = 1
        columns.append(column)
    return np.stack(columns, axis=1)


def _box(low_hz: float, high_hz: float) -> Array:
    column = np.zeros(BINS, np.float32)
    scale = (BINS - 1) / NYQUIST_HZ
    column[int(low_hz * scale + 0.5) : int(high_hz * scale + 0.5)] = 1
    return column


@cache
def gammatone_weights(bands: int = 40, low_hz: float = 40.0) -> Array:
    """Return the response of 4th-order gammatone filters to each bin, shape (1025, bands).

    Centres lie evenly on the ERB scale (Glasberg & Moore 1990) from ``low_hz`` to the Nyquist
    frequency; the response is that of Slaney's four-zero implementation (Apple TR 35, 1993).
    """
    ear_q, min_bandwidth = 9.26449, 24.7
    offset = ear_q * min_bandwidth
    steps = np.arange(1, bands + 1) / bands
    centres = (NYQUIST_HZ + offset) * np.exp(
        steps * np.log((low_hz + offset) / (NYQUIST_HZ + offset))
    ) - offset
    centres = centres[::-1]
    period = 1 / SAMPLE_RATE_HZ
    decay = 1.019 * 2 * np.pi * (centres / ear_q + min_bandwidth) * period
    angle = 2 * np.pi * centres * period
    radius = np.exp(-decay)
    circle = np.exp(2j * np.pi * np.arange(BINS) / FRAME_SIZE)[:, None]
    slopes = (np.sqrt(3 + 2**1.5), -np.sqrt(3 + 2**1.5), np.sqrt(3 - 2**1.5), -np.sqrt(3 - 2**1.5))
    pole = radius * np.exp(1j * angle)
    response = np.ones((BINS, bands))
    gain = np.ones(bands, complex)
    turn = np.exp(2j * angle)
    for slope in slopes:
        zero = radius * (np.cos(angle) + slope * np.sin(angle))
        response *= np.abs(circle - zero)
        gain *= -2 * turn + 2 * radius * np.exp(1j * angle) * (
            np.cos(angle) + slope * np.sin(angle)
        )
    gain /= (-2 / np.exp(2 * decay) - 2 * turn + 2 * (1 + turn) / np.exp(decay)) ** 4
    response *= np.abs((pole - circle) ** 2) ** -4 / np.abs(gain)
    return np.asarray(response, np.float32)


@cache
def equal_loudness_gain() -> Array:
    """Return the magnitude response of the equal-loudness filter at each bin, shape (1025,)."""
    return np.asarray(np.abs(_equal_loudness_response(FRAME_SIZE)), np.float32)


@cache
def _equal_loudness_response(size: int) -> NDArray[np.complex64]:
    angles = np.arange(size // 2 + 1) * (2 * np.pi / size)
    _, yule = scipy.signal.freqz(_YULE_B, _YULE_A, worN=angles)
    _, butter = scipy.signal.freqz(_BUTTER_B, _BUTTER_A, worN=angles)
    return np.asarray(yule * butter, np.complex64)


@cache
def level_meter_gain() -> Array:
    """Return the magnitude response of Vickers' level meter's high-pass at each bin, (1025,).

    First order, from 200 Hz: bass moves loudness less than it moves the meter.
    """
    _, response = scipy.signal.freqz(
        [0.98595, -0.98595], [1.0, -0.9719], worN=np.arange(BINS) * (np.pi / (BINS - 1))
    )
    return np.asarray(np.abs(response), np.float32)


def equal_loudness_power(samples: Array, frame: int) -> NDArray[np.float64]:
    """Return the mean power of each frame after the equal-loudness filter.

    Parameters
    ----------
    samples
        float32 at 44.1 kHz, shape (n,).
    frame
        Samples a frame; frames do not overlap, and the rest is left out. The filter is applied
        by overlap-save, with 70 ms of history for its response to die away.
    """
    count = len(samples) // frame
    size = _FILTER_BLOCK
    per_block = (size - _FILTER_HISTORY) // frame
    keep = per_block * frame
    response = _equal_loudness_response(size)
    power = np.zeros(-(-count // per_block) * per_block)
    for block in range(0, count, per_block):
        end = (block + per_block) * frame
        begin = end - size
        part = stretch_of(samples, begin, end)
        heard = scipy.fft.irfft(scipy.fft.rfft(part) * response)[-keep:].reshape(-1, frame)
        power[block : block + per_block] = np.einsum("ij,ij->i", heard, heard) / frame
    return power[:count]


def stretch_of(samples: Array, begin: int, end: int) -> Array:
    """Return ``samples[begin:end]`` with zeros where it reaches beyond either end."""
    part = samples[max(0, begin) : max(0, min(len(samples), end))]
    if len(part) == end - begin:
        return part
    before = min(max(0, -begin), end - begin)
    return np.pad(part, (before, end - begin - before - len(part)))


def cepstrum(bands: Array) -> Array:
    """Return 13 cepstral coefficients of band energies (dB of amplitude, orthonormal DCT-II)."""
    level_db = 20 * np.log10(np.maximum(bands, 1e-10))
    coefficients = scipy.fft.dct(level_db, type=2, norm="ortho", axis=-1)
    return np.asarray(coefficients[..., :CEPSTRUM_SIZE], np.float32)
