"""Buckets by rules that a DJ writes: keywords and ranges, the first that fits wins.

A rules file is YAML (or TOML of the same shape)::

    rules:
      - bucket: CLUB/TECHNO
        keywords: [techno, acid house]
        bpm: [125, 145]
        energy: [0.5, 1]
      - bucket: CHILL
        bpm: [null, 100]

A rule fits where one keyword (whole words of genre, title or artist) and every range fits; a fact
that is unknown fits no range.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from library.buckets import check_buckets
from library.errors import BadCorrection
from library.settings import Settings
from training.errors import BadTable
from training.tables import words_of

Range = tuple[float, float]

GENRES = ("genre_1", "genre_2", "genre_3", "genre_label", "genre")
TEMPO = ("bpm", "rhythm.bpm_corr", "rhythm.bpm")
KEY = ("key", "key_camelot")
ENERGY = ("energy", "energy_score_from_metrics")
"""Names under which our tables carry these facts, first one first."""


@dataclass(frozen=True)
class BucketRule:
    """One rule.

    Parameters
    ----------
    bucket
        Where a track that fits goes.
    keywords
        Each a tuple of words that stand side by side; empty: any track.
    bpm, energy
        Inclusive ranges, or None.
    """

    bucket: str
    keywords: tuple[tuple[str, ...], ...] = ()
    bpm: Range | None = None
    energy: Range | None = None

    def fits(self, row: Mapping[Any, Any]) -> bool:
        """Return True where the keyword and all ranges fit a row."""
        if self.keywords:
            texts = [words_of(row.get(name)) for name in (*GENRES, "title", "artist")]
            if not any(_side_by_side(words, text) for words in self.keywords for text in texts):
                return False
        return _within(number(row, TEMPO), self.bpm) and _within(number(row, ENERGY), self.energy)


@dataclass(frozen=True)
class BucketRules:
    """Rules in the order in which they are asked."""

    rules: tuple[BucketRule, ...]

    def bucket(self, row: Mapping[Any, Any]) -> str | None:
        """Return the bucket of the first rule that fits, or None."""
        return next((rule.bucket for rule in self.rules if rule.fits(row)), None)

    def buckets(self, table: pd.DataFrame) -> list[str | None]:
        """Return the bucket of every row."""
        return [self.bucket(row) for row in table.to_dict("records")]


def read_rules(path: Path) -> BucketRules:
    """Read a rules file.

    Raises
    ------
    BadTable
        If it cannot be read or a rule in it makes no sense; the rule is named.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        payload = tomllib.loads(text) if path.suffix == ".toml" else _yaml(text)
    except FileNotFoundError as error:
        raise BadTable(path, "no such file") from error
    except (OSError, ValueError) as error:
        raise BadTable(path, f"cannot be read ({error})") from error
    listed = payload.get("rules") if isinstance(payload, dict) else None
    if not isinstance(listed, list) or not listed:
        raise BadTable(path, "has no list named rules")
    return BucketRules(tuple(_rule(path, at, one) for at, one in enumerate(listed, 1)))


def find_rules(settings: Settings) -> BucketRules | None:
    """Return the DJ's own rules, ``bucket_rules.yaml`` (or ``.toml``) in the home, or None.

    Raises
    ------
    BadTable
        If the file is there and cannot be read.
    """
    for name in ("bucket_rules.yaml", "bucket_rules.toml"):
        if (settings.home / name).is_file():
            return read_rules(settings.home / name)
    return None


def number(row: Mapping[Any, Any], names: Sequence[str]) -> float | None:
    """Return the first number a row has under one of the names, or None."""
    for name in names:
        try:
            value = float(row[name])
        except (KeyError, TypeError, ValueError):
            continue
        if value == value and abs(value) != float("inf"):
            return value
    return None


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(error) from error


def _rule(path: Path, at: int, payload: Any) -> BucketRule:
    known = {"bucket", "keywords", "bpm", "energy"}
    if not isinstance(payload, dict) or not set(payload) <= known:
        raise BadTable(path, f"rule {at} may have only {', '.join(sorted(known))}")
    try:
        (bucket,) = check_buckets([payload.get("bucket") or ""])
    except BadCorrection as error:
        raise BadTable(path, f"rule {at}: {error.message}") from error
    keywords = payload.get("keywords") or []
    if not isinstance(keywords, list) or not all(words_of(one) for one in keywords):
        raise BadTable(path, f"rule {at}: keywords must be a list of words")
    return BucketRule(
        bucket,
        tuple(tuple(words_of(one)) for one in keywords),
        _range(path, at, "bpm", payload.get("bpm")),
        _range(path, at, "energy", payload.get("energy")),
    )


def _range(path: Path, at: int, name: str, value: Any) -> Range | None:
    if value is None:
        return None
    good = isinstance(value, list) and len(value) == 2
    if not good or not all(one is None or isinstance(one, int | float) for one in value):
        raise BadTable(path, f"rule {at}: {name} must be [lowest, highest]")
    low = float("-inf") if value[0] is None else float(value[0])
    high = float("inf") if value[1] is None else float(value[1])
    if not low <= high:
        raise BadTable(path, f"rule {at}: {name} begins above its end")
    return low, high


def _side_by_side(words: tuple[str, ...], text: list[str]) -> bool:
    size = len(words)
    return any(tuple(text[at : at + size]) == words for at in range(len(text) - size + 1))


def _within(value: float | None, allowed: Range | None) -> bool:
    return allowed is None or (value is not None and allowed[0] <= value <= allowed[1])
