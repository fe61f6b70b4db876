"""Commands whose modules are imported when they are called.

Planning needs compilers, solvers and frames, which take seconds to import and a hundred megabytes
to keep. The service, which the floor waits for, must not carry them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


class Later(NamedTuple):
    """A command that is known by name before its module is imported."""

    module: str  # has register(app), which adds the command under its name
    summary: str  # for the list of commands


def lazy_group(later: Mapping[str, Later]) -> type[TyperGroup]:
    """Return a kind of group that also has these commands, and imports each when it is called."""

    class LazyGroup(TyperGroup):
        def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed on as they came
            super().__init__(**options)
            for name, each in later.items():
                self.commands[name] = TyperCommand(name, help=each.summary)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # type: ignore[explicit-override]  # noqa: ANN401 - click's own types
            if args and args[0] in later:
                self.commands[args[0]] = load(args[0], later[args[0]])
            return super().resolve_command(ctx, args)

    return LazyGroup


def load(name: str, later: Later) -> Any:  # noqa: ANN401 - click's own types
    """Import a command's module and return the command."""
    alone = typer.Typer()
    import_module(later.module).register(alone)
    return get_group(alone).commands[name]
