"""The clinic's pages over a real node: today's board, a session, a patient, licences."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.register_entities import DestructionWitness
from safelight.wiring import new_id
from tests.support.treating import CALM, DROWSY, MG, REGISTER, SITE, Treating, treating
from tests.support.web import account


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treating]:
    with treating(tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Treating]:
    """A clinic for one test."""
    with treating(tmp_path) as opened:
        yield opened


def page(clinic: Treating, path: str, role: Role = Role.NURSE) -> str:
    """Return the text of a page below its header."""
    answer = clinic.signed_in(role).get(f"/s/{SITE}/{path}")
    assert answer.status == 200, answer.text[:500]
    return answer.main


def lane(text: str, key: str) -> str:
    """Return one lane of the board, or nothing."""
    return text.partition(f'id="{key}-heading"')[2].partition("</section>")[0]


def test_the_board_shows_everybody_where_they_stand(alone: Treating) -> None:
    due, here, held, ready, seen = (alone.patient() for _ in range(5))
    alone.patient(ordered=False)
    alone.begun(here)
    alone.assessed(held, DROWSY)
    alone.prepared(ready)
    alone.injected(seen)
    text = page(alone, "clinic")
    handle = {key: alone.site.persons[key].handle for key in (due, here, held, ready, seen)}
    assert handle[due] in lane(text, "due")
    assert handle[here] in lane(text, "waiting")
    assert "Held: sedated, intoxicated" in lane(text, "in-session")
    assert handle[ready] in lane(text, "ready")
    assert "0 min</span> of 20 min" in lane(text, "observing")
    assert "No order today: 1" in text
    assert "First 30 days" in text


def test_naloxone_begins_the_observation_anew_on_every_screen(alone: Treating) -> None:
    person = alone.patient()
    session = alone.injected(person)
    alone.naloxone(person)
    text = lane(page(alone, "clinic"), "observing")
    assert "Naloxone " in text
    assert "0 min</span> of 60 min" in text
    text = page(alone, f"clinic/sessions/{session}")
    assert "it may wear off before the opioid does" in text
    assert "observation lasts 60 minutes from then" in text


def test_an_emergency_stands_in_the_history_of_its_session(alone: Treating) -> None:
    """While it goes on, and also once its record is complete and it is past."""
    person = alone.patient()
    other, session = alone.injected(alone.patient()), alone.injected(person)
    alone.naloxone(person)
    (incident,) = alone.site.incidents
    path = f'href="/s/{SITE}/incidents/{incident}"'

    def history(of: str) -> str:
        return page(alone, f"clinic/sessions/{of}").partition('id="history-heading"')[2]

    assert path in history(session)
    assert "Going on" in history(session)
    alone.do("incident.close", incident=incident, outcome="recovered_on_site")
    alone.do("incident.complete", incident=incident, kind="opioid")
    alone.do("incident.debrief", incident=incident, learning="none")
    assert incident not in alone.site.incidents
    assert path in history(session)
    assert "Recovered here" in history(session)
    assert path not in history(other)


def test_whoever_came_too_late_is_listed_as_missed(alone: Treating) -> None:
    person = alone.patient()
    alone.passes(hours=18)  # past the last time of the day
    assert alone.site.persons[person].handle in lane(page(alone, "clinic"), "missed")
    alone.passes(hours=2)  # between the turn of the day and the first time
    assert alone.site.persons[person].handle in lane(page(alone, "clinic"), "later")


def test_whoever_had_all_sessions_is_done(alone: Treating) -> None:
    person = alone.patient()
    alone.whole(person)
    assert "1 of 2" in lane(page(alone, "clinic"), "later") + lane(page(alone, "clinic"), "due")
    alone.passes(hours=5)
    alone.whole(person)
    assert alone.site.persons[person].handle in lane(page(alone, "clinic"), "done")


def test_a_lock_stands_beside_the_name(alone: Treating) -> None:
    person = alone.patient()
    alone.do("doses.lock", person=person, reason="diversion")
    assert "prescriber&#39;s review: suspected diversion" in page(alone, "clinic")


def test_a_clock_that_nobody_confirmed_is_said_on_the_board(alone: Treating) -> None:
    assert "Confirm the clock" not in page(alone, "clinic")
    alone.node._engine._timekeeper._anchor = None
    assert "Confirm the clock" in page(alone, "clinic")


def test_an_overdose_of_nobody_known_stops_everybody_and_says_how_to_go_on(
    alone: Treating,
) -> None:
    alone.patient()
    alone.do("incident.open")
    assert "Nobody said yet whose overdose" in page(alone, "clinic")


def test_a_count_that_differs_is_on_the_board(alone: Treating) -> None:
    alone.do("register.count", register="cd-diamorphine-ampoule-100mg", units=49)
    assert "A count differs from the register" in page(alone, "clinic")


def test_each_stage_of_a_session_offers_its_next_step(clinic: Treating) -> None:
    person = clinic.patient()
    session = clinic.begun(person)
    path = f"clinic/sessions/{session}"
    assert "Who is it? How do you know?" in page(clinic, path)
    clinic.do("session.identify", session=session, by="photograph")
    assert ">Assess<" in page(clinic, path)
    clinic.do("session.assess", session=session, bedside=CALM)
    text = page(clinic, path)
    assert "Prepare diamorphine, into a vein" in text
    assert 'value="200"' in text
    clinic.do(
        "session.prepare",
        session=session,
        order=clinic.order_of(person).id,
        register="cd-diamorphine-ampoule-100mg",
        units=2,
        dose=200 * MG,
    )
    assert "Begins now, by the patient" in page(clinic, path)
    clinic.do("session.administer", session=session, by="patient", body_site="left_arm")
    text = page(clinic, path)
    assert "Where did it go?" in text
    assert "whatever the dose was" in text
    clinic.do("session.account", session=session, administered=150 * MG, wasted=50 * MG)
    text = page(clinic, path)
    assert "Where did it go?" not in text
    assert "given 150, wasted 50, put back 0 mg" in text
    clinic.passes(minutes=21)
    clinic.do("session.observe", session=session, bedside=CALM)
    clinic.do("session.observe", session=session, bedside=CALM)
    clinic.do("session.discharge", session=session)
    text = page(clinic, path)
    assert "Ended" in text
    assert "Clear: may go" not in text


def test_what_speaks_against_a_dose_is_said_before_anybody_prepares_one(clinic: Treating) -> None:
    person = clinic.patient()
    clinic.whole(person)
    session = clinic.assessed(person)
    assert "180 minutes have to pass" in page(clinic, f"clinic/sessions/{session}")


def test_a_held_session_shows_the_decision_to_whoever_may_make_it(clinic: Treating) -> None:
    session = clinic.assessed(clinic.patient(), DROWSY)
    path = f"clinic/sessions/{session}"
    assert "Reduce this dose" in page(clinic, path, Role.PRESCRIBER)
    nurse = page(clinic, path, Role.NURSE)
    assert "Reduce this dose" not in nurse
    assert "slurred speech" in nurse


def test_whoever_left_leaves_the_accounting_behind(clinic: Treating) -> None:
    session = clinic.injected(clinic.patient())
    clinic.do("session.end", session=session, outcome="left_before_checks")
    assert "The patient left. Where did it go?" in page(clinic, f"clinic/sessions/{session}")


def test_a_patients_page_shows_orders_doses_and_sessions(clinic: Treating) -> None:
    person = clinic.patient()
    session = clinic.whole(person)
    text = page(clinic, f"clinic/patients/{person}", Role.PRESCRIBER)
    assert "5600 mg (five thousand six hundred milligrams); 5400 mg left" in text
    assert f"clinic/sessions/{session}" in text
    assert "You have no licence on file" in text


def test_a_locked_patient_waits_for_a_prescriber(clinic: Treating) -> None:
    person = clinic.patient()
    clinic.do("doses.lock", person=person, reason="safety")
    assert "Doses may go on" in page(clinic, f"clinic/patients/{person}", Role.PRESCRIBER)
    assert "Ask a prescriber" in page(clinic, f"clinic/patients/{person}")


def test_what_is_taken_by_mouth_is_offered_from_its_register(alone: Treating) -> None:
    person = alone.patient(oral=40 * MG)
    assert "No register holds it here" in page(alone, f"clinic/patients/{person}")
    what = {"drug": "methadone", "form": "oral_solution", "strength": MG, "units": 500}
    alone.do("register.open", **what)
    text = page(alone, f"clinic/patients/{person}")
    assert "40 mg a day; 0 mg given today" in text
    order = alone.order_of(person).id
    given = {"person": person, "order": order, "quantity": 30 * MG}
    alone.do("oral.give", register="cd-methadone-oral-solution-1mg", **given)
    assert "40 mg a day; 30 mg given today" in page(alone, f"clinic/patients/{person}")


def test_licences_show_whether_they_hold(alone: Treating) -> None:
    assert "Holds" in page(alone, "clinic/licences", Role.MANAGER)
    alone.do("licence.withdraw", Role.MANAGER, licence="licence-1", reason="other")
    assert "Withdrawn" in page(alone, "clinic/licences", Role.MANAGER)
    assert "Record a licence" not in page(alone, "clinic/licences", Role.NURSE)


@pytest.mark.parametrize("path", ["clinic/sessions/se-none", "clinic/patients/p-none"])
def test_what_is_not_known_is_not_found(clinic: Treating, path: str) -> None:
    assert clinic.signed_in(Role.NURSE).get(f"/s/{SITE}/{path}").status == 404


@pytest.mark.parametrize("path", ["clinic", "clinic/licences"])
def test_analysts_see_nothing_of_it(clinic: Treating, path: str) -> None:
    assert clinic.signed_in(Role.ANALYST).get(f"/s/{SITE}/{path}").status == 403


def say_whose(clinic: Treating, incident: str, person: str = "") -> None:
    """Send the form of an incident's page that says whose it is."""
    nurse = clinic.signed_in(Role.NURSE)
    form = f'action="/s/{SITE}/do/incident.whose"'
    assert form in nurse.get(f"/s/{SITE}/incidents/{incident}").main
    fields = {"command": new_id(), "token": nurse.token, "incident": incident, "person": person}
    answer = nurse.post(f"/s/{SITE}/do/incident.whose", fields)
    assert answer.status == 303, answer.text[:500]


def test_an_overdose_of_nobody_in_particular_is_put_right_from_the_board(alone: Treating) -> None:
    """It holds up every dose, so the board leads to where somebody says whose it was."""
    person, other = alone.patient(), alone.patient()
    session = alone.assessed(other)
    alone.do("incident.open")
    [incident] = alone.site.incidents
    way = f'href="/s/{SITE}/incidents/{incident}#whose"'
    assert way in page(alone, "clinic").partition("No doses now")[2].partition("</p>")[0]
    text = page(alone, f"incidents/{incident}")
    first, _, after = text.partition("Whose emergency is it?")
    assert "Naloxone given" in first  # what saves a life comes first
    assert "End the emergency" in after
    assert f'value="{person}"' in text
    say_whose(alone, incident)
    assert "No doses now" not in page(alone, "clinic")
    text = page(alone, f"incidents/{incident}")
    assert "nobody who is treated here" in text
    assert "Whose emergency is it?" not in text
    order = alone.order_of(other).id
    what = {"order": order, "register": REGISTER, "units": 2, "dose": 200 * MG}
    alone.do("session.prepare", session=session, **what)


def test_an_overdose_that_is_named_locks_its_patient(alone: Treating) -> None:
    person = alone.patient()
    alone.do("incident.open")
    [incident] = alone.site.incidents
    say_whose(alone, incident, person)
    assert alone.site.all_of(Patient)[person].locked_for == ("overdose",)
    assert "Whose emergency is it?" not in page(alone, f"incidents/{incident}")


def test_authorised_witnesses_are_put_on_file_and_taken_off(alone: Treating) -> None:
    named = {"staff": "staff-witness", "document": "Made up"}
    dates = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    alone.do("destruction_witness.authorise", Role.MANAGER, **named, **dates)
    [paper] = alone.site.all_of(DestructionWitness)
    text = page(alone, "clinic/licences", Role.MANAGER)
    for form in ("authorise", "withdraw"):
        action = f'action="/s/{SITE}/do/destruction_witness.{form}"'
        assert 'name="proof"' in text.partition(action)[2].partition("</form>")[0]
    assert "destruction_witness" not in page(alone, "clinic/licences", Role.NURSE)
    alone.do("destruction_witness.withdraw", Role.MANAGER, authorisation=paper, reason="revoked")
    text = page(alone, "clinic/licences", Role.MANAGER)
    assert ", withdrawn" in text
    assert "do/destruction_witness.withdraw" not in text


def test_whoever_prepared_a_dose_is_named_beside_it(alone: Treating) -> None:
    """By the name of their account, where they have one."""
    person = alone.patient()
    session = alone.assessed(person)
    _, prepares = account(Role.NURSE)
    actor = Actor(prepares, Role.NURSE, alone.now)
    witness = Actor("staff-5e5e5e5e5e5e", Role.PHARMACIST, alone.now)
    order = alone.order_of(person).id
    what = {"order": order, "register": REGISTER, "units": 2, "dose": 200 * MG}
    payload = read_command("session.prepare", {"session": session, **what})
    alone.node.perform(Tap(SITE, new_id(), "session.prepare", payload, actor, witness=witness))
    assert "200 mg, by Somebody and staff 5e5e" in page(alone, f"clinic/sessions/{session}")


def test_whoever_a_refusal_is_about_is_called_by_name(alone: Treating) -> None:
    nurse = alone.signed_in(Role.NURSE)

    def refusal(command: str, **fields: str) -> str:
        form = {"command": new_id(), "token": nurse.token, **fields}
        return nurse.post(f"/s/{SITE}/do/{command}", form).main

    delivery = {"batch": "B1", "expires": "2028-01-01", "document": "Invoice"}
    sender = {"supplier": "Wholesale", "address": "Street"}
    text = refusal("register.receive", register=REGISTER, units="1", **delivery, **sender)
    assert "Somebody gave no second factor." in text
    alone.do("treatment.refer", source="self")
    [person] = alone.site.persons.values()
    text = refusal("session.begin", person=person.id)
    assert f"{person.handle} is not in treatment here." in text
