"""`segue mix`: plan a transition, render it, measure it, say how it went."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import console
from app.cli.console import JsonFlag, ReportsOption
from app.cli.tracks import find_track, open_library
from mixing.by_hand import parse_curve, with_bass_swap, with_curves
from mixing.measure import describe_quality
from mixing.plan import Plan
from mixing.planner import plan_transition
from mixing.render import render
from mixing.styles import AUTO, EFFECTS, style_names

_TONES = {"good": "green", "unsure": "yellow", "clash": "red"}


def mix(
    first: Annotated[str, typer.Argument(metavar="A", help="The track that goes out.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The track that comes in.")],
    style: Annotated[
        str, typer.Option(help=f"{AUTO}, {', '.join(style_names())}.", show_default=True)
    ] = AUTO,
    bars: Annotated[
        int, typer.Option(help="Length: 4, 8, 16 or 32; shorter where the music has no room.")
    ] = 16,
    effect: Annotated[
        list[str] | None, typer.Option(help=f"{', '.join(EFFECTS)}; may be given again.")
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write: .wav, .flac, .mp3 or .ogg.")] = Path(
        "mix.wav"
    ),
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Also write the plan as JSON.")
    ] = None,
    mix_out: Annotated[
        float | None, typer.Option(help="Start the transition at this second of A.")
    ] = None,
    mix_in: Annotated[float | None, typer.Option(help="Bring B in from this second of it.")] = None,
    bass_bar: Annotated[
        int | None,
        typer.Option(help="Let the basslines change places at this bar of the transition, from 1."),
    ] = None,
    curve: Annotated[
        list[str] | None,
        typer.Option(help="A band by hand: a.low=1:0,9:-40 (bar:dB, …); may be given again."),
    ] = None,
    context_bars: Annotated[
        int | None, typer.Option(min=0, help="Write only so many bars either side.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only; render nothing.")] = False,
    reports: ReportsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Mix from track A into track B, on the beat where both have one."""
    library = open_library(reports)
    track_a, track_b = (
        library.playable(find_track(library, name).track_id) for name in (first, second)
    )
    plan = plan_transition(
        track_a,
        track_b,
        style=style,
        bars=bars,
        effects=effect or (),
        mix_out_sec=mix_out,
        mix_in_sec=mix_in,
    )
    if bass_bar is not None:
        plan = with_bass_swap(plan, bass_bar)
    if curve:
        plan = with_curves(plan, [parse_curve(each) for each in curve])
    if not as_json:
        _show_plan(plan)
    if not dry_run:
        plan = _render(plan, out, context_bars)
    if plan_file is not None:
        plan.write(plan_file)
    if as_json:
        console.print_json(plan.model_dump(mode="json"))
        return
    for text, level in describe_quality(plan):
        console.out.print(f"  {text}", style=_TONES[level], markup=False)
    if not dry_run:
        console.out.print(f"Written: {out}", markup=False, soft_wrap=True)


def _render(plan: Plan, out: Path, context_bars: int | None) -> Plan:
    with console.progress_bar("Rendering") as bar:
        task = bar.task_ids[0]
        bar.update(task, total=100)

        def show(share: float, doing: str) -> None:
            bar.update(task, completed=round(100 * share), description=doing.capitalize())

        return render(plan, out, context_bars=context_bars, progress=show)


def _show_plan(plan: Plan) -> None:
    console.out.print(
        f"{plan.a.title} → {plan.b.title}: {plan.style}, {plan.bars} bars", markup=False
    )
    for line in (*plan.warnings, *plan.reasons, *plan.steps):
        console.out.print(f"  {line}", markup=False)
