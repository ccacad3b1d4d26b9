"""MusicExtractor's low-level descriptors, from the frames that every family shares."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.frames import Frames
from analysis.spectra import Spectra

Descriptors = dict[str, Any]

BAND_NAMES = ("low", "middle_low", "middle_high", "high")
_SILENCE_DB = (20, 30, 60)
_AVERAGE_FRAME_SEC = 2.0  # Stevens' loudness of frames of two seconds, every second


def scalar_stats(name: str, values: NDArray[Any]) -> Descriptors:
    """Return Essentia's statistics of a curve under ``name.…``, without its extremes.

    Extremes depend on single frames near silence. ``dmean`` and ``dvar`` are of the absolute
    difference from frame to frame, ``dmean2`` and ``dvar2`` of the absolute second difference.
    """
    curve = values.astype(np.float64)
    first = np.abs(np.diff(curve)) if len(curve) > 1 else np.zeros(1)
    second = np.abs(np.diff(curve, n=2)) if len(curve) > 2 else np.zeros(1)
    return {
        f"{name}.mean": float(curve.mean()),
        f"{name}.stdev": float(curve.std()),
        f"{name}.var": float(curve.var()),
        f"{name}.median": float(np.median(curve)),
        f"{name}.dmean": float(first.mean()),
        f"{name}.dvar": float(first.var()),
        f"{name}.dmean2": float(second.mean()),
        f"{name}.dvar2": float(second.var()),
    }


def vector_stats(name: str, values: NDArray[Any]) -> Descriptors:
    """Return mean and standard deviation of each column under ``name.…``."""
    return {
        f"{name}.mean": [float(value) for value in values.mean(axis=0, dtype=np.float64)],
        f"{name}.stdev": [float(value) for value in values.std(axis=0, dtype=np.float64)],
    }


def describe_lowlevel(spectra: Spectra) -> Descriptors:
    """Return the ``lowlevel.…`` descriptors that are read from frames."""
    frames = spectra.frames
    curves: dict[str, Array] = {
        "spectral_centroid": frames.centroid_hz,
        "spectral_complexity": frames.complexity,
        "spectral_energy": frames.energy,
        "spectral_entropy": frames.entropy,
        "spectral_flux": frames.flux,
        "spectral_rms": frames.rms,
        "spectral_rolloff": frames.rolloff_hz,
        "hfc": frames.hfc,
        "zerocrossingrate": frames.zero_crossing_rate,
        "barkbands_flatness_db": flatness_db(frames.bark),
        "erbbands_flatness_db": flatness_db(frames.erb),
        "melbands_flatness_db": flatness_db(frames.mel40),
        "barkbands_crest": crest(frames.bark),
        "melbands_crest": crest(frames.mel40),
    }
    for column, name in enumerate(BAND_NAMES):
        curves[f"spectral_energyband_{name}"] = frames.energy_bands[:, column]
    found: Descriptors = {}
    for name, curve in curves.items():
        found |= scalar_stats(f"lowlevel.{name}", curve)
    tables: dict[str, Array] = {
        "mfcc": spectra.mfcc,
        "gfcc": spectra.gfcc,
        "spectral_contrast_coeffs": frames.contrast,
        "spectral_contrast_valleys": frames.valleys,
        "barkbands": frames.bark,
        "melbands": frames.mel40,
        "erbbands": frames.erb,
    }
    for name, table in tables.items():
        found |= vector_stats(f"lowlevel.{name}", table)
    for threshold_db in _SILENCE_DB:
        silent = frames.power < 10 ** (-threshold_db / 20)  # Essentia halves the decibels
        found[f"lowlevel.silence_rate_{threshold_db}dB.mean"] = float(silent.mean())
    found["lowlevel.average_loudness"] = average_loudness(frames, spectra.frame_rate_hz)
    return found


def flatness_db(bands: Array) -> Array:
    """Return flatness of band energies in dB over −60 dB: 0 for noise, 1 for a tone."""
    level = np.maximum(bands, 1e-30)
    mean = bands.mean(axis=1) + np.float32(1e-30)
    flat_db = 10 * np.log10(np.exp(np.log(level).mean(axis=1)) / mean)
    return np.asarray(np.minimum(flat_db / -60, 1.0), np.float32)


def crest(bands: Array) -> Array:
    """Return the largest band over the mean band."""
    return np.asarray(bands.max(axis=1) / (bands.mean(axis=1) + np.float32(1e-30)), np.float32)


def average_loudness(frames: Frames, rate_hz: float) -> float:
    """Return how near the track's average loudness is to its greatest, 0–1.

    Stevens' loudness (energy to the power of 0.67) of frames of two seconds, as a share of the
    loudest, averaged in dB and squeezed between −5 and −2 dB.
    """
    size = max(1, round(_AVERAGE_FRAME_SEC * rate_hz))
    hop = max(1, size // 2)
    power = frames.power.astype(np.float64)
    if len(power) < size:
        power = np.pad(power, (0, size - len(power)))
    totals = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(power) - size + 1, hop)
    samples = _AVERAGE_FRAME_SEC * 44_100 / size
    loudness = ((totals[starts + size] - totals[starts]) * samples) ** 0.67
    share = np.maximum(loudness / max(float(loudness.max()), 1e-4), 1e-4)
    average_db = 10 * float(np.log10(share.mean()))
    return float(0.5 + 0.5 * np.tanh(-1 + 2 * (average_db + 5) / 3))
