from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from library.predictions import Prediction, Predictions


def test_what_the_model_itself_answered_is_kept_beside_what_leans(tmp_path: Path) -> None:
    stored = Predictions(tmp_path / "predictions.sqlite")
    own = Prediction("bucket", "A", 0.6, (("B", 0.3), ("C", 0.1)), "its key is unknown", "v1")
    leaning = Prediction("bucket", "B", 0.7, (("A", 0.3),), model_version="v1+", own=own)
    stored.write("bucket", {"t": leaning, "u": own})
    assert stored.of("t") == {"bucket": leaning}
    assert stored.some("bucket", ["t", "u", "nobody"]) == {"t": leaning, "u": own}
    assert stored.some("genre", ["t"]) == {}
    stored.write("bucket", {"u": own}, replace_all=True)
    assert stored.of("t")["bucket"].own is None, "no longer predicted"


def test_a_file_from_before_answers_leaned_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "predictions.sqlite"
    stored = Predictions(path)
    one = Prediction("bucket", "A", 0.6)
    stored.write("bucket", {"t": one})
    stored.close()
    with sqlite3.connect(path) as old:
        old.execute("ALTER TABLE predictions DROP COLUMN own")
        old.execute("PRAGMA user_version = 1")
    again = Predictions(path)
    assert again.of("t") == {"bucket": one}
    again.write("bucket", {"t": replace(one, own=one)})
    assert again.of("t")["bucket"].own == one
