"""Second factors: sealed, enrolled by a first code, and a code is good once, whoever tries."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Role
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.factors import Factors, begun, enrolled
from safelight.web.accounts.service import (
    active_staff,
    colleagues_of,
    find_staff,
    remember_proof,
    session_loader,
    set_active,
)
from safelight.web.throttle import FAILURES, Throttle
from tests.support.phones import Turned, wrong
from tests.support.web import SECRET, account

if TYPE_CHECKING:  # models exist only once Django is set up
    from safelight.web.accounts.models import Staff

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def factors(clock: Turned) -> Factors:
    return Factors(SECRET, clock, Throttle())


@pytest.fixture
def nurse(factors: Factors) -> "Staff":
    staff = find_staff(account(Role.NURSE)[0])
    factors.enrol(staff, KEY)
    return staff


def rule_of(factors: Factors, staff: "Staff", code: str, use: str = "") -> str:
    """Return the rule that refuses a code, or nothing."""
    try:
        factors.check(staff, code, use)
    except Refused as refused:
        return refused.code
    return ""


def test_a_right_code_is_a_proof_of_now(factors: Factors, clock: Turned, nurse: "Staff") -> None:
    proof = factors.check(nurse, code_at(KEY, clock.now))
    assert proof.at == clock.now


def test_a_wrong_code_proves_nothing(factors: Factors, clock: Turned, nurse: "Staff") -> None:
    assert rule_of(factors, nurse, wrong(code_at(KEY, clock.now))) == "second-factor-right"


def test_a_code_is_good_once(factors: Factors, clock: Turned, nurse: "Staff") -> None:
    code = code_at(KEY, clock.now)
    assert [rule_of(factors, nurse, code) for _ in range(2)] == ["", "second-factor-new"]
    clock.wait(30)
    assert rule_of(factors, nurse, code) == "second-factor-new"
    assert rule_of(factors, nurse, code_at(KEY, clock.now)) == ""


def test_an_older_code_than_the_last_one_is_not_taken(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    older = code_at(KEY, clock.now)
    clock.wait(30)
    factors.check(nurse, code_at(KEY, clock.now))
    assert rule_of(factors, nurse, older) == "second-factor-new"


def test_for_the_same_use_a_code_may_come_again_and_for_no_other(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    code = code_at(KEY, clock.now)
    answers = [rule_of(factors, nurse, code, use) for use in ("a", "a", "b", "", "a")]
    assert answers == ["", "", "second-factor-new", "second-factor-new", ""]


def test_of_many_who_bring_the_same_code_at_once_one_gets_it(clock: Turned, nurse: "Staff") -> None:
    """Each with factors of their own, as processes have; only the database is shared."""
    code = code_at(KEY, clock.now)

    def bring(number: int) -> str:
        return rule_of(Factors(SECRET, clock, Throttle()), nurse, code, f"use {number}")

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(bring, range(16)))
    assert sorted(answers) == ["", *["second-factor-new"] * 15]


def test_after_five_wrong_codes_even_a_right_one_has_to_wait(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    code = code_at(KEY, clock.now)
    for _ in range(FAILURES):
        assert rule_of(factors, nurse, wrong(code)) == "second-factor-right"
    with pytest.raises(Refused) as caught:
        factors.check(nurse, code)
    assert caught.value.code == "second-factor-wait"
    assert "5 minutes" in caught.value.remedy
    other = find_staff(account(Role.NURSE)[0])
    factors.enrol(other, KEY)
    assert rule_of(factors, other, code) == ""


def test_whoever_has_none_is_told_so(factors: Factors) -> None:
    staff = find_staff(account(Role.NURSE)[0])
    assert rule_of(factors, staff, "123456") == "second-factor-enrolled"


def test_setting_up_counts_from_the_first_right_code(factors: Factors, clock: Turned) -> None:
    staff = find_staff(account(Role.NURSE)[0])
    secret = factors.begin(staff)
    code = code_at(secret, clock.now)
    assert rule_of(factors, staff, code) == "second-factor-enrolled"
    with pytest.raises(Refused):
        factors.confirm(staff, wrong(code))
    assert enrolled(staff) is None
    assert factors.confirm(staff, code).at == clock.now
    assert begun(staff) is None
    assert rule_of(factors, staff, code) == "second-factor-new"
    with pytest.raises(Refused) as caught:
        factors.confirm(staff, code)
    assert caught.value.code == "second-factor-begun"


def test_a_reset_factor_proves_nothing_any_more(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    factors.reset(nurse)
    assert rule_of(factors, nurse, code_at(KEY, clock.now)) == "second-factor-enrolled"


def test_a_secret_is_sealed_for_one_person_under_one_key(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    factor = enrolled(nurse)
    assert factor is not None
    assert KEY not in factor.sealed
    with_another_key = Factors(b"another", clock, Throttle())
    code = code_at(KEY, clock.now)
    assert rule_of(with_another_key, nurse, code) == "second-factor-readable"
    other = find_staff(account(Role.NURSE)[0])
    factors.enrol(other, KEY)
    moved = enrolled(other)
    assert moved is not None
    moved.sealed = factor.sealed
    moved.save()
    assert rule_of(factors, other, code) == "second-factor-readable"


def test_a_use_is_known_by_a_mark_that_tells_nothing(factors: Factors, clock: Turned) -> None:
    assert factors.mark(b"a") == factors.mark(b"a")
    assert factors.mark(b"a") != factors.mark(b"b")
    assert factors.mark(b"a") != Factors(b"another", clock, Throttle()).mark(b"a")


def test_colleagues_are_everybody_active_but_oneself(nurse: "Staff") -> None:
    gone = find_staff(account(Role.NURSE)[0])
    set_active(gone, active=False)
    bare = find_staff(account(Role.PHARMACIST)[0])
    listed = {one.staff: one for one in colleagues_of(bare.id)}
    assert nurse.id in listed
    assert gone.id not in listed
    assert bare.id not in listed
    shown = listed[nurse.id]
    assert (shown.name, shown.role, shown.enrolled) == (f"Somebody ({nurse.login})", "nurse", True)
    assert not {one.staff: one for one in colleagues_of(nurse.id)}[bare.id].enrolled
    assert (active_staff(gone.id), active_staff(gone.login)) == (None, None)
    assert active_staff(nurse.id) == active_staff(f" {nurse.login.upper()}") == nurse


def test_a_session_that_ended_meanwhile_is_not_begun_again_by_remembering(
    factors: Factors, clock: Turned, nurse: "Staff"
) -> None:
    remember_proof("ended", factors.check(nurse, code_at(KEY, clock.now)))
    assert session_loader(SECRET, clock)("ended") is None
