"""How commands speak: results on standard output, progress and errors on standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from safelight.kernel.errors import SafelightError

FAILED, WRONG = 1, 2  # exit codes: a check found something; the call could not be carried out

errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def show(text: str, value: Any, *, as_json: bool) -> None:  # noqa: ANN401 - any JSON value
    """Print a result for a person, or as JSON for a program."""
    print(json.dumps(value, default=str) if as_json else text)  # noqa: T201


def report(error: SafelightError, *, as_json: bool) -> int:
    """Print what is wrong and what to do; returns the exit code."""
    if as_json:
        print(json.dumps(error.as_dict()))  # noqa: T201
    else:
        errors.print(f"safelight: {error.message}", style="bold red", markup=False)
        if error.remedy:
            errors.print(error.remedy, markup=False)
    return FAILED if error.code in CHECKS else WRONG


# Errors that are answers of a check, rather than reasons why it could not be made.
CHECKS = frozenset(
    {
        "journal-verifies",
        "checkpoint-key",
        "checkpoint-signature",
        "proof-path",
        "proof-root",
        "read-model",
        "register-export",
        "register-journal",
    }
)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while something goes on; the callback takes the count done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
