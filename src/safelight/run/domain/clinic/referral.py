"""A person is referred, and a treatment begins as a question; nothing is decided here."""

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import HealthCode, ItemId, PersonId, Sealed
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.handles import handle_for
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.domain.visit import PersonRegistered


class Refer(Command, frozen=True):
    """Take a referral of somebody who is known here, or of somebody new."""

    source: HealthCode
    person: PersonId | None = None
    sex: HealthCode | None = None
    note: Sealed | None = None


class TreatmentReferred(Fact, frozen=True):
    """Somebody was referred for treatment."""

    treatment: ItemId
    person: PersonId
    source: HealthCode
    note: Sealed | None = None


def refer(site: Site, command: Refer, given: Given) -> list[Fact]:
    """Open a treatment for somebody who has none open; a new person gets an id and a handle."""
    given.protocol.require("referral_sources", command.source)
    treatment = derive_random_id("tr", given.command)
    if command.person is not None:
        person = site.person(command.person)
        require_none_open(site, person.id)
        return [TreatmentReferred(treatment, person.id, command.source, command.note)]
    if command.sex is not None:
        given.protocol.require("sexes", command.sex)
    taken = {p.handle for p in site.persons.values()} | {v.handle for v in site.visits.values()}
    new = person_of_referral(given.command)
    return [
        PersonRegistered(new, handle_for(new, taken), command.sex),
        TreatmentReferred(treatment, new, command.source, command.note),
    ]


def person_of_referral(command: str) -> str:
    """Return the id that a new person gets, so that a note can be sealed with their key."""
    return derive_random_id("p", command)


def on_referred(site: Site, fact: TreatmentReferred, when: When) -> Site:
    """The treatment waits for an assessment and a decision."""
    return site.put(
        Treatment(
            id=fact.treatment,
            person=fact.person,
            referred_at=when.happened_at,
            source=fact.source,
            seq=when.seq,
            note=fact.note,
        )
    )


def require_none_open(site: Site, person: str, but: str = "") -> None:
    """Refuse a second treatment of a person beside one that is open."""
    for treatment in site.all_of(Treatment).values():
        if treatment.person == person and treatment.is_open and treatment.id != but:
            raise refuse(
                "one-treatment",
                f"This person has a treatment already: {treatment.id}, {treatment.stage}.",
                "Go on with that one, or end it first.",
                person=person,
                treatment=treatment.id,
            )


def treatment_of(site: Site, key: str) -> Treatment:
    """Return a treatment, ended ones included; refuses an unknown id."""
    found = site.all_of(Treatment).get(key)
    if found is None:
        raise refuse(
            "treatment-known",
            f"There is no treatment {key} here.",
            "Open the list of treatments and choose it there.",
            treatment=key,
        )
    return found


def open_treatment(site: Site, key: str) -> Treatment:
    """Return a treatment that somebody works on; refuses one that was declined or has ended."""
    found = treatment_of(site, key)
    if not found.is_open:
        raise refuse(
            "treatment-open",
            f"The treatment {key} is {found.stage}.",
            "A declined one can be assessed again; after an ended one, take a new referral.",
            treatment=key,
            stage=found.stage,
        )
    return found


def changed(site: Site, key: str, **fields: object) -> Site:
    """Return the site with some fields of a treatment changed."""
    return site.put(replace(treatment_of(site, key), **fields))


COMMANDS = {"treatment.refer": Rule(Refer, refer, FLOOR)}
FACTS = {"treatment.referred": Change(TreatmentReferred, on_referred)}
