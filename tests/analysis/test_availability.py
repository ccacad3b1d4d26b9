"""What is said of optional libraries that are here, missing or broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.availability import OPENL3_WEIGHTS, check_dependencies, check_dependency
from analysis.options import ESSENTIA_SWITCH, AnalysisOptions


def test_every_library_of_the_report_is_looked_for() -> None:
    found = check_dependencies()
    assert [one.name for one in found] == [
        *("essentia", "madmom", "beat_this", "openl3", "pyloudnorm", "spleeter")
    ]
    for one in found:
        assert one.adds
        assert one.available == (not one.reason)
        assert bool(one.advice) == bool(one.reason)


def test_a_library_that_is_here_has_a_version() -> None:
    one = check_dependency("pyloudnorm")
    assert one.available
    assert one.version[0].isdigit()


def test_a_missing_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "spleeter", raising=False)
    one = check_dependency("spleeter")
    assert (one.available, one.reason) == (False, "not installed")
    assert one.advice


def test_a_broken_library_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "madmom.py").write_text("from collections import MutableSequence\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "madmom", raising=False)
    one = check_dependency("madmom")
    assert not one.available
    assert "does not import: ImportError" in one.reason


def test_openl3_needs_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openl3.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "openl3", raising=False)
    monkeypatch.delenv(OPENL3_WEIGHTS, raising=False)
    assert OPENL3_WEIGHTS in check_dependency("openl3").reason
    monkeypatch.setenv(OPENL3_WEIGHTS, str(tmp_path / "missing.h5"))
    assert "names no file" in check_dependency("openl3").reason
    monkeypatch.setenv(OPENL3_WEIGHTS, str(tmp_path / "openl3.py"))
    assert check_dependency("openl3").available
    monkeypatch.delitem(sys.modules, "openl3")


def test_essentia_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ESSENTIA_SWITCH, raising=False)
    assert AnalysisOptions().use_essentia
    assert not AnalysisOptions(disable_essentia=True).use_essentia
    monkeypatch.setenv(ESSENTIA_SWITCH, "1")
    assert not AnalysisOptions().use_essentia
    monkeypatch.setenv(ESSENTIA_SWITCH, "0")
    assert AnalysisOptions().use_essentia


def test_options_make_sense() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        AnalysisOptions(max_array_points=1)
