"""What the decks report and what they are told: the two messages of the contract.

The decks in the browser are the truth about what plays; the notebook is the truth about what the
DJ said. Reports arrive in order, numbered, in a box that the browser sends again until it is
acknowledged. So every report may arrive twice, also after this server was killed between writing
to the notebook and answering: what is written carries the report's number as its source.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.errors import SegueError
from app.deck_state import DECKS, Deck, DeckState
from app.decks.reports import (
    AnyReport,
    AutomixNews,
    GridEdit,
    Hello,
    HotCue,
    Loaded,
    LoadRequest,
    Played,
    Playing,
    Problem,
    Tempo,
    Unloaded,
    newest,
    read_box,
)
from app.studio import PLAYED, Studio
from library.corrections import HOT_CUES, check_correction
from library.errors import BadCorrection, UnknownTrack
from library.grids import Grid, bar_one_here, double_grid, halve_grid, shift_grid

HOT_CUE, GRID = "hot_cues", "grid"
"""Kinds of notebook entries that reports become."""

CRASH_ENTRIES = 5_000
"""Newest entries among which a page's last report is looked for: more than a page can hold back."""

_SOURCE = "deck "

ASKED_SEC = 15.0
"""For so long a track that the DJ asked for outranks what the decks say lies there: by then it was
loaded, or the decks said why not."""


# -- what a page knows -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """How a track sounds on its deck.

    Parameters
    ----------
    track_id
        The track.
    bpm
        As heard, None without a grid.
    camelot
        As heard, None where unknown.
    """

    track_id: str
    bpm: float | None
    camelot: str | None


@dataclass
class Live:
    """What one open page knows of its decks.

    Parameters
    ----------
    decks
        What lies on them.
    acked
        The newest report that was dealt with.
    greeted
        Whether the browser has said what lies on its decks; before that there is no opinion.
    heard
        How the decks sound.
    playing
        Which decks play.
    played
        Tracks that this page has heard, oldest first.
    automix
        The set to be played by itself (`AutomixWish` of the contract), or None.
    told
        Sentences for the DJ.
    """

    decks: DeckState = field(default_factory=DeckState)
    acked: int = 0
    greeted: bool = False
    heard: dict[Deck, Heard] = field(default_factory=dict)
    playing: dict[Deck, bool] = field(default_factory=dict)
    played: list[str] = field(default_factory=list)
    automix: dict[str, Any] | None = None
    told: list[str] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    _asked: dict[Deck, tuple[str, float]] = field(default_factory=dict)

    def load(self, deck: Deck, track_id: str) -> None:
        """Ask for a track on a deck.

        Raises
        ------
        SameTrackTwice
            If it lies on the other deck.
        """
        self.decks = self.decks.load(deck, track_id)
        self._asked[deck] = track_id, self.clock()

    def lies(self, deck: Deck, track_id: str | None) -> None:
        """Take in what the browser says lies on a deck, unless something else was asked for since.

        Raises
        ------
        SameTrackTwice
            If it lies on the other deck.
        """
        asked, at = self._asked.get(deck, (None, 0.0))
        if asked is not None and asked != track_id and self.clock() - at < ASKED_SEC:
            return
        self._asked.pop(deck, None)
        self.decks = self.decks.load(deck, track_id)
        if track_id is None:
            self.playing[deck] = False

    def sound_of(self, deck: Deck) -> Heard | None:
        """Return how the track on a deck sounds, None where the deck has not said."""
        heard = self.heard.get(deck)
        return heard if heard is not None and heard.track_id == self.decks.on(deck) else None


def apply_reports(studio: Studio, live: Live, box: Any) -> bool:
    """Deal with every report that is new to this page.

    Parameters
    ----------
    studio
        Where the DJ's word is kept.
    live
        What the page knows; changed in place.
    box
        What the browser sent: reports, oldest first.

    Returns
    -------
    bool
        Whether there was anything new.
    """
    reports = read_box(box)
    if not live.greeted and not any(isinstance(report, Hello) for report in reports):
        return False  # an answer of 0 makes the browser say what lies on its decks
    last = newest(box)
    fresh = [report for report in reports if report.seq > live.acked]
    with studio.reporting:  # two tabs may bring the same reports of a page that is gone
        words = _Words(studio)
        for report in fresh:
            try:
                _apply(studio, live, report, words)
            except SegueError as error:
                live.told.append(str(error))
    words.publish()
    moved = last > live.acked
    live.acked = max(live.acked, last)
    return moved


def _apply(studio: Studio, live: Live, report: AnyReport, words: _Words) -> None:
    """Take one report in."""
    match report:
        case Hello(decks=decks):
            live.greeted = True
            for deck in DECKS:
                if (track_id := decks.get(deck)) is not None:
                    studio.row(track_id)
                    live.lies(deck, track_id)
        case Loaded(deck=deck, id=track_id):
            studio.row(track_id)
            live.lies(deck, track_id)
        case Unloaded(deck=deck):
            live.lies(deck, None)
        case LoadRequest(deck=deck, id=track_id):
            studio.row(track_id)
            live.load(deck, track_id)
        case Playing(deck=deck, playing=playing):
            live.playing[deck] = playing
        case Tempo(deck=deck, id=track_id, bpm=bpm, camelot=camelot):
            live.heard[deck] = Heard(track_id, bpm, camelot)
        case AutomixNews(state="ended", id=automix_id):
            if live.automix is not None and live.automix["id"] == automix_id:
                live.automix = None
        case Problem(sentence=sentence):
            live.told.append(sentence)
        case Played(id=track_id):
            if track_id not in live.played:
                live.played.append(track_id)
            words.write(report, track_id, PLAYED)
        case HotCue(id=track_id):
            words.write(report, track_id, HOT_CUE)
        case GridEdit(id=track_id):
            words.write(report, track_id, GRID)


# -- the notebook ----------------------------------------------------------------------------------


class _Words:
    """Writes one box's reports to the notebook, each once, reading what stands only once."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._standing: dict[str, dict[str, Any]] = {}
        self._kinds: set[str] = set()

    def write(self, report: AnyReport, track_id: str, kind: str) -> None:
        """Write what a report says, unless that was done or stands there already."""
        studio = self._studio
        studio.row(track_id)
        if report.seq <= self._done(report.client):
            return
        notebook = studio.library.notebook
        if track_id not in self._standing:
            self._standing[track_id] = notebook.latest(track_id)
        standing = self._standing[track_id].get(kind)
        value = check_correction(kind, _value(studio, report, standing))
        if value != standing:
            notebook.record(track_id, kind, value, f"{_SOURCE}{report.client}/{report.seq}")
            self._standing[track_id][kind] = value
            self._kinds.add(kind)
        studio.reported[report.client] = report.seq

    def _done(self, client: str) -> int:
        """Return the newest report of a page that is in the notebook.

        A page's reports are written in their order, so all before it are done as well, also
        where the server was killed before it could say so.
        """
        reported = self._studio.reported
        if client not in reported:
            prefix = f"{_SOURCE}{client}/"
            entries = self._studio.library.notebook.history(limit=CRASH_ENTRIES)
            sources = (entry.source for entry in entries if entry.source.startswith(prefix))
            reported[client] = int(next(sources, "/0").rpartition("/")[2])
        return reported[client]

    def publish(self) -> None:
        """Show what was written everywhere."""
        if self._kinds:
            self._studio.library.refresh_words()
        for kind in self._kinds:
            self._studio.heard(kind)


def _value(studio: Studio, report: AnyReport, standing: Any) -> Any:
    """Return the whole value that a report makes of what stands."""
    match report:
        case Played(deck=deck, sec=sec):
            return {"deck": deck, "sec": round(sec, 3)}
        case HotCue(slot=slot, cue=cue):
            cues = {letter: dict(each) for letter, each in (standing or {}).items()}
            letter = HOT_CUES[slot]
            before = cues.pop(letter, {})
            if cue is not None:
                cues[letter] = {"at_sec": round(cue.sec, 6), "name": before.get("name", "")}
                if cue.loop_end_sec is not None:
                    cues[letter]["loop_end_sec"] = round(cue.loop_end_sec, 6)
            return cues
        case GridEdit():
            grid = studio.library.grid(report.id)
            if grid is None:
                raise BadCorrection("grid", "the track has no grid to edit")
            changed = _edited(grid, report)
            return standing if changed == grid else changed.to_value()
    return standing


def _edited(grid: Grid, report: GridEdit) -> Grid:
    match report.edit:
        case "bar_one":
            return bar_one_here(grid, report.value)
        case "shift":
            return shift_grid(grid, report.value)
        case "double":
            return double_grid(grid)
        case "halve":
            return halve_grid(grid)


# -- wishes ----------------------------------------------------------------------------------------


def wish(studio: Studio, live: Live, browse: Sequence[str]) -> dict[str, Any]:
    """Return what the decks are told: `Wish` of the contract.

    Parameters
    ----------
    studio
        Knows the tracks.
    live
        What the page knows.
    browse
        Track ids that a controller's browse knob moves through.
    """
    return {
        "v": 1,
        "ack": live.acked,
        "decks": {deck: _deck_wish(studio, live, deck) for deck in DECKS},
        "automix": live.automix,
        "browse": [_browsed(studio, track_id) for track_id in browse],
        "settings": {"seekShare": studio.instructions.seek_position, "volume": 0.8},
    }


def _deck_wish(studio: Studio, live: Live, deck: Deck) -> dict[str, str] | None:
    track_id = live.decks.on(deck)
    if track_id is None or not live.greeted:
        return None
    try:
        return {"id": track_id, "rev": studio.revision(track_id)}
    except UnknownTrack:
        return None


def _browsed(studio: Studio, track_id: str) -> dict[str, Any]:
    row = studio.row(track_id)
    return {
        "id": track_id,
        "title": row.title,
        "artist": row.artist,
        "bpm": row.bpm.value,
        "camelot": row.camelot or None,
    }
