"""The demonstration's clinic: its past ends in the middle of things, and its people go on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.live import SCENARIO, LiveClinic, NodeHands, prepare_clinic
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.rehearse.demo import prepare_demo_clinic
from safelight.rehearse.floor import CommandIds
from safelight.run.actions.node import Node
from safelight.run.domain.base import Role
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.treatment_entities import Treatment
from safelight.wiring import Home, WriterLock, open_node, prepare_home, timekeeper_of

SITE = find_clinic(SCENARIO).site.id
NOON = datetime(2026, 3, 3, 10, tzinfo=UTC)  # while patients come and go


class Hours:
    """A clock that the test sets."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def past(tmp_path: Path) -> Iterator[tuple[Clinic, Node, Hours]]:
    home = Home(tmp_path)
    prepare_home(home)
    clinic, hours = prepare_clinic(home, NOON, days=1), Hours()
    assert timekeeper_of(home).trusted
    lock = WriterLock(home)
    node = open_node(home, hours)
    yield clinic, node, hours
    node.close()
    lock.release()


def test_the_past_ends_in_the_middle_of_a_day(past: tuple[Clinic, Node, Hours]) -> None:
    clinic, node, _ = past
    site = node.site(SITE)
    assert len(site.all_of(Treatment)) >= 50
    assert site.shift is not None
    assert clinic.agenda.now() <= NOON
    assert clinic.tally.broken == []


def test_its_people_go_on_on_the_node(past: tuple[Clinic, Node, Hours]) -> None:
    clinic, node, hours = past
    before = node.journal(SITE, None, 1)[0].seq
    live = LiveClinic(node, clinic)
    actor = clinic.staff.named("staff-a", Role.NURSE)
    second = clinic.staff.named("staff-b", Role.NURSE)
    clinic.hands.do("clock.confirm", {"other": hours.now.isoformat()}, actor, second)
    hours.now += timedelta(minutes=30)
    live.catch_up()
    assert node.journal(SITE, None, 1)[0].seq > before + 1
    assert node.site(SITE).all_of(Session)
    assert clinic.tally.broken == []


def test_a_process_that_somebody_was_quicker_than_ends_quietly(
    past: tuple[Clinic, Node, Hours],
) -> None:
    clinic, node, hours = past

    def gone() -> Steps:
        yield 1.0
        raise LookupError

    live = LiveClinic(node, clinic)
    clinic.agenda.spawn(gone())
    hours.now += timedelta(seconds=5)
    live.catch_up()


def test_a_refusal_on_the_node_is_an_answer(past: tuple[Clinic, Node, Hours]) -> None:
    clinic, node, _ = past
    hands = NodeHands(node, SITE, CommandIds("test"))
    nurse = clinic.staff.named("staff-a", Role.NURSE)
    answer = hands.do("session.begin", {"person": "p-none"}, nurse)
    assert getattr(answer, "code", "") == "in-treatment"


def test_a_demonstration_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    home, told = Home(tmp_path), list[str]()
    prepare_home(home)
    assert prepare_demo_clinic(home, NOON, told.append) is not None
    assert prepare_demo_clinic(home, NOON, told.append) is None
    assert len(told) == 1
