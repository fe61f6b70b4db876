"""A made-up clinic that journeys go through, with patients wherever a day takes them."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

from safelight.cli.opening import prepare_accounts
from safelight.run.domain.base import Role
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.factors import Factors
from safelight.web.accounts.service import create_staff, find_staff
from safelight.web.throttle import Throttle
from safelight.wiring import Home, system_clock, web_key
from tests.journeys.sites import PASSWORD, House
from tests.support.server import log_in, served
from tests.support.treating import DROWSY, MG, Treating, treating

ROLES = (Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER, Role.MANAGER, Role.OFFICER)
STEP = timedelta(seconds=30)
T = TypeVar("T")


class Patients(NamedTuple):
    """One patient in each state, and their sessions."""

    due: str
    here: str
    held: str
    ready: str
    observed: str
    left: str
    locked: str
    new: str
    sessions: dict[str, str]


class Clinic(NamedTuple):
    """A served clinic, who works there, and who is treated there."""

    house: House
    patients: Patients
    handles: dict[str, str]
    treatments: dict[str, str]

    def code(self, role: Role, steps: int = 0, at: datetime | None = None) -> str:
        """Return what somebody's app shows, now or some steps away from a time."""
        return code_at(secret_of(role), (at or datetime.now(UTC)) + steps * STEP)


def secret_of(role: Role) -> str:
    """Return a made-up secret of somebody's app."""
    return base64.b32encode(sha1(role.encode(), usedforsecurity=False).digest()).decode()


def elsewhere(do: Callable[[Path], T], folder: Path) -> T:
    """Do something in a process of its own: Django can be set up once in each."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(do, folder).result()


def make_enrolled(folder: Path) -> dict[Role, str]:
    """Make an account with a second factor for each role."""
    home = Home(folder)
    prepare_accounts(home)
    factors = Factors(web_key(home).encode(), system_clock, Throttle())
    made = {}
    for role in ROLES:
        made[role] = create_staff(role, role, f"Made-up {role}", PASSWORD)
        factors.enrol(find_staff(role.value), secret_of(role))
    return made


@contextmanager
def open_clinic(folder: Path) -> Iterator[Clinic]:
    """Fill a clinic with patients, serve it, and sign everybody in."""
    filled = elsewhere(fill, folder)
    staff = elsewhere(make_enrolled, folder)
    with served(folder) as server:
        sessions = {role: log_in(server.port, role.value, PASSWORD) for role in ROLES}
        yield Clinic(House(folder, server, staff, sessions), *filled)


def fill(folder: Path) -> tuple[Patients, dict[str, str], dict[str, str]]:
    """Fill a clinic; returns its patients, their handles and their treatments."""
    with treating(folder, start=datetime.now(UTC) - timedelta(minutes=40)) as clinic:
        patients = _arrivals(clinic)
        handles = {key: person.handle for key, person in clinic.site.persons.items()}
        return patients, handles, clinic.treatments


def _arrivals(clinic: Treating) -> Patients:
    """Bring patients into every state of a day, one of them past the time of observation."""
    due, here, held, ready, observed, left, locked = (clinic.patient() for _ in range(7))
    new = clinic.patient(ordered=False)
    sessions = {observed: clinic.injected(observed)}
    clinic.do("session.account", session=sessions[observed], administered=200 * MG)
    sessions[left] = clinic.injected(left)
    clinic.do("session.end", session=sessions[left], outcome="left_before_checks")
    clinic.do("doses.lock", person=locked, reason="diversion")
    clinic.passes(minutes=35)
    sessions[here] = clinic.begun(here)
    sessions[held] = clinic.assessed(held, DROWSY)
    sessions[ready] = clinic.prepared(ready)
    clinic.do("register.count", register="cd-diamorphine-ampoule-100mg", units=43)
    return Patients(due, here, held, ready, observed, left, locked, new, sessions)
