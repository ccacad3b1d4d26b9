"""Tables from anywhere as matrices: reading, choosing feature columns, encoding keys and words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from library.keys import parse_key
from library.tracks import fold
from training.dataset import AUDIO_FAMILIES, IDENTITY, LABELS, audio_columns, bucket_columns
from training.errors import BadTable
from training.features import Matrix

MOST_WORDS = 60
"""Text columns with more different words are names and titles, not categories."""

LIKE_NUMBERS = 0.5
"""A text column of which more than this share reads as numbers is one of numbers with slips."""

OCTAVE_BPM = 80.0
"""Tempos are told from 80 to 160: programs that count beats mistake a tempo for its half or double
more often than for any other."""

TEMPO_RANGE_BPM = (40.0, 400.0)
"""Median of a column of tempos; a tempo's confidence, variance or lag has another one."""

Form = Literal["number", "tempo", "key", "words"]


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV with a header.

    Raises
    ------
    BadTable
        If there is no such file, no rows, or it is no CSV.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype={"track_id": str}, low_memory=False)
    except FileNotFoundError as error:
        raise BadTable(path, "no such file") from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise BadTable(path, f"cannot be read as CSV ({error})") from error
    except pd.errors.EmptyDataError as error:
        raise BadTable(path, "is empty") from error
    if table.empty:
        raise BadTable(path, "holds no rows")
    return table


def need_columns(table: pd.DataFrame, names: tuple[str | None, ...], path: Path | str) -> None:
    """Raise `BadTable` for the first name (None passes) that is no column of the table."""
    for name in names:
        if name is not None and name not in table:
            there = ", ".join(str(column) for column in list(table)[-8:])
            raise BadTable(path, f"has no column {name!r}; its last ones are {there}")


def feature_columns(
    table: pd.DataFrame, kind: str, label: str, group: str | None = None
) -> list[str]:
    """Return the columns a model of ``kind`` may look at.

    Our own export gives `X_genre` or `X_bucket`. Of any other table these are all columns of
    numbers, and for buckets those of keys and categories too, but not ids, labels, ``group``
    or a nameless index.
    """
    left_out = {label, group}
    if any(str(name).startswith(AUDIO_FAMILIES) for name in table):
        chosen = audio_columns(table) if kind == "genre" else bucket_columns(table)
        return [name for name in chosen if name not in left_out]
    left_out |= {*IDENTITY, *LABELS}
    return [
        str(name)
        for name in table
        if name not in left_out
        and not str(name).startswith("Unnamed:")
        and (kind != "genre" or pd.api.types.is_numeric_dtype(table[name]))
    ]


def identical_rows(table: pd.DataFrame) -> npt.NDArray[np.int_]:
    """Return a number a row, shape (n,), the same for rows with the same values."""
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy()
    return np.asarray(np.unique(hashes, return_inverse=True)[1], dtype=np.int_)


def joined_groups(
    *parts: npt.NDArray[np.int_],
) -> npt.NDArray[np.int_]:
    """Return groups, shape (n,), that put rows together which any of ``parts`` puts together."""
    parent = np.arange(len(parts[0]))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    for part in parts:
        first: dict[int, int] = {}
        for row, name in enumerate(part):
            parent[root(row)] = root(first.setdefault(int(name), row))
    roots = [root(row) for row in range(len(parent))]
    return np.asarray(np.unique(roots, return_inverse=True)[1], dtype=np.int_)


@dataclass
class Encoder:
    """Columns of numbers, keys and words as one matrix; NaN where a value is missing.

    A key becomes its place on the circle of fifths and its mode; a category, one column a word. A
    tempo also becomes its place between 80 and 160, where half and double time are one, and its
    distance from a whole number, which is what producers type.

    Attributes
    ----------
    forms_ : dict
        {column: how it is read}; other columns are passed over.
    words_ : dict
        {column: its words}, for columns of words.
    names_ : list of str
        Columns of the matrix.
    """

    forms_: dict[str, Form] = field(default_factory=dict)
    words_: dict[str, list[str]] = field(default_factory=dict)
    names_: list[str] = field(default_factory=list)

    def fit(self, table: pd.DataFrame) -> Encoder:
        """Learn how each column is read."""
        for name in map(str, table):
            self._learn(name, table[name])
        for name, form in self.forms_.items():
            if form == "number":
                self.names_.append(name)
            elif form == "tempo":
                self.names_ += [name, f"{name}.in_octave", f"{name}.off_whole"]
            elif form == "key":
                self.names_ += [f"{name}.fifths_x", f"{name}.fifths_y", f"{name}.minor"]
            else:
                self.names_ += [f"{name}.{word}" for word in self.words_[name]]
        return self

    def transform(self, table: pd.DataFrame) -> Matrix:
        """Return the matrix, shape (n, len(names_)); a column that is not there is missing."""
        parts: list[Matrix] = []
        for name, form in self.forms_.items():
            values = table[name] if name in table else pd.Series(np.nan, index=table.index)
            if form in ("number", "tempo"):
                numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
                numbers = np.where(np.isfinite(numbers), numbers, np.nan)
                parts.append(numbers[:, None] if form == "number" else _tempos(numbers))
                continue
            # a column holds few keys and genres, each read once
            places, different = pd.factorize(values, use_na_sentinel=False)
            if form == "key":
                read = np.array([_on_circle(key) for key in different]).reshape(-1, 3)
            else:
                sets = [set(words_of(text)) for text in different]
                read = np.array(
                    [[float(word in one) for word in self.words_[name]] for one in sets]
                ).reshape(len(sets), -1)
            parts.append(read[places])
        return np.hstack(parts) if parts else np.empty((len(table), 0))

    def _learn(self, name: str, values: pd.Series) -> None:
        known = values.dropna()
        if known.empty:
            return
        numeric = pd.to_numeric(known, errors="coerce")
        if numeric.notna().mean() > LIKE_NUMBERS:
            if numeric.nunique() > 1:
                low, high = TEMPO_RANGE_BPM
                is_tempo = re.search("bpm|tempo", name.lower()) and low < numeric.median() < high
                self.forms_[name] = "tempo" if is_tempo else "number"
            return
        texts = known.astype(str).unique()
        if np.mean([parse_key(text) is not None for text in texts]) > LIKE_NUMBERS:
            self.forms_[name] = "key"
            return
        words = sorted({word for text in texts for word in words_of(text)})
        if 0 < len(words) <= MOST_WORDS:
            self.forms_[name] = "words"
            self.words_[name] = words


def words_of(text: object) -> list[str]:
    """Return the words of a genre or category, without case and accents."""
    return re.findall(r"[^\W_]+", fold(text)) if isinstance(text, str) else []


def _tempos(bpm: npt.NDArray[np.float64]) -> Matrix:
    """Return tempo, tempo in one octave, and distance from a whole number, shape (n, 3)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves = np.log2(np.where(bpm > 0, bpm, np.nan) / OCTAVE_BPM)
    folded = OCTAVE_BPM * 2 ** (octaves - np.floor(octaves))
    return np.column_stack([bpm, folded, np.abs(bpm - np.round(bpm))])


def _on_circle(key: object) -> tuple[float, float, float]:
    parsed = parse_key(key) if isinstance(key, str) else None
    if parsed is None:
        return math.nan, math.nan, math.nan
    angle = 2 * math.pi * int(parsed.camelot[:-1]) / 12
    return math.cos(angle), math.sin(angle), float(parsed.minor)
