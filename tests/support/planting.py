"""Plants made-up names in a home, and searches everything for them afterwards."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from safelight.wiring import Home, sign_checkpoint
from tests.support.canary import Canary, assert_nowhere
from tests.support.patients import SITE
from tests.support.web import configured

_NUMBER = count()
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def fresh() -> Canary:
    """Return words that no other test plants: a first name, a surname and a street."""
    number = next(_NUMBER)
    tail = _LETTERS[number // 26] + _LETTERS[number % 26]
    return Canary(f"Zébrafinkö{tail}", f"Quaggaweide{tail}", f"Öryxstraße{tail}")


@contextmanager
def planting(home: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Canary]:
    """Give words to plant, and search home, accounts and logs for them afterwards."""
    canary = fresh()
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        yield canary
    sign_checkpoint(Home(home), SITE)
    assert_nowhere(home, canary)
    assert_nowhere(configured(), canary)
    logged = "\n".join(f"{each.getMessage()} {each.exc_text}" for each in caplog.records)
    assert canary.traces(logged.encode()) == []
