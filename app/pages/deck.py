"""One deck: what lies on it, how fast, in which key, of what kind, and what could come next."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis.report import Report
from app import components, parts, tasks
from app.deck_state import Deck, other
from app.pages import fixes, labels, session, suggestions
from app.pages.waves import browser_track
from app.studio import Studio
from app.words import Said, Tone, clock, confidence, energy_word, percent
from library.grids import bar_one_here
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
            _card(studio, deck, row, report)
            _numbers(studio, deck, row, report)
            labels.show(studio, deck, row)
        suggestions.show(studio, deck)


# -- choosing --------------------------------------------------------------------------------------


def _pick(studio: Studio, deck: Deck) -> None:
    loaded = session.decks()
    track_id, across = loaded.on(deck), loaded.on(other(deck))
    rows = {row.track_id: row for row in studio.tracks() if row.track_id != across}
    if track_id is not None and track_id not in rows:
        rows[track_id] = studio.row(track_id)
    key = f"pick-{deck}"
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
            args=(deck,),
        )
        with st.popover("Drop a file", width="content", key=f"drop-{deck}"):
            _uploader(studio, deck)


def _pick_text(row: TrackRow) -> str:
    bpm = "" if row.bpm.value is None else f"{row.bpm.value:.0f}"
    where = f"{row.path.parent.name}/{row.path.name}"
    return " · ".join(part for part in (row.name, bpm, row.camelot, where) if part)


def _picked(deck: Deck) -> None:
    session.load(deck, st.session_state[f"pick-{deck}"])


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


def _card(studio: Studio, deck: Deck, row: TrackRow, report: Report) -> None:
    facts = [
        row.album,
        str(row.year or ""),
        row.format,
        f"{report.metadata.sample_rate / 1000:g} kHz",
        clock(row.duration_sec),
    ]
    picture = parts.artwork(
        row.track_id if studio.has_artwork(row.track_id) else None, deck.upper()
    )
    with st.container(horizontal=True, wrap=False, vertical_alignment="top", key=f"card-{deck}"):
        st.html(
            f'<div class="card {deck}">{picture}<div class="names">'
            f'<div class="title" title="{escape(row.title)}">{escape(row.title)}</div>'
            f'<div class="artist">{escape(row.artist or "unknown artist")}</div>'
            f'<div class="facts">{escape(" · ".join(fact for fact in facts if fact))}</div>'
            f"{_missing(row)}</div></div>"
        )
        _transport(studio, deck, row.track_id, report)


def _missing(row: TrackRow) -> str:
    if not row.missing:
        return ""
    return parts.said(Said("its file is gone; analyse the folder it moved to", Tone.BAD))


def _transport(studio: Studio, deck: Deck, track_id: str, report: Report) -> None:
    heard_key = f"bar1-heard-{deck}"
    heard = st.session_state.get(heard_key, 0)
    pressed = components.transport(
        deck, browser_track(studio, track_id), grid=bool(report.grid.bpm), heard=heard
    )
    if pressed.get("seq", 0) > heard:
        st.session_state[heard_key] = pressed["seq"]
        if pressed.get("track") == track_id:
            session.guarded(studio.edit_grid)(
                track_id, lambda grid: bar_one_here(grid, float(pressed["sec"]))
            )
            st.rerun()


def _numbers(studio: Studio, deck: Deck, row: TrackRow, report: Report) -> None:
    tonal, grid = report.analysis.tonal, report.grid
    by_dj = row.bpm.source == DJ
    with st.container(horizontal=True, wrap=False, key=f"numbers-{deck}", gap="small"):
        with st.container(key=f"bpm-{deck}", gap=None):
            known = confidence(None if grid.bpm is None else grid.confidence, by_dj=by_dj)
            if grid.bpm is not None and not grid.constant:
                known = Said(f"{known.text}, drifts", known.tone)
            st.html(_number("BPM", parts.bpm_text(report), parts.said(known)))
            fixes.grid(studio, deck, row.track_id, report, known.tone is Tone.UNSURE)
            labels.undo(studio, deck, row.track_id, "grid")
        with st.container(key=f"key-{deck}", gap=None):
            sure = confidence(tonal.key_confidence, by_dj=row.key.source == DJ)
            words = escape(tonal.key or "no key")
            if row.key.source != DJ and tonal.key_confidence is not None:
                words += f" · {percent(tonal.key_confidence)}"
            words = f"<span>{words}</span>"
            if sure.tone is not Tone.PLAIN:
                words += " " + parts.said(sure)
            st.html(_number("Key", parts.camelot_chip(tonal.camelot), words))
            fixes.key(studio, deck, row.track_id, report, sure.tone is Tone.UNSURE)
            labels.undo(studio, deck, row.track_id, "key")
        with st.container(key=f"energy-{deck}", gap=None):
            energy = row.energy.value
            level = row.energy_level
            steps = "".join(
                f'<i class="{"on" if level is not None and step < level else ""}"></i>'
                for step in range(10)
            )
            st.html(
                _number(
                    "Energy",
                    f"{level if level is not None else '–'}<small>/10</small>",
                    f'<span class="meter {deck}">{steps}</span> '
                    f"<span>{escape(energy_word(energy))}</span>",
                )
            )


def _number(label: str, value: str, words: str) -> str:
    return (
        f'<div class="number"><span class="label">{label}</span>'
        f'<span class="value">{value}</span><span class="words">{words}</span></div>'
    )
