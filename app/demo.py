"""Music for a newcomer: compose a crate, analyse it, learn from it, telling how far it is.

Used by `segue demo` and by the page's first run alike. Every stage keeps what is finished, so an
interrupted run is continued by the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from analysis.batch import Failure, Progress, analyse_batch
from app.errors import NothingAnalysed
from composer.crate import make_crate
from library.library import Library
from library.settings import Settings
from training.learn import learn_labels, train_recommender_from

# Shares of the whole time, as measured on two cores; they only make the bar move evenly.
COMPOSING, ANALYSING = 0.55, 0.40

Tell = Callable[[str, float], None]
"""Called with (what is being done, share of the whole that is done, 0–1)."""


@dataclass
class DemoResult:
    """What became of the demo crate.

    Parameters
    ----------
    folder
        Where the music lies.
    tracks
        How many tracks have a report.
    failed
        Tracks without one; empty unless something is wrong with this machine.
    """

    folder: Path
    tracks: int
    failed: list[Failure] = field(default_factory=list)


def make_demo(
    settings: Settings,
    tell: Tell | None = None,
    *,
    workers: int | None = None,
    cancel: threading.Event | None = None,
) -> DemoResult:
    """Compose and render the demo crate, analyse it, and train every model on the library.

    Parameters
    ----------
    settings
        Whose home gets the music, the reports and the models.
    tell
        Told how far it is; whatever it raises stops the work, and what is finished stays.
    workers
        Processes for composing and analysing; by default one a processor.
    cancel
        Ends the analysis between two files when set; ``tell`` is then called once more.

    Returns
    -------
    DemoResult
        The crate, its tracks, and what failed.

    Raises
    ------
    composer.errors.OtherCrate
        If the demo folder holds another crate.
    NothingAnalysed
        If not one of its tracks could be analysed: something is wrong with this machine.
    """
    say: Tell = tell or (lambda _words, _share: None)
    say("composing", 0.0)

    def composed(done: int, total: int, file: str) -> None:
        name = f" · {Path(file).stem}" if file else ""
        say(f"composing {done}/{total}{name}", COMPOSING * done / total)

    folder = make_crate(settings.demo, workers=workers, progress=composed)

    def analysed(event: Progress) -> None:
        share = COMPOSING + ANALYSING * event.done / event.total
        say(f"analysing {event.done}/{event.total} · {event.path.stem}", share)

    say("analysing", COMPOSING)
    result = analyse_batch(
        folder, settings.reports, workers=workers, progress=analysed, cancel=cancel
    )
    if result.failed and not result.reports:
        raise NothingAnalysed(result.failed[0].error)
    say("learning from the library", COMPOSING + ANALYSING)
    learn(settings)
    say("done", 1.0)
    return DemoResult(folder, len(result.reports), result.failed)


def learn(settings: Settings, tell: Tell | None = None) -> None:
    """Bring the catalogue up to date and train every model on it.

    Parameters
    ----------
    settings
        Whose library.
    tell
        Told how far it is.

    Raises
    ------
    library.errors.NoReports
        If the library lists no track.
    """
    say: Tell = tell or (lambda _words, _share: None)
    with closing(Library(settings)) as library:
        library.refresh()
        say("learning what sounds alike", 0.1)
        train_recommender_from(library)
        say("learning genres and buckets", 0.5)
        learn_labels(library)
        library.refresh()
