"""What is taken by mouth beside the injections, by example."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.oral import OralGiven
from safelight.run.domain.clinic_entities import Licence, Prescription
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.register_entities import Register
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import ACCEPTED, Consent, Treatment
from tests.support.clinic import ANN, BEA, DOC, Clinic
from tests.support.floors import Fields
from tests.support.sites import (
    BEN,
    NOW,
    TODAY,
    decide,
    done,
    given,
    granted,
    person,
    refusal,
    site_with,
    stored,
)

MG = 1_000
REGISTER = "cd-methadone-oral-solution-1mg"
GIVE: Fields = {"person": "p-1", "order": "rx-1", "register": REGISTER, "quantity": 40 * MG}
ORDER = Prescription(
    id="rx-1",
    person="p-1",
    prescriber="s-dee",
    licence="licence-1",
    drug="diamorphine",
    form="ampoule",
    strength=100 * MG,
    route="intravenous",
    dose=200 * MG,
    sessions=2,
    daily=400 * MG,
    total=5_600 * MG,
    valid_from=TODAY,
    valid_to=TODAY + timedelta(days=13),
    signed_at=NOW,
    oral_drug="methadone",
    oral=60 * MG,
)
TREATMENT = Treatment(
    id="tr-1",
    person="p-1",
    referred_at=NOW,
    source="self",
    seq=1,
    stage=ACCEPTED,
    consents=(Consent("treatment", NOW, BEN),),
)
STOCK = Register(REGISTER, "methadone", "oral_solution", MG, NOW, opening=500 * MG)


def clinic(
    order: Prescription = ORDER, stock: Register = STOCK, patient: Patient | None = None
) -> Site:
    """Return a clinic with one patient, whose order has a part by mouth."""
    licence = Licence("licence-1", "s-dee", "diamorphine", "North", date(2025, 1, 1), "Made up")
    return site_with(
        granted("heroin_assisted_treatment"),
        person(),
        TREATMENT,
        licence,
        order,
        stock,
        patient or Patient("p-1"),
    )


def by_two(now: timedelta = timedelta(0), **how: object) -> Given:
    """Return what is given when two people who just proved it stand there."""
    at = NOW + now
    witness = Actor(BEN, Role.PHARMACIST, at)
    standard = {"now": at, "role": Role.NURSE, "proved_at": at, "witness": witness}
    return given(**{**standard, **how})  # type: ignore[arg-type]


def test_it_is_given_from_its_register_and_counts_for_the_day() -> None:
    site = clinic()
    [fact] = decide(site, "oral.give", GIVE, by_two())
    assert isinstance(fact, OralGiven)
    assert stored(fact) == OralGiven(fact.dose, "p-1", "rx-1", REGISTER, 40 * MG, TODAY)
    after = done(site, "oral.give", GIVE, by_two())
    register = after.all_of(Register)[REGISTER]
    assert (register.balance, register.prepared) == (460 * MG, 0)
    assert after.all_of(Patient)["p-1"].oral == 40 * MG


def test_the_days_limit_holds_however_it_is_shared_out() -> None:
    site = done(clinic(), "oral.give", GIVE, by_two())
    assert refusal(site, "oral.give", GIVE, by_two()).code == "oral-daily"
    rest = {**GIVE, "quantity": 20 * MG}
    site = done(site, "oral.give", rest, by_two())
    assert refusal(site, "oral.give", {**GIVE, "quantity": 1}, by_two()).code == "oral-daily"
    tomorrow = done(site, "oral.give", GIVE, by_two(timedelta(days=1)))
    assert tomorrow.all_of(Patient)["p-1"].oral == 40 * MG


@pytest.mark.parametrize("quantity", [0, 60 * MG + 1])
def test_nothing_and_too_much_are_refused(quantity: int) -> None:
    refused = refusal(clinic(), "oral.give", {**GIVE, "quantity": quantity}, by_two())
    assert refused.code == "oral-daily"


def test_it_comes_from_a_register_of_the_ordered_drug() -> None:
    other = Register("cd-other", "slow_release_morphine", "tablet", MG, NOW, opening=500 * MG)
    refused = refusal(clinic(stock=other), "oral.give", {**GIVE, "register": "cd-other"}, by_two())
    assert refused.code == "oral-register"


def test_an_order_without_a_part_by_mouth_gives_none() -> None:
    none = replace(ORDER, oral_drug=None, oral=0)
    assert refusal(clinic(none), "oral.give", GIVE, by_two()).code == "oral-register"


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        pytest.param({"witness": None}, "witness-present", id="one person alone"),
        pytest.param({"clock_trusted": False}, "clock-trusted", id="a clock that was moved"),
        pytest.param({"happened_at": NOW - timedelta(hours=1)}, "written-now", id="an hour ago"),
    ],
)
def test_two_people_give_it_now(how: dict[str, object], rule: str) -> None:
    assert refusal(clinic(), "oral.give", GIVE, by_two(**how)).code == rule  # type: ignore[arg-type]


def test_a_lock_holds_for_what_is_taken_by_mouth_too() -> None:
    locked = Patient("p-1", locked_at=NOW, locked_for=("overdose",))
    assert refusal(clinic(patient=locked), "oral.give", GIVE, by_two()).code == "dose-lock"


def test_an_order_that_has_ended_gives_nothing() -> None:
    refused = refusal(clinic(), "oral.give", GIVE, by_two(timedelta(days=14)))
    assert refused.code == "dose-order-dates"


def test_the_cabinet_gives_no_more_than_it_holds() -> None:
    empty = replace(STOCK, opening=30 * MG)
    assert refusal(clinic(stock=empty), "oral.give", GIVE, by_two()).code == "cabinet-holds"


def test_an_order_that_vanished_leaves_a_line_without_a_prescriber() -> None:
    """A fact is applied whatever has become of the order since."""
    [fact] = decide(clinic(), "oral.give", GIVE, by_two())
    site = site_with(person(), STOCK, fact)
    assert site.all_of(Register)[REGISTER].supplied == 40 * MG


def test_its_line_names_patient_prescriber_and_order() -> None:
    """At a whole clinic, whose oracle hears it too; as little as a microgram is given."""
    clinic = Clinic()
    box = {"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 100}
    clinic.do("register.open", ANN, BEA, **box)
    clinic.order = clinic.sign(supersedes=clinic.order, oral_drug="methadone", oral=60_000)
    told = {"person": "p-1", "order": clinic.order, "register": "cd-methadone-tablet-5mg"}
    (fact,) = clinic.do("oral.give", ANN, BEA, **told, quantity=1)
    line = clinic.line("cd-methadone-tablet-5mg")
    assert line.session == fact.dose  # type: ignore[attr-defined]
    assert (line.person, line.prescriber, line.document) == ("p-1", DOC, clinic.order)
    assert (line.change, line.witness) == (-1, BEA)
