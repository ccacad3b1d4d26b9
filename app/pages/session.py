"""What one open page remembers: its decks, its choices, what it waits for, what it has to say.

The decks are in the address as well (``?a=…&b=…``), so that a refresh, a bookmark or a restarted
server brings them back. Corrections are never here: they go to the notebook at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from analysis.errors import SegueError
from app.deck_state import DECKS, Deck, DeckState, first_pair
from app.decks.protocol import Live
from app.jobs import JobState
from app.studio import Studio
from app.suggesting import suggestions
from library.errors import UnknownTrack

_NOTICES = "notices"
_LIVE = "live"
_WAITING = "waiting"
_PAIRED = "paired"


def live() -> Live:
    """Return what this page knows of its decks; shared, changed in place."""
    known: Live = st.session_state.setdefault(_LIVE, Live())
    return known


def decks() -> DeckState:
    """Return what lies on the decks of this page."""
    return live().decks


def load(deck: Deck, track_id: str) -> None:
    """Load a track onto a deck, or say why not."""
    try:
        live().load(deck, track_id)
    except SegueError as error:
        tell(str(error))


def _write_address() -> None:
    query = decks().query()
    for deck in DECKS:
        if deck in query:
            if st.query_params.get(deck) != query[deck]:
                st.query_params[deck] = query[deck]
        elif deck in st.query_params:
            del st.query_params[deck]


def tell(sentence: str) -> None:
    """Remember one sentence to show at the end of this run."""
    st.session_state.setdefault(_NOTICES, []).append(sentence)


def sentence(error: str) -> str:
    """Return an error's line without the class name, which is for logs and the command line."""
    head, colon, rest = error.partition(": ")
    return rest if colon and head.isidentifier() else error


def show_notices() -> None:
    """Show and forget what there is to say."""
    told, live().told = live().told, []
    for line in [*st.session_state.pop(_NOTICES, []), *told]:
        st.toast(sentence(line), duration="long")


def guarded(action: Callable[..., Any]) -> Callable[..., None]:
    """Return a widget callback that turns an expected error into one sentence on the page."""

    def safe(*args: Any, **kwargs: Any) -> None:
        try:
            action(*args, **kwargs)
        except SegueError as error:
            tell(str(error))

    return safe


def key(name: str) -> str:
    """Return the key of the field that `renew` made last, or of the first one."""
    return f"{name}-{st.session_state.get(f'{name}-number', 0)}"


def renew(name: str, value: Any) -> None:
    """Make a field anew for the coming run, with a value that the page sets and not the DJ.

    A run may be cut short before the browser hears of a new value; then it says the old one once
    more, as if the DJ had chosen it. What it says of a field that is gone is nobody's word.
    """
    number = st.session_state.get(f"{name}-number", 0) + 1
    st.session_state[f"{name}-number"] = number
    st.session_state[f"{name}-{number}"] = value


def field(name: str, shown: Any) -> str:
    """Return the key of a field that shows what is kept elsewhere.

    What the DJ chooses keeps the field, and the keyboard with it; where the page has changed what
    is to be shown, the field is made anew.

    Parameters
    ----------
    name
        What the key begins with.
    shown
        The value that the field is to show in this run.
    """
    if st.session_state.get(key(name)) != shown:
        renew(name, shown)
    return key(name)


def news(key: str) -> Any:
    """Return what the DJ chose in a field, or None where that was heard before.

    A run that is cut short has not kept what it was told, so the next one hears it once more, and
    would overrule what was pressed in between.
    """
    state = st.session_state
    chosen = state[key]
    if state.get(f"{key}-heard") == chosen:
        return None
    state[f"{key}-heard"] = chosen
    return chosen


def wait_for(job_id: str, deck: Deck | None) -> None:
    """Remember that this page wants a job's end: its track on ``deck``, or only to hear of it."""
    st.session_state.setdefault(_WAITING, {})[job_id] = deck


def begin(studio: Studio) -> None:
    """Bring the page's state up to date at the start of a run.

    Reads the address and the DJ's defaults the first time, takes finished jobs in, and puts two
    tracks on the decks once there are any, so that a first screen is never dead.
    """
    if _LIVE not in st.session_state:
        live().decks = DeckState.read(dict(st.query_params))
        studio.reload()
        for warning in studio.warnings:
            tell(warning)
        if studio.demo and not studio.has_music():
            wait_for(studio.start_demo().id, None)
    _settle(studio)
    if studio.has_music():
        if studio.may_learn():
            wait_for(studio.start_training().id, None)
        here = decks()
        here = here.without_unknown(
            [track for track in here.query().values() if _usable(studio, track)]
        )
        if here == DeckState() and not st.session_state.get(_PAIRED):
            here = _first_pair(studio)
        st.session_state[_PAIRED] = True
        live().decks = here
    _write_address()


def _usable(studio: Studio, track_id: str) -> bool:
    """Return whether a track can be shown; where its report went bad, say so."""
    try:
        studio.report(track_id)
    except UnknownTrack:
        return False
    except SegueError as error:
        tell(str(error))
        return False
    return True


def _first_pair(studio: Studio) -> DeckState:
    asked = studio.instructions

    def found(query: str) -> list[str]:
        return [row.track_id for row in studio.tracks(query)] if query else []

    def follow(track_id: str) -> list[str]:
        try:
            return [item.track_id for item in suggestions(studio, track_id, None).items]
        except SegueError:  # no model yet: any other track will do, and the deck says what to do
            return []

    return first_pair(
        {row.track_id: None if row.bpm.unsure else row.bpm.value for row in studio.tracks()},
        found(asked.deckA.query),
        found(asked.deckB.query),
        follow,
    )


def _settle(studio: Studio) -> None:
    waiting: dict[str, Deck | None] = st.session_state.get(_WAITING, {})
    for job_id, deck in list(waiting.items()):
        job = studio.jobs.get(job_id)
        if job is not None and job.active:
            continue
        del waiting[job_id]
        if job is None:
            continue
        if job.state is JobState.FAILED:
            tell(job.error)
        elif job.state is JobState.DONE and deck is not None:
            load(deck, job.result)
        elif job.state is JobState.DONE and isinstance(job.result, str) and job.result:
            tell(job.result)
