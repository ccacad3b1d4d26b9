"""All candidates before all rules: the scoreboard, and who wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixing.candidates import Candidate
from mixing.plan import ScoredCandidate, Verdict
from mixing.policies import POLICIES, Policy


@dataclass(frozen=True)
class Judged:
    """A candidate with every rule's verdict."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]

    @property
    def rejected(self) -> bool:
        """Whether any rule forbids it."""
        return any(verdict.rejected for verdict in self.verdicts)

    @property
    def score(self) -> float:
        """Sum of penalties; lower is better."""
        return round(sum(verdict.penalty for verdict in self.verdicts), 3)

    def scored(self, chosen: bool) -> ScoredCandidate:
        """Return the candidate's line on the scoreboard."""
        return ScoredCandidate(
            kind=self.candidate.kind,
            style=self.candidate.style.name,
            bars=self.candidate.bars,
            mix_out_sec=self.candidate.mix_out_sec,
            mix_in_sec=self.candidate.mix_in_sec,
            score=self.score,
            rejected=self.rejected,
            chosen=chosen,
            verdicts=list(self.verdicts),
        )


def judge_all(
    candidates: Sequence[Candidate], policies: Sequence[Policy] = POLICIES
) -> list[Judged]:
    """Return every candidate judged by every rule, the best first, the rejected last.

    Ties are broken by the later mix-out and the earlier mix-in: more music is played.
    """
    judged = [
        Judged(candidate, tuple(policy.judge(candidate) for policy in policies))
        for candidate in candidates
    ]
    return sorted(
        judged,
        key=lambda each: (
            each.rejected,
            each.score,
            -each.candidate.mix_out_sec,
            each.candidate.mix_in_sec,
            each.candidate.style.name,
            each.candidate.bars,
        ),
    )


def reasons(winner: Judged) -> list[str]:
    """Return the winner's reasons in words, what speaks against it last."""
    well = [verdict for verdict in winner.verdicts if verdict.penalty < 1]
    less = sorted(
        (verdict for verdict in winner.verdicts if verdict.penalty >= 1),
        key=lambda verdict: verdict.penalty,
    )
    return [f"{verdict.rule}: {verdict.reason}" for verdict in (*well, *less)]


def warnings(winner: Judged, from_points: float = 5.0) -> list[str]:
    """Return what the DJ should know before rendering: rules that cost ``from_points``."""
    return [
        f"{verdict.rule}: {verdict.reason}"
        for verdict in winner.verdicts
        if verdict.penalty >= from_points and verdict.rule != "style"
    ]
