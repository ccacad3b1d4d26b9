"""What an order of tracks costs: each way in which a set can disappoint, in points.

The points are those of the transition rules (``mixing.policies``): about ten make a transition
that a listener would remember for the wrong reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mixing.camelot import camelot_relation
from mixing.candidates import MULTIPLES
from mixing.sets.arcs import Arc, energy_range
from mixing.sets.songs import Song

Floats = NDArray[np.float64]

FREE_TEMPO_PERCENT = 1.0
"""A step that no dancer and hardly a DJ notices."""
TEMPO_POINTS = 0.8
"""For each per cent of step beyond that, up to the preferred stretch:"""
PREFERRED_PERCENT = 5.0
TEMPO_HARD_POINTS = 3.0
"""for each per cent beyond the preferred stretch, as voices begin to sound wrong."""
BREAK_PERCENT = 8.0
BREAK_POINTS = 25.0
"""Beyond 8 % no blend is possible: the floor hears a break."""
UNKNOWN_TEMPO_POINTS = 20.0
"""Without a grid only a plain fade is left."""

ENERGY_POINTS = 1.5
"""For the square of each level (of ten) beside the arc: one level is free play, three are not."""
UNKNOWN_ENERGY_LEVELS = 2.0
"""How far a track of unknown energy is assumed to lie beside the arc."""

ARTIST_GAP = 4
"""Tracks between two of one artist from which on nobody minds."""
ARTIST_POINTS = 10.0
"""For the same artist twice in a row; less with each track between."""

SIMILARITY_POINTS = 3.0
"""For each unit of cosine distance (0–2) between neighbours: sound matters, but after tempo,
key and energy."""
UNKNOWN_DISTANCE = 1.0
"""Two tracks whose likeness nobody measured: as unlike as two at random."""

FREE_LENGTH_SHARE = 0.03
"""Two minutes more or less in an hour: no more is known before the mix points are chosen."""
LENGTH_POINTS_PER_MIN = 30.0
"""For each minute beyond that: the length was asked for, so half a track too many outweighs
a break."""

_STEPS = 512
"""Resolution of the arc: an hour in steps of seven seconds."""


@dataclass(frozen=True)
class Terms:
    """What an order costs, term by term."""

    tempo: float
    key: float
    energy: float
    artist: float
    similarity: float
    length: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.tempo + self.key + self.energy + self.artist + self.similarity + self.length


class Costs:
    """The costs of orders of one pool of songs.

    Parameters
    ----------
    songs
        The pool. Orders are lists of positions in it.
    arc
        The course of energy wished for.
    target_sec
        Length wished for; None where all songs are to be played.
    """

    def __init__(self, songs: Sequence[Song], arc: Arc, target_sec: float | None = None) -> None:
        self.songs = songs
        self.target_sec = target_sec
        low, high = energy_range([each.energy for each in songs if each.energy is not None])
        shares = (np.arange(_STEPS) + 0.5) / _STEPS
        self._targets: list[float] = (low + (high - low) * arc.at(shares)).tolist()
        self.tempo = tempo_points([each.bpm for each in songs])
        self.key = key_points([each.camelot for each in songs])
        self.similarity = similarity_points([each.vector for each in songs])
        pair = self.tempo + self.key + self.similarity
        self.pair: list[list[float]] = pair.tolist()
        self.play: list[float] = [each.play_sec for each in songs]
        self._energy = [each.energy for each in songs]
        names = {name: number for number, name in enumerate({each.artist for each in songs})}
        # An unknown artist is nobody's double.
        self._artist = [
            names[each.artist] if each.artist else -1 - index for index, each in enumerate(songs)
        ]

    def target_energy(self, share: float) -> float:
        """Return the energy (0–10) that the arc wishes for at a share of the set."""
        return self._targets[min(_STEPS - 1, max(0, int(share * _STEPS)))]

    def energy_points(self, song: int, share: float) -> float:
        """Return what a song costs at a share of the set."""
        energy = self._energy[song]
        step = UNKNOWN_ENERGY_LEVELS if energy is None else energy - self.target_energy(share)
        return ENERGY_POINTS * step * step

    def artist_points(self, order: Sequence[int], position: int) -> float:
        """Return what the artist at a position costs, by those who came just before."""
        artist = self._artist
        own = artist[order[position]]
        for gap in range(1, min(ARTIST_GAP, position) + 1):
            if artist[order[position - gap]] == own:
                return ARTIST_POINTS * (1 - (gap - 1) / ARTIST_GAP)
        return 0.0

    def length_points(self, total_sec: float) -> float:
        """Return what a length costs."""
        if self.target_sec is None:
            return 0.0
        beside = abs(total_sec - self.target_sec) - FREE_LENGTH_SHARE * self.target_sec
        return LENGTH_POINTS_PER_MIN * max(0.0, beside) / 60

    def total(self, order: Sequence[int]) -> float:
        """Return the cost of an order."""
        play, pair, targets, energies = self.play, self.pair, self._targets, self._energy
        whole = sum([play[song] for song in order])
        cost = self.length_points(whole)
        scale = _STEPS / whole if whole else 0.0
        clock, before = 0.0, -1
        for position, song in enumerate(order):
            if before >= 0:
                cost += pair[before][song]
            energy = energies[song]
            step = UNKNOWN_ENERGY_LEVELS
            if energy is not None:
                step = energy - targets[min(_STEPS - 1, int((clock + play[song] / 2) * scale))]
            cost += ENERGY_POINTS * step * step + self.artist_points(order, position)
            clock += play[song]
            before = song
        return cost

    def terms(self, order: Sequence[int]) -> Terms:
        """Return the cost of an order, term by term."""
        pairs = list(pairwise(order))
        energy = sum(
            self.energy_points(song, share)
            for song, share in zip(order, self.shares(order), strict=True)
        )
        return Terms(
            tempo=float(sum(self.tempo[pair] for pair in pairs)),
            key=float(sum(self.key[pair] for pair in pairs)),
            energy=float(energy),
            artist=sum(self.artist_points(order, position) for position in range(len(order))),
            similarity=float(sum(self.similarity[pair] for pair in pairs)),
            length=self.length_points(sum(self.play[song] for song in order)),
        )

    def shares(self, order: Sequence[int]) -> list[float]:
        """Return the middle of each song as a share of the set's time."""
        lengths = np.array([self.play[song] for song in order])
        middles = np.cumsum(lengths) - lengths / 2
        return [float(share) for share in middles / max(float(lengths.sum()), 1e-9)]


def tempo_points(bpms: Sequence[float | None]) -> Floats:
    """Return what each step of tempo costs, shape (n, n); half and double time are no step."""
    tempo = np.array([np.nan if bpm is None else bpm for bpm in bpms], np.float64)
    with np.errstate(invalid="ignore"):
        ratio = np.log(tempo[:, None] / tempo[None, :])
        steps = [np.abs(ratio + np.log(multiple)) for multiple in MULTIPLES]
        percent = 100 * np.expm1(np.minimum.reduce(steps))
    points = TEMPO_POINTS * np.maximum(0, percent - FREE_TEMPO_PERCENT)
    points += TEMPO_HARD_POINTS * np.maximum(0, percent - PREFERRED_PERCENT)
    points = np.where(percent > BREAK_PERCENT, np.maximum(points, BREAK_POINTS), points)
    # However far apart: a break is a break, and its price must not hide all else.
    points = np.minimum(points, 2 * BREAK_POINTS)
    return np.where(np.isnan(percent), UNKNOWN_TEMPO_POINTS, points)


def key_points(camelots: Sequence[str | None]) -> Floats:
    """Return what each pair of keys costs, shape (n, n)."""
    names = sorted({name or "" for name in camelots})
    table = np.array(
        [[camelot_relation(one, two).points for two in names] for one in names], np.float64
    ).reshape(len(names), len(names))
    index = [names.index(name or "") for name in camelots]
    return np.asarray(table[np.ix_(index, index)], np.float64)


def similarity_points(vectors: Sequence[NDArray[np.float64] | None]) -> Floats:
    """Return what each pair of sounds costs, shape (n, n)."""
    count = len(vectors)
    distance = np.full((count, count), UNKNOWN_DISTANCE)
    known = [index for index, vector in enumerate(vectors) if vector is not None]
    if known:
        matrix = np.array([vectors[index] for index in known], np.float64)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        matrix = matrix / np.where(lengths > 0, lengths, 1.0)
        distance[np.ix_(known, known)] = 1 - matrix @ matrix.T
    return SIMILARITY_POINTS * distance
