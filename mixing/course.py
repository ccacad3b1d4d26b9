"""Both tracks' courses: which stretch of which track is heard when, and how fast."""

from __future__ import annotations

from mixing.moves import Moment, looped
from mixing.plan import Segment
from mixing.styles import Style


def a_course(style: Style, moment: Moment, loop_sec: float = 0.0) -> list[Segment]:
    """Return what is heard of A: all of it up to the end of the transition.

    With ``loop_sec`` what lies so long before the transition goes round until its end.
    """
    replaced = style.replaced(moment.start_sec, moment)
    if loop_sec:
        replaced = looped(moment, loop_sec)
    if not replaced:
        return [Segment(out_start_sec=0.0, out_end_sec=moment.end_sec, track_start_sec=0.0)]
    head = Segment(out_start_sec=0.0, out_end_sec=moment.start_sec, track_start_sec=0.0)
    return ([head] if moment.start_sec > 0 else []) + replaced


def b_course(
    start_sec: float,
    overlap_end_sec: float,
    mix_in_sec: float,
    ratio: float,
    bar_sec: float,
    glide_bars: int,
    duration_sec: float,
) -> list[Segment]:
    """Return what is heard of B: at ``ratio`` through the overlap, then gliding back to 1.

    The glide is one segment a bar, so that every bar of it is even in itself.
    """
    course: list[Segment] = []
    out, track = start_sec, mix_in_sec

    def add(track_end: float, rate: float, glide: bool = False) -> None:
        nonlocal out, track
        end = out + (track_end - track) / rate
        course.append(
            Segment(
                out_start_sec=out, out_end_sec=end, track_start_sec=track, rate=rate, glide=glide
            )
        )
        out, track = end, track_end

    if ratio != 1.0:
        if overlap_end_sec > start_sec:
            add(mix_in_sec + (overlap_end_sec - start_sec) * ratio, ratio)
        for step in range(glide_bars):
            end = min(track + bar_sec, duration_sec)
            if end <= track:
                break
            add(end, ratio + (1.0 - ratio) * (step + 1) / (glide_bars + 1), glide=True)
    if duration_sec > track:
        add(duration_sec, 1.0)
    return course
