"""Commands with many options: one class holds them, and Typer reads it as arguments."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def command_of(options: type[T], run: Callable[[T], None]) -> Callable[..., None]:
    """Return a function that takes each field of a dataclass as an argument of its own.

    Typer reads names, annotations and defaults from its signature.
    """

    def command(**given: Any) -> None:  # noqa: ANN401 - whatever the options are
        run(options(**given))

    fields = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=field.type,
            default=inspect.Parameter.empty
            if field.default is dataclasses.MISSING
            else field.default,
        )
        for field in dataclasses.fields(options)  # type: ignore[arg-type]  # a dataclass
    ]
    command.__signature__ = inspect.Signature(fields)  # type: ignore[attr-defined]  # read by Typer
    command.__annotations__ = {field.name: field.annotation for field in fields}
    command.__doc__ = run.__doc__
    return command
