"""The page Buckets: answers to look through, least certain first, each one key from done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import streamlit as st

from app import parts, theme
from app.pages import session
from app.pages.labels import short
from app.reviewing import (
    LEAST_CERTAIN,
    VIEWS,
    Asked,
    acceptable,
    accepted,
    model_versions,
    queue,
    rows,
    say,
    start_rollback,
    take_back,
    why,
)
from app.studio import Studio
from app.words import Said, Tone, percent
from library.buckets import show_buckets
from library.predictions import UNSURE_BELOW
from library.tracks import TrackRow
from training.registry import Version, outdated_libraries

VIEW, AT, LAST = "buckets-view", "buckets-at", "buckets-last"
SHOWN = 60
"""Rows of the queue on screen; the DJ works at its top."""
CHOICES = 5
"""Answers offered, each by its number's key."""
WANTED = 0.8
"""Share of answers that a DJ should only have to nod at."""


def show(studio: Studio) -> None:
    """Draw the page."""
    with st.container(key="buckets-style"):
        st.html(f"<style>{(theme.ASSETS / 'buckets.css').read_text(encoding='utf-8')}</style>")
    with st.container(key="buckets-page", gap="small"):
        view = st.session_state.get(VIEW) or LEAST_CERTAIN
        asked = queue(studio, view)
        _bar(studio, asked)
        left, right = st.columns([42, 58], gap="small", wrap=False)
        one = _current(asked)
        shown = rows(studio, [*asked[:SHOWN], *([one] if one else [])])
        with left, st.container(key="buckets-list", gap=None):
            _list(asked, one, shown)
        with right, st.container(key="buckets-side", gap="small"):
            if one is None:
                st.html(
                    '<div class="empty">Nothing left to look at here: every track has your word. '
                    "Add music, or look at the other list.</div>"
                )
            else:
                _track(studio, asked, one, shown[one.track_id])
            _card(studio)


def _bar(studio: Studio, asked: list[Asked]) -> None:
    unsure = sum(not one.sure for one in asked)
    with st.container(
        key="buckets-bar", horizontal=True, wrap=False, vertical_alignment="center", gap="small"
    ):
        st.segmented_control(
            "Tracks", VIEWS, default=LEAST_CERTAIN, key=VIEW, required=True,
            label_visibility="collapsed", width="content",
        )  # fmt: skip
        st.html(
            f'<div class="num buckets-sum"><b>{len(asked)}</b> to look at · '
            f"<b>{unsure}</b> unsure {parts.said(_acceptance(studio))}</div>"
        )
        sure = acceptable(asked)
        st.button(
            f"Accept {len(sure)} sure ones",
            key="buckets-bulk",
            shortcut="b",
            disabled=not sure,
            on_click=session.guarded(_accept_all),
            args=(studio, sure),
            help="Say yes to every answer that is likelier than not",
        )
        last = st.session_state.get(LAST)
        st.button(
            "Undo",
            key="buckets-undo",
            shortcut="u",
            disabled=last is None,
            on_click=session.guarded(_undo),
            args=(studio,),
            help="Take your last word on this page back",
        )
        st.button(
            "Learn from all of it",
            key="buckets-train",
            disabled=bool(studio.jobs.active()),
            on_click=session.guarded(_train),
            args=(studio,),
            help="Train again on everything you said; what sounds alike has learned already",
        )


def _acceptance(studio: Studio) -> Said:
    rate = accepted(studio)
    if rate is None:
        return Said("· no answer accepted or corrected yet")
    tone = Tone.GOOD if rate.recent >= WANTED else Tone.UNSURE
    return Said(f"{percent(rate.recent)} of the last answers accepted (80 % wanted)", tone)


def _current(asked: list[Asked]) -> Asked | None:
    """Return the track that is looked at: the chosen one, else the top of the queue."""
    chosen = st.session_state.get(AT)
    found = next((one for one in asked if one.track_id == chosen), None)
    return found or (asked[0] if asked else None)


# -- the queue -------------------------------------------------------------------------------------


def _list(asked: list[Asked], one: Asked | None, shown: Mapping[str, TrackRow]) -> None:
    names = [answer.prediction.value or "" for answer in asked[:SHOWN]]
    for place, each in enumerate(asked[:SHOWN]):
        here = one is not None and each.track_id == one.track_id
        name = escape(shown[each.track_id].name)
        bucket = each.prediction.value
        with st.container(
            key=f"buckets-row-{place}", horizontal=True, wrap=False,
            vertical_alignment="center", gap="xsmall",
        ):  # fmt: skip
            st.html(
                f'<div class="bucket-row{" here" if here else ""}">'
                f'<span class="name" title="{name}">{name}</span>'
                f'<span class="where">{escape(short(bucket, names)) if bucket else "–"}</span>'
                f"{_bar_of(each.prediction.probability)}</div>"
            )
            st.button(
                "Look",
                key=f"buckets-look-{each.track_id}",
                type="tertiary",
                disabled=here,
                on_click=_look,
                args=(each.track_id,),
            )
    if len(asked) > SHOWN:
        st.html(f'<div class="more">{len(asked) - SHOWN} more, surer than these</div>')


def _bar_of(probability: float, *, judged: bool = True) -> str:
    """Return a bar and the figure; an answer that stands is also ``judged`` sure or unsure."""
    unsure = judged and probability < UNSURE_BELOW
    tone = "good" if judged and probability >= WANTED else "unsure" if unsure else ""
    mark = "? " if unsure else ""
    return (
        f'<span class="sureness {tone}" role="img" aria-label="{percent(probability)} sure">'
        f'<i style="width:{100 * probability:.0f}%"></i></span>'
        f'<span class="num share">{mark}{percent(probability)}</span>'
    )


# -- one track -------------------------------------------------------------------------------------


def _track(studio: Studio, asked: list[Asked], one: Asked, row: TrackRow) -> None:
    with st.container(key="buckets-track", gap="small"):
        bpm = "–" if row.bpm.value is None else f"{row.bpm.value:.2f}"
        where = f"in {show_buckets(row.folders)}" if row.folders else "in no folder"
        genre = row.genre.value or "no genre"
        st.html(
            f'<div class="bucket-title"><b>{escape(row.name)}</b>'
            f'<span class="num">{bpm} BPM</span>{parts.camelot_chip(row.camelot)}'
            f'<span class="said">{escape(str(genre))} · {escape(where)}</span></div>'
        )
        if row.missing:
            st.html(parts.said(Said("its file is missing; it cannot be heard", Tone.BAD)))
        else:
            st.html(
                f'<audio controls preload="none" src="/dj/audio/{escape(row.track_id)}" '
                f'aria-label="{escape(row.name)}"></audio>'
            )
        _answers(studio, one)
        with st.container(
            key="buckets-keys", horizontal=True, wrap=False, vertical_alignment="bottom",
            gap="small",
        ):  # fmt: skip
            st.selectbox(
                "Another bucket",
                studio.labels("bucket"),
                index=None,
                key=f"buckets-other-{row.track_id}",
                accept_new_options=True,
                placeholder="Choose or type: Warm-up; Closing",
                on_change=session.guarded(_other),
                args=(studio, row.track_id),
                width=260,
            )
            st.button(
                "Skip",
                key="buckets-skip",
                shortcut="s",
                disabled=len(asked) < 2,
                on_click=_skip,
                args=([each.track_id for each in asked], row.track_id),
            )
        _why(studio, one)


def _answers(studio: Studio, one: Asked) -> None:
    """Offer the likeliest answers; the first is accepted with A, each chosen by its number."""
    if one.prediction.reason:
        st.html(parts.said(Said(one.prediction.reason, Tone.UNSURE)))
    for number, (bucket, probability) in enumerate(one.answers[:CHOICES], 1):
        with st.container(
            key=f"buckets-answer-{number}", horizontal=True, wrap=False,
            vertical_alignment="center", gap="small",
        ):  # fmt: skip
            st.button(
                "Accept" if number == 1 else "Choose",
                # the next track's answer is another button: a key pressed twice says nothing on it
                key=f"buckets-say-{number}-{one.track_id}",
                shortcut="a" if number == 1 else str(number),
                type="primary" if number == 1 else "secondary",
                on_click=session.guarded(_say),
                args=(studio, one.track_id, [bucket], "accept" if number == 1 else "correct"),
            )
            st.html(
                f'<div class="bucket-answer"><span class="name">{escape(bucket)}</span>'
                f"{_bar_of(probability, judged=number == 1)}</div>"
            )


def _why(studio: Studio, one: Asked) -> None:
    found = why(studio, one)
    lines = [
        f"<li>{escape(_plain(each.name))} <b class='num'>{_figure(each.value)}</b>"
        f" <span class='said'>(middling {_figure(each.middle)}) raises it by"
        f" {percent(each.push)}</span></li>"
        for each in found.evidence
    ]
    known = studio.labels("bucket")
    near = [
        f"<li>{escape(name)} <span class='said'>{escape(short(bucket, known))} · "
        f"{percent(likeness)} alike"
        "</span></li>"
        for name, bucket, likeness in found.alike
    ]
    st.html(
        '<div class="bucket-why"><div><h3>What speaks for it</h3><ul>'
        + ("".join(lines) or "<li class='said'>no single feature decides</li>")
        + "</ul></div><div><h3>Nearest tracks with a bucket</h3><ul>"
        + ("".join(near) or "<li class='said'>none yet</li>")
        + "</ul></div></div>"
    )


def _figure(value: float) -> str:
    return "absent" if math.isnan(value) else f"{value:.3g}"


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " · ")


# -- the model -------------------------------------------------------------------------------------


def _card(studio: Studio) -> None:
    kept = model_versions(studio)
    now = next((one for one in kept if one.active), None)
    with st.container(key="buckets-card", gap="xsmall"):
        if now is None:
            st.html(
                '<div class="said">No bucket model yet: sort some tracks into folders or give '
                "them buckets here, then <b>Learn from all of it</b>.</div>"
            )
            return
        st.html(f'<div class="bucket-card">{_facts(now)}</div>')
        changed = outdated_libraries(now)
        if changed:
            names = ", ".join(f"{name} {old} → {new}" for name, (old, new) in changed.items())
            st.html(parts.said(Said(f"made with other libraries ({names}): learn again",
                                    Tone.UNSURE)))  # fmt: skip
        others = [one for one in kept if not one.active]
        if others:
            with st.container(
                key="buckets-back", horizontal=True, wrap=False, vertical_alignment="bottom",
                gap="small",
            ):  # fmt: skip
                words = {one.name: _version_words(one) for one in others}
                st.selectbox(
                    "Other versions", list(words), key="buckets-version",
                    format_func=lambda name: words[name], width=360,
                )  # fmt: skip
                st.button(
                    "Use this one",
                    key="buckets-rollback",
                    disabled=bool(studio.jobs.active()),
                    on_click=session.guarded(_roll_back),
                    args=(studio,),
                )


def _facts(version: Version) -> str:
    said = [f"<b>Model {escape(version.name)}</b>", escape(_version_words(version))]
    metrics = version.metrics
    for name, words in (("macro_f1", "macro-F1"), ("top3", "top three")):
        if isinstance(metrics.get(name), float):
            said.append(f"{words} {percent(metrics[name])}")
    if isinstance(metrics.get("majority_accuracy"), float):
        said.append(f"the commonest bucket alone {percent(metrics['majority_accuracy'])}")
    holdout = metrics.get("holdout")
    if holdout:
        said.append(
            f"holdout of {holdout['tracks']}: {percent(holdout['before'])} before,"
            f" {percent(holdout['after'])} now, {escape(holdout['verdict'])}"
        )
    return " · ".join(said)


def _version_words(version: Version) -> str:
    right = version.metrics.get("accuracy")
    known = f", {percent(right)} right" if isinstance(right, float) else ""
    return f"{version.trained_at[:16].replace('T', ' ')}, {version.tracks} tracks{known}"


# -- what a press does -----------------------------------------------------------------------------


def _say(studio: Studio, track_id: str, said: str | list[str], how: str) -> None:
    say(studio, {track_id: said}, how)
    st.session_state[LAST] = [track_id]
    st.session_state.pop(AT, None)


def _other(studio: Studio, track_id: str) -> None:
    bucket = st.session_state.get(f"buckets-other-{track_id}")
    if bucket:
        _say(studio, track_id, bucket, "correct")


def _accept_all(studio: Studio, sure: dict[str, list[str]]) -> None:
    say(studio, sure, "bulk")
    st.session_state[LAST] = list(sure)
    session.tell(f"{len(sure)} answers accepted; Undo takes them all back")


def _undo(studio: Studio) -> None:
    tracks = st.session_state.pop(LAST)
    take_back(studio, tracks)
    st.session_state[AT] = tracks[0]


def _skip(tracks: list[str], track_id: str) -> None:
    place = tracks.index(track_id)
    st.session_state[AT] = tracks[(place + 1) % len(tracks)]


def _look(track_id: str) -> None:
    st.session_state[AT] = track_id


def _train(studio: Studio) -> None:
    session.wait_for(studio.start_training().id, None)


def _roll_back(studio: Studio) -> None:
    session.wait_for(start_rollback(studio, st.session_state["buckets-version"]).id, None)
