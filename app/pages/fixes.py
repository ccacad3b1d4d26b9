"""Setting an analysis right: the grid and the key, by a few presses, kept at once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analysis.report import Report
from app import parts
from app.deck_state import Deck
from app.decks.protocol import GRID, HOT_CUE
from app.pages import labels, session
from app.studio import Studio
from app.words import Said, Tone
from library.grids import Grid, bar_one_here, double_grid, halve_grid, shift_grid
from library.keys import NOTES, Key, parse_key

# Steps in ms: one is below hearing and fits the finest ear, ten is a clear flam.
_SHIFTS_MS = (-10, -1, 1, 10)


def grid(studio: Studio, deck: Deck, track_id: str, report: Report, sure: Said) -> None:
    """Offer to double, halve or shift the grid, to move bar 1, and the way back."""
    known = report.grid.bpm is not None
    name = "Fix grid" if sure.tone is Tone.UNSURE else "Grid"
    with st.popover(parts.button_text(name, sure), key=f"fix-grid-{deck}", disabled=not known):
        edits: list[list[tuple[str, str, Callable[[Grid], Grid]]]] = [
            [("÷2", "Half the tempo", halve_grid), ("×2", "Twice the tempo", double_grid)],
            [(f"{ms:+d} ms", "Earlier" if ms < 0 else "Later", _shift(ms)) for ms in _SHIFTS_MS],
            [
                ("Bar 1 a beat earlier", "", _bar_one(-1)),
                ("Bar 1 a beat later", "", _bar_one(1)),
            ],
        ]
        for number, row in enumerate(edits):
            with st.container(horizontal=True, wrap=False, gap="xsmall"):
                for place, (text, help_text, edit) in enumerate(row):
                    st.button(
                        text,
                        # named for the track too: a press while the next one is loaded is not
                        # about that one
                        key=f"grid-{deck}-{number}-{place}-{track_id[:8]}",
                        help=help_text or None,
                        on_click=session.guarded(studio.edit_grid),
                        args=(track_id, edit),
                    )
        with st.container(horizontal=True, wrap=False, gap="xsmall"):
            labels.undo(studio, deck, track_id, GRID, "Undo the grid")
            labels.undo(studio, deck, track_id, HOT_CUE, "Undo the hot cue")
        st.html(
            '<div class="hint">Or press GRID on the deck above, and “Bar 1 here” '
            "on the first beat of a phrase.</div>"
        )


def key(studio: Studio, deck: Deck, track_id: str, report: Report, sure: Said) -> None:
    """Offer the likeliest other keys, all 24, and the way back."""
    tonal = report.analysis.tonal
    name = "Fix key" if sure.tone is Tone.UNSURE else "Key"
    with st.popover(parts.button_text(name, sure), key=f"fix-key-{deck}"):
        others = [found for found in tonal.key_candidates if found.key != tonal.key][:3]
        with st.container(horizontal=True, wrap=False, gap="xsmall"):
            for candidate in others:
                st.button(
                    f"{candidate.camelot} · {candidate.key}",
                    key=f"key-{deck}-{candidate.camelot}-{track_id[:8]}",
                    on_click=session.guarded(studio.correct),
                    args=(track_id, "key", candidate.key),
                )
        keys = sorted(
            (Key(root, minor) for root in range(len(NOTES)) for minor in (True, False)),
            key=lambda one: (one.number, not one.minor),
        )
        now = parse_key(tonal.key)
        widget = f"all-keys-{deck}-{track_id[:8]}-{now}"
        st.selectbox(
            "Any key",
            keys,
            index=keys.index(now) if now in keys else None,
            format_func=lambda one: f"{one.camelot} · {one}",
            key=widget,
            on_change=session.guarded(_key_chosen),
            args=(studio, track_id, widget, now),
        )
        labels.undo(studio, deck, track_id, "key", "Undo the key")


def _key_chosen(studio: Studio, track_id: str, widget: str, shown: Key | None) -> None:
    chosen = st.session_state.get(widget)
    if chosen not in (None, shown):
        studio.correct(track_id, "key", str(chosen))


def _shift(shift_ms: int) -> Callable[[Grid], Grid]:
    return lambda found: shift_grid(found, shift_ms)


def _bar_one(beats: int) -> Callable[[Grid], Grid]:
    def move(found: Grid) -> Grid:
        # a bar further on, so that 'earlier' never leaves the start of the track
        bar_sec = found.period_sec * found.beats_per_bar
        return bar_one_here(found, found.first_downbeat_sec + bar_sec + beats * found.period_sec)

    return move
