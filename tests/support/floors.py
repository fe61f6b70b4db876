"""A floor that is open for use, on which the examples of the rules take place."""

from typing import Any

from safelight.run.domain.base import Entity, Fact
from safelight.run.domain.entities import Incident
from safelight.run.domain.floor import PlaceAdded
from safelight.run.domain.protocol import ProtocolAdopted
from safelight.run.domain.shift import DutyTaken, ShiftOpened
from safelight.run.domain.site import Site
from tests.support.sites import ADA, BEN, NOW, granted, site_with

Fields = dict[str, object]
Parts = list[Fact | Entity]

ADOPTED = ProtocolAdopted("pack-small", "1", "0" * 64, BEN, example=True)
BOOTH = PlaceAdded("booth-1", "Booth 1", "booth", ("injecting", "nasal"))
BOOTH_2 = PlaceAdded("booth-2", "Booth 2", "booth", ("injecting", "nasal"))
SEAT = PlaceAdded("seat-1", "Seat 1", "smoking_seat", ("smoking",))
OPENED = ShiftOpened("t-1", "policy-1")
TEAM = (DutyTaken(ADA, "nurse"), DutyTaken(BEN, "floor"))
FLOOR: Parts = [granted("supervised_use"), ADOPTED, OPENED, *TEAM, BOOTH, BOOTH_2, SEAT]


def open_site(*parts: Fact | Entity, **kind: Any) -> Site:  # noqa: ANN401 - handed on as it is
    """Return a site with two booths, a smoking seat and two staff on the floor, an hour ago."""
    return site_with(*FLOOR, *parts, **kind)


def incident(key: str = "i-1", **fields: Any) -> Incident:  # noqa: ANN401 - fields of an Incident
    """Return an incident that has been running for some seconds, unless said otherwise."""
    standard = {"opened_at": NOW, "seq": 50, "kind": "collapse_unknown"}
    return Incident(id=key, **{**standard, **fields})
