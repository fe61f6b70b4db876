"""What a clinic's pages ask of a node besides what the floor's do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from safelight.run.domain.base import Entity
from safelight.run.domain.register_entities import Line
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.floor.frame import Frame
from safelight.web.floor.ports import FloorNode

if TYPE_CHECKING:
    from safelight.run.actions.identities import Identities

E_ = TypeVar("E_", bound=Entity)


class ClinicNode(FloorNode, Protocol):
    """A node with the names of its patients."""

    @property
    def identities(self) -> "Identities":
        """The only way to a name or a photograph."""
        ...

    def past_treatment(self, site: str, key: str) -> Treatment | None:
        """Return a treatment, running or over."""
        ...

    def register_lines(self, site: str, register: str, numbers: Iterable[int]) -> list[Line]:
        """Return lines of a register by their numbers, as far as they are there."""
        ...

    def past_of(self, site: str, kind: type[E_]) -> list[E_]:
        """Return everything of a kind that is over."""
        ...

    def ended_treatments(self, site: str, limit: int = 50) -> list[Treatment]:
        """Return treatments that are over, the last to end first."""
        ...


def clinic_node(frame: Frame) -> ClinicNode:
    """Return the node that a page is about, with what only a clinic asks of it."""
    return cast("ClinicNode", frame.node)


def identities_of(frame: Frame) -> "Identities":
    """Return the guarded records of the node that a page is about."""
    return cast("ClinicNode", frame.node).identities
