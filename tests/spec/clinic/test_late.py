"""Doses that went on paper while the system was down, by example."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Given, Role, When
from safelight.run.domain.clinic.late import LATE_DOSE, LateDoseRecorded
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Dose, Patient
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.registry import evolve
from safelight.run.domain.site import Site
from tests.spec.clinic.test_oral import MG, ORDER, TREATMENT
from tests.support.clinic import AMPOULE, ANN, BEA, DOC, HEROIN, Clinic
from tests.support.floors import Fields
from tests.support.sites import ADA, BEN, NOW, TODAY, decide, given, person, refusal, site_with

HOUR = timedelta(hours=1)
REGISTER = "cd-diamorphine-ampoule-100mg"
LATE: Fields = {
    "person": "p-1",
    "register": REGISTER,
    "administered": 150 * MG,
    "wasted": 50 * MG,
    "by": "patient",
    "order": "rx-1",
}
STOCK = Register(REGISTER, "diamorphine", "ampoule", 100 * MG, NOW - 9 * HOUR, opening=500 * MG)


def clinic(patient: Patient | None = None) -> Site:
    """Return a clinic with one patient and stock."""
    known = patient or Patient("p-1", sessions=2)
    return site_with(person(), TREATMENT, ORDER, STOCK, known)


def told(ago: timedelta = 2 * HOUR, **how: object) -> Given:
    """Return what two people bring who record what happened some time ago."""
    witness = Actor(BEN, Role.PHARMACIST, NOW)
    standard = {
        "role": Role.NURSE,
        "proved_at": NOW,
        "witness": witness,
        "happened_at": NOW - ago,
        "clock_trusted": False,
    }
    return given(**{**standard, **how})  # type: ignore[arg-type]


def recorded(site: Site, fields: Fields = LATE, ago: timedelta = 2 * HOUR) -> Site:
    """Return the site after a dose was recorded late."""
    [fact] = decide(site, "doses.record_late", fields, told(ago))
    return evolve(site, fact, When(9, NOW - ago, NOW, ADA, BEN))


def test_it_is_recorded_with_its_time_whatever_the_clock_says() -> None:
    [fact] = decide(clinic(), "doses.record_late", LATE, told())
    assert isinstance(fact, LateDoseRecorded)
    assert (fact.administered, fact.wasted, fact.day) == (150 * MG, 50 * MG, TODAY)


@pytest.mark.hazard("H27")
def test_the_register_the_order_and_the_patient_know_of_it() -> None:
    site = recorded(clinic())
    register = site.all_of(Register)[REGISTER]
    assert (register.supplied, register.wasted, register.prepared) == (150 * MG, 50 * MG, 0)
    assert site.all_of(Prescription)["rx-1"].given == 150 * MG
    patient = site.all_of(Patient)["p-1"]
    assert [dose.quantity for dose in patient.doses] == [150 * MG]
    assert patient.last_dose_at == NOW - 2 * HOUR


@pytest.mark.hazard("H27")
def test_no_rule_stood_before_it_so_a_prescriber_looks_at_it() -> None:
    patient = recorded(clinic()).all_of(Patient)["p-1"]
    assert (patient.locked_for, patient.locked_at) == ((LATE_DOSE,), NOW)


def test_a_late_record_never_makes_the_last_dose_older() -> None:
    newer = Dose(NOW - HOUR, TODAY, "diamorphine", 200 * MG, "se-1")
    site = recorded(clinic(Patient("p-1", doses=(newer,), last_dose_at=newer.at)), ago=5 * HOUR)
    assert site.all_of(Patient)["p-1"].last_dose_at == newer.at


def test_it_may_go_beyond_the_order_or_have_none() -> None:
    beyond = {**LATE, "administered": 400 * MG, "wasted": 0, "order": None}
    site = recorded(clinic(), beyond)
    assert site.all_of(Register)[REGISTER].supplied == 400 * MG
    assert site.all_of(Patient)["p-1"].locked_for == (LATE_DOSE,)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        pytest.param({"administered": 0}, "late-dose-given", id="nothing"),
        pytest.param({"administered": 900 * MG}, "cabinet-holds", id="more than there was"),
        pytest.param({"register": "cd-none"}, "register-known", id="no such register"),
        pytest.param({"person": "p-9"}, "person-known", id="nobody known"),
        pytest.param({"by": "anybody"}, "known-administered_by", id="by nobody"),
    ],
)
def test_what_cannot_have_been_is_refused(fields: Fields, rule: str) -> None:
    refused = refusal(clinic(), "doses.record_late", {**LATE, **fields}, told())
    assert refused.code == rule


def test_before_the_register_was_opened_it_is_in_the_opening_stock() -> None:
    refused = refusal(clinic(), "doses.record_late", LATE, told(20 * HOUR))
    assert refused.code == "since-opening"


def test_one_person_alone_records_none() -> None:
    refused = refusal(clinic(), "doses.record_late", LATE, told(witness=None))
    assert refused.code == "witness-present"


def test_somebody_who_was_never_referred_has_none() -> None:
    site = site_with(person(), person("p-2", handle="calm oak"), STOCK, replace(ORDER))
    refused = refusal(site, "doses.record_late", {**LATE, "person": "p-2"}, told())
    assert refused.code == "late-dose-patient"


@pytest.mark.hazard("H01")
@pytest.mark.parametrize("order", ["rx-9", "rx-2"])
def test_it_is_charged_to_no_order_of_somebody_else(order: str) -> None:
    site = clinic().put(replace(ORDER, id="rx-2", person="p-2"))
    refused = refusal(site, "doses.record_late", {**LATE, "order": order}, told())
    assert (refused.code, refused.values["order"]) == ("late-dose-order", order)


def test_its_lines_name_patient_prescriber_and_order() -> None:
    """At a whole clinic, whose oracle hears it too."""
    clinic = Clinic()
    clinic.up_to("identified")
    told: dict[str, Any] = {"person": "p-1", "register": HEROIN, "by": "patient"}
    told["order"] = clinic.order
    earlier = (ANN, BEA, clinic.now - HOUR)
    told |= {"administered": AMPOULE, "wasted": AMPOULE}
    (fact,) = clinic.do("doses.record_late", *earlier, **told)
    dose = fact.dose  # type: ignore[attr-defined]
    given, wasted = (clinic.archive["line", f"{HEROIN}-{number}"] for number in (2, 3))
    for line in (given, wasted):
        assert isinstance(line, Line)
        assert (line.person, line.session, line.witness) == ("p-1", dose, BEA)
        assert (line.at, line.recorded_at) == (clinic.now - HOUR, clinic.now)
    assert (given.prescriber, given.document) == (DOC, clinic.order)  # type: ignore[attr-defined]
    assert wasted.reason == "residue"  # type: ignore[attr-defined]
    patient = clinic.patient()
    assert patient.doses == (Dose(clinic.now - HOUR, TODAY, "diamorphine", AMPOULE, dose),)
    assert (patient.sessions, clinic.register().prepared) == (2, 0)


def test_a_microgram_is_a_dose_and_all_of_it_has_to_have_been_there() -> None:
    clinic = Clinic()
    told: dict[str, Any] = {"person": "p-1", "register": HEROIN, "by": "patient"}
    clinic.do("doses.record_late", ANN, BEA, **told, administered=1, wasted=AMPOULE - 1)
    left = clinic.register().cabinet
    beyond = told | {"administered": left, "wasted": 1}
    assert clinic.refused("doses.record_late", ANN, BEA, **beyond) == "cabinet-holds"
    clinic.do("doses.record_late", ANN, BEA, **told | {"administered": left - 1, "wasted": 1})


@pytest.mark.hazard("H27")
def test_what_is_prepared_for_a_session_stays_prepared() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    told: dict[str, Any] = {"person": "p-1", "register": HEROIN, "by": "patient"}
    clinic.do("doses.record_late", ANN, BEA, **told, administered=AMPOULE, wasted=AMPOULE)
    assert clinic.register().prepared == 2 * AMPOULE
