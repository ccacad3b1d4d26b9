"""The bar above everything: the name, the search, what is being worked on, the clock."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from app import components, parts, theme
from app.deck_state import DECKS, Deck, other
from app.jobs import Job
from app.pages import session
from app.studio import Studio
from app.words import percent, time_left
from library.buckets import show_buckets
from library.tracks import TrackRow

# How often a page asks how far a job is: quick enough to look alive, rare enough to cost nothing.
POLL_SEC = 0.7
DECKS_PAGE, SET, BUCKETS = "Decks", "Set", "Buckets"
"""The pages."""
# Rows of the search's answer; more would cover the decks.
SHOWN_RESULTS = 8


def show(studio: Studio) -> tuple[str, str]:
    """Draw the bar, and the search's answer beneath it while something is searched.

    Returns
    -------
    page, search
        The page chosen, `DECKS_PAGE`, `SET` or `BUCKETS`, and what is searched for.
    """
    page, search = DECKS_PAGE, ""
    with st.container(key="topbar", horizontal=True, wrap=False, vertical_alignment="center"):
        st.html(
            f'<div class="brand"><img src="{theme.asset_url("icon.svg")}" alt="">Segue</div>',
            width="content",
        )
        if studio.has_music():
            page = st.segmented_control(
                "Page",
                [DECKS_PAGE, SET, BUCKETS],
                default=DECKS_PAGE,
                key=session.key("page"),
                required=True,
                label_visibility="collapsed",
                width="content",
            )
            search = st.text_input(
                "Search the library",
                key=session.key("search"),
                type="search",
                placeholder=f"Search {studio.count()} tracks by name, artist or folder",
                label_visibility="collapsed",
                live=True,
                width=320,
            )
        with st.container(key="job-light", width="stretch"):
            _job_light(studio)
        if studio.has_music():
            with st.popover("Add music", width="content", key="add-music"):
                add_music(studio)
        components.clock()
    # Always here, if empty: what follows must keep its number among the page's parts, or the
    # browser would make it anew, and the decks with it.
    with st.container(key="results", gap=None):
        if search:
            _results(studio, search)
    return page, search


def add_music(studio: Studio) -> None:
    """Offer to analyse a folder, or to make the demo crate."""
    add_folder(studio)
    if not studio.has_demo():
        st.button(
            "Add the demo crate",
            key="add-demo",
            disabled=bool(studio.jobs.active()),
            on_click=session.guarded(start_demo),
            args=(studio,),
        )


def add_folder(studio: Studio) -> None:
    """Offer to analyse a folder of the DJ's; first the one where most people's music is."""
    usual = Path.home() / "Music"
    st.text_input(
        "My music folder",
        str(usual) if usual.is_dir() else "",
        key="folder",
        placeholder=f"such as {usual}",
        width=360,
    )
    st.button(
        "Analyse this folder",
        key="add-folder",
        disabled=bool(studio.jobs.active()),
        on_click=session.guarded(_start_folder),
        args=(studio,),
    )


def start_demo(studio: Studio) -> None:
    """Start making the demo crate."""
    session.wait_for(studio.start_demo().id, None)


def _start_folder(studio: Studio) -> None:
    # read here: what was typed arrives together with the press of the button
    session.wait_for(studio.start_folder(st.session_state["folder"]).id, None)


# -- jobs ------------------------------------------------------------------------------------------


def _job_light(studio: Studio) -> None:
    busy = bool(studio.jobs.active())

    def light() -> None:
        jobs = studio.jobs.active()
        if busy and not jobs:
            st.rerun()  # the work ended: the whole page may have changed
        if not jobs:
            st.html('<div class="light idle">Ready</div>')
            return
        job_line(jobs[0], waiting=len(jobs) - 1, place="bar")

    # a page only asks again while there is something to ask about
    st.fragment(light, run_every=POLL_SEC if busy else None)()


def job_line(job: Job, *, waiting: int, place: str) -> None:
    """Show what a job does, how far it is, how long it takes, and a way out.

    Parameters
    ----------
    job
        The job.
    waiting
        How many more wait behind it.
    place
        Where on the page this stands; one job may be shown in several places.
    """
    share = f"{100 * job.fraction:.0f}" if job.fraction is not None else "0"
    known = percent(job.fraction) if job.fraction is not None else ""
    facts = [job.detail, known, time_left(job.remaining_sec)]
    if waiting:
        facts.append(f"{waiting} more waiting")
    said = " · ".join(escape(fact) for fact in facts if fact)
    with st.container(
        key=f"job-{place}", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
    ):
        st.html(
            f'<div class="light busy" role="status"><b>{escape(job.title)}</b> '
            f'<span>{said}</span><div class="rail"><div style="width:{share}%"></div></div></div>'
        )
        st.button(
            "Stopping …" if job.cancelling else "Cancel",
            key=f"cancel-{place}-{job.id}",
            disabled=job.cancelling,
            on_click=job.cancel,
        )


# -- search ----------------------------------------------------------------------------------------


def _results(studio: Studio, search: str) -> None:
    rows = studio.tracks(search)
    if not rows:
        st.html(
            '<div class="empty">Nothing in the library matches. '
            "Try a part of the title, the artist or the folder.</div>"
        )
    for row in rows[:SHOWN_RESULTS]:
        _result(row)
    if len(rows) > SHOWN_RESULTS:
        st.html(f'<div class="more">{len(rows) - SHOWN_RESULTS} more; type on</div>')


def _result(row: TrackRow) -> None:
    loaded = session.decks()
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", key=f"found-{row.track_id}"
    ):
        bpm = "–" if row.bpm.value is None else f"{row.bpm.value:.1f}"
        st.html(
            f'<div class="row"><span class="name">{escape(row.name)}</span>'
            f'<span class="num">{bpm}</span>{parts.camelot_chip(row.camelot)}'
            f'<span class="where">{escape(show_buckets(row.bucket.values))}</span></div>'
        )
        for deck in DECKS:
            st.button(
                f"Load {deck.upper()}",
                key=f"found-{deck}-{row.track_id}",
                disabled=row.track_id == loaded.on(other(deck)) or row.missing,
                on_click=_load_result,
                args=(deck, row.track_id),
            )


def _load_result(deck: Deck, track_id: str) -> None:
    session.load(deck, track_id)
    session.renew("search", "")
