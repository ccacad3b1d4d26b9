from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from library.library import Library
from library.settings import Settings
from tests.library.factory import make_crate, write_reports


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home")


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    write_reports(make_crate(8), settings.reports)
    library = Library(settings)
    library.refresh()
    yield library
    library.close()
