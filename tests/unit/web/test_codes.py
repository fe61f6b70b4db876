"""The codes of a second factor: those of the standard, for one moment and a little around it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from safelight.web.accounts.codes import code_at, in_groups, new_secret, picture, step_at, step_of
from tests.support.fake_node import NOON
from tests.support.phones import wrong

# RFC 6238, appendix B: the seed of the examples for SHA-1; the last six of their eight digits.
SEED = base64.b32encode(b"12345678901234567890").decode()
EXAMPLES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = timedelta(seconds=30)


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SEED, datetime.fromtimestamp(seconds, UTC)) == code


@pytest.mark.parametrize(
    ("steps", "belongs"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_of_the_half_minute_before_or_after_is_taken_and_no_other(
    steps: int, *, belongs: bool
) -> None:
    shown = NOON + steps * STEP
    found = step_of(SECRET, code_at(SECRET, shown), NOON)
    assert found == (step_at(SECRET, shown) if belongs else None)


@pytest.mark.parametrize("spaced", ["{0}{1}", "{0} {1}", " {0}-{1} "])
def test_a_code_may_be_typed_in_two_groups(spaced: str) -> None:
    code = code_at(SECRET, NOON)
    assert step_of(SECRET, spaced.format(code[:3], code[3:]), NOON) == step_at(SECRET, NOON)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "٠١٢٣٤٥", "abcdef", "None"])
def test_what_is_no_six_digits_is_wrong(typed: str) -> None:
    assert step_of(SECRET, typed, NOON) is None


def test_another_code_is_wrong() -> None:
    assert step_of(SECRET, wrong(code_at(SECRET, NOON)), NOON) is None


def test_a_secret_is_new_each_time_and_has_160_bits() -> None:
    secrets = {new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_a_key_is_typed_in_groups_of_four() -> None:
    assert in_groups(SECRET) == "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"


def test_the_picture_needs_no_script_no_style_and_nothing_from_elsewhere() -> None:
    drawn = str(picture(SECRET, "<nurse>"))
    assert drawn.startswith("<svg")
    for forbidden in ("style=", "<script", "href", "<nurse>", SECRET):
        assert forbidden not in drawn
