"""The page of an empty library: it invites, and shows the demo crate being made."""

from __future__ import annotations

import streamlit as st

from app import parts, tasks
from app.jobs import JobState
from app.pages import session, topbar
from app.studio import Studio
from app.words import Said, Tone

_INVITATION = """
<div class="welcome">
  <h1>Drop a folder, or play with the demo crate</h1>
  <p>Segue listens to every track once, and then knows its beats, key, energy and shape.
     Everything stays on this machine.</p>
</div>
"""

_DEMO = """
<h2>The demo crate</h2>
<p>Sixteen tracks in five styles, composed on this machine: house, techno, drum &amp; bass, hip-hop
and trance. Ready in a few minutes.</p>
"""

_OWN = """
<h2>Your own music</h2>
<p>Name a folder, however deep; its files stay where they are. Or drop a small one here.</p>
"""


def show(studio: Studio) -> None:
    """Invite, or show how far the work is that brings the first music."""
    with st.container(key="welcome"):
        st.html(_INVITATION)
        left, right = st.columns(2, gap="small")
        with left, st.container(key="welcome-demo"):
            st.html(_DEMO)
            _demo(studio)
        with right, st.container(key="welcome-folder"):
            st.html(_OWN)
            topbar.add_folder(studio)
            _drop(studio)


def _demo(studio: Studio) -> None:
    job = studio.jobs.latest("demo")
    if job is not None and job.active:

        def progress() -> None:
            topbar.job_line(job, waiting=0, place="welcome")

        st.fragment(progress, run_every=topbar.POLL_SEC)()
        return
    if job is not None and job.state is JobState.FAILED:
        st.html(parts.said(Said(session.sentence(job.error), Tone.BAD), "block"))
    st.button(
        "Play with the demo crate",
        key="welcome-make-demo",
        type="primary",
        disabled=bool(studio.jobs.active()),
        on_click=session.guarded(topbar.start_demo),
        args=(studio,),
    )


def _drop(studio: Studio) -> None:
    st.file_uploader(
        "Drop a folder",
        accept_multiple_files="directory",
        type=tasks.UPLOAD_TYPES,
        key="drop-folder",
        label_visibility="collapsed",
        disabled=bool(studio.jobs.active()),
        on_change=session.guarded(_dropped),
        args=(studio,),
    )


def _dropped(studio: Studio) -> None:
    files = st.session_state["drop-folder"]
    if files:
        job = studio.start_uploads([(file.name, file.getvalue()) for file in files])
        session.wait_for(job.id, None)
