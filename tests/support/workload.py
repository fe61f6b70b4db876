"""A busy floor by chance: opens a site, then draws what staff would tap next from what it shows.

Every tap is a real command. Some are refused, as in life; a refusal writes nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

import msgspec

from safelight.kernel.ids import derive_id
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.entities import (
    AFTERCARE,
    AIR_CLEARING,
    ARRIVED,
    CLEANING,
    IN_PLACE,
    OPEN,
    WAITING,
    Incident,
    Visit,
)
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.store.packs import load_authorities, load_pack
from safelight.wiring import PACKS

SITE = "north"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MANAGER = Actor("s-mary", Role.MANAGER)
NURSE = Actor("s-ada", Role.NURSE)
NOBODY = Actor("staff-unattributed", Role.ANYONE)

Fields = Mapping[str, object]
Option = tuple[str, Fields]


class TickingClock:
    """A clock that moves on by some seconds whenever somebody looks, or as a test sets it."""

    def __init__(self, now: datetime = START, step: timedelta = timedelta(seconds=7)) -> None:
        self.now = now
        self.step = step

    def __call__(self) -> datetime:
        """Return the time, and move on."""
        self.now += self.step
        return self.now


@cache
def pack() -> Protocol:
    """Return the pack of the rehearsals, read from its file once."""
    return load_pack(PACKS / "rehearsal.toml")


def packs(digest: str) -> Protocol | None:
    """Find a pack by digest; only that of the rehearsals is installed."""
    return pack() if digest == pack().digest else None


def command_id(number: int) -> str:
    """Return a command id made from a number, so that a test can name it again."""
    return str(UUID(int=number))


def tap(
    name: str,
    number: int,
    fields: Fields | None = None,
    *,
    site: str = SITE,
    by: Actor = MANAGER,
    happened_at: datetime | None = None,
) -> Tap:
    """Return a tap of a command by name, whose id is made from a number."""
    payload = read_command(name, fields or {})
    return Tap(site, command_id(number), name, payload, by, happened_at)


BATCH = {"item": "naloxone_kit", "batch": "LOT 7/A"}
PLACES = [
    *((f"booth-{n}", f"Booth {n}", "booth", ("injecting", "nasal")) for n in (1, 2, 3, 4)),
    ("seat-1", "Smoking seat", "smoking_seat", ("smoking",)),
]


def opening(site: str = SITE) -> list[Tap]:
    """Return the taps that found a site and open its floor: four booths, a seat, two staff."""
    adopted = {"pack": pack().id, "version": pack().version, "digest": pack().digest}
    first: list[Option] = [
        ("site.found", {"name": "Örtchen", "kind": "building", "timezone": "Europe/London"}),
        ("protocol.adopt", {**adopted, "approver": "s-mary"}),
    ]
    authorities = [
        ("authority.grant", msgspec.structs.asdict(granted))
        for granted in load_authorities(PACKS / "authorities.toml")
    ]
    places = [
        ("place.add", {"place": key, "label": label, "kind": kind, "routes": routes})
        for key, label, kind, routes in PLACES
    ]
    shift: list[Option] = [
        ("shift.open", {}),
        ("shift.take_duty", {"duty": "floor_worker", "staff": "s-ben"}),
        ("shift.take_duty", {"duty": "nurse", "staff": "s-ada"}),
        ("stock.receive", {"item": "needle_1ml", "quantity": 40}),
        ("stock.receive", {**BATCH, "quantity": 9, "expires": "2028-06-30"}),
    ]
    given = [*first, *authorities, *places, *shift]
    return [tap(name, n, fields, site=site) for n, (name, fields) in enumerate(given, start=1)]


class Staff:
    """The people on one floor: they look at it and tap."""

    def __init__(self, rng: Random, site: str = SITE) -> None:
        self._rng = rng
        self._site = site
        self._handed: list[tuple[str, int]] = []

    def next_tap(self, site: Site) -> Tap:
        """Return what somebody taps next."""
        rng = self._rng
        name, fields = rng.choice([*_door(site, rng), *_visits(site, rng), *self._supplies(site)])
        command = str(UUID(int=rng.getrandbits(128)))
        if name == "supplies.give":
            self._handed.append((derive_id("g", command), int(str(fields["quantity"]))))
        by = NOBODY if name == "incident.open" and rng.random() < 0.3 else NURSE
        return Tap(self._site, command, name, read_command(name, fields), by)

    def _supplies(self, site: Site) -> Iterator[Option]:
        rng = self._rng
        visit = rng.choice(sorted(site.visits)) if site.visits else None
        yield (
            "supplies.give",
            {"item": "needle_1ml", "quantity": rng.randint(1, 20), "visit": visit},
        )
        yield "supplies.give", {**BATCH, "quantity": 1, "visit": visit}
        yield "supplies.take_back", {"item": "needle", "quantity": rng.randint(1, 50)}
        if self._handed:
            handed, was = rng.choice(self._handed)
            correction = {"handed": handed, "was": was, "now": was + 1, "reason": "typing_slip"}
            yield "supplies.correct", correction


def _door(site: Site, rng: Random) -> Iterator[Option]:
    """Yield who may come to the door, and what happens to the room."""
    yield "visit.arrive", {"adult_confirmed": True}
    yield "visit.arrive", {"adult_confirmed": True, "remember": True}
    if site.persons:
        yield "visit.arrive", {"adult_confirmed": True, "person": rng.choice(sorted(site.persons))}
    yield "visit.turn_away", {"reason": "no_capacity"}
    yield "shift.check", {"item": "oxygen", "found": "in_order"}
    for place in site.places.values():
        if place.state in {CLEANING, AIR_CLEARING}:
            yield "place.ready", {"place": place.id}
    for incident in site.incidents.values():
        yield from _incident(incident, rng)


def _visits(site: Site, rng: Random) -> Iterator[Option]:
    """Yield what comes next for everybody who is here."""
    for visit in site.visits.values():
        about = {"visit": visit.id}
        if visit.stage == ARRIVED:
            name = "visit.queue" if visit.oriented else "visit.orient"
            yield (
                name,
                {**about, "route": rng.choice(("injecting", "smoking"))}
                if visit.oriented
                else about,
            )
        elif visit.stage == WAITING:
            free = [
                p.id for p in site.places.values() if p.state == OPEN and visit.route in p.routes
            ]
            if free:
                yield "visit.place", {**about, "place": rng.choice(sorted(free))}
        elif visit.stage == IN_PLACE:
            yield from _in_place(visit, rng)
        elif visit.stage == AFTERCARE:
            yield "visit.release", {**about, "checks": ("alert_and_orientated",)}
            yield "service.give", {**about, "service": "wound_care"}
            yield "referral.make", {**about, "to": "housing"}
            yield "visit.leave", about


def _in_place(visit: Visit, rng: Random) -> Iterator[Option]:
    about = {"visit": visit.id}
    substances = rng.sample(("heroin", "cocaine", "benzodiazepine"), rng.randint(1, 3))
    yield "episode.start", {**about, "substances": tuple(substances)}
    yield "episode.end", about
    yield "visit.observe", {**about, "reading": {"spo2": rng.randint(80, 100)}}
    yield "incident.open", about
    yield "visit.aftercare", about


def _incident(incident: Incident, rng: Random) -> Iterator[Option]:
    about = {"incident": incident.id}
    if incident.closed_at is None:
        dose = {"micrograms": 400, "route": "intramuscular", "batch": BATCH["batch"]}
        yield "incident.record", {**about, "what": "oxygen"}
        yield "incident.record", {**about, "what": "naloxone", "naloxone": dose}
        yield (
            "incident.record",
            {
                **about,
                "what": "observation",
                "reading": {"breathing_rate": rng.randint(2, 20), "consciousness": "pain"},
            },
        )
        yield "incident.classify", {**about, "kind": "opioid"}
        yield "incident.close", {**about, "outcome": "recovered_on_site"}
    else:
        yield "incident.attribute", about
        yield "incident.complete", {**about, "kind": "opioid"}
        yield "incident.debrief", {**about, "learning": "none"}
