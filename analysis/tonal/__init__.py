"""Key, chords, harmonic movement and timbre of a track."""

from analysis.tonal.describe import describe_tonal
from analysis.tonal.key import KeyEstimate, KeyEvidence

__all__ = ["KeyEstimate", "KeyEvidence", "describe_tonal"]
