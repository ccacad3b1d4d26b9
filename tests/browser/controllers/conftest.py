"""The decks in a browser that has a Web MIDI of our own."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from library.settings import Settings
from tests.browser.conftest import Server, Window
from tests.browser.controllers.devices import FAKE


@pytest.fixture(scope="module")
def server(
    demo_settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    serve: Callable[..., Server],
) -> Server:
    home = tmp_path_factory.mktemp("midi") / "home"
    shutil.copytree(demo_settings.home, home)
    return serve(Settings(home))


@pytest.fixture
def view(server: Server, window: Callable[..., Window]) -> Window:
    opened = window(server)
    opened.page.add_init_script(f"({FAKE})()")
    return opened.open().decks()
