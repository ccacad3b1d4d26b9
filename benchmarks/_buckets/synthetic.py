"""Made-up tracks for a quick run that needs neither tables nor composing."""

from __future__ import annotations

import numpy as np

from analysis.report import Analysis, Metadata, Report, Rhythm, Tonal
from training.labels import LabelledTrack

KINDS = 12
FEATURES = 8


def made_up_tracks(count: int, seed: int = 0) -> list[LabelledTrack]:
    """Return tracks of twelve buckets whose features lie in overlapping clouds."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(0, 2.0, (KINDS, FEATURES))
    found = []
    for number in range(count):
        kind = number % KINDS
        values = centres[kind] + draw.normal(0, 1, FEATURES)
        report = Report(
            metadata=Metadata(
                path=f"/made-up/{number}.wav",
                title=f"Track {number}",
                artist="",
                sample_rate=44100,
                duration_sec=300.0,
                channels=2,
                format="wav",
                content_hash=f"{seed:08x}{number:024x}",
            ),
            analysis=Analysis(
                rhythm=Rhythm(tempo_bpm_global=120.0), tonal=Tonal(key="A minor", camelot="8A")
            ),
        )
        heard = {f"feature.{at}": float(value) for at, value in enumerate(values)}
        found.append(LabelledTrack(report, label=f"BUCKET {kind}", heard=heard))
    return found
