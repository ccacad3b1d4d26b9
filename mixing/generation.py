"""Where a transition could be: mix-out and mix-in points on phrases, in several lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mixing.candidates import Candidate, Pair
from mixing.facts import TrackFacts
from mixing.styles import AUTO, BARS, STYLES, Style

MAX_OUTS = 5
"""Mix-out points tried a length: with MAX_INS it keeps the scoreboard readable."""
MAX_INS = 4

EARLIEST_OUT_SHARE = 0.4
"""No mix-out before this share of A: the floor came to hear it."""

LATEST_IN_SHARE = 0.5
"""No mix-in after this share of B, for the same reason."""

LOOP_BARS = 8
"""A's last phrase, where it is looped: as long as the overlap, eight bars at most."""


def generate(pair: Pair) -> list[Candidate]:
    """Return the candidates for a pair that has grids, in a fixed order."""
    found: dict[tuple[str, int, float, float], Candidate] = {}
    for style in _styles(pair):
        for bars in _lengths(pair, style):
            for candidate in _of_length(pair, style, bars):
                key = (
                    style.name,
                    bars,
                    round(candidate.mix_out_sec, 3),
                    round(candidate.mix_in_sec, 3),
                )
                found.setdefault(key, candidate)
    return list(found.values())


def _styles(pair: Pair) -> list[Style]:
    """Return the styles to try."""
    if pair.style != AUTO:
        return [STYLES[pair.style]]
    return [STYLES[name] for name in ("bass_swap", "eq_blend", "drop_swap", "echo_out", "cut_mix")]


def _lengths(pair: Pair, style: Style) -> list[int]:
    """Return the lengths to try: what was asked, and shorter ones in case it doesn't fit."""
    if not style.blend:
        return [style.length(pair.bars if pair.bars is not None else style.default_bars)]
    if pair.bars is not None:
        shorter = [bars for bars in BARS if 4 <= bars < pair.bars]
        return [pair.bars, *reversed(shorter)]
    longest = max(16, style.default_bars)
    return [bars for bars in reversed(BARS) if 4 <= bars <= longest]


def _of_length(pair: Pair, style: Style, bars: int) -> Iterator[Candidate]:
    """Yield the candidates of one style and length."""
    outs = [(kind, sec, 0) for kind, sec in _outs(pair, style, bars)]
    if style.blend:
        outs = [each for each in outs if _has_room(pair.a, each[1], bars)] + _loops(pair, bars)
    for out_kind, out_sec, loop_bars in outs:
        for in_kind, in_sec in _ins(pair, style, bars):
            both_drop = out_kind == "drop" and in_kind == "into the drop"
            if style.name == "drop_swap" and pair.style == AUTO and not both_drop:
                continue  # without two drops it is a blend under a wrong name
            kind = f"{out_kind} → {in_kind}"
            yield Candidate(pair, kind, style, bars, out_sec, in_sec, loop_bars)


def _has_room(a: TrackFacts, out_sec: float, bars: int) -> bool:
    """Return whether A goes on for so many bars after a point."""
    end = a.bar_line(a.bar_index(out_sec) + bars)
    return end <= a.audible_end_sec + 0.5 * a.bar_sec(out_sec)


def _loops(pair: Pair, bars: int) -> list[tuple[str, float, int]]:
    """Return (kind, mix-out, bars looped) where A's last phrase has to make the room.

    That is where A has no outro, and where the DJ's own point leaves too little of it.
    """
    a, loop_bars = pair.a, min(bars, LOOP_BARS)
    if pair.mix_out_sec is not None:
        out_sec = _on_grid(a, pair.mix_out_sec, pair.to_beats)
        kind = "your point, looped"
        wanted = not _has_room(a, out_sec, bars)
    else:
        last = a.bar_index(a.audible_end_sec)
        if a.bar_line(last) > a.audible_end_sec + 0.25 * a.bar_sec(a.bar_line(last), 1):
            last -= 1
        out_sec = a.bar_line(last)
        kind = "last phrase looped"
        wanted = not a.sections or a.sections[-1].label != "outro"
    first_sec = a.bar_line(a.bar_index(out_sec) - loop_bars)
    fits = first_sec >= a.audible_start_sec and out_sec >= pair.earliest_out_sec
    return [(kind, out_sec, loop_bars)] if wanted and fits else []


def _outs(pair: Pair, style: Style, bars: int) -> list[tuple[str, float]]:
    """Return (kind, mix-out in A), the likeliest first."""
    a = pair.a
    if pair.mix_out_sec is not None:
        return [("your point", _on_grid(a, pair.mix_out_sec, pair.to_beats))]
    structure = a.report.analysis.structure
    earliest = a.audible_start_sec + EARLIEST_OUT_SHARE * (a.audible_end_sec - a.audible_start_sec)
    tail_bars = bars if style.blend else 0
    points: list[tuple[str, float]] = []
    if structure.mix_out_sec is not None:
        points.append(("mix-out", structure.mix_out_sec))
    if style.name == "drop_swap":
        points += [
            ("drop", a.bar_line(a.bar_index(drop) - bars)) for drop in a.drops if drop > earliest
        ][::-1]
    points += [
        (part.label, part.start_sec) for part in a.sections if part.label in {"outro", "break"}
    ]
    # Where the music ends is a phrase boundary too: leave so that the overlap ends with it.
    points.append(("last bars", a.bar_line(a.bar_index(a.audible_end_sec) - tail_bars)))
    points += [("phrase", start) for start in reversed(a.phrase_starts)]
    return _fitting(
        a,
        points,
        lambda index: (
            a.bar_line(index) >= earliest
            and a.bar_line(index + tail_bars - bars) >= pair.earliest_out_sec
            and a.bar_line(index + tail_bars) <= a.audible_end_sec + 0.5 * a.bar_sec(earliest)
        ),
        MAX_OUTS,
    )


def _ins(pair: Pair, style: Style, bars: int) -> list[tuple[str, float]]:
    """Return (kind, mix-in in B), the likeliest first."""
    b = pair.b
    if pair.mix_in_sec is not None:
        return [("your point", _on_grid(b, pair.mix_in_sec, pair.to_beats))]
    structure = b.report.analysis.structure
    audible = b.audible_end_sec - b.audible_start_sec
    latest = b.audible_start_sec + LATEST_IN_SHARE * audible
    bars_in_b = round(bars * pair.multiple * pair.a.beats_per_bar / b.beats_per_bar)
    lead = bars_in_b if style.blend else 0
    points: list[tuple[str, float]] = []
    if structure.mix_in_sec is not None:
        points.append(("mix-in", structure.mix_in_sec))
    points += [("into the drop", b.bar_line(b.bar_index(drop) - lead)) for drop in b.drops[:2]]
    points += [("phrase", start) for start in b.phrase_starts]
    points.append(("first bar", b.bar_line(0)))
    return _fitting(
        b,
        points,
        lambda index: (
            index >= 0
            and b.bar_line(index) <= latest
            and b.bar_line(index + lead) + pair.room_after_sec <= b.audible_end_sec
        ),
        MAX_INS,
    )


def _on_grid(track: TrackFacts, sec: float, to_beats: bool) -> float:
    """Return the bar line, or the beat, nearest to a point."""
    line = track.bar_line(track.bar_index(sec))
    if not to_beats:
        return line
    beat_sec = track.bar_sec(line, 1) / track.beats_per_bar
    return line + round((sec - line) / beat_sec) * beat_sec


def _fitting(
    track: TrackFacts,
    points: list[tuple[str, float]],
    fits: Callable[[int], bool],
    most: int,
) -> list[tuple[str, float]]:
    """Return the first ``most`` points that fit, on bar lines, each bar line once."""
    kept: dict[int, tuple[str, float]] = {}
    for kind, sec in points:
        index = track.bar_index(sec)
        if index not in kept and fits(index):
            kept[index] = (kind, track.bar_line(index))
        if len(kept) == most:
            break
    return list(kept.values())
