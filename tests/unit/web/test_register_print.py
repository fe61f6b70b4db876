"""Printing and exporting a register in the browser: names in the file, and nowhere else."""

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future
from hashlib import sha256

import pytest

from safelight.kernel.errors import NotSaved
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.records import Identity
from safelight.run.register import office
from safelight.run.register.export import check_export, read_export
from safelight.web.clinic import registers_print
from safelight.wiring import Home, new_id, trusted_key
from tests.support.canary import Canary
from tests.support.pdf import Reader
from tests.support.planting import planting
from tests.support.treating import REGISTER, SITE, Treating, treating
from tests.support.web import Answer, Browser

PRINT = f"/s/{SITE}/registers/{REGISTER}/print"
MANAGER = Actor("staff-manager", Role.MANAGER)
ALL = {"layout": "uk-2001", "first": "", "last": "", "as": "print"}
WHY = {"reason": "register_print"}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treating]:
    with treating(tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pharmacist(clinic: Treating) -> Browser:
    return clinic.signed_in(Role.PHARMACIST)


def send(browser: Browser, fields: dict[str, str], path: str = PRINT) -> Answer:
    """Send the form with its token."""
    return browser.post(path, {"token": browser.token, **fields})


def treated(clinic: Treating, canary: Canary) -> str:
    """Give a dose to a patient whose name and address are a canary's words."""
    person = clinic.patient()
    clinic.whole(person)
    first, surname, street = canary.words
    identity = Identity(f"{first} {surname}", (f"1 {street}",))
    clinic.node.identities.set_identity(SITE, person, identity, MANAGER, "admission")
    return person


def text_of(pdf: bytes) -> str:
    """Return every word of a print."""
    return " ".join(element.text for element in Reader(pdf).elements())


def looks(clinic: Treating) -> list[tuple[str, str, str]]:
    """Return who was looked at, in what and why, the newest first."""
    found = clinic.node.identities.accesses(MANAGER, 100)
    return [(each.person, each.what, each.reason) for each in found]


def prints(clinic: Treating) -> list[dict[str, object]]:
    """Return what the journal says of prints, the newest first."""
    return [row.body for row in clinic.node.journal(SITE, None, 50, "register.printed")]


def test_names_are_in_the_print_and_nowhere_else(
    clinic: Treating, pharmacist: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with planting(clinic.home, caplog) as canary:
        person = treated(clinic, canary)
        seen = pharmacist.get(PRINT)
        book = pharmacist.get(f"/s/{SITE}/registers/{REGISTER}")
        assert canary.traces(seen.body + book.body) == []
        answer = send(pharmacist, {**ALL, **WHY})
        assert answer.headers["content-type"] == "application/pdf"
        for word in canary.words:
            assert word in text_of(answer.body)
        assert canary.traces(repr(answer.headers).encode()) == []
    newest = looks(clinic)[:2]
    title = f"printed: {SITE} {REGISTER} uk-2001"
    assert sorted(newest) == [("-", title, "register_print"), (person, "printed", "register_print")]


def test_print_leaves_only_once_the_journal_says_what_left(
    clinic: Treating, pharmacist: Browser
) -> None:
    answer = send(pharmacist, {**ALL, **WHY, "first": "2026-01-13", "last": "2026-01-31"})
    said = prints(clinic)[0]
    assert said["digest"] == sha256(answer.body).hexdigest()
    assert (said["first"], said["last"], said["reason"]) == (
        "2026-01-13",
        "2026-01-31",
        "register_print",
    )
    assert answer.headers["cache-control"] == "no-store"
    name = f"{SITE}_{REGISTER}_2026-01-13_to_2026-01-31.pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "Somebody" in text_of(answer.body)  # who printed it


def test_print_that_cannot_be_written_down_is_not_handed_out(
    clinic: Treating, pharmacist: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Tap) -> Future[Receipt]:
        future: Future[Receipt] = Future()
        future.set_exception(NotSaved("disk", "The disk is full.", "Free some of it."))
        return future

    monkeypatch.setattr(clinic.node, "submit", full)
    answer = send(pharmacist, {**ALL, **WHY})
    assert answer.status == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "The disk is full." in answer.text


def test_print_is_not_handed_out_while_the_journal_does_not_answer(
    clinic: Treating, pharmacist: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers_print, "ENTRY_SECONDS", 0.0)
    monkeypatch.setattr(clinic.node, "submit", lambda _: Future())
    answer = send(pharmacist, {**ALL, **WHY})
    assert answer.status == 503
    assert "has not answered" in answer.text


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"first": "2026-02-01", "last": "2026-01-01"}, "before it begins"),
        ({"first": "31/01/2026"}, "no date"),
        ({"layout": "none"}, "no layout"),
        ({"reason": ""}, "needs a reason"),
    ],
)
def test_print_that_is_asked_for_wrongly_is_refused_before_a_name_is_read(
    clinic: Treating, pharmacist: Browser, changed: dict[str, str], rule: str
) -> None:
    before = looks(clinic), prints(clinic)
    answer = send(pharmacist, {**ALL, **WHY, **changed})
    assert answer.status == 422
    assert rule in answer.text
    assert (looks(clinic), prints(clinic)) == before


def test_print_of_an_unknown_register_is_refused_before_a_name_is_read(
    clinic: Treating, pharmacist: Browser
) -> None:
    before = looks(clinic)
    answer = send(pharmacist, {**ALL, **WHY}, f"/s/{SITE}/registers/cd-none/print")
    assert answer.status == 404
    assert looks(clinic) == before


@pytest.mark.parametrize("role", [Role.NURSE, Role.PRESCRIBER, Role.WITNESS, Role.ANALYST])
def test_names_are_printed_by_pharmacists_managers_and_officers_only(
    clinic: Treating, role: Role
) -> None:
    browser = clinic.signed_in(role)
    assert browser.get(PRINT).status == 403
    assert send(browser, {**ALL, **WHY}).status == 403
    book = browser.get(f"/s/{SITE}/registers/{REGISTER}")
    assert "Print or export" not in book.text


def test_officer_prints_in_the_german_layout(clinic: Treating) -> None:
    answer = send(clinic.signed_in(Role.OFFICER), {**ALL, **WHY, "layout": "de-btmvv"})
    assert answer.status == 200
    assert prints(clinic)[0]["layout"] == "de-btmvv"


def test_large_print_is_set_by_a_process_of_its_own_and_is_the_same(
    pharmacist: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = send(pharmacist, {**ALL, **WHY}).body
    monkeypatch.setattr(office, "LARGE", 0)
    assert send(pharmacist, {**ALL, **WHY}).body == here


def test_no_tap_says_that_something_was_printed(clinic: Treating, pharmacist: Browser) -> None:
    """Only what was really handed out stands in the journal as a print."""
    before = prints(clinic)
    fields = {"register": REGISTER, "site": SITE, "layout": "uk-2001", "digest": "0" * 64}
    form = {"command": new_id(), "token": pharmacist.token, **fields}
    answer = pharmacist.post(f"/s/{SITE}/do/register.print", form)
    assert (answer.status, "print-made" in answer.text) == (422, True)
    assert prints(clinic) == before


def test_one_print_at_a_time(pharmacist: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers_print, "TURN_SECONDS", 0.0)
    with registers_print._PRESS:
        answer = send(pharmacist, {**ALL, **WHY})
    assert answer.status == 422
    assert "Another register is being printed" in answer.text
    assert send(pharmacist, {**ALL, **WHY}).status == 200


def test_export_has_no_names_and_proves_itself(
    clinic: Treating, pharmacist: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with planting(clinic.home, caplog) as canary:
        person = treated(clinic, canary)
        answer = send(pharmacist, {**ALL, "as": "table"})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        table_name, proof_name = packed.namelist()
        table, beside = packed.read(table_name), packed.read(proof_name)
    assert (table_name, proof_name) == (
        f"{SITE}_{REGISTER}_all.csv",
        f"{SITE}_{REGISTER}_all.csv.proof.json",
    )
    said = check_export(table, read_export(beside), trusted_key(Home(clinic.home)))
    assert (said.site, said.register) == (SITE, REGISTER)
    assert person in table.decode()
    assert canary.traces(table + beside) == []


def test_nothing_is_printed_where_no_office_is_open(
    clinic: Treating, pharmacist: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = clinic.front.services._replace(office=None)
    monkeypatch.setattr(clinic.front, "services", services)
    assert "cannot be printed here" in pharmacist.get(PRINT).text
