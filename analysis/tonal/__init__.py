"""Key, chords, harmonic movement and timbre of a track."""

from analysis.tonal.describe import describe_tonal
from analysis.tonal.key import KeyEstimate, estimate_key

__all__ = ["KeyEstimate", "describe_tonal", "estimate_key"]
