"""Our smaller parts of the page: drawn in the browser, told what to show by declarative data.

Each is a Streamlit component (version 2) whose script is a module served by `app.server`. The
modules share ``engine.js``, which owns what sounds of rendered transitions; so a rerun of the page
never interrupts it. The decks are a component of their own (`app.decks.component`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import theme
from app.served import served_component
from app.studio import Studio


def _component(name: str) -> Callable[..., Any]:
    address = theme.asset_url(f"{name}.js")
    return served_component(f"segue_{name}", address, css=theme.component_css())


_preview = _component("preview")
_transition = _component("transition")
_clock = _component("clock")


def browser_track(studio: Studio, track_id: str | None) -> dict[str, str] | None:
    """Return what the browser needs to fetch a track's facts and waveform itself."""
    if track_id is None:
        return None
    return {
        "id": track_id,
        "rev": studio.revision(track_id),
        "title": studio.row(track_id).name,
    }


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
