"""The table of requirements names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "requirements.md"
STATES = {"works", "later"}


def test_every_test_named_in_the_table_exists() -> None:
    named = re.findall(r"`(\w+/test_\w+\.py)(?:::(\w+))?", TABLE.read_text())
    assert len(named) > 20
    for file, function in named:
        assert (TESTS / file).is_file(), file
        assert f"def {function}" in (TESTS / file).read_text(), (file, function)


def test_what_works_names_its_proof() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text().splitlines()
        if re.match(r"\| \d", line)
    ]
    assert rows
    for number, _, state, proof in rows:
        assert state in STATES, number
        assert (state == "works") == bool(proof), number
