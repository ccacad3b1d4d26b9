"""Our own parts of the page: drawn in the browser, told what to show by small declarative data.

Each is a Streamlit component (version 2) whose script is a module served by `app.server`. The
modules share ``engine.js``, which owns what sounds; so a rerun of the page never interrupts music.
Nothing continuous comes back to Python, and what comes back carries a sequence number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app import theme
from app.deck_state import Deck


def _component(name: str) -> Callable[..., Any]:
    # A line break marks the script as inline; a blob URL has no base, so the address is whole.
    script = (
        "export default async (component) => {\n"
        f'  const path = "{theme.asset_url(f"{name}.js")}";\n'
        "  const part = await import(new URL(path, window.location.origin).href);\n"
        "  return part.default(component);\n"
        "}\n"
    )
    part: Callable[..., Any] = st.components.v2.component(
        f"segue_{name}", js=script, css=theme.component_css()
    )
    return part


_waveforms = _component("waveforms")
_transport = _component("transport")
_preview = _component("preview")
_transition = _component("transition")
_clock = _component("clock")


def waveforms(
    tracks: dict[Deck, dict[str, str] | None],
    overlap: dict[Deck, tuple[float, float, str]] | None,
    start_share: float,
) -> None:
    """Show both decks' waveforms across the page.

    Parameters
    ----------
    tracks
        For each deck ``{id, rev, title}`` or None; a new ``rev`` makes the browser fetch the
        grid and sections anew.
    overlap
        For each deck the planned transition as (start, end, "out" or "in") in track seconds.
    start_share
        Where in a newly loaded track its deck stands, 0–1 of its length.
    """
    data: dict[str, Any] = {"overlap": overlap or {}, "seek": start_share}
    data.update({str(deck): track for deck, track in tracks.items()})
    _waveforms(key="waveforms", data=data)


def transport(
    deck: Deck, track: dict[str, str] | None, *, grid: bool, heard: int
) -> dict[str, Any]:
    """Show a deck's play button, times and jumps.

    Parameters
    ----------
    deck, track
        Which deck, and what lies on it (``{id, rev, title}``).
    grid
        Whether there is a beat grid, hence a bar 1 to set.
    heard
        The sequence number of the last bar-1 press that was dealt with.

    Returns
    -------
    dict
        ``{seq, track, sec}`` of the newest press of 'Bar 1 here'; empty before the first.
    """
    answer = _transport(
        key=f"transport-{deck}",
        data={"deck": deck, "track": track, "grid": grid, "heard": heard},
        on_bar1_change=_nothing,
    )
    pressed = answer.bar1
    return dict(pressed) if pressed else {}


def preview(data: dict[str, Any]) -> None:
    """Show the player of a rendered transition.

    Parameters
    ----------
    data
        ``{job, url, duration_sec, overlap: [start, end] | None, offset_sec, volume, direction:
        "ab" | "ba", format, file_name, compare, plain}``; ``compare`` offers the plain crossfade,
        ``plain`` is that, as far as ``volume``, once it is rendered.
    """
    _preview(key="preview", data=data)


def transition(data: dict[str, Any]) -> None:
    """Show a planned transition on the common beat line.

    Parameters
    ----------
    data
        What `app.transition_view.picture` returns, with a ``label`` in words, ``deck`` and
        ``track`` (``{id, rev, title}``) on each side, and under ``heard`` and ``plain`` the
        previews (``{job, offset_sec}``) whose play line is shown, or None.
    """
    _transition(key="transition", data=data)


def clock() -> None:
    """Show the time of day."""
    _clock(key="clock", data={}, width=44)


def _nothing() -> None:
    """Streamlit wants a callback for every state a component may set."""
