"""What the decks report: each once, in order, kept, and never against what the DJ asked since."""

from __future__ import annotations

import hashlib
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.deck_state import DeckState
from app.decks.protocol import ASKED_SEC, Live, apply_reports, wish
from app.decks.reports import newest, read_box
from app.studio import Studio

LANTERN, HARBOUR, COMET = (
    hashlib.md5(name.encode()).hexdigest() for name in ("Lantern", "Harbour", "Comet")
)


class Box:
    """Numbers reports as the browser does."""

    def __init__(self, client: str = "c", seq: int = 0) -> None:
        self.client, self.seq = client, seq
        self.sent: list[dict[str, Any]] = []

    def put(self, kind: str, **facts: Any) -> Box:
        self.seq += 1
        self.sent.append({"type": kind, "seq": self.seq, "client": self.client, **facts})
        return self

    def hello(self, a: str | None = None, b: str | None = None) -> Box:
        return self.put("hello", decks={"a": a, "b": b})


@pytest.fixture
def live() -> Live:
    return Live(decks=DeckState(LANTERN, HARBOUR))


def cues(studio: Studio, track: str = LANTERN) -> dict[str, float]:
    return {letter: cue["at_sec"] for letter, cue in studio.library.hot_cues(track).items()}


def test_nothing_is_said_before_the_decks_have_spoken(studio: Studio, live: Live) -> None:
    box = Box().put("playing", deck="a", id=LANTERN, playing=True)
    assert not apply_reports(studio, live, box.sent)
    assert wish(studio, live, [])["ack"] == 0
    assert wish(studio, live, [])["decks"] == {"a": None, "b": None}
    assert apply_reports(studio, live, box.hello().sent)
    told = wish(studio, live, [COMET])
    assert told["ack"] == 2
    assert told["decks"]["a"] == {"id": LANTERN, "rev": studio.revision(LANTERN)}
    assert told["browse"][0]["title"] == "Comet"
    assert live.playing["a"]


def test_the_same_box_again_changes_nothing(studio: Studio, live: Live) -> None:
    box = Box().hello().put("hot_cue", id=LANTERN, slot=0, cue={"sec": 3.0, "loop_end_sec": None})
    box.put("grid", id=LANTERN, edit="shift", value=5.0).put("played", deck="a", id=LANTERN, sec=31)
    assert apply_reports(studio, live, box.sent)
    entries = studio.library.notebook.last_id()
    assert not apply_reports(studio, live, box.sent)
    assert studio.library.notebook.last_id() == entries


def test_after_a_crash_before_the_answer_nothing_is_done_twice(studio: Studio) -> None:
    box = Box().hello().put("grid", id=LANTERN, edit="double", value=0)
    box.put("grid", id=LANTERN, edit="shift", value=5.0).put("played", deck="a", id=LANTERN, sec=31)
    apply_reports(studio, Live(), box.sent)
    grid, entries = studio.library.grid(LANTERN), studio.library.notebook.last_id()
    studio.reported.clear()  # another server, another session
    apply_reports(studio, Live(), box.sent)
    assert studio.library.grid(LANTERN) == grid
    assert studio.library.notebook.last_id() == entries


def test_what_was_undone_stays_undone_when_its_report_comes_again(studio: Studio) -> None:
    box = Box().hello().put("grid", id=LANTERN, edit="shift", value=5.0)
    before = studio.library.grid(LANTERN)
    apply_reports(studio, Live(), box.sent)
    assert studio.library.grid(LANTERN) != before
    studio.undo(LANTERN, "grid")
    studio.reported.clear()
    apply_reports(studio, Live(), box.sent)
    assert studio.library.grid(LANTERN) == before


def test_hot_cues_are_set_moved_cleared_and_undone(studio: Studio, live: Live) -> None:
    box = Box().hello().put("hot_cue", id=LANTERN, slot=0, cue={"sec": 3.0, "loop_end_sec": None})
    box.put("hot_cue", id=LANTERN, slot=7, cue={"sec": 9.0, "loop_end_sec": 11.0})
    box.put("hot_cue", id=LANTERN, slot=0, cue={"sec": 4.0, "loop_end_sec": None})
    apply_reports(studio, live, box.sent)
    assert cues(studio) == {"A": 4.0, "H": 9.0}
    facts = studio.view(LANTERN)["hot_cues"]
    assert facts[0] == {"sec": 4.0, "loop_end_sec": None}
    assert facts[7] == {"sec": 9.0, "loop_end_sec": 11.0}
    assert facts[1:7] == [None] * 6
    revision = studio.revision(LANTERN)
    apply_reports(studio, live, box.put("hot_cue", id=LANTERN, slot=7, cue=None).sent)
    assert cues(studio) == {"A": 4.0}
    assert studio.revision(LANTERN) != revision
    studio.undo(LANTERN, "hot_cues")
    assert cues(studio) == {"A": 4.0, "H": 9.0}
    entries = studio.library.notebook.last_id()
    box.put("hot_cue", id=LANTERN, slot=0, cue={"sec": 4.0, "loop_end_sec": None})
    apply_reports(studio, live, box.sent)
    assert studio.library.notebook.last_id() == entries, "it stands there already"


def test_a_long_box_that_was_half_written_is_finished_and_nothing_doubled(studio: Studio) -> None:
    box = Box().hello()
    for number in range(120):
        cue = {"sec": number / 4, "loop_end_sec": None}
        box.put("hot_cue", id=(LANTERN, HARBOUR)[number % 2], slot=number % 8, cue=cue)
    apply_reports(studio, Live(), box.sent[:80])
    studio.reported.clear()  # killed before the answer
    apply_reports(studio, Live(), box.sent)
    entries = studio.library.notebook.history(kind="hot_cues")[::-1]
    assert [int(entry.source.rpartition("/")[2]) for entry in entries] == list(range(2, 122))


@pytest.mark.parametrize(
    ("edit", "value", "bpm", "first"),
    [
        ("double", 0.0, 240.0, 0.1),
        ("halve", 0.0, 60.0, 0.1),
        ("shift", 12.0, 120.0, 0.112),
        ("bar_one", 1.13, 120.0, 1.1),
    ],
)
def test_grids_are_put_right(
    edit: str, value: float, bpm: float, first: float, studio: Studio, live: Live
) -> None:
    apply_reports(studio, live, Box().hello().put("grid", id=LANTERN, edit=edit, value=value).sent)
    grid = studio.report(LANTERN).grid
    assert grid.bpm == pytest.approx(bpm)
    assert grid.first_downbeat_sec == pytest.approx(first, abs=1e-6)


def test_what_was_heard_is_history_and_not_suggested_again(studio: Studio, live: Live) -> None:
    revision = studio.revision(LANTERN)
    apply_reports(studio, live, Box().hello().put("played", deck="a", id=LANTERN, sec=30.0).sent)
    [entry] = studio.library.notebook.history(LANTERN, "played")
    assert entry.value == {"deck": "a", "sec": 30.0}
    assert live.played == [LANTERN]
    assert studio.revision(LANTERN) == revision, "nothing about the track has changed"


def test_a_controller_loads_a_track(studio: Studio, live: Live) -> None:
    box = Box().hello(LANTERN, HARBOUR).put("load_request", deck="b", id=COMET)
    apply_reports(studio, live, box.sent)
    assert live.decks == DeckState(LANTERN, COMET)
    box.put("load_request", deck="b", id=LANTERN)
    apply_reports(studio, live, box.sent)
    assert live.decks == DeckState(LANTERN, COMET)
    assert live.told[-1].startswith("SameTrackTwice: ")


def test_what_the_dj_asked_for_since_outranks_an_older_load(studio: Studio, live: Live) -> None:
    now = [0.0]
    live.clock = lambda: now[0]
    box = Box().hello(LANTERN)
    apply_reports(studio, live, box.sent)
    live.load("a", COMET)
    apply_reports(studio, live, box.put("loaded", deck="a", id=LANTERN).sent)
    assert live.decks.a == COMET, "the decks have not seen the wish yet"
    apply_reports(studio, live, box.put("loaded", deck="a", id=COMET).sent)
    apply_reports(studio, live, box.put("loaded", deck="a", id=LANTERN).sent)
    assert live.decks.a == LANTERN, "confirmed, and then changed on the decks"
    live.load("a", COMET)  # which never arrives, for its file is damaged
    now[0] = ASKED_SEC + 1
    apply_reports(studio, live, box.put("unloaded", deck="a").sent)
    assert live.decks.a is None


def test_a_restarted_server_learns_what_lies_on_the_decks(studio: Studio) -> None:
    live = Live(decks=DeckState(LANTERN, HARBOUR))  # as the address says
    apply_reports(studio, live, Box(seq=40).hello(COMET, None).sent)
    assert live.decks == DeckState(COMET, HARBOUR)
    assert live.acked == 41


def test_tempo_news_count_for_the_track_they_are_about(studio: Studio, live: Live) -> None:
    box = Box().hello(LANTERN, HARBOUR)
    box.put("tempo", deck="a", id=LANTERN, bpm=125.5, keyShift=1, camelot="3A")
    apply_reports(studio, live, box.sent)
    heard = live.sound_of("a")
    assert heard is not None
    assert (heard.bpm, heard.camelot) == (125.5, "3A")
    live.load("a", COMET)
    assert live.sound_of("a") is None


def test_a_report_that_nobody_understands_does_not_keep_the_others_waiting(
    studio: Studio, live: Live
) -> None:
    box = Box().hello().put("from the future", deck="a")
    box.put("hot_cue", id=LANTERN, slot=99, cue={"sec": 1.0})
    box.put("hot_cue", id=LANTERN, slot=1, cue={"sec": float("nan")})
    box.put("hot_cue", id="0" * 32, slot=1, cue={"sec": 1.0})
    box.put("hot_cue", id=LANTERN, slot=1, cue={"sec": 1.5})
    assert apply_reports(studio, live, [*box.sent, "junk", None])
    assert cues(studio) == {"B": 1.5}
    assert live.acked == box.seq
    assert len(live.told) == 1, "the unknown track"
    assert newest(box.sent) == box.seq
    assert newest(None) == 0
    assert read_box("junk") == []


def test_a_problem_is_told(studio: Studio, live: Live) -> None:
    apply_reports(studio, live, Box().hello().put("problem", sentence="The cable is out.").sent)
    assert live.told == ["The cable is out."]


def test_a_set_that_ended_is_no_wish_any_more(studio: Studio, live: Live) -> None:
    live.automix = {"id": "x", "rev": "1", "tracks": [], "steps": 0}
    box = Box().hello().put("automix", state="step", id="x", step=1)
    box.put("automix", state="taken_over", id="x", step=1)  # the DJ may let it go on
    apply_reports(studio, live, box.sent)
    assert wish(studio, live, [])["automix"]["id"] == "x"
    apply_reports(studio, live, box.put("automix", state="ended", id="x", step=1).sent)
    assert wish(studio, live, [])["automix"] is None


def test_reports_of_a_page_that_is_gone_come_with_the_next_ones(studio: Studio, live: Live) -> None:
    left = Box("gone", 10).put("hot_cue", id=LANTERN, slot=0, cue={"sec": 1.0})
    here = Box("here", 11).hello()
    apply_reports(studio, live, [*left.sent, *here.sent])
    assert cues(studio) == {"A": 1.0}
    assert live.acked == 12


@given(st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_however_boxes_overlap_each_report_counts_once(ends: list[int]) -> None:
    whole = Box().hello()
    for number in range(11):
        whole.put("problem", sentence=str(number))
    live = Live()
    studio = SimpleNamespace(reporting=threading.Lock())  # nothing is looked up
    highest = 0
    for end in ends:
        apply_reports(studio, live, whole.sent[:end])
        highest = max(highest, end)
        assert live.acked == highest
    assert live.told == [str(number) for number in range(highest - 1)]
