"""The mixer: how one deck goes over into the other, why, rendered, heard and measured."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.errors import SegueError
from app import components, parts, previews, words
from app.deck_state import Deck, other
from app.hand import Hand
from app.jobs import Job, JobState
from app.pages import session, topbar
from app.studio import Studio
from app.tasks import AUTO_BARS, FORMATS, MixChoice
from app.transition_view import doubts
from app.words import Said, Tone
from library.instructions import Instructions
from mixing.measure import say_harmony, say_voices
from mixing.plan import Measured, Plan
from mixing.styles import AUTO, BARS, EFFECTS, style_names

_EFFECT_WORDS = {"echo_tail": "Echo tail", "filter_drop": "Filter drop"}


@dataclass(frozen=True)
class Planned:
    """The transition as the mixer's controls stand.

    Parameters
    ----------
    first
        The deck that goes out.
    choice
        What the controls and the DJ's hand say; None while a deck is empty.
    asked
        What the controls alone say.
    plan
        The plan, None where there is none.
    problem
        Why there is none, one sentence; '' where there is a plan or nothing to plan.
    """

    first: Deck
    choice: MixChoice | None = None
    plan: Plan | None = None
    problem: str = ""
    asked: MixChoice | None = None


def _defaults(studio: Studio) -> None:
    """Set the controls from the DJ's defaults when a page opens.

    None counts as not set: the browser says it of a control whose value it never heard, where
    the run that set it was cut short.
    """
    asked = studio.instructions
    state = st.session_state
    defaults = {
        "mix-first": "a",
        "mix-style": asked.mix_style,
        "mix-effects": list(asked.effects),
        "mix-format": FORMATS[0],
        "mix-bars": AUTO_BARS,
    }
    missing = [name for name in defaults if state.get(name) is None]
    state.update({name: defaults[name] for name in missing})
    track = session.decks().a
    own_default = Instructions.model_fields["crossfade_ms"].default
    if "mix-bars" in missing and track is not None and asked.crossfade_ms != own_default:
        state["mix-bars"] = bars_of(asked.crossfade_ms, studio.report(track).grid.bpm)


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
    asked = MixChoice(
        first=out,
        second=into,
        style=state["mix-style"],
        bars=state["mix-bars"],
        effects=tuple(state["mix-effects"]),
        file_format=state["mix-format"],
    )
    choice = hand(asked).applied(asked)
    try:
        plan = hand(asked).moved(studio.plan(choice))
        return Planned(first, choice, plan, asked=asked)
    except SegueError as error:
        return Planned(first, choice, problem=session.sentence(str(error)), asked=asked)


# -- what was decided by hand ----------------------------------------------------------------------

_HAND = "mix-hand"
_EDITING = "mix-editing"


def hand(choice: MixChoice) -> Hand:
    """Return what the DJ has decided about this way across, nothing unless it was about it."""
    pair, decided = st.session_state.get(_HAND, (None, Hand()))
    return decided if pair == (choice.first, choice.second) else Hand()


def decide(choice: MixChoice, decided: Hand) -> None:
    """Keep what the DJ has decided; another pair or direction is another matter."""
    st.session_state[_HAND] = ((choice.first, choice.second), decided)


def is_automatic(asked: MixChoice) -> bool:
    """Return whether points, style and length are all the planner's."""
    return hand(asked) == Hand() and asked.style == AUTO and asked.bars == AUTO_BARS


def automatic() -> None:
    """Leave points, style and length to the planner again."""
    st.session_state.pop(_HAND, None)
    st.session_state["mix-style"] = AUTO
    st.session_state["mix-bars"] = AUTO_BARS


def _control_moved(part: str, field: str) -> None:
    """Take in what the DJ chose, which counts again where a picked candidate stood in for it."""
    chosen = session.news(field)
    if chosen in (None, st.session_state[f"mix-{part}"]):
        return
    st.session_state[f"mix-{part}"] = chosen
    pair, decided = st.session_state.get(_HAND, (None, Hand()))
    st.session_state[_HAND] = (pair, replace(decided, **{part: None}))


def editing() -> bool:
    """Return whether the transition editor is open."""
    return bool(st.session_state.get(_EDITING))


def _toggle_editor() -> None:
    st.session_state[_EDITING] = not editing()


def show(studio: Studio, now: Planned) -> None:
    """Draw the mixer."""
    with st.container(key="mixer"):
        _controls()
        if now.choice is None:
            st.html('<div class="empty">Load both decks, and the way across stands here.</div>')
            return
        job = None
        if now.plan is not None:
            job = previews.find(studio, now.choice, plan=now.plan)
        with st.container(
            key="render", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
        ):
            _render(studio, now, job)
            _edit_button(now)
        with st.container(key="outcome"):
            if now.problem:
                st.html(parts.said(Said(now.problem, Tone.BAD), "block"))
            elif now.plan is not None:
                _doubts(now.plan, now.choice, now.first)
                if not editing():
                    _outcome(job, now.plan, now.first)


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
        style = session.field("mix-style", st.session_state["mix-style"])
        st.selectbox(
            "Style",
            style_names(),
            key=style,
            format_func=style_words,
            label_visibility="collapsed",
            on_change=_control_moved,
            args=("style", style),
        )
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key="lengths"
    ):
        st.html('<span class="field">Bars</span>', width="content")
        bars = session.field("mix-bars", st.session_state["mix-bars"])
        st.segmented_control(
            "Bars",
            [AUTO_BARS, "4", "8", "16", "32"],
            key=bars,
            required=True,
            label_visibility="collapsed",
            on_change=_control_moved,
            args=("bars", bars),
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


def _render(studio: Studio, now: Planned, job: Job | None) -> None:
    if job is not None and job.active:

        def progress() -> None:
            if job.active:
                topbar.job_line(job, waiting=0, place="mixer")
            else:
                st.rerun()

        st.fragment(progress, run_every=topbar.POLL_SEC)()
        return
    rendered = job is not None
    st.button(
        "Rendered" if rendered else "Render the transition",
        key="render-button",
        type="secondary" if rendered else "primary",
        disabled=now.plan is None or rendered,
        help="Nothing has changed since" if rendered else None,
        width="stretch",
        on_click=session.guarded(_start),
        args=(studio, now.choice, now.plan),
    )


def _start(studio: Studio, choice: MixChoice, plan: Plan) -> None:
    session.wait_for(previews.start(studio, choice, plan=plan).id, None)


def _edit_button(now: Planned) -> None:
    by_hand = now.asked is not None and hand(now.asked) != Hand()
    st.button(
        "Close" if editing() else ("Edited" if by_hand else "Edit"),
        key="edit-button",
        help="Close the editor" if editing() else "See both tracks on one beat, choose and nudge",
        width="content",
        on_click=_toggle_editor,
    )


# -- the plan and what became of it ----------------------------------------------------------------


def _doubts(plan: Plan, choice: MixChoice, first: Deck) -> None:
    lines = [replace(each, text=named(each.text, first)) for each in doubts(plan, choice)]
    if lines:
        st.html("".join(f"<div>{parts.said(line)}</div>" for line in lines))


def _outcome(job: Job | None, plan: Plan, first: Deck) -> None:
    if job is not None and job.state is JobState.DONE:
        components.preview(preview_data(job, first))
        measured_list(job.result)
    _plan(plan, first)


def _plan(plan: Plan, first: Deck) -> None:
    lines = [
        *(("step", line) for line in plan.steps),
        *(("why", line) for line in plan.reasons),
    ]
    items = "".join(f'<li class="{kind}">{escape(named(line, first))}</li>' for kind, line in lines)
    st.html(f'<div class="plan {first}"><b>{escape(headline(plan))}</b><ul>{items}</ul></div>')


def headline(plan: Plan) -> str:
    """Return style, length and tempo of a plan: 'Bass swap · 16 bars · tempo +1.8 %'."""
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
            (measured.vocal_overlap_sec, lambda sec: _as_said(say_voices(sec))),
            (measured.harmonic_clash, lambda clash: _as_said(say_harmony(clash))),
            (measured.true_peak_dbtp, words.true_peak),
        )
        if value is not None
    ]
    unmeasured: dict[str, list[str]] = {}
    for name, why in measured.why_null.items():
        unmeasured.setdefault(why, []).append(_NAMES.get(name, name))
    said += [Said(f"Not measured ({', '.join(names)}): {why}") for why, names in unmeasured.items()]
    return said


def _as_said(words_and_level: tuple[str, str]) -> Said:
    text, level = words_and_level
    return Said(text, {"good": Tone.GOOD, "unsure": Tone.UNSURE}.get(level, Tone.BAD))


_NAMES = {
    "kick_async_p95_ms": "kicks",
    "drift_ms": "drift",
    "loudness_step_lu": "loudness step",
    "bass_overlap_sec": "two basslines",
    "vocal_overlap_sec": "voices",
    "harmonic_clash": "harmony",
    "true_peak_dbtp": "true peak",
}


def preview_data(job: Job, first: Deck) -> dict[str, Any]:
    """Return what the player needs to know of a rendered transition."""
    plan: Plan = job.result
    assert plan.rendered is not None
    path = Path(plan.rendered.path)
    return {
        "job": job.id,
        "url": f"/dj/mix/{job.id}",
        "duration_sec": plan.rendered.duration_sec,
        "overlap": [plan.transition_start_sec, plan.transition_end_sec],
        "offset_sec": plan.rendered.clock_offset_sec,
        "direction": "ab" if first == "a" else "ba",
        "format": path.suffix.lstrip(".").upper(),
        "file_name": path.name,
    }


def measured_list(plan: Plan) -> None:
    """Show what was measured on a rendered transition."""
    if plan.measured is None:
        return
    lines = "".join(f"<li>{parts.said(line)}</li>" for line in measured_words(plan.measured))
    st.html(f'<div class="measured"><b>As measured on the file</b><ul>{lines}</ul></div>')
