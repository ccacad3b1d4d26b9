"""Rules on time and place: room, phrase, grid, tempo, silence, how much of each track is heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixing.candidates import Candidate
from mixing.facts import DEFAULT_PHRASE_BARS as PHRASE_BARS
from mixing.facts import MAX_BEND_SEC
from mixing.plan import Verdict
from mixing.policies.verdicts import verdict
from mixing.styles import AUTO


@dataclass(frozen=True)
class Room:
    """Both tracks must last through the overlap, and B beyond it."""

    name: str = "room"
    min_after_bars: float = 4.0
    """B must go on for at least this long, or the next transition has nowhere to be."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        if candidate.start_sec < 0:
            return verdict(self.name, 0, "A is too short for it", rejected=True)
        if candidate.a_span[1] > a.duration_sec + candidate.bar_sec / 2:
            return verdict(self.name, 0, "A ends before the overlap does", rejected=True)
        left = b.audible_end_sec - candidate.b_end_sec
        if left < self.min_after_bars * candidate.b_bar_sec:
            return verdict(self.name, 0, "B would be almost over after it", rejected=True)
        return verdict(self.name, 0, "both tracks last through it")


@dataclass(frozen=True)
class PhraseAlignment:
    """A transition begins on a phrase of A with a phrase of B, and ends on one."""

    name: str = "phrase"
    half_phrase_penalty: float = 4.0
    """Four bars off: the phrase still makes sense, one can count it."""
    off_penalty: float = 9.0
    """Anything else sounds like a mistake within seconds."""
    end_penalty: float = 2.0
    count_penalty: float = 2.0
    """Sections count in eights from where they begin: four bars in is a phrase by half."""
    section_penalty: float = 1.5
    """A phrase inside a section is right but less telling than where a section begins."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        penalty, words = 0.0, []
        near = candidate.bar_sec / 2
        edges = [part.start_sec for part in a.sections] + [a.audible_end_sec]
        ends = candidate.start_sec, candidate.end_sec
        if a.sections and not any(abs(edge - end) < near for edge in edges for end in ends):
            penalty += self.section_penalty
            words.append("A is inside a section")
        for side, track, sec in (("A", a, candidate.mix_out_sec), ("B", b, candidate.mix_in_sec)):
            off = track.bars_to_phrase(sec)
            if off:
                penalty += self.half_phrase_penalty if off % 4 == 0 else self.off_penalty
                words.append(f"{side} is {off} bars off its phrase")
            elif track.bars_into_section(sec) % PHRASE_BARS:
                penalty += self.count_penalty
                words.append(f"{side} is {track.bars_into_section(sec)} bars into its section")
        if candidate.style.blend and b.bars_to_phrase(candidate.b_end_sec) % 4:
            penalty += self.end_penalty
            words.append("it ends inside a phrase of B")
        return verdict(self.name, penalty, "; ".join(words) or "phrase on phrase")


@dataclass(frozen=True)
class GridTrust:
    """A blend needs grids that are right and straight; the longer, the more so."""

    name: str = "grid"
    doubt_penalty: float = 12.0
    """At no confidence at all in either grid's beats."""
    bar_doubt_penalty: float = 6.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        if not candidate.style.blend:
            return verdict(self.name, 0, "nothing to match")
        bars_b = round(candidate.length_sec * candidate.ratio / candidate.b_bar_sec)
        bends = (a.bend_sec(candidate.start_sec, candidate.bars),
                 b.bend_sec(candidate.mix_in_sec, max(1, bars_b)))  # fmt: skip
        if max(bends) > MAX_BEND_SEC:
            side = "A" if bends[0] > bends[1] else "B"
            reason = f"the beat of {side} bends by {max(bends) * 1e3:.0f} ms here"
            return verdict(self.name, 0, reason, rejected=True)
        if a.beats_per_bar != b.beats_per_bar and candidate.bars > 2:
            return verdict(self.name, 0, "the two count different bars", rejected=True)
        beats = min(a.report.grid.confidence, b.report.grid.confidence)
        bars = min(a.report.grid.downbeat_confidence, b.report.grid.downbeat_confidence)
        length = min(1.0, candidate.bars / 16)
        doubt = self.doubt_penalty * max(0.0, 0.9 - beats)
        bar_doubt = self.bar_doubt_penalty * max(0.0, 0.8 - bars)
        words = f"grids {beats:.0%} sure, bar 1 {bars:.0%}"
        return verdict(self.name, (doubt + bar_doubt) * length, words)


@dataclass(frozen=True)
class TempoStretch:
    """B is stretched as little as possible, never by more than the ear forgives."""

    name: str = "tempo"
    preferred: float = 0.05
    """DJs stay below it in 86 % of plays."""
    limit: float = 0.08
    """Beyond it key-locked audio smears and the track is another one."""
    preferred_points: float = 4.0
    limit_points: float = 16.0
    jump_points: float = 60.0
    """Of a sudden change of tempo, a unit of relative change: 5 % costs 3."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        change = abs(candidate.pair.ratio - 1)
        percent = f"{100 * (candidate.pair.ratio - 1):+.1f} %"
        if not candidate.matched:
            jump = min(change, 0.25)
            return verdict(
                self.name, self.jump_points * jump, f"the tempo jumps, B would need {percent}"
            )
        if change > self.limit:
            return verdict(self.name, 0, f"B would be stretched by {percent}", rejected=True)
        if change <= self.preferred:
            points = self.preferred_points * change / self.preferred
        else:
            over = (change - self.preferred) / (self.limit - self.preferred)
            points = self.preferred_points + over * (self.limit_points - self.preferred_points)
        how = "B keeps its tempo" if change < 5e-4 else f"B stretched by {percent}"
        if candidate.pair.multiple != 1:
            how += " at half or double time"
        return verdict(self.name, points, how)


@dataclass(frozen=True)
class DeadAir:
    """No silence while A is going and B is coming."""

    name: str = "dead air"
    points_per_sec: float = 2.0
    limit_sec: float = 4.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        middle = candidate.moment.middle_sec if candidate.style.blend else candidate.end_sec
        silent = 0.0 if candidate.loop_bars else max(0.0, middle - a.audible_end_sec)
        silent += max(0.0, b.audible_start_sec - candidate.mix_in_sec) / candidate.ratio
        if silent > self.limit_sec:
            return verdict(self.name, 0, f"{silent:.1f} s of silence", rejected=True)
        words = f"{silent:.1f} s of silence" if silent > 0.05 else "no silence"
        return verdict(self.name, self.points_per_sec * silent, words)


@dataclass(frozen=True)
class PlayTime:
    """A is played out, B is not skipped into, and no drop of A is thrown away."""

    name: str = "play time"
    full_share: float = 0.85
    points: float = 40.0
    """For each unit share of A not played below ``full_share``."""
    skip_share: float = 0.25
    skip_points: float = 16.0
    lost_drop_points: float = 3.0

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        a, b = candidate.pair.a, candidate.pair.b
        heard = candidate.a_span[1] / max(a.audible_end_sec, 1e-9)
        skipped = (candidate.mix_in_sec - b.audible_start_sec) / max(b.audible_end_sec, 1e-9)
        # A drop under which B comes in is as lost as one that is never reached.
        swaps = candidate.style.name == "drop_swap" or not candidate.style.blend
        kept_until = candidate.end_sec + candidate.bar_sec if swaps else candidate.start_sec
        lost = sum(drop > kept_until - candidate.bar_sec / 2 for drop in a.drops)
        penalty = self.points * max(0.0, self.full_share - heard)
        penalty += self.skip_points * max(0.0, skipped - self.skip_share)
        penalty += self.lost_drop_points * lost
        words = f"{min(heard, 1):.0%} of A is played"
        if skipped > self.skip_share:
            words += f", {skipped:.0%} of B skipped"
        if lost:
            words += f", {lost} drop{'s' if lost > 1 else ''} of A lost"
        return verdict(self.name, penalty, words)


@dataclass(frozen=True)
class Looped:
    """Going round is a way out where a track offers none; a track's own outro is better."""

    name: str = "loop"
    points: float = 3.0
    points_per_round: float = 1.0
    """From the second time round on."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        if not candidate.loop_bars:
            return verdict(self.name, 0, "A goes on by itself")
        rounds = candidate.bars / candidate.loop_bars
        penalty = self.points + self.points_per_round * max(0.0, rounds - 1)
        words = f"A has no way out: {candidate.loop_bars} bars go round {rounds:.0f}×"
        return verdict(self.name, penalty, words)


@dataclass(frozen=True)
class Length:
    """As long as asked for; else as the music allows."""

    name: str = "length"
    asked_points: float = 4.0
    """For each halving or doubling of a length that the DJ asked for."""
    free_points: float = 2.5

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        if not candidate.style.blend:
            return verdict(self.name, 0, f"{candidate.bars} bars before the switch")
        wanted = candidate.pair.wanted_bars
        steps = abs(float(np.log2(candidate.bars / wanted)))
        words = f"{candidate.bars} bars" + ("" if steps == 0 else f" in place of {wanted}")
        points = self.free_points if candidate.pair.bars is None else self.asked_points
        return verdict(self.name, points * steps, words)


@dataclass(frozen=True)
class Taste:
    """In auto mode a blend is the rule and a switch the way out."""

    name: str = "style"
    auto_points: tuple[tuple[str, float], ...] = (
        ("bass_swap", 0.0),
        ("eq_blend", 1.0),
        ("drop_swap", 1.5),
        ("echo_out", 10.0),
        ("cut_mix", 12.0),
    )

    def judge(self, candidate: Candidate) -> Verdict:
        """Return the verdict."""
        if candidate.pair.style != AUTO:
            return verdict(self.name, 0, "the style you asked for")
        points = dict(self.auto_points).get(candidate.style.name, 0.0)
        return verdict(self.name, points, candidate.style.says)
