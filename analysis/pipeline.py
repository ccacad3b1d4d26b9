"""One file in, one report and its waveform out: decode once, transform once, describe.

Nothing here is music: each family lives in its own module and only reads what was computed
before it. The order below is the order in which they need each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis.audio import Audio, load_audio
from analysis.dynamics import describe_dynamics
from analysis.embeddings import describe_embeddings
from analysis.errors import UnreadableAudio
from analysis.essentia_bridge import describe_essentia
from analysis.hashing import content_hash
from analysis.instrumentation import describe_instrumentation
from analysis.loudness import PYLOUDNORM
from analysis.mood import describe_mood
from analysis.options import AnalysisOptions
from analysis.peaks import Peaks
from analysis.report import ANALYSIS_VERSION, Analysis, Metadata, Report
from analysis.rhythm.describe import describe_rhythm
from analysis.rhythm.onsets import measure_curves
from analysis.spatial import describe_spatial
from analysis.spectra import Spectra
from analysis.stems import describe_stems
from analysis.structure import describe_structure
from analysis.tags import read_tags
from analysis.tonal import describe_tonal
from analysis.vocal import describe_vocals
from analysis.waveform import find_peaks

MAX_ANALYSIS_RATE_HZ = 48_000
"""Files above are analysed at 44.1 or 48 kHz: nothing we describe is heard above 22 kHz, and
memory stays that of an ordinary file."""


def analyse_file(
    path: Path | str,
    options: AnalysisOptions | None = None,
    *,
    identity: str | None = None,
    on_decoded: Callable[[float], None] | None = None,
) -> tuple[Report, Peaks]:
    """Analyse one audio file in this process.

    Parameters
    ----------
    path
        Any audio file.
    options
        What to leave out or add.
    identity
        Its content hash, where it is known already.
    on_decoded
        Called with the length in seconds once the file is decoded, before the long part.

    Returns
    -------
    Report, Peaks
        The same file and version give the same bytes of both.

    Raises
    ------
    UnreadableAudio
        If there is no audio to analyse.
    """
    path = Path(os.path.abspath(path))
    options = options or AnalysisOptions()
    if _has_broken_name(path):
        raise UnreadableAudio(
            os.fsencode(path).decode(errors="replace"), "its name is not valid UTF-8; rename it"
        )
    audio = load_audio(path, max_sample_rate=MAX_ANALYSIS_RATE_HZ)
    if on_decoded is not None:
        on_decoded(audio.duration_sec)
    # One thread: sums split over threads round differently from machine to machine.
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        analysis, ran = _describe(audio, options)
        peaks = find_peaks(audio)
    metadata = Metadata(
        path=str(path),
        **asdict(read_tags(path)),
        sample_rate=audio.source_sample_rate,
        duration_sec=audio.duration_sec,
        channels=audio.source_channels,
        format=audio.format,
        content_hash=identity or content_hash(path),
        dependencies=ran,
        analysis_version=ANALYSIS_VERSION,
        requested={"embeddings": options.embeddings, "stems": options.stems},
    )
    return Report(metadata=metadata, analysis=analysis), peaks


def _describe(audio: Audio, options: AnalysisOptions) -> tuple[Analysis, dict[str, bool]]:
    """Return every family, and which optional libraries ran."""
    curves = measure_curves(audio.mono, audio.sample_rate)
    rhythm = describe_rhythm(
        audio,
        curves,
        max_array_points=options.max_array_points,
        disable_madmom=options.disable_madmom,
    )
    spectra = Spectra(audio)
    vocals = describe_vocals(spectra)
    structure = describe_structure(audio, rhythm, curves, vocals)
    tonal = describe_tonal(spectra, rhythm, structure)  # phrases tell a key from its relative
    dynamics = describe_dynamics(audio)
    spatial = describe_spatial(audio)
    stems = describe_stems(audio, enabled=options.stems)
    # From here on the mono mix will do.
    spectra.forget_channels()
    analysis = Analysis(
        rhythm=rhythm,
        tonal=tonal,
        dynamics=dynamics,
        spatial=spatial,
        vocal_activity=vocals,
        instrumentation=describe_instrumentation(spectra, vocals),
        mood=describe_mood(rhythm, tonal, dynamics, spectra),
        structure=structure,
        essentia=describe_essentia(spectra, rhythm, dynamics, disable=not options.use_essentia),
        embeddings=_embeddings(audio, spectra, options),
        stems=stems,
    )
    ran = {
        "essentia": analysis.essentia.get("status") == "ok",
        "madmom": rhythm.madmom_downbeat.get("status") == "ok",
        "openl3": str(analysis.embeddings.get("source", "")).startswith("openl3"),
        "pyloudnorm": PYLOUDNORM is not None,
        "spleeter": analysis.stems.get("source") == "spleeter",
    }
    return analysis, ran


def _embeddings(audio: Audio, spectra: Spectra, options: AnalysisOptions) -> dict[str, Any]:
    """Return OpenL3's embedding where it is asked for and here, else our own and the reason."""
    if not options.embeddings:
        return describe_embeddings(audio, spectra)
    points = options.max_array_points
    learned = describe_embeddings(audio, spectra, source="openl3", max_array_points=points)
    if "source" in learned:
        return learned
    own = describe_embeddings(audio, spectra, source="dsp-v1", max_array_points=points)
    return own | {"openl3": learned["status"]}


def _has_broken_name(path: Path) -> bool:
    """Return whether the name holds bytes that are no text, which JSON could not keep."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return True
    return False
