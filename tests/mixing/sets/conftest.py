"""A crate for whole sets: three short tracks, one of them at another sample rate."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analysis.report import Report
from mixing.sets.arcs import ARCS
from mixing.sets.planner import plan_in_order
from mixing.sets.render import render_set
from mixing.sets.set_plan import SetPlan
from mixing.stems import Tape


@pytest.fixture(scope="session")
def crate(make_track) -> list[Report]:
    """Three house sketches of a minute, 122 to 124 BPM."""
    notes = (("A minor", 44_100), ("E minor", 48_000), ("B minor", 44_100))
    return [
        make_track(
            31 + place,
            "deep house",
            seconds=64.0,
            bpm=122.0 + place,
            key=key,
            vocals=False,
            sample_rate=rate,
        )[0]
        for place, (key, rate) in enumerate(notes)
    ]


@pytest.fixture(scope="session")
def planned(crate: list[Report]) -> SetPlan:
    """The crate as a set in its order. Don't change it."""
    return plan_in_order(crate, ARCS["journey"])


@dataclass
class Memory:
    """How many tapes were made, and how many of them lived at once."""

    made: int = 0
    most: int = 0
    alive: weakref.WeakSet[Tape] = field(default_factory=weakref.WeakSet)


@pytest.fixture(scope="session")
def memory() -> Memory:
    """What rendering the set held; filled by ``rendered``."""
    return Memory()


@pytest.fixture(scope="session")
def rendered(planned: SetPlan, memory: Memory, tmp_path_factory: pytest.TempPathFactory) -> SetPlan:
    """The set, rendered in one go. Don't change it."""

    class Counted(Tape):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            memory.alive.add(self)
            memory.made += 1
            memory.most = max(memory.most, len(memory.alive))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mixing.stems.Tape", Counted)
        return render_set(planned, tmp_path_factory.mktemp("set") / "set.wav")


@pytest.fixture(scope="session")
def whole_file(rendered: SetPlan) -> bytes:
    """The bytes of that file."""
    assert rendered.rendered is not None
    return Path(rendered.rendered.path).read_bytes()
