"""The page under test: opening it, and finding what is on it."""

from __future__ import annotations

import hashlib
from typing import Any

from streamlit.testing.v1 import AppTest

from library.settings import PROJECT_ROOT

IDS = {name: hashlib.md5(name.encode()).hexdigest() for name in ("Lantern", "Harbour", "Comet")}
"""The tracks of the small home by their titles."""


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT_ROOT / "app/pages/main.py"), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def decks(page: AppTest) -> tuple[str | None, str | None]:
    state = page.session_state["live"].decks
    return state.a, state.b


def button(page: AppTest, key: str):
    return next(one for one in page.button if one.key == key)


def named(widgets: Any, start: str) -> Any:
    """Return the one widget whose key starts so: what follows says what it shows."""
    (found,) = [one for one in widgets if str(one.key).startswith(start)]
    return found
