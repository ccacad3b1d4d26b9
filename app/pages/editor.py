"""The transition editor: both tracks on one beat, every way across, nudges, and the comparison."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.errors import SegueError
from app import components, hand, parts, previews
from app import transition_view as view
from app.deck_state import Deck, other
from app.jobs import Job, JobState
from app.pages import mixer, session, topbar
from app.pages.mixer import Planned
from app.studio import Studio
from app.tasks import MixChoice
from app.transition_view import Way
from app.words import Said
from mixing.curves import bass_swap_bar
from mixing.facts import TrackFacts
from mixing.plan import MixPoint, Plan, Side

SHOWN_WAYS = 24
"""Candidates listed at first; hundreds are considered, and few but the best are ever wanted."""

_MARKDOWN = re.compile(r"([\\`*_\[\]<>$#~:|])")


def show(studio: Studio, now: Planned) -> None:
    """Draw the editor of the transition between the two loaded tracks."""
    choice, asked = now.choice, now.asked
    if choice is None or asked is None:
        return
    facts = {
        "a": TrackFacts(studio.report(choice.first)),
        "b": TrackFacts(studio.report(choice.second)),
    }
    with st.container(key="editor"):
        left, right = st.columns([64, 36], gap="small", wrap=False)
        with left, st.container(key="editor-way"):
            if now.plan is None:
                st.html(
                    '<div class="empty">There is no transition at these points. '
                    "Take another way, or go back to automatic.</div>"
                )
            else:
                _points(now, now.plan, asked, facts)
                _picture(studio, now, now.plan, facts)
                _hear(studio, now)
        with right, st.container(key="editor-ways", gap=None):
            _ways(studio, now, asked, facts)


# -- the two points --------------------------------------------------------------------------------


def _points(now: Planned, plan: Plan, asked: MixChoice, facts: dict[str, TrackFacts]) -> None:
    with _row("nudges"):
        out, into = _deck(now.first, "a"), _deck(now.first, "b")
        _point(out, "Mix-out", plan.mix_out, facts["a"], (asked, plan, "a"))
        _point(into, "Mix-in", plan.mix_in, facts["b"], (asked, plan, "b"))
        _bass(now, plan, asked)


def _row(key: str, width: Literal["stretch", "content"] = "stretch") -> DeltaGenerator:
    return st.container(
        key=key, width=width, horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall"
    )


def _point(
    deck: Deck, name: str, point: MixPoint, track: TrackFacts, about: tuple[MixChoice, Plan, Side]
) -> None:
    side = about[2]
    with _row(f"nudge-{side}", width="content"):
        st.html(
            f'<div class="point {deck}"><b>{name[4:].capitalize()} {deck.upper()}</b>'
            f"<span>{view.place_words(track, point.sec).replace(', beat ', '.')}</span></div>",
            width="content",
        )
        beat = hand.beat_sec(point)
        bar = beat * track.beats_per_bar
        for label, unit, by_sec in (
            ("−bar", "a bar earlier", -bar),
            ("−beat", "a beat earlier", -beat),
            ("+beat", "a beat later", beat),
            ("+bar", "a bar later", bar),
        ):
            st.button(
                label,
                key=f"nudge-{side}-{label}",
                help=f"{name} of deck {deck.upper()} {unit}",
                width="content",
                disabled=not 0 <= point.sec + by_sec < track.duration_sec,
                on_click=_nudge,
                args=(*about, by_sec),
            )


def _bass(now: Planned, plan: Plan, asked: MixChoice) -> None:
    """Show at which bar the basslines change places, and let it be moved."""
    bar = bass_swap_bar(plan)
    if bar is None or not hand.may_move_bass(plan):
        return
    with _row("nudge-bass", width="content"):
        st.html(
            f'<div class="point {now.first}"><b>Bass at</b><span>{bar}</span></div>',
            width="content",
        )
        for label, words, by_bars in (("−", "a bar earlier", -1), ("+", "a bar later", 1)):
            st.button(
                label,
                key=f"nudge-bass-{label}",
                help=f"Let the basslines change places {words}",
                width="content",
                disabled=not 1 <= bar + by_bars <= plan.bars + 1,
                on_click=_move_bass,
                args=(asked, plan, by_bars),
            )


def _move_bass(asked: MixChoice, plan: Plan, by_bars: int) -> None:
    mixer.decide(asked, hand.bass_moved(mixer.hand(asked), plan, by_bars))


def _nudge(asked: MixChoice, plan: Plan, side: Side, by_sec: float) -> None:
    bass_bar = mixer.hand(asked).bass_bar
    mixer.decide(asked, replace(hand.nudged(plan, side, by_sec), bass_bar=bass_bar))


def _deck(first: Deck, side: Side) -> Deck:
    """Return the deck on which a side of the transition lies."""
    return first if side == "a" else other(first)


# -- the picture -----------------------------------------------------------------------------------


def _picture(studio: Studio, now: Planned, plan: Plan, facts: dict[str, TrackFacts]) -> None:
    data = view.picture(plan)
    tracks = session.decks()
    sides: tuple[Side, Side] = ("a", "b")
    for side in sides:
        deck = _deck(now.first, side)
        data[side]["deck"] = deck
        data[side]["track"] = components.browser_track(studio, tracks.on(deck))
    out = view.place_words(facts["a"], plan.mix_out.sec)
    into = view.place_words(facts["b"], plan.mix_in.sec)
    data["label"] = f"{mixer.headline(plan)}: out at {out}, in at {into}"
    for name, kind in (("heard", previews.TRANSITION), ("plain", previews.PLAIN)):
        job = _done(studio, now, kind)
        data[name] = None if job is None else _clock(job)
    components.transition(data)


def _done(studio: Studio, now: Planned, kind: str) -> Job | None:
    job = None if now.choice is None else previews.find(studio, now.choice, kind, now.plan)
    return job if job is not None and job.state is JobState.DONE else None


def _clock(job: Job) -> dict[str, object]:
    return {"job": job.id, "offset_sec": job.result.rendered.clock_offset_sec}


# -- hearing it ------------------------------------------------------------------------------------


def _hear(studio: Studio, now: Planned) -> None:
    with st.container(
        key="editor-hear", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
    ):
        job = _done(studio, now, previews.TRANSITION)
        if job is None or now.choice is None:
            st.html(
                '<div class="hint">Rendered, it can be heard here against a plain crossfade of the '
                "same two points.</div>"
            )
            return
        plain = _plain(studio, now.choice, now.plan)
        data = mixer.preview_data(job, now.first)
        data["compare"] = True
        data["volume"] = 1.0
        data["plain"] = None
        if plain is not None and plain.state is JobState.DONE:
            data["plain"] = mixer.preview_data(plain, now.first)
            data["volume"], data["plain"]["volume"] = level(job.result, plain.result)
        with st.container(key="editor-player"):
            components.preview(data)
            if plain is not None and plain.active:
                _wait(plain)
        with st.container(key="editor-measured"):
            mixer.measured_list(job.result)


def level(mine: Plan, plain: Plan) -> tuple[float, float]:
    """Return the volumes (0–1) at which two rendered plans are equally loud.

    The files differ only in how far each as a whole was turned down for its peaks.
    """
    lower = min(mine.output_gain_db, plain.output_gain_db)
    first, second = (10 ** ((lower - plan.output_gain_db) / 20) for plan in (mine, plain))
    return first, second


def _plain(studio: Studio, choice: MixChoice, plan: Plan | None) -> Job | None:
    """Return the job of the plain crossfade; started once by itself, for it takes a moment."""
    found = previews.find(studio, choice, previews.PLAIN, plan)
    word = previews.word_of(studio, choice, plan)
    tried = st.session_state.setdefault("plain-tried", set())
    if found is None and word not in tried:
        tried.add(word)
        try:
            found = previews.start(studio, choice, previews.PLAIN, plan)
        except SegueError as error:
            session.tell(str(error))
        else:
            session.wait_for(found.id, None)
    return found


def _wait(job: Job) -> None:
    """Draw the page anew when the job ends; the bar says how far it is."""

    def ask() -> None:
        if not job.active:
            st.rerun()

    st.fragment(ask, run_every=topbar.POLL_SEC)()


# -- the ways across -------------------------------------------------------------------------------


def _ways(studio: Studio, now: Planned, asked: MixChoice, facts: dict[str, TrackFacts]) -> None:
    try:
        board = studio.plan(asked)
    except SegueError as error:
        st.html(parts.said(Said(session.sentence(str(error))), "block"))
        _head(0, asked)
        return
    found = view.ways(board.candidates, facts["a"], facts["b"])
    _head(len(found), asked)
    apart = None if now.plan is None else view.bars_apart(now.plan, facts["a"], facts["b"])
    if apart is not None:
        st.html(parts.said(replace(apart, text=mixer.named(apart.text, now.first)), "block"))
    if not found:
        why = board.reasons[0] if board.reasons else "nothing fits"
        st.html(f'<div class="hint">{mixer.named(why, now.first)}</div>')
        return
    taken = "" if now.plan is None else view.plan_key(now.plan)
    shown = found if st.session_state.get("all-ways") else found[:SHOWN_WAYS]
    rows = {way.key: way for way in shown}
    if taken and taken not in rows:
        rows = {taken: _own(now.plan, facts), **rows}
    field = session.field("way", taken or None)
    with st.container(key="way-list"):
        st.radio(
            "Ways across, the best first",
            list(rows),
            index=None,
            key=field,
            format_func=lambda key: _way_label(rows[key]) if key in rows else key,
            captions=[_way_caption(way, now.first) for way in rows.values()],
            label_visibility="collapsed",
            width="stretch",
            on_change=_take,
            args=(studio, asked, field),
        )
        if len(found) > SHOWN_WAYS:
            st.checkbox(f"Show all {len(found)}", key="all-ways")


def _head(count: int, asked: MixChoice) -> None:
    with st.container(
        key="ways-head", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
    ):
        st.html(
            f'<div class="head"><b>Ways across</b><span>{count} judged · fewest points first</span>'
            "</div>"
        )
        st.button(
            "Back to automatic",
            key="edit-automatic",
            width="content",
            disabled=mixer.is_automatic(asked),
            on_click=mixer.automatic,
        )


def _own(plan: Plan | None, facts: dict[str, TrackFacts]) -> Way:
    """Return the plan as it stands in words, where it is none of the board's candidates."""
    assert plan is not None
    judged = [each for each in plan.candidates if each.chosen]
    if judged:
        return replace(view.ways(judged, facts["a"], facts["b"])[0], kind="yours")
    return Way(
        key=view.plan_key(plan),
        style=plan.style,
        bars=plan.bars,
        where=view.where(facts["a"], plan.mix_out.sec, facts["b"], plan.mix_in.sec),
        kind="yours",
        score=None,
        against=plan.warnings[0] if plan.warnings else "",
        ruled_out=False,
    )


def _way_label(way: Way) -> str:
    score = "–" if way.score is None else f"{way.score:.1f}"
    bars = f"{way.bars} bar{'' if way.bars == 1 else 's'}"
    return f"{_literal(f'{mixer.style_words(way.style)} · {bars} · {way.where}')} · **{score}**"


def _way_caption(way: Way, first: Deck) -> str:
    sign = "✕ ruled out · " if way.ruled_out else ""
    against = mixer.named(way.against, first) or "nothing speaks against it"
    return _literal(f"{sign}{way.kind} · {against}")


def _literal(text: str) -> str:
    """Return text that Markdown leaves as it is."""
    return _MARKDOWN.sub(r"\\\1", text)


def _take(studio: Studio, asked: MixChoice, field: str) -> None:
    wanted = session.news(field)
    if wanted is None:
        return
    board = studio.plan(asked)
    for candidate in board.candidates:
        key = view.way_key(
            candidate.style, candidate.bars, candidate.mix_out_sec, candidate.mix_in_sec
        )
        if key == wanted:
            mixer.decide(asked, hand.taken(candidate))
            return
