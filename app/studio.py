"""One gateway from the page to the music: the library, its models, the jobs, the DJ's defaults.

There is one studio a server process, shared by every session and by the HTTP routes. It holds no
state of a page; what it remembers are answers that cost time, thrown away whenever the notebook,
the reports or the models change.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from analysis.errors import SegueError
from analysis.report import Report
from analysis.tags import read_artwork
from app import previews, tasks
from app.errors import MissingWaveform, NoSuchMix
from app.jobs import Job, Jobs, JobState
from app.remembered import Remembered
from app.track_view import track_view
from library.errors import BadInstructions
from library.grids import Grid
from library.instructions import Instructions, read_instructions
from library.library import Library
from library.notebook import Entry
from library.predictions import Prediction
from library.settings import Settings, load_settings
from library.tracks import TrackRow
from mixing.plan import Plan
from mixing.planner import plan_transition
from training.learn import load_recommender
from training.recommender import Bundle
from training.saying import say_buckets, take_back_word

T = TypeVar("T")

# Rows a list offers at once. A DJ with more tracks searches first; a browser stays quick.
SHOWN_TRACKS = 2000
# Answers kept until something changes: suggestions and reports of a long evening.
REMEMBERED = 400
# Fewer of those that take megabytes: each letter of a search is a list of its own, and each plan
# has hundreds of candidates.
MOST_REMEMBERED = {"tracks": 8, "art": 40, "plan": 80}
PLAYED = "played"
"""The kind of a notebook entry that says that a track was heard; it changes nothing about it."""
# Newest entries of a track among which the newest word is looked for.
LOOKED_THROUGH = 50


class Studio:
    """Library, models and jobs of one home.

    Parameters
    ----------
    settings
        Where everything lives.
    allowed_folders
        Only music below these is listed, instead of what ``instructions.json`` allows.
    demo
        Whether to make the demo crate at once if there is no music yet.

    Attributes
    ----------
    reported
        For each page that plays, the newest of its decks' reports that is in the notebook;
        ``reporting`` guards it.
    """

    def __init__(
        self, settings: Settings, allowed_folders: Sequence[str] = (), *, demo: bool = False
    ) -> None:
        self.settings = settings
        self.demo = demo
        self.jobs = Jobs()
        self._allowed_folders = list(allowed_folders)
        self._lock = threading.RLock()
        self._answers = Remembered(MOST_REMEMBERED, REMEMBERED)
        self._loaded_bundle: tuple[int, Bundle] | None = None
        self.reporting = threading.Lock()
        self.reported: dict[str, int] = {}
        self.warnings: list[str] = []
        self.instructions = self._read_instructions()
        self.library = Library(settings, self.instructions)
        self.library.refresh()

    # -- the DJ's defaults -----------------------------------------------------------------------

    def _read_instructions(self) -> Instructions:
        try:
            instructions, self.warnings = read_instructions(self.settings.instructions)
        except BadInstructions as error:
            # the page opens all the same: with Segue's own defaults and the sentence on screen
            instructions, self.warnings = Instructions(), [str(error)]
        if self._allowed_folders:
            return instructions.model_copy(update={"allowed_folders": self._allowed_folders})
        return instructions

    def reload(self) -> None:
        """Take in what changed outside: ``instructions.json``, reports, the notebook."""
        with self._lock:
            before = self.instructions.allowed_folders
            self.instructions = self._read_instructions()
            if self.instructions.allowed_folders != before:
                self.library.close()
                self.library = Library(self.settings, self.instructions)
            self.library.refresh()
            self.forget()

    # -- answers that cost time ------------------------------------------------------------------

    def forget(self, *kept: str) -> None:
        """Throw away remembered answers because something they rest on has changed.

        Parameters
        ----------
        kept
            Kinds of answers that do not rest on it.
        """
        self._answers.forget(*kept)

    def recall(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """Return an answer remembered under a key, made now where there is none."""
        return self._answers.recall(key, make)

    # -- tracks ----------------------------------------------------------------------------------

    def count(self) -> int:
        """Return how many tracks are listed."""
        return self.recall(("count",), self.library.count)

    def has_music(self) -> bool:
        """Return whether there is any track to play."""
        return self.count() > 0

    def tracks(self, search: str = "") -> list[TrackRow]:
        """Return the tracks whose name, artist, folder … hold every word of ``search``."""
        return self.recall(
            ("tracks", search), lambda: self.library.tracks(search, limit=SHOWN_TRACKS)
        )

    def row(self, track_id: str) -> TrackRow:
        """Return a track's row.

        Raises
        ------
        UnknownTrack
            If no report carries the id.
        """
        return self.recall(("row", track_id), lambda: self.library.row(track_id))

    def report(self, track_id: str) -> Report:
        """Return a track's report with the DJ's word in it; it is shared, don't change it."""
        return self.recall(("report", track_id), lambda: self.library.report(track_id))

    def path(self, track_id: str) -> Path:
        """Return a copy of the track's audio that exists; see `Library.path` for errors."""
        return self.library.path(track_id)

    def artwork(self, track_id: str) -> tuple[str, bytes] | None:
        """Return (media type, picture) of a track, or None."""
        return self.recall(("art", track_id), lambda: read_artwork(self.path(track_id)))

    def has_artwork(self, track_id: str) -> bool:
        """Return whether a track's file is there and has a picture."""
        try:
            return self.artwork(track_id) is not None
        except SegueError:
            return False

    def peaks_path(self, track_id: str) -> Path:
        """Return the file of a track's three-band waveform.

        Raises
        ------
        UnknownTrack
            If no report carries the id.
        MissingWaveform
            If the report has no waveform beside it.
        """
        path = self.library.peaks_path(track_id)
        if not path.is_file():
            raise MissingWaveform(track_id)
        return path

    def revision(self, track_id: str) -> str:
        """Return a word that changes whenever :meth:`view` of the track would."""

        def newest() -> str:
            entries = self.library.notebook.history(track_id, limit=LOOKED_THROUGH)
            said = next((entry.id for entry in entries if entry.kind != PLAYED), 0)
            written = self.row(track_id).report_path.stat().st_mtime_ns
            return f"{said}-{written:x}"

        return self.recall(("revision", track_id), newest)

    def view(self, track_id: str) -> dict[str, Any]:
        """Return what the browser shows of a track besides sound and peaks."""
        return track_view(self, track_id)

    # -- the DJ's word ---------------------------------------------------------------------------

    def predictions(self, track_id: str) -> dict[str, Prediction]:
        """Return what the models think of a track, by kind."""
        return self.recall(("predictions", track_id), lambda: self.library.predictions_of(track_id))

    def labels(self, kind: str) -> list[str]:
        """Return every genre or bucket in use."""
        return self.recall(("labels", kind), lambda: self.library.catalogue.values(kind))

    def correct(self, track_id: str, kind: str, value: Any) -> None:
        """Keep the DJ's word at once; see `Library.correct` for errors."""
        if kind == "bucket":
            say_buckets(self.library, {track_id: value}, "correct")
        else:
            self.library.correct(track_id, kind, value)
        self.heard(kind)

    def edit_grid(self, track_id: str, edit: Callable[[Grid], Grid]) -> None:
        """Apply an edit of `library.grids` to a track's grid; see `Library.edit_grid`."""
        self.library.edit_grid(track_id, edit)
        self.heard("grid")

    def last_word(self, track_id: str, kind: str) -> Entry | None:
        """Return the newest word on a track that an undo of this kind would withdraw, or None."""

        def newest() -> Entry | None:
            entries = self.library.notebook.history(track_id, kind, standing=True, limit=1)
            return entries[0] if entries else None

        return self.recall(("word", track_id, kind), newest)

    def undo(self, track_id: str, kind: str) -> Entry:
        """Withdraw the newest word of a kind on a track; see `Library.undo` for errors."""
        entry = take_back_word(self.library, track_id, kind)
        self.heard(entry.kind)
        return entry

    def heard(self, kind: str) -> None:
        """Forget what rests on the DJ's word of a kind; the files themselves are the same."""
        if kind in ("grid", "key"):
            self.forget("art", "count", "labels")
        elif kind in ("hot_cues", PLAYED):
            self._answers.drop("revision", "word")
        else:
            self.forget("art", "count", "plan", "suggestions", "bucket model", "bucket versions")

    # -- what follows what -----------------------------------------------------------------------

    def bundle(self) -> Bundle:
        """Return the recommender.

        Raises
        ------
        NoModel, UntrustedBundle, UnusableBundle
            If there is none that may be used.
        """
        path = self.settings.recommender
        stamp = path.stat().st_mtime_ns if path.is_file() else 0
        with self._lock:
            if self._loaded_bundle is None or self._loaded_bundle[0] != stamp:
                self._loaded_bundle = (stamp, load_recommender(path))
            return self._loaded_bundle[1]

    def plan(self, choice: tasks.MixChoice) -> Plan:
        """Return the transition that would be rendered; the planner's errors pass through."""
        return self.recall(
            ("plan", choice),
            lambda: plan_transition(
                self.report(choice.first),
                self.report(choice.second),
                style=choice.style,
                bars=choice.bar_count,
                effects=choice.effects,
                mix_out_sec=choice.mix_out_sec,
                mix_in_sec=choice.mix_in_sec,
                to_beats=True,
            ),
        )

    def fingerprint(self, choice: tasks.MixChoice) -> str:
        """Return a word that changes whenever the choice would sound different."""
        return self.recall(
            ("plan", "word", choice),
            lambda: previews.fingerprint(self.plan(choice), choice.file_format),
        )

    # -- work in the background ------------------------------------------------------------------

    def has_demo(self) -> bool:
        """Return whether the demo crate's music is there."""
        return (self.settings.demo / "truth.json").is_file()

    def start_demo(self) -> Job:
        """Compose, analyse and train on the demo crate; a demo under way is returned as it is."""
        under_way = self.jobs.latest("demo")
        if under_way is not None and under_way.active:
            return under_way
        return self._start("demo", "Making the demo crate", tasks.make_demo)

    def start_folder(self, folder: str) -> Job:
        """Analyse every track below a folder and learn from the whole library again.

        Raises
        ------
        NoSuchFolder
            If there is no such folder.
        """
        path = tasks.existing_folder(folder)
        return self._start("folder", f"Analysing {path.name}", tasks.analyse_folder, path)

    def start_upload(self, name: str, content: bytes) -> Job:
        """Keep and analyse a dropped file; the job's result is its track id."""
        return self._start("upload", f"Analysing {name}", tasks.analyse_upload, name, content)

    def start_uploads(self, files: Sequence[tuple[str, bytes]]) -> Job:
        """Keep and analyse dropped files, given as (name or path below the folder, content)."""
        title = f"Analysing {len(files)} dropped file{'' if len(files) == 1 else 's'}"
        return self._start("uploads", title, tasks.analyse_uploads, files)

    def may_learn(self) -> bool:
        """Return whether nothing was learned yet, nothing hinders it, and nobody tried before."""
        return (
            not self.settings.recommender.is_file()
            and not self.jobs.active()
            and self.jobs.latest("training") is None
        )

    def start_training(self) -> Job:
        """Learn from the whole library again."""
        return self._start("training", "Learning from your library", tasks.train)

    def _start(self, kind: str, title: str, work: Callable[..., Any], *args: Any) -> Job:
        def run(job: Job) -> Any:
            try:
                return work(self, job, *args)
            finally:
                self.reload()

        return self.jobs.submit(kind, title, run)

    def mix_path(self, job_id: str) -> Path:
        """Return the file that a job wrote: a transition or a whole set.

        Raises
        ------
        NoSuchMix
            If this server never rendered it, or the file is gone.
        """
        job = self.jobs.get(job_id)
        if (
            job is None
            or job.kind not in ("render", "plain", "set")
            or job.state is not JobState.DONE
        ):
            raise NoSuchMix(job_id)
        path = Path(job.result.rendered.path)
        if not path.is_file():
            raise NoSuchMix(job_id)
        return path


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--allowed-folder", action="append", default=[])
    parser.add_argument("--demo", action="store_true")
    # under another server the arguments are that server's own
    return parser.parse_known_args(list(argv))[0]


@lru_cache(maxsize=1)
def get_studio() -> Studio:
    """Return this process's studio, made at the first call from what stands after ``--``.

    Not one of Streamlit's caches: those can be cleared from the page, which would leave a second
    studio beside the running jobs of the first.
    """
    asked = _arguments(sys.argv[1:])
    return Studio(load_settings(), asked.allowed_folder, demo=asked.demo)
