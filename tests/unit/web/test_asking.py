"""What a page asks of people in its forms: a code while none holds, a colleague to stand by."""

from datetime import timedelta

import pytest

from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.proof import PROOF_MINUTES
from safelight.run.domain.protocol import Protocol
from safelight.web.accounts.asking import Asking, asking
from safelight.web.accounts.service import Colleague
from safelight.web.floor.words import Words
from safelight.web.render import environment
from tests.support.fake_node import NOON
from tests.support.sites import protocol

ANN = Colleague("staff-ann", "Ann (ann)", "nurse", True)  # noqa: FBT003 - the row of a list
BEA = Colleague("staff-bea", "Bea (bea)", "pharmacist", False)  # noqa: FBT003
NO_PACK = Protocol("none", "0", "No pack", example=True, values={}, codes={})
SECONDS = 60 * protocol().number(PROOF_MINUTES)


def given(seconds_ago: float | None, pack: Protocol) -> Asking:
    """Return what is asked of somebody whose second factor was given so long ago."""
    at = None if seconds_ago is None else NOON - timedelta(seconds=seconds_ago)
    return asking(Actor("staff-me", Role.NURSE, at), pack, NOON)


@pytest.mark.parametrize(
    ("seconds_ago", "needed"),
    [(None, True), (0, False), (SECONDS, False), (SECONDS + 1, True), (-1, True)],
)
def test_a_code_is_asked_for_unless_the_last_one_holds(
    seconds_ago: float | None, *, needed: bool
) -> None:
    assert given(seconds_ago, protocol()).needed is needed


def test_without_a_pack_that_says_for_how_long_it_is_always_asked_for() -> None:
    assert given(0, NO_PACK).needed


def shown(template: str, proof: Asking | None = None) -> str:
    """Return what a page makes of the macros."""
    made = environment().from_string(
        '{%- from "parts/proof.html" import proof_field, witness_fields with context -%}' + template
    )
    return made.render(proof=proof, w=Words(None, "UTC", NOON), colleagues=[ANN, BEA])


def test_the_field_is_for_digits_and_for_once() -> None:
    field = shown("{{ proof_field(proof.needed) }}", given(None, protocol()))
    for words in ('name="proof"', 'inputmode="numeric"', 'autocomplete="one-time-code"'):
        assert words in field
    assert "value=" not in field


def test_while_the_last_code_holds_a_line_says_until_when() -> None:
    line = shown("{{ proof_field(proof.needed) }}", given(60, protocol()))
    assert "holds until 12:04" in line
    assert "<input" not in line


def test_a_colleague_without_a_second_factor_cannot_be_chosen() -> None:
    fields = shown('{{ witness_fields(colleagues, "staff-ann", prefix="x-") }}')
    assert '<option value="staff-ann" selected>Ann (ann), nurse</option>' in fields
    assert '<option value="staff-bea" disabled>Bea (bea), pharmacist, has no second' in fields
    assert 'id="x-witness-proof" name="witness_proof"' in fields


def test_without_a_list_a_colleague_is_named_by_typing() -> None:
    fields = shown("{{ witness_fields([]) }}")
    assert "<select" not in fields
    assert 'id="witness" name="witness"' in fields
