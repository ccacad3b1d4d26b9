"""What can go wrong between the page and the music, each one line with what to do next."""

from __future__ import annotations

from analysis.errors import SegueError


class NoSuchMix(SegueError):
    """A rendered transition that this server does not have (any more)."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id

    def __str__(self) -> str:
        return f"NoSuchMix: {self.job_id!r} is not here any more; render the transition again"


class NoSuchFolder(SegueError):
    """A folder the DJ named that is not there."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        wrong = f"there is no folder {self.folder!r}" if self.folder.strip() else "no folder named"
        return f"NoSuchFolder: {wrong}; copy its path from your file manager"


class MissingWaveform(SegueError):
    """A report without the waveform file beside it."""

    def __init__(self, track_id: str) -> None:
        super().__init__(track_id)
        self.track_id = track_id

    def __str__(self) -> str:
        return (
            f"MissingWaveform: track {self.track_id} has a report but no waveform;"
            " run `segue analyse --overwrite` on its file"
        )


class UnusableUpload(SegueError):
    """A dropped file that no report can be made of."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        # the analysis names its class and the path it was kept under; the DJ knows the name
        self.reason = reason.rsplit(": ", 1)[-1]

    def __str__(self) -> str:
        return f"UnusableUpload: {self.name} cannot be used: {self.reason}"


class NothingAnalysed(SegueError):
    """Not one track of the demo crate could be analysed; tells the first one's reason."""

    def __init__(self, first: str) -> None:
        super().__init__(first)
        self.first = first

    def __str__(self) -> str:
        return f"NothingAnalysed: no track of the demo crate has a report; {self.first}"


class NoSuchCrate(SegueError):
    """Something a set should be made of that is neither a folder nor a playlist."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return (
            f"NoSuchCrate: {self.name!r} is no folder and no .m3u8 playlist, and the library keeps "
            "no named crates yet; give the folder or the playlist"
        )
