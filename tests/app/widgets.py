"""Finding widgets of a page under test."""

from __future__ import annotations

from typing import Any


def named(widgets: Any, start: str) -> Any:
    """Return the one widget whose key starts so: what follows says what it shows."""
    (found,) = [one for one in widgets if str(one.key).startswith(start)]
    return found
