"""What can go wrong with a whole set, each in one line with what to do."""

from __future__ import annotations

from mixing.errors import MixingError


class ImpossibleSet(MixingError):
    """Wishes that no order of these tracks can fulfil."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"ImpossibleSet: {self.reason}; change the tracks or the wishes"


class TooFewSongs(MixingError):
    """Nothing to make a set of."""

    def __init__(self, found: int, needed: int = 2) -> None:
        super().__init__(found, needed)
        self.found = found
        self.needed = needed

    def __str__(self) -> str:
        return (
            f"TooFewSongs: {self.found} track{'' if self.found == 1 else 's'} long enough to be "
            f"mixed, and a set needs {self.needed}; add music"
        )


class NoRoom(MixingError):
    """A track that is over before it could be mixed in, heard alone, and mixed out again."""

    def __init__(self, track_id: str, title: str, needed_sec: float) -> None:
        super().__init__(track_id, title, needed_sec)
        self.track_id = track_id
        self.title = title
        self.needed_sec = needed_sec

    def __str__(self) -> str:
        return (
            f"NoRoom: {self.title!r} is over before it could come in, be heard and leave again "
            f"(about {self.needed_sec:.0f} s); leave it out or put it at an end of the set"
        )
