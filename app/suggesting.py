"""What could follow a track as it sounds on its deck now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.decks.protocol import Heard
from app.studio import Studio
from training.recommend import Recommendations, recommend_from
from training.rules import RecommendRules

RULES = RecommendRules(count=9, at_least=6)
"""The strip under a deck shows a handful, of which one may be on the deck already."""

TEMPO_STEP_BPM = 0.1
"""Smaller moves of the tempo fader change no suggestion."""


def suggestions(
    studio: Studio,
    playing: str,
    loaded: str | None,
    heard: Heard | None = None,
    played: Sequence[str] = (),
) -> Recommendations:
    """Return what could follow a track.

    Parameters
    ----------
    studio
        Library and recommender.
    playing
        The track to follow.
    loaded
        A track that is not suggested because it is on the deck already, or None.
    heard
        How ``playing`` sounds on its deck; None: as it is.
    played
        What was heard in this session, oldest first.

    Raises
    ------
    NoModel, UntrustedBundle, UnusableBundle
        If there is no recommender that may be used.
    """
    tempo = key = None
    if heard is not None:
        key = heard.camelot
        if heard.bpm is not None:
            tempo = round(round(heard.bpm / TEMPO_STEP_BPM) * TEMPO_STEP_BPM, 3)
    # what is on a deck now is no repeat of itself
    before = tuple(track for track in played if track not in (playing, loaded))

    def find() -> Recommendations:
        found = recommend_from(
            studio.library, studio.bundle(), playing, RULES, before, tempo_bpm=tempo, key=key
        )
        others = tuple(item for item in found.items if item.track_id != loaded)
        return replace(found, items=others)

    return studio.recall(("suggestions", playing, loaded, tempo, key, before), find)
