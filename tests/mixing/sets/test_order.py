"""Orders against brute force, and what the DJ has settled."""

from __future__ import annotations

import itertools
import random
import tracemalloc

import numpy as np
import pytest

from mixing.errors import UnknownStyle
from mixing.sets.arcs import ARCS, find_arc
from mixing.sets.cost import ARTIST_POINTS, BREAK_POINTS, Costs, tempo_points
from mixing.sets.errors import ImpossibleSet, TooFewSongs
from mixing.sets.order import order_songs
from mixing.sets.songs import Song
from mixing.sets.wishes import Wishes


def make_songs(seed: int, count: int) -> list[Song]:
    draw = random.Random(seed)
    return [
        Song(
            track_id=f"t{number}",
            title=f"Song {number}",
            artist=draw.choice(["Ada", "Bo", "Cy", ""]),
            bpm=draw.choice([None, *(draw.uniform(118, 130) for _ in range(6)), 62.0]),
            camelot=draw.choice(["8A", "9A", "3B", "11B", None]),
            energy=draw.choice([None, *(draw.uniform(2, 9) for _ in range(5))]),
            play_sec=draw.uniform(120, 300),
            vector=None if draw.random() < 0.2 else np.array([draw.gauss(0, 1) for _ in range(4)]),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_an_order_of_all_is_as_cheap_as_brute_force(seed: int) -> None:
    songs = make_songs(seed, 4 + seed % 4)
    arc = list(ARCS.values())[seed % len(ARCS)]
    found = order_songs(songs, arc, seed=seed)
    costs = Costs(songs, arc)
    best = min(costs.total(order) for order in itertools.permutations(range(len(songs))))
    assert sorted(found.order) == list(range(len(songs)))
    assert found.total == pytest.approx(best, abs=1e-9)


def test_nine_tracks_with_a_first_one_are_within_a_hundredth_of_brute_force() -> None:
    songs = make_songs(77, 9)
    arc = ARCS["journey"]
    found = order_songs(songs, arc, wishes=Wishes(first="t4"))
    costs = Costs(songs, arc)
    others = [number for number in range(9) if number != 4]
    best = min(costs.total((4, *order)) for order in itertools.permutations(others))
    assert found.order[0] == 4
    assert best <= found.total <= 1.01 * best


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_by_length_is_as_cheap_as_brute_force(seed: int) -> None:
    songs = make_songs(100 + seed, 6)
    arc, target = ARCS["peak"], 10 * 60.0
    found = order_songs(songs, arc, target, seed=1)
    costs = Costs(songs, arc, target)
    best = min(
        costs.total(order)
        for count in range(2, 7)
        for order in itertools.permutations(range(6), count)
    )
    assert found.total == pytest.approx(best, abs=1e-9)


def test_the_terms_add_up_and_the_same_seed_gives_the_same_order() -> None:
    songs = make_songs(5, 14)
    one, two = (order_songs(songs, ARCS["warm-up"], 30 * 60, seed=3) for _ in range(2))
    assert one.order == two.order
    assert len(set(one.order)) == len(one.order)
    assert one.costs.terms(one.order).total == pytest.approx(one.total)
    length = sum(song.play_sec for song in one.songs)
    assert length == pytest.approx(30 * 60, abs=150)


@pytest.mark.parametrize("target", [None, 900.0])
def test_first_last_and_locks_are_kept(target: float | None) -> None:
    songs = make_songs(8, 9)
    wishes = Wishes("t3", "t6", (("t1", "t5"), ("t5", "t0"), ("t8", "t6")))
    found = order_songs(songs, ARCS["chill"], target, wishes)
    names = [song.track_id for song in found.songs]
    assert names[0] == "t3"
    assert names[-2:] == ["t8", "t6"]
    at = names.index("t1")
    assert names[at : at + 3] == ["t1", "t5", "t0"]


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(first="nobody"),
        Wishes(locks=(("t0", "t1"), ("t1", "t0"))),
        Wishes(locks=(("t0", "t1"), ("t0", "t2"))),
        Wishes(locks=(("t0", "t2"), ("t1", "t2"))),
        Wishes(locks=(("t0", "t0"),)),
        Wishes(first="t1", locks=(("t0", "t1"),)),
        Wishes(last="t0", locks=(("t0", "t1"),)),
        Wishes(first="t0", last="t0"),
    ],
)
def test_wishes_that_contradict_one_another_are_refused(wishes: Wishes) -> None:
    with pytest.raises(ImpossibleSet):
        order_songs(make_songs(1, 4), ARCS["peak"], None, wishes)


def test_too_few_songs_and_unknown_arcs_are_named() -> None:
    with pytest.raises(TooFewSongs, match="1 track long enough"):
        order_songs(make_songs(1, 1), ARCS["peak"])
    with pytest.raises(UnknownStyle, match="warm-up, peak, journey, chill"):
        find_arc("sideways")


def plain(name: str, artist: str = "", energy: float = 5.0, bpm: float = 124.0) -> Song:
    return Song(name, name, artist, bpm, "8A", energy, 200.0)


def test_the_arc_decides_where_energy_lies() -> None:
    songs = [plain(str(level), energy=float(level)) for level in (7, 2, 9, 4, 3, 8)]
    rising = [song.energy for song in order_songs(songs, ARCS["warm-up"]).songs]
    assert rising == sorted(rising)
    falling = [song.energy for song in order_songs(songs, ARCS["chill"]).songs]
    assert falling[-3:] == sorted(falling[-3:], reverse=True)


def test_an_artist_is_spread_out() -> None:
    songs = [plain(str(n), artist) for n, artist in enumerate(["Ada"] * 2 + ["Bo", "Cy", "Di"])]
    names = [song.artist for song in order_songs(songs, ARCS["peak"]).songs]
    assert abs(names.index("Ada") - (len(names) - 1 - names[::-1].index("Ada"))) == 4
    costs = Costs(songs, ARCS["peak"])
    assert costs.terms([0, 1]).artist == ARTIST_POINTS


def test_half_and_double_tempo_are_no_step_and_a_break_is_dear() -> None:
    points = tempo_points([87.0, 174.0, 124.0, None, 125.0])
    assert points[0, 1] == 0.0
    assert points[2, 4] == 0.0
    assert points[0, 2] >= BREAK_POINTS
    assert points[2, 3] == points[3, 2] > 0


def test_likeness_decides_where_all_else_is_equal() -> None:
    angles = {"n": 0.0, "e": 1.0, "s": 2.0, "w": 3.0}
    songs = [
        Song(name, name, "", 124.0, "8A", 5.0, 200.0, np.array([np.cos(at), np.sin(at)]))
        for name, at in sorted(angles.items())
    ]
    names = "".join(song.track_id for song in order_songs(songs, ARCS["peak"]).songs)
    assert names in ("nesw", "wsen")


def test_a_long_row_takes_little_memory_and_can_be_stopped_anywhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mixing.sets.order.EVALUATIONS", 1_000)
    songs = make_songs(1, 60)
    since, longest = 0, 0

    def check() -> None:
        nonlocal since, longest
        since, longest = 0, max(longest, since)

    class Watched(Costs):
        def energy_points(self, song: int, share: float) -> float:
            nonlocal since
            since += 1
            return super().energy_points(song, share)

    monkeypatch.setattr("mixing.sets.order.Costs", Watched)
    order_songs(songs, ARCS["peak"], 3600.0, check=check)
    assert longest <= 3 * len(songs), "songs weighed between two questions whether to go on"
    tracemalloc.start()
    try:
        order_songs(songs, ARCS["peak"], check=check)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    ways = 4 * len(songs) ** 2
    assert most < 200 * ways, "bytes for each way to put the row into another order"
