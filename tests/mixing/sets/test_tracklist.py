"""What goes beside a set, read as others read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixing.sets.set_plan import SetPlan, SetTrack
from mixing.sets.tracklist import clock, read_playlist, write_beside


@pytest.fixture
def plan() -> SetPlan:
    def track(number: int, **facts: object) -> SetTrack:
        return SetTrack(
            track_id=str(number),
            path=f"/music/{number}.flac",
            title=f'The "{number}"\nth',
            artist="Ada" if number else "",
            duration_sec=200.4,
            sample_rate=44_100,
            end_sec=200.0,
            enters_sec=number * 3601.5,
            **facts,
        )

    tracks = [track(0), track(1, bpm=124.04, camelot="8A")]
    return SetPlan(arc="peak", duration_sec=7400.0, tracks=tracks)


def test_every_file_says_what_is_heard_when(plan: SetPlan, tmp_path: Path) -> None:
    out = tmp_path / "friday.mp3"
    names = [path.name for path in write_beside(plan, out)]
    assert names == ["friday.txt", "friday.cue", "friday.m3u8", "friday.json"]
    lines = (tmp_path / "friday.txt").read_text().splitlines()
    assert lines == ['0:00:00  The "0" th', '1:00:01  Ada – The "1" th  [124.0 BPM, 8A]']
    cue = (tmp_path / "friday.cue").read_text()
    assert 'FILE "friday.mp3" MP3' in cue
    assert re.findall(r"TRACK (\d\d) AUDIO\n    TITLE \"(.*)\"", cue) == [
        ("01", "The '0' th"),
        ("02", "The '1' th"),
    ]
    assert re.findall(r"INDEX 01 (\S+)", cue) == ["00:00:00", "60:01:37"]
    playlist = (tmp_path / "friday.m3u8").read_text().splitlines()
    assert playlist[0] == "#EXTM3U"
    assert playlist[3] == '#EXTINF:200,Ada – The "1" th'
    assert read_playlist(tmp_path / "friday.m3u8") == [
        Path("/music/0.flac"),
        Path("/music/1.flac"),
    ]
    assert SetPlan.read(tmp_path / "friday.json").tracks[1].title == 'The "1"\nth'


def test_playlists_of_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.m3u"
    path.write_bytes("#EXTM3U\r\n\r\nCafé.mp3\r\n".encode("cp1252"))
    assert read_playlist(path) == [tmp_path / "Café.mp3"]
    path.write_bytes(b"\xef\xbb\xbf" + "sub/Café.mp3\n/abs/a.wav\n".encode())
    assert read_playlist(path) == [tmp_path / "sub/Café.mp3", Path("/abs/a.wav")]


def test_clock() -> None:
    assert [clock(sec) for sec in (0.0, 59.99, 3723.0)] == ["0:00:00", "0:00:59", "1:02:03"]
