"""The stock book: deliveries, counts, and which line to take from."""

import re
from datetime import date

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import (
    Batch,
    Code,
    Count,
    Day,
    ItemId,
    Total,
)
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import StockLine
from safelight.run.domain.site import Site

MOST_AT_ONCE = 100_000
LONGEST_ID = 64
LONGEST_STEM = 43  # leaves room for the digest that derive_random_id appends


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


def line_id(item: str, batch: str | None = None) -> str:
    """Return the usual id of a stock line, such as ``naloxone-nasal-ab12``."""
    slug = batch_slug(batch)
    text = item.replace("_", "-") + (f"-{slug}" if slug else "")
    return text if len(text) <= LONGEST_ID else derive_random_id(text[:LONGEST_STEM], text)


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
        key = derive_random_id(key[:LONGEST_STEM], f"{item}|{batch}")
    return StockLine(id=key, item=item, quantity=0, batch=batch)


def receive(site: Site, command: Receive, given: Given) -> list[Fact]:
    """Book a delivery in; one batch has one expiry date."""
    given.protocol.require("equipment", command.item)
    require_quantity(command.quantity)
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
    line = line_of(site, fact.stock, fact.item, fact.batch)
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


def line_of(site: Site, stock: str, item: str, batch: str | None) -> StockLine:
    """Return the line that a fact names, empty where this is its first entry."""
    return site.stock.get(stock) or StockLine(stock, item, 0, batch)


def moved(line: StockLine, change: int) -> StockLine:
    """Return a line after pieces left or came back; what came back makes good a shortfall first."""
    missing = max(0, -change - line.quantity)
    gap = missing - min(max(0, change), line.shortfall)
    return replace(line, quantity=line.quantity + change + gap, shortfall=line.shortfall + gap)


def first_to_expire(site: Site, item: str, quantity: int, day: date) -> StockLine:
    """Return the line to take from: in date, with enough if one has enough, first to expire."""
    lines = [
        line
        for line in site.stock.values()
        if line.item == item and line.quantity and (line.expires is None or line.expires >= day)
    ]
    lines.sort(key=lambda line: (line.quantity < quantity, line.expires or date.max, line.id))
    return lines[0] if lines else find_line(site, item)


def require_quantity(quantity: int) -> None:
    """Refuse a quantity of nothing or a slip of the finger."""
    if not 0 < quantity <= MOST_AT_ONCE:
        raise refuse(
            "quantity-some",
            f"The quantity is {quantity}.",
            f"Give 1 to {MOST_AT_ONCE}, or go back without saving.",
            quantity=quantity,
        )


COMMANDS = {
    "stock.receive": Rule(Receive, receive, FLOOR),
    "stock.count": Rule(CountStock, count, FLOOR),
}
FACTS = {
    "stock.received": Change(StockReceived, on_received),
    "stock.counted": Change(StockCounted, on_counted),
}
