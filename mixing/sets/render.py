"""A set made audible: stretch by stretch, resumable, then joined into one continuous file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.audio import load_audio
from analysis.loudness import true_peak_dbtp
from mixing.errors import MissingFile, UnwritableMix
from mixing.output import (
    Chunk,
    Format,
    ceiling_dbtp,
    decoded_blocks,
    find_format,
    write_mix,
)
from mixing.sets.planner import place_pair
from mixing.sets.set_plan import RenderedSet, SetPlan, SetTrack
from mixing.sets.stretch import (
    KEEP_CLEAR_SEC,
    Finished,
    Stretch,
    finished,
    render_stretch,
    stretch_paths,
)
from mixing.zone import Progress

SUFFIXES = (".wav", ".flac", ".mp3")
"""What a set may be written as; an Ogg stream carries a random number, so it is never the same
twice."""
PARTS = ".parts"
"""What is added to a set's name for the folder of its stretches."""
WAV_LIMIT_BYTES = 2**32 - 4096
"""A WAV file counts its bytes in 32 bits."""
MEETING_HEADROOM_DB = 6.0
"""How far the set is turned down below its highest track: where two play, kicks fall together and
the level is ridden. A limiter that had to hold all of that would be heard as a dip."""
RENDERED_SHARE = 0.85
"""Share of the work that is rendering; the rest is joining, encoding and checking."""


def render_set(plan: SetPlan, out: Path | str, progress: Progress | None = None) -> SetPlan:
    """Render a set to one file.

    At no time more than two tracks are in memory. Every finished stretch is kept in
    ``<out>.parts`` until the file is whole: called again after a stop with the same plan, it
    goes on where it was, and the file is the same byte for byte.

    Parameters
    ----------
    plan
        From :mod:`mixing.sets.planner`.
    out
        ``.wav``, ``.flac`` or ``.mp3``; replaced only when the new file is whole.
    progress
        Told how far it is; whatever it raises stops the rendering.

    Returns
    -------
    SetPlan
        On the clock of the file, each transition as played and measured.

    Raises
    ------
    MissingFile, UnwritableMix
        If a track is gone or the output cannot be written.
    analysis.errors.UnreadableAudio
        If a track cannot be decoded.
    """
    out = Path(out)
    form = find_set_format(out)
    if form.suffix == ".wav" and plan.duration_sec * plan.sample_rate * 6 > WAV_LIMIT_BYTES:
        raise UnwritableMix(out, "the set is longer than a WAV file can hold; use .flac")
    for track in plan.tracks:
        if not Path(track.path).is_file():
            raise MissingFile(track.path)
    tell = progress or (lambda _share, _words: None)
    # As it would be read back from its file: a plan kept and a plan at hand sound the same.
    plan = SetPlan.model_validate_json(plan.to_json())
    work = parts_of(out)
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableMix(work, error.strerror or str(error)) from error
    tell(0.0, "looking at levels")
    _measure_peaks(plan.tracks, tell)
    plan.output_gain_db = _headroom_db(plan, ceiling_dbtp(form))
    done = _render_stretches(plan, work, ceiling_dbtp(form), tell)
    peak, gain_db = _join(done, work, out, plan.sample_rate, tell)
    plan.output_gain_db = round(plan.output_gain_db + gain_db, 3)
    _put_on_clock(plan, done)
    plan.rendered = RenderedSet(
        path=str(out),
        format=form.suffix.lstrip("."),
        sample_rate=plan.sample_rate,
        duration_sec=plan.duration_sec,
        true_peak_dbtp=round(peak, 2),
    )
    shutil.rmtree(work, ignore_errors=True)
    tell(1.0, "done")
    return plan


def parts_of(out: Path) -> Path:
    """Return the folder in which a set's finished stretches lie until its file is whole."""
    return out.with_name(out.name + PARTS)


def find_set_format(out: Path) -> Format:
    """Return the format for a set's file name.

    Raises
    ------
    UnwritableMix
        If a set is not written as such.
    """
    form = find_format(out)
    if form.suffix not in SUFFIXES:
        raise UnwritableMix(out, f"a set is written as {', '.join(SUFFIXES)}")
    return form


def _measure_peaks(tracks: Sequence[SetTrack], tell: Progress) -> None:
    """Measure the true peak of tracks whose reports have none, one at a time."""
    for track in tracks:
        if track.true_peak_dbtp is None:
            tell(0.0, f"measuring {track.title}")
            peak = true_peak_dbtp(load_audio(track.path).samples)
            track.true_peak_dbtp = -120.0 if peak is None else peak


def _headroom_db(plan: SetPlan, ceiling_db: float) -> float:
    """Return the gain of the set: no track alone reaches the ceiling, two hardly."""
    highest = ceiling_db
    for place, track in enumerate(plan.tracks):
        level = track.gain_db
        if place:
            # It comes in at the level of the track before.
            level = max(level, plan.tracks[place - 1].gain_db + plan.transitions[place - 1].gain_db)
        highest = max(highest, level + (track.true_peak_dbtp or 0.0))
    return round(ceiling_db - highest - MEETING_HEADROOM_DB - 0.0005, 3)


def _render_stretches(
    plan: SetPlan, work: Path, ceiling_db: float, tell: Progress
) -> list[Finished]:
    """Render every stretch that the work folder does not hold yet."""
    _sweep(work)
    done: list[Finished] = []
    rate = plan.sample_rate
    first = round(plan.tracks[0].start_sec * rate)
    whole = max(plan.duration_sec, 1.0)
    clock = 0.0
    for number, before in enumerate(plan.tracks):
        last = number == len(plan.transitions)
        following = plan.transitions[number + 1] if number + 1 < len(plan.transitions) else None
        after = None if last else plan.tracks[number + 1]
        until = 0.0
        if after is not None:
            until = after.end_sec if following is None else following.transition_start_sec
        stretch = Stretch(
            before=before,
            after=after,
            plan=None if last else plan.transitions[number],
            first_sample=first,
            until_sec=until - KEEP_CLEAR_SEC,
            sample_rate=rate,
            gain_db=plan.output_gain_db,
            ceiling_db=ceiling_db,
        )
        share = min(1.0, clock / whole)
        weight = min(1.0 - share, stretch.foreseen_sec / whole)
        name = f"{number + 1}/{len(plan.tracks)} · {before.title}"

        def step(
            part: float, words: str, share: float = share, weight: float = weight, name: str = name
        ) -> None:
            tell(RENDERED_SHARE * (share + weight * part), f"{name}: {words}")

        found = finished(work, number, stretch)
        if found is None:
            render_stretch(work, number, stretch, step)
            # Read back as a later run would read it, so that both go on from the same figures.
            found = finished(work, number, stretch)
            if found is None:
                raise UnwritableMix(work, "a finished stretch cannot be read back")
        else:
            step(1.0, "done already")
        done.append(found)
        clock += found.samples / rate
        first = found.next_sample
    return done


def _sweep(work: Path) -> None:
    """Remove what a killed run left unfinished."""
    for path in work.glob(".*.part*"):
        path.unlink(missing_ok=True)


def _join(
    done: Sequence[Finished], work: Path, out: Path, rate: int, tell: Progress
) -> tuple[float, float]:
    """Join the stretches; return the file's true peak and the gain it took."""
    total = max(1, sum(each.samples for each in done))
    written = 0

    def on_samples(count: int) -> None:
        nonlocal written
        written += count
        share = min(1.0, written / total)
        tell(RENDERED_SHARE + (0.99 - RENDERED_SHARE) * share, "joining")

    def chunks() -> Iterator[Chunk]:
        for number in range(len(done)):
            for block in decoded_blocks(stretch_paths(work, number)[0]):
                yield block, False

    # Written in the work folder first: what a killed run leaves there goes with it.
    whole = work / f"whole{out.suffix.lower()}"
    result = write_mix(whole, chunks, rate, on_samples)
    try:
        os.replace(whole, out)
    except OSError as error:
        raise UnwritableMix(out, error.strerror or str(error)) from error
    return result


def _put_on_clock(plan: SetPlan, done: Sequence[Finished]) -> None:
    """Put every transition and track on the clock of the file, as played."""
    rate = plan.sample_rate
    position, first = 0, round(plan.tracks[0].start_sec * rate)
    plan.tracks[0].enters_sec = plan.tracks[0].alone_from_sec = 0.0
    for place, each in enumerate(done):
        zero = (position - first) / rate
        if each.plan is not None:
            place_pair(each.plan, plan.tracks[place], plan.tracks[place + 1], zero)
            meeting = each.plan.moved(zero)
            if meeting.measured is not None:
                meeting.measured.true_peak_dbtp = each.true_peak_dbtp
            meeting.output_gain_db = plan.output_gain_db
            plan.transitions[place] = meeting
        position, first = position + each.samples, each.next_sample
    plan.duration_sec = position / rate
    plan.tracks[-1].leaves_sec = plan.duration_sec
