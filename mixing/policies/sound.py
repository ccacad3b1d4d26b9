"""Rules on what is heard at once: keys, voices, basslines, energy, loudness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixing.camelot import camelot_relation
from mixing.candidates import Candidate
from mixing.curves import Values
from mixing.facts import TrackFacts
from mixing.plan import Verdict
from mixing.policies.verdicts import verdict


@dataclass(frozen=True)
class KeyRelation:
    """Keys that clash hurt the more, the longer both are heard."""

    name: str = "key"
    full_bars: float = 16.0
    switch_share: float = 0.15
    """Of a clash, what is left when the two tracks only touch."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        relation = camelot_relation(candidate.pair.a.camelot, candidate.pair.b.camelot)
        share = min(1.0, candidate.bars / self.full_bars)
        if not candidate.style.blend:
            share = self.switch_share
        return verdict(self.name, relation.points * share, relation.words)


def vocal_mask(track: TrackFacts, times_sec: Values) -> Values:
    """Return the probability (0–1) of singing at each track time.

    Where nobody listened, singing is assumed to be as likely as not outside intro and outro.
    """
    vocals = track.vocals
    if vocals is None:
        unknown = [track.section_at(float(sec)) for sec in times_sec]
        return np.array(
            [0.1 if part is not None and part.label in {"intro", "outro"} else 0.5
             for part in unknown]
        )  # fmt: skip
    mask = np.zeros(len(times_sec))
    for start, end, confidence in vocals:
        inside = (times_sec >= start) & (times_sec < end)
        mask[inside] = np.maximum(mask[inside], confidence)
    return mask


@dataclass(frozen=True)
class VocalClash:
    """Two voices at once: seconds of it, weighted by how evenly both are heard."""

    name: str = "vocals"
    audible_sec: float = 0.35
    """Below it a clash passes unnoticed."""
    reject_sec: float = 2.0
    audible_points: float = 3.0

    def seconds(self, candidate: Candidate) -> float:
        """Return the gain-weighted seconds of singing on both sides."""
        times = candidate.times_sec
        a, b = candidate.power("a", "mid_db"), candidate.power("b", "mid_db")
        evenness = 4 * a * b / np.maximum((a + b) ** 2, 1e-12)
        both = vocal_mask(candidate.pair.a, candidate.in_a(times)) * vocal_mask(
            candidate.pair.b, candidate.in_b(times)
        )
        return float(np.sum(evenness * both) * candidate.length_sec / len(times))

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        sec = self.seconds(candidate)
        guess = candidate.pair.a.vocals is None or candidate.pair.b.vocals is None
        note = " (nobody listened for vocals: assumed)" if guess and sec > 0 else ""
        if sec >= self.reject_sec and not guess:
            return verdict(self.name, 0, f"two voices for {sec:.1f} s", rejected=True)
        points = self.audible_points * min(sec / self.audible_sec, 4.0) ** 2 / 4
        words = f"two voices for {sec:.1f} s{note}" if sec >= 0.05 else "no two voices at once"
        return verdict(self.name, points, words)


@dataclass(frozen=True)
class CutVocal:
    """A sung line is not cut off at A's end, nor entered in its middle in B."""

    name: str = "sung line"
    grace_sec: float = 0.25
    """What may be lost of a line without anyone noticing."""
    points: float = 8.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        words, penalty = [], 0.0
        leave = candidate.a_span[1]
        for start, end, confidence in candidate.pair.a.vocals or ():
            if start + self.grace_sec < leave < end - self.grace_sec:
                penalty += self.points * confidence
                words.append("A leaves in the middle of a sung line")
        enter = candidate.mix_in_sec
        for start, end, confidence in candidate.pair.b.vocals or ():
            if start + self.grace_sec < enter < end - self.grace_sec:
                penalty += self.points * confidence
                words.append("B enters in the middle of a sung line")
        if candidate.pair.a.vocals is None:
            penalty += self.points * 0.25
            words.append("nobody listened for vocals in A")
        return verdict(self.name, penalty, "; ".join(words) or "no sung line is cut")


BASS_WITHIN_DB = 6.0
"""Two basslines closer than this are both heard."""
BASS_FLOOR_DB = -30.0
"""A bassline turned down by this is gone."""


def basslines_share(a: Values, b: Values) -> float:
    """Return the share of the moments in which two low bands of these powers are both heard."""
    floor = 10 ** (BASS_FLOOR_DB / 10)
    one, two = (10 * np.log10(np.maximum(power, floor)) for power in (a, b))
    both = (np.abs(one - two) < BASS_WITHIN_DB) & (np.minimum(one, two) > BASS_FLOOR_DB)
    return float(np.mean(both))


@dataclass(frozen=True)
class BassClash:
    """One bassline at a time."""

    name: str = "bass"
    limit_bars: float = 1.0
    points_per_bar: float = 4.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        powers = candidate.power("a", "low_db"), candidate.power("b", "low_db")
        bars = basslines_share(*powers) * candidate.bars
        if bars > self.limit_bars:
            return verdict(self.name, 0, f"two basslines for {bars:.1f} bars", rejected=True)
        words = f"two basslines for {bars:.1f} bars" if bars > 0.5 else "one bassline at a time"
        return verdict(self.name, self.points_per_bar * bars, words)


@dataclass(frozen=True)
class EnergyStep:
    """The floor should neither fall into a hole nor hear two full tracks fight."""

    name: str = "energy"
    context_bars: float = 8.0
    free_fall: float = 2.0
    points_per_step: float = 1.5
    thin_energy: float = 3.5
    thin_points: float = 3.0
    full_energy: float = 7.5
    full_points: float = 4.0
    unknown_points: float = 2.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        around = self.context_bars * candidate.bar_sec
        before = a.energy(candidate.start_sec - around, candidate.start_sec)
        after = b.energy(candidate.b_end_sec, candidate.b_end_sec + around)
        if before is None or after is None:
            return verdict(self.name, self.unknown_points, "energy unknown")
        step = after - before
        penalty = self.points_per_step * max(0.0, -step - self.free_fall)
        words = f"energy {before:.0f} → {after:.0f}"
        if candidate.style.blend:
            over_a = a.energy(*candidate.a_span) or before
            over_b = b.energy(candidate.mix_in_sec, candidate.b_end_sec) or after
            if max(over_a, over_b) <= self.thin_energy:
                penalty += self.thin_points
                words += ", both thin while they meet"
            elif min(over_a, over_b) >= self.full_energy and candidate.style.name != "drop_swap":
                penalty += self.full_points
                words += ", both full while they meet"
        return verdict(self.name, penalty, words)


@dataclass(frozen=True)
class LevelMatch:
    """The trim that makes both equally loud should be a small one."""

    name: str = "loudness"
    free_db: float = 4.0
    points_per_db: float = 1.0
    unknown_points: float = 1.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        gain = trim_db(candidate)
        if gain is None:
            return verdict(self.name, self.unknown_points, "loudness unknown, measured later")
        penalty = self.points_per_db * max(0.0, abs(gain) - self.free_db)
        return verdict(self.name, penalty, f"B trimmed by {gain:+.1f} dB")


MEETING_BARS = 24
"""Bars either side of the meeting point whose loud part decides the trim."""
MEETING_SWAY_DB = 3.0
"""How far the parts that meet may pull the trim from what matches the whole tracks: a quiet
intro turned up by more would come back as a drop that is far too loud."""


def trim_db(candidate: Candidate) -> float | None:
    """Return the gain of B that makes the parts that meet equally loud, None if unknown."""
    reach = MEETING_BARS * candidate.bar_sec
    pair = candidate.pair
    leave = candidate.a_span[1]
    a = pair.a.loudness(leave - reach, leave)
    b = pair.b.loudness(candidate.mix_in_sec, candidate.mix_in_sec + reach)
    return meeting_trim_db(pair.a, pair.b, a, b)


def meeting_trim_db(
    a: TrackFacts, b: TrackFacts, a_lufs: float | None, b_lufs: float | None
) -> float | None:
    """Return the trim for parts of the given loudness, kept near that of the whole tracks."""
    whole_a, whole_b = (each.report.analysis.dynamics.lufs for each in (a, b))
    if a_lufs is None or b_lufs is None:
        return None
    if whole_a is None or whole_b is None:
        return a_lufs - b_lufs
    whole = whole_a - whole_b
    return min(max(a_lufs - b_lufs, whole - MEETING_SWAY_DB), whole + MEETING_SWAY_DB)


@dataclass(frozen=True)
class LevelDip:
    """The loudness of both together should lead from A's level to B's in a straight line.

    Foreseen from the tracks' short-term loudness and the style's faders; what a hand on the
    gain can even out is free.
    """

    name: str = "level"
    context_bars: float = 8.0
    free_lu: float = 3.0
    points_per_lu: float = 2.0
    unknown_points: float = 1.5

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        if not candidate.style.blend:
            return verdict(self.name, 0, "nothing to ride")
        around = self.context_bars * candidate.bar_sec
        start, end = candidate.start_sec, candidate.end_sec
        a, b = candidate.pair.a, candidate.pair.b
        before = a.short_term(np.linspace(start - around, start, 9)[:-1])
        after = b.short_term(candidate.in_b(np.linspace(end, end + around, 9)[1:]))
        inside = self._inside(candidate)
        if before is None or inside is None or after is None:
            return verdict(self.name, self.unknown_points, "loudness curve unknown")
        after = after + (trim_db(candidate) or 0.0)
        line = np.interp(candidate.times_sec, [start, end], [before.mean(), after.mean()])
        step = float(np.abs(inside - line).max())
        penalty = self.points_per_lu * max(0.0, step - self.free_lu)
        return verdict(self.name, penalty, f"level within {step:.1f} LU of a straight line")

    def _inside(self, candidate: Candidate) -> Values | None:
        """Return the foreseen loudness in the overlap."""
        times_sec = candidate.times_sec
        a = candidate.pair.a.short_term(candidate.in_a(times_sec))
        b = candidate.pair.b.short_term(candidate.in_b(times_sec))
        if a is None or b is None:
            return None
        power_a, power_b = candidate.power("a", "mid_db"), candidate.power("b", "mid_db")
        trim = trim_db(candidate) or 0.0
        total = power_a * 10 ** (a / 10) + power_b * 10 ** ((b + trim) / 10)
        return np.asarray(10 * np.log10(np.maximum(total, 1e-7)))
