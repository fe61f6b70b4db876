"""The made-up centres that journeys go through, each with everything that a day needs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from safelight.kernel.ids import derive_id, derive_random_id
from safelight.run.domain.base import Role
from safelight.wiring import Home
from tests.support.server import (
    Account,
    Founding,
    Served,
    Session,
    founding,
    log_in,
    make_accounts,
    served,
)

ROLES = (Role.WORKER, Role.NURSE, Role.MANAGER, Role.ANALYST)
PASSWORD = "four words for nobody"
INJECTABLE, NASAL = "PX4417", "NY2203"  # batches of naloxone
BOOTHS, SEATS = 5, 2


class House(NamedTuple):
    """A served home: who can sign in, and who has."""

    home: Path
    served: Served
    staff: dict[Role, str]
    sessions: dict[Role, Session]


def prepare(
    folder: Path, sites: Sequence[str], roles: Sequence[Role] = ROLES
) -> dict[Role, Account]:
    """Found some sites that are open, staffed and stocked, and make an account for each role."""
    home = Home(folder)
    accounts = make_accounts(home, roles, PASSWORD)
    with founding(home) as floor:
        for number, site in enumerate(sites, start=1):
            floor.found(site, f"Made-up centre {number}", "rehearsal")
            _add_places(floor, site)
            _open(floor, site, accounts)
            _stock(floor, site)
    return accounts


@contextmanager
def open_house(
    folder: Path, sites: Sequence[str], roles: Sequence[Role] = ROLES
) -> Iterator[House]:
    """Prepare a home, serve it, and sign everybody in once: a password takes half a second."""
    accounts = prepare(folder, sites, roles)
    staff = {role: account.staff for role, account in accounts.items()}
    with served(folder) as server:
        sessions = {role: log_in(server.port, role.value, PASSWORD) for role in roles}
        yield House(folder, server, staff, sessions)


def _add_places(floor: Founding, site: str) -> None:
    kinds = [("booth", "Booth", "injecting", BOOTHS), ("smoking_seat", "Seat", "smoking", SEATS)]
    for kind, label, route, count in kinds:
        for number in range(1, count + 1):
            floor.do(
                site,
                "place.add",
                place=f"{label.lower()}-{number}",
                label=f"{label} {number}",
                kind=kind,
                routes=(route,),
                step_free=number == 1,
            )


def _open(floor: Founding, site: str, accounts: dict[Role, Account]) -> None:
    floor.do(site, "shift.open")
    duties = {Role.NURSE: "nurse", Role.WORKER: "floor_worker"}
    for role in duties.keys() & accounts.keys():
        floor.do(site, "shift.take_duty", duty=duties[role], staff=accounts[role].staff)


def _stock(floor: Founding, site: str) -> None:
    lasts = str((datetime.now(UTC) + timedelta(days=400)).date())
    soon = str((datetime.now(UTC) + timedelta(days=20)).date())
    for item, batch, expires in (
        ("naloxone_kit", INJECTABLE, lasts),
        ("naloxone_nasal_kit", NASAL, soon),
    ):
        floor.do(site, "stock.receive", item=item, quantity=12, batch=batch, expires=expires)
    for item, quantity in (("needle_1ml", 300), ("filter", 500), ("foil", 2)):
        floor.do(site, "stock.receive", item=item, quantity=quantity)
    floor.do(site, "bin.start", bin="bin-1", label="Bin 1", place="booth-1")


class Crowd:
    """Made-up people whom a test puts on the floor without going through the screens."""

    def __init__(self, session: Session, site: str) -> None:
        self._session = session
        self._site = site

    def do(self, name: str, /, **fields: object) -> str:
        """Give a command; returns its id."""
        return self._session.do(self._site, name, **fields)

    def arrive(self) -> str:
        """Let somebody in; returns their visit."""
        return derive_id("v", self.do("visit.arrive", adult_confirmed=True))

    def remember(self) -> str:
        """Let somebody in who wants to be known again, and out; returns the person."""
        command = self.do("visit.arrive", adult_confirmed=True, remember=True)
        self.do("visit.leave", visit=derive_id("v", command))
        return derive_random_id("p", command)

    def wait(self, route: str = "injecting") -> str:
        """Let somebody in who waits for a place."""
        visit = self.arrive()
        self.do("visit.orient", visit=visit, topics=["rights"])
        self.do("visit.queue", visit=visit, route=route)
        return visit

    def use(self, place: str, *substances: str, route: str = "injecting") -> str:
        """Let somebody in who uses in a place, or sits in it where they name no substance."""
        visit = self.wait(route)
        self.do("visit.place", visit=visit, place=place)
        if substances:
            self.do("episode.start", visit=visit, substances=list(substances))
        return visit

    def call_for_help(self, **about: str) -> str:
        """Open an incident; returns its id."""
        return derive_id("i", self.do("incident.open", **about))
