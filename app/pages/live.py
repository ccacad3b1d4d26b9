"""A planned set sent to the live decks, which play it by themselves until the DJ takes over."""

from __future__ import annotations

import uuid

import streamlit as st

from app.decks import automix
from app.pages import session, topbar
from app.studio import Studio
from mixing.sets.set_plan import SetPlan


def play_button(studio: Studio, plan: SetPlan) -> None:
    """Offer to play a set live."""
    st.button(
        "Play live",
        key="set-live",
        help="The decks play it by its plans; touch a control, and it is yours",
        disabled=len(plan.tracks) < 2,
        on_click=session.guarded(_send),
        args=(studio, plan),
    )


def _send(studio: Studio, plan: SetPlan) -> None:
    session.live().automix = automix.wish_of(studio, plan, lambda: uuid.uuid4().hex[:8])
    session.renew("page", topbar.DECKS_PAGE)
