"""What a batch does with one file, inside a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.hashing import content_hash
from analysis.isolation import Ask, Message
from analysis.naming import PEAKS_SUFFIX
from analysis.options import AnalysisOptions
from analysis.peaks import Peaks, write_peaks
from analysis.report import Report
from analysis.tags import read_tags

Analyse = Callable[..., tuple[Report, Peaks]]


def analyse_one(payload: Message, ask: Ask, analyse: Analyse | None = None) -> Message:
    """Bring one file's report up to date.

    Parameters
    ----------
    payload
        ``path`` and ``options``.
    ask
        The parent, which knows all reports: asked with ``content_hash`` it answers ``verdict``
        (``analyse``, ``known``, or ``copy`` with the ``original`` that is being analysed) and
        ``report``, the report's path; told ``duration_sec`` it allows more time.
    analyse
        The analysis itself, `analysis.pipeline.analyse_file` unless told otherwise.

    Returns
    -------
    dict
        ``status`` (``done``, ``skipped`` or ``copy``) and ``report``.
    """
    path = Path(payload["path"])
    identity = content_hash(path)
    answer = ask({"content_hash": identity})
    report_path = Path(answer["report"])
    if answer["verdict"] == "known":
        refresh_metadata(report_path, path)
        return {"status": "skipped", "report": str(report_path)}
    if answer["verdict"] == "copy":
        return {"status": "copy", "report": str(report_path), "original": answer["original"]}

    if analyse is None:
        # Only now: a batch in which all is known need not load the engines.
        from analysis.pipeline import analyse_file

        analyse = analyse_file

    def decoded(duration_sec: float) -> None:
        ask({"duration_sec": duration_sec})

    report, peaks = analyse(
        path,
        AnalysisOptions(**payload["options"]),
        identity=identity,
        on_decoded=decoded,
    )
    # The report comes last: where it stands, everything stands.
    write_peaks(peaks, report_path.with_suffix(PEAKS_SUFFIX))
    report.write(report_path)
    return {"status": "done", "report": str(report_path)}


def refresh_metadata(report_path: Path, path: Path) -> None:
    """Write a known track's present tags and place into its report, where they changed.

    A copy elsewhere changes nothing as long as the file that the report names is there.
    """
    report = Report.read(report_path)
    if report.metadata.path != str(path) and Path(report.metadata.path).exists():
        return
    fresh: dict[str, Any] = {"path": str(path), **asdict(read_tags(path))}
    if all(getattr(report.metadata, key) == value for key, value in fresh.items()):
        return
    report.metadata = report.metadata.model_copy(update=fresh)
    report.write(report_path)
