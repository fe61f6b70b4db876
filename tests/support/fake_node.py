"""A node in memory for tests of the screens: it takes every tap and can be told to fail."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import NamedTuple

from immutables import Map

from safelight.kernel.errors import Refused
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.entities import Incident, Premises, Visit
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site

NOON = datetime(2025, 1, 13, 12, tzinfo=UTC)


class Kept(NamedTuple):
    """Where the fake keeps an emergency."""

    where: str


def site_with(site_id: str, timezone: str = "Europe/London") -> Site:
    """Return a site with premises, one visit of a known person and one incident."""
    site = Site(site_id, Map())
    site = site.put(Premises(site_id, "Test site", "building", timezone))
    site = site.put(Visit("v-known", "amber heron", NOON, 1, person="p-known"))
    site = site.put(Incident("i-known", NOON, 2, "opioid", person="p-other"))
    return site.put(Incident("i-signed", NOON, 3, "opioid", attributed_to="staff-a"))


class FakeNode:
    """Records taps. ``error`` is raised by the next ones; ``spool`` says where emergencies go."""

    def __init__(self, *site_ids: str) -> None:
        self._sites = {name: site_with(name) for name in site_ids or ("north",)}
        self._listeners: list[Callable[[frozenset[str]], None]] = []
        self.taps: list[Tap] = []
        self.emergencies: list[Tap] = []
        self.sealed: list[tuple[str, str | None]] = []
        self.error: Exception | None = None
        self.spool = "spool"
        self.health = "ok"
        self.health_detail = ""

    def sites(self) -> list[str]:
        return sorted(self._sites)

    def site(self, site_id: str) -> Site:
        if site_id not in self._sites:
            raise Refused("site-known", f"There is no site {site_id}.", "Choose another.")
        return self._sites[site_id]

    def protocol(self, site_id: str) -> Protocol:
        del site_id
        return Protocol("none", "0", "No pack", example=True, values={}, codes={})

    def past_visit(self, site_id: str, visit_id: str) -> Visit | None:
        del site_id
        known = Visit(visit_id, "amber heron", NOON, 1, person="p-past", stage="left")
        return known if visit_id == "v-past" else None

    def past_incident(self, site_id: str, incident_id: str) -> Incident | None:
        del site_id, incident_id
        return None

    def knows(self, site_id: str, command: str) -> bool:
        return any((tap.site, tap.command) == (site_id, command) for tap in self.taps)

    def submit(self, tap: Tap) -> Future[Receipt]:
        future: Future[Receipt] = Future()
        if self.error is not None:
            future.set_exception(self.error)
        else:
            self.taps.append(tap)
            future.set_result(Receipt(tap.site, tap.command, len(self.taps), len(self.taps)))
        return future

    def on_commit(self, listener: Callable[[frozenset[str]], None]) -> None:
        self._listeners.append(listener)

    def commit(self, *sites: str) -> None:
        """Tell the listeners, as the writer's thread does."""
        for listener in self._listeners:
            listener(frozenset(sites))

    def seal(self, text: str, person: str | None) -> str:
        self.sealed.append((text, person))
        return "sealed:" + text.encode().hex()

    def record_emergency(self, tap: Tap) -> Kept:
        if self.spool == "broken":
            raise OSError
        self.emergencies.append(tap)
        return Kept(self.spool)
