"""Band balance and coarse instrument proxies."""

from __future__ import annotations

import numpy as np

from analysis.report import Instrumentation, VocalActivity
from analysis.spectra import Spectra

BASS_HEAVY_SHARE = 0.16
"""Share of magnitude below 150 Hz that a third of club tracks exceed."""
BRIGHT_SHARE = 0.50
"""Share of magnitude above 2 kHz that a third of club tracks exceed."""

_SILENT_POWER = 1e-7


def describe_instrumentation(spectra: Spectra, vocal: VocalActivity) -> Instrumentation:
    """Describe what a track seems to be made of.

    Parameters
    ----------
    spectra
        The track's transforms.
    vocal
        Where somebody sings.

    Returns
    -------
    Instrumentation
        ``bass_presence`` (below 150 Hz), ``mid_presence`` (to 2 kHz) and ``treble_presence``:
        shares of the summed STFT magnitude, so they sum to 1. ``percussive_ratio``:
        P / (P + H) of the mean magnitudes of the harmonic/percussive split.
        ``vocal_presence_proxy``: the voiced ratio weighted by how much of the sound lies where
        voices do. All None for silence.
    """
    frames = spectra.frames
    heard = frames.power > _SILENT_POWER
    if not heard.any():
        return Instrumentation()
    bands = frames.magnitude_bands[heard].mean(axis=0, dtype=np.float64)
    bass, mid, treble = (float(value) for value in bands / bands.sum())
    split = spectra.split
    harmonic = float(split.harmonic.mean(dtype=np.float64))
    percussive = float(split.percussive.mean(dtype=np.float64))
    voiced = vocal.voiced_ratio or 0.0
    return Instrumentation(
        bass_presence=bass,
        mid_presence=mid,
        treble_presence=treble,
        percussive_ratio=percussive / (percussive + harmonic),
        vocal_presence_proxy=float(np.sqrt(voiced * mid)),
        vocal_probability_mean=vocal.voiced_probability_mean,
        likely_bass_heavy=bass > BASS_HEAVY_SHARE,
        likely_bright_timbre=treble > BRIGHT_SHARE,
    )
