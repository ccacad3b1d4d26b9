"""What could come next on a deck, after the track on the other one, and why."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis.errors import SegueError
from app import parts
from app.deck_state import Deck, other
from app.pages import session
from app.studio import Studio
from app.suggesting import suggestions
from app.words import Said, Tone
from training.errors import NoModel
from training.recommend import Recommendations, Suggestion

# Rows of the strip; what does not fit beneath a deck at 1280×800 is a scroll away.
SHOWN = 8

_LEARNING = "suggestions come as soon as the work above is done"
_NOTHING_LEARNED = "nothing was learned from this library yet"


def show(studio: Studio, deck: Deck) -> None:
    """Draw the strip under a deck."""
    loaded = session.decks()
    playing = loaded.on(other(deck))
    with st.container(key=f"suggestions-{deck}", gap=None):
        letter = other(deck).upper()
        if playing is None:
            st.html(_head(f"Load a track on {letter}, and what fits it stands here."))
            return
        if not studio.instructions.auto_recommend:
            st.html(_head("Suggestions are switched off in instructions.json."))
            return
        try:
            found = suggestions(
                studio,
                playing,
                loaded.on(deck),
                session.live().sound_of(other(deck)),
                session.live().played,
            )
        except NoModel:
            busy = bool(studio.jobs.active())
            st.html(_head(f"Fits {letter}", _LEARNING if busy else _NOTHING_LEARNED))
            _train(studio, deck)
            return
        except SegueError as error:
            st.html(_head(f"Fits {letter}", session.sentence(str(error))))
            _train(studio, deck)
            return
        _title(studio, deck, found)
        for item in found.items[:SHOWN]:
            _row(studio, deck, item)
        if not found.items:
            st.html('<div class="empty">Nothing to suggest yet: add more music.</div>')


def _title(studio: Studio, deck: Deck, found: Recommendations) -> None:
    """Say what is followed and how it sounds now; load the best one by one press."""
    across = other(deck)
    heard = session.live().sound_of(across)
    now = ""
    if heard is not None and heard.bpm is not None:
        now = f" at {heard.bpm:.1f} BPM"
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", key=f"head-{deck}", gap="xsmall"
    ):
        best = next((item for item in found.items if not studio.row(item.track_id).missing), None)
        st.button(
            "Load next",
            key=f"load-next-{deck}",
            help=None if best is None else f"Load {studio.row(best.track_id).name}",
            disabled=best is None or session.live().playing.get(deck, False),
            on_click=session.load,
            args=(deck, None if best is None else best.track_id),
        )
        st.html(_head(f"Fits {across.upper()}{now}", found.summary))


def _train(studio: Studio, deck: Deck) -> None:
    st.button(
        "Learn from my library now",
        key=f"train-{deck}",
        disabled=bool(studio.jobs.active()),
        on_click=session.guarded(_start_training),
        args=(studio,),
    )


def _start_training(studio: Studio) -> None:
    session.wait_for(studio.start_training().id, None)


def _head(text: str, note: str = "") -> str:
    return (
        f'<div class="head"><b>{escape(text)}</b>'
        f'<span title="{escape(note)}">{escape(note)}</span></div>'
    )


def _row(studio: Studio, deck: Deck, item: Suggestion) -> None:
    track_id = item.track_id
    row = studio.row(track_id)
    bpm = "–" if row.bpm.value is None else f"{row.bpm.value:.1f}"
    with st.container(
        horizontal=True,
        wrap=False,
        vertical_alignment="center",
        key=f"next-{deck}-{track_id}",
        gap="xsmall",
    ):
        st.button(
            "Load",
            key=f"take-{deck}-{track_id}",
            help=f"Load {row.name} on deck {deck.upper()}",
            disabled=row.missing,
            on_click=session.load,
            args=(deck, track_id),
        )
        why = " · ".join(item.reasons)
        outside = ""
        if item.widened:
            rules = " and ".join(item.widened)
            outside = parts.said(Said(f"outside the rule on {rules}", Tone.UNSURE)) + " · "
        st.html(
            f'<div class="row"><span class="name">{escape(row.name)}</span>'
            f'<span class="num">{bpm}</span>'
            f"{parts.camelot_chip(row.camelot, dimmed='key' in item.widened)}"
            f'<span class="why" title="{escape(why)}">{outside}{escape(why)}</span></div>'
        )
