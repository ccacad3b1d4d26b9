"""The essentia family of the report: flat, under Essentia's own descriptor names.

Conventions
-----------
MusicExtractor decodes and transforms a track again for each of its parts and costs more than our
whole report. What it defines by formula is computed here from the shared frames instead, with or
without Essentia, so that a library analysed on two machines has one set of columns. The tests
compare with Essentia: means of energies, spectrum, MFCC and GFCC within a few per cent,
danceability and onset rate within one per cent. Deliberate differences:

- ``rhythm.bpm`` is the beat grid's tempo, so it may differ where Essentia's beats slip or its
  octave does.
- ``tonal.hpcp`` and ``tonal.chords_strength`` use our tuning estimate: MusicExtractor's own is a
  quarter of a semitone off on many dance tracks, and takes the key with it. For the same reason
  ``tonal.key_edma`` is what Essentia's KeyExtractor says (only where Essentia runs).
- ``lowlevel.loudness_ebu128`` is the report's own measurement (ITU-R BS.1770).
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from analysis import partials
from analysis.essentia_bridge import hpcp
from analysis.essentia_bridge.engine import load_essentia
from analysis.essentia_bridge.highlevel import MODELS_VARIABLE, describe_highlevel
from analysis.essentia_bridge.lowlevel import describe_lowlevel, scalar_stats, vector_stats
from analysis.essentia_bridge.rhythm import danceability, dynamic_complexity, onset_rate
from analysis.report import Dynamics, Rhythm
from analysis.spectra import Spectra

SWITCH = "SEGUE_DISABLE_ESSENTIA"


def describe_essentia(
    spectra: Spectra,
    rhythm: Rhythm,
    dynamics: Dynamics,
    *,
    disable: bool = False,
    models: str | Path | None = None,
) -> dict[str, Any]:
    """Return Essentia's descriptors of a track.

    Parameters
    ----------
    spectra
        The track's transforms.
    rhythm, dynamics
        For tempo and loudness, which are not measured twice.
    disable
        Do without Essentia even where it is installed (so does ``SEGUE_DISABLE_ESSENTIA=1``).
    models
        Folder of high-level models; by default the one named in ``SEGUE_ESSENTIA_MODELS``.

    Returns
    -------
    dict
        ``{name: number or list of numbers or text}``; ``highlevel`` holds the models' answers or
        a status. ``status`` says ``ok``, or why Essentia did not run: then ``tonal.key_edma`` and
        the high-level models are missing, and all else is there.
    """
    essentia: ModuleType | None = None
    if disable or os.environ.get(SWITCH, "") not in ("", "0"):
        status = "Essentia is switched off"
    else:
        loaded = load_essentia()
        status = loaded if isinstance(loaded, str) else "ok"
        essentia = None if isinstance(loaded, str) else loaded
    samples = spectra.mono_44k()
    found: dict[str, Any] = {"status": status}
    found |= describe_lowlevel(spectra)
    found |= {
        "lowlevel.dynamic_complexity": dynamic_complexity(spectra.frames.bright_power),
        "lowlevel.loudness_ebu128.integrated": dynamics.lufs,
        "lowlevel.loudness_ebu128.loudness_range": dynamics.loudness_range_lu,
        "rhythm.bpm": rhythm.tempo_bpm_global,
        "rhythm.beats_count": float(len(rhythm.beat_times_sec)),
        "rhythm.danceability": danceability(samples),
        "rhythm.onset_rate": onset_rate(samples),
    }
    found |= _tonal(spectra)
    if essentia is not None:
        found |= _key(essentia, spectra)
    folder = models or os.environ.get(MODELS_VARIABLE)
    found["highlevel"] = describe_highlevel(essentia, folder, samples, 44_100)
    return found


def _tonal(spectra: Spectra) -> dict[str, Any]:
    peaks = hpcp.tonal_peaks(spectra.partials)
    reference_hz = 440 * 2 ** (spectra.pitches.tuning_semitones / 12)
    keys = hpcp.key_profile(peaks, reference_hz)
    _, strength = hpcp.chord_strengths(hpcp.chord_profile(peaks, reference_hz))
    return vector_stats("tonal.hpcp", keys) | scalar_stats("tonal.chords_strength", strength)


def _key(essentia: ModuleType, spectra: Spectra) -> dict[str, Any]:
    """Return the key that Essentia's KeyExtractor finds with its profile for dance music.

    At 11 kHz a quarter of its frame is the same time and the same resolution, for a quarter of
    the work; it reads nothing above 3.5 kHz.
    """
    samples = spectra.mono_11k
    if not len(samples) or not samples.any():
        return {}
    extract = essentia.KeyExtractor(
        profileType="edma", sampleRate=partials.RATE_HZ, frameSize=1024, hopSize=1024
    )
    key, scale, strength = extract(np.ascontiguousarray(samples))
    return {
        "tonal.key_edma.key": str(key),
        "tonal.key_edma.scale": str(scale),
        "tonal.key_edma.strength": float(strength),
    }
