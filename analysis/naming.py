"""What a track's report file is called: ``<name>-<hash8>.json``, and finding it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHORT_HASH = 8
"""Hex digits of the content hash in a file name: enough to find a report, short to read."""

PEAKS_SUFFIX = ".peaks"
"""Of the waveform file that lies beside a report and shares its name."""

_MAX_NAME_BYTES = 120
"""Leaves room for hash, suffix and temporary prefix in the 255 bytes that file systems allow."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
"""What Windows or a URL would not take in a file name."""

_REPORT_NAME = re.compile(rf"-([0-9a-f]{{{SHORT_HASH}}}|[0-9a-f]{{32}})\.json$")

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
)
"""Names that Windows keeps for devices."""


def report_name(name: str, content_hash: str, digits: int = SHORT_HASH) -> str:
    """Return a report's file name.

    Parameters
    ----------
    name
        The audio file's name without its suffix.
    content_hash
        The track's identity, 32 hex digits.
    digits
        How many of them to show.

    Examples
    --------
    >>> report_name("Krem: Kaakkuja?", "0123456789abcdef0123456789abcdef")
    'Krem Kaakkuja-01234567.json'
    """
    safe = " ".join(_UNSAFE.sub(" ", name.encode(errors="replace").decode()).split())
    safe = safe.encode()[:_MAX_NAME_BYTES].decode(errors="ignore").strip(" .") or "track"
    if safe.partition(".")[0].lower() in _RESERVED:
        safe = f"_{safe}"
    return f"{safe}-{content_hash[:digits]}.json"


class ReportFolder:
    """The reports in one folder, found by content hash.

    The folder is listed once; reports are opened only where their name's hash fits.

    Parameters
    ----------
    folder
        Need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._by_hash: dict[str, list[Path]] = {}
        for path in sorted(self.folder.glob("*.json")) if self.folder.is_dir() else ():
            named = _REPORT_NAME.search(path.name)
            if named:
                self._by_hash.setdefault(named.group(1)[:SHORT_HASH], []).append(path)

    def find(self, content_hash: str) -> tuple[Path, dict[str, Any]] | None:
        """Return a track's report as (path, JSON), or None where there is no readable one."""
        for path, payload in self._candidates(content_hash):
            if payload["metadata"]["content_hash"] == content_hash:
                return path, payload
        return None

    def free_path(self, name: str, content_hash: str) -> Path:
        """Return where a new report belongs: the old one's place, else a name of its own."""
        found = self.find(content_hash)
        if found:
            return found[0]
        path = self.folder / report_name(name, content_hash)
        if any(other == path for other, _ in self._candidates(content_hash)):
            # Another track of the same name whose hash begins alike.
            return self.folder / report_name(name, content_hash, len(content_hash))
        return path

    def add(self, path: Path, content_hash: str) -> None:
        """Take note of a report written since."""
        known = self._by_hash.setdefault(content_hash[:SHORT_HASH], [])
        if path not in known:
            known.append(path)

    def _candidates(self, content_hash: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in self._by_hash.get(content_hash[:SHORT_HASH], ()):
            try:
                payload = json.loads(path.read_bytes())
                payload["metadata"]["content_hash"]
            except (OSError, ValueError, KeyError, TypeError):
                continue  # half a report is none
            yield path, payload
