"""What the pack advises in an incident, by example. It only advises."""

from datetime import date, timedelta
from typing import Any

import pytest

from safelight.run.domain.advice import Advice, advice, last_reading
from safelight.run.domain.entities import Incident, Reading, Step
from safelight.run.domain.protocol import Prompt, Timer
from tests.support.floors import incident
from tests.support.sites import ADA, NOW, protocol

MINUTE = timedelta(minutes=1)
SOURCE: dict[str, Any] = {"citation": "A study", "approver": "Dr M", "holds_from": date(2025, 1, 1)}
OPENED_AT = NOW - 10 * MINUTE


def step(seq: int, what: str, minutes: int, **fields: Any) -> Step:  # noqa: ANN401 - fields of a Step
    """Return a line so many minutes after the incident was opened."""
    at = OPENED_AT + minutes * MINUTE
    return Step(seq=seq, at=at, recorded_at=at, staff=ADA, what=what, **fields)


def running(*steps: Step, kind: str = "opioid", **fields: Any) -> Incident:  # noqa: ANN401 - as above
    """Return an incident with these lines."""
    return incident(opened_at=OPENED_AT, steps=steps, kind=kind, **fields)


def prompt(text: str = "Give oxygen.", **fields: Any) -> Prompt:  # noqa: ANN401 - fields of a Prompt
    """Return advice that follows from a reading."""
    return Prompt(text=text, **SOURCE, **fields)


def timer(after: str, minutes: int, text: str = "Look again.", **fields: Any) -> Timer:  # noqa: ANN401 - fields of a Timer
    """Return a reminder so long after the last line of a kind."""
    return Timer(after=after, minutes=minutes, text=text, **SOURCE, **fields)


def seen(**values: Any) -> Step:  # noqa: ANN401 - values of a Reading
    """Return the line of one reading."""
    return step(1, "observation", 1, reading=Reading(**values))


PROMPTS: dict[str, tuple[Prompt, Incident, bool]] = {
    "from the start": (prompt(), running(), True),
    "for this kind": (prompt(kinds=("opioid", "mixed")), running(), True),
    "for another kind": (prompt(kinds=("stimulant",)), running(), False),
    "while the kind is open": (
        prompt(kinds=("stimulant",)),
        running(kind="collapse_unknown"),
        True,
    ),
    "below its limit": (prompt(measure="spo2", below=95), running(seen(spo2=94)), True),
    "at its limit": (prompt(measure="spo2", below=95), running(seen(spo2=95)), False),
    "above its limit": (prompt(measure="pulse", above=120), running(seen(pulse=121)), True),
    "not above its limit": (prompt(measure="pulse", above=120), running(seen(pulse=120)), False),
    "not measured": (prompt(measure="spo2", below=95), running(seen(pulse=70)), False),
    "one of some codes": (
        prompt(measure="consciousness", among=("pain", "unresponsive")),
        running(seen(consciousness="pain")),
        True,
    ),
    "none of those codes": (
        prompt(measure="consciousness", among=("pain", "unresponsive")),
        running(seen(consciousness="alert")),
        False,
    ),
    "no such measure": (prompt(measure="mood", below=3), running(seen(spo2=90)), False),
    "the incident is over": (prompt(), running(closed_at=NOW), False),
}


@pytest.mark.parametrize(("line", "case", "speaks"), PROMPTS.values(), ids=PROMPTS)
def test_prompt_speaks(line: Prompt, case: Incident, *, speaks: bool) -> None:
    """A line of the pack speaks when its kind and its reading are there."""
    expected = [Advice("Give oxygen.", "A study")] if speaks else []
    assert advice(case, protocol(prompts=(line,)), NOW) == expected


TIMERS: dict[str, tuple[Timer, Incident, tuple[int, bool] | None]] = {
    "since the opening": (timer("opened", 10), running(), (10, True)),
    "a minute early": (timer("opened", 11), running(), (11, False)),
    "since the last of two": (
        timer("naloxone", 3),
        running(step(1, "naloxone", 2), step(2, "naloxone", 8)),
        (11, False),
    ),
    "since the last that stands": (
        timer("naloxone", 3),
        running(step(1, "naloxone", 2), step(2, "naloxone", 8, corrected_by=3)),
        (5, True),
    ),
    "nothing of the kind was done": (timer("naloxone", 3), running(step(1, "oxygen", 2)), None),
    "for another kind": (timer("opened", 1, kinds=("seizure",)), running(), None),
}


@pytest.mark.parametrize(("line", "case", "expected"), TIMERS.values(), ids=TIMERS)
def test_timer_is_due(line: Timer, case: Incident, expected: tuple[int, bool] | None) -> None:
    """A reminder is due so long after the last line of its kind."""
    told = advice(case, protocol(timers=(line,)), NOW)
    if expected is None:
        assert told == []
    else:
        minutes, due = expected
        assert told == [Advice("Look again.", "A study", OPENED_AT + minutes * MINUTE, due)]


def test_advice_shows_what_is_due_first() -> None:
    """Due, longest first; then what the reading calls for; then the pack's order; then the rest."""
    pack = protocol(
        timers=(
            timer("opened", 99, "Ask for help."),
            timer("opened", 2, "Look again."),
            timer("opened", 1, "Call."),
        ),
        prompts=(
            prompt("Open the airway."),
            prompt("Bring the bag."),
            prompt("Give oxygen.", measure="spo2", below=95),
        ),
    )
    case = running(step(1, "observation", 1, reading=Reading(spo2=90)))
    told = [line.text for line in advice(case, pack, NOW)]
    assert told == [
        "Call.",
        "Look again.",
        "Give oxygen.",
        "Open the airway.",
        "Bring the bag.",
        "Ask for help.",
    ]


def test_last_reading_takes_the_newest_of_each_measure() -> None:
    """Each measure is as it was measured last, whenever it was written down."""
    case = running(
        step(1, "observation", 5, reading=Reading(spo2=90, pulse=60)),
        step(2, "observation", 1, reading=Reading(spo2=70, gcs=9)),
        step(3, "observation", 7, reading=Reading(spo2=99), corrected_by=4),
        step(4, "oxygen", 8),
    )
    assert last_reading(case) == Reading(spo2=90, pulse=60, gcs=9)


def test_last_reading_of_nothing() -> None:
    """Where nobody measured, nothing is known."""
    assert last_reading(running()) == Reading()
