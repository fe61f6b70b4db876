"""The command line, called in this process: to start one takes seconds."""

import json
import sys
from typing import Any, NamedTuple, Protocol

import pytest

from safelight.cli import main


class Done(NamedTuple):
    """What a call of the command line came to."""

    returncode: int
    out: str
    err: str

    @property
    def answer(self) -> Any:  # noqa: ANN401 - whatever JSON the command prints
        """Read the JSON that was printed."""
        return json.loads(self.out)


class Call(Protocol):
    """One command of ``safelight``."""

    def __call__(self, *arguments: str) -> Done:
        """Call it with these arguments."""


def exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call ``safelight`` with these arguments; return the code with which it ends."""
    monkeypatch.setattr(sys, "argv", ["safelight", *arguments])
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
        assert isinstance(code, int)
        return code
    return 0


def command(
    monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], *first: str
) -> Call:
    """Return a call that begins with these arguments, such as a command's name."""

    def call(*arguments: str) -> Done:
        code = exit_code(monkeypatch, *first, *arguments)
        return Done(code, *capture.readouterr())

    return call
