"""What planning needs to know of a track, taken once from its report."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.report import Report, Section
from analysis.tonal.chords import CHORDS, triads

MIN_GRID_CONFIDENCE = 0.3
"""Below this a grid is wrong more often than right: beat-matching it would clash for sure."""

MAX_BEND_SEC = 0.010
"""A blend plays B at one rate, so beats may leave their straight line by at most this;
10 ms is where two kicks are heard as a flam."""

DEFAULT_PHRASE_BARS = 8
"""Dance music is built of eights; used where no phrases were found."""

USUAL_NOTES = 0.5
"""How much of a moment's notes is the track's usual ones, beside its chord: melodies pass over
chords, and a report's chords are right four times out of five."""

LOUD_PERCENTILE = 90
"""The level of 'the loud part' of a stretch: its peaks but not one stray window."""


@dataclass(frozen=True)
class TrackFacts:
    """One track as the planner sees it. Times are track time in seconds.

    Parameters
    ----------
    report
        The track's report, the DJ's corrections included.
    """

    report: Report

    @property
    def title(self) -> str:
        """The track's title, else its file name."""
        return self.report.metadata.title or self.report.metadata.path

    @property
    def duration_sec(self) -> float:
        """Length of the file."""
        return self.report.metadata.duration_sec

    @property
    def audible_start_sec(self) -> float:
        """End of the silence at the start."""
        return self.report.analysis.structure.silence_before_sec or 0.0

    @property
    def audible_end_sec(self) -> float:
        """Start of the silence at the end."""
        return self.duration_sec - (self.report.analysis.structure.silence_after_sec or 0.0)

    @property
    def bpm(self) -> float | None:
        """Tempo of the grid."""
        return self.report.grid.bpm

    @property
    def beats_per_bar(self) -> int:
        """Beats in a bar."""
        return max(1, self.report.grid.beats_per_bar)

    @cached_property
    def downbeats(self) -> NDArray[np.float64]:
        """Start of every bar; regular grids are continued to the track's end."""
        grid = self.report.grid
        if not grid.bpm or grid.bpm <= 0:
            return np.zeros(0)
        listed = np.asarray(self.report.analysis.rhythm.downbeat_times_sec, dtype=np.float64)
        if listed.size >= 2 and not grid.constant:
            return listed
        first = grid.first_downbeat_sec
        if first is None:
            if not listed.size:
                return np.zeros(0)
            first = float(listed[0])
        bar_sec = 60.0 / grid.bpm * self.beats_per_bar
        count = max(0, int((self.duration_sec - first) / bar_sec) + 1)
        return np.asarray(first + bar_sec * np.arange(count), dtype=np.float64)

    @property
    def grid_problem(self) -> str | None:
        """Why this track cannot be beat-matched, or None."""
        grid = self.report.grid
        if not grid.bpm or self.downbeats.size < 2:
            return f"no beat was found in {self.title!r}"
        if grid.confidence < MIN_GRID_CONFIDENCE:
            return (
                f"the beat grid of {self.title!r} is too unsure "
                f"({grid.confidence:.0%}, {MIN_GRID_CONFIDENCE:.0%} needed)"
            )
        return None

    def bar_index(self, sec: float) -> int:
        """Return the index of the bar line nearest to ``sec``."""
        lines = self._lines
        right = min(max(bisect.bisect_left(lines, sec), 1), len(lines) - 1)
        return right if lines[right] - sec < sec - lines[right - 1] else right - 1

    @cached_property
    def _lines(self) -> list[float]:
        """The bar lines as a list: bisecting one is ten times faster than an array."""
        return [float(sec) for sec in self.downbeats]

    def bar_line(self, index: int) -> float:
        """Return the time of a bar line; lines past the last one are extrapolated."""
        lines = self._lines
        if 0 <= index < len(lines):
            return lines[index]
        if index < 0:
            return lines[0] + index * (lines[1] - lines[0])
        return lines[-1] + (index - len(lines) + 1) * (lines[-1] - lines[-2])

    def bar_sec(self, sec: float, bars: int = 4) -> float:
        """Return the length of a bar in the ``bars`` bars from ``sec``."""
        first = self.bar_index(sec)
        return (self.bar_line(first + bars) - self.bar_line(first)) / bars

    def bend_sec(self, sec: float, bars: int) -> float:
        """Return how far the bar lines from ``sec`` leave the straight line through them."""
        first = self.bar_index(sec)
        if (first, bars) not in self._bends_seen:
            lines = np.array([self.bar_line(first + k) for k in range(bars + 1)])
            straight = np.polyval(np.polyfit(np.arange(bars + 1), lines, 1), np.arange(bars + 1))
            self._bends_seen[first, bars] = float(np.abs(lines - straight).max())
        return self._bends_seen[first, bars]

    @cached_property
    def _bends_seen(self) -> dict[tuple[int, int], float]:
        """Answers of ``bend_sec``: many candidates share their points."""
        return {}

    @cached_property
    def phrase_starts(self) -> tuple[float, ...]:
        """Start of every phrase, on bar lines."""
        if self.downbeats.size < 2:
            return ()
        listed = [phrase.start_sec for phrase in self.report.analysis.structure.phrases]
        if not listed:
            listed = list(self.downbeats[::DEFAULT_PHRASE_BARS])
        snapped = {self.bar_line(self.bar_index(sec)) for sec in listed}
        return tuple(sorted(snapped))

    def bars_to_phrase(self, sec: float) -> int:
        """Return the distance from ``sec`` to the nearest phrase start, in bars."""
        if not self.phrase_starts:
            return 0
        here = self.bar_index(sec)
        return min(abs(here - bar) for bar in self._phrase_bars)

    @cached_property
    def _phrase_bars(self) -> list[int]:
        return [self.bar_index(start) for start in self.phrase_starts]

    @property
    def sections(self) -> Sequence[Section]:
        """The arrangement."""
        return self.report.analysis.structure.sections

    def section_at(self, sec: float) -> Section | None:
        """Return the section that holds ``sec`` (a hair later at a boundary)."""
        sections = self.sections
        index = bisect.bisect_right([part.start_sec for part in sections], sec + 0.05) - 1
        return sections[index] if index >= 0 else None

    def bars_into_section(self, sec: float) -> int:
        """Return how many bars after the start of its section a moment is, 0 without sections."""
        section = self.section_at(sec)
        return 0 if section is None else self.bar_index(sec) - self.bar_index(section.start_sec)

    @property
    def drops(self) -> Sequence[float]:
        """Start of each drop."""
        return self.report.analysis.structure.drops

    @property
    def vocals(self) -> tuple[tuple[float, float, float], ...] | None:
        """(start, end, confidence) of every sung stretch; None where nobody listened."""
        activity = self.report.analysis.vocal_activity
        if activity.voiced_ratio is None and not activity.segments:
            return None
        return tuple((part.start_sec, part.end_sec, part.confidence) for part in activity.segments)

    @property
    def camelot(self) -> str | None:
        """Key on the Camelot wheel."""
        return self.report.analysis.tonal.camelot

    def notes(self, times_sec: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the pitch classes that sound at track times, by the report's chords.

        Parameters
        ----------
        times_sec
            Shape (n,).

        Returns
        -------
        ndarray or None
            Shape (n, 12), rows of unit length or 0 where no chord sounds; None where the report
            has no chords.
        """
        if self._chords is None:
            return None
        ends, rows = self._chords
        return np.asarray(rows[np.searchsorted(ends, times_sec, side="right")], dtype=np.float64)

    @cached_property
    def _chords(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """End of every chord, and the notes of each and of what follows the last."""
        tonal = self.report.analysis.tonal
        chords = tonal.chords.get("progression") or []
        if not chords:
            return None
        usual = np.asarray(tonal.chroma_stats.get("mean") or np.zeros(12), dtype=np.float64)
        usual = USUAL_NOTES * usual / max(float(np.linalg.norm(usual)), 1e-9)
        rows = np.zeros((len(chords) + 1, 12))
        for row, each in zip(rows, chords, strict=False):
            if each["chord"] in CHORDS[:-1]:
                row[:] = triads()[CHORDS.index(each["chord"])] + usual
                row /= np.linalg.norm(row)
        return np.array([float(each["end_sec"]) for each in chords]), rows

    def energy(self, start_sec: float, end_sec: float) -> float | None:
        """Return the mean section energy (1–10) between two moments, None without sections."""
        total = weight = 0.0
        for part in self.sections:
            shared = min(end_sec, part.end_sec) - max(start_sec, part.start_sec)
            if shared > 0:
                total += part.energy * shared
                weight += shared
        return total / weight if weight else None

    def loudness(self, start_sec: float, end_sec: float) -> float | None:
        """Return the level of the loud part between two moments in LUFS.

        Short-term loudness where the report has it, else the track's integrated loudness.
        """
        # Window k ends at k + 3 s; take those that lie inside.
        first, last = max(0, int(np.ceil(start_sec))), max(0, int(np.floor(end_sec - 3.0)) + 1)
        if (first, last) not in self._loudness_seen:
            curve = self.report.analysis.dynamics.short_term_lufs[first:last]
            heard = [value for value in curve if value is not None]
            self._loudness_seen[first, last] = (
                float(np.percentile(heard, LOUD_PERCENTILE))
                if heard
                else self.report.analysis.dynamics.lufs
            )
        return self._loudness_seen[first, last]

    @cached_property
    def _loudness_seen(self) -> dict[tuple[int, int], float | None]:
        """Answers of ``loudness``: many candidates share their points."""
        return {}

    def short_term(self, times_sec: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the short-term loudness around each track time in LUFS, None if unknown."""
        if not len(self._short_term):
            return None
        # Window k ends at k + 3 s, its middle is at k + 1.5 s.
        middles = np.arange(len(self._short_term)) + 1.5
        return np.asarray(np.interp(times_sec, middles, self._short_term), dtype=np.float64)

    @cached_property
    def _short_term(self) -> NDArray[np.float64]:
        """The report's curve; what is None there is digital silence."""
        curve = self.report.analysis.dynamics.short_term_lufs
        return np.array([-70.0 if value is None else max(value, -70.0) for value in curve])
