"""A track's buckets: usually one, sometimes several, and how they are written.

In text (a cell of a CSV, the command line, a field of a page) several stand side by side, parted by
`SEPARATOR`. In the notebook a single bucket is text and several are a list, so that a word from
before there could be several still means what it meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from library.errors import BadCorrection

SEPARATOR = ";"
"""Parts the buckets of one track in text; no bucket may have it in its name."""


def check_buckets(said: Any) -> tuple[str, ...]:
    """Return the buckets that somebody names, each once, in the order they were named.

    Parameters
    ----------
    said
        Text, several parted by `SEPARATOR`, or a list of names.

    Raises
    ------
    BadCorrection
        If there is none, one is no folder below the library, or a name in a list holds the
        separator.
    """
    if isinstance(said, str):
        names = [name for name in said.split(SEPARATOR) if name.strip()]
    elif isinstance(said, list | tuple) and all(isinstance(name, str) for name in said):
        names = list(said)
    else:
        names = []
    if not names:
        raise BadCorrection("bucket", f"{said!r} is no name")
    for name in names:
        if SEPARATOR in name:
            raise BadCorrection(
                "bucket", f"{name!r} holds a {SEPARATOR!r}, which parts buckets; rename its folder"
            )
    found: dict[str, str] = {}
    for name in map(bucket_path, names):
        found.setdefault(name.casefold(), name)
    return tuple(found.values())


def bucket_path(name: str) -> str:
    """Return a bucket's name in its one form: folders parted by ``/``, single blanks.

    Raises
    ------
    BadCorrection
        If it is no folder below the library.
    """
    text = " ".join(name.split())
    parts = [part.strip() for part in text.replace("\\", "/").split("/")]
    parts = [part for part in parts if part]
    if not parts or any(part in (".", "..") for part in parts):
        raise BadCorrection("bucket", f"{text!r} is no folder below the library")
    return "/".join(parts)


def format_buckets(buckets: Iterable[str]) -> str:
    """Return buckets as the text that `check_buckets` reads, ``"Warm-up; Closing"``."""
    return f"{SEPARATOR} ".join(buckets)


def show_buckets(buckets: Iterable[str]) -> str:
    """Return buckets as a screen shows them, ``"Warm-up · Closing"``."""
    return " · ".join(buckets)


def buckets_to_value(buckets: tuple[str, ...]) -> str | list[str]:
    """Return buckets as the notebook keeps them."""
    return buckets[0] if len(buckets) == 1 else list(buckets)


def buckets_of_value(value: Any) -> tuple[str, ...]:
    """Return the buckets that a value of the notebook says; none where it is None."""
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
