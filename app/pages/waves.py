"""The two waveforms across the page, with the planned transition marked on both."""

from __future__ import annotations

from app import components
from app.deck_state import DECKS, Deck, other
from app.pages import session
from app.pages.mixer import Planned
from app.studio import Studio
from mixing.plan import Plan


def browser_track(studio: Studio, track_id: str | None) -> dict[str, str] | None:
    """Return what the browser needs to fetch a track's sound, grid and waveform itself."""
    if track_id is None:
        return None
    return {
        "id": track_id,
        "rev": studio.revision(track_id),
        "title": studio.row(track_id).name,
    }


def show(studio: Studio, planned: Planned) -> None:
    """Draw the strips of both decks."""
    decks = session.decks()
    components.waveforms(
        {deck: browser_track(studio, decks.on(deck)) for deck in DECKS},
        overlap(planned.plan, planned.first) if planned.plan else None,
        studio.instructions.seek_position,
    )


def overlap(plan: Plan, first: Deck) -> dict[Deck, tuple[float, float, str]]:
    """Return where the transition lies on each deck's track: (start, end, "out" or "in").

    Parameters
    ----------
    plan
        The plan, from ``first`` to the other deck.
    first
        The deck whose track goes out.
    """
    length = plan.transition_end_sec - plan.transition_start_sec
    start, entry = plan.mix_out.sec, plan.mix_in.sec
    if plan.timeline is None:  # a switch: A plays it alone up to its end, where B begins
        return {first: (start - length, start, "out"), other(first): (entry, entry, "in")}
    rate = plan.timeline.b.rate
    return {
        first: (start, start + length * plan.timeline.a.rate, "out"),
        other(first): (entry, entry + length * rate, "in"),
    }
