"""What can go wrong when music is asked for."""

from __future__ import annotations

from pathlib import Path


class ComposerError(Exception):
    """Base of the composer's errors. ``str(error)`` is one line, fit for a user's eyes."""


class BadSpec(ComposerError):
    """A track was asked for in a way that cannot be played."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"BadSpec: {self.what}"


class OtherCrate(ComposerError):
    """The folder already holds a composed crate made with another seed."""

    def __init__(self, folder: Path, found: object, wanted: int) -> None:
        super().__init__(str(folder), found, wanted)
        self.folder, self.found, self.wanted = folder, found, wanted

    def __str__(self) -> str:
        return (
            f"OtherCrate: {self.folder} holds a crate of seed {self.found}, not {self.wanted}: "
            "choose another folder or remove that one"
        )
