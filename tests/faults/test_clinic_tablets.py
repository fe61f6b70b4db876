"""Two tablets at once: whatever nurses tap at the same moment, there is one dose and one entry."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest

from safelight.kernel.errors import Refused
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.founding import begin, found_clinic
from safelight.rehearse.clinic.hands import NoOracle
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.dosing_entities import OBSERVING, PREPARED, Patient, Session
from safelight.run.domain.register_entities import Register
from safelight.wiring import open_node
from tests.support.clinics import SMALL, pack, stored

TABLETS = 8
NURSES = ("sim-day-nurse-1", "sim-day-nurse-2")
SITE = SMALL.site.id
NUMBERS = count(1)


class Tablets:
    """A running node at the moment at which somebody's dose is prepared, and tablets around it."""

    def __init__(self, folder: Path) -> None:
        agendas: list[Agenda] = []

        def until_prepared(clinic: Clinic) -> None:
            found_clinic(clinic, pack())
            begin(clinic, lambda: None)
            agendas.append(clinic.agenda)
            while not any(s.stage == PREPARED for s in sessions(clinic)):
                clinic.agenda.step()

        self.home = stored(SMALL, folder, NoOracle(), until_prepared)
        self.now = agendas[0].now
        self.node: Node = open_node(self.home, self.now)
        self.node.perform(self.tap("clock.confirm", other=self.now()))
        self.session = next(
            s for s in self.node.site(SITE).all_of(Session).values() if s.stage == PREPARED
        )

    def tap(self, name: str, command: str | None = None, **fields: object) -> Tap:
        """Return a tap of one nurse that another witnesses."""
        nurse, witness = (Actor(staff, Role.NURSE, self.now()) for staff in NURSES)
        key = command or f"00000000-0000-4000-8000-{next(NUMBERS):012d}"
        return Tap(SITE, key, name, read_command(name, fields), nurse, None, witness)

    def all_at_once(self, tap: Callable[[], Tap]) -> list[Receipt | str]:
        """Have every tablet send a tap at the same moment; returns receipts and rules."""
        together = Barrier(TABLETS)

        def send(each: Tap) -> Receipt | str:
            together.wait()
            try:
                return self.node.perform(each)
            except Refused as refused:
                return refused.code

        taps = [tap() for _ in range(TABLETS)]
        with ThreadPoolExecutor(TABLETS) as threads:
            return list(threads.map(send, taps))

    def kinds(self) -> list[str]:
        """Return the kinds of all entries."""
        return [row.kind for row in self.node.journal(SITE, None, 10_000)]


def sessions(clinic: Clinic) -> list[Session]:
    """Return the sessions of a clinic that are not over."""
    return list(clinic.hands.site.all_of(Session).values())


@pytest.fixture
def tablets(tmp_path: Path) -> Iterator[Tablets]:
    found = Tablets(tmp_path)
    yield found
    found.node.close()


def test_one_of_many_tablets_gives_the_dose(tablets: Tablets) -> None:
    before = tablets.kinds().count("session.administered")
    answers = tablets.all_at_once(
        lambda: tablets.tap("session.administer", session=tablets.session.id, by="patient")
    )
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1
    assert answers.count("session-stage") == TABLETS - 1
    assert tablets.kinds().count("session.administered") == before + 1
    site = tablets.node.site(SITE)
    assert site.all_of(Session)[tablets.session.id].stage == OBSERVING
    assert len(site.all_of(Patient)[tablets.session.person].doses) == 1


def test_the_same_tap_from_many_tablets_is_written_once(tablets: Tablets) -> None:
    before = len(tablets.kinds())
    command = "11111111-1111-4111-8111-111111111111"
    tap = tablets.tap("session.administer", command, session=tablets.session.id, by="patient")
    answers = tablets.all_at_once(lambda: tap)
    spans = {(a.first, a.last) for a in answers if isinstance(a, Receipt)}
    assert len(spans) == 1
    assert sum(isinstance(a, Receipt) and not a.repeated for a in answers) == 1
    assert len(tablets.kinds()) == before + 1


def test_two_accounts_of_one_dose_make_one_entry_in_the_register(tablets: Tablets) -> None:
    prepared = tablets.session.prepared
    before = tablets.node.site(SITE).all_of(Register)[tablets.session.register or ""]
    answers = tablets.all_at_once(
        lambda: tablets.tap("session.account", session=tablets.session.id, wasted=prepared)
    )
    after = tablets.node.site(SITE).all_of(Register)[tablets.session.register or ""]
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1
    assert (after.wasted - before.wasted, after.lines - before.lines) == (prepared, 1)
    assert after.prepared == before.prepared - prepared
