"""The pages of treatments over a real node: from a referral to the measures after the exit."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.outcome import ITEMS
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.clinic.profile import WORDS, most
from tests.support.patients import MANAGER, SITE, Clinic, clinic_at
from tests.support.web import Answer, Browser

PRESCRIBER = Actor("staff-prescriber", Role.PRESCRIBER)
CANARY = "Zebrafink says so"
SET = "germany-from-2025"
CRITERIA = ("age", "dependence", "treatment_failed", "deficits")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic_at(tmp_path_factory.mktemp("treatment")) as opened:
        yield opened


@pytest.fixture
def nurse(clinic: Clinic) -> Browser:
    return clinic.signed_in(Role.NURSE)


@pytest.fixture
def person(clinic: Clinic) -> str:
    return clinic.refer()


@pytest.fixture
def key(clinic: Clinic, person: str) -> str:
    return clinic.treatment_of(person).id


def url(key: str = "", rest: str = "") -> str:
    """Return the address of the list, of a treatment, or of something below it."""
    return f"/s/{SITE}/treatments" + "".join(f"/{part}" for part in (key, rest) if part)


def tap(browser: Browser, name: str, fields: dict[str, Any]) -> Answer:
    """Send a form as the page has it."""
    carried = {"command": browser.get(url()).field("command"), "token": browser.token}
    return browser.post(f"/s/{SITE}/do/{name}", {**carried, **fields})


def seen(answer: Answer) -> str:
    """Return the words of a page, without its tags."""
    assert answer.status == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.main)).split())


def assessment(key: str, finding: str = "met") -> dict[str, Any]:
    """Return the fields of an assessment, with evidence for the first criterion."""
    fields: dict[str, Any] = {"treatment": key, "criteria": SET, "findings.0.evidence": CANARY}
    for number, code in enumerate(CRITERIA):
        fields[f"findings.{number}.criterion"] = code
        fields[f"findings.{number}.finding"] = finding
    return fields


def test_referral_of_somebody_new_comes_from_the_list(clinic: Clinic, nurse: Browser) -> None:
    before = set(clinic.node.site(SITE).persons)
    assert tap(nurse, "treatment.refer", {"source": "gp", "note": CANARY}).status == 303
    [new] = set(clinic.node.site(SITE).persons) - before
    treatment = clinic.treatment_of(new)
    assert treatment.note is not None
    assert f":{new}:" in treatment.note  # sealed with their own key, so that erasing reaches it
    page = seen(nurse.get(url()))
    assert clinic.node.site(SITE).persons[new].handle in page
    assert "Assess against the criteria" in page


def test_known_person_is_referred_from_a_link(clinic: Clinic, person: str, nurse: Browser) -> None:
    handle = clinic.node.site(SITE).persons[person].handle
    assert f"Refer {handle}" in seen(nurse.get(f"{url()}?person={person}"))


def test_assessment_is_a_form_of_every_criterion_and_its_evidence_is_sealed(
    clinic: Clinic, key: str, person: str, nurse: Browser
) -> None:
    page = nurse.get(f"{url(key)}?criteria={SET}")
    names = re.findall(r'name="(findings[^"]+)"', page.main)
    assert names == [
        f"findings.{number}.{field}"
        for number in range(len(CRITERIA))
        for field in ("criterion", "finding", "evidence")
    ]
    assert tap(nurse, "eligibility.assess", assessment(key, "needs_judgement")).status == 303
    (found,) = clinic.treatment_of(person).assessments
    assert [each.criterion for each in found.findings] == list(CRITERIA)
    assert found.findings[0].evidence is not None
    assert f":{person}:" in found.findings[0].evidence
    text = seen(nurse.get(url(key)))
    assert "4 not met or open" in text
    assert "An assessment decides nothing" in text
    assert "A prescriber decides" in text
    assert CANARY not in text


def test_evidence_is_read_by_criterion_with_a_reason(
    clinic: Clinic, key: str, person: str, nurse: Browser
) -> None:
    tap(nurse, "eligibility.assess", assessment(key))
    seq = clinic.treatment_of(person).assessments[0].seq
    path = f"/s/{SITE}/read/{seq}"
    assert CANARY not in nurse.get(path).text
    answer = nurse.post(path, {"token": nurse.token, "reason": "care"})
    assert f"Age {CANARY}" in seen(answer)


def test_journal_shows_no_ciphertext(clinic: Clinic, key: str, nurse: Browser) -> None:
    tap(nurse, "eligibility.assess", assessment(key))
    tap(nurse, "care.plan", {"treatment": key, "goals": CANARY})
    assert clinic.node.journal(SITE, None, 5, "care.planned")
    page = nurse.get(f"/s/{SITE}/journal").text
    assert ("sealed:" in page, CANARY in page) == (False, False)


def test_only_a_prescriber_sees_the_form_of_the_decision(
    clinic: Clinic, key: str, nurse: Browser
) -> None:
    tap(nurse, "eligibility.assess", assessment(key))
    form = f'action="/s/{SITE}/do/eligibility.decide"'
    assert form not in nurse.get(url(key)).text
    prescriber = clinic.signed_in(Role.PRESCRIBER).get(url(key)).text
    assert form in prescriber
    assert f'action="/s/{SITE}/do/treatment.end"' in prescriber


def test_refusal_of_a_decision_says_what_to_do(clinic: Clinic, key: str) -> None:
    fields = {"treatment": key, "decision": "accepted", "reason": "criteria_met"}
    with pytest.raises(Refused) as caught:
        clinic.do("eligibility.decide", PRESCRIBER, **fields)
    assert caught.value.remedy


def test_care_around_it_is_recorded_from_the_page(
    clinic: Clinic, key: str, person: str, nurse: Browser
) -> None:
    for name, fields in {
        "consent.give": {"purpose": "contact"},
        "care.plan": {"goals": CANARY, "review_on": "2099-01-01"},
        "care.assign": {"staff": "staff-manager"},
        "contact.plan": {"kind": "counselling", "planned_for": "2099-01-01T10:00"},
        "contact.record": {"kind": "group", "result": "attended", "note": CANARY},
        "review.record": {"kind": "second_opinion", "outcome": "continue"},
    }.items():
        assert tap(nurse, name, {"treatment": key, **fields}).status == 303, name
    treatment = clinic.treatment_of(person)
    assert (treatment.key_worker, len(treatment.contacts)) == ("staff-manager", 2)
    text = seen(nurse.get(url(key)))
    for words in (
        "Being contacted: given",
        "Treatment: not given",
        "look again on 1 January 2099",
        "Counselling: planned",
        "Group: attended",
        "Second opinion from outside",
    ):
        assert words in text
    assert CANARY not in text


def test_profile_is_a_form_a_table_a_chart_and_a_file(
    clinic: Clinic, key: str, nurse: Browser
) -> None:
    day = clinic.node.now().date()
    interviews = (
        (
            day - timedelta(days=90),
            "start",
            {"answers.opiate_days": 28, "answers.violence": "true"},
        ),
        (day, "review", {"answers.opiate_days": 3, "answers.physical_score": 12}),
    )
    assert "None yet." in seen(nurse.get(url(key)))
    for on, stage, answers in interviews:
        fields = {"treatment": key, "on": on.isoformat(), "stage": stage, **answers}
        assert tap(nurse, "outcome.record", fields).status == 303
    page = nurse.get(url(key))
    text = seen(page)
    assert "Opiates, not prescribed 28 3" in text
    assert "Assault or violence Yes –" in text
    assert page.main.count("<svg") == 1  # one item was counted twice
    assert "by interview; the numbers are in the table below" in text
    answer = nurse.get(url(key, "outcomes.csv"))
    lines = answer.text.splitlines()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines[0] == ",".join(["day", "stage", *ITEMS])
    assert [line.split(",")[:4] for line in lines[1:]] == [
        [(day - timedelta(days=90)).isoformat(), "start", "", "28"],
        [day.isoformat(), "review", "", "3"],
    ]
    assert "".join(lines).find(key) == -1


def test_every_item_of_the_profile_has_words_and_a_limit() -> None:
    assert set(WORDS) == set(ITEMS)
    assert {most(item) for item in ITEMS} == {28, 20, 0}


def test_ended_treatment_keeps_its_page_and_takes_measures_after_the_exit(
    clinic: Clinic, key: str, person: str, nurse: Browser
) -> None:
    proved = PRESCRIBER._replace(proved_at=clinic.node.now())
    clinic.do("treatment.end", proved, treatment=key, reason="completed")
    assert person not in {each.person for each in clinic.node.site(SITE).all_of(Treatment).values()}
    handle = clinic.node.site(SITE).persons[person].handle
    assert f"{handle} Completed" in seen(nurse.get(url())).partition("Ended lately")[2]
    day = clinic.node.now().date().isoformat()
    fields = {"treatment": key, "on": day, "stage": "post_exit", "answers.crack_days": 1}
    assert tap(nurse, "outcome.record", fields).status == 303
    text = seen(nurse.get(url(key)))
    assert "Ended Completed" in text
    assert "after the exit Crack 1" in text
    assert "Agree a care plan" not in text


def test_treatment_that_is_not_here_is_not_found(nurse: Browser) -> None:
    for path in (url("tr-nobody"), url("tr-nobody", "outcomes.csv")):
        assert nurse.get(path).status == 404


@pytest.mark.parametrize("path", ["", "tr-1", "tr-1/outcomes.csv"])
def test_analyst_and_passers_by_see_no_treatment(clinic: Clinic, path: str) -> None:
    assert clinic.signed_in(Role.ANALYST).get(url(path)).status == 403
    assert Browser(clinic.front).get(url(path)).status == 302


def test_manager_has_every_page(clinic: Clinic, key: str) -> None:
    browser = clinic.signed_in(Role.MANAGER)
    assert MANAGER.role is Role.MANAGER
    for path in (url(), url(key), url(key, "outcomes.csv")):
        assert browser.get(path).status == 200
