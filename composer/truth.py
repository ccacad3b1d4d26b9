"""The truth about a rendered track, in seconds of the decoded file."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.arrange import Section
from composer.score import Score
from composer.spec import TrackSpec
from composer.timing import BEATS_PER_BAR, BeatMap

# Sections after which the floor moves.
_DROP = "drop"
_DIGITS = 6


def _seconds(samples: NDArray[np.int64] | list[int], rate: int) -> list[float]:
    return [round(int(at) / rate, _DIGITS) for at in samples]


def truth_of(
    spec: TrackSpec,
    beat_map: BeatMap,
    sections: list[Section],
    score: Score,
    kick_samples: NDArray[np.int64],
    duration_samples: int,
) -> dict[str, Any]:
    """Say what is known about a track because it was composed.

    ``beats`` are the first samples of the kicks where one sounds and the composed grid elsewhere;
    ``kicks`` are all kicks that sound. ``bpm`` is the composed tempo; where it is not constant,
    ``bpm`` is the mean over the track. ``swing_ratio`` is long over short of the pairs of
    ``swing_subdivision``. ``energy`` is 1 to 10.
    """
    rate = spec.sample_rate

    def bar_sec(bar: int) -> float:
        return _seconds([int(beat_map.samples(float(BEATS_PER_BAR * bar)))], rate)[0]

    def beat_sec(beat: float) -> float:
        return _seconds([int(beat_map.samples(float(beat_map.swung(beat))))], rate)[0]

    beats = _seconds(beat_map.samples(np.arange(beat_map.beats, dtype=np.float64)), rate)
    span = float(beat_map.times_sec[-1] - beat_map.times_sec[0])
    chords: list[dict[str, Any]] = []
    for bar, chord in enumerate(score.chords):
        chords.append({"start_sec": bar_sec(bar), "end_sec": bar_sec(bar + 1), "chord": chord.name})
    described = [
        {
            "start_sec": bar_sec(section.start_bar),
            "end_sec": bar_sec(section.start_bar + section.bars),
            "label": section.label,
            "energy": section.energy,
        }
        for section in sections
    ]
    return {
        "style": spec.style,
        "title": spec.title,
        "artist": spec.artist,
        "album": spec.album,
        "genre": spec.genre,
        "bucket": spec.bucket,
        "year": spec.year,
        "bpm": spec.bpm if spec.constant_tempo else round(60.0 * beat_map.beats / span, 4),
        "constant_tempo": spec.constant_tempo,
        "beats_per_bar": BEATS_PER_BAR,
        "key": spec.key,
        "tuning_cents": spec.detune_cents,
        "swing_ratio": spec.swing_ratio,
        "swing_subdivision": "eighth" if spec.swing_unit_beats == 0.5 else "sixteenth",
        "duration_sec": round(duration_samples / rate, _DIGITS),
        "sample_rate": rate,
        "beats": beats,
        "downbeats": beats[::BEATS_PER_BAR],
        "kicks": _seconds(kick_samples, rate),
        "sections": described,
        "drops": [entry["start_sec"] for entry in described if entry["label"] == _DROP],
        "vocal_phrases": [[beat_sec(start), beat_sec(end)] for start, end in score.vocal_phrases],
        "chords": chords,
    }


_TIMES = ("beats", "downbeats", "kicks", "drops")


def shifted(truth: dict[str, Any], delay_sec: float) -> dict[str, Any]:
    """Move the truth of a file whose decoder puts everything later by a delay."""
    if delay_sec == 0.0:
        return truth

    def move(time_sec: float) -> float:
        return round(time_sec + delay_sec, _DIGITS)

    moved = dict(truth)
    for name in _TIMES:
        moved[name] = [move(time) for time in truth[name]]
    moved["vocal_phrases"] = [[move(a), move(b)] for a, b in truth["vocal_phrases"]]
    for name in ("sections", "chords"):
        moved[name] = [
            entry | {"start_sec": move(entry["start_sec"]), "end_sec": move(entry["end_sec"])}
            for entry in truth[name]
        ]
    return moved
