from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own register of trusted bundles."""
    folder = tmp_path / "trusted"
    monkeypatch.setenv("SEGUE_TRUST", str(folder))
    return folder
