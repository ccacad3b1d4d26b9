"""Rendered transitions to listen to: made once for each plan, found again when nothing changed."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.document import plain
from analysis.report import Report
from app.jobs import Job, JobState, Lane
from mixing.plan import Plan
from mixing.planner import plan_transition
from mixing.render import render
from mixing.styles import PlainFade

if TYPE_CHECKING:
    from app.studio import Studio
    from app.tasks import MixChoice

TRANSITION, PLAIN = "render", "plain"
"""The kinds of jobs: what was asked for, and the plain crossfade to hear beside it."""

CONTEXT_BARS = 16
"""Bars of each track heard before and after a transition in its preview."""

KEPT = 40
KEPT_BYTES = 2 << 30
"""How many previews, and how much of them, are kept; the one shown longest ago goes first."""
IN_USE_SEC = 3600.0
"""What a page has shown within the hour may be playing, and stays."""

_NOT_HEARD = {"candidates", "reasons", "warnings", "steps", "requested_style"}


def fingerprint(plan: Plan, file_format: str) -> str:
    """Return a word that is the same for plans that sound the same.

    Everything that the renderer reads of a plan goes into it, and the format; what else was
    considered, and the words about it, do not.
    """
    heard = plain(plan.model_dump(mode="json", exclude=_NOT_HEARD))
    content = json.dumps([heard, file_format], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def plain_fade(plan: Plan, a: Report, b: Report) -> Plan:
    """Return a plain crossfade at a transition's own two points, to be heard beside it.

    Beats are not matched and no band is touched: two faders, as anybody would move them. The
    incoming track is trimmed as in the transition, so that the two are equally loud.
    """
    fade = plan_transition(
        a, b, PlainFade.name, mix_out_sec=plan.mix_out.sec, mix_in_sec=plan.mix_in.sec
    )
    fade.eq_moves = [each for each in fade.eq_moves if each.control == "fader"]
    fade.gain_db = plan.gain_db
    return fade


def word_of(studio: Studio, choice: MixChoice, plan: Plan | None) -> str:
    """Return the word of a choice, or of the plan that the DJ's hand has made of it."""
    return studio.fingerprint(choice) if plan is None else fingerprint(plan, choice.file_format)


def find(
    studio: Studio, choice: MixChoice, kind: str = TRANSITION, plan: Plan | None = None
) -> Job | None:
    """Return the job that renders or has rendered this choice, None where there is none.

    A finished one counts only while its file is there. Its file counts as shown just now.

    Parameters
    ----------
    choice, kind
        As of :func:`start`.
    plan
        The choice's plan as moved by hand; None: as the planner made it.
    """
    word = word_of(studio, choice, plan)
    for job in studio.jobs.of_kind(kind):
        if job.about.get("sounds") != word:
            continue
        if job.active:
            return job
        if job.state is JobState.DONE:
            with contextlib.suppress(OSError):
                os.utime(job.result.rendered.path)
                return job
    return None


def start(
    studio: Studio, choice: MixChoice, kind: str = TRANSITION, plan: Plan | None = None
) -> Job:
    """Render a choice, or return the job that has done so; its result is the measured plan.

    Parameters
    ----------
    choice
        The transition.
    kind
        `TRANSITION`, or `PLAIN` for the crossfade to compare it with.
    plan
        The choice's plan as moved by hand; None: as the planner made it.
    """
    found = find(studio, choice, kind, plan)
    if found is not None:
        return found
    word = word_of(studio, choice, plan)
    plan = plan or studio.plan(choice)
    if kind == PLAIN:
        plan = plain_fade(plan, studio.report(choice.first), studio.report(choice.second))
    return studio.jobs.submit(
        kind,
        "Rendering" if kind == TRANSITION else "Rendering a plain crossfade",
        lambda job: _render(studio, job, plan, choice),
        lane=Lane.RENDER,
        about={"sounds": word},
    )


def _render(studio: Studio, job: Job, plan: Plan, choice: MixChoice) -> Plan:
    """Render a plan with some bars of context; return it with what was measured."""
    # ways of one style stay apart, so that a finished preview is never written over
    word = fingerprint(plan, choice.file_format)[:6]
    plan = plan.model_copy(deep=True)
    # wherever the files are now, not where they were when they were analysed
    plan.a.path = str(studio.path(choice.first))
    plan.b.path = str(studio.path(choice.second))
    name = f"{_slug(plan.a.title)} to {_slug(plan.b.title)} - {plan.style} {word}"
    out = studio.settings.mixes / f"{name}.{choice.file_format}"
    out.parent.mkdir(parents=True, exist_ok=True)
    done = render(plan, out, CONTEXT_BARS, progress=lambda share, words: job.report(words, share))
    done.write(out.with_suffix(_PLAN))
    tidy(out.parent)
    return done


_PLAN = ".plan.json"
# what `_render` calls its plans; one that the DJ keeps under a name of his own is no preview
_PREVIEW = re.compile(rf" [0-9a-f]{{6}}{re.escape(_PLAN)}$")


def tidy(folder: Path) -> list[Path]:
    """Remove the previews of a folder that are too many or too large, those shown longest ago.

    Only what is called like a preview and has its plan beside it is one: whole sets and what the
    DJ has saved there stay.

    Returns
    -------
    list of Path
        The audio files removed.
    """
    shown: list[tuple[float, int, Path]] = []
    for note in folder.glob(f"*{_PLAN}"):
        if not _PREVIEW.search(note.name):
            continue
        for path in folder.glob(f"{glob.escape(note.name.removesuffix(_PLAN))}.*"):
            if path != note:
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    shown.append((stat.st_mtime, stat.st_size, path))
    shown.sort(reverse=True)
    removed: list[Path] = []
    total, oldest_in_use = 0, time.time() - IN_USE_SEC
    for place, (at, size, path) in enumerate(shown):
        total += size
        if (place >= KEPT or total > KEPT_BYTES) and at < oldest_in_use:
            path.unlink(missing_ok=True)
            removed.append(path)
    for path in removed:
        if not any(each.stem == path.stem for _, _, each in shown if each not in removed):
            path.with_suffix(_PLAN).unlink(missing_ok=True)
    return removed


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]+", "", title).strip()[:60] or "untitled"
