"""The key: how well each of 24 keys explains the notes of a track and how its phrases begin.

The model is a template per mode, turned to every tonic: each degree of the scale has a weight in
each of three pitch class profiles, and a softmax makes the sums probabilities. Three profiles,
because each is fooled by something else:

- ``note``: all notes D3–F#6. Bass drums have no pitch up there.
- ``grounded``: notes E2–F5 that also have an octave or a twelfth above: played notes rather than
  drums, whistles and difference tones.
- ``phrase``: the notes at the start of every fourth bar. Most music begins its phrases at home,
  which is what tells a key from its relative. Uniform where no bars are known.

The weights were fitted by multinomial logistic regression (L2) to composed tracks of thirteen
styles with known keys (seeds 1000–1519), half of them with the bars counted from the wrong one or
not at all, so that no single cue is trusted alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.keys import KEYS
from analysis.pitches import FRAME_RATE_HZ, LOWEST_NOTE, NOTES, Pitches, fold

Floats = NDArray[np.float64]

# Per profile: major, then minor; degrees in semitones from the tonic up.
_WEIGHTS = {
    "note": (
        (14.7, -6.2, -7.4, -5.7, 4.1, -1.4, -5.3, 7.1, -2, -0.4, -8.7, 9.9),
        (9.2, -12, 3.9, 3.8, -7.5, 3.1, -2.1, 6.5, 2.2, -9.2, 1.8, 1.8),
    ),
    "grounded": (
        (8.7, -6.3, -1.7, -4.9, 5.7, 9.5, -8.3, 7, -5.2, 2.8, -13, 4.4),
        (11.6, -8.7, 7.1, 6.1, -6.9, -4.1, -2.4, 10.7, -0.5, -11.5, 1.9, -1.9),
    ),
    "phrase": (
        (4, -3.2, 4.1, -2.8, 3.3, -0.4, -2, 0.7, -2.7, -0.4, -2.8, 1),
        (6.1, -3.8, 0.8, 2, -2.5, -1.5, -1.3, 2, -1.2, -2.7, 2.6, 0.8),
    ),
}  # fmt: skip
_BIAS = (-0.09, 0.09)  # major, minor

_NOTE_RANGE = (50, 90)
_GROUNDED_RANGE = (40, 77)
_PHRASE_BARS = 4
_PHRASE_SEC = (0.05, 0.8)  # after the bar line: past the kick, before the next chord
_QUIET = 1e-4  # keeps frames of next to nothing from counting as much as music


@dataclass(frozen=True)
class KeyEstimate:
    """Probability of each of `analysis.keys.KEYS`, shape (24,), summing to 1."""

    probabilities: Floats

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

    def logits(self, rows: slice = slice(None), phrases_sec: Floats | None = None) -> Floats:
        """Return the log-odds of each key for some frames, shape (24,).

        Parameters
        ----------
        rows
            The frames to judge by.
        phrases_sec
            Where phrases begin.
        """
        profiles = {
            "note": _unit(self.note[rows].sum(axis=0)),
            "grounded": _unit(self.grounded[rows].sum(axis=0)),
            "phrase": _unit(self._phrase_starts(phrases_sec)),
        }
        total = np.repeat(np.asarray(_BIAS), 12)
        for name, profile in profiles.items():
            turned = np.stack([np.roll(profile, -tonic) for tonic in range(12)])
            total += np.concatenate([turned @ np.asarray(mode) for mode in _WEIGHTS[name]])
        return total

    def _phrase_starts(self, phrases_sec: Floats | None) -> Floats:
        total = np.zeros(12)
        for start in () if phrases_sec is None else phrases_sec:
            first, last = (int((start + after) * FRAME_RATE_HZ) for after in _PHRASE_SEC)
            total += self.note[first : last + 1].sum(axis=0)
        return total


def estimate_key(pitches: Pitches, downbeats_sec: Floats | None = None) -> KeyEstimate | None:
    """Estimate the key of a whole track.

    Parameters
    ----------
    pitches
        The track's spectral peaks.
    downbeats_sec
        Where bars begin, if known.

    Returns
    -------
    KeyEstimate or None
        None where nothing has a pitch.
    """
    if not pitches.sustained.any():
        return None
    phrases = None if downbeats_sec is None else downbeats_sec[::_PHRASE_BARS]
    logits = KeyEvidence.of(pitches).logits(phrases_sec=phrases)
    return KeyEstimate(np.asarray(scipy.special.softmax(logits), np.float64))


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
