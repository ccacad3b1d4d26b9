"""What a track is: its genre and its bucket, who says so, and the DJ's word in one click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import parts
from app.deck_state import Deck
from app.pages import session
from app.studio import Studio
from app.words import Said, Tone, percent
from library.buckets import format_buckets, show_buckets
from library.predictions import Prediction
from library.tracks import DJ, FOLDER, MODEL, NOBODY, TAGS, Fact, TrackRow

# Chips of one row: what is read at a glance.
CHIPS = 3


_SOURCES = {FOLDER: "folder", TAGS: "tag"}
_KINDS = {"genre": "Genre", "bucket": "Bucket"}
_PLACEHOLDERS = {
    "genre": "Choose one, or type a new one",
    "bucket": "Choose or type: Warm-up; Closing",
}


def show(studio: Studio, deck: Deck, row: TrackRow) -> None:
    """Draw genre and bucket: a button each that says what stands and opens the choices."""
    predictions = studio.predictions(row.track_id)
    for kind, fact in {"genre": row.genre, "bucket": row.bucket}.items():
        name = show_buckets(short(str(one), studio.labels(kind)) for one in fact.values) or "–"
        # a folder's or a tag's word needs no comment; where it comes from stands inside
        said = None if fact.source in _SOURCES else standing(fact)
        if fact.unsure and fact.value is not None:
            said = Said("unsure", Tone.UNSURE)  # how unsure stands inside: the button is narrow
        label = parts.button_text(name, said)
        with st.popover(label, key=f"label-{kind}-{deck}"):
            _choose(studio, deck, row, kind, fact, predictions.get(kind))


def _choose(
    studio: Studio,
    deck: Deck,
    row: TrackRow,
    kind: str,
    fact: Fact,
    prediction: Prediction | None,
) -> None:
    with st.container(key=f"{kind}-{deck}", gap="small"):
        said = parts.said(standing(fact))
        st.html(f'<div class="kind"><b>{_KINDS[kind]}</b> {said}</div>', width="content")
        _chips(studio, deck, row, kind, fact, prediction)
        _other(studio, deck, row, kind)
        undo(studio, deck, row.track_id, kind)


def undo(studio: Studio, deck: Deck, track_id: str, kind: str, text: str = "Undo") -> None:
    """Offer to withdraw the DJ's newest word of a kind on a track, where there is one."""
    if studio.last_word(track_id, kind) is None:
        return
    st.button(
        text,
        key=f"undo-{deck}-{kind}-{track_id[:8]}",  # a press is about the track it was made on
        help="Take back the newest change",
        on_click=session.guarded(studio.undo),
        args=(track_id, kind),
    )


def standing(fact: Fact) -> Said:
    """Say who vouches for a label, and how surely."""
    if fact.source == DJ:
        return Said("yours", Tone.GOOD)
    if fact.value is None or fact.source == NOBODY:
        return Said("unknown", Tone.UNSURE)
    if fact.unsure:
        return Said(f"unsure, {percent(fact.confidence or 0.0)}", Tone.UNSURE)
    if fact.source == MODEL:
        return Said(percent(fact.confidence or 0.0))
    return Said(f"by {_SOURCES[fact.source]}")


def choices(fact: Fact, prediction: Prediction | None, known: Sequence[str]) -> list[str]:
    """Return the labels offered as chips, in an order that a correction does not shuffle.

    Parameters
    ----------
    fact
        The label that stands, whoever says it; it is always among the chips. Several are one
        chip, as the DJ would type them.
    prediction
        The model's answer with its alternatives, if there is one; these come first.
    known
        Every label in use; they fill the row.
    """
    offered = list(known)
    if prediction is not None:
        likely = [prediction.value, *(name for name, _ in prediction.alternatives)]
        offered = [name for name in likely if name] + offered
    offered = list(dict.fromkeys(offered))
    standing_label = format_buckets(fact.values) or None
    if standing_label is None or standing_label in offered[:CHIPS]:
        return offered[:CHIPS]
    return [*offered[: CHIPS - 1], standing_label]


def short(label: str, among: Sequence[str]) -> str:
    """Return a bucket's last folder, or its whole path where another one ends alike."""
    last = label.rsplit("/", 1)[-1]
    alike = {one for one in among if one.rsplit("/", 1)[-1] == last}
    return last if len(alike) <= 1 else label


def _chips(
    studio: Studio,
    deck: Deck,
    row: TrackRow,
    kind: str,
    fact: Fact,
    prediction: Prediction | None,
) -> None:
    offered = choices(fact, prediction, studio.labels(kind))
    stands = format_buckets(fact.values)
    among = [*(one for one in offered if one != stands), *map(str, fact.values)]
    # an unsure label is offered, not pressed in: one click on it says 'yes'
    pressed = None if fact.unsure else stands
    # named for what it shows and for the clicks so far: what the browser still shows is never taken
    # for a word, and a click that changed nothing does not stay on screen
    clicks = st.session_state.get(f"{kind}-clicks-{deck}", 0)
    widget = f"{kind}-chips-{deck}-{row.track_id[:8]}-{pressed}-{clicks}"
    st.pills(
        _KINDS[kind],
        offered,
        key=widget,
        default=pressed or None,  # a state set once is lost while the choices are folded away
        format_func=lambda label: show_buckets(
            short(str(one), among) for one in (fact.values if label == stands else [label])
        ),
        label_visibility="collapsed",
        on_change=session.guarded(_chosen),
        args=(studio, deck, row.track_id, kind, widget, pressed),
    )


def _other(studio: Studio, deck: Deck, row: TrackRow, kind: str) -> None:
    widget = f"{kind}-any-{deck}-{row.track_id[:8]}"
    st.selectbox(
        f"{_KINDS[kind]} of {row.title}",
        studio.labels(kind),
        index=None,
        key=widget,
        accept_new_options=True,
        placeholder=_PLACEHOLDERS[kind],
        on_change=session.guarded(_typed),
        args=(studio, row.track_id, kind, widget),
        width=320,
    )


def _chosen(
    studio: Studio, deck: Deck, track_id: str, kind: str, widget: str, shown: str | None
) -> None:
    clicks = f"{kind}-clicks-{deck}"
    st.session_state[clicks] = st.session_state.get(clicks, 0) + 1
    chosen = st.session_state[widget]
    if chosen and chosen != shown:
        # a chip is one bucket, whatever its name
        studio.correct(track_id, kind, [chosen] if kind == "bucket" else chosen)


def _typed(studio: Studio, track_id: str, kind: str, widget: str) -> None:
    if typed := st.session_state[widget]:
        studio.correct(track_id, kind, typed)
    st.session_state[widget] = None  # the next choice starts empty
