"""Commands that are imported when they are called, so that ``segue --help`` answers at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Entry(NamedTuple):
    """A line of the command table.

    Parameters
    ----------
    name
        What is typed after ``segue``.
    where
        ``module:attribute`` of a function, or of a :class:`typer.Typer` with subcommands.
    summary
        The line in ``segue --help``.
    """

    name: str
    where: str
    summary: str


def load(entry: Entry) -> Any:
    """Import what an entry names and return it as a command with its options."""
    module, attribute = entry.where.split(":")
    target = getattr(import_module(module), attribute)
    if isinstance(target, typer.Typer):
        command = typer.main.get_command(target)
    else:
        alone = typer.Typer(
            pretty_exceptions_enable=False,
            add_completion=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        alone.command(entry.name)(target)
        command = typer.main.get_command(alone)
    command.name = entry.name
    return command


def lazy_group(entries: list[Entry]) -> type[TyperGroup]:
    """Return a group class that lists these commands and imports the one that is called."""
    table = {entry.name: entry for entry in entries}

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for entry in entries:
                self.add_command(TyperCommand(entry.name, help=entry.summary))

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            return name, load(table[name]) if name in table else command, rest

    return LazyGroup
