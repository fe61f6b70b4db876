"""Made-up names go in through every page that takes one, and are found nowhere but sealed.

Every test plants its own words, so that each way in is searched on its own; the whole home is
searched: databases with their logs, the vault, the emergency store, checkpoints, keys, and the
accounts. So is what was logged.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future

import pytest

from safelight.kernel.errors import NotSaved
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.base import Actor, Role
from safelight.wiring import Home, new_id, sign_checkpoint
from tests.support.canary import Canary, assert_nowhere
from tests.support.patients import SITE, Clinic, clinic_at
from tests.support.planting import planting
from tests.support.vaults import JPEG
from tests.support.web import Browser, configured
from tests.unit.web.test_identity import CHECK, post, upload, url


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with clinic_at(tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture
def manager(clinic: Clinic) -> Browser:
    return clinic.signed_in(Role.MANAGER)


@pytest.fixture
def patient(clinic: Clinic) -> str:
    return clinic.refer()


def identity_form(canary: Canary, **changes: str) -> dict[str, str]:
    """Return the form with everything that can be a name in it."""
    first, surname, street = canary.words
    form = {"name": f"{first} {surname}", "address": f"1 {street}\nNorthtown"}
    return {**form, "reason": "admission", **changes}


def test_search_finds_a_name_that_a_page_lets_through(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """The name of a place stands in the journal for everybody, so a person's must not be it."""

    def leak() -> None:
        with planting(clinic.home, caplog) as canary:
            label = canary.words[0]
            clinic.do("place.add", place="room-1", label=label, kind="booth", routes=["injecting"])

    with pytest.raises(AssertionError, match="journal"):
        leak()


def test_identity_leaves_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Recorded, looked at, found, printed, replaced and erased."""
    with planting(clinic.home, caplog) as canary:
        first, surname, _ = canary.words
        assert post(manager, url(patient, "identity/change"), identity_form(canary)).status == 302
        assert surname in post(manager, url(patient), {"reason": CHECK}).text
        find = f"/s/{SITE}/patients/find"
        assert patient in post(manager, find, {"name": surname, "reason": CHECK}).text
        pharmacist = Actor("staff-p", Role.PHARMACIST)
        printed = clinic.node.identities.identities_for_print(
            [patient], "A register", pharmacist, "register_print"
        )
        assert printed
        assert_nowhere(clinic.home, canary)
        changed = identity_form(canary, name=first, reason="correction")
        assert post(manager, url(patient, "identity/change"), changed).status == 302
        assert_nowhere(clinic.home, canary)
        form = {"reason": "patient_asked", "sure": "yes"}
        assert post(manager, url(patient, "erase"), form).status == 302


def test_photograph_leaves_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Cameras write names and places into their files, and people into the names of files."""
    with planting(clinic.home, caplog) as canary:
        first, surname, street = canary.words
        written = f"Exif\0\0Artist\0{first} {surname}\0Place\0{street}\0".encode()
        picture = JPEG[:4] + written + surname.encode("utf-16-le") + JPEG[4:]
        assert upload(manager, url(patient, "photograph"), picture).status == 302
        assert_nowhere(clinic.home, canary)
        shown = post(manager, url(patient), {"reason": CHECK})
        assert canary.traces(shown.body)  # inside the answer, and only there


def test_refused_identity_and_photograph_leave_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    with planting(clinic.home, caplog) as canary:
        first, surname, street = canary.words
        for changes in (
            {"name": first * 50},
            {"address": f"{street}\n" * 20},
            {"born_day": surname},
            {"reason": surname},
            {"token": first},
            {surname: first},
        ):
            form = identity_form(canary, **{"born_day": "31", "born_month": "2", **changes})
            assert post(manager, url(patient, "identity/change"), form).status in {403, 422}
        words = " ".join(canary.words).encode()
        assert upload(manager, url(patient, "photograph"), words).status == 422
        too_large = (words + b" ").ljust(3 * 1024 * 1024, b"\0")
        assert upload(manager, url(patient, "photograph"), too_large).status == 422
        assert upload(manager, url(patient, "photograph"), JPEG, reason=surname).status == 422
        huge = words.ljust(9 * 1024 * 1024, b"\0")
        assert upload(manager, url(patient, "photograph"), huge).status == 413


def test_search_and_looks_leave_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody of the name is there, and nobody learns later that it was asked for."""
    with planting(clinic.home, caplog) as canary:
        first, surname, street = canary.words
        find = f"/s/{SITE}/patients/find"
        assert post(manager, find, {"name": surname, "reason": CHECK}).status == 200
        assert post(manager, find, {"name": first, "reason": street}).status == 422
        assert post(manager, url(patient), {"reason": surname}).status == 422
        assert manager.get(f"/s/{SITE}/looks?person={first}&before={surname}").status == 200
        assert post(manager, f"/s/{SITE}/reception", {"q": surname}).status == 200
        assert manager.get(f"/s/{SITE}/patient/{first}/identity").status == 404
        assert manager.get(f"/s/{street}/").status == 404
        assert manager.get(f"/{surname}").status == 404
        form = {"reason": "patient_asked", "sure": surname}
        assert post(manager, url(patient, "erase"), form).status == 422


def test_alias_leaves_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever chooses their own name for an alias is as safe."""
    with planting(clinic.home, caplog) as canary:
        page = f"/s/{SITE}/person/{patient}/alias"
        assert post(manager, page, {"alias": " ".join(canary.words)}).status == 200
        assert canary.words[0] in post(manager, page, {"reason": "asked"}).text
        assert post(manager, page, {"reason": canary.words[1]}).status == 200


def tap(browser: Browser, name: str, fields: Mapping[str, str]) -> int:
    """Post a tap as a form, and return its status."""
    everything = {"command": new_id(), "token": browser.token, **fields}
    return browser.post(f"/s/{SITE}/do/{name}", everything).status


def test_notes_leave_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is written about anybody, as a form or as JSON."""
    with planting(clinic.home, caplog) as canary:
        note = " ".join(canary.words)
        treatment = {"source": "self", "note": note}
        assert tap(manager, "treatment.refer", treatment) == 303
        assert tap(manager, "incident.open", {}) == 303
        incident = next(iter(clinic.node.site(SITE).incidents))
        step = {"incident": incident, "what": "note", "note": note}
        assert tap(manager, "incident.record", step) == 303
        alert = {"person": patient, "kind": "allergy", "note": note}
        assert tap(manager, "alert.add", alert) == 303
        data = {"command": new_id(), "token": manager.token, **step}
        assert manager.post_json(f"/s/{SITE}/do/incident.record", data).status == 200


def test_refused_taps_leave_no_trace(
    clinic: Clinic, manager: Browser, patient: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A name where a code, an id, a time or nothing belongs."""
    with planting(clinic.home, caplog) as canary:
        first, surname, street = canary.words
        for name, fields in (
            ("treatment.refer", {"source": first}),
            ("treatment.refer", {"source": "self", "person": surname}),
            ("treatment.refer", {"source": "self", "note": first, surname: street}),
            ("alert.add", {"person": patient, "kind": first, "note": surname}),
            ("alert.add", {"person": patient, "kind": "allergy", "note": surname * 2000}),
            ("incident.open", {"happened_time": first}),
            ("incident.open", {"command": surname}),
            (f"incident.{first}", {"note": surname}),
        ):
            assert tap(manager, name, fields) in {403, 404, 422}
        for data in ({first: surname}, [street], first):
            answer = manager.post_json(f"/s/{SITE}/do/treatment.refer", data)
            assert answer.status in {403, 422}


def test_emergency_that_the_journal_cannot_take_leaves_no_trace(
    clinic: Clinic,
    manager: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What waits in the emergency store is sealed before it comes there."""

    def full(_: Tap) -> "Future[Receipt]":
        future: Future[Receipt] = Future()
        future.set_exception(NotSaved("disk-full", "NOT SAVED.", "Free some space."))
        return future

    assert tap(manager, "incident.open", {}) == 303
    incident = next(iter(clinic.node.site(SITE).incidents))
    with planting(clinic.home, caplog) as canary:
        with monkeypatch.context() as failing:
            failing.setattr(clinic.node, "submit", full)
            step = {"incident": incident, "what": "note", "note": " ".join(canary.words)}
            assert tap(manager, "incident.record", step) in {503, 507}
        assert clinic.node.emergencies_waiting == 1
        assert_nowhere(clinic.home, canary)
        assert clinic.node.release_emergencies() == 1


def test_log_in_under_a_patients_name_leaves_no_trace(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """Typed into the wrong field in a hurry."""
    with planting(clinic.home, caplog) as canary:
        first, surname, street = canary.words
        form = {"login": first, "password": surname, "next": f"/{street}"}
        assert Browser(clinic.front).post("/login", form).status == 422


@pytest.mark.parametrize("method", ["set_identity", "identity", "find_by_name", "photograph"])
def test_fault_in_the_vault_leaves_no_trace(
    clinic: Clinic,
    manager: Browser,
    patient: str,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error's own words may quote what it failed on."""
    with planting(clinic.home, caplog) as canary:

        def fails(*_: object) -> None:
            raise RuntimeError(" ".join(canary.words))

        with monkeypatch.context() as failing:
            failing.setattr(clinic.node._vault, method, fails)
            answers = (
                post(manager, url(patient, "identity/change"), identity_form(canary)),
                post(manager, url(patient), {"reason": CHECK}),
                post(manager, f"/s/{SITE}/patients/find", {"name": "x", "reason": CHECK}),
            )
        [failed] = [answer for answer in answers if answer.status == 503]
        assert canary.traces(failed.body) == []
        assert "Service Unavailable" in caplog.text


def test_home_has_all_the_files_that_are_searched(clinic: Clinic) -> None:
    """A search in the wrong place would find nothing, and be happy."""
    sign_checkpoint(Home(clinic.home), SITE)
    databases = ("journal.sqlite3", "journal.sqlite3-wal", "vault.sqlite3", "vault.sqlite3-wal")
    for name in (*databases, "emergency.spool", f"checkpoints/{SITE}.jsonl"):
        assert (clinic.home / name).is_file(), name
    assert (configured() / "accounts.sqlite3").is_file()
