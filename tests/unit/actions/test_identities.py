"""Who a node keeps names of, who finds them, and when a register lets them go."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from safelight.kernel.errors import Refused
from safelight.run.actions.identities import YEARS, Identities
from safelight.run.domain.base import Actor, Entity, Role
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import Line, PatientReturn
from safelight.run.domain.site import KIND_OF, Site
from safelight.run.domain.treatment_entities import ACCEPTED, ENDED, Treatment
from safelight.run.identity.keys import Kind
from safelight.run.identity.records import Missing, Photograph
from safelight.run.identity.vault import Vault
from tests.support.engines import Floor
from tests.support.sites import person, protocol, site_with
from tests.support.vaults import JPEG, KEY, MANAGER, NOW, NURSE, PHARMACIST, ROSE, refusal

SEEN = datetime(2024, 3, 1, 23, 30, tzinfo=UTC)
CHECK, ASKED = "identity_check", "patient_asked"


def treatment(key: str, stage: str = "referred") -> Treatment:
    """Return a course of treatment of somebody."""
    return Treatment(f"t-{key}", key, SEEN, "self", 1, stage=stage)


def line(at: datetime, recorded_at: datetime | None = None) -> Line:
    """Return a line of a register that names p-1."""
    recorded = recorded_at or at
    return Line("line-1", "reg-1", 1, 1, "supplied", at, recorded, "s-ada", person="p-1")


def returned(at: datetime, destroyed_at: datetime | None = None) -> PatientReturn:
    """Return what p-1 brought back."""
    back = PatientReturn("return-1", "diamorphine", "ampoule", 1, 1, at, "s-ada", "p-1")
    return replace(back, destroyed_at=destroyed_at)


class Sites:
    """Sites in memory, each with its pack and what is written of people."""

    def __init__(self, *parts: Entity) -> None:
        self.by_id = {"north": site_with(person(), person("p-2"), treatment("p-1"), *parts)}
        self.packs = {"north": protocol(values={YEARS: 2})}
        self.records: dict[str, list[Line | PatientReturn]] = {}
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def sites(self) -> list[str]:
        return list(self.by_id)

    def site(self, site_id: str) -> Site:
        if site_id not in self.by_id:
            raise Refused("site-known", "There is no such site.", "Choose another.")
        return self.by_id[site_id]

    def protocol(self, site_id: str) -> Protocol:
        return self.packs[site_id]

    def drug_records_of(self, site_id: str, person: str) -> list[Line | PatientReturn]:
        return [each for each in self.records.get(site_id, []) if each.person == person]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    opened = Vault(tmp_path / "vault.sqlite3", KEY)
    yield opened
    opened.close()


def known(vault: Vault, sites: Sites) -> Identities:
    """Keep a name of p-1."""
    identities = Identities(vault, sites)
    identities.set_identity("north", "p-1", ROSE, NURSE, "admission")
    return identities


def test_patient_is_shown_for_a_reason(vault: Vault) -> None:
    """At the node's own time, in the name of whoever asks."""
    identities = known(vault, Sites())
    identities.set_photograph("north", "p-1", JPEG, NURSE, "admission")
    assert identities.identity("p-1", NURSE, CHECK) == ROSE
    assert identities.photograph("p-1", NURSE, CHECK) == Photograph(JPEG)
    assert identities.kept("p-1") == {Kind.IDENTITY, Kind.PHOTOGRAPH}
    newest, *_ = identities.accesses(MANAGER, 1)
    assert (newest.at, newest.staff) == ("2026-03-02T09:00:00.000000Z", "s-ada")


@pytest.mark.parametrize(("key", "rule"), [("p-2", "identity-of-patient"), ("p-9", "person-known")])
def test_name_is_kept_of_patients_only(vault: Vault, key: str, rule: str) -> None:
    """Nobody who only comes to the floor has to give a name, and none is taken by a slip."""
    identities = Identities(vault, Sites())
    name = partial(identities.set_identity, "north", key, ROSE, NURSE, "admission")
    picture = partial(identities.set_photograph, "north", key, JPEG, NURSE, "admission")
    assert (refusal(name), refusal(picture)) == (rule, rule)
    assert identities.kept(key) == frozenset()


def test_name_of_a_former_patient_can_still_be_put_right(vault: Vault) -> None:
    """The register holds it, so a mistake in it must not stay."""
    sites = Sites()
    identities = known(vault, sites)
    sites.by_id["north"] = site_with(person())
    identities.set_identity("north", "p-1", ROSE, NURSE, "correction")


def test_patients_of_other_sites_are_not_found(vault: Vault) -> None:
    sites = Sites()
    sites.by_id["south"] = Site("south")
    identities = known(vault, sites)
    assert [each.id for each in identities.find_by_name("north", "Aster", NURSE, CHECK)] == ["p-1"]
    assert identities.find_by_name("south", "Aster", NURSE, CHECK) == []


def test_print_names_patients_or_says_why_not(vault: Vault) -> None:
    identities = known(vault, Sites())
    found = identities.identities_for_print(["p-1", "p-2"], "A register", PHARMACIST, CHECK)
    assert found == {"p-1": ROSE, "p-2": Missing.NOT_RECORDED}


def erase(vault: Vault, sites: Sites, actor: Actor = MANAGER) -> bool:
    """Erase p-1, and tell whether that took place."""
    identities = known(vault, sites)
    identities.erase_identity("north", "p-1", actor, ASKED)
    return identities.identity("p-1", NURSE, CHECK) is None


def test_referral_without_any_dose_can_be_erased_at_once(vault: Vault) -> None:
    """No register holds the name, so no number of years is asked for."""
    sites = Sites()
    sites.packs["north"] = protocol()
    assert erase(vault, sites)


DAY = timedelta(days=1)
# 1 March 2024 at 23:30 UTC is still that day in London; two years later is 1 March 2026.
LATE = datetime(2024, 3, 3, 12, tzinfo=UTC)
ENTRIES: dict[str, tuple[Patient | Line | PatientReturn, bool]] = {
    "a dose two years ago": (Patient("p-1", last_dose_at=SEEN), True),
    "a dose a day too late": (Patient("p-1", last_dose_at=LATE), False),
    "a line two years ago": (line(SEEN), True),
    "a line a day too late": (line(LATE), False),
    "a line written late": (line(SEEN, LATE), False),
    "a return two years ago": (returned(SEEN), True),
    "a return a day too late": (returned(LATE), False),
    "a return destroyed late": (returned(SEEN, LATE), False),
    "a return destroyed in time": (returned(SEEN, SEEN), True),
}


@pytest.mark.parametrize(("entry", "erasable"), ENTRIES.values(), ids=ENTRIES)
def test_name_stays_as_long_as_the_register_needs_it(
    vault: Vault, entry: Patient | Line | PatientReturn, *, erasable: bool
) -> None:
    """Whole years from the newest entry about the person, of whatever kind."""
    sites = Sites(*([entry] if isinstance(entry, Patient) else []))
    sites.records["north"] = [] if isinstance(entry, Patient) else [entry]
    if erasable:
        assert erase(vault, sites)
    else:
        assert refusal(lambda: erase(vault, sites)) == "register-names-kept"
        assert Identities(vault, sites).identity("p-1", NURSE, CHECK) == ROSE


def test_refusal_says_until_when(vault: Vault) -> None:
    with pytest.raises(Refused) as caught:
        erase(vault, Sites(Patient("p-1", last_dose_at=LATE)))
    assert "2026-03-03" in caught.value.remedy


def test_day_is_that_of_the_place(vault: Vault) -> None:
    """Half past midnight of the second where the clinic is, though not yet in London."""
    sites = Sites(Patient("p-1", last_dose_at=SEEN + timedelta(hours=1)))
    sites.time = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert refusal(lambda: erase(vault, sites)) == "register-names-kept"
    sites.time += timedelta(hours=1)
    assert erase(vault, sites)


def test_nothing_is_erased_where_the_pack_says_not_how_long(vault: Vault) -> None:
    """An unknown number of years is no leave to erase."""
    sites = Sites(Patient("p-1", last_dose_at=SEEN))
    sites.packs["north"] = protocol()
    assert refusal(lambda: erase(vault, sites)) == "protocol-value"


def test_every_site_of_the_node_is_asked(vault: Vault) -> None:
    """A dose somewhere else keeps the name as well."""
    sites = Sites()
    sites.by_id["south"] = site_with(person(), Patient("p-1", last_dose_at=LATE))
    sites.packs["south"] = protocol(values={YEARS: 2})
    assert refusal(lambda: erase(vault, sites)) == "register-names-kept"
    sites.packs["south"] = protocol(values={YEARS: 1})
    assert erase(vault, sites)


def test_nobody_is_erased_who_is_in_treatment(vault: Vault) -> None:
    """A nurse who cannot tell who somebody is must not give a dose."""
    assert refusal(lambda: erase(vault, Sites(treatment("p-1", ACCEPTED)))) == "erase-in-treatment"
    assert erase(vault, Sites(treatment("p-1", ENDED)))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MANAGER}))
def test_only_a_manager_erases(vault: Vault, role: Role) -> None:
    assert refusal(lambda: erase(vault, Sites(), Actor("s-x", role))) == "vault-role"


def test_somebody_unknown_cannot_be_erased(vault: Vault) -> None:
    identities = Identities(vault, Sites())
    erasing = partial(identities.erase_identity, "north", "p-9", MANAGER, ASKED)
    assert refusal(erasing) == "person-known"


def test_node_finds_the_register_lines_of_a_person(tmp_path: Path) -> None:
    """As its read models hold them, and not those of anybody else."""
    floor = Floor(tmp_path)
    wanted = [line(SEEN), returned(SEEN)]
    driver = floor.connect(read_only=False)
    driver.begin()
    for number, entity in enumerate([*wanted, treatment("p-1")]):
        driver.execute(
            "insert into entity (site, kind, id, live, month, body) values (?, ?, ?, 0, '', ?)",
            ("north", KIND_OF[type(entity)], f"x-{number}", msgspec.json.encode(entity).decode()),
        )
    driver.commit()
    driver.close()
    node = floor.node()
    assert node.drug_records_of("north", "p-1") == wanted
    assert node.drug_records_of("north", "p-2") == []
    assert node.identities.kept("p-1") == frozenset()
    node.close()
