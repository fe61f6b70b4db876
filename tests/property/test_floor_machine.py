"""The rules as one machine: whatever anybody taps in whatever order, the floor stays sound.

Each step is one command by some role, sensible or not. After each the machine looks at the whole
site: at people and places, at the journal that would be written, and at whether an emergency
could be recorded now.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from safelight.journal.entry import canonical_body
from safelight.kernel.errors import Refused
from safelight.run.domain import registry
from safelight.run.domain.base import EMERGENCY, Actor, Command, Entity, Fact, Given, Role, When
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.entities import AIR_CLEARING, CLEANING, CLOSED, LEFT, OCCUPIED
from safelight.run.domain.episode import VisitPlaced
from safelight.run.domain.incident import OpenIncident
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.shift import staffed_capacity
from safelight.run.domain.site import KINDS, RECALLED_FIELDS, Site
from safelight.run.domain.visit import VisitLeft
from safelight.run.store.journal import EntityRow
from safelight.run.store.projection import (
    apply_fact,
    changed_rows,
    let_go,
    load_site,
    read_entity,
    recalled,
)
from tests.support.clinic import order
from tests.support.draws import (
    NO_PACK,
    PACK,
    SETTING_UP,
    SETTING_UP_A_CLINIC,
    STAFF,
    UNKNOWN,
    command_for,
    living,
    next_dose_step,
    next_step,
)
from tests.support.sites import ADA, NOW

NAMES = sorted(registry.COMMANDS)
ROLES = sorted(Role)
# One number a step, from which all of its details follow: so that a machine runs deep.
SEED = st.integers(0, 2**32 - 1)
HALF, BUSY, STEPS_ON = 0.5, 25, 3
PREFERRED = (Role.PRESCRIBER, Role.NURSE, Role.MANAGER)
BESIDE = "s-dan"
# What staff may add to any incident at any time.
STEPS: tuple[dict[str, object], ...] = (
    {"what": "oxygen"},
    {"what": "ambulance_called"},
    {"what": "note", "note": "sealed:abc"},
    {"what": "observation", "reading": {"spo2": 80, "consciousness": "pain"}},
    {"what": "naloxone", "naloxone": {"micrograms": 400, "route": "nasal", "batch": "AB12"}},
)


class Floor(RuleBasedStateMachine):
    """One site, its journal in memory, and staff who tap whatever they like."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site("north")
        self.now = NOW
        self.seed = self.taps = 0
        self.journal: list[tuple[Fact, When]] = []
        self.rows: dict[tuple[str, str], EntityRow] = {}

    # Doing

    @property
    def pack(self) -> Protocol:
        """The pack in force."""
        return PACK if self.site.adopted else NO_PACK

    def recall(self, kind: str, key: str) -> Entity | None:
        """Bring something back from the archive."""
        row = self.rows.get((kind, key))
        return read_entity(kind, row.body) if row else None

    def chance(self, seed: int) -> Random:
        """Return the chances of one step; the same seed at another step means another thing."""
        return Random(f"{seed} {self.seed} {self.taps}")

    def given(
        self, role: Role, staff: str = ADA, late: int = 0, pack: Protocol | None = None
    ) -> Given:
        """Return what a tap now is given: second factors just given, and a colleague beside."""
        command = f"00000000-0000-4000-8000-{self.taps:012d}"
        happened_at = self.now - timedelta(minutes=late)
        actor, beside = Actor(staff, role, self.now), Actor(BESIDE, Role.PHARMACIST, self.now)
        pack = pack or self.pack
        return Given(self.now, happened_at, actor, pack, command, beside, clock_trusted=True)

    def tap(self, name: str, command: Command, by: Given) -> None:
        """Do what the engine does with a tap; a refusal says why and changes nothing."""
        self.taps += 1
        site, brought = recalled(self.site, command, self.recall)
        facts, refused = _decided(site, name, command, by)
        if refused is not None:
            assert all([refused.code, refused.message, refused.remedy])
            return
        assert facts
        self.placing_keeps_capacity(facts, by)
        self.site = let_go(site, brought)
        for fact in facts:
            self.write(fact, by)
        self.leaving_keeps_no_incident(facts)
        for row in changed_rows(self.site):
            self.rows[row.kind, row.id] = row
        self.site = self.site.settled()

    def write(self, fact: Fact, by: Given) -> None:
        """Apply a fact as read back from its entry's body."""
        kind = registry.KIND_OF_FACT[type(fact)]
        body = canonical_body(fact).encode()
        read = registry.read_fact(kind, registry.FACTS[kind].version, body)
        assert read == fact
        when = When(len(self.journal) + 1, by.happened_at, by.now, by.actor.staff, BESIDE)
        self.journal.append((fact, when))
        self.site = apply_fact(self.site, read, when, self.recall)

    # Rules

    @initialize(seed=SEED)
    def begin(self, seed: int) -> None:
        """Found the site, and set it up, now and then only half."""
        self.seed, chance = seed, Random(seed)
        kind = chance.choice(("building", "building", "vehicle"))
        found = {"name": "North", "kind": kind, "timezone": "Europe/London"}
        stop = [("stop.arrive", {"label": "Market"})] if kind == "vehicle" else []
        done = chance.choice((0, 2, *[len(SETTING_UP), len(SETTING_UP) + 1] * 4))
        clinic = SETTING_UP_A_CLINIC if done > len(SETTING_UP) else []
        for name, fields in [("site.found", found), *SETTING_UP[:done], *clinic, *stop]:
            self.tap(name, _read(name, fields), self.given(Role.MANAGER, pack=PACK))

    @rule(seed=SEED)
    def anything(self, seed: int) -> None:
        """Somebody taps something."""
        chance = self.chance(seed)
        name, role, staff = chance.choice(NAMES), chance.choice(ROLES), chance.choice(STAFF)
        command = command_for(chance, self.site, name, self.now)
        pack = PACK if name == "protocol.adopt" else None
        self.tap(name, command, self.given(role, staff, chance.choice((0, 0, 0, 20)), pack))

    @rule(seed=SEED)
    def anything_by_a_manager(self, seed: int) -> None:
        """A manager taps something."""
        chance = self.chance(seed)
        name = chance.choice(NAMES)
        self.tap(name, command_for(chance, self.site, name, self.now), self.given(Role.MANAGER))

    @precondition(lambda self: self.site.incidents)
    @rule(seed=SEED)
    def emergency(self, seed: int) -> None:
        """Staff work on an emergency."""
        chance = self.chance(seed)
        name = chance.choice([each for each in NAMES if each.startswith("incident.")])
        self.tap(name, command_for(chance, self.site, name, self.now), self.given(Role.NURSE))

    @rule(seed=SEED)
    def arrival(self, seed: int) -> None:
        """Somebody is at the door."""
        chance = self.chance(seed)
        fields = {"adult_confirmed": True, "remember": chance.random() < HALF}
        self.tap("visit.arrive", _read("visit.arrive", fields), self.given(Role.WORKER))

    @precondition(lambda self: self.site.places)
    @rule(seed=SEED)
    def turnover(self, seed: int) -> None:
        """A place is made ready, closed or reopened."""
        chance = self.chance(seed)
        place = self.site.places[chance.choice(sorted(self.site.places))]
        names = {CLEANING: "place.ready", AIR_CLEARING: "place.ready", CLOSED: "place.reopen"}
        name = names.get(place.state, "place.close")
        reason = {"reason": "repair"} if name == "place.close" else {}
        if reason and chance.random() < HALF:
            return
        self.tap(name, _read(name, {"place": place.id, **reason}), self.given(Role.WORKER))

    @precondition(lambda self: self.site.visits)
    @rule(seed=SEED)
    def moving_on(self, seed: int) -> None:
        """Somebody who is here takes their next step."""
        name, fields = next_step(self.chance(seed), self.site)
        self.tap(name, _read(name, fields), self.given(Role.WORKER))

    @precondition(lambda self: self.site.persons)
    @rule(seed=SEED)
    def towards_a_dose(self, seed: int) -> None:
        """Somebody who is known takes their next steps into treatment, or through a session."""
        for step in range(STEPS_ON):
            name, fields = next_dose_step(self.chance(seed + step), self.site)
            if fields.get("order") == UNKNOWN:
                session = self.site.all_of(Session)[str(fields["session"])]
                name, fields = "prescription.sign", order(self.now, person=session.person)
            role = next(role for role in PREFERRED if role in registry.COMMANDS[name].may)
            self.tap(name, _read(name, fields), self.given(role))

    @rule(seed=SEED)
    def busy_hour(self, seed: int) -> None:
        """Much happens at once, most of it sensible; the floor is sound after every tap."""
        chance = self.chance(seed)
        for _ in range(BUSY):
            self.now += timedelta(seconds=chance.choice((0, 5, 60, 300)))
            happens = [self.arrival, self.anything_by_a_manager]
            happens += [self.moving_on] * 4 if self.site.visits else []
            happens += [self.emergency] if self.site.incidents else []
            happens += [self.turnover] if self.site.places else []
            happens += [self.towards_a_dose] if self.site.persons else []
            chance.choice(happens)(chance.getrandbits(32))
            self.places_and_people_agree()
            self.only_an_occupied_place_holds_somebody()
            self.people_who_left_are_not_here()
            self.stock_is_never_negative()

    @precondition(lambda self: self.over())
    @rule(seed=SEED)
    def reaching_back(self, seed: int) -> None:
        """Somebody works on what is over and in the archive."""
        chance = self.chance(seed)
        old, key = chance.choice(self.over())
        entity = self.recall(old, key)
        assert entity is not None
        structs = {name: registry.COMMANDS[name].command for name in NAMES}
        name = chance.choice([each for each in NAMES if old in structs[each].__struct_fields__])
        command = command_for(chance, self.site.recalled(entity), name, self.now)
        self.tap(name, msgspec.structs.replace(command, **{old: key}), self.given(Role.MANAGER))

    def over(self) -> list[tuple[str, str]]:
        """Return what is in the archive and can be reached."""
        kinds = set(RECALLED_FIELDS.values())
        return sorted(key for key, row in self.rows.items() if key[0] in kinds and not row.live)

    @rule(seconds=st.sampled_from([0, 30, 600, 7200, 86400]))
    def time_passes(self, seconds: int) -> None:
        """The clock goes on."""
        self.now += timedelta(seconds=seconds)

    # What holds as something is decided

    def placing_keeps_capacity(self, facts: list[Fact], by: Given) -> None:
        """Nobody is placed beyond what staff on duty can supervise."""
        placed = sum(isinstance(fact, VisitPlaced) for fact in facts)
        if placed:
            assert self.site.occupied() + placed <= staffed_capacity(self.site, by.protocol)

    def leaving_keeps_no_incident(self, facts: list[Fact]) -> None:
        """Nobody has left over an incident of theirs that runs."""
        for fact in facts:
            if isinstance(fact, VisitLeft):
                assert self.site.open_incidents_of(fact.visit) == []

    # What holds always

    @invariant()
    def places_and_people_agree(self) -> None:
        """A place knows who is in it, and they know the place; nobody is in two."""
        sitting = {place.id: place.visit for place in self.site.places.values() if place.visit}
        assert {
            visit.place: visit.id for visit in self.site.visits.values() if visit.place
        } == sitting
        assert len(set(sitting.values())) == len(sitting)

    @invariant()
    def only_an_occupied_place_holds_somebody(self) -> None:
        """A place that is closed, cleaned or aired is empty."""
        for place in self.site.places.values():
            assert (place.visit is not None) == (place.state == OCCUPIED)

    @invariant()
    def people_who_left_are_not_here(self) -> None:
        """The board shows nobody who left, and at most one visit of a person."""
        known = [visit.person for visit in self.site.visits.values() if visit.person]
        assert len(set(known)) == len(known)
        assert all(visit.stage != LEFT for visit in self.site.visits.values())
        handles = [visit.handle for visit in self.site.visits.values()]
        assert len(set(handles)) == len(handles)

    @invariant()
    def stock_is_never_negative(self) -> None:
        """The book counts what is there, and what is missing, never less than nothing."""
        for line in self.site.stock.values():
            assert line.quantity >= 0
            assert line.shortfall >= 0

    @invariant()
    def journal_gives_the_same_site(self) -> None:
        """Replaying every fact from the first gives what stands."""
        site = Site("north")
        for fact, when in self.journal:
            site = apply_fact(site, fact, when, lambda _kind, _key: None)
        assert living(site) == living(self.site)

    @invariant()
    def rows_give_the_same_site(self) -> None:
        """What the read model keeps is enough to go on after a restart."""
        live = [(row.kind, row.body) for row in self.rows.values() if row.live]
        assert living(load_site("north", live)) == living(self.site)
        assert {kind for kind, _ in self.rows} <= KINDS.keys()

    @invariant()
    def emergency_is_never_refused(self) -> None:
        """Whoever is there can open an incident for anybody or anything here, now."""
        running = {i.id for i in self.site.incidents.values() if i.closed_at is None}
        for command in self.emergencies():
            for role in EMERGENCY:
                facts, refused = _decided(self.site, "incident.open", command, self.given(role))
                if refused is not None:
                    assert refused.code == "incident-running"
                    assert refused.values["incident"] in running
                else:
                    when = When(len(self.journal) + 1, self.now, self.now, ADA)
                    opened = registry.evolve(self.site, facts[0], when)
                    assert len(opened.incidents) == len(self.site.incidents) + 1

    def emergencies(self) -> Iterator[OpenIncident]:
        """Yield every way to say where help is needed."""
        yield from (OpenIncident(), OpenIncident(UNKNOWN), OpenIncident(place=UNKNOWN))
        yield from (OpenIncident(visit=key) for key in self.site.visits)
        yield from (OpenIncident(place=key) for key in self.site.places)

    @invariant()
    def timeline_is_never_closed(self) -> None:
        """Whoever is there can add to an incident, with or without a pack."""
        for key in self.site.incidents:
            for number, fields in enumerate(STEPS):
                role = sorted(EMERGENCY)[number % len(EMERGENCY)]
                command = _read("incident.record", {"incident": key, **fields})
                for pack in (PACK, NO_PACK):
                    by = self.given(role, pack=pack)
                    assert registry.decide(self.site, "incident.record", command, by)


def _decided(
    site: Site, name: str, command: Command, by: Given
) -> tuple[list[Fact], Refused | None]:
    try:
        return registry.decide(site, name, command, by), None
    except Refused as refused:
        return [], refused


def _read(name: str, fields: Any) -> Command:  # noqa: ANN401 - fields as a form sends them
    return msgspec.convert(fields, registry.COMMANDS[name].command)


TestFloor = Floor.TestCase
