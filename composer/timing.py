"""Where beats fall: tempo, slow drift, tempo steps and swing, in seconds and samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEATS_PER_BAR = 4
# How far a live drummer's tempo wanders and over how many beats.
DRIFT_SHARE = 0.025
DRIFT_PERIOD_BEATS = 97.0


@dataclass(frozen=True)
class BeatMap:
    """Composed beats on the file's clock.

    Parameters
    ----------
    times_sec
        Time of each beat; the last entry ends the last bar. Shape (beats + 1,).
    sample_rate
        Samples a second of the audio to be rendered.
    swing_ratio
        Long part over short part of a pair; 1.0 is straight.
    swing_unit_beats
        Length of one part of the pair: 0.5 swings eighths, 0.25 sixteenths.
    """

    times_sec: NDArray[np.float64]
    sample_rate: int
    swing_ratio: float = 1.0
    swing_unit_beats: float = 0.25

    @property
    def beats(self) -> int:
        """Number of whole beats."""
        return len(self.times_sec) - 1

    def seconds(self, beat: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Convert straight beats to seconds; beyond the ends the edge tempo goes on."""
        position = np.asarray(beat, dtype=np.float64)
        index = np.clip(np.floor(position).astype(np.int64), 0, self.beats - 1)
        step = self.times_sec[index + 1] - self.times_sec[index]
        return np.asarray(self.times_sec[index] + (position - index) * step)

    def samples(self, beat: NDArray[np.float64] | float) -> NDArray[np.int64]:
        """Convert straight beats to the first sample of what is played there."""
        return np.rint(self.seconds(beat) * self.sample_rate).astype(np.int64)

    def swung(self, beat: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Move straight positions to where the swing puts them; first parts stay."""
        position = np.asarray(beat, dtype=np.float64)
        pair = 2.0 * self.swing_unit_beats
        start = np.floor(position / pair + 1e-9) * pair
        share = (position - start) / pair
        long_share = self.swing_ratio / (1.0 + self.swing_ratio)
        moved = np.where(
            share < 0.5,
            share * 2.0 * long_share,
            long_share + (share - 0.5) * 2.0 * (1.0 - long_share),
        )
        return np.asarray(start + moved * pair)


def beat_times_sec(
    beats: int,
    bpm: float,
    lead_in_sec: float = 0.0,
    drift: bool = False,
    step_bpm: float | None = None,
    step_beat: int = 0,
    phase: float = 0.0,
) -> NDArray[np.float64]:
    """Lay out the beats under a tempo plan.

    Parameters
    ----------
    beats
        Number of beats.
    bpm
        Composed tempo; with drift its mean over a long track.
    lead_in_sec
        Time of the first beat.
    drift
        Let the tempo wander slowly, about ±2.5 %.
    step_bpm, step_beat
        From this beat on the tempo is another.
    phase
        Where in its wandering the tempo starts, radians.

    Returns
    -------
    ndarray of shape (beats + 1,)
        Ascending times; the last one ends the last beat.
    """
    tempo = np.full(beats, bpm)
    if step_bpm is not None:
        tempo[step_beat:] = step_bpm
    if drift:
        turn = 2.0 * np.pi * np.arange(beats) / DRIFT_PERIOD_BEATS + phase
        tempo = tempo * (1.0 + DRIFT_SHARE * (0.7 * np.sin(turn) + 0.3 * np.sin(2.7 * turn)))
    if not drift and step_bpm is None:
        return np.asarray(lead_in_sec + np.arange(beats + 1) * (60.0 / bpm))
    return np.concatenate([[lead_in_sec], lead_in_sec + np.cumsum(60.0 / tempo)])
