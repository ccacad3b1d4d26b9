from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.deck_state import DeckState, SameTrackTwice, first_pair, other

TRACKS = st.one_of(st.none(), st.sampled_from("pqr"))


def nothing(_track: str) -> list[str]:
    return []


@given(TRACKS, st.lists(st.tuples(st.sampled_from(["a", "b"]), TRACKS), max_size=12))
def test_the_same_track_is_never_on_both_decks(start, loads) -> None:
    state = DeckState(a=start)
    for deck, track in loads:
        try:
            state = state.load(deck, track)
        except SameTrackTwice:
            assert track == state.on(other(deck))
        assert state.a is None or state.a != state.b


def test_loading_the_other_decks_track_is_refused_in_words() -> None:
    with pytest.raises(SameTrackTwice) as refused:
        DeckState("p", "q").load("b", "p")
    assert str(refused.value) == (
        "SameTrackTwice: this track is already on deck A; pick another one"
    )


@given(TRACKS, TRACKS)
def test_the_address_brings_the_decks_back(a, b) -> None:
    state = DeckState(a, b if b != a else None)
    assert DeckState.read(state.query()) == state


def test_an_address_that_names_one_track_twice_fills_deck_a_alone() -> None:
    assert DeckState.read({"a": "p", "b": "p"}) == DeckState("p", None)
    assert DeckState.read({"a": "", "b": "q"}) == DeckState(None, "q")


def test_unknown_tracks_are_taken_off() -> None:
    assert DeckState("p", "x").without_unknown({"p"}) == DeckState("p", None)


def test_first_pair_follows_the_queries_then_the_suggestion_then_the_tempo() -> None:
    tracks = {"p": 128.0, "q": 90.0, "r": 126.0}
    assert first_pair(tracks, ["r"], ["q"], nothing) == DeckState("r", "q")
    assert first_pair(tracks, [], [], lambda a: ["q"] if a == "p" else []) == DeckState("p", "q")
    assert first_pair(tracks, [], [], nothing) == DeckState("p", "r")
    assert first_pair(tracks, ["q"], ["q"], nothing) == DeckState("q", "r")
    assert first_pair({"p": 128.0}, [], [], nothing) == DeckState("p", None)
    assert first_pair({}, [], [], nothing) == DeckState()


def test_a_first_pair_can_be_mixed_where_any_two_tracks_can() -> None:
    tracks = {"alone": 102.0, "unsure": None, "fast": 174.0, "p": 140.0, "q": 143.0, "r": 138.0}
    assert first_pair(tracks, [], [], nothing) == DeckState("p", "r")
    assert first_pair({"p": None, "q": None}, [], [], nothing) == DeckState("p", "q")
    assert first_pair({"p": None, "q": 120.0}, [], [], nothing) == DeckState("q", "p")
