"""Registers weather a storm, and a storm finds what is wrong with them."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from safelight.run.domain import registry
from safelight.run.domain.base import Change, When
from safelight.run.domain.clinic import ledger, register
from safelight.run.domain.clinic.count import RegisterCounted
from safelight.run.domain.clinic.footnote import LineCorrected
from safelight.run.domain.register_entities import (
    COUNTED,
    SUPPLIED,
    WASTED,
    Line,
    Register,
)
from safelight.run.domain.site import Site
from tests.support.register_storm import storm


@pytest.mark.parametrize("seed", range(3))
def test_register_weathers_a_storm(seed: int) -> None:
    weather = storm(seed, 10_000)
    assert weather.operations == 10_000
    assert weather.accepted > 5_000
    assert weather.lines > 4_000
    assert min(weather.refused[rule] for rule in EXPECTED) > 0


EXPECTED = (
    "cabinet-holds",
    "discrepancy-explained",
    "discrepancy-surplus",
    "footnote-possible",
    "line-corrected",
    "loss-reported",
    "part-left",
    "proof-fresh",
    "requisition-left",
    "whole-units",
    "witness-different",
    "witness-present",
)


def test_same_seed_brings_the_same_storm() -> None:
    assert storm(7, 2_000) == storm(7, 2_000)
    assert storm(7, 2_000) != storm(8, 2_000)


def forgets_to_subtract(
    site: Site, register_id: str, quantity: int, when: When, **more: object
) -> Site:
    """Waste as a careless bookkeeper would: the line is there, the balance is not moved."""
    found = site.all_of(Register)[register_id]
    return ledger.enter(site, found, when, kind=WASTED, change=-quantity, **more)


def forgets_the_cabinet(
    site: Site, register_id: str, quantity: int, when: When, **_: object
) -> Site:
    """Supply without taking it off what is prepared."""
    found = site.all_of(Register)[register_id]
    found = replace(found, supplied=found.supplied + quantity)
    return ledger.enter(site, found, when, kind=SUPPLIED, change=-quantity)


def believes_the_count(site: Site, fact: RegisterCounted, when: When) -> Site:
    """Set the balance to what was counted."""
    found = site.all_of(Register)[fact.register]
    more = fact.counted - fact.expected
    return ledger.enter(
        site, replace(found, received=found.received + more), when, kind=COUNTED, change=more
    )


def corrects_the_line(site: Site, fact: LineCorrected, when: When) -> Site:
    """Write a footnote that adjusts nothing."""
    line = site.all_of(Line)[fact.line]
    found = site.all_of(Register)[fact.register]
    site = ledger.enter(site, found, when, kind="corrected", was=fact.was, now=fact.now)
    return site.put(replace(line, corrected_by=found.lines + 1))


def lets_everything_pass(*_: object) -> None:
    """Check nothing."""


def test_storm_finds_a_wastage_that_forgets_to_subtract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "wasted", forgets_to_subtract)
    with pytest.raises(AssertionError):
        storm(1, 1_000)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("waste", forgets_to_subtract),
        ("supply", forgets_the_cabinet),
        ("put_back", lambda site, *_: site),
        ("require_in_cabinet", lets_everything_pass),
        ("require_whole_units", lets_everything_pass),
    ],
)
def test_storm_finds_a_faulty_ledger(
    name: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, name, fault)
    with pytest.raises(AssertionError):
        storm(1, 2_000)


@pytest.mark.parametrize("check", ["require_two", "require_in_cabinet", "require_whole_units"])
def test_storm_finds_a_check_that_is_missing(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, check, lets_everything_pass)
    with pytest.raises(AssertionError):
        storm(1, 2_000)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("register.counted", Change(RegisterCounted, believes_the_count)),
        ("register.corrected", Change(LineCorrected, corrects_the_line)),
    ],
)
def test_storm_finds_a_fact_that_is_applied_wrongly(
    kind: str, fault: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.FACTS, kind, fault)
    with pytest.raises(AssertionError):
        storm(1, 2_000)
