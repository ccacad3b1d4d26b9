"""A track as the browser draws it."""

from __future__ import annotations

from typing import Any

from analysis.report import Report


def track_view(report: Report) -> dict[str, Any]:
    """Return what a waveform shows besides peaks: bars, sections, mix points, in seconds."""
    structure = report.analysis.structure
    return {
        "duration_sec": report.metadata.duration_sec,
        "beats": report.analysis.rhythm.beat_times_sec,
        "downbeats": report.analysis.rhythm.downbeat_times_sec,
        "sections": [section.model_dump(mode="json") for section in structure.sections],
        "phrases": [phrase.start_sec for phrase in structure.phrases],
        "drops": structure.drops,
        "mix_in_sec": structure.mix_in_sec,
        "mix_out_sec": structure.mix_out_sec,
    }
