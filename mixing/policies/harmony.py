"""The rule on notes that rub in the overlap, foreseen from both tracks' chords."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixing.candidates import Candidate
from mixing.clash import rubbing
from mixing.plan import Verdict
from mixing.policies.verdicts import verdict


@dataclass(frozen=True)
class NoteClash:
    """Notes a semitone or a tritone apart, heard of both at once.

    The key's rule looks at the names of two keys; this one at what sounds just there: two keys
    that clash may meet over a bass line alone, and two that agree in the wrong bar.
    """

    name: str = "harmony"
    free: float = 0.35
    """Two tracks a fifth apart rub as much."""
    points: float = 10.0
    """For each unit beyond: keys a semitone apart reach 1."""
    full_bars: float = 16.0
    unknown_points: float = 1.5

    def foreseen(self, candidate: Candidate) -> float | None:
        """Return the clash to expect, as :func:`mixing.clash.harmonic_clash` measures it."""
        times = candidate.times_sec
        a = candidate.pair.a.notes(candidate.in_a(times))
        b = candidate.pair.b.notes(candidate.in_b(times))
        if a is None or b is None:
            return None
        power_a, power_b = candidate.power("a", "mid_db"), candidate.power("b", "mid_db")
        evenness = 4 * power_a * power_b / np.maximum((power_a + power_b) ** 2, 1e-12)
        weights = evenness * (a.any(axis=1) & b.any(axis=1))
        if weights.sum() < 1e-6:
            return 0.0
        share = float(weights.mean() / max(evenness.mean(), 1e-12))
        alone = (rubbing(a, a, weights) + rubbing(b, b, weights)) / 2
        return share * (rubbing(a, b, weights) - alone)

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        if not candidate.style.blend:
            return verdict(self.name, 0, "no notes of both at once")
        clash = self.foreseen(candidate)
        length = min(1.0, candidate.bars / self.full_bars)
        if clash is None:
            return verdict(self.name, self.unknown_points * length, "chords unknown")
        words = "chords agree" if clash <= self.free else "chords rub" if clash < 0.7 else (
            "chords clash"
        )  # fmt: skip
        return verdict(
            self.name,
            self.points * max(0.0, clash - self.free) * length,
            f"{words} in the overlap ({clash:.1f} of 1)",
        )
