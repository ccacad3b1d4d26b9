"""Files that move and are never lost: killed at every step, killed at random, undone."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from training.journal import Disk
from training.moving import Order, batches, carry_out, recover, undo

DYING = """
import os, sys
from pathlib import Path
from training.journal import Disk
from training.moving import Order, batches, carry_out, undo

class Dying(Disk):
    left = int(sys.argv[2])
    def step(self, halfway=lambda: None):
        if Dying.left == 0:
            halfway()
            os._exit(9)
        Dying.left -= 1
    def write_line(self, file, line):
        self.step(lambda: (file.write(line[:len(line) // 2]), file.flush()))
        super().write_line(file, line)
        self.step()
    def make_folder(self, folder):
        self.step(); super().make_folder(folder)
    def reserve(self, path):
        self.step(); super().reserve(path); self.step()
    def rename(self, old, new):
        self.step(); super().rename(old, new); self.step()
    def copy(self, source, part):
        self.step(lambda: part.write_bytes(source.read_bytes()[:3]))
        return super().copy(source, part)
    def remove(self, path):
        self.step(); super().remove(path); self.step()
    def same_system(self, one, other):
        return "stick" not in str(other) + str(one)

home = Path(sys.argv[1])
journals = home / "journals"
if sys.argv[3] == "undo":
    undo(journals, batches(journals)[0], disk=Dying())
else:
    orders = [Order(line.split("|")[0], *map(Path, line.split("|")[1:]))
              for line in (home / "orders").read_text().splitlines()]
    carry_out(orders, journals, sys.argv[3], disk=Dying())
"""


class Stick(Disk):
    """A disk on which folders named 'stick' are another file system."""

    def same_system(self, one: Path, other: Path) -> bool:
        return "stick" not in f"{one}{other}"


def make_home(home: Path) -> list[Order]:
    """Four files: one plain, one whose name is taken, one in a new folder, one to a stick."""
    music = home / "music"
    (music / "in" / "sub").mkdir(parents=True)
    (music / "CLUB").mkdir()
    (music / "CLUB" / "b.wav").write_bytes(b"another b")
    orders = []
    for name, target in (
        ("a", "CLUB"), ("sub/b", "CLUB"), ("c", "NEW/DEEP"), ("d", "stick/CLUB"),
    ):  # fmt: skip
        source = music / "in" / f"{name}.wav"
        source.write_bytes(f"music of {name}".encode())
        orders.append(Order(f"id {name}", source, music / target / source.name))
    (home / "orders").write_text(
        "\n".join(f"{one.track_id}|{one.source}|{one.target}" for one in orders)
    )
    return orders


def contents(home: Path) -> Counter[bytes]:
    """Count every file of the music by what it holds, leftovers and all."""
    return Counter(path.read_bytes() for path in (home / "music").rglob("*") if path.is_file())


def places(home: Path) -> dict[str, bytes]:
    music = home / "music"
    return {
        path.relative_to(music).as_posix(): path.read_bytes()
        for path in music.rglob("*")
        if path.is_file()
    }


def die(home: Path, step: int, what: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", DYING, home, str(step), what], check=False, timeout=60
    )
    assert done.returncode in (0, 9)
    return done.returncode


@pytest.mark.parametrize("what", ["move", "copy"])
def test_killed_at_any_step_no_file_is_lost_or_doubled(tmp_path: Path, what: str) -> None:
    for step in range(200):
        home = tmp_path / f"{what}{step}"
        orders = make_home(home)
        before, sources = contents(home), {one.source.read_bytes(): one for one in orders}
        finished = die(home, step, what) == 0
        reached = recover(home / "journals", disk=Stick())
        after = contents(home)
        if what == "move":
            assert after == before, f"killed at step {step}"
        else:
            assert set(after) == set(before), f"killed at step {step}"
            for content, one in sources.items():
                assert one.source.read_bytes() == content
                assert after[content] <= 2
        for track, place in reached:
            assert place.read_bytes() == f"music of {track.removeprefix('id ')}".encode()
        assert recover(home / "journals", disk=Stick()) == []
        if finished:
            break
    assert finished
    assert step > 40
    assert places(home)["CLUB/b (2).wav"] == b"music of sub/b"
    assert places(home)["CLUB/b.wav"] == b"another b"
    assert places(home)["stick/CLUB/d.wav"] == b"music of d"


@pytest.mark.parametrize("what", ["move", "copy"])
def test_killed_while_undoing_the_rest_can_be_undone(tmp_path: Path, what: str) -> None:
    for step in range(200):
        home = tmp_path / f"{what}{step}"
        orders = make_home(home)
        start = places(home)
        carry_out(orders, home / "journals", what, disk=Stick())  # type: ignore[arg-type]
        finished = die(home, step, "undo") == 0
        recover(home / "journals", disk=Stick())
        if what == "move":
            assert sorted(places(home).values()) == sorted(start.values()), f"step {step}"
        for batch in batches(home / "journals"):
            assert not undo(home / "journals", batch, disk=Stick()).failed
        assert places(home) == start, f"killed at step {step}"
        assert batches(home / "journals") == []
        if finished:
            break
    assert finished


def test_killed_twenty_times_at_random_no_file_is_lost_or_doubled(tmp_path: Path) -> None:
    draw = random.Random(5)
    home = tmp_path / "home"
    music = home / "music"
    orders = []
    for number in range(80):
        source = music / f"in{number % 3}" / f"{number % 40:03}.wav"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(bytes([number]) * draw.randrange(10_000, 900_000))
        folder = ("A", "B/C", "stick")[number % 3]
        orders.append(Order(str(number), source, music / folder / source.name))
    start = places(home)
    kills = 0
    while kills < 20:
        (home / "orders").write_text(
            "\n".join(f"{o.track_id}|{o.source}|{o.target}" for o in orders if o.source.exists())
        )
        before = sum(file.stat().st_size for file in home.glob("journals/*"))
        process = subprocess.Popen([sys.executable, "-c", DYING, home, "-1", "move"])
        until = before + draw.randrange(300, 4_000)
        while process.poll() is None:
            if sum(file.stat().st_size for file in home.glob("journals/*")) >= until:
                time.sleep(draw.random() * 0.003)
                process.send_signal(signal.SIGKILL)
                process.wait()
        kills += process.returncode == -signal.SIGKILL
        recover(home / "journals", disk=Stick())
        assert sorted(places(home).values()) == sorted(start.values())
        if not any(order.source.exists() for order in orders):
            for batch in batches(home / "journals"):
                undo(home / "journals", batch, disk=Stick())
            assert places(home) == start


def test_what_cannot_be_moved_stays_and_is_named(tmp_path: Path) -> None:
    orders = make_home(tmp_path)
    music = tmp_path / "music"
    link = music / "in" / "link.wav"
    link.symlink_to(orders[0].source)
    (music / "file").write_bytes(b"in the way")
    more = [
        Order("gone", music / "gone.wav", music / "CLUB" / "gone.wav"),
        Order("link", link, music / "CLUB" / "link.wav"),
        Order("blocked", orders[2].source, music / "file" / "c.wav"),
        Order("there", orders[3].source, orders[3].source),
    ]
    done = carry_out(more, tmp_path / "journals")
    assert done.done == []
    reasons = dict(done.failed)
    assert reasons[more[0].source] == "it is not there any more"
    assert "link" in reasons[link]
    assert reasons[more[3].source] == "it lies there already"
    assert all(one.source.exists() for one in orders)
    assert batches(tmp_path / "journals") == []


def test_a_copy_that_is_not_like_the_original_is_thrown_away(tmp_path: Path) -> None:
    class Rotten(Stick):
        def copy(self, source: Path, part: Path) -> str:
            digest = super().copy(source, part)
            part.write_bytes(b"rotten")
            return digest

    orders = make_home(tmp_path)
    before = places(tmp_path)
    done = carry_out(orders[3:], tmp_path / "journals", disk=Rotten())
    assert "not like the original" in done.failed[0][1]
    assert places(tmp_path) == before


def test_a_file_that_cannot_be_removed_keeps_no_second_copy(tmp_path: Path) -> None:
    class Sealed(Stick):
        def remove(self, path: Path) -> None:
            if path.name == "d.wav" and "in" in path.parts:
                raise PermissionError(13, "Permission denied")
            super().remove(path)

    orders = make_home(tmp_path)
    before = places(tmp_path)
    done = carry_out(orders[3:], tmp_path / "journals", disk=Sealed())
    assert done.failed == [(orders[3].source, "Permission denied")]
    assert places(tmp_path) == before


def test_a_copy_that_somebody_edited_is_not_removed_by_undo(tmp_path: Path) -> None:
    orders = make_home(tmp_path)
    done = carry_out(orders[:2], tmp_path / "journals", "copy")
    done.done[0][2].write_bytes(b"edited since")
    back = undo(tmp_path / "journals", done.batch)
    assert [path for path, _ in back.failed] == [done.done[0][2]]
    assert done.done[0][2].read_bytes() == b"edited since"
    assert not done.done[1][2].exists()


def test_the_journal_is_written_before_the_file_moves(tmp_path: Path) -> None:
    seen: list[str] = []

    class Watching(Disk):
        def rename(self, old: Path, new: Path) -> None:
            (journal,) = (tmp_path / "journals").glob("*.jsonl")
            last = json.loads(journal.read_text().splitlines()[-1])
            assert (last["step"], last["target"]) == ("intend", str(new))
            seen.append(last["source"])
            super().rename(old, new)

    orders = make_home(tmp_path)[:3]
    carry_out(orders, tmp_path / "journals", disk=Watching())
    assert seen == [str(one.source) for one in orders]
