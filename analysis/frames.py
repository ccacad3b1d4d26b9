"""What is measured of every 23 ms of a track, from one magnitude spectrum a frame.

Conventions
-----------
Frames are 2048 samples at 44.1 kHz, every 1024 samples, the first centred on sample 0, windowed
with a 62 dB Blackman-Harris window scaled so that a sine reads its amplitude. The level is
brought to a common loudness first (Replay Gain + 6 dB, clipped at full scale). Definitions are
those of Essentia's MusicExtractor, so that means and variances over frames agree with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from analysis import filterbanks
from analysis.filterbanks import BINS, FRAME_SIZE, NYQUIST_HZ, SAMPLE_RATE_HZ, Array

HOP = 1024
FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP

ROLLOFF_SHARE = 0.85
COMPLEXITY_MIN_MAGNITUDE = 0.005
COMPLEXITY_RANGE_HZ = (100.0, 5000.0)
SILENT_POWER = 1e-9
"""Frames below −90 dB count as silent and get inaudible noise, so that logarithms stay finite."""
_NOISE_AMPLITUDE = 1e-10
_FLOOR = np.float32(1e-30)

# Octave-based spectral contrast (Jiang 2002, shape-based by Akkermans 2009): bins of the six
# bands between 20 Hz and 11 kHz; 15 % of the bins are dealt out evenly, the rest by octaves.
CONTRAST_BANDS = 6
_CONTRAST_NEIGHBOURS = 0.4


@dataclass(frozen=True, eq=False)
class Frames:
    """Measures of every frame; arrays have one row a frame.

    Band energies are sums of squared magnitudes; frequencies are in Hz.
    """

    mel40: Array
    mel128: Array
    bark: Array
    erb: Array
    energy_bands: Array
    energy: Array
    rms: Array
    hfc: Array
    flux: Array
    rolloff_hz: Array
    complexity: Array
    zero_crossing_rate: Array
    power: Array
    """Mean square of the unwindowed frame."""
    bright_power: Array
    """Mean square after the first-order high-pass of `filterbanks.level_meter_gain`."""
    magnitude_bands: Array
    """Sums of magnitudes below 150 Hz, to 2 kHz, and above (three columns)."""
    flatness: Array
    """Geometric over arithmetic mean of the power spectrum, 0–1."""
    plain_centroid_hz: Array
    """Centroid of the magnitude spectrum as it is."""
    centroid_hz: Array
    """Centroid of the power spectrum after the equal-loudness filter."""
    entropy: Array
    contrast: Array
    valleys: Array

    def __len__(self) -> int:
        return len(self.energy)


def contrast_sizes() -> tuple[int, tuple[int, ...]]:
    """Return the first bin and the number of bins of each contrast band."""
    width = SAMPLE_RATE_HZ / FRAME_SIZE
    low, high, evenly = 20.0, 11_000.0, 0.15
    total = round(high / width)
    top = round((1 - evenly) * total) * width
    share = round(evenly * total / CONTRAST_BANDS)
    step = (top / low) ** (1 / CONTRAST_BANDS)
    last, sizes = round(low / width), []
    for band in range(1, CONTRAST_BANDS + 1):
        edge = low * step**band / width
        sizes.append(round(edge - last + share))
        last = round(edge)
    return round(low / width), tuple(sizes)


class Measurer:
    """Measures blocks of consecutive frames; remembers the last spectrum for the flux."""

    def __init__(self) -> None:
        self._window = filterbanks.window()
        self._loudness = filterbanks.equal_loudness_gain()
        frequencies = filterbanks.bin_frequencies_hz()
        hfc = frequencies[:, None].astype(np.float32)
        self._weights = np.concatenate(
            [
                filterbanks.mel_weights(40, 11_000.0),
                filterbanks.mel_weights(128, NYQUIST_HZ),
                filterbanks.bark_weights(),
                filterbanks.gammatone_weights(),
                filterbanks.energy_band_weights(),
                hfc,
                np.square(filterbanks.level_meter_gain())[:, None],
            ],
            axis=1,
        )
        self._splits = np.cumsum([40, 128, 27, 40, 4, 1])
        thirds = [frequencies < 150, (frequencies >= 150) & (frequencies < 2000)]
        thirds.append(frequencies >= 2000)
        self._linear = np.stack([*thirds, frequencies], axis=1).astype(np.float32)
        self._squared_plain = np.stack([np.ones(BINS), frequencies], axis=1).astype(np.float32)
        self._squared = np.square(self._loudness)[:, None] * self._squared_plain
        first, last = COMPLEXITY_RANGE_HZ
        scale = (BINS - 1) / NYQUIST_HZ
        self._peak_bins = (int(np.ceil(first * scale)), int(last * scale))
        self._contrast_start, self._contrast_sizes = contrast_sizes()
        noise = np.random.default_rng(1).uniform(-1, 1, FRAME_SIZE) * _NOISE_AMPLITUDE
        self._noise = noise.astype(np.float32)
        self._noise_spectrum: Array = np.abs(scipy.fft.rfft(self._noise * self._window))
        # White noise of power p has a windowed spectral energy of p times this.
        self._energy_of_power = np.float32(FRAME_SIZE / 2 * np.square(self._window).sum())
        self._previous: Array | None = None

    def measure(self, frames: Array) -> dict[str, Array]:
        """Return every field of `Frames` for a block of frames.

        Parameters
        ----------
        frames
            Samples at the common level, shape (block, 2048).
        """
        power = np.einsum("ij,ij->i", frames, frames) / FRAME_SIZE
        silent = power < SILENT_POWER
        if silent.any():
            frames = frames.copy()
            frames[silent] += self._noise
        spectrum: Array = np.abs(scipy.fft.rfft(frames * self._window, axis=1))
        squared = np.square(spectrum)
        energy = squared.sum(axis=1)
        mel40, mel128, bark, erb, bands, hfc, bright = np.split(
            squared @ self._weights, self._splits, axis=1
        )
        linear = spectrum @ self._linear
        total = linear[:, :3].sum(axis=1) + _FLOOR
        result = {
            "mel40": mel40, "mel128": mel128, "bark": bark, "erb": erb, "energy_bands": bands,
            "energy": energy, "rms": np.sqrt(energy / BINS), "hfc": hfc[:, 0],
            "flux": self._flux(spectrum), "rolloff_hz": _rolloff(squared, energy),
            "complexity": self._complexity(spectrum),
            "zero_crossing_rate": _zero_crossings(frames), "power": power,
            "bright_power": bright[:, 0] / self._energy_of_power,
            "magnitude_bands": linear[:, :3], "plain_centroid_hz": linear[:, 3] / total,
            "flatness": _flatness(squared, energy),
        }  # fmt: skip
        result.update(self._weighted(spectrum, squared))
        return result

    def _flux(self, spectrum: Array) -> Array:
        """Return the L2 distance of each spectrum from the one before (the first from zero)."""
        before = np.zeros(BINS, np.float32) if self._previous is None else self._previous
        difference = np.diff(spectrum, axis=0, prepend=before[None])
        self._previous = spectrum[-1].copy()
        flux: Array = np.sqrt(np.einsum("ij,ij->i", difference, difference))
        return flux

    def _complexity(self, spectrum: Array) -> Array:
        """Return the number of spectral peaks above the threshold between 100 Hz and 5 kHz."""
        first, last = self._peak_bins
        part = spectrum[:, first - 1 : last + 2]
        middle = part[:, 1:-1]
        peaks = (middle > part[:, :-2]) & (middle >= part[:, 2:])
        peaks[:, 0] = middle[:, 0] > middle[:, 1]  # Essentia takes the range's edge as a peak
        peaks &= middle > COMPLEXITY_MIN_MAGNITUDE
        return np.asarray(peaks.sum(axis=1), np.float32)

    def _weighted(self, spectrum: Array, squared: Array) -> dict[str, Array]:
        """Return what is measured after the equal-loudness filter."""
        moments = squared @ self._squared
        heard = spectrum * self._loudness
        silent = moments[:, 0] < SILENT_POWER * self._energy_of_power
        if silent.any():
            heard[silent] = np.maximum(heard[silent], self._noise_spectrum)
            moments[silent] = np.square(heard[silent]) @ self._squared_plain
        total = heard.sum(axis=1) + _FLOOR
        share = heard / total[:, None]
        logs = np.log2(share + _FLOOR)
        entropy = -np.einsum("ij,ij->i", share, logs)
        contrast, valleys = self._contrast(heard)
        return {
            "centroid_hz": moments[:, 1] / (moments[:, 0] + _FLOOR),
            "entropy": entropy,
            "contrast": contrast,
            "valleys": valleys,
        }

    def _contrast(self, heard: Array) -> tuple[Array, Array]:
        """Return contrast and valley of each band, shapes (block, 6)."""
        start = self._contrast_start
        contrast, valleys = [], []
        for size in self._contrast_sizes:
            ordered = np.sort(heard[:, start : start + size], axis=1)
            near = max(1, round(_CONTRAST_NEIGHBOURS * size))
            valley = ordered[:, :near].mean(axis=1) + _FLOOR
            peak = ordered[:, -near:].mean(axis=1) + _FLOOR
            mean = ordered.mean(axis=1) + _FLOOR
            contrast.append(-((peak / valley) ** (1 / np.log(mean))))
            valleys.append(np.log(valley))
            start += size
        return np.stack(contrast, axis=1), np.stack(valleys, axis=1)


class Collector:
    """Puts the measures of consecutive blocks together, each in its place as it comes.

    Parameters
    ----------
    count
        How many frames there will be.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._filled = 0
        self._columns: dict[str, Array] = {}

    def add(self, block: dict[str, Array]) -> None:
        """Add the measures of the next frames."""
        for name, values in block.items():
            if name not in self._columns:
                self._columns[name] = np.empty((self._count, *values.shape[1:]), np.float32)
            self._columns[name][self._filled : self._filled + len(values)] = values
        self._filled += len(block["energy"])

    def frames(self) -> Frames:
        """Return all frames, once all have been added."""
        return Frames(**self._columns)


def _rolloff(squared: Array, energy: Array) -> Array:
    """Return the frequency below which 85 % of the energy lies."""
    running = np.cumsum(squared, axis=1)
    index = (running < (ROLLOFF_SHARE * energy)[:, None]).sum(axis=1)
    return np.asarray(index * (NYQUIST_HZ / (BINS - 1)), np.float32)


def _flatness(squared: Array, energy: Array) -> Array:
    logs = np.log(squared + _FLOOR).mean(axis=1)
    return np.asarray(np.exp(logs) / (energy / BINS + _FLOOR), np.float32)


def _zero_crossings(frames: NDArray[np.float32]) -> Array:
    signs = frames > 0
    crossings = (signs[:, 1:] != signs[:, :-1]).sum(axis=1)
    return np.asarray(crossings / FRAME_SIZE, np.float32)
