"""The types of fields: what fits into them, and the class that they carry."""

from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import msgspec
import pytest

from safelight.kernel import privacy
from safelight.kernel.privacy import Privacy, measurement

NAMED = {
    "Code": Privacy.OPEN,
    "Label": Privacy.OPEN,
    "Citation": Privacy.OPEN,
    "Batch": Privacy.OPEN,
    "PlaceId": Privacy.OPEN,
    "ItemId": Privacy.OPEN,
    "Digest": Privacy.OPEN,
    "Count": Privacy.OPEN,
    "Total": Privacy.OPEN,
    "Micrograms": Privacy.OPEN,
    "MicrogramsMoved": Privacy.OPEN,
    "Seq": Privacy.OPEN,
    "Flag": Privacy.OPEN,
    "Instant": Privacy.OPEN,
    "Day": Privacy.OPEN,
    "StaffId": Privacy.STAFF,
    "PersonId": Privacy.PSEUDONYM,
    "VisitId": Privacy.PSEUDONYM,
    "IncidentId": Privacy.PSEUDONYM,
    "Handle": Privacy.PSEUDONYM,
    "HealthCode": Privacy.HEALTH,
    "HealthFlag": Privacy.HEALTH,
    "HealthInstant": Privacy.HEALTH,
    "HealthDay": Privacy.HEALTH,
    "DoseMicrograms": Privacy.HEALTH,
    "QuantityWords": Privacy.HEALTH,
    "Sealed": Privacy.SEALED,
}


def fits(hint: object, value: object) -> bool:
    """Tell whether a value passes the limits of a field."""
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(("name", "expected"), NAMED.items(), ids=NAMED)
def test_type_carries_its_class(name: str, expected: Privacy) -> None:
    """Every type of a field says which privacy class it has."""
    _, meta = get_args(getattr(privacy, name))
    assert meta.extra["privacy"] is expected
    assert meta.extra.keys() <= {"privacy", "unit"}


def test_no_type_is_left_out() -> None:
    """The table above lists every type that there is."""
    types = {name for name, hint in vars(privacy).items() if len(get_args(hint)) == 2}
    assert types == set(NAMED)


VALUES: dict[str, tuple[str, list[Any], list[Any]]] = {
    "codes": (
        "Code",
        ["a", "wound_care", "naloxone2", "x" * 48],
        ["", "A", "2a", "wound care", "wound-care", "a\n", "é", "x" * 49],
    ),
    "ids": ("PersonId", ["p-1", "p-0af"], ["p", "P-1", "p_1", "p 1", "p-1\n", "x" * 65]),
    "handles": (
        "Handle",
        ["amber finch", "amber finch 2"],
        ["amber", "Amber Finch", "amber finch two", "a b c", "amber finch\n", "amber  finch"],
    ),
    "batches": ("Batch", ["AB12", "ab 12/3.4-5"], ["", "AB_12", "x" * 41, "AB12\n"]),
    "digests": ("Digest", ["0" * 64], ["0" * 63, "G" * 64, "0" * 64 + "\n"]),
    "sealed texts": (
        "Sealed",
        ["sealed:abc", "sealed:v1.A_b-c=="],
        ["abc", "sealed:", "sealed:a b", "sealed:" + "x" * 12_001, "sealed:abc\n"],
    ),
    "labels": ("Label", ["x", "Ünder 5"], ["", "x" * 121]),
    "counts": ("Count", [0, 1_000_000], [-1, 1_000_001, 1.5, "1"]),
    "totals": ("Total", [0, 10**12], [-1]),
    "stock of a drug": ("Micrograms", [0, 10**12], [-1, 10**12 + 1, 0.5]),
    "doses": ("DoseMicrograms", [0, 10**10], [-1, 10**10 + 1, 0.5]),
    "quantities in words": (
        "QuantityWords",
        ["two hundred", "Twenty-one, mg"],
        ["", "200 mg", "x\n"],
    ),
    "entries": ("Seq", [1, 10**9], [0, -1]),
    "instants": (
        "Instant",
        [datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00Z"],
        [datetime(2025, 1, 1), "2025-01-01T00:00:00", "2025-01-01"],  # noqa: DTZ001 - has to be refused
    ),
}


@pytest.mark.parametrize(("name", "good", "bad"), VALUES.values(), ids=VALUES)
def test_type_takes_what_fits(name: str, good: list[object], bad: list[object]) -> None:
    """A field takes what is written as it should be, and nothing else, to the last sign."""
    hint = getattr(privacy, name)
    assert [value for value in good if not fits(hint, value)] == []
    assert [value for value in bad if fits(hint, value)] == []


def test_measurement_has_limits() -> None:
    """Beyond its limits a measurement is a slip of the finger."""
    spo2 = Annotated[int, measurement(0, 100)]
    assert [value for value in (-1, 0, 97, 100, 101) if fits(spo2, value)] == [0, 97, 100]
    assert measurement(0, 100).extra == {"privacy": Privacy.HEALTH}
