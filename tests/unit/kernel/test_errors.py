"""An error carries its parts to whoever shows it, also from another process."""

import pickle

import pytest

from safelight.kernel.errors import Invalid, NotSaved, Refused, SafelightError, Tampered
from safelight.run.store.driver import Fault, StoreFault

ERRORS: list[SafelightError] = [
    *(
        kind("rule", "Wrong.", "Right it.", seq=7)
        for kind in (Refused, Invalid, NotSaved, Tampered)
    ),
    *(StoreFault(fault, "in detail") for fault in Fault),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_error_crosses_to_another_process_with_all_its_parts(error: SafelightError) -> None:
    """What a worker process refuses is shown in the same words."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert again.as_dict() == error.as_dict()


def test_error_says_what_is_wrong_and_then_what_to_do() -> None:
    """Message and remedy are kept apart, and read as one text."""
    error = Refused("rule", "Wrong.", "Right it.", seq=7)
    assert str(error) == "Wrong. Right it."
    assert str(Refused("rule", "Wrong.")) == "Wrong."
    assert error.as_dict() == {
        "error": "rule",
        "message": "Wrong.",
        "remedy": "Right it.",
        "values": {"seq": "7"},
    }
