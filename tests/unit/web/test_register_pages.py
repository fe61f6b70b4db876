"""The pages of controlled drugs over a real node: lists, books, footnotes, officers, witnesses."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.register_entities import (
    Concern,
    Discrepancy,
    Line,
    PatientReturn,
    Register,
    Requisition,
)
from safelight.wiring import new_id
from tests.support.phones import Phone, phone_of
from tests.support.treating import MG, REGISTER, SITE, Treating, treating
from tests.support.web import Answer, Browser, account

DELIVERY = {
    "units": 200,
    "batch": "DM26-0117",
    "expires": "2028-01-31",
    "supplier": "Northern Wholesale",
    "address": "1 Dock Road, Northtown",
    "document": "Delivery note 4711",
}
BOOK = f"registers/{REGISTER}"
INSPECTED = ("registers", BOOK, f"{BOOK}/lines/1")


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Treating]:
    with treating(tmp_path) as opened:
        yield opened


class Two:
    """Two people at one tablet, each with an app on their phone."""

    def __init__(self, clinic: Treating, me: Role, other: Role) -> None:
        self.clinic = clinic
        self.mine, self.theirs = phone_of(clinic.front, me), phone_of(clinic.front, other)
        self.browser = Browser(clinic.front)
        self.token = self.browser.log_in(self.mine.login)

    def tap(self, name: str, back: str, witness: Phone | None = None, /, **fields: Any) -> Answer:  # noqa: ANN401
        """Send a form with both codes; nobody's code is good twice."""
        self.clinic.passes(seconds=31)
        second, now = witness or self.theirs, self.clinic.now
        who = {"witness": second.staff, "witness_proof": second.code(now)}
        carried = {"command": new_id(), "token": self.token, "back": f"/s/{SITE}/{back}"}
        proof = {"proof": self.mine.code(now), **who}
        return self.browser.post(f"/s/{SITE}/do/{name}", {**carried, **proof, **fields})

    def page(self, path: str) -> str:
        """Return the words of a page."""
        return words(self.browser.get(f"/s/{SITE}/{path}"))


def words(answer: Answer) -> str:
    """Return the words of a page below its header, without its tags."""
    assert answer.status == 200, answer.text[:500]
    return plain(answer.main)


def plain(markup: str) -> str:
    """Return the words between tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def page(clinic: Treating, path: str, role: Role = Role.NURSE) -> str:
    """Return the words of a page as a role sees it."""
    return words(clinic.signed_in(role).get(f"/s/{SITE}/{path}"))


def book(clinic: Treating) -> Register:
    """Return the register of ampoules."""
    return clinic.site.all_of(Register)[REGISTER]


def lines(clinic: Treating) -> list[Line]:
    """Return every line of it."""
    return clinic.node.register_lines(SITE, REGISTER, range(1, book(clinic).lines + 1))


def line(browser: Browser, number: int) -> str:
    """Return the words of one line of the book."""
    answer = browser.get(f"/s/{SITE}/{BOOK}")
    row = answer.main.partition(f'id="line-{number}"')[2].partition("</tr>")[0]
    return plain(row.partition(">")[2])


# The list.


def test_list_says_what_every_register_holds_and_where_it_lies(clinic: Treating) -> None:
    clinic.prepared(clinic.patient())
    text = page(clinic, "registers")
    assert (
        "Diamorphine, ampoule, 100 mg Balance, mg 5000 50 × 100 mg In the cabinet, mg 4800 "
        "Prepared, mg 200"
    ) in text


def test_count_is_due_a_week_after_the_last_and_overdue_the_day_after(clinic: Treating) -> None:
    assert "Count due 20 Jan 2026" in page(clinic, "registers")
    clinic.passes(days=7)
    assert "Count due Today" in page(clinic, "registers")
    clinic.passes(days=1)
    assert "Overdue since 20 Jan 2026" in page(clinic, "registers")
    assert "Count overdue" in page(clinic, BOOK)
    clinic.do("register.count", register=REGISTER, units=50)
    assert "Count due 28 Jan 2026" in page(clinic, "registers")


def test_new_register_is_opened_by_two_people_in_milligrams(clinic: Treating) -> None:
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    what = {"drug": "methadone", "form": "oral_solution", "strength_mg": "0.5", "units": "1001"}
    assert two.tap("register.open", "registers", **what).status == 303
    text = two.page("registers")
    assert "Methadone, oral solution, by the millilitre, 0.5 mg" in text
    assert "500.5 1001 × 0.5 mg" in text


def test_requisition_is_outstanding_until_all_of_it_came(clinic: Treating) -> None:
    order = {"register": REGISTER, "units": 300, "purpose": "Treatment under licence"}
    firm = {name: DELIVERY[name] for name in ("supplier", "address")}
    clinic.do("requisition.sign", Role.PHARMACIST, **order, **firm)
    [requisition] = clinic.site.all_of(Requisition)
    two = Two(clinic, Role.PHARMACIST, Role.NURSE)
    assert "300 of 300 units, Northern Wholesale" in two.page("registers")
    delivery = {**DELIVERY, "register": REGISTER, "requisition": requisition}
    assert two.tap("register.receive", BOOK, **delivery).location == f"/s/{SITE}/{BOOK}"
    assert "100 of 300 units" in two.page(BOOK)
    two.tap("requisition.close", BOOK, requisition=requisition, reason="not_supplied")
    assert "Ordered, still to come: 0" in two.page("registers")


def test_what_patients_bring_back_waits_in_a_record_of_its_own(clinic: Treating) -> None:
    person = clinic.patient()
    handle = clinic.site.persons[person].handle
    two = Two(clinic, Role.NURSE, Role.OFFICER)
    what = {"drug": "methadone", "form": "oral_solution", "strength_mg": "1", "units": "30"}
    two.tap("return.record", "registers", person=person, **what)
    text = two.page("registers")
    assert "to destroy: 1" in text
    assert (
        f"30 × Methadone, oral solution, by the millilitre, 1 mg 13 January 2026, from {handle}"
        in text
    )
    assert book(clinic).balance == 5_000 * MG
    [key] = clinic.site.all_of(PatientReturn)
    two.tap("return.destroy", "registers", patient_return=key, method="denaturing_kit")
    text = two.page("registers")
    assert "to destroy: 0" in text
    assert "destroyed 13 January 2026, denaturing kit, by Somebody, witnessed by Somebody" in text


# A register as a book.


def test_lines_read_as_the_statute_has_them_with_handles_for_names(clinic: Treating) -> None:
    person = clinic.patient()
    clinic.do("register.receive", register=REGISTER, **DELIVERY)
    clinic.whole(person)
    clinic.do("register.waste", register=REGISTER, units=1, reason="broken")
    nurse = clinic.signed_in(Role.NURSE)
    assert "Opening stock, counted by two people" in line(nurse, 1)
    assert "Northern Wholesale, 1 Dock Road, Northtown" in line(nurse, 2)
    assert "Delivery note 4711; batch DM26-0117; expires 31 January 2028 In 20000" in line(nurse, 2)
    handle = clinic.site.persons[person].handle
    assert f"{handle}, administered on the premises Authority or document prescriber" in line(
        nurse, 3
    )
    assert "Out 200 Balance 24800 Entered by, witness nurse second" in line(nurse, 3)
    assert "Wasted: broken" in line(nurse, 4)


def test_late_entry_is_marked_in_words(clinic: Treating) -> None:
    clinic.passes(days=3)
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    late = {**DELIVERY, "register": REGISTER, "happened_at": "2026-01-13T11:30"}
    assert two.tap("register.receive", BOOK, **late).status == 303
    assert "13 January 2026 11:30 entered late, on 16 January 2026" in line(two.browser, 2)


def test_pages_are_those_of_a_bound_book_and_the_newest_comes_first(clinic: Treating) -> None:
    for _ in range(52):
        clinic.do("register.count", register=REGISTER, units=50)
    nurse = clinic.signed_in(Role.NURSE)
    newest = words(nurse.get(f"/s/{SITE}/{BOOK}"))
    assert "Lines 51 to 53 of 53" in newest
    assert "Page 2 of 2" in newest
    first = words(nurse.get(f"/s/{SITE}/{BOOK}?page=1"))
    assert "Lines 1 to 50 of 53" in first
    assert "Second person" not in first  # what is entered stands on the newest page only
    for nonsense in ("0", "99", "-1", "x", "9" * 99):
        assert "Lines" in words(nurse.get(f"/s/{SITE}/{BOOK}?page={nonsense}"))


def test_a_count_that_differs_leads_to_its_discrepancy_until_it_is_explained(
    clinic: Treating,
) -> None:
    two = Two(clinic, Role.PHARMACIST, Role.NURSE)
    answer = two.tap("register.count", f"{BOOK}#difference", register=REGISTER, units=49)
    assert answer.location == f"/s/{SITE}/{BOOK}#difference"
    assert 'id="difference"' in two.browser.get(f"/s/{SITE}/{BOOK}").text
    assert "A count differs 100 mg missing" in two.page(BOOK)
    assert "A count differs from the register" in two.page("registers")
    assert book(clinic).balance == 5_000 * MG
    [key] = clinic.site.all_of(Discrepancy)
    how = {"discrepancy": key, "resolution": "loss", "units": 49}
    assert "loss-reported" in two.tap("discrepancy.resolve", BOOK, **how).text
    two.tap("discrepancy.report", BOOK, discrepancy=key)
    assert "The accountable officer was told on 13 January 2026, by Somebody" in two.page(BOOK)
    assert two.tap("discrepancy.resolve", BOOK, **how, note="Looked for it.").status == 303
    text = two.page(BOOK)
    assert "A count differs 100" not in text
    assert "Loss, 100 mg written off" in text
    assert "Wasted: loss" in line(two.browser, 4)
    assert book(clinic).balance == 4_900 * MG


def test_a_count_needs_two_people_and_keeps_what_was_typed(clinic: Treating) -> None:
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    answer = two.tap("register.count", BOOK, two.mine, register=REGISTER, units=49)
    assert answer.status == 422
    assert "witness-different" in answer.text
    assert answer.field("units") == "49"
    assert book(clinic).lines == 1


# Footnotes.


def test_a_line_is_corrected_by_a_footnote_and_stays_as_it_is(clinic: Treating) -> None:
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    two.tap("register.receive", BOOK, register=REGISTER, **DELIVERY)
    form = two.browser.get(f"/s/{SITE}/{BOOK}/lines/2")
    assert form.field("was") == str(20_000 * MG)
    what = {"line": form.field("line"), "was": form.field("was"), "now_mg": "19900"}
    two.tap("register.correct", BOOK, **what, reason="misread", batch="DM26-0118")
    told = "20000 mg is to read 19900 mg; batch DM26-0118; misread"
    assert f"* Footnote of 13 January 2026, line 3: {told}. By Somebody, witnessed by" in line(
        two.browser, 2
    )
    assert "In 20000 Out Balance 25000" in line(two.browser, 2)
    assert f"Footnote to line 2: {told}" in line(two.browser, 3)
    assert "In Out 100 Balance 24900" in line(two.browser, 3)
    assert "corrects it already" in two.page(f"{BOOK}/lines/2")
    assert "Line 2, which it corrects" in two.page(f"{BOOK}/lines/3")


def test_a_count_has_nothing_to_correct(clinic: Treating) -> None:
    clinic.do("register.count", register=REGISTER, units=50)
    assert "A count moves nothing" in page(clinic, f"{BOOK}/lines/2")


# Destruction.


def authorised(clinic: Treating, phone: Phone) -> None:
    """Put on file that somebody may witness destruction this month."""
    dates = {"valid_from": "2026-01-01", "valid_to": "2026-01-28"}
    who = {"staff": phone.staff, "document": "Letter 17"}
    clinic.do("destruction_witness.authorise", Role.MANAGER, **who, **dates)


def test_destruction_is_refused_before_a_handler_and_entered_before_an_authorised_witness(
    clinic: Treating,
) -> None:
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    what = {"register": REGISTER, "units": 2, "reason": "expired", "method": "denaturing_kit"}
    assert "Nobody is authorised today to witness a destruction" in two.page(BOOK)
    assert "witness-may" in two.tap("register.destroy", BOOK, **what).text
    witness = phone_of(clinic.front, Role.WITNESS)
    assert "witness-authorised" in two.tap("register.destroy", BOOK, witness, **what).text
    authorised(clinic, witness)
    choices = two.browser.get(f"/s/{SITE}/{BOOK}").text.partition('id="destroy-witness"')[2]
    assert witness.staff in choices.partition("</select>")[0]
    assert two.theirs.staff not in choices.partition("</select>")[0]
    assert two.tap("register.destroy", BOOK, witness, **what).status == 303
    text = line(two.browser, 2)
    assert "Destroyed before an authorised witness: expired, denaturing kit" in text
    assert lines(clinic)[1].witness == witness.staff
    assert book(clinic).balance == 4_800 * MG


def test_witness_is_offered_while_the_authorisation_holds(clinic: Treating) -> None:
    two = Two(clinic, Role.NURSE, Role.PHARMACIST)
    authorised(clinic, phone_of(clinic.front, Role.OFFICER))
    assert "Nobody is authorised" not in two.page(BOOK)
    clinic.passes(days=20)
    assert "Nobody is authorised" in two.page(BOOK)


def test_witness_who_counted_once_is_offered_no_more(clinic: Treating) -> None:
    two, worker = Two(clinic, Role.NURSE, Role.PHARMACIST), phone_of(clinic.front, Role.WORKER)
    authorised(clinic, worker)
    assert "Nobody is authorised" not in two.page(BOOK)
    as_nurse = Actor(worker.staff, Role.NURSE, clinic.now)
    second = Actor("staff-second", Role.PHARMACIST, clinic.now)
    count = read_command("register.count", {"register": REGISTER, "units": 50})
    clinic.node.perform(Tap(SITE, new_id(), "register.count", count, as_nurse, witness=second))
    assert "Nobody is authorised" in two.page(BOOK)


def test_witness_sees_how_it_works_and_what_was_entered_with_them(clinic: Treating) -> None:
    two = Two(clinic, Role.NURSE, Role.WITNESS)
    browser = Browser(clinic.front)
    browser.log_in(two.theirs.login)
    assert "You may not witness today" in words(browser.get(f"/s/{SITE}/witness"))
    authorised(clinic, two.theirs)
    what = {"register": REGISTER, "units": 2, "reason": "expired", "method": "denaturing_kit"}
    two.tap("register.destroy", BOOK, **what)
    text = words(browser.get(f"/s/{SITE}/witness"))
    assert "You confirm at a colleague's screen" in text
    assert "You may witness today 01 Jan 2026 to 28 Jan 2026 Letter 17" in text
    assert "Diamorphine, ampoule, 100 mg, 2 units" in text
    assert f'href="/s/{SITE}/witness"' in browser.get("/").text  # where they begin


# The officer.


def concern(clinic: Treating, note: str = "") -> str:
    """Have a worker raise a concern in the browser, and return its id."""
    worker = clinic.signed_in(Role.WORKER)
    form = worker.get(f"/s/{SITE}/concern")
    assert form.status == 200
    carried = {"command": form.field("command"), "token": worker.token}
    what = {"kind": "diversion", "register": REGISTER, "note": note}
    assert worker.post(f"/s/{SITE}/do/concern.raise", {**carried, **what}).status == 303
    [key] = clinic.site.all_of(Concern)
    return key


def test_officer_reads_everything_and_acknowledges_what_was_raised(clinic: Treating) -> None:
    key = concern(clinic)
    clinic.do("register.count", register=REGISTER, units=49)
    officer = clinic.signed_in(Role.OFFICER)
    assert f'href="/s/{SITE}/registers"' in officer.get("/").text
    assert "Concerns that wait for you: 1" in words(officer.get(f"/s/{SITE}/registers"))
    text = words(officer.get(f"/s/{SITE}/oversight"))
    assert "Diversion Diamorphine, ampoule, 100 mg 13 January 2026, by Somebody" in text
    assert "100 mg missing 4900 mg counted, 5000 mg expected" in text
    form = {"command": new_id(), "token": officer.token, "concern": key}
    assert officer.post(f"/s/{SITE}/do/concern.acknowledge", form).status == 303
    text = words(officer.get(f"/s/{SITE}/oversight"))
    assert "Concerns that wait for you: 0" in text
    assert "read 13 January 2026 by Somebody" in text


@pytest.mark.hazard("H20")
def test_officer_sees_who_could_have_stood_in_for_two(clinic: Treating) -> None:
    """A manager can give a password and take a second factor away; it is told where it is read."""
    manager = clinic.signed_in(Role.MANAGER)
    login, _ = account(Role.NURSE)
    form = {"token": manager.token, "action": "password", "login": login}
    assert manager.post("/staff", form).status == 200
    text = words(clinic.signed_in(Role.OFFICER).get(f"/s/{SITE}/oversight"))
    assert "Somebody gave Somebody a new password" in text


def test_officer_writes_nothing_into_a_register(clinic: Treating) -> None:
    officer = clinic.signed_in(Role.OFFICER)
    for path in INSPECTED:
        answer = officer.get(f"/s/{SITE}/{path}")
        assert set(re.findall(r"/do/([a-z_.]+)", answer.main)) <= {"concern.raise"}
    form = {"command": new_id(), "token": officer.token, "register": REGISTER, "units": "50"}
    assert officer.post(f"/s/{SITE}/do/register.count", form).status == 403


def test_note_of_a_concern_is_for_the_officer_and_the_look_is_written_down(
    clinic: Treating,
) -> None:
    key = concern(clinic, "An ampoule in a pocket.")
    officer, path = clinic.signed_in(Role.OFFICER), f"/s/{SITE}/oversight/{key}/note"
    assert "ampoule" not in officer.get(path).main
    read = officer.post(path, {"token": officer.token, "reason": "investigation"})
    assert "An ampoule in a pocket." in words(read)
    looks = page(clinic, "looks", Role.MANAGER)
    assert "officer Read a note the site To look into it" in looks
    nurse, [row] = (
        clinic.signed_in(Role.NURSE),
        clinic.node.journal(SITE, None, 1, "concern.raised"),
    )
    assert nurse.get(path).status == 404
    assert nurse.get(f"/s/{SITE}/read/{row.seq}").status == 404  # in the journal neither
    assert f"read/{row.seq}" not in nurse.get(f"/s/{SITE}/journal").text


def test_note_of_a_difference_is_for_whoever_may_look_into_the_register(clinic: Treating) -> None:
    clinic.do("register.count", register=REGISTER, units=49)
    [key] = clinic.site.all_of(Discrepancy)
    note = clinic.node.seal("It lay on the other shelf.", None)
    how = {"discrepancy": key, "resolution": "counted_wrong", "units": 50, "note": note}
    clinic.do("discrepancy.resolve", Role.PHARMACIST, **how)
    nurse, path = clinic.signed_in(Role.NURSE), f"/s/{SITE}/oversight/{key}/note"
    assert f'href="{path}"' in nurse.get(f"/s/{SITE}/{BOOK}").text
    assert "other shelf" in words(nurse.post(path, {"token": nurse.token, "reason": "oversight"}))


# Who may see what.


@pytest.mark.parametrize("role", [Role.ANALYST, Role.WORKER, Role.WITNESS])
def test_registers_are_for_those_who_handle_or_oversee(clinic: Treating, role: Role) -> None:
    browser = clinic.signed_in(role)
    for path in (*INSPECTED, f"{BOOK}/print", "oversight"):
        assert browser.get(f"/s/{SITE}/{path}").status == 403
    assert "Controlled drugs" not in browser.get(f"/s/{SITE}/statistics").text


@pytest.mark.parametrize("path", ["registers/cd-none", f"{BOOK}/lines/99", "oversight/x/note"])
def test_what_is_not_known_is_not_found(clinic: Treating, path: str) -> None:
    assert clinic.signed_in(Role.NURSE).get(f"/s/{SITE}/{path}").status == 404


def test_journal_names_the_witness_of_an_entry(clinic: Treating) -> None:
    clinic.do("register.count", register=REGISTER, units=50)
    assert clinic.node.journal(SITE, None, 1, "register.counted")[0].witness == "staff-second"
    assert "nurse witness: second" in page(clinic, "journal?kind=register.counted")


def test_journal_shows_milligrams_and_the_words_of_the_pack(clinic: Treating) -> None:
    clinic.do("register.waste", register=REGISTER, units=1, reason="broken")
    text = page(clinic, "journal?kind=register.wasted")
    assert f"Stock wasted quantity 100 mg, Broken, register {REGISTER}" in text
