"""Equipment given and returned, the stock book and sharps bins, by example."""

from datetime import date, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from safelight.kernel.ids import derive_id, derive_random_id
from safelight.run.domain import supplies
from safelight.run.domain.base import FLOOR, Fact
from safelight.run.domain.entities import Handed, Place, SharpsBin, StockLine
from safelight.run.domain.sharps import BinCollected, BinSealed, BinStarted
from safelight.run.domain.site import Site
from safelight.run.domain.stock import StockCounted, StockReceived, find_line, line_id
from safelight.run.domain.supplies import SuppliesCorrected, SuppliesGiven, SuppliesReturned
from tests.support.sites import (
    COMMAND,
    NOW,
    TODAY,
    after,
    decide,
    done,
    given,
    granted,
    protocol,
    refusal,
    site_with,
    stored,
    visit,
)

Fields = dict[str, object]

ROW = derive_id("g", COMMAND)
KIT = "naloxone_nasal"
SOON, LATER, PAST = date(2025, 2, 28), date(2026, 6, 30), date(2025, 1, 12)

NEEDLES = StockReceived("needle-1ml", "needle_1ml", 100)
NALOXONE = StockReceived("naloxone-nasal-ab12", "naloxone_nasal", 5, "AB12", LATER)
OLD_NALOXONE = StockReceived("naloxone-nasal-old1", "naloxone_nasal", 5, "OLD1", PAST)
LAST_DAY = StockReceived("naloxone-nasal-day1", "naloxone_nasal", 5, "DAY1", TODAY)
FOIL_SOON = StockReceived("foil-s1", "foil", 10, "S1", SOON)
FOIL_LATER = StockReceived("foil-l1", "foil", 50, "L1", LATER)
FOIL_PAST = StockReceived("foil-p1", "foil", 80, "P1", PAST)
FOIL_NEW = StockReceived("foil-n9", "foil", 0, "N9")
FOIL_LOOSE = StockReceived("foil", "foil", 20)
PIPES = StockReceived("pipe", "pipe", 8)
BIN = BinStarted("bin-7", "Bin 7")


def want(item: str, quantity: int, **more: object) -> Fields:
    """Return the fields of a form that names an item and how many of it."""
    return {"item": item, "quantity": quantity, **more}


def row(**fields: object) -> Handed:
    """Return the row of ten needles given, unless said otherwise."""
    standard: dict[str, object] = {
        "id": "g-old",
        "seq": 7,
        "at": NOW - timedelta(minutes=20),
        "direction": "given",
        "item": "needle_1ml",
        "quantity": 10,
    }
    return Handed(**{**standard, **fields})  # type: ignore[arg-type]


def gave(line: StockReceived, quantity: int, **more: object) -> SuppliesGiven:
    """Return the fact of a give from a line by the usual command."""
    fact: dict[str, object] = {"batch": line.batch, "expires": line.expires, **more}
    return SuppliesGiven(ROW, line.stock, line.item, quantity, **fact)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("item", "batch", "expected"),
    [
        pytest.param("needle_1ml", None, "needle-1ml", id="no batch"),
        pytest.param("naloxone_nasal", "AB 12/3", "naloxone-nasal-ab-12-3", id="a batch"),
        pytest.param("foil", " .. ", "foil", id="a batch of nothing but dots"),
        pytest.param(
            "x" * 48,
            "Y" * 40,
            derive_random_id("x" * 43, "x" * 48 + "-" + "y" * 40),
            id="too long for an id",
        ),
    ],
)
def test_line_id_is_readable(item: str, batch: str | None, expected: str) -> None:
    """The id of a stock line can be read, and is never longer than an id may be."""
    assert line_id(item, batch) == expected
    assert len(expected) <= 64


GIVES = {
    "needles at the door": ([NEEDLES], want("needle_1ml", 10), gave(NEEDLES, 10)),
    "needles during a visit": (
        [NEEDLES, visit()],
        want("needle_1ml", 10, visit="v-1"),
        gave(NEEDLES, 10, visit="v-1"),
    ),
    "more needles than the book has": (
        [NEEDLES],
        want("needle_1ml", 130),
        gave(NEEDLES, 130, shortfall=30),
    ),
    "needles that were never booked in": ([], want("needle_1ml", 4), gave(NEEDLES, 4, shortfall=4)),
    "first to expire goes out first": (
        [FOIL_LATER, FOIL_LOOSE, FOIL_SOON],
        want("foil", 2),
        gave(FOIL_SOON, 2),
    ),
    "a line with enough before one with too few": (
        [FOIL_SOON, FOIL_LATER],
        want("foil", 30),
        gave(FOIL_LATER, 30),
    ),
    "no line has enough": (
        [FOIL_SOON, FOIL_LATER],
        want("foil", 55),
        gave(FOIL_SOON, 55, shortfall=45),
    ),
    "a line that is out of date stays where it is": (
        [FOIL_PAST, FOIL_LOOSE],
        want("foil", 2),
        gave(FOIL_LOOSE, 2),
    ),
    "a batch that somebody names, in another spelling": (
        [FOIL_PAST],
        want("foil", 2, batch="p1"),
        gave(FOIL_PAST, 2),
    ),
    "ordinary equipment of a batch that the book has not": (
        [FOIL_LOOSE],
        want("foil", 2, batch="N9"),
        gave(FOIL_NEW, 2, shortfall=2),
    ),
    "the last naloxone of a batch": ([NALOXONE], want(KIT, 5, batch="ab12"), gave(NALOXONE, 5)),
    "naloxone on its last day": ([LAST_DAY], want(KIT, 1, batch="DAY1"), gave(LAST_DAY, 1)),
    "a pipe under an authority": ([PIPES, granted("supply_pipe")], want("pipe", 1), gave(PIPES, 1)),
}


@pytest.mark.parametrize(("parts", "fields", "fact"), GIVES.values(), ids=GIVES)
def test_give_hands_out(parts: list[Fact], fields: Fields, fact: SuppliesGiven) -> None:
    """Equipment goes out and is recorded with the line it came from and what the book lacked."""
    assert decide(site_with(*parts), "supplies.give", fields) == [fact]
    assert stored(fact) == fact


GIVES_REFUSED = {
    "none at all": ([], want("needle_1ml", 0), "quantity-some"),
    "a slip of a key": ([], want("needle_1ml", 100_001), "quantity-some"),
    "no such item": ([], want("rope", 1), "known-equipment"),
    "a visit that nobody made": ([], want("needle_1ml", 1, visit="v-9"), "visit-known"),
    "a pipe without an authority": ([PIPES], want("pipe", 1), "authority-in-force"),
    "a pipe under an authority that ended yesterday": (
        [PIPES, granted("supply_pipe", valid_to=PAST)],
        want("pipe", 1),
        "authority-in-force",
    ),
    "naloxone without its batch": ([NALOXONE], want(KIT, 1), "batch-named"),
    "naloxone of an unknown batch": ([NALOXONE], want(KIT, 1, batch="ZZ99"), "batch-in-stock"),
    "more naloxone than the batch has": ([NALOXONE], want(KIT, 6, batch="AB12"), "batch-in-stock"),
    "naloxone that expired yesterday": (
        [OLD_NALOXONE],
        want(KIT, 1, batch="OLD1"),
        "batch-in-date",
    ),
    "naloxone whose date nobody booked": (
        [StockReceived("naloxone-nasal-nd1", "naloxone_nasal", 5, "ND1")],
        want(KIT, 1, batch="ND1"),
        "batch-in-date",
    ),
}


@pytest.mark.parametrize(("parts", "fields", "rule"), GIVES_REFUSED.values(), ids=GIVES_REFUSED)
def test_give_refuses(parts: list[Fact], fields: Fields, rule: str) -> None:
    """What must not go out is refused by the rule of that name."""
    assert refusal(site_with(*parts), "supplies.give", fields).code == rule


def test_give_reads_the_day_where_the_site_stands() -> None:
    """Just after midnight in a Glasgow summer, naloxone of the day before is out of date."""
    site = site_with(NALOXONE)
    midnight = NOW.replace(year=2026, month=6, day=30, hour=23, minute=30)
    fields = {"item": "naloxone_nasal", "quantity": 1, "batch": "AB12"}
    before = given(now=midnight - timedelta(hours=1))
    assert decide(site, "supplies.give", fields, before) != []
    assert refusal(site, "supplies.give", fields, given(now=midnight)).code == "batch-in-date"
    late = given(now=midnight, happened_at=midnight - timedelta(hours=1))
    assert decide(site, "supplies.give", fields, late) != []


def test_give_archives_its_row_and_lowers_the_level() -> None:
    """What went out leaves the book, and the row goes to the archive and out of memory."""
    site = done(site_with(FOIL_SOON), "supplies.give", {"item": "foil", "quantity": 3})
    assert site.stock["foil-s1"].quantity == 7
    assert len(site.handed) == 0
    expected = Handed(ROW, 100, NOW, "given", "foil", 3, batch="S1", expires=SOON)
    assert site.changes["handed", ROW] == expected


def test_shortfall_adds_up_until_somebody_counts() -> None:
    """The level never falls below nothing, a delivery clears no shortfall, and a count does."""
    site = site_with(NEEDLES)
    for quantity in (90, 30, 5):
        site = done(site, "supplies.give", {"item": "needle_1ml", "quantity": quantity})
    assert site.stock["needle-1ml"] == StockLine("needle-1ml", "needle_1ml", 0, shortfall=25)
    site = done(site, "stock.receive", {"item": "needle_1ml", "quantity": 100})
    assert site.stock["needle-1ml"] == StockLine("needle-1ml", "needle_1ml", 100, shortfall=25)
    site = done(site, "stock.count", {"stock": "needle-1ml", "counted": 80})
    assert site.stock["needle-1ml"] == StockLine("needle-1ml", "needle_1ml", 80)


DELIVERIES = {
    "needles without a batch": (
        [],
        want("needle_1ml", 500),
        StockReceived("needle-1ml", "needle_1ml", 500),
    ),
    "naloxone with batch and date": (
        [],
        want(KIT, 20, batch="AB12", expires="2026-06-30"),
        StockReceived("naloxone-nasal-ab12", "naloxone_nasal", 20, "AB12", LATER),
    ),
    "more of a batch that the book has, its date left out": (
        [FOIL_SOON],
        want("foil", 5, batch="s1"),
        StockReceived("foil-s1", "foil", 5, "S1", SOON),
    ),
    "a wrong date put right after a count of 0": (
        [FOIL_SOON, StockCounted("foil-s1", "foil", 10, 0)],
        want("foil", 5, batch="S1", expires="2026-06-30"),
        StockReceived("foil-s1", "foil", 5, "S1", LATER),
    ),
    "an item whose id another line has": (
        [StockReceived("foil-a", "foil", 5, "A")],
        want("foil_a", 5),
        StockReceived(derive_random_id("foil-a", "foil_a|None"), "foil_a", 5),
    ),
}


@pytest.mark.parametrize(("parts", "fields", "fact"), DELIVERIES.values(), ids=DELIVERIES)
def test_receive_books_in(parts: list[Fact], fields: Fields, fact: StockReceived) -> None:
    """A delivery is booked in on the line of its item and batch."""
    assert decide(site_with(*parts), "stock.receive", fields) == [fact]
    assert stored(fact) == fact


DELIVERIES_REFUSED = {
    "no such item": (want("rope", 1), "known-equipment"),
    "none at all": (want("foil", 0), "quantity-some"),
    "naloxone without its batch": (want(KIT, 5, expires="2026-06-30"), "delivery-labelled"),
    "naloxone without its date": (want(KIT, 5, batch="AB12"), "delivery-labelled"),
    "one batch with two dates": (want("foil", 5, batch="S1", expires="2026-06-30"), "batch-expiry"),
}


@pytest.mark.parametrize(("fields", "rule"), DELIVERIES_REFUSED.values(), ids=DELIVERIES_REFUSED)
def test_receive_refuses(fields: Fields, rule: str) -> None:
    """A delivery that the book could not make sense of is refused by the rule of that name."""
    assert refusal(site_with(FOIL_SOON), "stock.receive", fields).code == rule


def test_received_raises_the_level() -> None:
    """What was delivered is on top of what was there, with its date."""
    site = site_with(FOIL_SOON)
    site = done(site, "stock.receive", {"item": "foil", "quantity": 5, "batch": "S1"})
    assert site.stock["foil-s1"] == StockLine("foil-s1", "foil", 15, "S1", SOON)


@pytest.mark.parametrize(
    ("counted", "reason"),
    [
        pytest.param(100, None, id="as many as expected"),
        pytest.param(97, "suspected_loss", id="three are missing"),
        pytest.param(103, "routine", id="three too many"),
        pytest.param(0, None, id="none left"),
    ],
)
def test_count_keeps_the_difference(counted: int, reason: str | None) -> None:
    """A count says what was expected and what was there, and from then on the count holds."""
    fields = {"stock": "needle-1ml", "counted": counted, "reason": reason}
    fact = StockCounted("needle-1ml", "needle_1ml", 100, counted, reason)
    site = site_with(NEEDLES)
    assert decide(site, "stock.count", fields) == [fact]
    assert stored(fact) == fact
    assert done(site, "stock.count", fields).stock["needle-1ml"].quantity == counted


COUNTS_REFUSED = {
    "no such line": ({"stock": "rope", "counted": 1}, "stock-known"),
    "no such reason": (
        {"stock": "needle-1ml", "counted": 1, "reason": "moonlight"},
        "known-count_reasons",
    ),
}


@pytest.mark.parametrize(("fields", "rule"), COUNTS_REFUSED.values(), ids=COUNTS_REFUSED)
def test_count_refuses(fields: Fields, rule: str) -> None:
    """A count of nothing known is refused by the rule of that name."""
    assert refusal(site_with(NEEDLES), "stock.count", fields).code == rule


@pytest.mark.parametrize(
    "key", [pytest.param(None, id="at the door"), pytest.param("v-1", id="during a visit")]
)
def test_take_back_records_and_raises_no_stock(key: str | None) -> None:
    """Used needles are recorded and never become stock."""
    site = site_with(NEEDLES, visit())
    fields = {"item": "needle", "quantity": 40, "visit": key}
    fact = SuppliesReturned(ROW, "needle", 40, key)
    assert decide(site, "supplies.take_back", fields) == [fact]
    assert stored(fact) == fact
    site = done(site, "supplies.take_back", fields)
    assert site.changes["handed", ROW] == Handed(ROW, 100, NOW, "returned", "needle", 40, key)
    assert list(site.stock) == ["needle-1ml"]
    assert site.stock["needle-1ml"].quantity == 100


RETURNS_REFUSED = {
    "an item that nobody takes back": (want(KIT, 1), "known-equipment_returned"),
    "none at all": (want("needle", 0), "quantity-some"),
    "a visit that nobody made": (want("needle", 1, visit="v-9"), "visit-known"),
}


@pytest.mark.parametrize(("fields", "rule"), RETURNS_REFUSED.values(), ids=RETURNS_REFUSED)
def test_take_back_refuses(fields: Fields, rule: str) -> None:
    """A return that makes no sense is refused by the rule of that name."""
    assert refusal(site_with(), "supplies.take_back", fields).code == rule


@pytest.mark.parametrize(
    ("old", "level", "now", "line"),
    [
        pytest.param(row(), 90, 4, (96, 0), id="fewer went out, so more are here"),
        pytest.param(row(), 90, 0, (100, 0), id="nothing went out at all"),
        pytest.param(row(), 90, 30, (70, 0), id="more went out, so fewer are here"),
        pytest.param(row(), 5, 30, (0, 15), id="more went out than the book had"),
        pytest.param(
            row(direction="returned", item="needle"), 90, 30, (90, 0), id="more came back"
        ),
    ],
)
def test_correct_replaces_the_row_and_moves_the_stock(
    old: Handed, level: int, now: int, line: tuple[int, int]
) -> None:
    """A correction keeps the row's place in time and moves the stock by what was given."""
    counted = StockCounted("needle-1ml", "needle_1ml", 100, level)
    site = after(site_with(NEEDLES, counted), old)
    fields = {"handed": "g-old", "was": 10, "now": now, "reason": "typing_slip"}
    fact = SuppliesCorrected(
        handed="g-old",
        refers_to=7,
        direction=old.direction,
        item=old.item,
        was=10,
        now=now,
        reason="typing_slip",
        stock="needle-1ml" if old.direction == "given" else None,
    )
    assert decide(site, "supplies.correct", fields) == [fact]
    assert stored(fact) == fact
    site = done(site, "supplies.correct", fields)
    stock = site.stock["needle-1ml"]
    assert (stock.quantity, stock.shortfall) == line
    assert len(site.handed) == 0
    corrected = site.changes["handed", "g-old"]
    assert isinstance(corrected, Handed)
    assert (corrected.quantity, corrected.at, corrected.seq) == (now, old.at, old.seq)


def test_correct_makes_a_shortfall_good_first() -> None:
    """Needles that never went out were never missing either."""
    site = done(site_with(), "supplies.give", {"item": "needle_1ml", "quantity": 10})
    given_row = site.changes["handed", ROW]
    site = after(site, given_row)
    fields = {"handed": ROW, "was": 10, "now": 4, "reason": "typing_slip"}
    site = done(site, "supplies.correct", fields)
    assert site.stock["needle-1ml"] == StockLine("needle-1ml", "needle_1ml", 0, shortfall=4)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        pytest.param({"handed": "g-none"}, "handed-known", id="no such entry"),
        pytest.param({"was": 12}, "correction-current", id="somebody corrected it before"),
        pytest.param({"now": 10}, "correction-current", id="nothing would change"),
        pytest.param({"reason": "moonlight"}, "known-correction_reasons", id="no such reason"),
    ],
)
def test_correct_refuses(fields: Fields, rule: str) -> None:
    """A correction that would put nothing right is refused by the rule of that name."""
    site = after(site_with(NEEDLES), row())
    standard = {"handed": "g-old", "was": 10, "now": 4, "reason": "typing_slip"}
    assert refusal(site, "supplies.correct", {**standard, **fields}).code == rule


def test_bin_may_stand_in_no_place() -> None:
    """A bin that moves around belongs to no place."""
    fields = {"bin": "bin-7", "label": "Bin 7"}
    assert decide(site_with(), "bin.start", fields) == [BIN]


def test_bin_goes_from_start_to_collection() -> None:
    """A bin is started in its place, sealed, and collected."""
    site = site_with(Place("booth-1", "Booth 1", "booth", ("injecting",), NOW))
    fields = {"bin": "bin-8", "label": "Bin 8", "place": "booth-1"}
    assert decide(site, "bin.start", fields) == [BinStarted("bin-8", "Bin 8", "booth-1")]
    site = done(site, "bin.start", fields)
    assert decide(site, "bin.seal", {"bin": "bin-8"}) == [BinSealed("bin-8")]
    later = given(now=NOW + timedelta(hours=1))
    site = done(site, "bin.seal", {"bin": "bin-8"}, later)
    assert decide(site, "bin.collect", {"bin": "bin-8"}) == [BinCollected("bin-8")]
    last = given(now=NOW + timedelta(hours=2))
    site = done(site, "bin.collect", {"bin": "bin-8"}, last)
    expected = SharpsBin("bin-8", "Bin 8", NOW, "booth-1", later.now, last.now)
    assert site.bins["bin-8"] == expected


BINS_REFUSED = {
    "a number that a bin has": ([BIN], "bin.start", {"bin": "bin-7", "label": "B"}, "bin-new"),
    "a bin in no place": (
        [],
        "bin.start",
        {"bin": "bin-7", "label": "Bin 7", "place": "roof"},
        "place-known",
    ),
    "sealing an unknown bin": ([], "bin.seal", {"bin": "bin-9"}, "bin-state"),
    "sealing a sealed bin": ([BIN, BinSealed("bin-7")], "bin.seal", {"bin": "bin-7"}, "bin-state"),
    "collecting an open bin": ([BIN], "bin.collect", {"bin": "bin-7"}, "bin-state"),
    "collecting a bin twice": (
        [BIN, BinSealed("bin-7"), BinCollected("bin-7")],
        "bin.collect",
        {"bin": "bin-7"},
        "bin-state",
    ),
}


@pytest.mark.parametrize(
    ("parts", "name", "fields", "rule"), BINS_REFUSED.values(), ids=BINS_REFUSED
)
def test_bin_refuses(parts: list[Fact], name: str, fields: Fields, rule: str) -> None:
    """A step out of order is refused by the rule of that name."""
    assert refusal(site_with(*parts), name, fields).code == rule


def test_refusals_name_values_and_remedy() -> None:
    """A refusal says in plain words what is wrong, with the numbers, and what to do now."""
    fields = {"item": "naloxone_nasal", "quantity": 6, "batch": "AB12"}
    refused = refusal(site_with(NALOXONE), "supplies.give", fields)
    assert refused.message == "Naloxone nasal, batch AB12: the book has 5, and 6 are to go out."
    assert refused.values == {"item": "naloxone_nasal", "batch": "AB12", "level": 5, "asked": 6}
    assert "count the stock" in refused.remedy


def test_supplies_are_for_everybody_on_the_floor() -> None:
    """Nobody on the floor has to fetch somebody else to hand out a needle."""
    assert {rule.may for rule in supplies.COMMANDS.values()} == {FLOOR}


def book_of(site: Site) -> int:
    """Return what the book holds of needles, less what it owes."""
    line = find_line(site, "needle_1ml")
    return line.quantity - line.shortfall


@drawn(
    moves=st.lists(
        st.tuples(st.sampled_from(["stock.receive", "supplies.give"]), st.integers(1, 60)),
        max_size=20,
    )
)
def test_book_never_negative_and_never_loses_a_needle(moves: list[tuple[str, int]]) -> None:
    """Whatever comes and goes, no level is negative, and level less shortfall adds up."""
    site, expected, pack = site_with(), 0, protocol()
    for name, quantity in moves:
        fields = {"item": "needle_1ml", "quantity": quantity}
        site = done(site, name, fields, given(pack=pack))
        expected += quantity if name == "stock.receive" else -quantity
        assert site.stock["needle-1ml"].quantity >= 0
        assert site.stock["needle-1ml"].shortfall >= 0
    assert book_of(site) == expected
