"""The key: how well each of 24 keys explains the notes of a track and how its phrases begin.

The model is a template per mode, turned to every tonic: each degree of the scale has a weight in
each of three pitch class profiles, and a softmax makes the sums probabilities. Three profiles,
because each is fooled by something else:

- ``note``: all notes D3–F#6. Bass drums have no pitch up there.
- ``grounded``: notes E2–F5 that also have an octave or a twelfth above: played notes rather than
  drums, whistles and difference tones.
- ``phrase``: the notes at the start of phrases of eight bars. Most music begins them at home,
  which is what tells a key from its relative. Uniform where no phrases are known.

The weights are in `analysis.tonal.key_weights`, fitted by ``python -m benchmarks.fitting.keys``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.keys import KEYS
from analysis.pitches import FRAME_RATE_HZ, LOWEST_NOTE, NOTES, Pitches, fold
from analysis.tonal.key_weights import BIAS, WEIGHTS

Floats = NDArray[np.float64]
Span = tuple[float, float]
"""From and to, in seconds."""

_NOTE_RANGE = (50, 90)
_GROUNDED_RANGE = (40, 77)
_PHRASE_SEC = (0.05, 0.8)  # after the bar line: past the kick, before the next chord
_LINE_SLACK_SEC = 0.1  # a phrase begins in the part whose border it is
_QUIET = 1e-4  # keeps frames of next to nothing from counting as much as music


@dataclass(frozen=True)
class KeyEstimate:
    """Probability of each of `analysis.keys.KEYS`, shape (24,), summing to 1."""

    probabilities: Floats

    @classmethod
    def of(cls, logits: Floats) -> KeyEstimate:
        """Turn log-odds of shape (24,) into probabilities."""
        return cls(np.asarray(scipy.special.softmax(logits), np.float64))

    @property
    def key(self) -> str:
        """The most probable key."""
        return KEYS[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """The probability that ``key`` is right."""
        return float(self.probabilities.max())


@dataclass(frozen=True, eq=False)
class KeyEvidence:
    """What keys are judged by, a row of twelve pitch classes from C for every pitch frame."""

    note: Array
    grounded: Array

    @classmethod
    def of(cls, pitches: Pitches) -> KeyEvidence:
        """Measure a track's evidence."""
        level = np.sqrt(pitches.sustained)
        over = np.zeros_like(level)
        over[:, :-12] = level[:, 12:]
        over[:, :-19] = np.maximum(over[:, :-19], level[:, 19:])
        return cls(_balanced(level, _NOTE_RANGE), _balanced(np.sqrt(level * over), _GROUNDED_RANGE))

    def profiles(
        self, phrases_sec: Floats | None = None, between_sec: Span | None = None
    ) -> dict[str, Floats]:
        """Return the pitch class profiles by name, shape (12,) from C, each of sum 1.

        Parameters
        ----------
        phrases_sec
            Where phrases begin, if known.
        between_sec
            The part of the track to judge; all of it if None.
        """
        note, grounded = self.note, self.grounded
        lines = np.zeros(0) if phrases_sec is None else phrases_sec
        if between_sec is not None:
            rows = rows_between(between_sec)
            note, grounded = note[rows], grounded[rows]
            start, end = between_sec
            lines = lines[(lines >= start - _LINE_SLACK_SEC) & (lines < end - _LINE_SLACK_SEC)]
        return {
            "note": _unit(note.sum(axis=0)),
            "grounded": _unit(grounded.sum(axis=0)),
            "phrase": _unit(self._phrase_starts(lines)),
        }

    def logits(self, phrases_sec: Floats | None = None, between_sec: Span | None = None) -> Floats:
        """Return the log-odds of each key for the track or a part of it, shape (24,).

        Parameters are those of `profiles`.
        """
        total = np.repeat(np.asarray(BIAS), 12)
        for name, profile in self.profiles(phrases_sec, between_sec).items():
            turned = np.stack([np.roll(profile, -tonic) for tonic in range(12)])
            total += np.concatenate([turned @ np.asarray(mode) for mode in WEIGHTS[name]])
        return total

    def _phrase_starts(self, lines_sec: Floats) -> Floats:
        total = np.zeros(12)
        for start in lines_sec:
            heard = rows_between((start + _PHRASE_SEC[0], start + _PHRASE_SEC[1]))
            total += self.note[heard].sum(axis=0)
        return total


def rows_between(span_sec: Span) -> slice:
    """Return the pitch frames from one time to another, the last one included."""
    first, last = (int(time * FRAME_RATE_HZ) for time in span_sec)
    return slice(first, last + 1)


def _balanced(notes: Array, note_range: tuple[int, int]) -> Array:
    """Fold some notes onto pitch classes; loud frames count more than soft ones, but less so."""
    low, high = (note - LOWEST_NOTE for note in note_range)
    chosen = np.zeros((len(notes), NOTES), np.float32)
    chosen[:, low : high + 1] = notes[:, low : high + 1]
    chroma = fold(chosen)
    return np.asarray(chroma / np.sqrt(chroma.sum(axis=1, keepdims=True) + _QUIET), np.float32)


def _unit(profile: NDArray[np.floating]) -> Floats:
    """Return a profile with sum 1; uniform for nothing."""
    total = float(profile.sum())
    return np.asarray(profile / total, np.float64) if total > 0 else np.full(12, 1 / 12)
