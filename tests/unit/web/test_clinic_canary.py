"""Made-up names go through every form of the clinic, and are found nowhere but sealed."""

from collections.abc import Iterator

import msgspec
import pytest

from safelight.run.domain.base import Role
from safelight.run.domain.registry import COMMANDS
from safelight.web.forms import Kind, shape_of
from safelight.wiring import new_id
from tests.support.planting import planting
from tests.support.treating import REGISTER, SITE, Treating, treating
from tests.support.web import Browser

PARTS = (
    "treatment",
    "eligibility",
    "consent",
    "care",
    "contact",
    "review",
    "outcome",
    "licence",
    "prescription",
    "session",
    "doses",
    "oral",
    "clock",
    "register",
    "requisition",
    "return",
    "destruction_witness",
    "discrepancy",
    "concern",
)
NAMES = sorted(name for name in COMMANDS if name.partition(".")[0] in PARTS)
# What managers and pharmacists write about firms and documents, never about patients.
IN_THE_OPEN = {
    "licence.record": {"premises", "document"},
    "destruction_witness.authorise": {"document"},
    "register.receive": {"supplier", "address", "document"},
    "register.correct": {"supplier", "address", "document"},
    "requisition.sign": {"supplier", "address", "purpose", "profession"},
    "prescription.sign": {"total_in_words"},  # compared with the figures, and not kept
}

OFF_THE_BOX = {"batch"}  # letters and digits, as makers print them


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treating]:
    with treating(tmp_path_factory.mktemp("clinic")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browsers(clinic: Treating) -> dict[Role, Browser]:
    """Somebody signed in for each role that may do anything here."""
    roles = (Role.NURSE, Role.PRESCRIBER, Role.MANAGER, Role.PHARMACIST, Role.OFFICER)
    return {role: clinic.signed_in(role) for role in roles}


def test_every_part_of_the_clinic_is_tried() -> None:
    assert {name.partition(".")[0] for name in NAMES} == set(PARTS)


@pytest.mark.parametrize("name", NAMES)
def test_names_in_every_field_leave_no_trace(
    name: str,
    clinic: Treating,
    browsers: dict[Role, Browser],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever is typed where it does not belong is refused and forgotten."""
    role = next(role for role in browsers if role in COMMANDS[name].may)
    browser = browsers[role]
    with planting(clinic.home, caplog) as canary:
        full = " ".join(canary.words)
        fields = dict.fromkeys(shape_of(name).kinds, full)
        for typed in (fields, {**fields, "witness": full, "proof": full}, {full: full}):
            answer = browser.post(f"/s/{SITE}/do/{name}", {**typed, "token": browser.token})
            assert answer.status in {400, 403, 422}, answer.text[:300]


@pytest.mark.parametrize("name", NAMES)
def test_only_sealed_fields_take_free_words(name: str) -> None:
    """A field of any clinic form either refuses a name by its shape, or is sealed."""
    open_fields = {
        field
        for field, kind in shape_of(name).kinds.items()
        if kind is not Kind.SEALED and "." not in field and takes_words(name, field)
    }
    assert open_fields <= IN_THE_OPEN.get(name, set()) | OFF_THE_BOX


def takes_words(name: str, field: str) -> bool:
    """Tell whether a field of a command would take a name as it stands."""
    known = {each.encode_name: each.type for each in msgspec.structs.fields(COMMANDS[name].command)}
    if field not in known:  # another spelling of a quantity
        return False
    try:
        msgspec.convert("Quagga Weide", known[field])
    except msgspec.ValidationError:
        return False
    return True


def test_notes_are_sealed_and_nothing_else_holds_them(
    clinic: Treating, browsers: dict[Role, Browser], caplog: pytest.LogCaptureFixture
) -> None:
    """A referral, a care plan, a contact, a lock: each with a name in its note."""
    person = clinic.patient()
    treatment = clinic.treatments[person]
    with planting(clinic.home, caplog) as canary:
        full = " ".join(canary.words)
        for name, fields in (
            ("treatment.refer", {"source": "self", "note": full}),
            ("care.plan", {"treatment": treatment, "goals": full}),
            (
                "contact.record",
                {"treatment": treatment, "kind": "counselling", "result": "attended", "note": full},
            ),
            ("doses.lock", {"person": person, "reason": "safety", "note": full}),
            ("concern.raise", {"kind": "other", "register": REGISTER, "note": full}),
        ):
            before = clinic.node.journal(SITE, None, 1)[0].seq
            browser = browsers[Role.NURSE]
            answer = browser.post(
                f"/s/{SITE}/do/{name}", {**fields, "token": browser.token, "command": new_id()}
            )
            assert answer.status == 303, answer.text[-600:]
            assert clinic.node.journal(SITE, None, 1)[0].seq > before
