"""Whole sets as they are heard: one file, true to its tracks, resumable, two tracks at a time."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import load_audio
from mixing.errors import MissingFile, UnwritableMix
from mixing.output import decoded_peak_dbtp
from mixing.sets import stretch
from mixing.sets.arcs import ARCS
from mixing.sets.planner import plan_in_order
from mixing.sets.render import render_set
from mixing.sets.set_plan import SetPlan
from mixing.stems import load_tape

RATE = 44_100


class Stopped(Exception):
    """Raised by a progress callback, as Cancel does."""


@pytest.fixture(scope="module")
def heard(rendered) -> np.ndarray:
    return load_audio(rendered.rendered.path).samples


def test_the_file_is_as_long_as_the_plan_says_and_keeps_below_the_ceiling(rendered, heard) -> None:
    assert heard.shape[1] / RATE == pytest.approx(rendered.duration_sec, abs=1e-4)
    assert rendered.rendered.true_peak_dbtp <= -1.0
    assert decoded_peak_dbtp(Path(rendered.rendered.path)) <= -1.0
    for meeting in rendered.transitions:
        assert meeting.measured.true_peak_dbtp <= -1.0


def test_between_transitions_each_track_is_heard_as_it_is(rendered, heard) -> None:
    # Across every seam between stretches, and at another sample rate too.
    checked = 0
    for place, track in enumerate(rendered.tracks):
        tape = load_tape(track.path, 0.0, None, RATE)
        if place:
            course = rendered.transitions[place - 1].segments.b[-1]
        else:
            course = rendered.transitions[0].segments.a[0]
        end = track.leaves_sec
        if place < len(rendered.transitions):
            end = rendered.transitions[place].transition_start_sec
        for sec in np.arange(track.alone_from_sec + 0.3, end - 0.6, 0.5):
            first, count = round(sec * RATE), RATE // 2
            played = heard[:, first : first + count]
            source = tape.read(course.track_time(first / RATE), count)
            gain = float((played * source).sum() / (source**2).sum())
            residual = np.abs(played - gain * source).max() / np.abs(gain * source).max()
            assert residual < 0.02, (place, sec)
            checked += 1
        level = 20 * np.log10(gain) - rendered.output_gain_db
        assert level == pytest.approx(track.gain_db, abs=0.1)
    assert checked > 60


def test_what_was_measured_is_good(rendered) -> None:
    for meeting in rendered.transitions:
        assert meeting.measured.kick_async_p95_ms is None or meeting.measured.kick_async_p95_ms < 5
        assert meeting.measured.loudness_step_lu < 3


def test_never_more_than_two_tracks_are_in_memory(rendered, memory) -> None:
    assert memory.made == 2 * len(rendered.transitions) + 1
    assert memory.most == 2


KILLED_RENDER = """
import os, signal, sys
from pathlib import Path
from mixing.sets.render import render_set
from mixing.sets.set_plan import SetPlan

plan, out, stop = SetPlan.read(Path(sys.argv[1])), sys.argv[2], float(sys.argv[3])

def progress(share, words):
    if share >= stop and "already" not in words:
        os.kill(os.getpid(), signal.SIGKILL)

render_set(plan, out, progress)
"""


def test_a_killed_render_goes_on_and_gives_the_same_bytes(
    planned, rendered, whole_file, tmp_path, monkeypatch
) -> None:
    planned.write(tmp_path / "plan.json")
    out, work = tmp_path / "set.wav", tmp_path / "set.wav.parts"
    kept = []
    for stop in ("0.5", "0.92"):  # in the second stretch, and while the stretches are joined
        ended = subprocess.run(
            [sys.executable, "-c", KILLED_RENDER, tmp_path / "plan.json", out, stop], check=False
        )
        assert ended.returncode == -signal.SIGKILL
        assert not out.exists()
        kept.append({path.name: path.stat().st_mtime_ns for path in work.glob("[0-9]*.wav")})
    assert set(kept[0]) == {"0000.wav"}
    assert set(kept[1]) == {"0000.wav", "0001.wav", "0002.wav"}
    assert kept[0]["0000.wav"] == kept[1]["0000.wav"]
    # The power went before this one was whole on the disk.
    damaged = work / "0001.wav"
    damaged.write_bytes(damaged.read_bytes()[:-2000])
    again: list[int] = []
    real = stretch.render_stretch

    def noted(folder: Path, number: int, *arguments: object) -> stretch.Finished:
        again.append(number)
        return real(folder, number, *arguments)

    monkeypatch.setattr("mixing.sets.render.render_stretch", noted)
    done = render_set(planned, out)
    assert again == [1]
    assert out.read_bytes() == whole_file
    assert done.to_json() == rendered.to_json().replace(rendered.rendered.path, str(out))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "set.wav"]


@pytest.fixture(scope="module")
def loud_pair(kick_track) -> SetPlan:
    """Two tracks of very different level; the louder one's peaks stand at full scale."""
    pair = (
        kick_track(120.0, peak=0.99, seconds=56.0),
        kick_track(121.0, peak=0.2, seconds=56.0, first_sec=0.5),
    )
    return plan_in_order(pair, ARCS["peak"])


def test_a_cancelled_render_leaves_no_file_but_what_is_done(loud_pair, tmp_path) -> None:
    def cancel(share: float, words: str) -> None:
        if words.startswith("2/2"):
            raise Stopped

    with pytest.raises(Stopped):
        render_set(loud_pair, tmp_path / "set.wav", cancel)
    kept = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert kept == ["set.wav.parts", "set.wav.parts/0000.json", "set.wav.parts/0000.wav"]


def test_an_mp3_keeps_below_the_ceiling_too_and_tracks_are_equally_loud(
    loud_pair, tmp_path
) -> None:
    out = tmp_path / "set.mp3"
    done = render_set(loud_pair, out)
    assert decoded_peak_dbtp(out) <= -1.0
    assert load_audio(out).samples.shape[1] / RATE == pytest.approx(done.duration_sec, abs=0.01)
    # Both are brought to one level, though one was recorded 14 dB below the other.
    samples = load_audio(out).samples
    one = np.abs(samples[:, 10 * RATE : 20 * RATE]).max()
    two = np.abs(samples[:, -20 * RATE : -10 * RATE]).max()
    assert 20 * np.log10(one / two) == pytest.approx(0.0, abs=2.5)


def test_what_cannot_be_written_or_read_is_named(planned, tmp_path) -> None:
    with pytest.raises(UnwritableMix, match=r"a set is written as \.wav, \.flac, \.mp3"):
        render_set(planned, tmp_path / "set.ogg")
    gone = planned.model_copy(deep=True)
    gone.tracks[1].path = str(tmp_path / "gone.wav")
    with pytest.raises(MissingFile, match="gone"):
        render_set(gone, tmp_path / "set.wav")
    endless = planned.model_copy(update={"duration_sec": 20_000.0})
    with pytest.raises(UnwritableMix, match="use "):
        render_set(endless, tmp_path / "set.wav")
    assert list(tmp_path.iterdir()) == []
