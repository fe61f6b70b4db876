"""The whole vocabulary of a journal: every command and fact by name, by example."""

import re
from itertools import chain

import msgspec
import pytest

from safelight.journal.entry import canonical_body
from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain import registry
from safelight.run.domain.base import EMERGENCY, FLOOR, MANAGEMENT, PRESCRIBING, Role
from safelight.run.domain.registry import COMMANDS, FACTS, KIND_OF_FACT, SUBJECTS, read_fact
from safelight.run.domain.visit import VisitLeft
from tests.support.sites import given, refusal, site_with

NAME = re.compile(r"[a-z_]+\.[a-z_]+")


def test_names_are_unique_and_alike() -> None:
    """Every command and every kind of entry has one name, of a subject and a word."""
    for table, part in ((COMMANDS, "COMMANDS"), (FACTS, "FACTS")):
        names = list(chain.from_iterable(getattr(subject, part) for subject in SUBJECTS))
        assert sorted(names) == sorted(table)
        assert [name for name in names if not NAME.fullmatch(name)] == []


def test_every_fact_has_one_kind() -> None:
    """No fact is written under two names."""
    assert len(KIND_OF_FACT) == len(FACTS)


@pytest.mark.parametrize("name", COMMANDS)
def test_analyst_does_nothing_here(name: str) -> None:
    """Whoever only reads figures changes nothing, and hears whom to ask."""
    command = msgspec.defstruct("Nothing", [])
    with pytest.raises(Refused) as caught:
        registry.decide(site_with(), name, command(), given(role=Role.ANALYST))  # type: ignore[arg-type]
    assert caught.value.code == "role-may"
    assert caught.value.remedy == f"Ask one of: {', '.join(sorted(COMMANDS[name].may))}."


def test_only_emergencies_need_no_login() -> None:
    """Nobody signed in can do nothing but help."""
    free = [name for name, rule in COMMANDS.items() if Role.ANYONE in rule.may]
    assert free == ["incident.open", "incident.record", "incident.classify"]
    asked = refusal(site_with(), "shift.open", None, given(role=Role.ANYONE))
    assert asked.values == {"role": Role.ANYONE, "command": "shift.open"}


def test_managers_may_all_that_staff_may_but_prescribe() -> None:
    """A manager on the floor is stopped by no role; an order takes a licensed prescriber.

    Concerns go past the manager, to the accountable officer.
    """
    barred = {name: rule.may for name, rule in COMMANDS.items() if Role.MANAGER not in rule.may}
    assert barred.pop("concern.acknowledge") == {Role.OFFICER}
    assert {"prescription.sign", "prescription.stop"} <= barred.keys()
    assert set(barred.values()) == {PRESCRIBING}
    assert MANAGEMENT < FLOOR < EMERGENCY


def test_unknown_command_is_invalid() -> None:
    """A name that no rule has is not understood, and is not shown in full."""
    with pytest.raises(Invalid) as caught:
        registry.rule_for("site.burn" * 99)
    assert caught.value.code == "command-known"
    assert len(caught.value.message) < 100


def test_fact_is_read_as_it_was_written() -> None:
    """An entry's body gives the fact back."""
    fact = VisitLeft("v-1", "completed")
    assert read_fact("visit.left", 1, canonical_body(fact).encode()) == fact


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        pytest.param("visit.vanished", 1, id="a kind that nobody knows"),
        pytest.param("visit.left", 2, id="a version that is newer"),
    ],
)
def test_fact_of_a_newer_version_is_invalid(kind: str, version: int) -> None:
    """An entry of a newer Safelight is left alone, and says that an update is due."""
    with pytest.raises(Invalid) as caught:
        read_fact(kind, version, b"{}")
    assert (caught.value.code, caught.value.values) == (
        "fact-known",
        {"kind": kind, "version": version},
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"visit":"v-1"}', id="a field is missing"),
        pytest.param(b'{"visit":"v-1","outcome":"completed","name":"x"}', id="a field too many"),
        pytest.param(b'{"visit":"V 1","outcome":"completed"}', id="a field beyond its limits"),
        pytest.param(b'{"visit":"v-1","outcome":', id="cut off"),
    ],
)
def test_fact_out_of_shape_is_never_read(body: bytes) -> None:
    """A body that does not keep its own limits is no fact."""
    with pytest.raises(msgspec.DecodeError):
        read_fact("visit.left", 1, body)
