"""The rules after retrieval: each a small class that passes a track or says why not.

A rule judges one candidate against what plays now. Its grade (0–1) goes into the score; where it
fails, the candidate is hidden until the rule is widened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from training.candidates import Candidate, energy_step_words, key_step, tempo_step


@dataclass(frozen=True)
class Weights:
    """Shares of the score; they need not add up to 1.

    Sound comes first because it is learned from the whole track. Tempo and key follow, as both
    have passed a rule already and only order what is left.
    """

    similarity: float = 0.40
    tempo: float = 0.20
    key: float = 0.20
    energy: float = 0.15
    freshness: float = 0.05


@dataclass(frozen=True)
class RecommendRules:
    """Everything a DJ can adjust about suggestions.

    Parameters
    ----------
    count
        Suggestions wanted.
    at_least
        Where the rules leave fewer, they give way one at a time, and the best of those that
        come back fill up to so many (or until the library is exhausted).
    tempo_window_percent
        Largest tempo step. 6 % is the common range of a tempo fader, and near the limit at
        which a key-locked track still sounds like itself.
    count_half_and_double
        Let 87 BPM follow 174.
    key_harmony
        Lowest grade of `key_step`: 0.85 lets the same, the relative and the neighbouring keys
        through (seed rules: same, dominant, subdominant, relative); 0 any key.
    energy_step
        Largest step of energy on the scale 1–10, up or down: 3 is a change that a floor notices
        and still follows.
    energy_drift
        Wished step, for example +1 while warming up.
    artist_gap
        So many tracks must lie between two of one artist; 0 turns the rule off.
    repeat_gap
        So many tracks must lie between two plays of one track; None: never twice in a session.
    weights
        Shares of the score.
    """

    count: int = 10
    at_least: int = 3
    tempo_window_percent: float = 6.0
    count_half_and_double: bool = True
    key_harmony: float = 0.85
    energy_step: int = 3
    energy_drift: int = 0
    artist_gap: int = 1
    repeat_gap: int | None = None
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True)
class Verdict:
    """A rule's word on one candidate.

    Parameters
    ----------
    passes
        False hides the candidate.
    reason
        In words, for the DJ; empty where there is nothing to say.
    grade
        0–1 towards the score; None where the rule has nothing to grade.
    """

    passes: bool
    reason: str
    grade: float | None = None


class Rule(Protocol):
    """One rule."""

    name: ClassVar[str]

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Return the rule's word on ``next_`` after ``now``."""


@dataclass(frozen=True)
class NotPlaying:
    """The track itself, and other files of the same song, are no suggestion."""

    name: ClassVar[str] = "same track"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Refuse the playing track and its copies."""
        if now.track_id == next_.track_id:
            return Verdict(False, "it is playing")
        if now.same_song(next_):
            return Verdict(False, "another file of the song that is playing")
        return Verdict(True, "")


@dataclass(frozen=True)
class NotJustPlayed:
    """No repeats: freshness over the session's history (last played last)."""

    played: Sequence[Candidate]
    gap: int | None
    name: ClassVar[str] = "played"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Refuse what was played within the gap."""
        recent = self.played if self.gap is None else self.played[-self.gap :] if self.gap else ()
        for ago, track in enumerate(reversed(recent), 1):
            if track.track_id == next_.track_id or track.same_song(next_):
                times = "1 track" if ago == 1 else f"{ago} tracks"
                return Verdict(False, f"played {times} ago", 0.0)
        return Verdict(True, "not played yet" if self.played else "", 1.0)


@dataclass(frozen=True)
class OtherArtist:
    """Variety: not the same artist again at once."""

    played: Sequence[Candidate]
    gap: int
    name: ClassVar[str] = "artist"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Refuse the artist that plays now or played within the gap."""
        if self.gap > 0:
            before = self.played[-(self.gap - 1) :] if self.gap > 1 else ()
            for track in (now, *before):
                if track.same_artist(next_):
                    return Verdict(False, f"{next_.artist} again", 0.0)
        return Verdict(True, "", 1.0)


@dataclass(frozen=True)
class EnergyShape:
    """No jump in energy beyond the step; best where it goes as wished."""

    step: int
    drift: int
    name: ClassVar[str] = "energy"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Grade by the distance from the wished level."""
        if now.level is None or next_.level is None:
            return Verdict(True, "energy unknown", 0.5)
        words = energy_step_words(now.level, next_.level)
        away = abs(next_.level - now.level - self.drift)
        # 9 levels lie between calm and peak
        return Verdict(away <= self.step, words, 1 - away / 9)


@dataclass(frozen=True)
class KeyNeighbourhood:
    """Harmonic mixing on the Camelot wheel."""

    harmony: float
    name: ClassVar[str] = "key"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Grade by the relation of the keys."""
        if now.key is None:
            return Verdict(True, "key of the playing track unknown", 0.5)
        if next_.key is None:
            return Verdict(self.harmony <= 0, "key unknown", 0.3)
        step = key_step(now.key, next_.key)
        return Verdict(step.harmony >= self.harmony, str(step), step.harmony)


@dataclass(frozen=True)
class TempoWindow:
    """Only tempos that a fader reaches, counted as they are, double or half."""

    percent: float
    half_and_double: bool
    name: ClassVar[str] = "tempo"

    def judge(self, now: Candidate, next_: Candidate) -> Verdict:
        """Grade by the step; a counted-double or -half track takes a small loss."""
        if now.bpm is None:
            return Verdict(True, "tempo of the playing track unknown", 0.5)
        if next_.bpm is None:
            return Verdict(False, "tempo unknown", 0.0)
        step = tempo_step(now.bpm, next_.bpm)
        away = abs(step.percent)
        grade = max(0.0, 1 - away / 12)  # 0 at twice the usual window, where key-lock is audible
        if step.factor != 1:
            grade *= 0.8  # the groove changes although the beats meet
        allowed = self.half_and_double or step.factor == 1
        return Verdict(allowed and away <= self.percent, str(step), grade)


def make_rules(rules: RecommendRules, played: Sequence[Candidate]) -> list[Rule]:
    """Return the rules in the order in which they are asked (and named as the one that hid)."""
    return [
        NotPlaying(),
        NotJustPlayed(played, rules.repeat_gap),
        TempoWindow(rules.tempo_window_percent, rules.count_half_and_double),
        KeyNeighbourhood(rules.key_harmony),
        EnergyShape(rules.energy_step, rules.energy_drift),
        OtherArtist(played, rules.artist_gap),
    ]


WIDENING = ("artist", "energy", "key", "tempo", "played")
"""In which order rules give way: taste first, then harmony, then what a fader can reach, and a
repeat last. The playing track itself is never suggested."""
