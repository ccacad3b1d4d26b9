"""From two reports to a plan: candidates, rules, winner, and its exact course on the clock."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.report import Report
from mixing.candidates import Pair
from mixing.course import a_course, b_course
from mixing.errors import BadBars, BadPoint, SameTrack, TooShort
from mixing.facts import TrackFacts
from mixing.generation import generate
from mixing.moves import Moment
from mixing.plan import (
    MixPoint,
    Plan,
    PlanTrack,
    Segments,
    Timeline,
    TrackClock,
)
from mixing.policies.sound import meeting_trim_db, trim_db
from mixing.selection import Judged, judge_all, reasons, warnings
from mixing.styles import AUTO, BARS, EFFECTS, PlainFade, Style, check_effects, find_style
from mixing.words import describe_steps

GLIDE_BARS = 8
"""Bars in which B returns to its own tempo: 5 % over 8 bars is 0.6 % a bar, hardly noticed."""

MIN_TRACK_SEC = 10.0
"""A shorter track is a sample, not something to mix."""

MAX_TRIM_DB = 12.0
"""Beyond this a level difference is a fault of a file, which a warning names."""


def plan_transition(
    a: Report,
    b: Report,
    style: str = AUTO,
    bars: int | None = None,
    effects: Sequence[str] = (),
    *,
    mix_out_sec: float | None = None,
    mix_in_sec: float | None = None,
    glide_bars: int = GLIDE_BARS,
    earliest_out_sec: float = 0.0,
    room_after_sec: float = 0.0,
    to_beats: bool = False,
) -> Plan:
    """Plan the transition from track A to track B.

    Parameters
    ----------
    a, b
        Reports of two different tracks, with the DJ's corrections applied.
    style
        ``auto`` or a name in :data:`mixing.styles.STYLES`.
    bars
        Length in bars of A, one of :data:`mixing.styles.BARS`; None leaves it to the rules.
        Shorter lengths are tried too and may win; with both points given, only where this
        length is ruled out.
    effects
        Any of ``echo_tail`` and ``filter_drop``.
    mix_out_sec, mix_in_sec
        The DJ's own points in track time; they are moved to the nearest bar line.
    glide_bars
        Bars of B in which it returns to its own tempo after the transition; 0 at once.
    earliest_out_sec
        Track time in A before which the transition does not begin.
    room_after_sec
        How much of B must be left after the transition.
    to_beats
        Whether the DJ's points are moved to the nearest beat instead of the nearest bar line.

    Returns
    -------
    Plan
        With the scoreboard of all candidates. Where no beat can be matched it is a plain
        fade, and ``warnings`` says so.

    Raises
    ------
    SameTrack, TooShort, UnknownStyle, BadBars, BadPoint
    """
    if style != AUTO:
        find_style(style)
    chosen_effects = check_effects(list(effects))
    if bars is not None and (isinstance(bars, bool) or bars not in BARS):
        raise BadBars(bars, BARS)
    if a.track_id == b.track_id:
        raise SameTrack(a.metadata.title or a.metadata.path)
    pair = Pair(
        TrackFacts(a),
        TrackFacts(b),
        style,
        bars,
        mix_out_sec,
        mix_in_sec,
        earliest_out_sec,
        room_after_sec,
        to_beats,
    )
    for track, point in ((pair.a, mix_out_sec), (pair.b, mix_in_sec)):
        if track.duration_sec < MIN_TRACK_SEC:
            raise TooShort(track.title, track.duration_sec, MIN_TRACK_SEC)
        if point is not None and not 0 <= point < track.duration_sec:
            raise BadPoint(track.title, point, f"the track lasts {track.duration_sec:.2f} s")

    if pair.grid_problem is not None:
        return _faded(pair, chosen_effects, f"beats are not matched: {pair.grid_problem}")
    if style == PlainFade.name:
        return _faded(pair, chosen_effects, "a plain fade, as you asked")
    board = judge_all(generate(pair))
    if bars is not None and mix_out_sec is not None and mix_in_sec is not None:
        # all of it is the DJ's: another length only where this one is ruled out
        board.sort(key=lambda each: (each.rejected, each.candidate.bars != bars))
    if not board:
        return _faded(pair, chosen_effects, "no phrase leaves room for a transition")
    if board[0].rejected:
        why = next(verdict.reason for verdict in board[0].verdicts if verdict.rejected)
        return _faded(pair, chosen_effects, f"every beat-matched way was ruled out ({why})", board)
    return _planned(board, chosen_effects, glide_bars)


def _planned(board: Sequence[Judged], effects: list[str], glide_bars: int) -> Plan:
    """Return the plan of the board's first candidate."""
    winner = board[0]
    candidate = winner.candidate
    pair, style, moment = candidate.pair, candidate.style, candidate.moment
    handover = moment.start_sec if style.blend else moment.end_sec
    trim, trim_note = _trim(trim_db(candidate))
    plan = _bare(pair, style, effects)
    plan.bars = candidate.bars
    plan.beat_matched = candidate.matched
    plan.mix_out = _point(pair.a, candidate.mix_out_sec)
    plan.mix_in = _point(pair.b, candidate.mix_in_sec)
    plan.stretch_ratio = candidate.ratio
    plan.tempo_multiple = pair.multiple
    plan.gain_db = trim
    plan.loop_bars = candidate.loop_bars
    plan.transition_start_sec, plan.transition_end_sec = moment.start_sec, moment.end_sec
    plan.glide_bars = glide_bars if candidate.matched and candidate.ratio != 1 else 0
    plan.segments = Segments(
        a=a_course(style, moment, candidate.loop_sec if candidate.loop_bars else 0.0),
        b=b_course(
            handover,
            moment.end_sec,
            candidate.mix_in_sec,
            candidate.ratio,
            candidate.b_bar_sec,
            plan.glide_bars,
            pair.b.duration_sec,
        ),
    )
    if style.blend:
        plan.timeline = Timeline(
            a=TrackClock(zero_sec=0.0, rate=1.0),
            b=TrackClock(
                zero_sec=handover - candidate.mix_in_sec / candidate.ratio, rate=candidate.ratio
            ),
            overlap_start_sec=moment.start_sec,
            overlap_end_sec=moment.end_sec,
        )
    plan.eq_moves = [*candidate.lanes, *EFFECTS.lanes(effects, moment)]
    plan.echoes = [*style.echoes(moment), *EFFECTS.echoes(effects, moment)]
    plan.reasons = reasons(winner)
    plan.warnings = [*warnings(winner), *trim_note]
    plan.candidates = [each.scored(each is winner) for each in board]
    plan.steps = describe_steps(plan)
    return plan


def _faded(pair: Pair, effects: list[str], why: str, board: Sequence[Judged] = ()) -> Plan:
    """Return a plan that fades A into B without matching beats, and says why."""
    style = PlainFade()
    a, b = pair.a, pair.b
    beat_sec = 60.0 / a.bpm if a.bpm and a.grid_problem is None else style.fade_sec / 12
    bar_sec = beat_sec * a.beats_per_bar
    bars = max(1, min(pair.bars or style.default_bars, round(style.fade_sec / bar_sec)))
    length = bars * bar_sec
    structure_out = a.report.analysis.structure.mix_out_sec
    last = a.audible_end_sec - length
    out = pair.mix_out_sec
    if out is None:
        out = min(last, structure_out) if structure_out is not None else last
        if a.grid_problem is None and a.phrase_starts:
            before = [start for start in a.phrase_starts if pair.earliest_out_sec <= start <= last]
            wanted = out
            out = min(before, key=lambda start: abs(start - wanted)) if before else last
    entry = pair.mix_in_sec
    if entry is None:
        entry = b.report.analysis.structure.mix_in_sec
        if entry is None or entry > b.duration_sec / 2:
            entry = b.audible_start_sec
        if entry + length + pair.room_after_sec > b.audible_end_sec:
            entry = b.audible_start_sec
    if pair.mix_out_sec is None:
        out = max(out, min(last, pair.earliest_out_sec))
    needed = length + MIN_TRACK_SEC / 2
    for track in (a, b):
        if track.duration_sec < needed:
            raise TooShort(track.title, track.duration_sec, needed)
    left = b.duration_sec - entry
    if left < needed:
        if pair.mix_in_sec is not None:
            raise BadPoint(
                b.title,
                entry,
                f"only {left:.1f} s are left from there, and the transition needs {needed:.1f} s",
            )
        entry = b.duration_sec - needed  # hardly anything is heard of it, wherever it begins
    out = max(0.0, min(out, a.duration_sec - length))
    moment = Moment(out, out + length, bars, beat_sec, a.beats_per_bar)
    level_a = a.loudness(out - length * 4, out + length)
    level_b = b.loudness(entry, entry + length * 5)
    trim, trim_note = _trim(meeting_trim_db(a, b, level_a, level_b))
    plan = _bare(pair, style, effects)
    plan.bars = bars
    plan.mix_out, plan.mix_in = _point(a, out), _point(b, entry)
    plan.gain_db = trim
    plan.transition_start_sec, plan.transition_end_sec = moment.start_sec, moment.end_sec
    plan.segments = Segments(
        a=a_course(style, moment),
        b=b_course(out, moment.end_sec, entry, 1.0, 0.0, 0, b.duration_sec),
    )
    plan.eq_moves = [*style.lanes(moment), *EFFECTS.lanes(effects, moment)]
    plan.echoes = EFFECTS.echoes(effects, moment)
    asked = pair.style not in {AUTO, style.name}
    plan.reasons = [why, f"style: {style.says}"]
    plan.warnings = [] if pair.style == style.name else [why]
    if asked:
        plan.warnings.append(f"{pair.style} was asked for; a plain fade takes its place")
    plan.warnings += trim_note
    plan.candidates = [each.scored(False) for each in board]
    plan.steps = describe_steps(plan)
    return plan


def _bare(pair: Pair, style: Style, effects: list[str]) -> Plan:
    """Return a plan that knows its tracks and style, with everything else still to be set."""
    point = MixPoint(sec=0.0)
    return Plan(
        a=_plan_track(pair.a),
        b=_plan_track(pair.b),
        requested_style=pair.style,
        style=style.name,
        bars=style.default_bars,
        effects=effects,
        beat_matched=False,
        blend=style.blend,
        mix_out=point,
        mix_in=point,
        transition_start_sec=0.0,
        transition_end_sec=0.0,
    )


def _plan_track(track: TrackFacts) -> PlanTrack:
    """Return what the plan keeps of a track."""
    report = track.report
    return PlanTrack(
        path=report.metadata.path,
        track_id=report.track_id,
        title=track.title,
        artist=report.metadata.artist,
        duration_sec=track.duration_sec,
        sample_rate=report.metadata.sample_rate,
        bpm=track.bpm,
        beats_per_bar=track.beats_per_bar,
        first_downbeat_sec=report.grid.first_downbeat_sec,
        grid_confidence=report.grid.confidence,
        key=report.analysis.tonal.key,
        camelot=track.camelot,
        lufs=report.analysis.dynamics.lufs,
        true_peak_dbtp=report.analysis.dynamics.true_peak_dbtp,
        sung=None if track.vocals is None else list(track.vocals),
    )


def _point(track: TrackFacts, sec: float) -> MixPoint:
    """Return a moment of a track in seconds, bars and section."""
    section = track.section_at(sec)
    label = section.label if section is not None else ""
    if track.grid_problem is not None:
        return MixPoint(sec=sec, section=label)
    return MixPoint(
        sec=sec,
        bar=track.bar_index(sec) + 1,
        beat_sec=track.bar_sec(sec) / track.beats_per_bar,
        section=label,
    )


def _trim(wanted_db: float | None) -> tuple[float, list[str]]:
    """Return B's gain and what to say where it is out of the ordinary."""
    if wanted_db is None:
        return 0.0, ["loudness: one track's loudness is unknown, levels are left as they are"]
    if abs(wanted_db) > MAX_TRIM_DB:
        gain = MAX_TRIM_DB if wanted_db > 0 else -MAX_TRIM_DB
        return gain, [
            f"loudness: the tracks differ by {abs(wanted_db):.1f} dB; "
            f"B is trimmed by {gain:+.0f} dB only"
        ]
    return wanted_db, []
