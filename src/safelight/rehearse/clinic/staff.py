"""Who works at the clinic, in which role, and who is on duty now. None of them exists."""

from collections.abc import Callable
from datetime import datetime, timedelta

from safelight.rehearse.clinic.scenario import TeamTable
from safelight.rehearse.floor import STAFF
from safelight.run.domain.base import Actor, Role

PROVED = timedelta(seconds=20)  # ago, for whatever needs a second factor
MANAGER, OFFICER, WITNESS = f"{STAFF}manager", f"{STAFF}officer", f"{STAFF}witness"


class Staff:
    """The team on duty, and those who can be called at any time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Take the clock; nobody is on duty yet."""
        self._now = now
        self._present: dict[Role, list[str]] = {}
        self._turn = 0

    def come(self, team: TeamTable) -> None:
        """Have a team take over."""
        self._present = team_of(team)

    @property
    def nurses(self) -> list[str]:
        """The nurses on duty; the first of them leads."""
        return self._present.get(Role.NURSE, [])

    @property
    def workers(self) -> list[str]:
        """The other workers on duty."""
        return self._present.get(Role.WORKER, [])

    @property
    def prescriber_here(self) -> bool:
        """Whether a prescriber is on duty."""
        return bool(self._present.get(Role.PRESCRIBER))

    def nurse(self) -> Actor:
        """Return a nurse on duty, each in turn."""
        return self._next(Role.NURSE)

    def nurse_named(self, staff: str) -> Actor:
        """Return a nurse by id."""
        return self.named(staff, Role.NURSE)

    def worker(self) -> Actor:
        """Return a worker on duty."""
        return self._next(Role.WORKER)

    def prescriber(self) -> Actor:
        """Return a prescriber on duty, each in turn."""
        return self._next(Role.PRESCRIBER)

    def prescriber_for(self, patient: int) -> Actor:
        """Return the prescriber on duty whose turn a patient of this number is."""
        present = self._present[Role.PRESCRIBER]
        return self.named(present[patient % len(present)], Role.PRESCRIBER)

    def pharmacist(self) -> Actor:
        """Return the pharmacist, or where none is on duty a nurse."""
        return self._next(Role.PHARMACIST if self._present.get(Role.PHARMACIST) else Role.NURSE)

    def pharmacist_or_manager(self) -> Actor:
        """Return the pharmacist, or where none is on duty the manager."""
        if self._present.get(Role.PHARMACIST):
            return self._next(Role.PHARMACIST)
        return self.manager()

    def two(self) -> tuple[Actor, Actor]:
        """Return two different nurses."""
        return self._next(Role.NURSE), self._next(Role.NURSE)

    def named(self, staff: str, role: Role) -> Actor:
        """Return somebody by id, who has just proved who they are."""
        return Actor(staff, role, self._now() - PROVED)

    def manager(self) -> Actor:
        """Return the manager."""
        return self.named(MANAGER, Role.MANAGER)

    def officer(self) -> Actor:
        """Return the accountable officer."""
        return self.named(OFFICER, Role.OFFICER)

    def witness(self) -> Actor:
        """Return the authorised witness of destruction."""
        return self.named(WITNESS, Role.WITNESS)

    def _next(self, role: Role) -> Actor:
        present = self._present[role]
        self._turn += 1
        return self.named(present[self._turn % len(present)], role)


def team_of(team: TeamTable) -> dict[Role, list[str]]:
    """Return the ids of a team's members by role; prescribers are the same in every team."""
    return {
        Role.NURSE: _ids(f"{team.name}-nurse", team.nurses),
        Role.PRESCRIBER: _ids("prescriber", team.prescribers),
        Role.PHARMACIST: _ids(f"{team.name}-pharmacist", team.pharmacists),
        Role.WORKER: _ids(f"{team.name}-worker", team.workers),
    }


def _ids(what: str, many: int) -> list[str]:
    return [f"{STAFF}{what}-{number}" for number in range(1, many + 1)]


def prescribers_of(teams: tuple[TeamTable, ...]) -> list[str]:
    """Return the ids of everybody who prescribes here."""
    return _ids("prescriber", max(team.prescribers for team in teams))
