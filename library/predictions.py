"""What the models think: one prediction a track and kind, with its probability and version."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from library.database import chunks, open_database, writing

UNSURE_BELOW = 0.5
"""A value less likely than not to be right is said to be unsure."""

_schema = MetaData()
_predictions = Table(
    "predictions",
    _schema,
    Column("content_hash", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("value", Text),
    Column("probability", Float, nullable=False),
    Column("alternatives", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("model_version", String, nullable=False),
    Column("time", String, nullable=False),
    Column("revision", Integer, nullable=False, index=True),
    Column("own", Text),
    PrimaryKeyConstraint("content_hash", "kind"),
)


def _create(connection: Connection) -> None:
    _schema.create_all(connection)


def _add_own(connection: Connection) -> None:
    if "own" not in {column["name"] for column in inspect(connection).get_columns("predictions")}:
        connection.exec_driver_sql("ALTER TABLE predictions ADD COLUMN own TEXT")


MIGRATIONS = (_create, _add_own)


@dataclass(frozen=True)
class Prediction:
    """A model's answer about one track.

    Parameters
    ----------
    kind
        ``genre``, ``bucket``, later ``zone``.
    value
        The likeliest answer; None where there is none.
    probability
        Of ``value`` being right, 0–1.
    alternatives
        Other answers with their probabilities, likeliest first.
    reason
        Why it is unsure, or which model spoke; may be empty.
    model_version
        The version in the registry, or the rule that answered.
    time
        UTC, ISO 8601.
    own
        What the model itself had answered, where this answer leans to the DJ's words.
    """

    kind: str
    value: str | None
    probability: float
    alternatives: tuple[tuple[str, float], ...] = ()
    reason: str = ""
    model_version: str = ""
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    own: Prediction | None = None

    @property
    def status(self) -> str:
        """``sure``, or ``unsure`` where there is no value or it is less likely than not."""
        sure = self.value is not None and self.probability >= UNSURE_BELOW
        return "sure" if sure else "unsure"


class Predictions:
    """The predictions table in one SQLite file; safe to delete, training fills it again."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._engine = open_database(self.path, MIGRATIONS)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def write(self, kind: str, found: dict[str, Prediction], *, replace_all: bool = False) -> None:
        """Store predictions of one kind.

        Parameters
        ----------
        kind
            Their kind.
        found
            {content hash: prediction}.
        replace_all
            Take back the kind's predictions of other tracks as well.
        """
        with writing(self._engine) as connection:
            revision = self._revision(connection) + 1
            of_kind = _predictions.c.kind == kind
            for track in found:
                connection.execute(
                    delete(_predictions).where(of_kind, _predictions.c.content_hash == track)
                )
            if replace_all:
                # a row that says 'nothing' and is new tells the catalogue that the old one went
                connection.execute(
                    update(_predictions)
                    .where(of_kind)
                    .values(
                        value=None,
                        probability=0.0,
                        alternatives="[]",
                        reason="no longer predicted",
                        own=None,
                        revision=revision,
                    )
                )
            if found:
                connection.execute(
                    insert(_predictions),
                    [
                        {
                            "content_hash": track,
                            "kind": kind,
                            "value": prediction.value,
                            "probability": prediction.probability,
                            "alternatives": json.dumps(prediction.alternatives, ensure_ascii=False),
                            "reason": prediction.reason,
                            "model_version": prediction.model_version,
                            "time": prediction.time,
                            "revision": revision,
                            "own": None
                            if prediction.own is None
                            else json.dumps(asdict(prediction.own), ensure_ascii=False),
                        }
                        for track, prediction in found.items()
                    ],
                )

    def of(self, content_hash: str) -> dict[str, Prediction]:
        """Return {kind: prediction} of one track."""
        query = select(_predictions).where(_predictions.c.content_hash == content_hash)
        with self._engine.connect() as connection:
            return {row.kind: _prediction(row) for row in connection.execute(query)}

    def some(self, kind: str, content_hashes: Iterable[str]) -> dict[str, Prediction]:
        """Return {content hash: prediction} of one kind, of those tracks that have one."""
        found: dict[str, Prediction] = {}
        with self._engine.connect() as connection:
            for chunk in chunks(sorted(content_hashes)):
                query = select(_predictions).where(
                    _predictions.c.kind == kind, _predictions.c.content_hash.in_(chunk)
                )
                found |= {row.content_hash: _prediction(row) for row in connection.execute(query)}
        return found

    def all(self, kinds: Iterable[str] | None = None) -> dict[str, dict[str, Prediction]]:
        """Return {content hash: {kind: prediction}} of every track."""
        query = select(_predictions)
        if kinds is not None:
            query = query.where(_predictions.c.kind.in_(list(kinds)))
        found: dict[str, dict[str, Prediction]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.content_hash, {})[row.kind] = _prediction(row)
        return found

    def revision(self) -> int:
        """Return a number that grows with every `write` of at least one prediction."""
        with self._engine.connect() as connection:
            return self._revision(connection)

    def changed_since(self, revision: int) -> set[str]:
        """Return the tracks whose predictions are newer than ``revision``."""
        query = select(_predictions.c.content_hash).where(_predictions.c.revision > revision)
        with self._engine.connect() as connection:
            return set(connection.execute(query.distinct()).scalars())

    @staticmethod
    def _revision(connection: Connection) -> int:
        return connection.execute(select(func.max(_predictions.c.revision))).scalar_one() or 0


def _prediction(row: Any) -> Prediction:
    own = None if row.own is None else json.loads(row.own)
    return Prediction(
        kind=row.kind,
        value=row.value,
        probability=row.probability,
        alternatives=_alternatives(json.loads(row.alternatives)),
        reason=row.reason,
        model_version=row.model_version,
        time=row.time,
        own=own and Prediction(**own | {"alternatives": _alternatives(own["alternatives"])}),
    )


def _alternatives(stored: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(p)) for name, p in stored)
