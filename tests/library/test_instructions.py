from __future__ import annotations

from pathlib import Path

import pytest

from library.errors import BadInstructions
from library.instructions import (
    EFFECTS,
    MIX_STYLES,
    Instructions,
    read_instructions,
    write_instructions,
)
from library.settings import PROJECT_ROOT
from mixing.styles import style_names
from mixing.styles.switches import Effects

WHOLE = """{
  "deckA": {"query": "krem"},
  "deckB": {
    "query": "tech \\"house\\", {live}",
    "colour": "amber"
  },
  "mix_style": "echo_transition",
  "crossfade_ms": 6000,
  "effects": ["echo_tail", "filter_drop"],
  "auto_recommend": false,
  "seek_position": 0.25,
  "allowed_folders": ["music", "~/more", "/mnt/disk"],
  "future": [{}, {"a": [1, 2]}]
}
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "instructions.json"
    path.write_text(text)
    return path


def test_every_key_is_read_and_unknown_ones_are_warned_about_by_line(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    found, warnings = read_instructions(path)
    assert found.deckA.query == "krem"
    assert found.deckB.query == 'tech "house", {live}'
    assert (found.mix_style, found.crossfade_ms) == ("echo_transition", 6000)
    assert found.effects == ["echo_tail", "filter_drop"]
    assert (found.auto_recommend, found.seek_position) == (False, 0.25)
    assert found.folders(tmp_path) == [
        tmp_path / "music", Path("~/more").expanduser(), Path("/mnt/disk")
    ]  # fmt: skip
    assert len(warnings) == 2
    assert "line 13: 'future'" in warnings[0]
    assert "line 5: 'deckB.colour'" in warnings[1]


def test_unknown_keys_survive_a_write(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    found, _ = read_instructions(path)
    write_instructions(path, found)
    again, warnings = read_instructions(path)
    assert again == found
    assert len(warnings) == 2
    assert again.model_extra == {"future": [{}, {"a": [1, 2]}]}


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_instructions(tmp_path / "none.json") == (Instructions(), [])


def test_the_repository_has_instructions_that_are_the_defaults() -> None:
    found, warnings = read_instructions(PROJECT_ROOT / "instructions.json")
    assert found == Instructions()
    assert warnings == []


@pytest.mark.parametrize(
    ("before", "after", "line", "named"),
    [
        ('"crossfade_ms": 6000', '"crossfade_ms": -1', 8, "crossfade_ms"),
        ('"crossfade_ms": 6000', '"crossfade_ms": "6 s"', 8, "crossfade_ms"),
        ('"echo_transition"', '"scratch"', 7, "mix_style"),
        ('"filter_drop"', '"flanger"', 9, "effects.1"),
        ("false", '"no"', 10, "auto_recommend"),
        ("0.25", "1.5", 11, "seek_position"),
        ('"/mnt/disk"', "7", 12, "allowed_folders.2"),
        ('{"query": "krem"}', '"krem"', 2, "deckA"),
        ('"tech \\"house\\", {live}"', "5", 4, "deckB.query"),
    ],
)
def test_a_bad_value_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, named: str
) -> None:
    assert before in WHOLE
    text = WHOLE.replace(before, after)
    text = text.replace('"seek_position"', '\n  "seek_position"') if line == 12 else text
    with pytest.raises(BadInstructions) as caught:
        read_instructions(write(tmp_path, text))
    (found_line, problem), *others = caught.value.problems
    assert (found_line, others) == (line + (line == 12), [])
    assert problem.startswith(f"{named}: ")
    assert "\n" not in str(caught.value)


def test_all_bad_values_are_named_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("6000", "null").replace("0.25", "2")
    with pytest.raises(BadInstructions) as caught:
        read_instructions(write(tmp_path, text))
    assert [line for line, _ in caught.value.problems] == [8, 11]


@pytest.mark.parametrize(
    ("text", "line"), [('{\n "deckA": {"query": "a"},,\n}', 2), ("", 1), ("[1]", 1), ("\n\n{", 3)]
)
def test_what_is_not_json_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(BadInstructions) as caught:
        read_instructions(write(tmp_path, text))
    assert caught.value.problems[0][0] == line


def test_the_styles_named_here_are_those_that_mixing_has() -> None:
    # The library may not import mixing, so the names stand in both.
    assert style_names() == MIX_STYLES
    assert Effects.names == EFFECTS


def test_a_folder_of_nobody_is_no_reason_to_stop(tmp_path: Path) -> None:
    asked = Instructions(allowed_folders=["~nobody-of-this-name/music", "~/more"])
    assert asked.folders(tmp_path) == [
        tmp_path / "~nobody-of-this-name" / "music",
        Path.home().resolve() / "more",
    ]
