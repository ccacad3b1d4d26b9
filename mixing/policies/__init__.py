"""The rules that judge a candidate: one small class each, its numbers named, its word given.

A rule returns a :class:`Verdict`: a penalty in points (0 = all is well), or a rejection, and
always the reason in words. Points are a common currency: about 10 is 'a DJ would hear it and
frown'. Where a fact is missing a rule assumes the worse half, never the better: missing data
does not switch a guard off.
"""

from __future__ import annotations

from typing import Protocol

from mixing.candidates import Candidate
from mixing.plan import Verdict
from mixing.policies.harmony import NoteClash
from mixing.policies.place import (
    DeadAir,
    GridTrust,
    Length,
    Looped,
    PhraseAlignment,
    PlayTime,
    Room,
    Taste,
    TempoStretch,
)
from mixing.policies.sound import (
    BassClash,
    CutVocal,
    EnergyStep,
    KeyRelation,
    LevelDip,
    LevelMatch,
    VocalClash,
)


class Policy(Protocol):
    """A rule."""

    @property
    def name(self) -> str:
        """What the rule is called on screen."""

    def judge(self, candidate: Candidate) -> Verdict:
        """Return what the rule says of the candidate."""


POLICIES: tuple[Policy, ...] = (
    Room(),
    PhraseAlignment(),
    GridTrust(),
    TempoStretch(),
    KeyRelation(),
    NoteClash(),
    VocalClash(),
    CutVocal(),
    BassClash(),
    EnergyStep(),
    DeadAir(),
    PlayTime(),
    LevelMatch(),
    LevelDip(),
    Looped(),
    Length(),
    Taste(),
)
"""Every rule, in the order they are shown."""
