"""The decks on the page: one component that is always there, its module fetched by its version."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import streamlit as st

from app.decks.build import Built, find_built
from app.decks.protocol import Live, apply_reports, wish
from app.decks.reports import newest
from app.served import served_component
from app.studio import Studio

KEY = "decks"
"""The component's name on the page; never another one, for that would mount it anew."""

BROWSED = 200
"""Tracks that a controller's browse knob moves through."""

BUILD_COMMAND = "uv run python -m app.decks.build"
"""What makes the module."""

_NOT_BUILT = (
    "The live decks are not built. Start Segue with `make run`, or run"
    f" `{BUILD_COMMAND}` and reload this page."
)

_found: dict[str, Built] = {}


def built() -> Built | None:
    """Return the decks' module, looked for until it is there and then kept for this process."""
    if "decks" not in _found and (found := find_built()) is not None:
        _found["decks"] = found
    return _found.get("decks")


@cache
def _component(version: str) -> Callable[..., Any]:
    return served_component("segue_decks", f"/dj/decks/{version}/decks.js")


def show(studio: Studio, live: Live, search: str) -> None:
    """Show the decks, tell them what should be, and take in what they report.

    Parameters
    ----------
    studio
        Library and notebook.
    live
        What this page knows of its decks; changed in place.
    search
        What the library is searched for: a controller browses what is found.
    """
    found = built()
    with st.container(key="decks-place"):
        if found is None:
            st.error(_NOT_BUILT)
            return
        browse = [row.track_id for row in studio.tracks(search)[:BROWSED]]
        answer = _component(found.version)(
            key=KEY,
            data=wish(studio, live, browse),
            on_outbox_change=partial(_deal, studio, live),
        )
    # The first run of a session has no callbacks yet: what it was sent is found here.
    if newest(answer.outbox) > live.acked and apply_reports(studio, live, answer.outbox):
        st.rerun()


def _deal(studio: Studio, live: Live) -> None:
    sent = st.session_state.get(KEY) or {}
    apply_reports(studio, live, sent.get("outbox"))
