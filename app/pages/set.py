"""The page Set: build, reorder, lock, look, render, download."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from pathlib import Path

import streamlit as st

from app import parts, words
from app.jobs import Job, JobState
from app.pages import live, session, topbar
from app.pages.mixer import style_words
from app.set_picture import draw_set
from app.set_tasks import SetChoice, folders, start_build, start_order, start_render
from app.studio import Studio
from app.words import Said, Tone
from mixing.plan import Plan
from mixing.sets.arcs import ARCS
from mixing.sets.set_plan import SetPlan
from mixing.sets.wishes import Wishes
from mixing.styles import style_names

PLAN, LOCKS, PINS, SEED = "set-plan", "set-locks", "set-pins", "set-seed"
FORMATS = ("wav", "flac", "mp3")
DEFAULT_MINUTES = 60


def show(studio: Studio) -> None:
    """Draw the page."""
    _take_in(studio)
    with st.container(key="set-page", gap="small"):
        job = studio.jobs.latest("set-plan")
        building = job is not None and job.active
        with st.container(
            key="set-bar", horizontal=True, wrap=False, vertical_alignment="bottom", gap="small"
        ):
            _controls(studio, building)
        plan: SetPlan | None = st.session_state.get(PLAN)
        if job is not None and job.active:
            _progress(job)
        elif job is not None and job.state is JobState.FAILED and job.id == _asked():
            st.html(parts.said(Said(session.sentence(job.error), Tone.BAD), "block"))
        if plan is None:
            st.html(
                '<div class="empty">Say how long and which arc, press <b>Build the set</b>, and '
                "its tracks stand here with the way from each to the next.</div>"
            )
            return
        rendering = _render_job(studio, plan)
        # Once it is rendered, what is shown is what was measured.
        heard = plan
        if rendering is not None and rendering.state is JobState.DONE:
            heard = rendering.result
        left, right = st.columns([46, 54], gap="small", wrap=False)
        with left, st.container(key="set-list", gap=None):
            _tracks(studio, heard, building)
        with right, st.container(key="set-side"):
            st.plotly_chart(draw_set(heard, 430), key="set-picture", config={"displaylogo": False})
            _rendering(studio, plan, rendering, building)


def _asked() -> str | None:
    return st.session_state.get("set-asked")


def _take_in(studio: Studio) -> None:
    """Show the set that a finished job of this page has planned."""
    asked = _asked()
    job = studio.jobs.get(asked) if asked else None
    if st.session_state.get("set-shown") == asked:
        return
    if job is not None and job.state is JobState.DONE:
        st.session_state[PLAN] = job.result
        st.session_state["set-shown"] = asked
        _forget_broken_locks(job.result)


def _forget_broken_locks(plan: SetPlan) -> None:
    """Keep the locks whose tracks still stand together."""
    ids = [track.track_id for track in plan.tracks]
    pairs = set(pairwise(ids))
    st.session_state[LOCKS] = st.session_state.get(LOCKS, set()) & pairs
    ends = {"first": ids[0], "last": ids[-1]}
    pins = st.session_state.get(PINS, {})
    st.session_state[PINS] = {end: name for end, name in pins.items() if ends[end] == name}


# -- controls ----------------------------------------------------------------------------------


def _controls(studio: Studio, building: bool) -> None:
    st.selectbox("From", folders(studio), key="set-folder", width=220)
    st.number_input("Minutes", 5, 600, DEFAULT_MINUTES, 5, key="set-minutes", width=110)
    st.segmented_control(
        "Energy",
        list(ARCS),
        default="journey",
        key="set-arc",
        required=True,
        format_func=str.capitalize,
    )
    st.selectbox("Transitions", style_names(), key="set-style", format_func=style_words, width=170)
    plan = st.session_state.get(PLAN)
    st.button(
        "Build the set" if plan is None else "Build again",
        key="set-build",
        type="primary",
        disabled=building,
        on_click=session.guarded(_build),
        args=(studio, 0),
    )
    if plan is not None:
        st.button(
            "Another one",
            key="set-another",
            disabled=building,
            on_click=session.guarded(_build),
            args=(studio, 1),
            help="Search anew; what is locked stays",
        )


def _build(studio: Studio, seed_step: int) -> None:
    state = st.session_state
    state[SEED] = state.get(SEED, 0) + seed_step
    pins = state.get(PINS, {})
    wishes = Wishes(pins.get("first"), pins.get("last"), tuple(sorted(state.get(LOCKS, set()))))
    choice = SetChoice(
        folder=state["set-folder"],
        minutes=float(state["set-minutes"]),
        arc=state["set-arc"],
        style=state["set-style"],
        wishes=wishes,
        seed=state[SEED],
    )
    state["set-asked"] = start_build(studio, choice).id


def _progress(job: Job) -> None:
    def light() -> None:
        if job.active:
            topbar.job_line(job, waiting=0, place=f"set-{job.kind}")
        else:
            st.rerun()

    st.fragment(light, run_every=topbar.POLL_SEC)()


# -- the list ----------------------------------------------------------------------------------


def _tracks(studio: Studio, plan: SetPlan, building: bool) -> None:
    minutes = plan.duration_sec / 60
    st.html(
        f'<div class="set-head"><b class="num">{len(plan.tracks)} tracks · {minutes:.0f} min</b> '
        f'<span class="said">· {escape(plan.arc)}: {escape(ARCS[plan.arc].says)}</span></div>'
    )
    locks: set[tuple[str, str]] = st.session_state.get(LOCKS, set())
    pins: dict[str, str] = st.session_state.get(PINS, {})
    last = len(plan.tracks) - 1
    for place, track in enumerate(plan.tracks):
        with st.container(
            key=f"set-row-{place}", horizontal=True, wrap=False, vertical_alignment="center",
            gap="xsmall",
        ):  # fmt: skip
            energy = "" if track.energy is None else f"E {track.energy:.1f}"
            bpm = "–" if track.bpm is None else f"{track.bpm:.1f}"
            st.html(
                f'<div class="set-row {"ab"[place % 2]}"><span class="num">{place + 1}</span>'
                f'<span class="num">{words.clock(track.enters_sec)}</span>'
                f'<span class="name" title="{escape(track.name)}">{escape(track.name)}</span>'
                f'<span class="num">{bpm}</span>{parts.camelot_chip(track.camelot)}'
                f'<span class="num">{energy}</span></div>'
            )
            for step, sign, hint in ((-1, "↑", "Earlier"), (1, "↓", "Later")):
                st.button(
                    sign,
                    key=f"set-move-{step}-{place}",
                    type="tertiary",
                    disabled=building or not 0 <= place + step <= last,
                    on_click=session.guarded(_move),
                    args=(studio, plan, place, step),
                    help=hint,
                )
            end = {0: "first", last: "last"}.get(place)
            if end is not None:
                pinned = pins.get(end) == track.track_id
                st.button(
                    "● pinned" if pinned else "○ pin",
                    key=f"set-pin-{end}",
                    type="tertiary",
                    on_click=_pin,
                    args=(end, track.track_id),
                    help=f"Keep it {end} when the set is built again",
                )
        if place < last:
            pair = (track.track_id, plan.tracks[place + 1].track_id)
            with st.container(
                key=f"set-way-{place}", horizontal=True, wrap=False,
                vertical_alignment="center", gap="xsmall",
            ):  # fmt: skip
                st.html(parts.said(way_words(plan.transitions[place])))
                st.button(
                    "● locked" if pair in locks else "○ lock",
                    key=f"set-lock-{place}",
                    type="tertiary",
                    on_click=_lock,
                    args=(pair,),
                    help="Keep these two together when the set is built again",
                )


def way_words(meeting: Plan) -> Said:
    """Return how one track goes over into the next, in a few words with a tone."""
    bars = f"{meeting.bars} bar{'' if meeting.bars == 1 else 's'}"
    text = f"{style_words(meeting.style)}, {bars}"
    if meeting.beat_matched and abs(meeting.stretch_ratio - 1) >= 5e-4:
        text += f", tempo {words.signed(100 * (meeting.stretch_ratio - 1))} %"
    measured = meeting.measured
    if measured is not None and measured.kick_async_p95_ms is not None:
        said = words.kicks(measured.kick_async_p95_ms)
        return Said(f"{text} · {said.text}", said.tone)
    if meeting.warnings:
        return Said(f"{text} · {meeting.warnings[0]}", Tone.UNSURE)
    return Said(text)


def _move(studio: Studio, plan: SetPlan, place: int, step: int) -> None:
    ids = [track.track_id for track in plan.tracks]
    ids[place], ids[place + step] = ids[place + step], ids[place]
    st.session_state["set-asked"] = start_order(studio, plan, ids).id


def _pin(end: str, track_id: str) -> None:
    pins = dict(st.session_state.get(PINS, {}))
    if pins.pop(end, None) is None:
        pins[end] = track_id
    st.session_state[PINS] = pins


def _lock(pair: tuple[str, str]) -> None:
    st.session_state[LOCKS] = st.session_state.get(LOCKS, set()) ^ {pair}


# -- rendering ---------------------------------------------------------------------------------


def _render_job(studio: Studio, plan: SetPlan) -> Job | None:
    """Return the newest rendering if it is of this plan in the format chosen."""
    job = studio.jobs.latest("set")
    chosen = st.session_state.get("set-format", FORMATS[0])
    about = {"plan": plan.to_json(), "format": chosen}
    return job if job is not None and job.about == about else None


def _rendering(studio: Studio, plan: SetPlan, mine: Job | None, building: bool) -> None:
    for line in plan.warnings[:3]:
        st.html(parts.said(Said(line, Tone.UNSURE), "block"))
    job = studio.jobs.latest("set")
    if job is not None and job.active:
        _progress(job)
        return
    with st.container(
        key="set-render", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
    ):
        st.segmented_control(
            "File",
            FORMATS,
            default=FORMATS[0],
            key="set-format",
            required=True,
            format_func=str.upper,
            label_visibility="collapsed",
        )
        resumed = mine is not None and mine.state in (JobState.CANCELLED, JobState.FAILED)
        st.button(
            "Go on rendering" if resumed else "Render the set",
            key="set-render-button",
            type="primary",
            disabled=building,
            on_click=session.guarded(_start_render),
            args=(studio, plan),
        )
        live.play_button(studio, plan)
    if mine is None:
        return
    if mine.state is JobState.DONE:
        _result(mine)
    elif mine.state is JobState.FAILED:
        st.html(parts.said(Said(session.sentence(mine.error), Tone.BAD), "block"))
    elif mine.state is JobState.CANCELLED:
        st.html('<span class="said">Stopped. What was finished is kept.</span>')


def _start_render(studio: Studio, plan: SetPlan) -> None:
    start_render(studio, plan, st.session_state["set-format"])


def _result(job: Job) -> None:
    done: SetPlan = job.result
    assert done.rendered is not None
    path = Path(done.rendered.path)
    st.html(
        f'<a class="set-download" href="/dj/mix/{escape(job.id)}" download="{escape(path.name)}">'
        f"Download {escape(path.name)}</a>"
    )
    st.html(
        f"{parts.said(words.true_peak(done.rendered.true_peak_dbtp))} "
        '<span class="said">· tracklist, CUE sheet, playlist and plans lie beside it in '
        f"{escape(str(path.parent))}</span>"
    )
