"""What stands under a deck: what lies on it, how sure its facts are, and what could come next."""

from __future__ import annotations

import streamlit as st

from analysis.report import Report
from app import parts, tasks
from app.deck_state import Deck, other
from app.pages import fixes, labels, session, suggestions
from app.studio import Studio
from app.words import Said, Tone, confidence, energy_word, percent
from library.tracks import DJ, TrackRow


def show(studio: Studio, deck: Deck) -> None:
    """Draw a deck."""
    with st.container(key=f"deck-{deck}"):
        _pick(studio, deck)
        track_id = session.decks().on(deck)
        if track_id is None:
            st.html('<div class="empty">Pick a track, take a suggestion, or drop a file.</div>')
        else:
            row, report = studio.row(track_id), studio.report(track_id)
            _facts(studio, deck, row, report)
        suggestions.show(studio, deck)


# -- choosing --------------------------------------------------------------------------------------


def _pick(studio: Studio, deck: Deck) -> None:
    loaded = session.decks()
    track_id, across = loaded.on(deck), loaded.on(other(deck))
    rows = {row.track_id: row for row in studio.tracks() if row.track_id != across}
    if track_id is not None and track_id not in rows:
        rows[track_id] = studio.row(track_id)
    # A run may be cut short before the browser hears of a new track; then it sends the old one
    # once more. Named for what it shows, a field can tell that from a choice of the DJ's.
    key = f"pick-{deck}-{track_id}"
    if st.session_state.get(key) != track_id:
        st.session_state[key] = track_id
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", key=f"pick-row-{deck}"
    ):
        st.html(f'<div class="letter {deck}">{deck.upper()}</div>', width="content")
        st.selectbox(
            f"Track on deck {deck.upper()}",
            list(rows),
            index=None,
            key=key,
            format_func=lambda found: _pick_text(rows[found]) if found in rows else "",
            placeholder="Pick a track by name or path",
            label_visibility="collapsed",
            on_change=_picked,
            args=(deck, key, track_id),
        )
        with st.popover(
            "Drop", width="content", help="Analyse a file of yours", key=f"drop-{deck}"
        ):
            _uploader(studio, deck)


def _pick_text(row: TrackRow) -> str:
    bpm = "" if row.bpm.value is None else f"{row.bpm.value:.0f}"
    where = f"{row.path.parent.name}/{row.path.name}"
    return " · ".join(part for part in (row.name, bpm, row.camelot, where) if part)


def _picked(deck: Deck, widget: str, shown: str | None) -> None:
    chosen = st.session_state[widget]
    # clearing the field only makes room to type: the track plays on
    if chosen not in (None, shown):
        session.load(deck, chosen)


def _uploader(studio: Studio, deck: Deck) -> None:
    st.file_uploader(
        f"Analyse a file and load it on deck {deck.upper()}",
        type=tasks.UPLOAD_TYPES,
        key=f"upload-{deck}",
        on_change=session.guarded(_uploaded),
        args=(studio, deck),
    )


def _uploaded(studio: Studio, deck: Deck) -> None:
    file = st.session_state[f"upload-{deck}"]
    if file is not None:  # None: the DJ cleared the field
        session.wait_for(studio.start_upload(file.name, file.getvalue()).id, deck)


# -- what lies on it -------------------------------------------------------------------------------


def _facts(studio: Studio, deck: Deck, row: TrackRow, report: Report) -> None:
    """Draw one button for each fact that says how sure it is and opens what mends it."""
    tonal, grid = report.analysis.tonal, report.grid
    with st.container(
        horizontal=True,
        wrap=False,
        vertical_alignment="center",
        key=f"facts-{deck}",
        gap="xsmall",
    ):
        if row.missing:
            gone = Said("Its file is gone; analyse the folder it moved to", Tone.BAD)
            st.html(parts.said(gone), width="content")
            return
        known = confidence(
            None if grid.bpm is None else grid.confidence, by_dj=row.bpm.source == DJ
        )
        if grid.bpm is not None and not grid.constant:
            known = Said(f"{known.text}, drifts", known.tone)
        fixes.grid(studio, deck, row.track_id, report, known)
        sure = confidence(tonal.key_confidence, by_dj=row.key.source == DJ)
        if sure.tone is Tone.PLAIN and tonal.key_confidence is not None:
            sure = Said(percent(tonal.key_confidence))
        fixes.key(studio, deck, row.track_id, report, sure)
        labels.show(studio, deck, row)
        level = row.energy_level
        st.html(
            f'<div class="energy" title="Energy: {energy_word(row.energy.value)}">Energy '
            f"<b>{level if level is not None else '–'}</b></div>",
            width="content",
        )
