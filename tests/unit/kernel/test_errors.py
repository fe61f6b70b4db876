"""Errors that name the rule, the values and the remedy."""

import pickle
from datetime import date

import pytest

from safelight.kernel.errors import Invalid, NotSaved, Refused, SafelightError, Tampered

REFUSED = Refused("place-open", "Booth 1 is closed.", "Choose another.", place="booth-1", free=2)


def test_error_keeps_its_parts_apart() -> None:
    """A screen shows message and remedy, a log takes the code, a test takes the values."""
    assert REFUSED.code == "place-open"
    assert REFUSED.message == "Booth 1 is closed."
    assert REFUSED.remedy == "Choose another."
    assert REFUSED.values == {"place": "booth-1", "free": 2}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(REFUSED, "Booth 1 is closed. Choose another.", id="with a remedy"),
        pytest.param(Invalid("x", "Not understood."), "Not understood.", id="without one"),
    ],
)
def test_error_reads_as_one_text(error: SafelightError, text: str) -> None:
    """As a text, an error says what is wrong and then what to do."""
    assert str(error) == text


def test_error_goes_out_as_plain_values() -> None:
    """For other programs, values are texts."""
    assert Refused("a", "B.", "C.", day=date(2025, 1, 13), what=None).as_dict() == {
        "error": "a",
        "message": "B.",
        "remedy": "C.",
        "values": {"day": "2025-01-13", "what": "None"},
    }


def test_values_may_be_called_what_they_are() -> None:
    """A value may be named like a part of the error itself."""
    error = Refused("a", "B.", "C.", code="x", message="y", remedy="z")
    assert (error.code, error.values) == ("a", {"code": "x", "message": "y", "remedy": "z"})


def test_error_crosses_from_one_process_to_another() -> None:
    """An error arrives elsewhere with its class and all its parts."""
    arrived = pickle.loads(pickle.dumps(REFUSED))  # noqa: S301 - made on the line itself
    assert type(arrived) is Refused
    assert (str(arrived), arrived.as_dict()) == (str(REFUSED), REFUSED.as_dict())


@pytest.mark.parametrize("kind", [Refused, Invalid, NotSaved, Tampered])
def test_every_error_can_be_caught_as_one(kind: type[SafelightError]) -> None:
    """Whoever shows errors to people catches one class, and no other error with it."""
    with pytest.raises(SafelightError):
        raise kind("a", "B.")
    others = {Refused, Invalid, NotSaved, Tampered} - {kind}
    assert not any(issubclass(kind, other) for other in others)
