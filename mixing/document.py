"""Plans as files: one JSON form, written whole or not at all, read with errors in one line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.files import write_atomically
from mixing.errors import UnreadablePlan


class Part(BaseModel):
    """A part of a plan; what a later version adds is kept."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class Document(Part):
    """A plan that is a file of its own."""

    def to_json(self) -> str:
        """Return the wire form: keys in a fixed order, floats to 6 decimals, no NaN."""
        payload = plain(self.model_dump(mode="json"))
        return json.dumps(payload, ensure_ascii=False, allow_nan=False, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Write the plan so that a crash leaves the old file or the new one, never half."""
        write_atomically(Path(path), self.to_json().encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a plan.

        Raises
        ------
        UnreadablePlan
            If the file is missing, not JSON, or not such a plan.
        """
        try:
            return cls.model_validate(json.loads(Path(path).read_bytes()))
        except OSError as error:
            raise UnreadablePlan(path, error.strerror or str(error)) from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise UnreadablePlan(path, f"{where or 'the file'}: {first['msg']}") from error
        except ValueError as error:
            raise UnreadablePlan(path, "not JSON") from error


def plain(value: Any) -> Any:
    """Return JSON-like ``value`` with floats rounded to 6 decimals; refuses what is not finite."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a plan holds finite numbers only")
        return round(value, 6)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
