"""What every test may use: one demo crate a run, a home with it analysed, the shared material."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.demo import make_demo
from composer.crate import make_crate
from library.settings import PROJECT_ROOT, Settings

DEMO_SEED = 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--disable-essentia", action="store_true", help="run as where Essentia is not installed"
    )


def pytest_configure(config: pytest.Config) -> None:
    # Set before anything is imported by tests, and inherited by worker processes.
    if config.getoption("--disable-essentia"):
        os.environ["SEGUE_DISABLE_ESSENTIA"] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs the demo crate in one worker: it is composed once a test run."""
    for item in items:
        if "demo_settings" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("demo crate"))


@pytest.fixture(scope="session", autouse=True)
def _own_trust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's own register of trusted bundles out of the tests."""
    before = os.environ.get("SEGUE_TRUST")
    os.environ["SEGUE_TRUST"] = str(tmp_path_factory.mktemp("trust"))
    yield
    if before is None:
        del os.environ["SEGUE_TRUST"]
    else:
        os.environ["SEGUE_TRUST"] = before


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose demo crate is composed, analysed and learned from. Don't change it."""
    home = tmp_path_factory.mktemp("home")
    shutil.copy(PROJECT_ROOT / "instructions.json", home)
    settings = Settings(home)
    result = make_demo(settings)
    assert not result.failed
    return settings


@pytest.fixture(scope="session")
def demo_crate(demo_settings: Settings) -> Path:
    """The composed crate: 16 tracks and truth.json. Don't change it."""
    return make_crate(demo_settings.demo, seed=DEMO_SEED)


@pytest.fixture
def demo_home(demo_settings: Settings, tmp_path: Path) -> Settings:
    """A copy of the demo home that a test may change."""
    home = tmp_path / "home"
    shutil.copytree(demo_settings.home, home)
    return Settings(home)


@pytest.fixture(scope="session")
def shared_material() -> Path:
    """The folder with real audio and tables beside the checkout; skips where it is missing."""
    folder = Path(os.environ.get("SEGUE_SHARED", PROJECT_ROOT.parent / "shared"))
    if not (folder / "audio").is_dir():
        pytest.skip(f"needs the real tracks and tables in {folder}, which are not part of Segue")
    return folder
