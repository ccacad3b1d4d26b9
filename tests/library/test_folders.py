from __future__ import annotations

from pathlib import Path

from library.folders import bucket_of, files_below, library_roots


def test_a_bucket_is_the_folder_below_the_root() -> None:
    roots = [Path("/music"), Path("/segue/demo")]
    assert bucket_of(Path("/music/CLUB/TECHNO/a.wav"), roots) == "CLUB/TECHNO"
    assert bucket_of(Path("/segue/demo/READY TO PLAY/x.mp3"), roots) == "READY TO PLAY"
    assert bucket_of(Path("/music/a.wav"), roots) is None
    assert bucket_of(Path("/elsewhere/a.wav"), roots) is None


def test_a_root_inside_a_root_does_not_cut_a_bucket_short() -> None:
    roots = [Path("/music/CLUB"), Path("/music")]
    assert bucket_of(Path("/music/CLUB/TECHNO/a.wav"), roots) == "CLUB/TECHNO"


def test_the_root_of_files_that_nobody_named_is_what_they_have_in_common() -> None:
    paths = [Path("/mnt/dj/READY/TECHNO/a.wav"), Path("/mnt/dj/REVIEW/b.wav"),
             Path("/home/x/c.wav"), Path("/segue/demo/D/d.wav")]  # fmt: skip
    roots = library_roots(paths, [Path("/segue/demo")])
    assert roots == [Path("/segue/demo"), Path("/mnt/dj"), Path("/home/x")]
    assert bucket_of(paths[0], roots) == "READY/TECHNO"
    assert bucket_of(paths[2], roots) is None


def test_files_below_leaves_out_what_is_hidden_and_does_not_go_in_circles(tmp_path: Path) -> None:
    for name in ("a.WAV", "b/c.wav", "b/.hidden.wav", ".trash/d.wav", "b/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b" / "round").symlink_to(tmp_path, target_is_directory=True)
    found = [Path(entry.path) for entry in files_below([tmp_path], frozenset({".wav"}))]
    assert sorted(found) == [tmp_path / "a.WAV", tmp_path / "b" / "c.wav"]
    assert list(files_below([tmp_path / "nothing"], frozenset({".wav"}))) == []
