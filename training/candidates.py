"""What the recommendation rules know of a track: a few facts, from a report or a row."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from analysis.keys import relation
from analysis.report import Report
from library.keys import Key, parse_key
from library.tracks import TrackRow, energy_level, fold


@dataclass(frozen=True)
class Candidate:
    """A track as the rules see it; None where nothing is known.

    Parameters
    ----------
    track_id
        The content hash.
    title, artist
        As shown.
    bpm
        Tempo.
    key
        Key.
    energy
        0–1.
    """

    track_id: str
    title: str
    artist: str
    bpm: float | None
    key: Key | None
    energy: float | None

    @property
    def level(self) -> int | None:
        """Energy as 1–10."""
        return None if self.energy is None else energy_level(self.energy)

    @property
    def song(self) -> tuple[str, str]:
        """Artist and title without case and accents: what two files of one song share."""
        return fold(self.artist), fold(self.title)

    def at(self, tempo_bpm: float | None, key: str | None) -> Candidate:
        """Return the track as it sounds now: on a deck with another tempo, or shifted in key."""
        return replace(
            self,
            bpm=tempo_bpm if tempo_bpm is not None else self.bpm,
            key=parse_key(key) if key is not None else self.key,
        )

    def same_song(self, other: Candidate) -> bool:
        """Return True for two files of one song: the same title by the same artist."""
        return bool(self.title) and self.song == other.song

    def same_artist(self, other: Candidate) -> bool:
        """Return True where both have an artist, and it is the same."""
        return bool(self.artist) and fold(self.artist) == fold(other.artist)


def candidate_of(track: Report | TrackRow) -> Candidate:
    """Return what the rules need of a (corrected) report or a catalogue row."""
    if isinstance(track, Report):
        return Candidate(
            track_id=track.track_id,
            title=track.metadata.title,
            artist=track.metadata.artist,
            bpm=track.analysis.rhythm.tempo_bpm_global,
            key=parse_key(track.analysis.tonal.key),
            energy=track.analysis.mood.energy,
        )
    return Candidate(
        track_id=track.track_id,
        title=track.title,
        artist=track.artist,
        bpm=track.bpm.value,
        key=parse_key(track.key.value),
        energy=track.energy.value,
    )


@dataclass(frozen=True)
class TempoStep:
    """How one track's tempo stands to another's.

    Parameters
    ----------
    percent
        By how much the second is faster, after counting it at ``factor`` times its tempo.
    factor
        1, 2 (the second is counted double) or 0.5 (counted half).
    """

    percent: float
    factor: float

    def __str__(self) -> str:
        counted = {2.0: " (double time)", 0.5: " (half time)"}.get(self.factor, "")
        if abs(self.percent) < 0.05:
            return f"same tempo{counted}"
        return f"Tempo {'+' if self.percent > 0 else '−'}{abs(self.percent):.1f} %{counted}"


def tempo_step(from_bpm: float, to_bpm: float) -> TempoStep:
    """Return the smallest step from one tempo to another, counted as it is, double or half."""
    steps = [
        TempoStep((to_bpm * factor / from_bpm - 1) * 100, factor) for factor in (1.0, 2.0, 0.5)
    ]
    return min(steps, key=lambda step: abs(step.percent))


@dataclass(frozen=True)
class KeyStep:
    """How one key stands to another on the Camelot wheel.

    Parameters
    ----------
    name
        In words, ``"same key"``.
    harmony
        0 (clash) to 1 (the same key).
    """

    name: str
    harmony: float

    def __str__(self) -> str:
        return self.name


HARMONY: dict[str, tuple[str, float]] = {
    "same": ("same key", 1.0),
    "relative": ("relative key", 0.9),
    "fifth_up": ("a fifth up", 0.85),
    "fifth_down": ("a fifth down", 0.85),
    "diagonal": ("diagonal key", 0.6),
    "parallel": ("parallel key", 0.5),
    "whole_tone_up": ("a tone up", 0.45),
    "whole_tone_down": ("a tone down", 0.4),
    "semitone_up": ("a semitone up", 0.3),
}
"""Words and grades of the steps that DJs use. The grades follow the tones that two scales share:
seven for a key and its relative, six for the neighbours a fifth away, five for two fifths. A
semitone up is a known lift that still grates while both keys sound."""

CLASH = 0.1
"""Grade of every other step: two to four shared tones."""


def key_step(first: Key, second: Key) -> KeyStep:
    """Return the relation of two keys."""
    words, harmony = HARMONY.get(relation(str(first), str(second)), ("clashing key", CLASH))
    return KeyStep(words if harmony == 1.0 else f"{words} ({second.camelot})", harmony)


def energy_step_words(first: int, second: int) -> str:
    """Return ``"same energy"`` or ``"energy +1"``."""
    step = second - first
    return "same energy" if step == 0 else f"energy {'+' if step > 0 else '−'}{abs(step)}"


def similarity_words(similarity: float) -> str:
    """Return ``"similar sound 0.83"``; below one half it is called different."""
    if math.isnan(similarity):
        return "sound not compared yet"
    kind = "similar" if similarity >= 0.5 else "different"
    return f"{kind} sound {similarity:.2f}"
