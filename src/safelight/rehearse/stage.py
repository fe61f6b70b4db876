"""Sets the stage: a home, a site that is founded for the rehearsal, and the staff's view of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from safelight.kernel.errors import SafelightError
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.floor import MANAGER, CommandIds, Floor, Seal
from safelight.rehearse.people import People
from safelight.rehearse.scenario import Scenario
from safelight.rehearse.timetable import Timetable
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap
from safelight.run.domain.authority import Grant
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.store.packs import load_authorities, load_pack
from safelight.wiring import PACKS, Home, WriterLock, open_engine, prepare_home

PACK, AUTHORITIES, AUTHORITY = "rehearsal.toml", "authorities.toml", "rehearsal"
COMMIT_EVERY = timedelta(hours=1)  # simulated
SETTING_UP = timedelta(minutes=30)  # how long before the first opening the site is founded


class EnginePost:
    """An engine of our own: taps are decided at once and made durable every simulated hour."""

    def __init__(self, engine: Engine, site: str, now: Callable[[], datetime]) -> None:
        """Take the engine, the site's id and the simulated clock."""
        self._engine, self._site, self.now = engine, site, now
        self._commit_at = now() + COMMIT_EVERY
        self._protocol: Protocol | None = None

    def site(self) -> Site:
        """Return the site with all that was decided."""
        return self._engine.standing(self._site).site

    def protocol(self) -> Protocol:
        """Return the pack in force; a rehearsal never changes it once it was adopted."""
        if self._protocol is None:
            self._protocol = self._engine.protocol_of(self.site())
        return self._protocol

    def perform(self, tap: Tap) -> None:
        """Do a tap; raises SafelightError where a rule says no."""
        self._engine.perform(tap)
        if self.now() >= self._commit_at:
            self.settle()

    @property
    def entries(self) -> int:
        """How many entries the journal has."""
        return self._engine.standing(self._site).seq

    def settle(self) -> None:
        """Make everything durable."""
        self._engine.commit()
        self._commit_at = self.now() + COMMIT_EVERY


@contextmanager
def staged(
    home: Home, scenario: Scenario, seed: int, seal: Seal | None, *, strict: bool
) -> Iterator[tuple[Floor, EnginePost]]:
    """Found the scenario's site in a home and return the floor before its first opening.

    Raises:
        SafelightError: where the site exists, or another process writes here.

    """
    prepare_home(home)
    lock = WriterLock(home)
    opens = Timetable(scenario).window(scenario.period.first).opens
    agenda = Agenda(opens - SETTING_UP)
    engine = open_engine(home, agenda.now)
    try:
        _require_new(engine, scenario)
        post = EnginePost(engine, scenario.site.id, agenda.now)
        ids = CommandIds(scenario.id, scenario.period.first, seed)
        people = People(scenario, seed)
        floor = Floor(scenario, seed, post, agenda, ids, people, seal, strict=strict)
        found_site(floor)
        yield floor, post
    finally:
        engine.close()
        lock.release()


def _require_new(engine: Engine, scenario: Scenario) -> None:
    site = scenario.site.id
    if engine.durable(site) is not None:
        raise SafelightError(
            "rehearsal-new-site",
            f"There is a site {site} here already, and a rehearsal begins with a new one.",
            "Use an empty folder: set SAFELIGHT_HOME to it, or move this one away.",
            site=site,
        )


def found_site(floor: Floor) -> None:
    """Found the site with the rehearsal's pack and authority, and furnish it."""
    manager, scenario = Actor(MANAGER, Role.MANAGER), floor.scenario
    site, pack = scenario.site, load_pack(PACKS / PACK)
    premises = {"name": site.name, "kind": site.kind, "timezone": site.timezone}
    floor.act("site.found", premises, by=manager)
    adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    floor.act("protocol.adopt", {**adopted, "approver": MANAGER}, by=manager)
    grant = rehearsal_authority(scenario.period.first)
    floor.act(
        "authority.grant", {n: getattr(grant, n) for n in grant.__struct_fields__}, by=manager
    )
    for place in scenario.places:
        fields = {
            "place": place.id,
            "label": place.label,
            "kind": place.kind,
            "routes": place.routes,
            "step_free": place.step_free,
        }
        floor.act("place.add", fields, by=manager)


def rehearsal_authority(first: date) -> Grant:
    """Return the authority that exists in no law, in force from the first day of a rehearsal."""
    grants = {grant.authority: grant for grant in load_authorities(PACKS / AUTHORITIES)}
    grant = grants[AUTHORITY]
    return replace(grant, valid_from=min(grant.valid_from, first))
