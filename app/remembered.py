"""Answers that cost time, kept until something that they rest on changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

Key = tuple[Hashable, ...]
"""What was asked; the first part is the kind of the question."""


class Remembered:
    """Answers by their questions, for any thread.

    Parameters
    ----------
    most
        How many answers of a kind are kept, where they are large.
    otherwise
        How many of any other kind.
    """

    def __init__(self, most: Mapping[str, int], otherwise: int) -> None:
        self._most = most
        self._otherwise = otherwise
        self._lock = threading.Lock()
        self._answers: dict[Hashable, dict[Key, Any]] = {}
        self._changes = 0

    def recall(self, key: Key, make: Callable[[], T]) -> T:
        """Return the answer remembered under a key, made now where there is none."""
        kind = key[0]
        with self._lock:
            known = self._answers.get(kind, {})
            if key in known:
                answer: T = known.pop(key)
                known[key] = answer  # the one asked longest ago goes first
                return answer
            changes = self._changes
        made = make()
        with self._lock:
            if changes == self._changes:  # else it is out of date already
                known = self._answers.setdefault(kind, {})
                while len(known) >= self._most.get(str(kind), self._otherwise):
                    del known[next(iter(known))]
                known[key] = made
        return made

    def forget(self, *kept: str) -> None:
        """Throw all answers away but those of some kinds."""
        with self._lock:
            self._answers = {kind: known for kind, known in self._answers.items() if kind in kept}
            self._changes += 1

    def drop(self, *kinds: str) -> None:
        """Throw the answers of some kinds away."""
        with self._lock:
            for kind in kinds:
                self._answers.pop(kind, None)
            self._changes += 1
