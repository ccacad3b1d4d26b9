"""Embeddings: a track as one vector, for likeness beyond named features.

Two sources, never to be mixed in one index, for their axes have nothing in common: OpenL3 where
the DJ has it with its weights, and our own ``dsp-v1``, which is always there.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.filterbanks import Array
from analysis.spectra import Spectra

WEIGHTS_VARIABLE = "SEGUE_OPENL3_WEIGHTS"
"""Environment variable: path of OpenL3's audio weights (music, mel256, 512 dimensions)."""

Source = Literal["off", "auto", "openl3", "dsp-v1"]

DSP_WINDOW_SEC = 10.0
"""One ``dsp-v1`` vector describes this much music: some five bars."""
_DSP_BANDS = 32  # mel bands, pooled from 128
_MFCC = 13
_CHROMA = 12
_HOP_SEC = 1.0  # OpenL3: one vector a second is plenty for a mean
_SIZE = 512


def describe_embeddings(
    audio: Audio,
    spectra: Spectra,
    *,
    source: Source = "off",
    weights: str | Path | None = None,
    max_array_points: int = 512,
) -> dict[str, Any]:
    """Return the track's embedding.

    Parameters
    ----------
    audio, spectra
        The track.
    source
        ``off``; ``openl3``, which needs the library and its weights; ``dsp-v1``; or ``auto``:
        OpenL3 where it runs, else ``dsp-v1`` with the reason under ``openl3``.
    weights
        Path of OpenL3's weights; by default what ``SEGUE_OPENL3_WEIGHTS`` names.
    max_array_points
        At most this many timestamps.

    Returns
    -------
    dict
        ``source``, ``shape`` [vectors, dimensions], ``mean`` (one vector) and
        ``timestamps_sec``; for OpenL3 also ``weights_hash``. ``{"status": reason}`` where there
        is none.
    """
    if source == "off":
        return {"status": "off: ask with --embeddings"}
    if source == "dsp-v1":
        vectors, times = dsp_vectors(spectra)
        return _summary("dsp-v1", vectors, times, max_array_points)
    found = _openl3(audio, weights or os.environ.get(WEIGHTS_VARIABLE), max_array_points)
    if source == "auto" and found["status"] != "ok":
        vectors, times = dsp_vectors(spectra)
        return _summary("dsp-v1", vectors, times, max_array_points) | {"openl3": found["status"]}
    return found


def _openl3(audio: Audio, weights: str | Path | None, max_array_points: int) -> dict[str, Any]:
    library = load_openl3()
    if isinstance(library, str):
        return {"status": library}
    if not weights:
        return {"status": f"no weights: name OpenL3's weights file in {WEIGHTS_VARIABLE}"}
    path = Path(weights)
    if not path.is_file():
        return {"status": f"no weights: there is no file {path}"}
    try:
        model = library.models.load_audio_embedding_model_from_path(
            str(path), input_repr="mel256", embedding_size=_SIZE
        )
        vectors, times = library.get_audio_embedding(
            audio.mono,
            audio.sample_rate,
            model=model,
            input_repr="mel256",
            content_type="music",
            embedding_size=_SIZE,
            hop_size=_HOP_SEC,
            verbose=0,
        )
    except Exception as error:  # TensorFlow raises of every kind; none may cost the report
        return {"status": f"OpenL3 failed: {type(error).__name__}: {' '.join(str(error).split())}"}
    version = getattr(library, "__version__", "unknown")
    found = _summary(f"openl3-{version}", np.asarray(vectors), np.asarray(times), max_array_points)
    found["weights_hash"] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return found


def load_openl3() -> ModuleType | str:
    """Return the ``openl3`` module, or why it cannot be used, as a clause."""
    try:
        return importlib.import_module("openl3")
    except Exception as error:  # it imports TensorFlow, which may break in its own ways
        reason = " ".join(str(error).split())
        return f"OpenL3 is not installed ({type(error).__name__}: {reason})"


def dsp_vectors(spectra: Spectra) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return our own embedding: one vector for every ten seconds, and their centres in seconds.

    Shape (windows, 150). In order: mean and standard deviation of 32 mel bands in dB about the
    window's level, of 13 MFCCs and of six spectral contrasts; the mean chroma turned so that its
    strongest class comes first (so that key does not matter); mean and standard deviation of
    flux, centroid, flatness, zero crossings and complexity, each on a common scale; share of the
    percussive part; and the strength of modulation of the level at 25 rates from 0.5 to 16 Hz.
    """
    frames = spectra.frames
    count = len(frames)
    size = min(count, round(DSP_WINDOW_SEC * spectra.frame_rate_hz))
    starts = range(0, max(1, count - size // 2), size)
    rows = [_dsp_vector(spectra, start, min(start + size, count)) for start in starts]
    centres = [(start + min(start + size, count)) / 2 / spectra.frame_rate_hz for start in starts]
    return np.stack(rows), np.asarray(centres)


def _dsp_vector(spectra: Spectra, first: int, last: int) -> NDArray[np.float64]:
    frames, part = spectra.frames, slice(first, last)
    bands = frames.mel128[part].reshape(last - first, _DSP_BANDS, -1).mean(axis=2)
    level_db = 10 * np.log10(bands.astype(np.float64) + 1e-10)
    level_db -= level_db.mean()
    curves = np.stack(
        [
            frames.flux[part] * 10,
            frames.centroid_hz[part] / 1000,
            frames.flatness[part] * 10,
            frames.zero_crossing_rate[part] * 10,
            frames.complexity[part] / 10,
        ],
        axis=1,
    ).astype(np.float64)
    return np.concatenate(
        [
            _moments(level_db) / 10,
            _moments(spectra.mfcc[part]) / 20,
            _moments(frames.contrast[part]) * 5,
            _turned_chroma(spectra, first, last),
            _moments(curves),
            [_percussive_share(spectra, first, last)],
            _modulation(frames.power[part], spectra.frame_rate_hz),
        ]
    )


def _moments(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.concatenate(
        [values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)]
    )


def _turned_chroma(spectra: Spectra, first: int, last: int) -> NDArray[np.float64]:
    ratio = spectra.chroma_rate_hz / spectra.frame_rate_hz
    rows = spectra.chroma[int(first * ratio) : max(int(first * ratio) + 1, int(last * ratio))]
    mean = rows.mean(axis=0, dtype=np.float64)
    return np.roll(mean, -int(mean.argmax()))


def _percussive_share(spectra: Spectra, first: int, last: int) -> float:
    split = spectra.split
    ratio = split.rate_hz / spectra.frame_rate_hz
    rows = slice(int(first * ratio), max(int(first * ratio) + 1, int(last * ratio)))
    percussive = float(split.percussive[rows].sum())
    return percussive / (percussive + float(split.harmonic[rows].sum()) + 1e-12)


def _modulation(power: Array, rate_hz: float) -> NDArray[np.float64]:
    """Return how strongly the level is modulated at 25 rates, log-spaced from 0.5 to 16 Hz."""
    level_db = 10 * np.log10(power.astype(np.float64) + 1e-8)
    spectrum = np.abs(np.fft.rfft((level_db - level_db.mean()) * np.hanning(len(level_db)), 4096))
    rates = np.fft.rfftfreq(4096, 1 / rate_hz)
    wanted = np.geomspace(0.5, 16.0, 25)
    return np.asarray(np.interp(wanted, rates, spectrum) / (len(power) * 2.5))


def _summary(
    source: str,
    vectors: NDArray[Any],
    times_sec: NDArray[Any],
    max_array_points: int,
) -> dict[str, Any]:
    step = max(1, -(-len(times_sec) // max_array_points))
    return {
        "status": "ok",
        "source": source,
        "shape": [int(size) for size in vectors.shape],
        "mean": [float(value) for value in vectors.mean(axis=0, dtype=np.float64)],
        "timestamps_sec": [float(time) for time in times_sec[::step]],
    }
