"""Two people and proof that is minutes old, by example."""

from datetime import timedelta

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.proof import require_proof, require_two
from tests.support.sites import ADA, BEN, NOW, given

MINUTE = timedelta(minutes=1)
MAY = frozenset({Role.NURSE, Role.PHARMACIST})
BEN_HERE = Actor(BEN, Role.NURSE, NOW - MINUTE)


@pytest.mark.parametrize("age", [timedelta(0), 5 * MINUTE])
def test_proof_holds_for_the_minutes_that_the_pack_says(age: timedelta) -> None:
    require_proof(given(proved_at=NOW - age))


@pytest.mark.parametrize(
    ("age", "rule"),
    [
        pytest.param(None, "proof-given", id="logged in is not enough"),
        pytest.param(5 * MINUTE + timedelta(microseconds=1), "proof-fresh", id="too old"),
        pytest.param(-timedelta(microseconds=1), "proof-fresh", id="from a time to come"),
    ],
)
def test_proof_that_is_missing_or_not_fresh_is_refused(age: timedelta | None, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        require_proof(given(proved_at=None if age is None else NOW - age))
    assert caught.value.code == rule


def test_two_people_who_both_proved_it_will_do() -> None:
    assert require_two(given(proved_at=NOW, witness=BEN_HERE), MAY) == BEN


@pytest.mark.parametrize(
    ("witness", "rule"),
    [
        pytest.param(None, "witness-present", id="nobody"),
        pytest.param(Actor(ADA, Role.NURSE, NOW), "witness-different", id="the same person"),
        pytest.param(Actor(BEN, Role.WORKER, NOW), "witness-may", id="in another role"),
        pytest.param(Actor(BEN, Role.NURSE), "proof-given", id="who proved nothing"),
        pytest.param(Actor(BEN, Role.NURSE, NOW - 6 * MINUTE), "proof-fresh", id="long ago"),
    ],
)
def test_witness_who_will_not_do_is_refused(witness: Actor | None, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        require_two(given(proved_at=NOW, witness=witness), MAY)
    assert caught.value.code == rule


def test_actor_proves_it_as_well() -> None:
    with pytest.raises(Refused) as caught:
        require_two(given(witness=BEN_HERE), MAY)
    assert (caught.value.code, caught.value.values) == ("proof-given", {"staff": ADA})
