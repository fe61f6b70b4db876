"""The pages about who patients are: nothing without a reason, nothing that stays behind."""

import asyncio
import logging
import re
import tempfile
from collections.abc import Iterator, Mapping

import apsw
import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.access import Reason
from safelight.run.identity.records import Identity, Photograph
from safelight.web.clinic.identity import CHANGE, ERASE, LOOK
from safelight.web.clinic.looks import FIND, WHAT
from safelight.web.wire import LARGEST_UPLOAD
from tests.support.patients import SITE, Clinic, clinic_at
from tests.support.vaults import JPEG, PNG
from tests.support.web import Answer, Browser

NURSE = Actor("staff-nurse", Role.NURSE)
CHECK = "identity_check"
NAME, SURNAME, STREET = "Rosalind Zebrafink", "Zebrafink", "1 Quaggaweg"
FORM = {
    "name": NAME,
    "address": f"{STREET}\r\nNorthtown",
    "born_day": "28",
    "born_month": "2",
    "born_year": "1981",
    "reason": "admission",
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic_at(tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture
def nurse(clinic: Clinic) -> Browser:
    return clinic.signed_in(Role.NURSE)


@pytest.fixture
def patient(clinic: Clinic) -> str:
    return clinic.refer()


def url(patient: str, rest: str = "identity") -> str:
    """Return an address of a patient's pages."""
    return f"/s/{SITE}/patient/{patient}/{rest}"


def post(browser: Browser, path: str, fields: Mapping[str, str]) -> Answer:
    """Send a form of a page, with this session's token."""
    return browser.post(path, {"token": browser.token, **fields})


def upload(browser: Browser, path: str, data: bytes, reason: str = "admission") -> Answer:
    """Send a photograph as a browser does."""
    parts = {"token": browser.token, "reason": reason}
    body = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in parts.items()
    ).encode()
    body += (
        b'--edge\r\nContent-Disposition: form-data; name="photograph"; '
        b'filename="rosalind-zebrafink.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body += data + b"\r\n--edge--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=edge"}
    return asyncio.run(browser.ask("POST", path, body, kind))


def known(clinic: Clinic, patient: str, name: str = NAME) -> str:
    """Keep a name and a photograph of a patient, and return the id."""
    identity = Identity(name, (STREET, "Northtown"))
    clinic.node.identities.set_identity(SITE, patient, identity, NURSE, "admission")
    clinic.node.identities.set_photograph(SITE, patient, JPEG, NURSE, "admission")
    return patient


def whats(clinic: Clinic, patient: str) -> list[tuple[str, str]]:
    """Return what was done about a patient and why, newest first."""
    found = clinic.node.identities.accesses(Actor("s", Role.MANAGER), person=patient)
    return [(each.what, each.reason) for each in found]


def test_name_is_recorded_and_shown_for_a_reason(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    answer = post(nurse, url(patient, "identity/change"), FORM)
    assert answer.location == url(patient, "identity?done=identity")
    assert "The name is kept." in nurse.get(answer.location).text
    shown = post(nurse, url(patient), {"reason": "prescription"}).text
    assert [words in shown for words in (NAME, STREET, "28 February 1981")] == [True] * 3
    assert whats(clinic, patient) == [
        ("photograph", "prescription"),
        ("identity", "prescription"),
        ("identity_changed", "admission"),
    ]


def test_page_shows_nothing_before_a_reason_is_given(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    known(clinic, patient)
    before = whats(clinic, patient)
    page = nurse.get(url(patient)).text
    assert "A name is kept, and a photograph." in page
    assert not re.search("zebrafink|quagga|data:image", page, re.IGNORECASE)
    for reason in ("", "curious"):
        refused = post(nurse, url(patient), {"reason": reason})
        assert refused.status == 422
        assert "needs a reason" in refused.text
        assert not re.search("zebrafink|quagga|data:image", refused.text, re.IGNORECASE)
    assert whats(clinic, patient) == before


def test_photograph_comes_inside_the_answer_and_has_no_address(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    """What the content-security policy lets a page show, and nothing else could fetch again."""
    known(clinic, patient)
    answer = post(nurse, url(patient), {"reason": CHECK})
    [source] = re.findall(r'<img src="([^"]+)"', answer.text)
    assert source.startswith("data:image/jpeg;base64,")
    assert "img-src 'self' data:" in answer.headers["content-security-policy"]


def test_what_was_kept_stands_in_the_form_only_after_a_look(nurse: Browser, patient: str) -> None:
    post(nurse, url(patient, "identity/change"), FORM)
    assert 'name="born_year"' not in nurse.get(url(patient)).text
    shown = post(nurse, url(patient), {"reason": "correction"}).text
    assert f'value="{NAME}"' in shown
    assert f"{STREET}\nNorthtown</textarea>" in shown
    assert 'value="1981"' in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "whole name"),
        ({"address": ""}, "no fixed abode"),
        ({"born_day": "31"}, "no date"),
        ({"born_year": "x"}, "no date"),
        ({"born_year": "9" * 30}, "no date"),
        ({"born_month": ""}, "no date"),
        ({"born_year": "2999"}, "to come"),
        ({"reason": ""}, "needs a reason"),
    ],
)
def test_identity_that_is_refused_can_be_put_right(
    clinic: Clinic, nurse: Browser, patient: str, changes: Mapping[str, str], words: str
) -> None:
    """Rule and remedy are shown, and what was typed is still there."""
    answer = post(nurse, url(patient, "identity/change"), {**FORM, **changes})
    assert answer.status == 422
    assert words in answer.text
    assert ("Zebrafink" in answer.text) == ("name" not in changes)
    assert clinic.node.identities.kept(patient) == frozenset()


def test_date_of_birth_may_be_left_out(nurse: Browser, patient: str) -> None:
    blank = dict.fromkeys(("born_day", "born_month", "born_year"), "")
    post(nurse, url(patient, "identity/change"), {**FORM, **blank})
    assert "Not recorded" in post(nurse, url(patient), {"reason": CHECK}).text


def test_photograph_is_uploaded_and_kept_as_it_is(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    answer = upload(nurse, url(patient, "photograph"), PNG)
    assert answer.location == url(patient, "identity?done=photograph")
    kept = clinic.node.identities.photograph(patient, NURSE, CHECK)
    assert kept == Photograph(PNG)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg/>", "neither a JPEG nor a PNG"),
        (b"", "neither a JPEG nor a PNG"),
        (JPEG.ljust(3 * 1024 * 1024, b"\0"), "more than 2 MB"),
    ],
)
def test_photograph_that_is_refused_is_refused_in_words(
    clinic: Clinic, nurse: Browser, patient: str, data: bytes, words: str
) -> None:
    answer = upload(nurse, url(patient, "photograph"), data)
    assert answer.status == 422
    assert words in answer.text
    assert clinic.node.identities.kept(patient) == frozenset()


def test_form_without_a_file_says_so(nurse: Browser, patient: str) -> None:
    answer = post(nurse, url(patient, "photograph"), {"reason": "admission"})
    assert (answer.status, "No file was chosen." in answer.text) == (422, True)


def test_upload_never_touches_a_disk_in_the_clear(
    nurse: Browser, patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither as a whole request nor as a file of it, however large."""

    def fails(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file was opened")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "_TemporaryFileWrapper"):
        monkeypatch.setattr(tempfile, name, fails)
    largest = JPEG.ljust(LARGEST_UPLOAD - 4096, b"\0")
    assert upload(nurse, url(patient, "photograph"), largest).status == 422
    assert upload(nurse, url(patient, "photograph"), JPEG).status == 302


def test_only_the_page_for_photographs_takes_large_forms(nurse: Browser, patient: str) -> None:
    for rest in ("identity", "identity/change", "erase"):
        assert upload(nurse, url(patient, rest), JPEG.ljust(70_000, b"\0")).status == 413
    too_large = JPEG.ljust(LARGEST_UPLOAD, b"\0")
    answer = upload(nurse, url(patient, "photograph"), too_large)
    assert (answer.status, b"8192 KB" in answer.body) == (413, True)


FORMS = ("identity", "identity/change", "photograph", "erase")


@pytest.mark.parametrize("rest", [*FORMS, "../../patients/find"])
def test_form_without_the_sessions_token_does_nothing(
    clinic: Clinic, patient: str, rest: str
) -> None:
    manager = clinic.signed_in(Role.MANAGER)
    path = f"/s/{SITE}/patients/find" if rest.startswith("..") else url(patient, rest)
    answer = manager.post(path, {**FORM, "token": "forged", "sure": "yes"})
    assert answer.status == 403
    assert whats(clinic, patient) == []


@pytest.mark.parametrize("rest", FORMS)
def test_nobody_is_shown_or_changed_who_is_not_known(clinic: Clinic, rest: str) -> None:
    manager = clinic.signed_in(Role.MANAGER)
    assert post(manager, url("p-nobody", rest), FORM).status == 404


def test_name_of_somebody_who_is_no_patient_is_refused(clinic: Clinic, nurse: Browser) -> None:
    """The door remembers people by two words; no name is taken of them by a slip."""
    patient = clinic.refer()
    treatment = clinic.treatment_of(patient)
    prescriber = Actor("staff-p", Role.PRESCRIBER, clinic.node.now())
    clinic.do("treatment.end", prescriber, treatment=treatment.id, reason="other")
    answer = post(nurse, url(patient, "identity/change"), FORM)
    assert (answer.status, "no patient here" in answer.text) == (422, True)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OFFICER, Role.WITNESS, Role.ANYONE])
@pytest.mark.parametrize("rest", FORMS)
def test_roles_off_the_floor_get_nothing(
    clinic: Clinic, patient: str, role: Role, rest: str
) -> None:
    known(clinic, patient)
    before = whats(clinic, patient)
    browser = Browser(clinic.front) if role is Role.ANYONE else clinic.signed_in(role)
    answer = post(browser, url(patient, rest), {"reason": CHECK})
    assert answer.status == (302 if role is Role.ANYONE else 403)
    assert b"Zebrafink" not in answer.body
    assert whats(clinic, patient) == before


def test_patient_is_found_by_name_and_the_words_are_nowhere(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    known(clinic, patient, "Mara Oryxfeld")
    path = f"/s/{SITE}/patients/find"
    answer = post(nurse, path, {"name": "ORYXFELD", "reason": "emergency"})
    assert f'href="{url(patient)}"' in answer.text
    assert not re.search("oryxfeld", answer.text, re.IGNORECASE)
    assert whats(clinic, patient)[0] == ("found", "emergency")
    assert "Nobody has exactly" in post(nurse, path, {"name": "Mara", "reason": CHECK}).text
    assert post(nurse, path, {"name": "Oryxfeld", "reason": ""}).status == 422


def test_manager_sees_who_looked_by_name_and_reason(
    clinic: Clinic, nurse: Browser, patient: str
) -> None:
    known(clinic, patient)
    post(nurse, url(patient), {"reason": CHECK})
    manager = clinic.signed_in(Role.MANAGER)
    page = manager.get(f"/s/{SITE}/looks?person={patient}").main
    lines = re.findall(r"<td>(.*?)</td>", page)
    assert len(lines) == 4 * 5
    assert lines[1:3] == ["Somebody, nurse", "Saw the photograph"]
    assert lines[4] == "Identity check"
    whole = manager.get(f"/s/{SITE}/looks").main
    assert clinic.node.site(SITE).persons[patient].handle in whole
    assert manager.get(f"/s/{SITE}/looks?before=x").status == 200
    assert manager.get(f"/s/{SITE}/looks?before={'9' * 40}").status == 200
    assert "Nobody yet." in manager.get(f"/s/{SITE}/looks?before=1").main
    assert nurse.get(f"/s/{SITE}/looks").status == 403


def test_list_of_looks_goes_back_page_by_page(clinic: Clinic) -> None:
    persons = [f"p-{number}" for number in range(150)]
    pharmacist = Actor("staff-p", Role.PHARMACIST)
    node = clinic.node
    node.identities.identities_for_print(persons, "A register", pharmacist, "register_print")
    manager = clinic.signed_in(Role.MANAGER)
    first = manager.get(f"/s/{SITE}/looks").main
    [older] = re.findall(r'href="(/s/north/looks\?before=\d+)">Older', first)
    second = manager.get(older).main
    assert first.count("<tr>") == 101
    assert "Printed: A register" in first + second
    seen = [re.findall(r">(p-\d+)<", each) for each in (first, second)]
    assert sorted(seen[0] + seen[1])[-150:] == sorted(persons)


def test_manager_erases_after_saying_that_they_know(clinic: Clinic, patient: str) -> None:
    known(clinic, patient)
    manager = clinic.signed_in(Role.MANAGER)
    form = {"reason": "patient_asked", "sure": "yes"}
    unsure = post(manager, url(patient, "erase"), {**form, "sure": ""})
    assert (unsure.status, "not ticked" in unsure.text) == (422, True)
    unreasoned = post(manager, url(patient, "erase"), {**form, "reason": ""})
    assert (unreasoned.status, "needs a reason" in unreasoned.text) == (422, True)
    assert post(manager, url(patient, "erase"), form).location == url(
        patient, "identity?done=erased"
    )
    assert clinic.node.identities.kept(patient) == frozenset()


def test_page_and_addresses_name_nobody(clinic: Clinic, nurse: Browser, patient: str) -> None:
    """What a browser keeps of a page is its address and its title."""
    known(clinic, patient)
    for answer in (
        post(nurse, url(patient), {"reason": CHECK}),
        post(nurse, url(patient, "identity/change"), {**FORM, "born_day": "x"}),
        post(nurse, f"/s/{SITE}/patients/find", {"name": SURNAME, "reason": CHECK}),
    ):
        [title] = re.findall(r"<title>(.*?)</title>", answer.text, re.DOTALL)
        links = re.findall(r'(?:href|action)="([^"]*)"', answer.text)
        carried = re.findall(r'type="hidden"[^>]*value="([^"]*)"', answer.text)
        assert not re.search("zebrafink|quagga", " ".join([title, *links, *carried]), re.IGNORECASE)
        assert answer.headers["cache-control"] == "no-store"
    for path in (url(patient), url(patient, "erase"), f"/s/{SITE}/patients/find"):
        assert nurse.get(path).headers["cache-control"] == "no-store"


def test_failure_of_the_vault_is_said_and_logged_without_a_word(
    clinic: Clinic,
    nurse: Browser,
    patient: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a refusal nor a fault leaves what was typed in a log."""
    known(clinic, patient)
    vault = clinic.node._vault._file
    monkeypatch.setattr(vault, "patience", 1)
    vault._connection.set_busy_timeout(1)
    with caplog.at_level(logging.DEBUG):
        other = apsw.Connection(str(clinic.home / "vault.sqlite3"))
        other.execute("begin immediate")
        assert post(nurse, url(patient), {"reason": CHECK}).status == 503
        assert post(nurse, url(patient, "identity/change"), FORM).status == 503
        other.execute("rollback")
        other.close()

        def broken(*_: object) -> None:
            raise RuntimeError(NAME)

        monkeypatch.setattr(clinic.node._vault, "set_identity", broken)
        assert post(nurse, url(patient, "identity/change"), FORM).status == 503
    logged = "".join(str(record.exc_text) + record.getMessage() for record in caplog.records)
    assert not re.search("zebrafink|quagga", logged, re.IGNORECASE)


def test_addresses_that_only_take_forms_lead_back(nurse: Browser, patient: str) -> None:
    """Somebody whose session ended lands there after logging in again."""
    for rest in ("identity/change", "photograph"):
        assert nurse.get(url(patient, rest)).location == url(patient)


def test_every_reason_is_offered_somewhere_and_every_look_has_words() -> None:
    offered = {*LOOK, *CHANGE, *ERASE, *FIND, Reason.REGISTER_PRINT}
    assert offered == set(Reason)
    assert len(set(WHAT.values())) == len(WHAT)


def test_look_that_the_node_refuses_is_shown_as_a_page(
    clinic: Clinic, nurse: Browser, patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise Refused("vault-readable", "This cannot be read.", "Restore the key.")

    monkeypatch.setattr(clinic.node._vault, "identity", refused)
    answer = post(nurse, url(patient), {"reason": CHECK})
    assert (answer.status, "Restore the key." in answer.text) == (422, True)
