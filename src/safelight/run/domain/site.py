"""A site's present state as one immutable value.

Whoever holds a reference holds a consistent picture: the board renders from it without a lock,
and a failed commit is undone by keeping the old one.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from immutables import Map
from msgspec import Struct
from msgspec.structs import replace

from safelight.run.domain.base import Entity, refuse
from safelight.run.domain.clinic_entities import Licence, Prescription
from safelight.run.domain.dosing_entities import ENDED, Patient, Session
from safelight.run.domain.entities import (
    LEFT,
    OCCUPIED,
    WAITING,
    Adopted,
    Authority,
    Handed,
    Incident,
    Person,
    Place,
    Premises,
    Refusal,
    SharpsBin,
    Shift,
    StockLine,
    Stop,
    Visit,
)
from safelight.run.domain.register_entities import (
    Concern,
    DestructionWitness,
    Discrepancy,
    Line,
    PatientReturn,
    Register,
    Requisition,
)
from safelight.run.domain.treatment_entities import Treatment

E_ = TypeVar("E_", bound=Entity)
Key = tuple[str, str]

KINDS: dict[str, type[Entity]] = {
    "premises": Premises,
    "authority": Authority,
    "protocol": Adopted,
    "shift": Shift,
    "stop": Stop,
    "place": Place,
    "person": Person,
    "visit": Visit,
    "incident": Incident,
    "stock": StockLine,
    "bin": SharpsBin,
    "handed": Handed,
    "refusal": Refusal,
    "licence": Licence,
    "prescription": Prescription,
    "treatment": Treatment,
    "patient": Patient,
    "session": Session,
    "register": Register,
    "line": Line,
    "requisition": Requisition,
    "patient_return": PatientReturn,
    "discrepancy": Discrepancy,
    "concern": Concern,
    "destruction_witness": DestructionWitness,
}
KIND_OF = {entity: kind for kind, entity in KINDS.items()}

# Commands and facts name what they concern in fields of these names; when it is no longer on
# the floor (a visit that ended, an incident that is done) the store brings it back for them.
RECALLED_FIELDS = {
    "visit": "visit",
    "incident": "incident",
    "handed": "handed",
    "prescription": "prescription",
    "order": "prescription",
    "session": "session",
    "line": "line",
    "requisition": "requisition",
    "treatment": "treatment",
}


# When an entity of a kind is over and done with; kinds that are not here never are.
OVER: dict[type[Entity], Callable[[Any], bool]] = {
    Visit: lambda visit: visit.stage == LEFT,
    Incident: lambda incident: (
        None not in (incident.debrief, incident.completion, incident.closed_at)
    ),
    Shift: lambda shift: shift.closed_at is not None,
    Stop: lambda stop: stop.closed_at is not None,
    Prescription: lambda order: not order.stands,
    Session: lambda session: session.stage == ENDED,
    Treatment: lambda treatment: treatment.ended_at is not None,
    Requisition: lambda requisition: requisition.closed_at is not None,
    PatientReturn: lambda returned: returned.destroyed_at is not None,
    Discrepancy: lambda discrepancy: discrepancy.resolved_at is not None,
    Concern: lambda concern: concern.acknowledged_at is not None,
    Handed: lambda _: True,
    Refusal: lambda _: True,
    Line: lambda _: True,
}


def is_live(entity: Entity) -> bool:
    """Tell whether an entity stays in memory: everything that is not over and done with."""
    over = OVER.get(type(entity))
    return over is None or not over(entity)


_NONE: Map[str, Entity] = Map()  # made once: this is asked for many times in each command


class Site(Struct, frozen=True):
    """All live entities of one site by kind and id, and what changed since the last commit."""

    id: str
    parts: Map[str, Map[str, Entity]] = Map()
    changes: Map[Key, Entity] = Map()

    def put(self, entity: Entity) -> "Site":
        """Return the site with this entity in it; one that is over leaves memory."""
        kind = KIND_OF[type(entity)]
        key: str = entity.id  # type: ignore[attr-defined]
        part = self.parts.get(kind, Map())
        if is_live(entity):
            part = part.set(key, entity)
        elif key in part:
            part = part.delete(key)
        return Site(self.id, self.parts.set(kind, part), self.changes.set((kind, key), entity))

    def settled(self) -> "Site":
        """Return the site after its changes were written."""
        return replace(self, changes=Map())

    def recalled(self, entity: Entity) -> "Site":
        """Return the site with an entity from the past in reach of one command."""
        kind = KIND_OF[type(entity)]
        key: str = entity.id  # type: ignore[attr-defined]
        part = self.parts.get(kind, Map())
        return replace(self, parts=self.parts.set(kind, part.set(key, entity)))

    def released(self, kind: str, key: str) -> "Site":
        """Return the site without an entity that was recalled and is still over."""
        part = self.parts.get(kind, Map())
        if key not in part or is_live(part[key]):
            return self
        return replace(self, parts=self.parts.set(kind, part.delete(key)))

    def all_of(self, entity: type[E_]) -> Map[str, E_]:
        """Return all live entities of one kind by id."""
        return self.parts.get(KIND_OF[entity], _NONE)  # type: ignore[return-value]

    @property
    def visits(self) -> Map[str, Visit]:
        """Visits of people who are here now."""
        return self.all_of(Visit)

    @property
    def persons(self) -> Map[str, Person]:
        """Everybody who was ever here and wanted to be known again."""
        return self.all_of(Person)

    @property
    def places(self) -> Map[str, Place]:
        """Booths, seats and chairs."""
        return self.all_of(Place)

    @property
    def incidents(self) -> Map[str, Incident]:
        """Incidents that are open or still need completion or a debrief."""
        return self.all_of(Incident)

    @property
    def stock(self) -> Map[str, StockLine]:
        """Stock by item and batch."""
        return self.all_of(StockLine)

    @property
    def bins(self) -> Map[str, SharpsBin]:
        """Sharps bins that were not collected yet, and those that were."""
        return self.all_of(SharpsBin)

    @property
    def handed(self) -> Map[str, Handed]:
        """Equipment that was given or returned, as far as a command recalled it."""
        return self.all_of(Handed)

    @property
    def authorities(self) -> Map[str, Authority]:
        """Authorities granted to the site."""
        return self.all_of(Authority)

    @property
    def premises(self) -> Premises | None:
        """What the site is, once it was founded."""
        return next(iter(self.all_of(Premises).values()), None)

    @property
    def adopted(self) -> Adopted | None:
        """The protocol pack in force."""
        return next(iter(self.all_of(Adopted).values()), None)

    @property
    def shift(self) -> Shift | None:
        """The open shift, if there is one."""
        return next(iter(self.all_of(Shift).values()), None)

    @property
    def stop(self) -> Stop | None:
        """Where a mobile unit stands now, if it stands at a stop."""
        return next(iter(self.all_of(Stop).values()), None)

    def visit(self, key: str) -> Visit:
        """Return a visit; refuses an unknown id."""
        found = self.visits.get(key)
        if found is None:
            raise refuse(
                "visit-known",
                f"There is no visit {key} here.",
                "Go back to the board: the person may have left on another tablet.",
                visit=key,
            )
        return found

    def person(self, key: str) -> Person:
        """Return a person; refuses an unknown id."""
        found = self.persons.get(key)
        if found is None:
            raise refuse(
                "person-known",
                f"Nobody is known here under {key}.",
                "Search again at reception, or continue without a code.",
                person=key,
            )
        return found

    def place(self, key: str) -> Place:
        """Return a place; refuses an unknown id."""
        found = self.places.get(key)
        if found is None:
            raise refuse(
                "place-known",
                f"This site has no place {key}.",
                f"Choose one of {', '.join(sorted(self.places)) or 'none: add places first'}.",
                place=key,
            )
        return found

    def incident(self, key: str) -> Incident:
        """Return an incident; refuses an unknown id."""
        found = self.incidents.get(key)
        if found is None:
            raise refuse(
                "incident-known",
                f"There is no incident {key} here.",
                "Open the list of incidents and choose it there.",
                incident=key,
            )
        return found

    def open_incidents_of(self, visit: str) -> list[Incident]:
        """Return the incidents of a visit that are still going on."""
        return [i for i in self.incidents.values() if i.visit == visit and i.closed_at is None]

    def waiting(self, route: str | None = None) -> list[Visit]:
        """Return who waits, longest first; for one route or for all."""
        queue = [
            v
            for v in self.visits.values()
            if v.stage == WAITING and (route is None or v.route == route)
        ]
        return sorted(queue, key=lambda v: (v.queued_at or v.arrived_at, v.seq))

    def occupied(self) -> int:
        """Return how many places have a person in them."""
        return sum(p.state == OCCUPIED for p in self.places.values())
