"""What happened on the decks, as the browser reports it: `Report` of the contract."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.deck_state import Deck
from library.corrections import HOT_CUES

_log = logging.getLogger(__name__)


class AnyReport(BaseModel):
    """What every report carries: the page load that sends it, and a number that grows."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)

    seq: int
    client: str


class Hello(AnyReport):
    """The page is there, with these tracks on its decks."""

    type: Literal["hello"]
    decks: dict[Deck, str | None]


class Loaded(AnyReport):
    """A track lies on a deck now."""

    type: Literal["loaded"]
    deck: Deck
    id: str


class Unloaded(AnyReport):
    """A deck is empty now."""

    type: Literal["unloaded"]
    deck: Deck


class Playing(AnyReport):
    """A deck was started or stopped."""

    type: Literal["playing"]
    deck: Deck
    id: str
    playing: bool


class Tempo(AnyReport):
    """How a deck sounds now, its controls being at rest."""

    type: Literal["tempo"]
    deck: Deck
    id: str
    bpm: float | None
    camelot: str | None = None


class Cue(BaseModel):
    """A hot cue, or a stored loop."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)

    sec: Annotated[float, Field(ge=0)]
    loop_end_sec: float | None = None


class HotCue(AnyReport):
    """A hot cue was set, or cleared (None)."""

    type: Literal["hot_cue"]
    id: str
    slot: Annotated[int, Field(ge=0, lt=len(HOT_CUES))]
    cue: Cue | None


class GridEdit(AnyReport):
    """The beat grid was set right by hand; ``value`` is seconds for a bar 1, ms for a shift."""

    type: Literal["grid"]
    id: str
    edit: Literal["bar_one", "shift", "double", "halve"]
    value: float


class LoadRequest(AnyReport):
    """The controller asks for a track on a deck."""

    type: Literal["load_request"]
    deck: Deck
    id: str


class Played(AnyReport):
    """A track was heard for half a minute."""

    type: Literal["played"]
    deck: Deck
    id: str
    sec: float


class AutomixNews(AnyReport):
    """Where a set that plays by itself stands."""

    type: Literal["automix"]
    state: Literal["started", "step", "taken_over", "ended"]
    id: str
    step: int


class Problem(AnyReport):
    """Something went wrong, in one sentence."""

    type: Literal["problem"]
    sentence: str


Report = Annotated[
    Hello
    | Loaded
    | Unloaded
    | Playing
    | Tempo
    | HotCue
    | GridEdit
    | LoadRequest
    | Played
    | AutomixNews
    | Problem,
    Field(discriminator="type"),
]
_reports: TypeAdapter[Report] = TypeAdapter(Report)


def read_box(box: Any) -> list[AnyReport]:
    """Return the reports in what the browser sent, in order.

    A report that nobody understands is passed over with a word in the log; it must not keep the
    others waiting.
    """
    found: list[AnyReport] = []
    for one in box if isinstance(box, list) else []:
        try:
            found.append(_reports.validate_python(one))
        except ValidationError as error:
            _log.warning("not a report of the decks: %r (%s)", one, error.errors()[0]["msg"])
    return found


def newest(box: Any) -> int:
    """Return the largest number in a box of the page that sent it, understood or not."""
    numbered = [
        (one["client"], one["seq"])
        for one in (box if isinstance(box, list) else [])
        if isinstance(one, dict) and isinstance(one.get("seq"), int) and "client" in one
    ]
    return max((seq for client, seq in numbered if client == numbered[-1][0]), default=0)
