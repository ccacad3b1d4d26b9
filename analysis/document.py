"""Models as files: one JSON form, written whole or not at all, read with errors in one line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import UnreadableDocument
from analysis.files import write_atomically


class Part(BaseModel):
    """A part of a document; what a later version or another program adds is kept."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class Document(Part):
    """A model that is a file of its own."""

    unreadable: ClassVar[type[UnreadableDocument]] = UnreadableDocument
    """The error to raise."""

    def payload(self) -> Any:
        """Return what is written, as JSON-like values with finite numbers."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Return the wire form: keys in a fixed order, floats to 6 decimals, no NaN."""
        payload = plain(self.payload())
        return json.dumps(payload, ensure_ascii=False, allow_nan=False, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Write the file so that a crash leaves the old one or the new one, never half."""
        write_atomically(Path(path), self.to_json().encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises
        ------
        UnreadableDocument
            ``unreadable``, if the file is missing, not JSON, or not such a document.
        """
        try:
            return cls.model_validate(json.loads(Path(path).read_bytes()))
        except OSError as error:
            raise cls.unreadable(path, error.strerror or str(error)) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise cls.unreadable(path, f"{where or 'the file'}: {first['msg']}") from error
        except ValueError as error:
            raise cls.unreadable(path, "not JSON") from error


def plain(value: Any, *, null_for_nan: bool = False) -> Any:
    """Return JSON-like ``value`` with floats rounded to 6 decimals.

    Parameters
    ----------
    value
        Numbers, text, lists and dicts.
    null_for_nan
        Turn what is not finite into None instead of refusing it.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    if isinstance(value, float):
        if math.isfinite(value):
            return round(value, 6)
        if null_for_nan:
            return None
        raise ValueError("a document holds finite numbers only")
    if isinstance(value, dict):
        return {str(key): plain(item, null_for_nan=null_for_nan) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, null_for_nan=null_for_nan) for item in value]
    return value
