"""Equipment given and returned, the stock book, and sharps bins.

A needle in somebody's hand is worth more than a tidy book: a book that shows too few never stops
equipment from going out. The difference is kept as a shortfall until somebody counts. Only items
that the pack lists with a batch, such as take-home naloxone, must be in the book and in date.
"""

import re
from datetime import date

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    Batch,
    Code,
    Count,
    Day,
    ItemId,
    Label,
    PlaceId,
    Seq,
    Total,
    VisitId,
)
from safelight.run.domain.authority import require_authority
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import Handed, SharpsBin, StockLine
from safelight.run.domain.site import Site

GIVEN, RETURNED = "given", "returned"

MOST_AT_ONCE = 100_000
LONGEST_ID = 64
LONGEST_STEM = 43  # leaves room for the digest that derive_id appends


class Receive(Command, frozen=True):
    """Book a delivery in."""

    item: Code
    quantity: Count
    batch: Batch | None = None
    expires: Day | None = None


class StockReceived(Fact, frozen=True):
    """A delivery was booked in."""

    stock: ItemId
    item: Code
    quantity: Count
    batch: Batch | None = None
    expires: Day | None = None


class CountStock(Command, frozen=True):
    """Say how many of one line lie on the shelf."""

    stock: ItemId
    counted: Count
    reason: Code | None = None


class StockCounted(Fact, frozen=True):
    """A line was counted: what the book expected and what was there."""

    stock: ItemId
    item: Code
    expected: Total
    counted: Count
    reason: Code | None = None


class Give(Command, frozen=True):
    """Hand equipment out, to a visit or to somebody at the door."""

    item: Code
    quantity: Count
    visit: VisitId | None = None
    batch: Batch | None = None


class SuppliesGiven(Fact, frozen=True):
    """Equipment went out; ``shortfall`` is how many of it the book did not have."""

    handed: ItemId
    stock: ItemId
    item: Code
    quantity: Count
    visit: VisitId | None = None
    batch: Batch | None = None
    expires: Day | None = None
    shortfall: Count = 0


class TakeBack(Command, frozen=True):
    """Take used equipment back, as many as the person says or staff estimate."""

    item: Code
    quantity: Count
    visit: VisitId | None = None


class SuppliesReturned(Fact, frozen=True):
    """Used equipment came back; it never becomes stock."""

    handed: ItemId
    item: Code
    quantity: Count
    visit: VisitId | None = None


class CorrectSupplies(Command, frozen=True):
    """Correct the quantity of what was given or returned, from what the screen shows."""

    handed: ItemId
    was: Count
    now: Count
    reason: Code


class SuppliesCorrected(Fact, frozen=True):
    """A quantity was wrong; what it was and what it is."""

    handed: ItemId
    refers_to: Seq
    direction: Code
    item: Code
    was: Count
    now: Count
    reason: Code
    stock: ItemId | None = None
    visit: VisitId | None = None
    batch: Batch | None = None


class StartBin(Command, frozen=True):
    """Put a new sharps bin into use."""

    bin: ItemId
    label: Label
    place: PlaceId | None = None


class BinStarted(Fact, frozen=True):
    """A sharps bin is in use."""

    bin: ItemId
    label: Label
    place: PlaceId | None = None


class SealBin(Command, frozen=True):
    """Close a sharps bin for good."""

    bin: ItemId


class BinSealed(Fact, frozen=True):
    """A sharps bin was closed for good."""

    bin: ItemId


class CollectBin(Command, frozen=True):
    """Hand a sealed sharps bin to whoever collects clinical waste."""

    bin: ItemId


class BinCollected(Fact, frozen=True):
    """A sharps bin left the site."""

    bin: ItemId


def line_id(item: str, batch: str | None = None) -> str:
    """Return the usual id of a stock line, such as ``naloxone-nasal-ab12``."""
    slug = batch_slug(batch)
    text = item.replace("_", "-") + (f"-{slug}" if slug else "")
    return text if len(text) <= LONGEST_ID else derive_id(text[:LONGEST_STEM], text)


def batch_slug(batch: str | None) -> str:
    """Return a batch number in one spelling, empty where there is none."""
    return re.sub(r"[^a-z0-9]+", "-", (batch or "").lower()).strip("-")


def find_line(site: Site, item: str, batch: str | None = None) -> StockLine:
    """Return the line of an item and batch; an empty new one where the book has none."""
    for line in site.stock.values():
        if line.item == item and batch_slug(line.batch) == batch_slug(batch):
            return line
    key = line_id(item, batch)
    if key in site.stock:  # foil_a without a batch, and batch A of foil, would share an id
        key = derive_id(key[:LONGEST_STEM], f"{item}|{batch}")
    return StockLine(id=key, item=item, quantity=0, batch=batch)


def receive(site: Site, command: Receive, given: Given) -> list[Fact]:
    """Book a delivery in; one batch has one expiry date."""
    given.protocol.require("equipment", command.item)
    _require_handing(site, command.quantity, None)
    spoken = given.protocol.words("equipment")[command.item]
    labelled = batch_slug(command.batch) and command.expires
    if command.item in given.protocol.words("equipment_with_batch") and not labelled:
        raise refuse(
            "delivery-labelled",
            f"{spoken} needs a batch number and an expiry date to be booked in.",
            "Read both off the box.",
            batch=command.batch,
            expires=command.expires,
        )
    line = find_line(site, command.item, command.batch)
    expires = command.expires or line.expires
    if line.quantity and line.expires not in {None, expires}:
        raise refuse(
            "batch-expiry",
            f"The book says that this batch expires on {line.expires}, not on {expires}.",
            "Check the box. If the book is wrong, count this line as 0 and book it in again.",
            stock=line.id,
            expires=expires,
        )
    return [StockReceived(line.id, command.item, command.quantity, line.batch, expires)]


def on_received(site: Site, fact: StockReceived, _: When) -> Site:
    """The level rises; a shortfall stays until somebody counts."""
    line = _line_of(site, fact.stock, fact.item, fact.batch)
    return site.put(replace(line, quantity=line.quantity + fact.quantity, expires=fact.expires))


def count(site: Site, command: CountStock, given: Given) -> list[Fact]:
    """Count a line; whoever counts is right, and the difference stays in the journal."""
    line = site.stock.get(command.stock)
    if line is None:
        raise refuse(
            "stock-known",
            f"The stock book has no line {command.stock}.",
            f"Book a delivery in first. In the book: {', '.join(sorted(site.stock)) or 'none'}.",
            stock=command.stock,
        )
    if command.reason is not None:
        given.protocol.require("count_reasons", command.reason)
    return [StockCounted(line.id, line.item, line.quantity, command.counted, command.reason)]


def on_counted(site: Site, fact: StockCounted, _: When) -> Site:
    """The book says what the shelf says."""
    return site.put(replace(site.stock[fact.stock], quantity=fact.counted, shortfall=0))


def give(site: Site, command: Give, given: Given) -> list[Fact]:
    """Hand equipment out; only a missing authority or a doubtful batch stands in the way."""
    given.protocol.require("equipment", command.item)
    _require_handing(site, command.quantity, command.visit)
    if command.item in given.protocol.words("equipment_needing_authority"):
        require_authority(site, f"supply_{command.item}", given)
    day = local_day(given.happened_at, site.premises.timezone if site.premises else "UTC")
    if command.item in given.protocol.words("equipment_with_batch"):
        line = _require_batch(site, command, given, day)
    elif command.batch is not None:
        line = find_line(site, command.item, command.batch)
    else:
        line = _first_to_expire(site, command.item, command.quantity, day)
    return [
        SuppliesGiven(
            handed=derive_id("g", given.command),
            stock=line.id,
            item=command.item,
            quantity=command.quantity,
            visit=command.visit,
            batch=line.batch,
            expires=line.expires,
            shortfall=max(0, command.quantity - line.quantity),
        )
    ]


def on_given(site: Site, fact: SuppliesGiven, when: When) -> Site:
    """The level falls, to nothing at the lowest, and the row goes to the archive."""
    line = _line_of(site, fact.stock, fact.item, fact.batch)
    row = replace(_row(fact, GIVEN, when), batch=fact.batch, expires=fact.expires)
    return site.put(moved(line, -fact.quantity)).put(row)


def take_back(site: Site, command: TakeBack, given: Given) -> list[Fact]:
    """Take used equipment back."""
    given.protocol.require("equipment_returned", command.item)
    _require_handing(site, command.quantity, command.visit)
    handed = derive_id("g", given.command)
    return [SuppliesReturned(handed, command.item, command.quantity, command.visit)]


def on_returned(site: Site, fact: SuppliesReturned, when: When) -> Site:
    """The row goes to the archive; the stock stays as it is."""
    return site.put(_row(fact, RETURNED, when))


def correct(site: Site, command: CorrectSupplies, given: Given) -> list[Fact]:
    """Correct a quantity; zero says that nothing changed hands."""
    given.protocol.require("correction_reasons", command.reason)
    old = site.handed.get(command.handed)
    if old is None:
        raise refuse(
            "handed-known",
            f"There is no entry {command.handed} of equipment given or returned here.",
            "Open the list of what was given and returned, and choose the entry there.",
            handed=command.handed,
        )
    if command.was != old.quantity or command.now == old.quantity:
        raise refuse(
            "correction-current",
            f"The entry says {old.quantity} now, so {command.was} cannot become {command.now}.",
            "Reload the list: somebody may have corrected it already.",
            handed=old.id,
            quantity=old.quantity,
        )
    stock = find_line(site, old.item, old.batch).id if old.direction == GIVEN else None
    return [
        SuppliesCorrected(
            handed=old.id,
            refers_to=old.seq,
            direction=old.direction,
            item=old.item,
            was=old.quantity,
            now=command.now,
            reason=command.reason,
            stock=stock,
            visit=old.visit,
            batch=old.batch,
        )
    ]


def on_corrected(site: Site, fact: SuppliesCorrected, _: When) -> Site:
    """The row says the new quantity, and the stock follows what was given."""
    if fact.stock is not None:
        line = _line_of(site, fact.stock, fact.item, fact.batch)
        site = site.put(moved(line, fact.was - fact.now))
    return site.put(replace(site.handed[fact.handed], quantity=fact.now))


def start_bin(site: Site, command: StartBin, _: Given) -> list[Fact]:
    """Put a sharps bin into use under a number that no other bin had."""
    old = site.bins.get(command.bin)
    if old is not None:
        raise refuse(
            "bin-new",
            f"There is a bin {command.bin} already: {old.label}.",
            "Give the new bin another number.",
            bin=command.bin,
        )
    if command.place is not None:
        site.place(command.place)
    return [BinStarted(command.bin, command.label, command.place)]


def on_bin_started(site: Site, fact: BinStarted, when: When) -> Site:
    """The bin stands in its place."""
    return site.put(SharpsBin(fact.bin, fact.label, when.happened_at, fact.place))


def seal_bin(site: Site, command: SealBin, _: Given) -> list[Fact]:
    """Seal a bin that is in use."""
    return [BinSealed(_require_bin(site, command.bin, "in use").id)]


def on_bin_sealed(site: Site, fact: BinSealed, when: When) -> Site:
    """The bin waits for collection."""
    return site.put(replace(site.bins[fact.bin], sealed_at=when.happened_at))


def collect_bin(site: Site, command: CollectBin, _: Given) -> list[Fact]:
    """Hand over a bin that is sealed and still here."""
    return [BinCollected(_require_bin(site, command.bin, "sealed").id)]


def on_bin_collected(site: Site, fact: BinCollected, when: When) -> Site:
    """The bin is gone."""
    return site.put(replace(site.bins[fact.bin], collected_at=when.happened_at))


def _row(fact: SuppliesGiven | SuppliesReturned, direction: str, when: When) -> Handed:
    """Return the row of what went out or came back."""
    return Handed(
        fact.handed, when.seq, when.happened_at, direction, fact.item, fact.quantity, fact.visit
    )


def _line_of(site: Site, stock: str, item: str, batch: str | None) -> StockLine:
    """Return the line that a fact names, empty where this is its first entry."""
    return site.stock.get(stock) or StockLine(stock, item, 0, batch)


def moved(line: StockLine, change: int) -> StockLine:
    """Return a line after pieces left or came back; what came back makes good a shortfall first."""
    missing = max(0, -change - line.quantity)
    gap = missing - min(max(0, change), line.shortfall)
    return replace(line, quantity=line.quantity + change + gap, shortfall=line.shortfall + gap)


def _first_to_expire(site: Site, item: str, quantity: int, day: date) -> StockLine:
    """Return the line to take from: in date, with enough if one has enough, first to expire."""
    lines = [
        line
        for line in site.stock.values()
        if line.item == item and line.quantity and (line.expires is None or line.expires >= day)
    ]
    lines.sort(key=lambda line: (line.quantity < quantity, line.expires or date.max, line.id))
    return lines[0] if lines else find_line(site, item)


def _require_batch(site: Site, command: Give, given: Given, day: date) -> StockLine:
    """Return the line of a batch that is named, in stock and in date."""
    spoken = given.protocol.words("equipment")[command.item]
    if not batch_slug(command.batch):
        raise refuse(
            "batch-named",
            f"{spoken} goes out with its batch number, and none was given.",
            "Read it off the box and choose it.",
            item=command.item,
        )
    line = find_line(site, command.item, command.batch)
    if line.quantity < command.quantity:
        raise refuse(
            "batch-in-stock",
            f"{spoken}, batch {command.batch}: the book has {line.quantity}, "
            f"and {command.quantity} are to go out.",
            "Check the batch on the box; if it is right, book the delivery in or count the stock.",
            item=command.item,
            batch=command.batch,
            level=line.quantity,
            asked=command.quantity,
        )
    if line.expires is None or line.expires < day:
        raise refuse(
            "batch-in-date",
            f"{spoken}, batch {line.batch}: the book gives {line.expires or 'no date'} as expiry.",
            "Take another batch. If the book is wrong, count this line as 0 and book it in again.",
            stock=line.id,
            expires=line.expires,
        )
    return line


def _require_handing(site: Site, quantity: int, visit: str | None) -> None:
    """Refuse a quantity of nothing or a slip of the finger, and an unknown visit."""
    if not 0 < quantity <= MOST_AT_ONCE:
        raise refuse(
            "quantity-some",
            f"The quantity is {quantity}.",
            f"Give 1 to {MOST_AT_ONCE}, or go back without saving.",
            quantity=quantity,
        )
    if visit is not None:
        site.visit(visit)


def _require_bin(site: Site, key: str, wanted: str) -> SharpsBin:
    """Return a sharps bin in the state wanted; refuses any other."""
    found = site.bins.get(key)
    state = "not known here"
    if found is not None:
        state = "collected" if found.collected_at else "sealed" if found.sealed_at else "in use"
    if found is None or state != wanted:
        raise refuse(
            "bin-state",
            f"The sharps bin {key} is {state}; this needs one that is {wanted}.",
            "Start a bin first, then seal it, then have it collected.",
            bin=key,
            state=state,
            wanted=wanted,
        )
    return found


COMMANDS = {
    "stock.receive": Rule(Receive, receive, FLOOR),
    "stock.count": Rule(CountStock, count, FLOOR),
    "supplies.give": Rule(Give, give, FLOOR),
    "supplies.take_back": Rule(TakeBack, take_back, FLOOR),
    "supplies.correct": Rule(CorrectSupplies, correct, FLOOR),
    "bin.start": Rule(StartBin, start_bin, FLOOR),
    "bin.seal": Rule(SealBin, seal_bin, FLOOR),
    "bin.collect": Rule(CollectBin, collect_bin, FLOOR),
}
FACTS = {
    "stock.received": Change(StockReceived, on_received),
    "stock.counted": Change(StockCounted, on_counted),
    "supplies.given": Change(SuppliesGiven, on_given),
    "supplies.returned": Change(SuppliesReturned, on_returned),
    "supplies.corrected": Change(SuppliesCorrected, on_corrected),
    "bin.started": Change(BinStarted, on_bin_started),
    "bin.sealed": Change(BinSealed, on_bin_sealed),
    "bin.collected": Change(BinCollected, on_bin_collected),
}
