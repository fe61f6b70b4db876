"""What the floor's pages ask of a node besides its present state: the past, and a few secrets."""

from typing import TYPE_CHECKING, Protocol, cast

from safelight.run.domain.base import Actor
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.entities import Incident, Person, Visit
from safelight.run.domain.protocol import Protocol as Pack
from safelight.web.ports import NodePort, PageRequest

if TYPE_CHECKING:
    from safelight.contracts.statistics import MonthStatistics
    from safelight.run.actions.node import Verification
    from safelight.run.store.reader import EntryRow


class FloorNode(NodePort, Protocol):
    """A node with its queries."""

    def packs(self) -> list[Pack]:
        """Return the protocol packs that are installed."""
        ...

    def unseal(self, sealed: str, actor: Actor, reason: str) -> str:
        """Return free text in clear, and write down who read it and why."""
        ...

    def alias(self, person: str, actor: Actor, reason: str) -> str | None:
        """Return a person's alias, and write down who read it and why."""
        ...

    def set_alias(self, person: str, alias: str) -> None:
        """Keep what a person wants to be called."""
        ...

    def journal(
        self, site: str, before: int | None = None, limit: int = 50, kind: str | None = None
    ) -> "list[EntryRow]":
        """Return entries, newest first."""
        ...

    def past_incidents(self, site: str, limit: int = 50) -> list[Incident]:
        """Return incidents that are over and done with, newest first."""
        ...

    def visits_of(self, site: str, person: str, limit: int = 20) -> list[Visit]:
        """Return the visits of a person, newest first."""
        ...

    @property
    def clock_trusted(self) -> bool:
        """Whether doses may rest on this machine's clock."""
        ...

    def past_session(self, site: str, key: str) -> Session | None:
        """Return a session that is over."""
        ...

    def sessions_of(self, site: str, person: str, limit: int = 20) -> list[Session]:
        """Return the newest sessions of a patient, newest first."""
        ...

    def statistics(self, site: str, first: str, last: str) -> "list[MonthStatistics]":
        """Return the figures of each month."""
        ...

    def verification(self, site_id: str) -> "Verification":
        """Return what the last check of the journal found."""
        ...

    def find_person(self, site_id: str, text: str) -> list[Person]:
        """Return who fits words of a handle, or an alias."""
        ...


def node_of(request: PageRequest) -> FloorNode:
    """Return the request's node with its queries."""
    return cast("FloorNode", request.node)
