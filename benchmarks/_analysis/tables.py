"""The one table, on a terminal and as Markdown, and Segue's misses one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from benchmarks._analysis.engines import engine_named
from benchmarks._analysis.scores import RIGHT_F, ROWS, SURE, Row, Scored

Summary = Mapping[str, float | None]


def shown(value: float | None, form: str) -> str:
    """Return a value as the table prints it; an en dash where there is none."""
    if value is None:
        return "–"
    if form == "share":
        return f"{100.0 * value:.0f} %"
    if form == "f":
        return f"{value:.3f}"
    if form == "ms":
        return f"{value:.1f} ms"
    if form in ("sec", "times"):
        return f"{value:.2f}"
    return f"{value:.0f}"


def _rows_with_values(summaries: Mapping[str, Summary]) -> list[Row]:
    """Return the rows in which any engine has something to say; failures only where some are."""
    return [
        row
        for row in ROWS
        if any(
            summary.get(row.name) is not None and (row.name != "failed" or summary["failed"])
            for summary in summaries.values()
        )
    ]


def result_table(summaries: Mapping[str, Summary]) -> Table:
    """Return the table: a row a measure, a column an engine."""
    table = Table()
    table.add_column("", no_wrap=True)
    for name in summaries:
        table.add_column(engine_named(name).label, justify="right", max_width=12)
    part = ""
    for row in _rows_with_values(summaries):
        if row.part != part:
            table.add_section()
            part = row.part
        table.add_row(
            row.label, *(shown(summary.get(row.name), row.form) for summary in summaries.values())
        )
    return table


def markdown_table(summaries: Mapping[str, Summary]) -> str:
    """Return the same table as Markdown."""
    labels = [engine_named(name).label for name in summaries]
    lines = ["| | " + " | ".join(labels) + " |", "|---" + "|---:" * len(labels) + "|"]
    for row in _rows_with_values(summaries):
        cells = [shown(summary.get(row.name), row.form) for summary in summaries.values()]
        lines.append(f"| {row.label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def faults(scored: Scored) -> list[str]:
    """Return in words what is wrong with one answer; nothing where all is right."""
    score, answer = scored.score, scored.run.answer
    if score is None or answer is None:
        return [scored.run.error]
    found = []
    if score.tempo_fine == 0.0:
        said = "no tempo" if answer.bpm is None else f"{answer.bpm:.4f} BPM"
        near = " (within 0.05)" if score.tempo_coarse else ""
        found.append(f"{said} for {scored.track.bpm:.2f}{near}")
    if score.beat_f is not None and score.beat_f < RIGHT_F:
        found.append(f"beat F {score.beat_f:.2f}")
    if score.downbeat_f is not None and score.downbeat_f < RIGHT_F:
        found.append(f"downbeat F {score.downbeat_f:.2f}")
    if score.key_exact == 0.0:
        found.append(f"{answer.key or 'no key'} for {scored.track.key}")
    if score.boundary_f is not None and score.boundary_f < SURE:
        found.append(f"boundaries F {score.boundary_f:.2f}")
    if score.drop_f is not None and score.drop_f < SURE:
        found.append(f"drops F {score.drop_f:.2f}")
    return found


def fault_table(results: Sequence[Scored]) -> Table:
    """Return the tracks on which an engine is not right in everything."""
    table = Table()
    for heading in ("track", "style", "confidence", "what is wrong"):
        table.add_column(heading, justify="right" if heading == "confidence" else "left")
    for scored in results:
        if found := faults(scored):
            answer = scored.run.answer
            confidence = answer.confidence if answer is not None else None
            kind = scored.track.style + ("" if scored.track.constant_tempo else ", drifting")
            table.add_row(scored.track.path.name, kind, shown(confidence, "f"), "; ".join(found))
    return table
