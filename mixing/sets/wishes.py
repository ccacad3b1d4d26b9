"""What the DJ has settled already: the first track, the last, and who follows whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixing.sets.errors import ImpossibleSet

Block = tuple[int, ...]


@dataclass(frozen=True)
class Wishes:
    """What an order must keep to, in track ids.

    Parameters
    ----------
    first, last
        The track that opens or closes the set.
    locks
        Pairs (one, two): two comes directly after one. Locks may form chains.
    """

    first: str | None = None
    last: str | None = None
    locks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Blocks:
    """Songs bundled by locks: what the search may move.

    Parameters
    ----------
    songs
        Each block's songs in order; most hold one.
    first, last
        The block that stands at an end, or None.
    required
        Blocks that must be played.
    """

    songs: tuple[Block, ...]
    first: int | None
    last: int | None
    required: frozenset[int]

    def order(self, row: Sequence[int]) -> list[int]:
        """Return the songs of a row of blocks."""
        return [song for block in row for song in self.songs[block]]


def make_blocks(ids: Sequence[str], wishes: Wishes, play_all: bool) -> Blocks:
    """Return the songs bundled by the wishes.

    Parameters
    ----------
    ids
        Track id of every song.
    wishes
        What to keep to.
    play_all
        Whether every song is required.

    Raises
    ------
    ImpossibleSet
        If the wishes contradict one another or name a track that is not there.
    """
    place = {track_id: index for index, track_id in enumerate(ids)}
    for name in (wishes.first, wishes.last, *(each for lock in wishes.locks for each in lock)):
        if name is not None and name not in place:
            raise ImpossibleSet(f"track {name} is not among those that can be played")
    after = _successors(wishes, place)
    led = set(after.values())
    if wishes.first is not None and place[wishes.first] in led:
        raise ImpossibleSet("the first track is locked behind another one")
    if wishes.last is not None and place[wishes.last] in after:
        raise ImpossibleSet("another track is locked behind the last one")
    songs: list[Block] = []
    for index in range(len(ids)):
        if index in led:
            continue
        chain = [index]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        songs.append(tuple(chain))
    if sum(len(block) for block in songs) != len(ids):
        raise ImpossibleSet("the locks go round in a circle")
    first = _holder(songs, place, wishes.first)
    last = _holder(songs, place, wishes.last)
    required = {number for number, block in enumerate(songs) if len(block) > 1 or play_all}
    required |= {number for number in (first, last) if number is not None}
    if first is not None and first == last and len(required) > 1:
        raise ImpossibleSet("first and last are locked together, which leaves no room between")
    return Blocks(tuple(songs), first, last, frozenset(required))


def _successors(wishes: Wishes, place: Mapping[str, int]) -> dict[int, int]:
    """Return {song: the song locked behind it}."""
    after: dict[int, int] = {}
    before: dict[int, int] = {}
    for one, two in wishes.locks:
        first, second = place[one], place[two]
        if first == second:
            raise ImpossibleSet("a track cannot follow itself")
        if after.get(first, second) != second or before.get(second, first) != first:
            raise ImpossibleSet("two locks want the same place beside one track")
        after[first], before[second] = second, first
    return after


def _holder(songs: Sequence[Block], place: Mapping[str, int], name: str | None) -> int | None:
    if name is None:
        return None
    return next(number for number, block in enumerate(songs) if place[name] in block)
