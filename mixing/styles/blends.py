"""Blends: both tracks on one beat, one after the other taking the bands."""

from __future__ import annotations

from dataclasses import dataclass

from mixing import moves
from mixing.moves import Moment
from mixing.plan import Lane
from mixing.styles.base import Style


@dataclass(frozen=True)
class BeatmatchCrossfade(Style):
    """Equal-power faders over the whole length; the bass changes sides in one beat."""

    name: str = "beatmatch_crossfade"
    says: str = "an equal-power crossfade on one beat, bass swapped in the middle"
    swap_beats: float = 1.0

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        return [
            moves.lane("a", "fader", moves.fall(moment.start_sec, moment.end_sec)),
            moves.lane("b", "fader", moves.rise(moment.start_sec, moment.end_sec)),
            *moves.bass_swap(moment, self.swap_beats),
        ]


@dataclass(frozen=True)
class BassSwap(Style):
    """B comes in without bass, both play, the basslines change places, A leaves."""

    name: str = "bass_swap"
    says: str = "B in without bass, basslines swapped on the phrase, A out"
    shared_level: float = 0.8
    """Faders while both play: two tracks at full level are 3 dB too loud."""
    ramp_share: float = 0.3
    """Share of the overlap in which a side comes in or leaves."""

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        both, ramp = self.shared_level, self.ramp_share
        return [
            moves.lane(
                "a",
                "fader",
                [
                    (moment.at(0.0), 1.0),
                    (moment.at(ramp), both),
                    *moves.fall(moment.at(1 - ramp), moment.end_sec, both, 0.0),
                ],
            ),
            moves.lane(
                "b",
                "fader",
                [
                    *moves.rise(moment.start_sec, moment.at(ramp), 0.0, both),
                    (moment.at(1 - ramp), both),
                    (moment.at(1.0), 1.0),
                ],
            ),
            *moves.bass_swap(moment),
        ]


@dataclass(frozen=True)
class EqBlend(Style):
    """Three bands change sides one after the other: highs, lows, mids."""

    name: str = "eq_blend"
    says: str = "highs, bass and mids handed over one after the other"
    high_shares: tuple[float, float] = (0.0, 0.4)
    mid_shares: tuple[float, float] = (0.35, 1.0)

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        open_sec = moment.beat_sec / 8
        return [
            moves.lane("a", "fader", [(moment.end_sec - open_sec, 1.0), (moment.end_sec, 0.0)]),
            moves.lane("b", "fader", [(moment.start_sec - open_sec, 0.0), (moment.start_sec, 1.0)]),
            *moves.swap("high_db", *(moment.at(share) for share in self.high_shares)),
            *moves.swap("mid_db", *(moment.at(share) for share in self.mid_shares)),
            *moves.bass_swap(moment),
        ]


@dataclass(frozen=True)
class LongBlend(BeatmatchCrossfade):
    """A slow layering: both tracks share the floor for most of a long overlap."""

    name: str = "long_blend"
    says: str = "a slow layering of both tracks, bass swapped half way"
    default_bars: int = 32
    shared_level: float = 0.75
    ramp_share: float = 0.45

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        softer = BassSwap(shared_level=self.shared_level, ramp_share=self.ramp_share)
        gentle = [(moment.at(0.0), -12.0), (moment.at(0.5), 0.0)]
        leaving = [(moment.at(0.5), 0.0), (moment.at(1.0), -12.0)]
        return [
            *softer.lanes(moment),
            moves.lane("b", "high_db", gentle),
            moves.lane("a", "high_db", leaving),
        ]


@dataclass(frozen=True)
class FilterSweep(Style):
    """A is thinned by a rising high-pass while B opens from below."""

    name: str = "filter_sweep"
    says: str = "a high-pass carries A away while a low-pass opens B"
    top_hz: float = 2_500.0
    bottom_hz: float = 300.0

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        start, middle, end = moment.start_sec, moment.middle_sec, moment.end_sec
        # The bar line nearest to a quarter, where the high-pass reaches A's bassline.
        bass_sec = start + max(1, round(moment.bars / 4)) * moment.bar_sec
        return [
            moves.lane("a", "fader", [(middle, 1.0), *moves.fall(middle, end)]),
            moves.lane("b", "fader", moves.rise(start, middle)),
            moves.lane("a", "highpass_hz", moves.sweep(start, end, 40.0, self.top_hz)),
            moves.lane(
                "b",
                "lowpass_hz",
                moves.sweep(start, middle, self.bottom_hz, moves.OPEN_LOWPASS_HZ),
            ),
            *moves.bass_swap(moment, at_sec=bass_sec),
        ]


@dataclass(frozen=True)
class DropSwap(Style):
    """B's build rises under A without bass; at the drop A is gone and B has everything."""

    name: str = "drop_swap"
    says: str = "B builds under A and takes over on its drop"
    default_bars: int = 8
    shared_level: float = 0.75

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        end, last = moment.end_sec, moment.end_sec - moment.beat_sec
        return [
            moves.lane("a", "fader", [(last, 1.0), (end, 0.0)]),
            moves.lane(
                "b",
                "fader",
                [*moves.rise(moment.start_sec, last, 0.0, self.shared_level), (end, 1.0)],
            ),
            *moves.swap("low_db", last, end),
        ]


@dataclass(frozen=True)
class PlainFade(Style):
    """Equal-power faders, the bass handed over half way: honest where beats cannot be matched."""

    name: str = "plain_fade"
    says: str = "a plain equal-power fade, beats not matched, one bassline at a time"
    default_bars: int = 4
    fade_sec: float = 6.0
    """Length without a grid; two beats that disagree are bearable for about this long."""

    def lanes(self, moment: Moment) -> list[Lane]:
        """Return the moves."""
        return [
            moves.lane("a", "fader", moves.fall(moment.start_sec, moment.end_sec)),
            moves.lane("b", "fader", moves.rise(moment.start_sec, moment.end_sec)),
            *moves.bass_swap(moment, at_sec=moment.at(0.5) + moment.beat_sec / 2),
        ]
