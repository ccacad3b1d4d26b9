from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import mutagen
import pytest
import soundfile as sf

from composer import crate
from composer.__main__ import main
from composer.crate import crate_specs, make_tracks, read_truth
from composer.errors import OtherCrate
from composer.sketch import sketch_spec
from composer.spec import TrackSpec

SPECS = [
    sketch_spec(31, "deep house", 10.0, "flac"),
    sketch_spec(32, "hip-hop", 10.0, "ogg"),
    sketch_spec(33, "techno", 10.0, "wav"),
]


@pytest.fixture(scope="module")
def small_crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tracks(tmp_path_factory.mktemp("crate"), SPECS, seed=9, workers=1)


def test_the_demo_crate_has_neighbours_in_every_style() -> None:
    specs = crate_specs(1)
    assert len(specs) == 16
    by_style = Counter(spec.style for spec in specs)
    assert len(by_style) == 5
    assert min(by_style.values()) >= 3
    for style in by_style:
        tempos = [spec.bpm for spec in specs if spec.style == style]
        assert max(tempos) / min(tempos) < 1.04
    assert Counter(spec.format for spec in specs).keys() == {"wav", "flac", "ogg", "mp3"}
    assert len({spec.key for spec in specs}) >= 10
    assert {spec.key.split()[1] for spec in specs} == {"major", "minor"}
    assert len({spec.title for spec in specs}) == 16
    assert len({spec.bucket for spec in specs}) <= 4
    assert any(spec.bpm != round(spec.bpm) for spec in specs)
    assert all(spec.constant_tempo for spec in specs)


@pytest.mark.parametrize("seed", range(5))
def test_durations_of_the_demo_crate(seed: int) -> None:
    for spec in crate_specs(seed):
        bars = 8 * round(spec.seconds * spec.bpm / 240.0 / 8)
        assert 88.0 <= bars * 240.0 / spec.bpm <= 180.0


def test_truth_names_every_file(small_crate: Path) -> None:
    truth = json.loads((small_crate / "truth.json").read_text())
    assert truth["seed"] == 9
    assert len(truth["tracks"]) == 3
    for track in truth["tracks"]:
        path = small_crate / track["file"]
        assert track["file"].startswith(track["bucket"] + "/")
        info = sf.info(path)
        assert info.channels == 2
        assert info.duration == pytest.approx(track["duration_sec"], abs=0.05)
    assert not list(small_crate.rglob(".*"))


def test_tags_and_artwork(small_crate: Path) -> None:
    for track in read_truth(small_crate)["tracks"]:
        file = mutagen.File(small_crate / track["file"])
        text = "".join(str(value) for value in file.tags.values()) if file.tags else ""
        words = text if track["format"] == "wav" else str(dict(file.tags))
        for wanted in (track["title"], track["artist"], track["genre"], str(track["year"])):
            assert wanted in words
        pictures = {
            "flac": lambda f: f.pictures,
            "ogg": lambda f: f["metadata_block_picture"],
            "wav": lambda f: f.tags.getall("APIC"),
        }[track["format"]](file)
        assert pictures


def test_a_whole_crate_is_kept(small_crate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(crate, "_make_track", never)
    before = (small_crate / "truth.json").read_bytes()
    assert make_tracks(small_crate, SPECS, seed=9, workers=1) == small_crate
    assert (small_crate / "truth.json").read_bytes() == before


def test_another_seed_does_not_overwrite(small_crate: Path) -> None:
    with pytest.raises(OtherCrate, match="seed 9"):
        make_tracks(small_crate, SPECS, seed=10, workers=1)


def test_interrupted_work_is_finished_not_repeated(
    tmp_path: Path, small_crate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = crate._make_track
    made: list[int] = []

    def stops_at_third(folder: Path, number: int, spec: TrackSpec) -> dict:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(number)
        return real(folder, number, spec)

    monkeypatch.setattr(crate, "_make_track", stops_at_third)
    with pytest.raises(KeyboardInterrupt):
        make_tracks(tmp_path, SPECS, seed=9, workers=1)
    assert read_truth(tmp_path) is None
    first = list(made)
    again: list[int] = []

    def counts(folder: Path, number: int, spec: TrackSpec) -> dict:
        again.append(number)
        return real(folder, number, spec)

    monkeypatch.setattr(crate, "_make_track", counts)
    seen: list[tuple[int, int, str]] = []
    make_tracks(tmp_path, SPECS, 9, 1, lambda *report: seen.append(report))
    assert sorted(first + again) == [0, 1, 2]
    assert len(again) == 1
    assert [report[0] for report in seen] == [2, 3]
    # Whether interrupted or not, the same truth and the same sound.
    assert (tmp_path / "truth.json").read_bytes() == (small_crate / "truth.json").read_bytes()
    for track in read_truth(tmp_path)["tracks"]:
        one, other = (sf.read(at / track["file"])[0] for at in (tmp_path, small_crate))
        assert one.tobytes() == other.tobytes()


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(tmp_path), "--seed", "4", "--tracks", "1", "--styles", "electro"]
    assert main([*arguments, "--minutes", "0.15", "0.2", "--workers", "1"]) == 0
    assert "1/1" in capsys.readouterr().err
    assert main([str(tmp_path), "--seed", "5", "--tracks", "1", "--workers", "1"]) == 1
    assert capsys.readouterr().err.startswith("OtherCrate: ")
