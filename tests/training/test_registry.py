from __future__ import annotations

import hashlib
import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import joblib
import pytest

from tests.library.factory import make_crate
from training.errors import NoModel, UnknownVersion, UntrustedBundle, UnusableBundle
from training.recommender import train_recommender
from training.registry import (
    VERSIONS_KEPT,
    fingerprint,
    load_bundle,
    rollback,
    save_bundle,
    trust,
    trust_folder,
    version_name,
    versions,
)


class Evil:
    """Unpickling makes a folder: what a stranger's bundle could do, and worse."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def save(path: Path, number: int) -> str:
    version = save_bundle(
        {"number": number}, path, "toy", data_fingerprint=f"data{number}", tracks=number,
        metrics={"accuracy": number / 100},
    )  # fmt: skip
    return version.name


def test_what_was_trained_here_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "models" / "recommender.joblib"
    bundle = train_recommender(make_crate(8))
    save_bundle(bundle, path, "recommender", data_fingerprint="x", tracks=8)
    assert load_bundle(path)["metadata"].equals(bundle["metadata"])


def test_a_bundle_from_elsewhere_is_refused_before_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "recommender.joblib"
    joblib.dump(Evil(tmp_path / "pwned"), path)
    with pytest.raises(UntrustedBundle) as caught:
        load_bundle(path)
    assert not (tmp_path / "pwned").exists()
    assert "segue models trust" in str(caught.value)
    assert str(caught.value).startswith("UntrustedBundle: ")
    trust(path)
    load_bundle(path)
    assert (tmp_path / "pwned").exists(), "trusting it is the user's decision"


def test_one_changed_byte_is_a_strangers_bundle(tmp_path: Path) -> None:
    path = tmp_path / "toy.joblib"
    save(path, 1)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UntrustedBundle):
        load_bundle(path)


def test_the_register_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_register: Path
) -> None:
    save(tmp_path / "toy.joblib", 1)
    assert [len(entry.name) for entry in own_register.iterdir()] == [64]
    monkeypatch.setenv("SEGUE_TRUST", str(tmp_path / "another user"))
    with pytest.raises(UntrustedBundle):
        load_bundle(tmp_path / "toy.joblib")
    monkeypatch.delenv("SEGUE_TRUST")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert trust_folder() == Path("/data/segue/trusted")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Application Support" in str(trust_folder())


def test_a_trusted_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "toy.joblib"
    path.write_bytes(b"no pickle")
    trust(path)
    with pytest.raises(UnusableBundle, match="train it again"):
        load_bundle(path)


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="segue train recommender"):
        load_bundle(tmp_path / "recommender.joblib")
    with pytest.raises(NoModel, match="segue train buckets"):
        load_bundle(tmp_path / "bucket.joblib", "bucket")


def test_versions_are_listed_newest_first_and_rolled_back(tmp_path: Path) -> None:
    path = tmp_path / "toy.joblib"
    names = [save(path, number) for number in (1, 2, 3)]
    listed = versions(path, "toy")
    assert [one.name for one in listed] == names[::-1]
    assert [one.active for one in listed] == [True, False, False]
    assert (listed[0].tracks, listed[0].metrics) == (3, {"accuracy": 0.03})
    assert listed[0].data_fingerprint == "data3"
    assert {"python", "scikit-learn", "numpy"} <= set(listed[0].libraries)
    assert rollback(path, "toy").name == names[1]
    assert load_bundle(path) == {"number": 2}
    assert rollback(path, "toy").name == names[0]
    with pytest.raises(UnknownVersion):
        rollback(path, "toy")
    assert rollback(path, "toy", names[2]).active
    assert version_name(path) == names[2]
    with pytest.raises(UnknownVersion):
        rollback(path, "toy", "ffffffff")


def test_only_the_last_versions_are_kept_and_the_active_one_always(tmp_path: Path) -> None:
    path = tmp_path / "toy.joblib"
    names = [save(path, number) for number in range(VERSIONS_KEPT + 5)]
    assert [one.name for one in versions(path, "toy")] == names[: -VERSIONS_KEPT - 1 : -1]
    stored = {file.name for file in (tmp_path / "versions").iterdir()}
    assert len(stored) == 2 * VERSIONS_KEPT


def test_a_version_that_was_tampered_with_is_not_rolled_back_to(tmp_path: Path) -> None:
    path = tmp_path / "toy.joblib"
    first = save(path, 1)
    save(path, 2)
    stored = tmp_path / "versions" / f"toy-{first}.joblib"
    stored.write_bytes(pickle.dumps("else"))
    with pytest.raises(UnusableBundle):
        rollback(path, "toy")
    assert load_bundle(path) == {"number": 2}


def test_skops_files_are_loaded_by_their_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(b"known types")
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(UntrustedBundle):
        load_bundle(path)

    stub = types.ModuleType("skops.io")
    stub.get_untrusted_types = (  # type: ignore[attr-defined]
        lambda data: [] if data == b"known types" else ["evil.Type"]
    )
    stub.loads = lambda data, trusted: (data, trusted)  # type: ignore[attr-defined]
    package = types.ModuleType("skops")
    package.io = stub  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "skops", package)
    monkeypatch.setitem(sys.modules, "skops.io", stub)
    assert load_bundle(path) == (b"known types", [])
    path.write_bytes(b"strange types")
    with pytest.raises(UntrustedBundle) as caught:
        load_bundle(path)
    assert caught.value.digest == hashlib.sha256(b"strange types").hexdigest()
    trust(path)
    assert load_bundle(path) == (b"strange types", ["evil.Type"])


def test_a_fingerprint_depends_on_the_data_alone() -> None:
    assert fingerprint({"a": 1, "b": [2.5]}) == fingerprint({"b": [2.5], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
