"""How much each of the DJ's words counts: newer ones more, those taken to and fro less."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from library.buckets import buckets_of_value
from library.notebook import Entry

HALF_LIFE_DAYS = 365.0
"""Tastes and folders change over years, not weeks."""

OLDEST = 0.5
"""However old, a deliberate word counts half of a new one: more than a tag."""


def word_weights(entries: Iterable[Entry]) -> dict[str, float]:
    """Return {track id: weight 0–1} of what the DJ said last on each track.

    A word's age counts from the newest word of all, so that the same notebook always gives the
    same weights; where the DJ has said several things of a track, what stands counts the less
    the more of them it is not.

    Parameters
    ----------
    entries
        Entries of one kind that stand, newest first.
    """
    said: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.value is not None:
            said.setdefault(entry.content_hash, []).append(entry)
    if not said:
        return {}
    now = max(_time(words[0]) for words in said.values())
    weights = {}
    for track, words in said.items():
        days = (now - _time(words[0])).total_seconds() / 86_400
        recency = OLDEST + (1 - OLDEST) * 0.5 ** (days / HALF_LIFE_DAYS)
        ever = {name for word in words for name in buckets_of_value(word.value)}
        weights[track] = recency / (1 + len(ever - set(buckets_of_value(words[0].value))))
    return weights


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.time)
