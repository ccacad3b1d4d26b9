"""Stems: level and brightness of vocals, drums, bass and the rest, where a separator is at hand.

Spleeter or Demucs, with their models, are the DJ's to install (neither shares an environment with
everything else here); without one the report says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from analysis.audio import Audio
from analysis.filterbanks import SAMPLE_RATE_HZ, bin_frequencies_hz, window

Separator = Literal["auto", "spleeter", "demucs"]
_SPLEETER_MODEL = "spleeter:4stems"
_DEMUCS_MODEL = "htdemucs"
_FRAME = 2048


def describe_stems(
    audio: Audio, *, enabled: bool = False, separator: Separator = "auto"
) -> dict[str, Any]:
    """Separate the track and describe each stem.

    Parameters
    ----------
    audio
        The track.
    enabled
        Stems are dear: only on request.
    separator
        Which library to use; ``auto`` takes Spleeter, then Demucs.

    Returns
    -------
    dict
        ``source`` and ``stems`` {name: {rms, spectral_centroid_hz, share}}, ``share`` being the
        stem's part of the energy of all stems; or ``{"status": reason}``.
    """
    if not enabled:
        return {"status": "off: ask with --stems"}
    engines = {"spleeter": _spleeter, "demucs": _demucs}
    wanted = ("spleeter", "demucs") if separator == "auto" else (separator,)
    reasons = []
    samples = _stereo_44k(audio)
    for name in wanted:
        try:
            stems = engines[name](samples)
        except ImportError as error:
            reasons.append(f"{name} is not installed ({error})")
        except Exception as error:  # TensorFlow and torch raise of every kind
            text = " ".join(str(error).split())
            reasons.append(f"{name} failed: {type(error).__name__}: {text}")
        else:
            return {"status": "ok", "source": name, "stems": measure_stems(stems)}
    return {"status": "; ".join(reasons)}


def measure_stems(stems: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float]]:
    """Return RMS, spectral centroid and share of energy of each stem.

    Parameters
    ----------
    stems
        Samples at 44.1 kHz by name, each of shape (n, channels).
    """
    energy = {name: float(np.square(stem, dtype=np.float64).mean()) for name, stem in stems.items()}
    total = sum(energy.values())
    return {
        name: {
            "rms": float(np.sqrt(energy[name])),
            "spectral_centroid_hz": _centroid_hz(np.asarray(stem, np.float32).mean(axis=1)),
            "share": energy[name] / total if total > 0 else 0.0,
        }
        for name, stem in stems.items()
    }


def _centroid_hz(samples: NDArray[np.float32]) -> float:
    """Return the centroid of the mean magnitude spectrum; 0 for silence."""
    count = len(samples) // _FRAME
    if count == 0:
        return 0.0
    frames = samples[: count * _FRAME].reshape(count, _FRAME)
    magnitude = np.zeros(_FRAME // 2 + 1)
    for first in range(0, count, 256):
        spectrum = np.fft.rfft(frames[first : first + 256] * window(), axis=1)
        magnitude += np.abs(spectrum).sum(axis=0)
    total = float(magnitude.sum())
    return float((magnitude * bin_frequencies_hz()).sum() / total) if total > 0 else 0.0


def _stereo_44k(audio: Audio) -> NDArray[np.float32]:
    """Return two channels at 44.1 kHz, shape (n, 2)."""
    samples = audio.samples if audio.samples.shape[0] == 2 else np.repeat(audio.samples, 2, axis=0)
    if audio.sample_rate == SAMPLE_RATE_HZ:
        return np.ascontiguousarray(samples.T)
    return np.asarray(soxr.resample(samples.T, audio.sample_rate, SAMPLE_RATE_HZ), np.float32)


def _spleeter(samples: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    module = importlib.import_module("spleeter.separator")
    separated = module.Separator(_SPLEETER_MODEL).separate(samples)
    return {str(name): np.asarray(stem) for name, stem in separated.items()}


def _demucs(samples: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    torch = importlib.import_module("torch")
    model = importlib.import_module("demucs.pretrained").get_model(_DEMUCS_MODEL)
    apply = importlib.import_module("demucs.apply").apply_model
    mixture = torch.from_numpy(np.ascontiguousarray(samples.T))[None]
    separated = apply(model, mixture, progress=False)[0]
    return {
        str(name): np.asarray(stem).T for name, stem in zip(model.sources, separated, strict=True)
    }
