"""What can go wrong when a model is trained, loaded or asked, each one line with a way out."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import SegueError


class TrainingError(SegueError):
    """Base of training's errors: ``str(error)`` is the class name and one sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.message}"


class TooFewTracks(TrainingError):
    """Too few tracks (or labels) to learn from."""

    def __init__(self, found: int, needed: int, what: str = "analysed tracks") -> None:
        super().__init__(
            f"{found} {what}, {needed} needed; run `segue analyse` on more music, or `segue demo`"
        )
        self.found = found
        self.needed = needed


class BadTestSize(TrainingError):
    """A share of held-out tracks outside 0–1."""

    def __init__(self, test_size: float) -> None:
        super().__init__(
            f"--test-size {test_size:g} is no share; give 0 to 1 (0 or 1: no held-out tracks)"
        )


class NoModel(TrainingError):
    """A bundle that is not there."""

    def __init__(self, path: Path | str, kind: str = "recommender") -> None:
        command = {"bucket": "buckets", "zone": "zones"}.get(kind, kind)
        super().__init__(f"no model at {path}; run `segue train {command}`")
        self.path = Path(path)


class UntrustedBundle(TrainingError):
    """A model file that this user did not train: loading it could run a stranger's code."""

    def __init__(self, path: Path | str, digest: str) -> None:
        super().__init__(
            f"{path} was not trained here and could run any code when loaded; train your own"
            f" (`segue train`), or, if you trust its maker, `segue models trust {path}`"
        )
        self.path = Path(path)
        self.digest = digest


class UnusableBundle(TrainingError):
    """A model file that is trusted but damaged, or not what was asked for."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}; train it again (`segue train`)")
        self.path = Path(path)


class UnknownVersion(TrainingError):
    """A version of a model that is not kept."""

    def __init__(self, kind: str, version: str) -> None:
        super().__init__(f"no version {version!r} of {kind}; `segue models list` shows them")


class BadTable(TrainingError):
    """A table (CSV) that cannot serve as it is."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
