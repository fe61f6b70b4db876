"""Discrepancies and concerns: reported, resolved, acknowledged, by example."""

from datetime import timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.count import DiscrepancyOpened, RegisterCounted
from safelight.run.domain.clinic.discrepancy import (
    ConcernAcknowledged,
    ConcernRaised,
    DiscrepancyReported,
    DiscrepancyResolved,
    open_discrepancies,
)
from safelight.run.domain.clinic.ledger import take_out
from safelight.run.domain.register_entities import Concern, Discrepancy
from tests.support.floors import Fields
from tests.support.registers import (
    CY,
    DEE,
    EVE,
    FAY,
    HEROIN,
    OPEN,
    RECEIVE,
    Book,
    by,
    opened,
)
from tests.support.sites import ADA, BEN, NOW, given, protocol

HOUR = timedelta(hours=1)
RESOLVING = by(BEN, ADA, now=NOW + HOUR)


def differing(units: int = 48) -> tuple[Book, str]:
    """Return a book of 50 ampoules of which so many were counted, and the discrepancy's id."""
    book = opened()
    (_, fact) = book.tap("register.count", {"register": HEROIN, "units": units})
    assert isinstance(fact, DiscrepancyOpened)
    return book, fact.discrepancy


def resolving(key: str, **changed: object) -> Fields:
    """Return the fields that resolve a discrepancy by another count."""
    return {"discrepancy": key, "resolution": "counted_wrong", "units": 50, **changed}


def as_kept(book: Book, key: str) -> Discrepancy:
    """Return a discrepancy as the read model has it."""
    found = book.archive["discrepancy", key]
    assert isinstance(found, Discrepancy)
    return found


# Reporting


def test_open_discrepancies_are_shown_oldest_first() -> None:
    book = opened({**OPEN, "form": "tablet"})
    assert open_discrepancies(book.site) == []
    keys = ("cd-diamorphine-tablet-100mg", HEROIN)
    for hours, key in enumerate(keys):
        book.tap("register.count", {"register": key, "units": 1}, by(now=NOW + hours * HOUR))
    assert [each.register for each in open_discrepancies(book.site)] == list(keys)
    first = open_discrepancies(book.site)[0]
    done = replace(first, resolved_at=NOW)
    assert len(open_discrepancies(book.site.recalled(done))) == 1


def test_discrepancy_is_reported_to_the_officer_once() -> None:
    book, key = differing()
    fields = {"discrepancy": key}
    later = by(DEE, None, now=NOW + HOUR)
    assert book.tap("discrepancy.report", fields, later) == [DiscrepancyReported(key)]
    found = as_kept(book, key)
    assert (found.reported_at, found.reported_by) == (NOW + HOUR, DEE)
    assert book.refused("discrepancy.report", fields) == "discrepancy-unreported"
    assert book.refused("discrepancy.report", {"discrepancy": "d-0"}) == "discrepancy-open"
    assert book.refused("discrepancy.report", fields, by(EVE)) == "role-may"


# Resolving


def test_count_that_was_wrong_is_resolved_by_a_count_that_agrees() -> None:
    book, key = differing()
    counted, resolved = book.tap(
        "discrepancy.resolve", resolving(key, note="sealed:abc"), RESOLVING
    )
    assert counted == RegisterCounted(HEROIN, 50, 5_000_000, 5_000_000)
    assert resolved == DiscrepancyResolved(key, HEROIN, "counted_wrong", 0, "sealed:abc")
    found, register = as_kept(book, key), book.register()
    assert (found.resolved_at, found.resolved_by) == (NOW + HOUR, BEN)
    assert (found.resolution, found.lost, found.note) == ("counted_wrong", 0, "sealed:abc")
    assert (register.discrepancy, register.balance, register.lines) == (None, 5_000_000, 3)
    assert open_discrepancies(book.site) == []
    assert book.refused("discrepancy.resolve", resolving(key), RESOLVING) == "discrepancy-open"


def test_next_difference_is_a_new_discrepancy() -> None:
    book, key = differing()
    book.tap("discrepancy.resolve", resolving(key), RESOLVING)
    book.tap("register.count", {"register": HEROIN, "units": 49})
    (found,) = open_discrepancies(book.site)
    assert found.id != key


@pytest.mark.hazard("H24")
def test_surplus_stays_until_an_entry_explains_it() -> None:
    book, key = differing(60)
    fields = resolving(key, units=60, resolution="entry_missing")
    refused = book.refusal("discrepancy.resolve", fields, RESOLVING)
    assert (refused.code, refused.values["surplus"]) == ("discrepancy-surplus", 1_000_000)
    loss = {**fields, "resolution": "loss"}
    assert book.refused("discrepancy.resolve", loss, RESOLVING) == "discrepancy-surplus"
    book.tap("register.receive", RECEIVE, by(late=HOUR))
    book.tap("discrepancy.resolve", fields, RESOLVING)
    assert (book.register().balance, book.register().discrepancy) == (6_000_000, None)


@pytest.mark.hazard("H24")
def test_what_is_missing_is_explained_or_a_loss() -> None:
    book, key = differing()
    fields = resolving(key, units=48)
    refused = book.refusal("discrepancy.resolve", fields, RESOLVING)
    assert (refused.code, refused.values["missing"]) == ("discrepancy-explained", 200_000)
    book.tap("register.waste", {"register": HEROIN, "units": 2, "reason": "broken"}, by(late=HOUR))
    book.tap("discrepancy.resolve", {**fields, "resolution": "entry_missing"}, RESOLVING)
    assert (book.register().wasted, book.register().lines) == (200_000, 4)


@pytest.mark.hazard("H24")
def test_loss_is_written_off_to_the_microgram_once_the_officer_knows() -> None:
    book, key = differing()
    loss = resolving(key, units=47, resolution="loss")
    assert book.refused("discrepancy.resolve", loss, RESOLVING) == "loss-reported"
    book.tap("discrepancy.report", {"discrepancy": key})
    counted, resolved = book.tap("discrepancy.resolve", loss, RESOLVING)
    assert counted == RegisterCounted(HEROIN, 47, 5_000_000, 4_700_000)
    assert resolved == DiscrepancyResolved(key, HEROIN, "loss", 300_000)
    register, line = book.register(), book.line(4)
    assert (register.wasted, register.balance, register.discrepancy) == (300_000, 4_700_000, None)
    assert (line.kind, line.reason, line.change, line.balance) == (
        "wasted",
        "loss",
        -300_000,
        4_700_000,
    )
    assert (line.staff, line.witness, line.session) == (BEN, ADA, None)
    assert as_kept(book, key).lost == 300_000


def test_loss_of_what_is_there_is_refused() -> None:
    book, key = differing()
    book.tap("discrepancy.report", {"discrepancy": key})
    loss = resolving(key, resolution="loss")
    assert book.refused("discrepancy.resolve", loss, RESOLVING) == "loss-missing"


def test_what_is_prepared_is_neither_missing_nor_lost() -> None:
    book, key = differing()
    book.tap("discrepancy.report", {"discrepancy": key})
    book.move(partial(take_out, register_id=HEROIN, quantity=200_000))
    loss = resolving(key, units=48, resolution="loss")
    assert book.refused("discrepancy.resolve", loss, RESOLVING) == "loss-missing"
    book.tap("discrepancy.resolve", {**loss, "units": 0}, RESOLVING)
    assert (book.register().balance, book.register().prepared) == (200_000, 200_000)


def test_loss_that_is_found_again_is_a_footnote() -> None:
    book, key = differing()
    book.tap("discrepancy.report", {"discrepancy": key})
    book.tap("discrepancy.resolve", resolving(key, units=48, resolution="loss"), RESOLVING)
    told = {"line": f"{HEROIN}-4", "was": 200_000, "now": 0, "reason": "other"}
    book.tap("register.correct", told)
    assert (book.register().wasted, book.register().balance) == (0, 5_000_000)


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"discrepancy": "d-0"}, RESOLVING, "discrepancy-open", id="none such"),
        pytest.param(
            {"resolution": "magic"}, RESOLVING, "known-discrepancy_resolutions", id="no such word"
        ),
        pytest.param({}, by(ADA), "role-may", id="by a nurse"),
        pytest.param({}, by(DEE), "role-may", id="by a prescriber"),
        pytest.param({}, by(CY, None), "witness-present", id="alone"),
        pytest.param({}, by(CY, EVE), "witness-may", id="with somebody who handles none"),
        pytest.param({}, by(CY, late=HOUR), "written-now", id="an hour ago"),
    ],
)
def test_discrepancy_that_cannot_be_resolved_so_stays_open(
    changed: Fields, who: Given, rule: str
) -> None:
    book, key = differing()
    assert book.refused("discrepancy.resolve", resolving(key, **changed), who) == rule
    assert book.register().discrepancy == key


# Concerns


@pytest.mark.parametrize("role", [Role.WORKER, Role.NURSE, Role.PHARMACIST, Role.OFFICER])
def test_whoever_works_here_raises_a_concern(role: Role) -> None:
    book = opened()
    fields = {"kind": "loss", "register": HEROIN, "note": "sealed:abc"}
    who = given(role=role, happened_at=NOW - HOUR)
    (fact,) = book.tap("concern.raise", fields, who)
    assert isinstance(fact, ConcernRaised)
    assert book.site.all_of(Concern)[fact.concern] == Concern(
        id=fact.concern,
        kind="loss",
        raised_at=NOW - HOUR,
        staff=ADA,
        register=HEROIN,
        note="sealed:abc",
    )


def test_concern_needs_no_register_and_no_pack() -> None:
    book = opened()
    silent = replace(protocol(), codes={})
    book.tap("concern.raise", {"kind": "anything"}, by(pack=silent))
    book.tap("concern.raise", {"kind": "other"})
    assert len(book.site.all_of(Concern)) == 2
    assert book.refused("concern.raise", {"kind": "anything"}) == "known-concern_kinds"
    assert book.refused("concern.raise", {"kind": "other", "register": "cd-x"}) == "register-known"
    assert book.refused("concern.raise", {"kind": "other"}, by(EVE)) == "role-may"


def test_only_the_officer_acknowledges_a_concern() -> None:
    book = opened()
    (fact,) = book.tap("concern.raise", {"kind": "other"})
    assert isinstance(fact, ConcernRaised)
    fields = {"concern": fact.concern}
    assert book.refused("concern.acknowledge", fields, by(CY)) == "role-may"
    officer = given(role=Role.OFFICER, staff=FAY, now=NOW + HOUR)
    assert book.tap("concern.acknowledge", fields, officer) == [ConcernAcknowledged(fact.concern)]
    kept = book.archive["concern", fact.concern]
    assert isinstance(kept, Concern)
    assert (kept.acknowledged_at, kept.acknowledged_by) == (NOW + HOUR, FAY)
    assert book.refused("concern.acknowledge", fields, officer) == "concern-waiting"


def test_witness_is_another_person_also_when_a_loss_is_written_off() -> None:
    book, key = differing()
    who = by(CY)._replace(witness=Actor(CY, Role.NURSE, NOW))
    assert book.refused("discrepancy.resolve", resolving(key), who) == "witness-different"
