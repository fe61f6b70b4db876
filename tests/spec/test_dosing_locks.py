"""An overdose or naloxone locks doses, by example: whatever screen it was recorded on."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.dosing_locks import is_overdose, lock_doses, locked
from safelight.run.domain.entities import Incident, Naloxone, Step
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from tests.support.clinic import ANN, BEA, NALOXONE, WIM, Clinic
from tests.support.sites import NOW, person, site_with

TREATMENT = Treatment("tr-1", "p-1", NOW, "gp", 1)


def incident(kind: str, *whats: str, **fields: Any) -> Incident:  # noqa: ANN401 - of an Incident
    """Return an incident with some steps."""
    dose = Naloxone(400, "nasal")
    steps = tuple(
        Step(number, NOW, NOW, ANN, what, naloxone=dose if what == "naloxone" else None)
        for number, what in enumerate(whats, start=2)
    )
    return Incident(id="i-1", opened_at=NOW, seq=1, kind=kind, steps=steps, **fields)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    ("kind", "whats", "locks"),
    [
        ("opioid", (), True),
        ("stimulant", (), True),
        ("seizure", (), True),
        ("collapse_unknown", (), True),
        ("a_kind_of_another_pack", (), True),
        ("injury", (), False),
        ("psychiatric", ("oxygen",), False),
        ("other", ("note",), False),
        ("other", ("oxygen", "naloxone"), True),
    ],
)
def test_what_may_be_an_overdose_locks(kind: str, whats: tuple[str, ...], *, locks: bool) -> None:
    assert is_overdose(incident(kind, *whats)) == locks


def test_naloxone_that_was_a_slip_locks_nothing_more() -> None:
    found = incident("other", "naloxone")
    slip = replace(found, steps=(replace(found.steps[0], corrected_by=3),))
    assert not is_overdose(slip)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    ("parts", "whose", "kept"),
    [
        pytest.param((Patient("p-1"),), "p-1", True, id="a patient"),
        pytest.param((TREATMENT,), "p-1", True, id="somebody who was referred"),
        pytest.param((person(),), "p-1", False, id="somebody who is treated elsewhere"),
        pytest.param((replace(TREATMENT, person="p-2"),), "p-1", False, id="another's patient"),
        pytest.param((Patient("p-1"),), None, False, id="nobody in particular"),
    ],
)
def test_lock_is_the_patients(parts: tuple[Any, ...], whose: str | None, *, kept: bool) -> None:
    site = lock_doses(site_with(*parts), incident("opioid", person=whose), NOW)
    found = site.all_of(Patient).get("p-1")
    assert ((found.locked_at, found.locked_for) if found else None) == (
        (NOW, ("overdose",)) if kept else (None, ()) if parts == (Patient("p-1"),) else None
    )


def test_incident_that_is_no_overdose_locks_nobody() -> None:
    site = site_with(Patient("p-1"))
    assert lock_doses(site, incident("injury", person="p-1"), NOW) is site
    assert locked(Site("north"), "p-1", "overdose", NOW) == Site("north")


# Naloxone


def naloxone(number: int, minutes: int, corrected_by: int | None = None) -> Step:
    """Return a dose of naloxone, written down so many minutes after the hour, told for before."""
    at = NOW + timedelta(minutes=minutes)
    told = at - timedelta(minutes=50)
    return Step(
        number,
        told,
        at,
        ANN,
        "naloxone",
        naloxone=Naloxone(400, "nasal"),
        corrected_by=corrected_by,
    )


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("steps", "minutes"),
    [
        pytest.param((), None, id="none"),
        pytest.param((naloxone(2, 5),), 5, id="written, whatever is told"),
        pytest.param((naloxone(2, 5), naloxone(3, 9)), 9, id="the last of several"),
        pytest.param((naloxone(2, 5, 3), naloxone(3, 40)), 5, id="put right, not given again"),
        pytest.param(
            (naloxone(2, 5, 3), replace(naloxone(3, 40), what="oxygen")), 5, id="taken back counts"
        ),
        pytest.param(
            (replace(naloxone(2, 5, 3), what="oxygen"), naloxone(3, 40)), 40, id="said later"
        ),
    ],
)
def test_last_naloxone_is_kept_as_it_was_first_written(
    steps: tuple[Step, ...], minutes: int | None
) -> None:
    found = replace(incident("opioid", person="p-1"), steps=steps)
    site = lock_doses(site_with(Patient("p-1")), found, NOW)
    kept = site.all_of(Patient)["p-1"].naloxone_at
    assert kept == (None if minutes is None else NOW + timedelta(minutes=minutes))


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(("before", "kept"), [(-60, 5), (30, 30)])
def test_naloxone_of_another_incident_is_not_forgotten(before: int, kept: int) -> None:
    patient = Patient("p-1", naloxone_at=NOW + timedelta(minutes=before))
    found = replace(incident("opioid", person="p-1"), steps=(naloxone(2, 5),))
    site = lock_doses(site_with(patient), found, NOW)
    assert site.all_of(Patient)["p-1"].naloxone_at == NOW + timedelta(minutes=kept)


# On whatever screen


def whose(clinic: Clinic, key: str) -> None:
    """Say that an incident is the patient's."""
    clinic.do("incident.whose", WIM, incident=key, person="p-1")


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("how", ["opened", "step", "corrected", "classified", "completed", "whose"])
def test_overdose_locks_however_it_becomes_known(how: str) -> None:
    clinic = Clinic()
    clinic.begin()
    about = {"visit": clinic.the_session().visit}
    if how == "opened":
        clinic.incident(kind="opioid", **about)
    elif how == "whose":
        whose(clinic, clinic.incident())
    else:
        key = clinic.incident(kind="injury", **about)
        assert clinic.patient().locked_at is None
        if how == "step":
            clinic.do("incident.record", WIM, incident=key, **NALOXONE)
        elif how == "corrected":
            clinic.do("incident.record", WIM, incident=key, what="oxygen")
            slip = {"refers_to": clinic.entries, "reason": "told_later"}
            clinic.do("incident.correct", WIM, incident=key, **slip, **NALOXONE)
        elif how == "classified":
            clinic.do("incident.classify", WIM, incident=key, kind="opioid")
        else:
            clinic.do("incident.close", WIM, incident=key, outcome="recovered_here")
            clinic.do("incident.complete", WIM, incident=key, kind="opioid")
    patient = clinic.patient()
    assert (patient.locked_at, patient.locked_for) == (clinic.now, ("overdose",))


@pytest.mark.hazard("H17")
def test_lock_stays_though_the_overdose_is_called_something_else() -> None:
    clinic = Clinic()
    clinic.begin()
    key = clinic.incident(kind="opioid", visit=clinic.the_session().visit)
    clinic.do("incident.classify", WIM, incident=key, kind="injury")
    clinic.do("incident.close", WIM, incident=key, outcome="recovered_here")
    assert clinic.patient().locked_at is not None


@pytest.mark.hazard("H17")
def test_overdose_that_ends_after_the_referral_locks() -> None:
    """Somebody is referred while their overdose is still running."""
    clinic = Clinic()
    clinic.site = clinic.site.put(person("p-2", handle="blue heron"))
    clinic.do("visit.arrive", WIM, adult_confirmed=True, person="p-2")
    visit = next(v.id for v in clinic.site.visits.values() if v.person == "p-2")
    key = clinic.incident(kind="opioid", visit=visit)
    clinic.take_on("p-2")
    assert clinic.site.all_of(Patient).get("p-2") is None
    clinic.do("incident.close", WIM, incident=key, outcome="recovered_here")
    assert clinic.patient("p-2").locked_at == clinic.now
    clinic.order = clinic.sign(person="p-2")
    clinic.up_to("assessed", "p-2")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-lock"


# Nobody knows whose


@pytest.mark.hazard("H19")
def test_overdose_that_was_nobodys_who_is_treated_here_stops_nobody() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    key = clinic.incident()
    fields = clinic.preparation()
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "overdose-whose"
    clinic.do("incident.close", WIM, incident=key, outcome="recovered_here")
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "overdose-whose"
    clinic.do("incident.whose", WIM, incident=key)
    clinic.prepare()


@pytest.mark.hazard("H19")
def test_overdose_of_nobody_knows_whom_is_not_filed_away() -> None:
    """Once it is complete and debriefed it leaves memory, and would stop nobody any more."""
    clinic = Clinic()
    key = clinic.incident()
    clinic.do("incident.close", WIM, incident=key, outcome="recovered_here")
    clinic.do("incident.debrief", WIM, incident=key, learning="none")
    complete = {"incident": key, "kind": "opioid"}
    assert clinic.refused("incident.complete", WIM, **complete) == "whose-first"
    clinic.do("incident.whose", WIM, incident=key)
    clinic.do("incident.complete", WIM, **complete)
    assert key not in clinic.site.incidents


@pytest.mark.hazard("H19")
def test_said_to_be_nobodys_it_may_still_turn_out_to_be_the_patients() -> None:
    clinic = Clinic()
    key = clinic.incident()
    clinic.do("incident.whose", WIM, incident=key)
    clinic.do("incident.whose", WIM, incident=key, person="p-1")
    assert clinic.patient().locked_at == clinic.now
    refused = clinic.refusal("incident.whose", WIM, incident=key, person="p-1")
    assert refused.code == "incident-whose"


def test_overdose_of_a_visitor_without_a_name_is_no_patients() -> None:
    """Somebody sees who it is; where it is a patient after all, they say so."""
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.do("visit.arrive", WIM, adult_confirmed=True)
    visitor = next(each.id for each in clinic.site.visits.values() if each.person is None)
    key = clinic.incident(kind="opioid", visit=visitor)
    clinic.prepare()
    whose(clinic, key)
    assert clinic.patient().locked_at == clinic.now


def test_injury_of_nobody_knows_whom_stops_nobody() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.incident(kind="injury")
    clinic.prepare()
