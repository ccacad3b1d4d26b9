"""``instructions.json``: the DJ's defaults, read with a word on every line that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.files import write_atomically
from library.errors import BadInstructions
from library.folders import typed_path

MixStyle = Literal[
    "auto",
    "beatmatch_crossfade",
    "echo_transition",
    "loop_roll",
    "cut_mix",
    "bass_swap",
    "eq_blend",
    "filter_sweep",
    "echo_out",
    "drop_swap",
    "long_blend",
    "backspin",
    "plain_fade",
]
Effect = Literal["echo_tail", "filter_drop"]

MIX_STYLES: tuple[str, ...] = get_args(MixStyle)
"""Ways to go from one track to the next; ``auto`` chooses by the tracks."""

EFFECTS: tuple[str, ...] = get_args(Effect)
"""What may be laid over a transition."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Deck(_Part):
    """What a deck looks for when the page opens."""

    query: str = ""


class Instructions(_Part):
    """The DJ's defaults. Keys that we do not know are kept.

    Parameters
    ----------
    deckA, deckB
        Searches by which the decks are filled at the start.
    mix_style
        One of `MIX_STYLES`.
    crossfade_ms
        Length of a transition where bars cannot be counted, 0–120,000 ms.
    effects
        Any of `EFFECTS`.
    auto_recommend
        Suggest next tracks without being asked.
    seek_position
        Where in the track a deck starts: 0 (start) to below 1 (end).
    allowed_folders
        The folders whose music is listed; none: all that was analysed. Relative ones start at
        the folder of the file, ``~`` is the user's home.
    """

    deckA: Deck = Field(default_factory=Deck)  # noqa: N815
    deckB: Deck = Field(default_factory=Deck)  # noqa: N815
    mix_style: MixStyle = "auto"
    crossfade_ms: Annotated[float, Field(ge=0, le=120_000)] = 8_000
    effects: list[Effect] = Field(default_factory=list)
    auto_recommend: bool = True
    seek_position: Annotated[float, Field(ge=0, lt=1)] = 0.0
    allowed_folders: list[str] = Field(default_factory=list)

    def folders(self, home: Path) -> list[Path]:
        """Return the allowed folders as absolute paths, ``home`` before relative ones."""
        paths = ((home / typed_path(folder)).resolve() for folder in self.allowed_folders)
        return list(dict.fromkeys(paths))


def read_instructions(path: Path) -> tuple[Instructions, list[str]]:
    """Read the DJ's defaults.

    Parameters
    ----------
    path
        The file; where it is missing the defaults hold.

    Returns
    -------
    tuple of Instructions and list of str
        The instructions, and a warning for every key that we do not know.

    Raises
    ------
    BadInstructions
        If the file is not JSON or holds values that cannot be used; names each line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Instructions(), []
    except (OSError, UnicodeDecodeError) as error:
        raise BadInstructions(path, [(1, f"cannot be read ({error})")]) from error
    try:
        payload = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInstructions(path, [(error.lineno, f"not JSON: {error.msg}")]) from error
    lines = dict(_lines(text))
    try:
        instructions = Instructions.model_validate(payload)
    except ValidationError as error:
        problems = [
            (_line_of(lines, problem["loc"]), _plain_problem(problem)) for problem in error.errors()
        ]
        raise BadInstructions(path, sorted(problems)) from error
    unknown: list[tuple[str, ...]] = [(key,) for key in instructions.model_extra or {}]
    for deck in ("deckA", "deckB"):
        unknown += [(deck, key) for key in getattr(instructions, deck).model_extra or {}]
    warnings = [
        f"{path.name}, line {_line_of(lines, key)}: {'.'.join(key)!r} is not a key that Segue"
        " knows; it is kept and has no effect"
        for key in unknown
    ]
    return instructions, warnings


def write_instructions(path: Path, instructions: Instructions) -> None:
    """Write the DJ's defaults, keys that we do not know among them."""
    text = json.dumps(instructions.model_dump(mode="json"), ensure_ascii=False, indent=2)
    write_atomically(path, (text + "\n").encode())


def _plain_problem(problem: Any) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].replace("Input should be", "should be", 1)
    given = json.dumps(problem["input"], ensure_ascii=False, default=str)
    return f"{where}: {message}, not {given}" if where else f"{message}, not {given}"


def _line_of(lines: dict[tuple[str | int, ...], int], where: tuple[str | int, ...]) -> int:
    """Return the line of the value at ``where``, or of the nearest part that holds it."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def _lines(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield (path of a value, its line from 1) for every value of a valid JSON text."""
    where: list[str | int] = []
    holders: list[str] = []
    awaiting_key = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "}]":
            holders.pop()
            where.pop()
            awaiting_key = False
        elif token == ",":
            if holders[-1] == "[":
                where[-1] = int(where[-1]) + 1
            else:
                awaiting_key = True
        elif token == ":":
            awaiting_key = False
        elif awaiting_key:
            where[-1] = json.loads(token)
        else:
            yield tuple(where), text.count("\n", 0, match.start()) + 1
            if token in "{[":
                holders.append(token)
                where.append(0 if token == "[" else "")
        if token == "{":
            awaiting_key = True
        elif token == "[":
            awaiting_key = False
