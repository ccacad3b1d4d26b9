"""Switches: A does something, and on the downbeat it is B. And the effects laid over any style."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from mixing import moves
from mixing.moves import Moment
from mixing.plan import Echo, Lane, Segment
from mixing.styles.base import Style


@dataclass(frozen=True)
class CutMix(Style):
    """A ends, B begins, on the downbeat."""

    name: str = "cut_mix"
    says: str = "a hard cut on the downbeat"
    blend: bool = False
    default_bars: int = 1

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        return [moves.cut("a", moment.end_sec)]


@dataclass(frozen=True)
class EchoTransition(Style):
    """A drowns in its own echo, B starts clean on the downbeat while the echo dies away."""

    name: str = "echo_transition"
    says: str = "A fades into its echo, B starts on the downbeat"
    blend: bool = False
    default_bars: int = 4
    delay_beats: float = 0.75
    feedback: float = 0.6
    send: float = 0.7
    tail_beats: float = 8.0
    dry_at_end: float = 0.5
    highpass_hz: float = 250.0

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        start, end = moment.start_sec, moment.end_sec
        return [
            moves.lane(
                "a",
                "fader",
                [(start, 1.0), (end - moves.CUT_SEC, self.dry_at_end), (end, 0.0)],
            ),
            moves.lane(
                "a",
                "echo_send",
                [(start, 0.0), (end - moves.CUT_SEC, self.send), (end, 0.0)],
            ),
        ]

    def echoes(self, moment: Moment) -> list[Echo]:
        """Return the echo."""
        return [
            Echo(
                side="a",
                delay_sec=self.delay_beats * moment.beat_sec,
                feedback=self.feedback,
                highpass_hz=self.highpass_hz,
                tail_sec=self.tail_beats * moment.beat_sec,
            )
        ]


@dataclass(frozen=True)
class EchoOut(EchoTransition):
    """A's last beat is thrown into an echo on the beat, thinned, while B plays."""

    name: str = "echo_out"
    says: str = "A's last beat thrown into an echo, B in on the downbeat"
    delay_beats: float = 1.0
    feedback: float = 0.7
    send: float = 1.0
    tail_beats: float = 12.0
    highpass_hz: float = 500.0
    thrown_beats: float = 1.0

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        end = moment.end_sec
        throw = end - self.thrown_beats * moment.beat_sec
        return [
            moves.cut("a", end),
            moves.lane(
                "a",
                "echo_send",
                [
                    (throw - moves.CUT_SEC, 0.0),
                    (throw, self.send),
                    (end - moves.CUT_SEC, self.send),
                    (end, 0.0),
                ],
            ),
        ]


@dataclass(frozen=True)
class LoopRoll(Style):
    """A's last bars roll in halving loops under a rising high-pass, B drops in."""

    name: str = "loop_roll"
    says: str = "A rolls in halving loops, B drops on the downbeat"
    blend: bool = False
    default_bars: int = 2
    top_hz: float = 900.0

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        return [
            moves.cut("a", moment.end_sec),
            moves.lane(
                "a",
                "highpass_hz",
                moves.sweep(moment.start_sec, moment.end_sec, 40.0, self.top_hz),
            ),
        ]

    def replaced(self, track_sec: float, moment: Moment) -> list[Segment]:
        """Return the roll."""
        return moves.roll_segments(track_sec, moment)


@dataclass(frozen=True)
class Backspin(Style):
    """A's record is pulled back and lets go, B drops in."""

    name: str = "backspin"
    says: str = "A's record spun back, B on the downbeat"
    blend: bool = False
    default_bars: int = 1
    spin_beats: float = 2.0
    rates: tuple[float, ...] = (-4.0, -3.0, -2.0, -1.2, -0.7, -0.3)

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        start = moment.end_sec - self.spin_beats * moment.beat_sec
        return [moves.lane("a", "fader", [(start, 1.0), *moves.fall(start, moment.end_sec)])]

    def replaced(self, track_sec: float, moment: Moment) -> list[Segment]:
        """Return A's course up to the spin, then the spin."""
        turn = moment.end_sec - self.spin_beats * moment.beat_sec
        straight = Segment(
            out_start_sec=moment.start_sec, out_end_sec=turn, track_start_sec=track_sec
        )
        spin = Moment(turn, moment.end_sec, 1, moment.beat_sec, moment.beats_per_bar)
        return [straight, *moves.spin_segments(straight.track_end_sec, spin, self.rates)]


@dataclass(frozen=True)
class Effects:
    """What may be laid over a style."""

    names: ClassVar[tuple[str, ...]] = ("echo_tail", "filter_drop")
    tail: EchoOut = field(default_factory=lambda: EchoOut(thrown_beats=2.0, send=0.8))
    drop_bars: float = 2.0
    """Bars of the sweep before A leaves."""
    drop_top_hz: float = 1_200.0

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self.names)

    def lanes(self, names: list[str], moment: Moment) -> list[Lane]:
        """Return the moves of the effects named."""
        lanes: list[Lane] = []
        if "echo_tail" in names:
            lanes += [each for each in self.tail.lanes(moment) if each.control == "echo_send"]
        if "filter_drop" in names:
            start = max(moment.start_sec, moment.end_sec - self.drop_bars * moment.bar_sec)
            points = moves.sweep(start, moment.end_sec, 40.0, self.drop_top_hz)
            lanes.append(moves.lane("a", "highpass_hz", points))
        return lanes

    def echoes(self, names: list[str], moment: Moment) -> list[Echo]:
        """Return the echoes of the effects named."""
        return self.tail.echoes(moment) if "echo_tail" in names else []
