"""Where models lie, which versions there are, and which of them may be loaded.

A joblib file is a pickle: loading it can run any code. So a bundle is loaded only when its hash
stands in the user's own register, which lies outside every project folder and is written when
this user trains (or trusts) a model. A ``.skops`` file is loaded where skops is installed and
finds only known types in it. Everything else is refused.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

import joblib

from analysis.files import write_atomically
from training.errors import NoModel, UnknownVersion, UntrustedBundle, UnusableBundle

VERSIONS_KEPT = 10
"""Old versions of a model, so that a rollback reaches past a bad evening of corrections."""

_COMPRESS = 3  # zlib level: a forest shrinks tenfold, and loading stays in tens of milliseconds


def trust_folder() -> Path:
    """Return the user's own register of trusted bundles: ``SEGUE_TRUST``, or the user's data."""
    chosen = os.environ.get("SEGUE_TRUST")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "segue" / "trusted"


@dataclass(frozen=True)
class Version:
    """One trained version of a model.

    Parameters
    ----------
    kind
        ``recommender genre bucket …``.
    digest
        SHA-256 of the file.
    trained_at
        UTC, ISO 8601.
    data_fingerprint
        Hash of what it was trained on: the same data and code give the same number.
    tracks
        How many tracks it learned from.
    metrics
        Whatever its evaluation found.
    libraries
        Versions of Python and of the libraries that must match to load it well.
    active
        True for the one in use.
    """

    kind: str
    digest: str
    trained_at: str
    data_fingerprint: str
    tracks: int
    metrics: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    active: bool = False

    @property
    def name(self) -> str:
        """The version's short name, ``"3fa9c1d2"``."""
        return self.digest[:8]


def trust(path: Path) -> str:
    """Put a bundle on the user's register; return its hash. For files whose maker is trusted."""
    digest = hashlib.sha256(_read(path, Path(path).stem)).hexdigest()
    _register(digest, path)
    return digest


def load_bundle(path: Path, kind: str | None = None) -> Any:
    """Load a bundle that this user trained or trusts.

    Parameters
    ----------
    path
        A ``.joblib`` (or ``.skops``) file.
    kind
        Named in the error where the file is missing; by default the file's stem.

    Raises
    ------
    NoModel
        If there is no file.
    UntrustedBundle
        If its hash is not on the register; nothing of it was executed.
    UnusableBundle
        If it is trusted but cannot be read.
    """
    path = Path(path)
    content = _read(path, kind or path.stem)
    digest = hashlib.sha256(content).hexdigest()
    if path.suffix == ".skops":
        return _load_skops(path, content, digest)
    if not (trust_folder() / digest).is_file():
        raise UntrustedBundle(path, digest)
    try:
        # from the very bytes that were hashed: the file may change in between
        return joblib.load(io.BytesIO(content))
    except Exception as error:
        raise UnusableBundle(path, f"cannot be read ({type(error).__name__}: {error})") from error


def save_bundle(
    bundle: Any,
    path: Path,
    kind: str,
    *,
    data_fingerprint: str,
    tracks: int,
    metrics: Mapping[str, Any] | None = None,
    activate: bool = True,
) -> Version:
    """Write a bundle, trust it, and keep it as a version.

    Parameters
    ----------
    bundle
        What `load_bundle` shall return.
    path
        The active file, ``models/<kind>.joblib``; versions are kept in ``versions/`` beside it.
    kind
        The model's name.
    data_fingerprint, tracks, metrics
        See `Version`.
    activate
        Use it from now on; else it is only kept.
    """
    path = Path(path)
    buffer = io.BytesIO()
    joblib.dump(bundle, buffer, compress=_COMPRESS)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    version = Version(
        kind=kind,
        digest=digest,
        trained_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        data_fingerprint=data_fingerprint,
        tracks=tracks,
        metrics=dict(metrics or {}),
        libraries=_libraries(),
        active=activate,
    )
    stored = _versions_folder(path) / f"{kind}-{version.name}.joblib"
    write_atomically(stored, content)
    record = {name: value for name, value in asdict(version).items() if name != "active"}
    write_atomically(
        stored.with_suffix(".json"), (json.dumps(record, indent=1, default=str) + "\n").encode()
    )
    _register(digest, path)
    if activate:
        write_atomically(path, content)
    for old in [one for one in versions(path, kind) if not one.active][VERSIONS_KEPT - 1 :]:
        for suffix in (".joblib", ".json"):
            (_versions_folder(path) / f"{kind}-{old.name}{suffix}").unlink(missing_ok=True)
    return version


def versions(path: Path, kind: str) -> list[Version]:
    """Return the kept versions of the model at ``path``, newest first."""
    path = Path(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    found = []
    for file in sorted(_versions_folder(path).glob(f"{kind}-*.json")):
        try:
            record = json.loads(file.read_bytes())
            found.append(Version(**record, active=record["digest"] == digest))
        except (OSError, ValueError, TypeError, KeyError):
            continue  # a half-deleted version is no version
    return sorted(found, key=lambda one: one.trained_at, reverse=True)


def find_version(path: Path, kind: str, name: str | None = None) -> Version:
    """Return a version by the start of its hash; None: the one in use.

    Raises
    ------
    UnknownVersion
        If there is no such version.
    """
    for one in versions(path, kind):
        if one.active if name is None else name and one.digest.startswith(name):
            return one
    raise UnknownVersion(kind, name or "in use")


def version_path(path: Path, version: Version) -> Path:
    """Return where a version of the model at ``path`` is kept."""
    return _versions_folder(Path(path)) / f"{version.kind}-{version.name}.joblib"


def outdated_libraries(version: Version) -> dict[str, tuple[str, str]]:
    """Return {library: (version it was trained with, version now)} where they differ.

    Patch releases keep what they load; another minor release may not, so the model should be
    trained again.
    """
    now = _libraries()
    return {
        name: (then, now.get(name, "absent"))
        for name, then in version.libraries.items()
        if then.split(".")[:2] != now.get(name, "").split(".")[:2]
    }


def version_name(path: Path) -> str:
    """Return the short name of the version that lies at ``path``."""
    return hashlib.sha256(_read(path, Path(path).stem)).hexdigest()[:8]


def rollback(path: Path, kind: str, to: str | None = None) -> Version:
    """Make an earlier version the active one again.

    Parameters
    ----------
    path
        The active file.
    kind
        The model's name.
    to
        A version's name (its hash or the start of it); None: the one trained before the active.

    Raises
    ------
    UnknownVersion
        If there is no such version.
    """
    path = Path(path)
    kept = versions(path, kind)
    if to is None:
        active = next((index for index, one in enumerate(kept) if one.active), -1)
        chosen = kept[active + 1] if active + 1 < len(kept) else None
    else:
        chosen = next((one for one in kept if to and one.digest.startswith(to)), None)
    if chosen is None:
        raise UnknownVersion(kind, to or "before the present one")
    stored = _versions_folder(path) / f"{kind}-{chosen.name}.joblib"
    content = _read(stored, kind)
    if hashlib.sha256(content).hexdigest() != chosen.digest:
        raise UnusableBundle(stored, "is not the file that was saved")
    write_atomically(path, content)
    return next(one for one in versions(path, kind) if one.digest == chosen.digest)


def fingerprint(parts: Any) -> str:
    """Return a hash of JSON-like data, the same for the same data on every machine."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _libraries() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{name: library_version(name) for name in ("scikit-learn", "numpy", "pandas")},
    }


def _versions_folder(path: Path) -> Path:
    return path.parent / "versions"


def _read(path: Path, kind: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise NoModel(path, kind) from error
    except OSError as error:
        raise UnusableBundle(path, f"cannot be read ({error})") from error


def _register(digest: str, path: Path) -> None:
    # one file a hash: two programs that train at once cannot undo each other's line
    note = {"path": str(Path(path).absolute()), "time": datetime.now(UTC).isoformat()}
    write_atomically(trust_folder() / digest, (json.dumps(note) + "\n").encode())


def _load_skops(path: Path, content: bytes, digest: str) -> Any:
    try:
        skops_io = importlib.import_module("skops.io")
    except ImportError as error:
        raise UntrustedBundle(path, digest) from error
    unknown_types = skops_io.get_untrusted_types(data=content)
    if unknown_types and not (trust_folder() / digest).is_file():
        raise UntrustedBundle(path, digest)
    return skops_io.loads(content, trusted=unknown_types)
