"""A site as one value: what lives in it, what leaves memory, and what comes back, by example."""

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Entity
from safelight.run.domain.entities import LEFT, Handed, Refusal, Shift, StockLine
from safelight.run.domain.site import Site
from safelight.run.domain.stock import StockCounted, StockReceived
from safelight.run.store.projection import changed_rows, load_site
from tests.support.floors import incident, open_site
from tests.support.sites import NOW, after, person, site_with, stored, visit


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("visit", "visit-known"),
        ("person", "person-known"),
        ("place", "place-known"),
        ("incident", "incident-known"),
    ],
)
def test_unknown_id_is_refused(kind: str, rule: str) -> None:
    """Asking for what is not there says so, and what to do instead."""
    with pytest.raises(Refused) as caught:
        getattr(open_site(), kind)("nobody")
    assert caught.value.code == rule
    assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize(
    "entity",
    [
        pytest.param(visit(stage=LEFT), id="a visit that ended"),
        pytest.param(Shift("t-1", NOW, "s-ada", closed_at=NOW), id="a shift that is over"),
        pytest.param(Handed("g-1", 9, NOW, "given", "foil", 1), id="equipment that went out"),
        pytest.param(Refusal("r-1", NOW, "under_age"), id="somebody turned away"),
    ],
)
def test_what_is_over_leaves_memory(entity: Entity) -> None:
    """What is over is written and kept in the archive only."""
    site = Site("north").put(entity)
    assert [len(part) for part in site.parts.values()] == [0]
    assert list(site.changes.values()) == [entity]
    assert [row.live for row in changed_rows(site)] == [0]


def test_recalled_is_in_reach_and_let_go() -> None:
    """A visit that ended is in reach of one command, and is no change."""
    site = Site("north").recalled(visit(stage=LEFT))
    assert site.visit("v-1") == visit(stage=LEFT)
    assert dict(site.changes) == {}
    assert dict(site.released("visit", "v-1").visits) == {}


def test_released_keeps_what_lives_again() -> None:
    """Whoever is here stays when a command is done."""
    site = Site("north").recalled(visit())
    assert site.released("visit", "v-1") == site
    assert site.released("visit", "v-2") == site


def test_settled_has_nothing_left_to_write() -> None:
    """Once its changes are written, a site has none."""
    assert dict(Site("north").put(person()).changes) != {}
    assert dict(Site("north").put(person()).settled().changes) == {}


def test_open_incidents_are_those_that_run() -> None:
    """Of a person's incidents, only those without an end are open."""
    over, other = incident("i-2", visit="v-1", closed_at=NOW), incident("i-3", visit="v-2")
    site = open_site(incident("i-1", visit="v-1"), over, other)
    assert [found.id for found in site.open_incidents_of("v-1")] == ["i-1"]


def test_stock_adds_up_beyond_any_slip_of_a_key() -> None:
    """A shelf may hold more than one tap may say, and the service still starts the next day."""
    counted = StockCounted("foil", "foil", 1_000_000, 1_000_000)
    received = StockReceived("foil", "foil", 100_000)
    site = after(site_with(), StockReceived("foil", "foil", 1), counted, received)
    assert site.stock["foil"] == StockLine("foil", "foil", 1_100_000)
    rows = [(row.kind, row.body) for row in changed_rows(site) if row.live]
    assert load_site("north", rows).stock["foil"] == site.stock["foil"]
    recounted = StockCounted("foil", "foil", 1_100_000, 3)
    assert stored(recounted) == recounted


def test_evolve_never_changes_the_site_before() -> None:
    """Whoever holds an older site still holds what was."""
    before = open_site(visit())
    kept = before.visits["v-1"]
    after(before, StockReceived("foil", "foil", 1), visit(stage=LEFT))
    assert (before.visits["v-1"], len(before.stock)) == (kept, 0)
