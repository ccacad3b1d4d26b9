"""From reports to a set: choosing, ordering, and transitions that leave each other room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.report import Report
from mixing.facts import TrackFacts
from mixing.plan import Plan
from mixing.planner import GLIDE_BARS, MAX_TRIM_DB, plan_transition
from mixing.sets.arcs import Arc
from mixing.sets.cost import Costs
from mixing.sets.errors import NoRoom, TooFewSongs
from mixing.sets.order import Check, Ordered, order_songs
from mixing.sets.set_plan import SetPlan, SetTrack
from mixing.sets.songs import audible_sec, songs_of
from mixing.sets.wishes import Wishes
from mixing.styles import AUTO
from mixing.zone import RATES_HZ

ALONE_BARS = 8
"""Bars for which every track is heard alone, at its own tempo: a phrase at least."""
EXIT_BARS = 8
"""Bars kept for a track's way out."""
SHORT_SEC = 120.0
"""In a shorter track the way back to its own tempo and the way out are kept brief:"""
SHORT_GLIDE_BARS = 2
SHORT_EXIT_BARS = 4
BAR_WITHOUT_GRID_SEC = 2.0
"""A bar where nobody knows the beat: 4/4 at 120 BPM."""

MAX_PEAK_DBTP = 3.0
"""A quiet track with high peaks is turned up until its peaks stand here, no further: the whole
set would have to be turned down for it."""

KEPT_CANDIDATES = 10
"""Lines of each scoreboard that a set keeps: an hour has twenty scoreboards."""

LENGTH_SHARE = 0.04
"""A set further from the length asked for is chosen once more, now that its mix points are
known."""


def plan_set(
    reports: Sequence[Report],
    arc: Arc,
    minutes: float | None = None,
    style: str = AUTO,
    wishes: Wishes | None = None,
    seed: int = 0,
    bundle: dict[str, Any] | None = None,
    check: Check | None = None,
) -> SetPlan:
    """Choose, order and plan a set.

    Parameters
    ----------
    reports
        The crate, with the DJ's corrections applied.
    arc
        From :data:`mixing.sets.arcs.ARCS`.
    minutes
        Length wished for; None plays every track that is long enough.
    style
        ``auto`` or a style's name, for all transitions.
    wishes
        First, last and locked tracks.
    seed
        Of the search; the same seed gives the same set.
    bundle
        A recommender, whose sense of likeness then counts.
    check
        Called often; whatever it raises stops the planning.

    Raises
    ------
    TooFewSongs, ImpossibleSet, NoRoom, UnknownStyle
    """
    wishes = wishes or Wishes()
    wished = {wishes.first, wishes.last, *(name for lock in wishes.locks for name in lock)}
    by_id = {report.track_id: report for report in reports}
    pool = songs_of(reports, bundle)
    known = {song.track_id for song in pool}
    left_out = [_left_out(TrackFacts(one).title) for one in reports if one.track_id not in known]
    target = None if minutes is None else 60.0 * minutes

    def planned_for(wanted_sec: float | None) -> tuple[SetPlan, Ordered]:
        nonlocal pool
        while True:
            ordered = order_songs(pool, arc, wanted_sec, wishes, seed, check)
            try:
                return _planned(ordered, by_id, arc, style, seed, check), ordered
            except NoRoom as error:
                if error.track_id in wished:
                    raise
                left_out.append(_left_out(error.title))
                pool = [song for song in pool if song.track_id != error.track_id]

    planned, ordered = planned_for(target)
    if target is not None and abs(planned.duration_sec - target) > LENGTH_SHARE * target:
        # Tracks are played longer or shorter than their own mix points foretell.
        foretold = sum(song.play_sec for song in ordered.songs)
        again, _ = planned_for(target * foretold / planned.duration_sec)
        planned = min(planned, again, key=lambda each: abs(each.duration_sec - target))
    planned.target_minutes = minutes
    planned.warnings = [*left_out, *planned.warnings]
    if target is not None and abs(planned.duration_sec - target) > 0.1 * target:
        planned.warnings.append(
            f"the set lasts {planned.duration_sec / 60:.0f} minutes in place of {minutes:.0f}: "
            "these tracks give no better length"
        )
    return planned


def plan_in_order(
    reports: Sequence[Report],
    arc: Arc,
    style: str = AUTO,
    bundle: dict[str, Any] | None = None,
    check: Check | None = None,
) -> SetPlan:
    """Plan a set whose order the DJ has settled; ``check`` may stop it by raising.

    Raises
    ------
    TooFewSongs, NoRoom
    """
    songs = songs_of(reports, bundle)
    if len(songs) < 2:
        raise TooFewSongs(len(songs))
    kept = {song.track_id for song in songs}
    for report in reports:
        if report.track_id not in kept:
            facts = TrackFacts(report)
            raise NoRoom(report.track_id, facts.title, _needed_sec(facts))
    ordered = Ordered(tuple(range(len(songs))), Costs(songs, arc))
    return _planned(ordered, {one.track_id: one for one in reports}, arc, style, 0, check)


def _planned(
    ordered: Ordered,
    by_id: dict[str, Report],
    arc: Arc,
    style: str,
    seed: int,
    check: Check | None,
) -> SetPlan:
    """Return the set of an order."""
    chosen = [by_id[song.track_id] for song in ordered.songs]
    transitions = plan_transitions(chosen, style, check)
    shares = ordered.costs.shares(ordered.order)
    tracks = [
        _set_track(report, song.energy, ordered.costs.target_energy(share))
        for report, song, share in zip(chosen, ordered.songs, shares, strict=True)
    ]
    terms = ordered.costs.terms(ordered.order)
    found = SetPlan(
        arc=arc.name,
        style=style,
        seed=seed,
        sample_rate=_common_rate(chosen),
        costs={name: round(points, 2) for name, points in vars(terms).items()},
        tracks=tracks,
        transitions=transitions,
        warnings=_warnings(transitions),
    )
    level_out(found)
    foresee(found)
    return found


def plan_transitions(
    reports: Sequence[Report], style: str = AUTO, check: Check | None = None
) -> list[Plan]:
    """Plan the transitions between neighbours so that each track has music of its own between.

    Raises
    ------
    NoRoom
        If a track is too short for that.
    """
    plans: list[Plan] = []
    first = TrackFacts(reports[0])
    earliest = first.audible_start_sec + ALONE_BARS * _bar_sec(first)
    for place, (report_a, report_b) in enumerate(pairwise(reports)):
        if check is not None:
            check()
        a, b = TrackFacts(report_a), TrackFacts(report_b)
        last = place == len(reports) - 2
        short = audible_sec(b) < SHORT_SEC
        glide = SHORT_GLIDE_BARS if short else GLIDE_BARS
        exit_bars = 0 if last else SHORT_EXIT_BARS if short else EXIT_BARS
        after = (glide + ALONE_BARS + exit_bars) * _bar_sec(b)
        plan = plan_transition(
            report_a,
            report_b,
            style,
            glide_bars=glide,
            earliest_out_sec=earliest,
            room_after_sec=after,
        )
        if plan.transition_start_sec < earliest - 0.5 * _bar_sec(a):
            raise NoRoom(report_a.track_id, a.title, _needed_sec(a))
        settled = settled_sec(plan)
        if settled + ALONE_BARS * _bar_sec(b) > b.audible_end_sec:
            raise NoRoom(report_b.track_id, b.title, _needed_sec(b))
        earliest = settled + ALONE_BARS * _bar_sec(b)
        plan.candidates = plan.candidates[:KEPT_CANDIDATES]
        plans.append(plan)
    return plans


def settled_sec(plan: Plan) -> float:
    """Return B's track time from which it plays alone at its own tempo."""
    last = plan.segments.b[-1]
    return last.track_time(max(last.out_start_sec, plan.transition_end_sec))


def _bar_sec(facts: TrackFacts) -> float:
    if facts.grid_problem is not None or not facts.bpm:
        return BAR_WITHOUT_GRID_SEC
    return 60.0 / facts.bpm * facts.beats_per_bar


def _needed_sec(facts: TrackFacts) -> float:
    """Return about how long a track must be to stand inside a set."""
    return (4 + SHORT_GLIDE_BARS + ALONE_BARS + SHORT_EXIT_BARS) * _bar_sec(facts)


def level_out(plan: SetPlan) -> None:
    """Set each track's gain so that all are equally loud: as loud as the middle one of them."""
    known = [track.lufs for track in plan.tracks if track.lufs is not None]
    target = float(np.median(known)) if known else 0.0
    for track in plan.tracks:
        if track.lufs is None:
            track.gain_db = 0.0
            continue
        gain = min(max(target - track.lufs, -MAX_TRIM_DB), MAX_TRIM_DB)
        if track.true_peak_dbtp is not None:
            gain = min(gain, max(0.0, MAX_PEAK_DBTP - track.true_peak_dbtp))
        track.gain_db = round(gain, 3)


def foresee(plan: SetPlan) -> None:
    """Set when each track is heard, as far as the plans tell."""
    zero = -plan.tracks[0].start_sec
    plan.tracks[0].enters_sec = plan.tracks[0].alone_from_sec = 0.0
    for place, meeting in enumerate(plan.transitions):
        before, after = plan.tracks[place], plan.tracks[place + 1]
        zero = place_pair(meeting, before, after, zero)
    plan.tracks[-1].leaves_sec = plan.duration_sec = zero + plan.tracks[-1].end_sec


def place_pair(meeting: Plan, before: SetTrack, after: SetTrack, zero_sec: float) -> float:
    """Set when one track leaves and the next comes in.

    Parameters
    ----------
    meeting
        The transition on its own clock.
    before, after
        Its tracks.
    zero_sec
        Out time of the set at which the transition's clock stands at 0.

    Returns
    -------
    float
        The same for the transition after it.
    """
    last = meeting.segments.b[-1]
    handover = meeting.transition_start_sec if meeting.blend else meeting.transition_end_sec
    before.leaves_sec = zero_sec + meeting.transition_end_sec
    after.enters_sec = zero_sec + handover
    after.alone_from_sec = zero_sec + max(last.out_start_sec, meeting.transition_end_sec)
    return zero_sec + last.out_start_sec - last.track_start_sec


def _set_track(report: Report, energy: float | None, wished: float) -> SetTrack:
    facts = TrackFacts(report)
    return SetTrack(
        track_id=report.track_id,
        path=report.metadata.path,
        title=facts.title,
        artist=report.metadata.artist,
        duration_sec=report.metadata.duration_sec,
        sample_rate=report.metadata.sample_rate,
        bpm=report.grid.bpm,
        key=report.analysis.tonal.key,
        camelot=report.analysis.tonal.camelot,
        energy=energy,
        wished_energy=wished,
        lufs=report.analysis.dynamics.lufs,
        true_peak_dbtp=report.analysis.dynamics.true_peak_dbtp,
        start_sec=facts.audible_start_sec,
        end_sec=facts.audible_end_sec,
    )


def _common_rate(reports: Iterable[Report]) -> int:
    """Return the sample rate that most tracks have, of those that a mix may have."""
    rates = [report.metadata.sample_rate for report in reports]
    return max(RATES_HZ, key=lambda rate: (rates.count(rate), -rate))


def _left_out(title: str) -> str:
    return f"{title!r} is left out: too short to come in, be heard and leave again"


def _warnings(transitions: Sequence[Plan]) -> list[str]:
    return [
        f"{meeting.a.title} → {meeting.b.title}: {line}"
        for meeting in transitions
        for line in meeting.warnings
    ]
