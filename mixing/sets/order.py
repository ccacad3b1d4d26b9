"""Choosing and ordering tracks: a beam search for a start, then local search, by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mixing.sets.arcs import Arc
from mixing.sets.cost import Costs
from mixing.sets.errors import TooFewSongs
from mixing.sets.songs import Song
from mixing.sets.wishes import Blocks, Wishes, make_blocks

BEAM_WIDTH = 12
"""Beginnings kept at each step of the construction."""
STARTS = 3
"""Constructed rows from which the local search sets out."""
EVALUATIONS = 40_000
"""Orders looked at before the search ends: seconds for an hour's set, and the same on every
machine, which a limit in time would not be."""
CHECK_EVERY = 500
"""Orders looked at between two questions whether to go on: some hundredths of a second."""

Check = Callable[[], None]
EXCHANGES = 8
"""Unused blocks tried for a place, the most promising by their neighbours and energy."""
LONGEST_MOVED = 3
"""Blocks moved together in one step."""
SHORTEST_SHARE = 0.75
"""A construction counts as finished from this share of the wished length on."""
KICKS = 16
"""Kicks in a row that find nothing better, after which the search ends."""
KICKED_BLOCKS = 4
"""Rows shorter than this are searched whole; there is nothing to kick."""

Row = tuple[int, ...]


class _Move(NamedTuple):
    """A row put into another order, told in few words: of a long row there are very many.

    ``kind`` is `_SWAPPED` (blocks ``one`` and ``two`` change places), `_TURNED` (the stretch from
    ``one`` to ``two`` runs backwards), or how many blocks from ``one`` on move to ``two``.
    """

    kind: int
    one: int
    two: int

    def of(self, row: Row) -> Row:
        """Return the row in that order."""
        kind, one, two = self
        if kind == _SWAPPED:
            return (*row[:one], row[two], *row[one + 1 : two], row[one], *row[two + 1 :])
        if kind == _TURNED:
            return (*row[:one], *reversed(row[one : two + 1]), *row[two + 1 :])
        moved, rest = row[one : one + kind], (*row[:one], *row[one + kind :])
        return (*rest[:two], *moved, *rest[two:])


_SWAPPED, _TURNED = 0, -1


@dataclass(frozen=True)
class Ordered:
    """An order and what it costs.

    Parameters
    ----------
    order
        Positions in the pool of songs.
    costs
        The pool's costs.
    """

    order: tuple[int, ...]
    costs: Costs

    @property
    def total(self) -> float:
        """The cost."""
        return self.costs.total(self.order)

    @property
    def songs(self) -> list[Song]:
        """The songs in their order."""
        return [self.costs.songs[index] for index in self.order]


def order_songs(
    songs: Sequence[Song],
    arc: Arc,
    target_sec: float | None = None,
    wishes: Wishes | None = None,
    seed: int = 0,
    check: Check | None = None,
) -> Ordered:
    """Choose and order songs for a set.

    Parameters
    ----------
    songs
        The pool.
    arc
        The course of energy wished for.
    target_sec
        Length wished for; None plays every song.
    wishes
        What the DJ has settled.
    seed
        Of the local search; the same seed gives the same order.
    check
        Called now and then; whatever it raises stops the search.

    Raises
    ------
    TooFewSongs
        Without two songs.
    ImpossibleSet
        If the wishes cannot be fulfilled.
    """
    if len(songs) < 2:
        raise TooFewSongs(len(songs))
    blocks = make_blocks([each.track_id for each in songs], wishes or Wishes(), target_sec is None)
    costs = Costs(songs, arc, target_sec)
    search = _Search(costs, blocks, seed, check)
    return Ordered(tuple(blocks.order(search.run())), costs)


class _Search:
    """One search; counts what it looks at."""

    def __init__(self, costs: Costs, blocks: Blocks, seed: int, check: Check | None = None) -> None:
        self.costs, self.blocks = costs, blocks
        self.check = check or (lambda: None)
        self.random = random.Random(seed)
        self.looked = 0
        self.play = [sum(costs.play[song] for song in block) for block in blocks.songs]

    def run(self) -> Row:
        """Return the best row found."""
        if self.blocks.first is not None and self.blocks.first == self.blocks.last:
            return (self.blocks.first,)
        found = [self._descend(row) for row in self._construct()]
        best_cost, best = min(found)
        idle = 0
        while idle < KICKS and self.looked < EVALUATIONS and len(best) >= KICKED_BLOCKS:
            cost, row = self._descend(self._kicked(best))
            idle += 1
            if cost < best_cost - 1e-9:
                best_cost, best, idle = cost, row, 0
        return best

    def cost(self, row: Sequence[int]) -> float:
        """Return a row's cost."""
        self.looked += 1
        if self.looked % CHECK_EVERY == 0:
            self.check()
        return self.costs.total(self.blocks.order(row))

    # -- construction ----------------------------------------------------------------------

    def _construct(self) -> list[Row]:
        """Return the best rows that a beam search finds."""
        blocks, costs = self.blocks, self.costs
        whole = costs.target_sec or sum(self.play)
        inner = [
            number
            for number in range(len(blocks.songs))
            if number not in (blocks.first, blocks.last)
        ]
        start: Row = () if blocks.first is None else (blocks.first,)
        end: Row = () if blocks.last is None else (blocks.last,)
        beam: list[tuple[float, float, Row]] = [(0.0, sum(self.play[b] for b in start), start)]
        done: dict[Row, float] = {}
        ending = sum(self.play[b] for b in end)
        while beam:
            longer: list[tuple[float, float, Row]] = []
            for cost, clock, row in beam:
                self.check()  # of a large pool each beginning has hundreds of ways to go on
                complete = clock + ending >= SHORTEST_SHARE * whole
                if costs.target_sec is None:
                    complete = len(row) == len(inner) + len(start)
                if complete:
                    finished = self._with_required((*row, *end))
                    if len(blocks.order(finished)) > 1:
                        done[finished] = self.cost(finished)
                if costs.target_sec is not None and clock + ending >= whole:
                    continue
                used = set(row)
                for number in inner:
                    if number not in used:
                        step = self._step(row, number, clock, whole)
                        longer.append((cost + step, clock + self.play[number], (*row, number)))
            # A minute played is worth a minute's points, or short tracks would look dear.
            longer.sort(key=lambda state: (state[0] / max(state[1], 1.0), state[2]))
            beam = longer[:BEAM_WIDTH]
        if not done:  # a wish so short that two tracks fill it
            rows = [(*start, number, *end) for number in inner] if start or end else []
            if start and end:
                rows.append((*start, *end))
            rows = rows or [(one, two) for one in inner[:BEAM_WIDTH] for two in inner if one != two]
            done = {row: self.cost(row) for row in map(self._with_required, rows)}
        return sorted(done, key=lambda row: (done[row], row))[:STARTS]

    def _step(self, row: Row, number: int, clock: float, whole: float) -> float:
        """Return about what it costs to go on with a block."""
        costs, block = self.costs, self.blocks.songs[number]
        points = costs.energy_points(block[0], min(1.0, (clock + self.play[number] / 2) / whole))
        if row:
            points += costs.pair[self.blocks.songs[row[-1]][-1]][block[0]]
        order = self.blocks.order((*row[-4:], number))
        return points + costs.artist_points(order, len(order) - len(block))

    def _with_required(self, row: Row) -> Row:
        """Return the row with every block that must be played, where it costs least."""
        for number in sorted(self.blocks.required - set(row)):
            low, high = self._free(row)
            tried = [(*row[:at], number, *row[at:]) for at in range(low, high + 1)]
            row = min(tried, key=lambda each: (self.cost(each), each))
        return row

    # -- local search ----------------------------------------------------------------------

    def _free(self, row: Row) -> tuple[int, int]:
        """Return between which places of a row blocks may move."""
        low = 0 if self.blocks.first is None else 1
        return low, len(row) - (0 if self.blocks.last is None else 1)

    def _descend(self, row: Row) -> tuple[float, Row]:
        """Return the row after every single step that makes it cheaper."""
        cost = self.cost(row)
        improved = True
        while improved and self.looked < 2 * EVALUATIONS:
            improved = False
            self.check()
            steps: list[_Move | Row] = [*self._moves(row), *self._replaced(row)]
            self.random.shuffle(steps)
            for step in steps:
                other = step.of(row) if isinstance(step, _Move) else step
                other_cost = self.cost(other)
                if other_cost < cost - 1e-9:
                    cost, row, improved = other_cost, other, True
                    break
        return cost, row

    def _moves(self, row: Row) -> Iterator[_Move]:
        """Yield how two blocks change places, some move, or a stretch is turned."""
        low, high = self._free(row)
        for one in range(low, high):
            for two in range(one + 1, high):
                yield _Move(_SWAPPED, one, two)
                if two - one > 1:
                    yield _Move(_TURNED, one, two)
            for length in range(1, min(LONGEST_MOVED, high - one) + 1):
                for at in range(low, high - length + 1):
                    if at != one:
                        yield _Move(length, one, at)

    def _replaced(self, row: Row) -> Iterator[Row]:
        """Yield the rows with a block exchanged, added or left out."""
        if self.costs.target_sec is None:
            return
        used = set(row)
        unused = [number for number in range(len(self.blocks.songs)) if number not in used]
        low, high = self._free(row)
        for at in range(low, high):
            if row[at] not in self.blocks.required:
                if len(self.blocks.order(row)) - len(self.blocks.songs[row[at]]) > 1:
                    yield (*row[:at], *row[at + 1 :])
                for number in self._likely(row, at, at + 1, unused):
                    yield (*row[:at], number, *row[at + 1 :])
        for at in range(low, high + 1):
            for number in self._likely(row, at, at, unused):
                yield (*row[:at], number, *row[at:])

    def _likely(self, row: Row, low: int, high: int, unused: Sequence[int]) -> list[int]:
        """Return the unused blocks that would fit best between ``row[:low]`` and ``row[high:]``."""
        self.check()
        costs, songs = self.costs, self.blocks.songs
        before = costs.pair[songs[row[low - 1]][-1]] if low else None
        after = songs[row[high]][0] if high < len(row) else None
        whole = sum(self.play[number] for number in row)
        share = sum(self.play[number] for number in row[:low]) / max(whole, 1e-9)

        def points(number: int) -> float:
            block = songs[number]
            total = costs.energy_points(block[0], share)
            if before is not None:
                total += before[block[0]]
            if after is not None:
                total += costs.pair[block[-1]][after]
            return total

        return sorted(unused, key=lambda number: (points(number), number))[:EXCHANGES]

    def _kicked(self, row: Row) -> Row:
        """Return the row with two neighbouring stretches in each other's place."""
        low, high = self._free(row)
        if high - low < 3:
            return row
        one, two, three = sorted(self.random.sample(range(low, high + 1), 3))
        return (*row[:one], *row[two:three], *row[one:two], *row[three:])
