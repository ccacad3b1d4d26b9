"""A track's facts as the browser asks for them: `Track` of the decks' contract, in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.decks.pcm import pcm_facts
from library.corrections import HOT_CUES
from library.errors import MissingAudio

if TYPE_CHECKING:
    from app.studio import Studio


def track_view(studio: Studio, track_id: str) -> dict[str, Any]:
    """Return everything about a track that decks and pictures show, besides sound and peaks.

    Raises
    ------
    UnknownTrack
        If no report carries the id.
    """
    report = studio.report(track_id)
    hot_cues = studio.library.hot_cues(track_id)
    metadata, structure = report.metadata, report.analysis.structure
    grid, tonal = report.grid, report.analysis.tonal
    sound = pcm_facts(report)
    return {
        "id": report.track_id,
        "rev": studio.revision(track_id),
        "title": metadata.title,
        "artist": metadata.artist,
        "artwork": studio.has_artwork(track_id),
        "duration_sec": metadata.duration_sec,
        "pcm": {
            "sample_rate": sound.sample_rate,
            "frames": sound.frames,
            "scale": sound.scale,
        },
        "bpm": grid.bpm,
        "constant": grid.constant,
        "grid_confidence": None if grid.bpm is None else grid.confidence,
        "beats": report.analysis.rhythm.beat_times_sec,
        "downbeats": report.analysis.rhythm.downbeat_times_sec,
        "sections": [section.model_dump(mode="json") for section in structure.sections],
        "phrases": [phrase.start_sec for phrase in structure.phrases],
        "drops": structure.drops,
        "mix_in_sec": structure.mix_in_sec,
        "mix_out_sec": structure.mix_out_sec,
        "key": tonal.key,
        "camelot": tonal.camelot,
        "lufs": report.analysis.dynamics.lufs,
        "hot_cues": [_hot_cue(hot_cues.get(letter)) for letter in HOT_CUES],
        "problem": _problem(studio, track_id),
    }


def _problem(studio: Studio, track_id: str) -> str | None:
    """Return why a track can't be played in one sentence, or None."""
    try:
        studio.path(track_id)
    except MissingAudio as error:
        return str(error).partition(": ")[2]
    return None


def _hot_cue(cue: Mapping[str, Any] | None) -> dict[str, float | None] | None:
    if cue is None:
        return None
    return {"sec": cue["at_sec"], "loop_end_sec": cue.get("loop_end_sec")}
