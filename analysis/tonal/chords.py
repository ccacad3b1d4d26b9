"""Chords: the best path through 24 triads and 'no chord', one step a beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.filterbanks import Array
from analysis.keys import PITCH_CLASSES
from analysis.pitches import FRAME_RATE_HZ, LOWEST_NOTE, Pitches, fold

CHORDS = (*PITCH_CLASSES, *(f"{root}m" for root in PITCH_CLASSES), "N")
"""24 triads, majors from C and minors from C, and N for no chord."""

DEFAULT_STEP_SEC = 0.5
"""A step where there are no beats: a beat at 120 BPM."""
MIN_CHORD_SEC = 0.4
"""Shorter chords are passing notes."""

_NOTE_RANGE = (48, 90)  # MIDI C3–F#6: above bass drums, below most overtones
_BASS_TOP_NOTE = 52  # MIDI E3
_BASS_WEIGHT = 0.2  # the bass plays the root more often than not, but not always
_KEY_WEIGHT = 0.2  # chords of the key are likelier than others, as far as the key is sure

# How common each chord is in a key: (semitones above the tonic, minor?, weight).
_MAJOR_CHORDS = (
    (0, False, 1.0), (2, True, 0.7), (4, True, 0.7), (5, False, 1.0), (7, False, 1.0),
    (9, True, 1.0), (10, False, 0.3),
)  # fmt: skip
_MINOR_CHORDS = (
    (0, True, 1.0), (3, False, 1.0), (5, True, 1.0), (7, True, 0.6), (7, False, 0.4),
    (8, False, 1.0), (10, False, 1.0), (1, False, 0.2), (5, False, 0.3),
)  # fmt: skip
_STAY = 0.75  # probability that the next beat has the same chord: chords last 2–8 beats
_SHARPNESS = 9.0  # how far one beat's fit outweighs the wish to stay
_NO_CHORD_FIT = 0.62  # cosine to a triad below which a beat is no chord: four even notes give 0.7


@dataclass(frozen=True)
class Chord:
    """A chord from ``start_sec`` to ``end_sec``; ``confidence`` is its lead over the next, 0–1."""

    start_sec: float
    end_sec: float
    name: str
    confidence: float


@cache
def triads() -> Array:
    """Return unit templates of the 24 triads, shape (24, 12)."""
    rows = []
    for third in (4, 3):
        for root in range(12):
            row = np.zeros(12)
            row[[root, (root + third) % 12, (root + 7) % 12]] = (1.0, 0.8, 0.9)
            rows.append(row / np.linalg.norm(row))
    return np.asarray(rows, np.float32)


def steps(pitches: Pitches, beats_sec: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the borders in seconds of the steps that chords are found on.

    Beats where there are any, padded to both ends of the track at the same pace.
    """
    end = pitches.frames / FRAME_RATE_HZ
    if len(beats_sec) < 4:
        return np.append(np.arange(0, end, DEFAULT_STEP_SEC), end)
    period = float(np.median(np.diff(beats_sec)))
    before = np.arange(beats_sec[0] - period, 0, -period)[::-1]
    after = np.arange(beats_sec[-1] + period, end, period)
    inside = np.concatenate([before, beats_sec, after])
    inside = inside[(inside > 0.05) & (inside < end - 0.05)]
    return np.concatenate([[0.0], inside, [end]])


def step_means(values: Array, borders_sec: NDArray[np.float64], rate_hz: float) -> Array:
    """Return the mean of rows of ``values`` within each step, shape (steps, columns)."""
    rows = np.minimum((borders_sec * rate_hz).astype(int), len(values) - 1)
    totals = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    first, last = rows[:-1], np.maximum(rows[1:], rows[:-1] + 1)
    means = (totals[last] - totals[first]) / (last - first)[:, None]
    return np.asarray(means, np.float32)


@cache
def chords_of_keys() -> NDArray[np.float64]:
    """Return how usual each triad is in each key, 0–1, shape (24 keys, 24 triads)."""
    table = np.zeros((24, 24))
    for first, usual in ((0, _MAJOR_CHORDS), (12, _MINOR_CHORDS)):
        for tonic in range(12):
            for above, minor, weight in usual:
                table[first + tonic, (tonic + above) % 12 + 12 * minor] = weight
    return table


def chord_fits(
    pitches: Pitches,
    borders_sec: NDArray[np.float64],
    key_probabilities: NDArray[np.float64] | None = None,
) -> Array:
    """Return how well each triad fits each step, shape (steps, 25), last column no chord.

    The cosine between the step's pitch classes and the triad, plus a little where its root is
    the bass (the strongest low note that has overtones, which bass drums have not) and where it
    belongs to the key.
    """
    notes = np.sqrt(step_means(pitches.sustained, borders_sec, FRAME_RATE_HZ))
    low, high = (note - LOWEST_NOTE for note in _NOTE_RANGE)
    chosen = np.zeros_like(notes)
    chosen[:, low:high] = notes[:, low:high]
    chroma = fold(chosen)
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    over = np.zeros_like(notes)
    over[:, :-12] = notes[:, 12:]
    over[:, :-19] = np.maximum(over[:, :-19], notes[:, 19:])
    grounded = np.sqrt(notes * over)
    bass = grounded[:, : _BASS_TOP_NOTE - LOWEST_NOTE + 1]
    root = np.zeros_like(chroma)
    rows = np.arange(len(bass))
    root[rows, (bass.argmax(axis=1) + LOWEST_NOTE) % 12] = bass.max(axis=1)
    root /= np.maximum(grounded.max(axis=1, keepdims=True), 1e-9)
    fits = unit @ triads().T + _BASS_WEIGHT * np.hstack([root, root])
    if key_probabilities is not None:
        fits = fits + _KEY_WEIGHT * (key_probabilities @ chords_of_keys() - 0.5)
    sounding = chroma.max(axis=1) > 0
    fits[~sounding] = 0
    none = np.where(sounding, _NO_CHORD_FIT, 1.0)
    return np.asarray(np.column_stack([fits, none]), np.float32)


def best_path(scores: NDArray[np.float64], stay: float) -> NDArray[np.int64]:
    """Return the most likely state of every step (Viterbi).

    Parameters
    ----------
    scores
        Log-likelihood of each state at each step, shape (steps, states).
    stay
        Probability of keeping the state from one step to the next; all changes are alike.
    """
    count, states = scores.shape
    keep, change = np.log(stay), np.log((1 - stay) / (states - 1))
    best = scores[0].copy()
    back = np.zeros((count, states), np.int64)
    for step in range(1, count):
        leader = int(best.argmax())
        moved = best[leader] + change
        stayed = best + keep
        back[step] = np.where(stayed >= moved, np.arange(states), leader)
        best = np.maximum(stayed, moved) + scores[step]
    path = np.empty(count, np.int64)
    path[-1] = int(best.argmax())
    for step in range(count - 1, 0, -1):
        path[step - 1] = back[step, path[step]]
    return path


def find_chords(
    pitches: Pitches,
    beats_sec: NDArray[np.float64],
    key_probabilities: NDArray[np.float64] | None = None,
) -> list[Chord]:
    """Find the chord progression.

    Parameters
    ----------
    pitches
        The track's spectral peaks.
    beats_sec
        Beat times; may be empty.
    key_probabilities
        Of the 24 keys (`analysis.keys.KEYS`), if known: chords of the key are likelier.

    Returns
    -------
    list of Chord
        In order, without gaps and without two alike in a row.
    """
    borders = steps(pitches, beats_sec)
    fits = chord_fits(pitches, borders, key_probabilities)
    path = best_path(_SHARPNESS * fits.astype(np.float64), _STAY)
    changes = np.flatnonzero(np.diff(path)) + 1
    edges = [0, *changes.tolist(), len(path)]
    chords: list[Chord] = []
    for first, last in pairwise(edges):
        name = CHORDS[path[first]]
        fit = fits[first:last].mean(axis=0)
        lead = float(fit[path[first]] - np.delete(fit, path[first]).max())
        chord = Chord(
            float(borders[first]), float(borders[last]), name, float(np.clip(lead, 0.0, 1.0))
        )
        chords.append(chord)
    return _merged(chords)


def _merged(chords: list[Chord]) -> list[Chord]:
    """Give chords that are too short to the chord before, and join equal neighbours."""
    merged: list[Chord] = []
    for chord in chords:
        short = chord.end_sec - chord.start_sec < MIN_CHORD_SEC
        if merged and (short or merged[-1].name == chord.name):
            last = merged[-1]
            merged[-1] = Chord(last.start_sec, chord.end_sec, last.name, last.confidence)
        else:
            merged.append(chord)
    return merged


def histogram(chords: list[Chord]) -> dict[str, float]:
    """Return each chord's share of the time that has chords, most frequent first."""
    total: dict[str, float] = {}
    for chord in chords:
        if chord.name != "N":
            total[chord.name] = total.get(chord.name, 0.0) + chord.end_sec - chord.start_sec
    whole = sum(total.values()) or 1.0
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return {name: seconds / whole for name, seconds in ordered}
