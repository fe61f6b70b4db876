"""Who patients are: the vault's guarded records, for whom they are kept, and until when.

Nothing here returns a name before the look is written down. Reasons are codes of
``identity.access.Reason``; the roles stand there too.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Protocol

from safelight.kernel.clock import local_day
from safelight.run.domain.base import Actor, refuse
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.entities import Person
from safelight.run.domain.protocol import Protocol as Pack
from safelight.run.domain.register_entities import Line, PatientReturn
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.identity.access import Access, Look
from safelight.run.identity.keys import Kind
from safelight.run.identity.records import Identity, Missing, Photograph
from safelight.run.identity.retention import kept_until, may_erase
from safelight.run.identity.vault import Vault

YEARS = "register_years"  # how long the pack says that a register's names are kept


class Sites(Protocol):
    """What is asked of the node: its time, its sites and what is written of people."""

    def now(self) -> datetime:
        """Return the time."""

    def sites(self) -> list[str]:
        """Return the ids of the sites held here."""

    def site(self, site_id: str) -> Site:
        """Return a site; refuses an unknown one."""

    def protocol(self, site_id: str) -> Pack:
        """Return the pack in force at a site."""

    def drug_records_of(self, site_id: str, person: str) -> list[Line | PatientReturn]:
        """Return the lines of registers and the returns that name a person."""


class Identities:
    """Names and photographs of a node's patients. Safe to use from several threads."""

    def __init__(self, vault: Vault, sites: Sites) -> None:
        """Keep them in the vault; the sites say who is a patient."""
        self._vault, self._sites = vault, sites

    def kept(self, person: str) -> frozenset[Kind]:
        """Return what is kept of somebody, and nothing of what it says."""
        kinds = (Kind.IDENTITY, Kind.PHOTOGRAPH)
        return frozenset(kind for kind in kinds if self._vault.has(person, kind))

    def set_identity(
        self, site_id: str, person: str, identity: Identity, actor: Actor, reason: str
    ) -> None:
        """Keep who a patient is, in place of what was kept."""
        self._require_patient(site_id, person)
        self._vault.set_identity(person, identity, self._look(actor, reason))

    def identity(self, person: str, actor: Actor, reason: str) -> Identity | None:
        """Return who a patient is, after writing down who looked and why."""
        return self._vault.identity(person, self._look(actor, reason))

    def set_photograph(
        self, site_id: str, person: str, data: bytes, actor: Actor, reason: str
    ) -> None:
        """Keep a patient's photograph, in place of the last."""
        self._require_patient(site_id, person)
        self._vault.set_photograph(person, data, self._look(actor, reason))

    def photograph(self, person: str, actor: Actor, reason: str) -> Photograph | None:
        """Return a patient's photograph, after writing down who looked and why."""
        return self._vault.photograph(person, self._look(actor, reason))

    def find_by_name(self, site_id: str, name: str, actor: Actor, reason: str) -> list[Person]:
        """Return who at a site has exactly this name or surname, after writing that down."""
        persons = self._sites.site(site_id).persons
        found = self._vault.find_by_name(name, self._look(actor, reason))
        return [persons[person] for person in found if person in persons]

    def identities_for_print(
        self, persons: Iterable[str], title: str, actor: Actor, reason: str
    ) -> dict[str, Identity | Missing]:
        """Return who all these are, or why not, after writing down who prints what.

        The title stands in the list of looks as it is: it names a register, and never a person.
        """
        return self._vault.identities_for_print(persons, title, self._look(actor, reason))

    def erase_identity(self, site_id: str, person: str, actor: Actor, reason: str) -> None:
        """Erase a person for good: name, photograph, alias, and every note about them.

        Asks every site of this node first. Where one cannot say how long its register needs the
        name, nothing is erased.
        """
        look = self._look(actor, reason)
        self._sites.site(site_id).person(person)
        for each in self._sites.sites():
            self._require_erasable(each, person, look.now)
        self._vault.erase(person, look)

    def accesses(
        self,
        actor: Actor,
        limit: int = 100,
        before: int | None = None,
        person: str | None = None,
    ) -> list[Access]:
        """Return who looked, newest first: at everybody, or at one person."""
        return self._vault.accesses(actor, limit, before, person)

    def _look(self, actor: Actor, reason: str) -> Look:
        return Look(actor, reason, self._sites.now())

    def _require_patient(self, site_id: str, person: str) -> None:
        site = self._sites.site(site_id)
        site.person(person)
        if not _treatments(site, person) and Kind.IDENTITY not in self.kept(person):
            raise refuse(
                "identity-of-patient",
                f"{person} is no patient here, so no name is kept of them.",
                "Record the referral first. Nobody else has to give a name; an alias is enough.",
                person=person,
            )

    def _require_erasable(self, site_id: str, person: str, now: datetime) -> None:
        site = self._sites.site(site_id)
        if any(treatment.running for treatment in _treatments(site, person)):
            raise refuse(
                "erase-in-treatment",
                f"{person} is in treatment at {site_id}.",
                "End the treatment first; then ask again.",
                person=person,
                site=site_id,
            )
        timezone = site.premises.timezone if site.premises else "UTC"
        newest = max(self._entry_days(site, person, timezone), default=None)
        if newest is None:
            return
        years = self._sites.protocol(site_id).number(YEARS)
        if not may_erase(newest, local_day(now, timezone), years):
            until = kept_until(newest, years)
            raise refuse(
                "register-names-kept",
                f"The controlled-drugs register of {site_id} names {person} on {newest}, "
                f"and its names are kept for {years} years.",
                f"Ask again on {until}; until then only those with a reason can look.",
                person=person,
                newest=newest,
                until=until,
            )

    def _entry_days(self, site: Site, person: str, timezone: str) -> Iterator[date]:
        """Yield the days of all that the site wrote about somebody and controlled drugs."""
        patient = site.all_of(Patient).get(person)
        instants = [patient.last_dose_at if patient else None]
        for record in self._sites.drug_records_of(site.id, person):
            match record:
                case Line():
                    instants += [record.at, record.recorded_at]
                case PatientReturn():
                    instants += [record.returned_at, record.destroyed_at]
        yield from (local_day(instant, timezone) for instant in instants if instant is not None)


def _treatments(site: Site, person: str) -> list[Treatment]:
    """Return the referrals and treatments of somebody that are not over."""
    return [each for each in site.all_of(Treatment).values() if each.person == person]
