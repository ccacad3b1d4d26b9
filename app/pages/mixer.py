"""The mixer: how one deck goes over into the other, why, rendered, heard and measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from analysis.errors import SegueError
from app import components, parts, words
from app.deck_state import Deck, other
from app.jobs import Job, JobState
from app.pages import session, topbar
from app.studio import Studio
from app.tasks import AUTO_BARS, FORMATS, MixChoice
from app.words import Said, Tone
from library.instructions import Instructions
from mixing.plan import Measured, Plan
from mixing.styles import BARS, EFFECTS, style_names

_EFFECT_WORDS = {"echo_tail": "Echo tail", "filter_drop": "Filter drop"}


@dataclass(frozen=True)
class Planned:
    """The transition as the mixer's controls stand.

    Parameters
    ----------
    first
        The deck that goes out.
    choice
        What the controls say; None while a deck is empty.
    plan
        The plan, None where there is none.
    problem
        Why there is none, one sentence; '' where there is a plan or nothing to plan.
    """

    first: Deck
    choice: MixChoice | None = None
    plan: Plan | None = None
    problem: str = ""


def _defaults(studio: Studio) -> None:
    """Set the controls from the DJ's defaults when a page opens."""
    asked = studio.instructions
    state = st.session_state
    state.setdefault("mix-first", "a")
    state.setdefault("mix-style", asked.mix_style)
    state.setdefault("mix-effects", list(asked.effects))
    state.setdefault("mix-format", FORMATS[0])
    if "mix-bars" not in state:
        state["mix-bars"] = AUTO_BARS
        track = session.decks().a
        own_default = Instructions.model_fields["crossfade_ms"].default
        if track is not None and asked.crossfade_ms != own_default:
            bpm = studio.report(track).grid.bpm
            state["mix-bars"] = bars_of(asked.crossfade_ms, bpm)


def bars_of(crossfade_ms: float, bpm: float | None) -> str:
    """Return the choice of length nearest to a crossfade in milliseconds at a tempo."""
    if not bpm or crossfade_ms <= 0:
        return AUTO_BARS
    bars = crossfade_ms / 1000 * bpm / 60 / 4
    return str(min(BARS, key=lambda length: abs(length - bars)))


def planned(studio: Studio) -> Planned:
    """Return the transition that the controls, as they stand before this run, ask for."""
    _defaults(studio)
    state, loaded = st.session_state, session.decks()
    first: Deck = state["mix-first"]
    out, into = loaded.on(first), loaded.on(other(first))
    if out is None or into is None:
        return Planned(first)
    choice = MixChoice(
        first=out,
        second=into,
        style=state["mix-style"],
        bars=state["mix-bars"],
        effects=tuple(state["mix-effects"]),
        file_format=state["mix-format"],
    )
    try:
        return Planned(first, choice, studio.plan(choice))
    except SegueError as error:
        return Planned(first, choice, problem=session.sentence(str(error)))


def show(studio: Studio, now: Planned) -> None:
    """Draw the mixer."""
    with st.container(key="mixer"):
        _controls()
        if now.choice is None:
            st.html('<div class="empty">Load both decks, and the way across stands here.</div>')
            return
        job = _render_job(studio, now.choice)
        with st.container(key="render"):
            _render(studio, now, job)
        with st.container(key="outcome"):
            if now.problem:
                st.html(parts.said(Said(now.problem, Tone.BAD), "block"))
            if job is not None and job.state is JobState.DONE:
                _result(job, now)
            elif now.plan is not None:
                _plan(now.plan, now.first)


# -- controls --------------------------------------------------------------------------------------


def _controls() -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Direction",
            ["a", "b"],
            format_func=lambda deck: f"{deck.upper()} → {other(deck).upper()}",
            key="mix-first",
            required=True,
            label_visibility="collapsed",
        )
        st.selectbox(
            "Style",
            style_names(),
            key="mix-style",
            format_func=style_words,
            label_visibility="collapsed",
        )
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key="lengths"
    ):
        st.html('<span class="field">Bars</span>', width="content")
        st.segmented_control(
            "Bars",
            [AUTO_BARS, "4", "8", "16", "32"],
            key="mix-bars",
            required=True,
            label_visibility="collapsed",
        )
        st.segmented_control(
            "File",
            FORMATS,
            key="mix-format",
            required=True,
            format_func=str.upper,
            label_visibility="collapsed",
        )
    st.pills(
        "Effects",
        list(EFFECTS.names),
        selection_mode="multi",
        key="mix-effects",
        format_func=lambda name: _EFFECT_WORDS.get(name, style_words(name)),
        label_visibility="collapsed",
    )


def style_words(name: str) -> str:
    """Return a style's name as words: ``bass_swap`` → 'Bass swap'."""
    if name == "auto":
        return "Style: auto"
    return name.replace("_", " ").capitalize().replace("Eq ", "EQ ")


# -- rendering -------------------------------------------------------------------------------------


def _render_job(studio: Studio, choice: MixChoice) -> Job | None:
    job = studio.jobs.latest("render")
    return job if job is not None and job.about.get("choice") == choice else None


def _render(studio: Studio, now: Planned, job: Job | None) -> None:
    if job is not None and job.active:

        def progress() -> None:
            if job.active:
                topbar.job_line(job, waiting=0, place="mixer")
            else:
                st.rerun()

        st.fragment(progress, run_every=topbar.POLL_SEC)()
        return
    again = job is not None and job.state is JobState.DONE
    st.button(
        "Render again" if again else "Render the transition",
        key="render-button",
        type="secondary" if again else "primary",
        disabled=now.plan is None,
        width="stretch",
        on_click=session.guarded(_start),
        args=(studio, now.choice),
    )


def _start(studio: Studio, choice: MixChoice) -> None:
    session.wait_for(studio.start_render(choice).id, None)


# -- the plan and what became of it ----------------------------------------------------------------


def _plan(plan: Plan, first: Deck) -> None:
    lines = [
        *(("warn", line) for line in plan.warnings),
        *(("step", line) for line in plan.steps),
        *(("why", line) for line in plan.reasons),
    ]
    items = "".join(f'<li class="{kind}">{escape(named(line, first))}</li>' for kind, line in lines)
    st.html(f'<div class="plan {first}"><b>{escape(_headline(plan))}</b><ul>{items}</ul></div>')


def _headline(plan: Plan) -> str:
    bars = f"{plan.bars} bar{'' if plan.bars == 1 else 's'}"
    facts = [style_words(plan.style), bars]
    if plan.beat_matched and plan.stretch_ratio != 1:
        facts.append(f"tempo {words.signed(100 * (plan.stretch_ratio - 1))} %")
    return " · ".join(facts)


def named(line: str, first: Deck) -> str:
    """Return a planner's line with the decks' letters: its A is what goes out, whatever deck."""
    if first == "a":
        return line
    return _LETTER.sub(lambda found: {"A": "B", "B": "A"}[found[0]], line)


# A letter of its own, but not the name of a key.
_LETTER = re.compile(r"\b[AB]\b(?! (?:minor|major))")


def measured_words(measured: Measured) -> list[Said]:
    """Return what was measured on the rendered file in words, then what could not be, with why."""
    said = [
        say(value)
        for value, say in (
            (measured.kick_async_p95_ms, words.kicks),
            (measured.drift_ms, words.drift),
            (measured.loudness_step_lu, words.loudness_step),
            (measured.bass_overlap_sec, words.bass_overlap),
            (measured.true_peak_dbtp, words.true_peak),
        )
        if value is not None
    ]
    unmeasured: dict[str, list[str]] = {}
    for name, why in measured.why_null.items():
        unmeasured.setdefault(why, []).append(_NAMES.get(name, name))
    said += [Said(f"Not measured ({', '.join(names)}): {why}") for why, names in unmeasured.items()]
    return said


_NAMES = {
    "kick_async_p95_ms": "kicks",
    "drift_ms": "drift",
    "loudness_step_lu": "loudness step",
    "bass_overlap_sec": "two basslines",
    "true_peak_dbtp": "true peak",
}


def _result(job: Job, now: Planned) -> None:
    plan: Plan = job.result
    rendered = plan.rendered
    if rendered is None or plan.measured is None:
        return
    length = rendered.duration_sec
    path = Path(rendered.path)
    components.preview(
        {
            "job": job.id,
            "url": f"/dj/mix/{job.id}",
            "duration_sec": length,
            "overlap": [plan.transition_start_sec, plan.transition_end_sec],
            "direction": "ab" if now.first == "a" else "ba",
            "format": path.suffix.lstrip(".").upper(),
            "file_name": path.name,
        }
    )
    lines = "".join(f"<li>{parts.said(line)}</li>" for line in measured_words(plan.measured))
    st.html(f'<div class="measured"><b>As measured on the file</b><ul>{lines}</ul></div>')
    _plan(plan, now.first)
